// Package transfer lets a customer leave: exported whole, in a form that anybody can read, and removed by a signed order; and lets one
// come, from such an export of another instance.
//
// An export has every row and file of one customer, as of one commit (package archive). Left out are sealed values, which only this
// instance can open, and what is derived from other rows. An import takes all of it or nothing, and only where neither the customer
// nor its slug is there; references to people of the other instance become empty, and its people are invited anew.
//
// A removal is asked for (requested), signed (ordered), carried out, and then done; before it is signed it may be withdrawn
// (cancelled). What goes, goes in batches and may be interrupted at any point. The order and its receipt stay.
//
// It never decides who may sign; package approval does.
package transfer
