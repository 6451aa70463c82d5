package intake

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Target is a list that takes files in. Everything happens in the scope of one customer.
type Target interface {
	Kind() Kind
	// Fields lists what a file may have, in the order of the template.
	Fields(ctx context.Context, tx *db.Tx) ([]Field, error)
	// Check decides what each row comes to and notes what is wrong with sheet.Bad. It only reads.
	Check(ctx context.Context, tx *db.Tx, a permission.Actor, sheet *Sheet) (Plan, error)
}

// Kind is what a target is, whatever the customer.
type Kind struct {
	List  string            // name of the list, and the address of its page without the first slash: "cis"
	Title string            // key of the list's title
	Help  string            // key of a sentence about the columns; may be empty
	Tag   string            // heading of its API operation
	Group string            // kinds of one group stand side by side on their pages; empty for none
	Need  permission.Action // to take in
	Keys  []Key             // by what a row finds the record that it changes; the first one is the default
	// Prefixes begin columns that are no field and are taken as they are, such as "tag." for tag.Site.
	Prefixes []string
	// Aside names columns that exports write and that are never read.
	Aside []string
}

// Key is a way to find what is there already.
type Key struct {
	Name  string // "external_id"
	Label string // key of its name
}

// Field is one column that a file may have.
type Field struct {
	Name     string   // of the API, of the template and of errors: "owner"
	Label    string   // key of its name for people, which files may use in any language
	Title    string   // its name as it is, where there is no key (a custom field)
	Aliases  []string // other names that files use, in lower case
	Required bool     // a file must have the column
	Example  string   // of the template
}

// Plan is what a sheet comes to. Apply writes all of it in the transaction, the audit trail included.
type Plan struct {
	Created, Updated, Unchanged int
	Apply                       func(ctx context.Context, tx *db.Tx, a permission.Actor) error
}
