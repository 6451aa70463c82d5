package bulk

import (
	"slices"
	"strings"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

const (
	// Limit is how many records one edit may touch.
	Limit = 5000
	// UndoFor is how long an edit can be undone, KeepFor how long it is kept.
	UndoFor = 7 * 24 * time.Hour
	KeepFor = 90 * 24 * time.Hour

	shownRows = 20
	maxQuery  = 8000
)

// The kinds of edits. A single one was made on a record's own page.
const (
	kindEdit   = "edit"
	kindDelete = "delete"
	kindSingle = "single"
	kindGone   = "single_delete"
)

// The states of a part.
const (
	Applied = "applied"
	Undone  = "undone"
	Skipped = "skipped"
)

// The outcomes of a record.
const (
	outChanged  = "changed"
	outRefused  = "refused"
	outRestored = "restored"
	outLeft     = "left"
	outPartly   = "partly"
)

// part is a row of bulk_edit.
type part struct {
	CustomerID string            `db:"customer_id"`
	PartID     string            `db:"part_id"`
	ID         string            `db:"id"`
	List       string            `db:"list"`
	Kind       string            `db:"kind"`
	State      string            `db:"state"`
	Reason     string            `db:"reason"`    // key, of a part that was skipped
	Selection  string            `db:"selection"` // the query; empty where records were chosen one by one
	Changes    db.JSON[[]Change] `db:"changes"`
	Changed    int64             `db:"changed"`
	Equal      int64             `db:"equal"`
	Refused    int64             `db:"refused"`
	Restored   int64             `db:"restored"`
	Kept       int64             `db:"kept"` // records of which the undo left something alone
	ActorID    string            `db:"actor_id"`
	ActorName  string            `db:"actor_name"`
	CreatedAt  db.Time           `db:"created_at"`
	UndoUntil  db.Time           `db:"undo_until"`
	UndoneAt   db.Time           `db:"undone_at"`
	UndoneBy   string            `db:"undone_by"`
	Version    int64             `db:"version"`
}

func (p part) open(now time.Time) bool {
	return p.State == Applied && p.Changed > 0 && now.Before(p.UndoUntil.Time)
}

// deleted tells whether the edit took records away.
func (p part) deleted() bool { return p.Kind == kindDelete || p.Kind == kindGone }

// item is a row of bulk_edit_item.
type item struct {
	CustomerID string                `db:"customer_id"`
	PartID     string                `db:"part_id"`
	Place      int64                 `db:"place"`
	RecordID   string                `db:"record_id"`
	Name       string                `db:"name"`
	Outcome    string                `db:"outcome"`
	Cells      db.JSON[[]Diff]       `db:"cells"`
	Faults     db.JSON[[]fieldFault] `db:"faults"`
}

// fieldFault is a fault of a field as it is kept.
type fieldFault struct {
	Field string         `json:"field"`
	Key   string         `json:"key"`
	Args  map[string]any `json:"args,omitempty"`
}

func kept(faults []fault.Field) []fieldFault {
	out := make([]fieldFault, len(faults))
	for i, f := range faults {
		out[i] = fieldFault{f.Path, f.Key, f.Args}
	}
	return out
}

// Input is what somebody asks for.
type Input struct {
	List        string
	IDs         []string // the records, or
	Query       string   // all that this query of the list finds
	Everything  bool     // the query counts, even if it is empty
	Customer    string   // slug or id: only of this customer
	Changes     []Change
	Delete      bool
	Fingerprint string // of a preview; empty takes what is there
}

// foreign are parameters of a list's page that do not choose records.
var foreign = []string{"view", "changed", "cursor", "format", "limit", "cols", "density", "customer"}

func (in Input) kind() string {
	if in.Delete {
		return kindDelete
	}
	return kindEdit
}

// Validate names what is wrong with an input whatever the records.
func (in *Input) Validate(fields []Field, removable bool) error {
	var bad fault.Fields
	switch {
	case len(in.Query) > maxQuery:
		bad.Add("query", "bulk.fault.query")
	case in.Everything && len(in.IDs) > 0, !in.Everything && len(in.IDs) == 0:
		bad.Add("ids", "bulk.fault.none")
	case len(in.IDs) > Limit:
		bad.Add("ids", "bulk.fault.limit", "max", Limit)
	}
	switch {
	case in.Delete && !removable:
		bad.Add("delete", "bulk.fault.delete")
	case in.Delete && len(in.Changes) > 0:
		bad.Add("set", "bulk.fault.both")
	case !in.Delete && len(in.Changes) == 0:
		bad.Add("set", "bulk.fault.nothing")
	}
	for i := range in.Changes {
		in.Changes[i].check(fields, &bad)
	}
	return bad.Err()
}

func (c *Change) check(fields []Field, bad *fault.Fields) {
	at := string(c.Op) + "." + c.Field
	if c.Op == Clear {
		at = "set." + c.Field
	}
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == c.Field })
	if i < 0 {
		bad.Add(at, "bulk.fault.field")
		return
	}
	f := fields[i]
	if f.Off != "" {
		bad.Add(at, f.Off)
		return
	}
	c.Value = strings.TrimSpace(c.Value)
	if c.Op == Set && c.Value == "" {
		c.Op = Clear
	}
	switch c.Op {
	case Set:
		if f.Partial {
			bad.Add(at, "bulk.fault.partial")
		} else if f.Form == YesNo && c.Value != "true" && c.Value != "false" {
			bad.Add(at, "bulk.fault.choice", "values", "true, false")
		} else if f.Form == Choice && !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == c.Value && !o.Past }) {
			var all []string
			for _, o := range f.Options {
				if !o.Past {
					all = append(all, o.Value)
				}
			}
			bad.Add(at, "bulk.fault.choice", "values", strings.Join(all, ", "))
		} else if f.Wrong != nil {
			if x, wrong := f.Wrong(c.Value); wrong {
				x.Path = at
				*bad = append(*bad, x)
			}
		}
	case Clear:
		if f.Keep || f.Partial || f.Form == YesNo {
			bad.Add(at, "bulk.fault.keep")
		}
	case Add, Remove:
		if f.Form != Some {
			bad.Add(at, "bulk.fault.no_set")
		} else if c.Value == "" {
			bad.Add(at, "bulk.fault.value")
		}
	default:
		bad.Add(at, "bulk.fault.field")
	}
}

