// Package db is the only way to the database. DB has no query methods: a transaction is opened for a Scope (View, InScope) or,
// by few callers and with a reason, Across all customers.
//
// Statements are one text for both engines. Every table stands in braces, parameters are "?":
//
//	var rows []CI
//	err := tx.Select(ctx, &rows, `SELECT c.id, c.name FROM {ci} c JOIN {relation} r ON r.to_id = c.id WHERE r.from_id = ?`, id)
//
// For reading, {ci} becomes (SELECT * FROM ci WHERE customer_id IN (scope)), which both planners flatten into the query, so
// joins, counts, sub-queries and recursive terms are all held to the scope. UPDATE and DELETE get the predicate in their WHERE
// (which they must have). INSERT goes through Tx.Insert, which sets customer_id itself. {scope} stands for the one customer that a
// writing transaction names. A table name without braces is refused, as is one that Tables does not list.
//
// It never opens a transaction for the zero Scope, never writes for more than one customer in a scope, and never reads the
// clock of the machine: Tx.Now is frozen when the transaction begins.
package db
