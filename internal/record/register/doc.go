// Package register makes whole practices out of one struct: registers that are only fields and a list, such as suppliers, documents or
// licences. Nothing with rules of its own goes this way alone; what has states that follow one another, clocks or decisions is a room. A room
// may leave the plain fields of its record to a register, keep the fields that its rules decide for itself (the option fixed), and show
// what it has besides them (Declaration.Beside).
//
//	type Supplier struct {
//		register.Head
//		Name    string        `db:"name" json:"name" field:"text required sort filter search" doc:"As on the contract."`
//		EndsOn  register.Date `db:"ends_on" json:"ends_on" field:"date sort filter section=contract help"`
//		Contact db.Null       `db:"contact_id" json:"contact" field:"ref to=contact section=reach"`
//		register.Tail
//	}
//	suppliers := register.Define(register.Declaration[Supplier]{Name: "supplier", Path: "/suppliers", Icon: "truck", Read: …, Write: …}, parts)
//	suppliers.Register(api); suppliers.Pages(mux, shell)
//
// From that come: API operations (list with filters, paging, CSV and XLSX; get, post, patch, delete with ETag, If-Match,
// Idempotency-Key and problems that name each field), a list page, a record page with history, a form, deletion with confirmation, the
// audit trail, live updates, a subject.Kind for what hangs on records, and isolation. Field lists the options of the tags.
//
// The table is written by hand in a migration, with (customer_id, id) as its key and composite foreign keys for refs; a test compares
// it with the struct on both engines. Words are keys by convention in locales/*/register.yaml (register.supplier.field.ends_on), and a
// test asks for all of them in both languages.
//
// Refs name records of the same customer, or users who may see it. They are checked in the scope of the customer; what leads nowhere
// there is a bad field, whether it exists elsewhere or not.
package register
