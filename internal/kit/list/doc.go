// Package list is the one way to list records: a Spec says once which columns a table shows, sorts and filters by; the API, the
// pages and the command line parse their query into it and get keyset pages that are stable while rows are added.
//
//	var Spec = list.Spec{
//		From: "{contact} c", Columns: db.Columns[Contact]("c."), Key: "c.id", Sort: "name",
//		Fields: []list.Field{
//			{Name: "name", Column: "c.name", Kind: list.Text, Sort: true, Filter: true},
//			{Name: "created_at", Column: "c.created_at", Kind: list.Time, Sort: true, Filter: true},
//		},
//		Search: list.Words("c.name", "c.email"),
//	}
//
//	q, err := Spec.Parse(r.URL.Query())            // every bad parameter is a field of one fault
//	page, err := list.Run[Contact](ctx, tx, Spec, q)
//
// What callers may write:
//
//	q=words              Search decides; by default every word must be found in one of the columns
//	sort=name, sort=-x   one field that sorts; "-" for descending; the key breaks ties in the same direction
//	limit=50             1 to 500
//	cursor=...           next_cursor or prev_cursor of an answer; only valid with the sort it was made for
//	field=a,b            a or b; a comma within a value is written \, ; an empty value is no filter
//	field.not=a,b        neither
//	field.empty=true     text that is empty, or a value that is absent
//	field.contains=x     text only, without regard to (ASCII) case; field.prefix=x likewise
//	field.after=t        times and numbers: t or later (>=)
//	field.before=t       times and numbers: earlier than t (<), so that windows do not overlap
//
// Filters on different fields all hold. Times are RFC 3339 or a date, which is its first instant in UTC. What the Spec does
// not know is an error, never ignored: a mistyped filter must not show everything.
//
// The keyset is compared as a row value, (column, key) > (?, ?): both engines turn it into one range of the index (column, key),
// which "column > ? OR (column = ? AND key > ?)" does not get on PostgreSQL. A sort column that can be NULL says so
// (Nullable), and is compared as its kind's zero value, without an index.
//
// A list that grows large tells how its rows are found (Finder): by few rows, along terms, or, where a Segment is kept, where the bitmaps
// of all conditions meet.
//
// It never opens a transaction and never decides whose rows are seen: the Tx does.
package list
