// Package intake takes records in from CSV files: one mechanism for every list. A file is decoded (UTF-8, UTF-16, Windows-1252) and
// cut into cells, its columns are laid on the fields of the list (by guess, by memory or by the caller), the whole of it is checked,
// and it is applied whole or not at all. A dry run does all but the last.
//
// A room gives a Target, app puts the targets together; page, API operation, template, mapping and messages come with it:
//
//	type contacts struct{ s *Service }
//
//	func (contacts) Kind() intake.Kind {
//		return intake.Kind{List: "contacts", Title: "customers.contacts", Need: permission.ContactImport, Keys: []intake.Key{{Name: "email", Label: "..."}}}
//	}
//	func (contacts) Fields(ctx, tx) ([]intake.Field, error)              // custom fields of the customer included
//	func (contacts) Check(ctx, tx, a, sheet *intake.Sheet) (intake.Plan, error) {
//		for _, row := range sheet.Rows {
//			if row.Get("name") == "" {
//				sheet.Bad(row.Line, "name", "fault.required")           // by line and field; the file is not applied
//			}
//		}
//		return intake.Plan{Created: len(rows), Apply: func(ctx, tx, a) error { ...; return audit.Write(...) }}, nil
//	}
//
// Check only reads, and gets the whole file, so that what is there can be read by one statement. It runs again in the transaction
// that applies: nothing that a dry run said is relied on.
//
// It never decides what a cell means, and never keeps a file. What it keeps is, per person and list, which heading was laid on
// which field.
package intake
