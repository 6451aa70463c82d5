// Package bulk changes many records at once, with a preview before and a way back after: one mechanism for every list.
//
// A room gives an Editable, app puts them together; the selection bar, pages, API operations, command and undo come with it:
//
//	type suppliers struct{ ... }
//
//	func (suppliers) Kind() bulk.Kind { return bulk.Kind{List: "suppliers", Type: "supplier", Need: permission.SupplierRead, ...} }
//	func (suppliers) Fields(ctx, tx) ([]bulk.Field, error)              // the room's own; Kind.Custom adds custom fields
//	func (suppliers) Read(ctx, tx, ids) ([]bulk.Record, error)          // what the fields hold now
//	func (suppliers) Plan(ctx, tx, a, asks) (bulk.Plan, error)          // what changes come to, and how to write them
//
// Rows makes one of a struct. Plan only reads, and gets all records at once, so that what it needs is read by a few statements; its
// Apply writes by the room's own rules, with the history, audit trail and events of a single edit.
//
// # States
//
// An edit is looked at first (nothing is kept of that) and then applied. The preview carries a fingerprint of the records as they
// were; who applies with one that no longer fits gets a new preview, and nothing is written. An applied edit has one part for each
// customer whom it touched, under one id, since a transaction writes for exactly one customer:
//
//	applied  written; can be undone until undo_until
//	undone   every field that still held what the edit had written has its former value back; others were left alone, by name
//	skipped  nothing was written for this customer: its records changed while others were being written
//
// What a field held is kept as a State, which only its room reads: a CI's owner knows whether a person set it or discovery did, and
// gets that back too.
//
// # Custom fields
//
// Where Kind.Custom says so, custom fields stand among the others as x.KEY. Rows does all of it; a room with an Editable of its own reads what
// asks come to by Customs, and adds After to what it plans, Cells to what it compares, and Store to what it writes. For records of several
// customers there are only the fields that these share.
//
// A single edit on a page may be kept likewise (Keep), for the undo of its message.
//
// It never writes past a room's rules, and never undoes what somebody wrote later.
package bulk
