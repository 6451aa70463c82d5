package bulk

import (
	"context"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Editable is a list whose records can be changed many at once. Everything but Kind happens in the scope of one customer, Fields also
// in that of several.
type Editable interface {
	Kind() Kind
	// Fields lists what can be set, in the order of the form.
	Fields(ctx context.Context, tx *db.Tx) ([]Field, error)
	// Word is the key of a field's name, for lines about edits of long ago; empty where it has none.
	Word(field string) string
	// Read gives the records that are there.
	Read(ctx context.Context, tx *db.Tx, ids []string) ([]Record, error)
	// Plan decides what is asked for and only reads. Records that are not there have no row. A change that fits no record at all is an
	// Invalid fault with the names of fields.
	Plan(ctx context.Context, tx *db.Tx, a permission.Actor, asks []Ask) (Plan, error)
}

// Removable is an Editable whose records can be deleted, and put back.
type Removable interface {
	Editable
	// Remove plans deletions: the one cell of a row, of field "", is the whole record before.
	Remove(ctx context.Context, tx *db.Tx, a permission.Actor, ids []string) (Plan, error)
	// Revive plans to put records back, from the states that Remove gave.
	Revive(ctx context.Context, tx *db.Tx, a permission.Actor, states map[string]string) (Plan, error)
}

// Kind is what an Editable is, whatever the customer.
type Kind struct {
	List   string            // the address of its page without the first slash: "cis"
	Title  string            // key of the list's title
	Type   string            // of the records, as the audit trail calls it
	Table  string            // of the records
	Active string            // place of the rail
	Need   permission.Action // to see the records
	Write  permission.Action // to change them
	Spec   list.Spec
	Owner  string // column of the customer's id in Spec.From
	Custom bool   // the records have custom fields, under Type
	Slug   string // column of the customer's slug
	Page   func(id string) string
	// Assignee is the field that says who looks after a record; empty for none.
	Assignee string
}

// Form is how a field is asked for.
type Form string

// The forms.
const (
	Text   Form = "text"
	Long   Form = "long"
	Number Form = "number"
	Choice Form = "choice" // one of Options
	Day    Form = "day"
	Moment Form = "moment"
	YesNo  Form = "yesno"
	Some   Form = "some" // a set: values are added and taken away; of Options where there are any
	Pick   Form = "pick" // the name or id of another record of the same customer; Options are proposals
)

// Field is something that can be set.
type Field struct {
	Name    string
	Label   string                   // key of its name for people
	Words   func(lang string) string // its name for readers of a language, where there is no key (a custom field)
	Form    Form
	Options []Option
	Keep    bool                     // it cannot be emptied
	Help    string                   // key
	Advice  func(lang string) string // in the place of Help, as Words is
	// Wrong names what is wrong with a value for whatever record; may be nil.
	Wrong func(value string) (fault.Field, bool)
	// Off is the key of why the field cannot be set now; it is named, and not offered.
	Off string
	// Whole is false for a set of which values can only be added and taken away.
	Partial bool
}

// Option is one value of a field. Title is its word as it is, Label the key of one, Words that of readers of a language. One that is past is
// named where records have it, and not offered.
type Option struct {
	Value, Label, Title string
	Words               func(lang string) string
	Past                bool
}

// Op is what is done to a field.
type Op string

// The operations. Add and Remove are for sets.
const (
	Set    Op = "set"
	Clear  Op = "clear"
	Add    Op = "add"
	Remove Op = "remove"
)

// Change is one thing to do to each record. Values are texts as callers of the API and readers of forms write them.
type Change struct {
	Field string `json:"field"`
	Op    Op     `json:"op" enum:"set,clear,add,remove"`
	Value string `json:"value,omitempty"`
}

// Ask is what is asked for one record: changes, or states to go back to, by field.
type Ask struct {
	ID      string
	Changes []Change
	States  map[string]string
}

// Cell is what a field holds: Text as people read it (where the field has options, one of their values), State all that the room
// keeps of it, to compare and to go back to.
type Cell struct {
	State string `json:"s"`
	Text  string `json:"t"`
}

// Record is one record as it is.
type Record struct {
	ID, Name string
	Version  int64
	// Cell gives what a field holds, also one that no Field names any more.
	Cell func(field string) Cell
}

// Row is what is asked for one record comes to.
type Row struct {
	ID, Name string
	Version  int64
	Diffs    []Diff        // where the state of a field changes; none for a record that has it all already
	Refused  []fault.Field // why it cannot be; Path is the field
}

// Diff is a field before and after.
type Diff struct {
	Field  string `json:"f"`
	Before Cell   `json:"b"`
	After  Cell   `json:"a"`
}

// Plan is what all of it comes to. Apply writes the rows that are not refused and have diffs.
type Plan struct {
	Rows  []Row
	Apply func(ctx context.Context, tx *db.Tx, a permission.Actor) error
}

// Refuse notes why a record cannot be changed.
func (r *Row) Refuse(field, key string, pairs ...any) {
	(*fault.Fields)(&r.Refused).Add(field, key, pairs...)
}

// Writes tells whether the row is written.
func (r Row) Writes() bool { return len(r.Refused) == 0 && len(r.Diffs) > 0 }