// Values cuts the value of a change to a set at its commas.
func (c Change) Values() (out []string) {
	for _, v := range strings.Split(c.Value, ",") {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// With gives a set after a change; taken away is what was there.
func (c Change) With(now []string) []string {
	out := slices.Clone(now)
	switch c.Op {
	case Set:
		return c.Values()
	case Clear:
		return nil
	case Add:
		for _, v := range c.Values() {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	case Remove:
		gone := c.Values()
		out = slices.DeleteFunc(out, func(v string) bool { return slices.Contains(gone, v) })
	}
	return out
}

// Spec is how edits are listed: those of many records, newest first.
var Spec = list.Spec{
	From:    "{bulk_edit} b JOIN {customer} k ON k.id = b.customer_id",
	Where:   "b.kind IN ('edit', 'delete')",
	Columns: db.Columns[part]("b.") + ", k.slug AS customer",
	Key:     "b.part_id",
	Sort:    "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "b.id", Kind: list.ID, Filter: true},
		{Name: "list", Column: "b.list", Kind: list.Choice, Sort: true, Filter: true},
		{Name: "kind", Column: "b.kind", Kind: list.Choice, Values: []string{kindEdit, kindDelete}, Filter: true},
		{Name: "state", Column: "b.state", Kind: list.Choice, Values: []string{Applied, Undone, Skipped}, Sort: true, Filter: true},
		{Name: "actor", Column: "b.actor_name", Tag: "actor_name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "changed", Column: "b.changed", Kind: list.Number, Sort: true, Filter: true},
		{Name: "created_at", Column: "b.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("b.actor_name", "b.list"),
}

// Split and Join are how a set stands in a text.
func Split(text string) []string { return Change{Value: text}.Values() }

// Join is the other way of Split.
func Join(values []string) string { return strings.Join(values, ",") }
