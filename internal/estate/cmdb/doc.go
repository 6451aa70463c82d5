// Package cmdb owns the configuration items of each customer (CIs), the relations between them, their history, and the workloads
// that gather them. It answers what exists, what hangs on what, what changed, and what suffers when something fails.
//
// A CI is known by (type, external id, account, region) and comes from discovery, from a person, or from an import. Its status:
//
//	active  seen by the last run that could look; manual and imported CIs are always active
//	stale   the last run could not look (denied, throttled, failed): kept as it was, with the date when it was last seen
//	gone    a run that saw its scope completely did not see it: kept with its history and relations, no longer counted
//
// stale and gone become active again as soon as the CI is seen (change "returned"). Discovery never deletes.
//
// Invariants
//   - What a person set (pinned: name, environment, criticality, owner; and the workload set by hand) is never overwritten;
//     discovery's own word on those fields goes to observed, and where both differ the CI says so (Differing).
//   - Every difference between two states of a CI is one row of ci_change, with the run or the person that caused it. A CI that is
//     seen unchanged costs one line of an UPDATE and no row.
//   - A relation is owned by the CI that told of it. Its other end waits, unresolved, until a CI answers to its key; it stays when
//     that CI goes.
//   - ci_term is derived from the CI alone and can be made again from it; so are the segments of its list and the figures of large estates.
//   - The number of statements for a batch does not depend on its size.
//
// The package never calls AWS, never reads a clock (db.Tx.Now does), and never decides on SQL results what a pure function
// could decide: derivation, differences, rules, impact and import checks are functions of values.
package cmdb
