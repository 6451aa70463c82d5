package archive

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
)

// Edit changes a row before it is loaded, by the name of its columns; false leaves the row out.
type Edit func(row map[string]any) (keep bool)

// Load puts the rows of a table into the database, 500 a statement, and gives their number. A column that may not be NULL and that the
// archive left out is filled with the empty text. edit may be nil.
func (r *Reader) Load(ctx context.Context, tx *db.Tx, t Table, edit Edit) (n int64, err error) {
	have, err := tx.Catalog(ctx, t.Name)
	if err != nil {
		return 0, err
	}
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		if !slices.ContainsFunc(have, func(h db.Column) bool { return h.Name == c.Name && alike(h.Kind, c.Kind) }) {
			return 0, fmt.Errorf("the table %s has no column %s of the kind %s", t.Name, c.Name, c.Kind)
		}
		names[i] = c.Name
	}
	blank := 0
	for _, h := range have {
		if !h.Null && slices.Contains(t.Left, h.Name) {
			names = append(names, h.Name)
			blank++
		}
	}
	var batch [][]any
	flush := func() error {
		err := tx.Load(ctx, t.Name, names, batch)
		n += int64(len(batch))
		batch = batch[:0]
		return err
	}
	err = r.Rows(ctx, t, func(row []any) error {
		for range blank {
			row = append(row, "")
		}
		if edit != nil && !apply(edit, names, row) {
			return nil
		}
		if batch = append(batch, row); len(batch) == 500 {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return n, err
}

func apply(edit Edit, names []string, row []any) bool {
	m := make(map[string]any, len(row))
	for i, name := range names {
		m[name] = row[i]
	}
	if !edit(m) {
		return false
	}
	for i, name := range names {
		row[i] = m[name]
	}
	return true
}

// alike tells whether values of one kind can be kept in a column of the other: SQLite databases of before the catalog knew UUID and
// JSON call them text.
func alike(a, b db.ColumnKind) bool {
	text := []db.ColumnKind{db.KindText, db.KindUUID, db.KindJSON}
	return a == b || slices.Contains(text, a) && slices.Contains(text, b)
}
