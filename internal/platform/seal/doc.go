// Package seal keeps secrets at rest: passwords of mail servers, client secrets, TOTP secrets, webhook secrets.
//
// A secret is sealed with AES-256-GCM under a data key, one of each customer and one of the instance. Data keys stand in the
// database, wrapped by a master key that does not: it comes from a file, a variable or AWS KMS. What is sealed is bound to its
// customer, table, row and column, so that a value copied to another place does not open there.
//
//	sealed, err := box.Seal(ctx, tx, seal.Place{Table: "webhook", Row: id, Column: "secret"}, plain)   // text for the column
//	plain, err := box.Open(ctx, tx, seal.Place{Table: "webhook", Row: id, Column: "secret"}, sealed)
//
// The customer is the one of the transaction's scope; in a transaction across or over all customers it is the instance. Each column
// is listed in Columns, or Seal refuses: rotation, export and the canary test find sealed values there.
//
// It never logs, prints or returns a key, and does not decide who may read a secret: whoever has the Box and the row may.
// With KMS, the first use of a data key in a process asks KMS while the transaction is open.
package seal
