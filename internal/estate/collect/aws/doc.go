// Package aws is the registry of collectors for Amazon Web Services: one short entry for each type that Vigie knows.
//
// Registry gives them all. Each file holds one service: its list of entries, and for each the function that walks the
// service's list and maps an answer to an item. The engine beneath (package collect) owns paging, limits, retries, secrets and
// outcomes; nothing here knows of the database.
//
// To add a type: copy an entry of about the same shape (volumes for a plain list, dynamodb for a list of names with a call each,
// ecs for batches), write its row into test/estate/IDENTIFIERS.md, and list every action it needs, since the policy of the
// customer's role is the union of them. Names of attributes are CloudFormation's; what AWS does not give is left out (see tidy).
//
// Where two types meet, the edge is written by the one whose answer names the other, and only there:
//   - an instance depends on the ARN of its instance profile; the role that is in it answers to that ARN by its Keys;
//   - a volume names its key by ARN, id or alias; keys answer to the ARNs of their aliases;
//   - records and distributions name DNS names; load balancers, databases and APIs answer to theirs.
package aws
