// Package identity owns people and how they prove who they are: users, passwords, sessions of browsers, API tokens. It turns a
// request into a permission.Actor with the role and the customers of that moment, read from the database each time, so that a
// person who is disabled and a token that is revoked are out at the next request.
//
// What is secret is never stored: passwords as argon2id, sessions and tokens as SHA-256 of 256 random bits.
//
// A provider's user sees all customers, or, if limited, those in user_customer. A customer's user has exactly one. A token acts for
// its user, and may be narrower in role and customers; never wider, also after the user's own role has changed.
//
// Guessing is slowed down for each address of e-mail and each network address; an unknown e-mail costs the same time and
// gets the same answer as a wrong password.
//
// It never sends mail.
package identity
