package bulk

import (
	"context"
	"errors"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Rows makes an Editable of a room's own rows, for rooms whose fields are plain values.
type Rows[T any] struct {
	Of      Kind
	Columns []Column[T]
	// Load reads the rows that are there.
	Load func(ctx context.Context, tx *db.Tx, ids []string) ([]T, error)
	Head func(*T) (id, name string, version int64)
	// Check names what is wrong with a row after a change; before is there for what a change must not touch.
	Check func(before, after *T) fault.Fields
	// Store writes all pairs, with the trail of each.
	Store func(ctx context.Context, tx *db.Tx, a permission.Actor, pairs []Pair[T]) error
}

// Pair is a row before and after.
type Pair[T any] struct{ Before, After T }

// Column is a field of T. Its state is its text.
type Column[T any] struct {
	Field
	Get func(*T) string
	Set func(*T, string)
	Own bool // each record's own: only an edit on its page has it, and the undo of that
}

// Kind implements Editable.
func (r Rows[T]) Kind() Kind { return r.Of }

// Fields implements Editable.
func (r Rows[T]) Fields(context.Context, *db.Tx) ([]Field, error) {
	var out []Field
	for _, c := range r.Columns {
		if !c.Own {
			out = append(out, c.Field)
		}
	}
	return out, nil
}

// Word implements Editable.
func (r Rows[T]) Word(field string) string {
	c, _ := r.column(field)
	return c.Label
}

// Read implements Editable.
func (r Rows[T]) Read(ctx context.Context, tx *db.Tx, ids []string) ([]Record, error) {
	rows, err := r.Load(ctx, tx, ids)
	out := make([]Record, len(rows))
	for i := range rows {
		id, name, version := r.Head(&rows[i])
		out[i] = Record{ID: id, Name: name, Version: version, Cell: r.cell(&rows[i])}
	}
	return out, err
}

func (r Rows[T]) cell(row *T) func(string) Cell {
	return func(field string) Cell {
		c, ok := r.column(field)
		if !ok {
			return Cell{}
		}
		return Cell{c.Get(row), c.Get(row)}
	}
}

func (r Rows[T]) column(name string) (Column[T], bool) {
	for _, c := range r.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column[T]{}, false
}

// Plan implements Editable.
func (r Rows[T]) Plan(ctx context.Context, tx *db.Tx, _ permission.Actor, asks []Ask) (Plan, error) {
	ids := make([]string, len(asks))
	for i, a := range asks {
		ids[i] = a.ID
	}
	rows, err := r.Load(ctx, tx, ids)
	if err != nil {
		return Plan{}, err
	}
	there := make(map[string]*T, len(rows))
	for i := range rows {
		id, _, _ := r.Head(&rows[i])
		there[id] = &rows[i]
	}
	var plan Plan
	var pairs []Pair[T]
	for _, ask := range asks {
		before, ok := there[ask.ID]
		if !ok {
			continue
		}
		after := *before
		for _, c := range ask.Changes {
			if col, ok := r.column(c.Field); ok {
				col.Set(&after, c.text(col.Field, col.Get(before)))
			}
		}
		for field, state := range ask.States {
			if col, ok := r.column(field); ok {
				col.Set(&after, state)
			}
		}
		row := Row{}
		row.ID, row.Name, row.Version = r.Head(before)
		row.Diffs = Differ(r.names(), r.cell(before), r.cell(&after))
		row.Refused = r.Check(before, &after)
		plan.Rows = append(plan.Rows, row)
		if row.Writes() {
			pairs = append(pairs, Pair[T]{*before, after})
		}
	}
	plan.Apply = func(ctx context.Context, tx *db.Tx, a permission.Actor) error { return r.Store(ctx, tx, a, pairs) }
	return plan, nil
}

func (r Rows[T]) names() []string {
	out := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		out[i] = c.Name
	}
	return out
}

// Row is a row whose page has changed it, for Keep.
func (r Rows[T]) Row(before, after *T) Row {
	row := Row{Diffs: Differ(r.names(), r.cell(before), r.cell(after))}
	row.ID, row.Name, row.Version = r.Head(before)
	return row
}

// text is the value that a field has after a change.
func (c Change) text(f Field, now string) string {
	switch {
	case c.Op == Clear:
		return ""
	case f.Form == Some:
		return Join(c.With(Split(now)))
	}
	return c.Value
}

// Fields gives the bad fields that an error of a room names; nil for an error of another kind.
func Fields(err error) fault.Fields {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid {
		return f.Fields
	}
	return nil
}
