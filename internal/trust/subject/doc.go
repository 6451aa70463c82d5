// Package subject knows the types of records that other things hang on: notes, files, watchers, custom fields, approvals, live
// messages. A room gives one Kind for each of its record types, app puts them together into the Registry, and whoever hangs
// something on "any record" asks there whether the record exists in the scope, what it is called, who may read it and where its
// page is.
//
// It owns no table and never changes a record. What it gives of another room's record is its name and its customer, nothing more.
package subject
