// Package sso owns single sign-on by OpenID Connect: the providers, the rules by which their groups become roles, and whom they
// have vouched for.
//
// A provider belongs to the instance or to one customer. One of a customer can only ever give that customer's roles, and speaks only
// for the domains that an administrator has entered for it; the decision is a function of values (Decide), which never moves an
// account between the provider and a customer, or between two customers.
//
// A sign-on is begun by a form, since it writes a row: the browser gets a cookie with 256 bits, from which the nonce and the PKCE
// verifier are derived, so that the row holds only hashes. The row works once, for ten minutes, in the browser that has the cookie, and
// only at the return address of its own provider. What is checked of the answer is in token.go.
//
// The role is worked out anew at each sign-in. Whose groups give nothing any more is disabled, which ends sessions and tokens; a later
// sign-in with the right groups lifts that, but never what an administrator has disabled.
//
// Client secrets and the ID tokens kept for signing out are sealed. Metadata and keys of providers are kept in the process for a quarter
// of an hour; an unknown key is asked for at once.
package sso
