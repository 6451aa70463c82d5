// Package field owns custom fields: what a customer's records have besides the fields that Vigie gives them. A field belongs to one type of
// record and to one customer, or to all customers (a field of the house). Its kind is text, number, date, choice, person or CI.
//
//	active    shown in forms, lists, records, files and the API
//	archived  shown nowhere, its values kept; may be active again
//	(gone)    deleted, with its values, by whoever names how many these are
//
// The key, the type of record and the customer of a field never change; its kind only while there is no value. A choice that is in use may
// be renamed or archived, not removed. Where a customer has a field of its own under the key of one of the house, its own counts; a new one
// may not take a key that the house has already.
//
// # For other rooms
//
// A type of record has custom fields once its subject.Kind says Fields. Registers have the rest by themselves. Another room does this:
//
//	set, err := field.Of(ctx, tx, "ci", "")                    // the definitions in the scope of tx: for forms, bulk edits, files
//	values, err := field.Read(ctx, tx, "ci", ids)              // of many records, by one statement
//	after, err := field.Check(ctx, tx, set, before, change, &bad, field.Changed)   // what is wrong names custom.KEY
//	err = field.Store(ctx, tx, set, id, before, after)         // in the transaction that changes the record
//	err = field.Forget(ctx, tx, "ci", id)                      // in the one that deletes it
//	spec := set.List(spec, "c.customer_id", "c.id", query)     // x.KEY, x.KEY.not and so on, and sort=x.KEY
//
// Bulk edits and their undo have them by bulk.Customs.
//
// These take part in the caller's transaction, check no right and write no trail: the record's own service does, which takes Values into its
// "before" and "after" under the name "custom". Service is for the definitions, and checks rights.
//
// # How values are kept
//
// One row of custom_value for each value, in the column of its kind, so that an index finds records by it. Numbers are whole millionths. A
// row refers to a custom_field of the same customer; for a field of the house that row is made with the customer's first value, which is why
// an export of a customer is whole, and why the fields of one house become the customer's own in another.
package field
