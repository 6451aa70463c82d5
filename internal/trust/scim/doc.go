// Package scim lets the directory of an organisation keep its people and groups here, by SCIM 2.0 (RFC 7643, 7644) below /scim/v2.
//
// A token belongs to one identity provider, and with it to the provider's own staff or to one customer. Whoever holds it sees and
// changes the users and groups of that provider and nothing else: accounts that somebody else has made are neither seen nor taken over,
// and what a user of the directory becomes is decided by sso with the same rules as a sign-in. A customer's provider can give that customer's
// roles, to addresses of its domains.
//
// A resource is not an account. It stands as soon as the directory has made it; the account follows once the groups give a role:
//
//	waiting ──> in        the groups give a role, and the user is active
//	in      ──> out       the directory says inactive, or has deleted the user; or the groups give nothing any more
//	out     ──> in        the other way round
//
// Whom an administrator has disabled stays so, whatever the directory says. Who is out has no session and no token at the next request, on
// every server; accounts and their history stay.
//
// Documents are maps in the names of the schema. Filters, paths, changes and what is shown are functions of them (filter.go, patch.go,
// show.go), so that they can be tested without a database. A filter that compares an indexed attribute is narrowed by SQL first; others read all
// users of the provider.
//
// No password is taken: the attribute is not in the schema, and dropped where it is sent. Bulk is not offered.
package scim
