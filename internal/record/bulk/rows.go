package bulk

import (
	"context"
	"errors"
	"maps"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
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
	// Store writes all pairs, with the trail of each; their custom fields are written already.
	Store func(ctx context.Context, tx *db.Tx, a permission.Actor, pairs []Pair[T]) error
}

// Pair is a row before and after, and what it has in custom fields.
type Pair[T any] struct {
	Before, After T
	Was, Is       field.Values
}

// Column is a field of T. Its state is its text.
type Column[T any] struct {
	Field
	Get func(*T) string
	Set func(*T, string)
	Own bool // each record's own: only an edit on its page has it, and the undo of that
	// Tell is what people read, where that is not what Get gives.
	Tell func(*T) string
}

// Kind implements Editable.
func (r Rows[T]) Kind() Kind { return r.Of }

// Fields implements Editable.
func (r Rows[T]) Fields(context.Context, *db.Tx) ([]Field, error) {
	var out []Field
	for _, c := range r.Columns {
		if c.Own {
			c.Off = "bulk.fault.field"
		}
		out = append(out, c.Field)
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
	if err != nil {
		return nil, err
	}
	custom, had, err := r.custom(ctx, tx, ids, nil)
	out := make([]Record, len(rows))
	for i := range rows {
		id, name, version := r.Head(&rows[i])
		out[i] = Record{ID: id, Name: name, Version: version, Cell: custom.Cells(had[id], r.cell(&rows[i]))}
	}
	return out, err
}

// custom is what rows have in custom fields, and what is asked for.
func (r Rows[T]) custom(ctx context.Context, tx *db.Tx, ids []string, asks []Ask) (c Custom, had map[string]field.Values, err error) {
	if !r.Of.Custom {
		return c, nil, nil
	}
	if had, err = field.Read(ctx, tx, r.Of.Type, ids); err != nil {
		return c, nil, err
	}
	c, err = Customs(ctx, tx, r.Of.Type, asks, slices.Collect(maps.Values(had))...)
	return c, had, err
}

func (r Rows[T]) cell(row *T) func(string) Cell {
	return func(field string) Cell {
		c, ok := r.column(field)
		if !ok {
			return Cell{}
		}
		cell := Cell{c.Get(row), c.Get(row)}
		if c.Tell != nil {
			cell.Text = c.Tell(row)
		}
		return cell
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
	custom, had, err := r.custom(ctx, tx, ids, asks)
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
	var stored []field.Stored
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
		var bad fault.Fields
		was, is := had[ask.ID], custom.After(ask, had[ask.ID], &bad)
		row := r.row(custom, before, &after, was, is)
		row.Refused = append(r.Check(before, &after), bad...)
		plan.Rows = append(plan.Rows, row)
		if row.Writes() {
			pairs = append(pairs, Pair[T]{*before, after, was, is})
			stored = append(stored, field.Stored{ID: ask.ID, Before: was, After: is})
		}
	}
	plan.Apply = func(ctx context.Context, tx *db.Tx, a permission.Actor) error {
		if err := custom.Store(ctx, tx, stored); err != nil {
			return err
		}
		return r.Store(ctx, tx, a, pairs)
	}
	return plan, nil
}

func (r Rows[T]) names() []string {
	out := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		out[i] = c.Name
	}
	return out
}

func (r Rows[T]) row(custom Custom, before, after *T, was, is field.Values) Row {
	row := Row{Diffs: Differ(slices.Concat(r.names(), custom.Names()), custom.Cells(was, r.cell(before)), custom.Cells(is, r.cell(after)))}
	row.ID, row.Name, row.Version = r.Head(before)
	return row
}

// Keep keeps a change that a row's page has made, as Keep does; was and is are its custom fields.
func (r Rows[T]) Keep(ctx context.Context, tx *db.Tx, a permission.Actor, before, after *T, was, is field.Values) (string, error) {
	var custom Custom
	if r.Of.Custom {
		var err error
		if custom, err = Customs(ctx, tx, r.Of.Type, nil, was, is); err != nil {
			return "", err
		}
	}
	return Keep(ctx, tx, a, r.Of.List, r.row(custom, before, after, was, is))
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
