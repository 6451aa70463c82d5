package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Dump gives each row of a registered table to f, in the order of its columns, as nil, string (also UUID and JSON), int64, bool, float64
// or []byte. The transaction's scope says whose rows. The slice is used again for the next row. order is the text behind ORDER BY.
func (t *Tx) Dump(ctx context.Context, table string, columns []Column, order string, f func([]any) error) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = "r." + c.Name // quoted, the name of a column could be that of a table
	}
	rows, err := t.Rows(ctx, `SELECT `+strings.Join(names, ", ")+` FROM {`+table+`} r`+order)
	if err != nil {
		return err
	}
	defer rows.Close()
	raw, row := make([]any, len(columns)), make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range columns {
			if row[i], err = plainValue(c, raw[i]); err != nil {
				return fmt.Errorf("%s.%s: %w", table, c.Name, err)
			}
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// plainValue takes what differs between the drivers off a value.
func plainValue(c Column, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []byte:
		if c.Kind == KindBytes {
			return v, nil
		}
		return string(v), nil
	case string:
		if c.Kind == KindBytes {
			return []byte(v), nil
		}
		return v, nil
	case int64:
		if c.Kind == KindBoolean {
			return v != 0, nil
		}
		if c.Kind == KindReal {
			return float64(v), nil
		}
		return v, nil
	case bool, float64:
		return v, nil
	case [16]byte:
		return fmt.Sprintf("%x-%x-%x-%x-%x", v[0:4], v[4:6], v[6:8], v[8:10], v[10:16]), nil
	}
	return nil, fmt.Errorf("a value of type %T", v)
}

// Load writes rows, in the order of the columns, into a registered table. In a scope of one customer the column of the customer must
// hold that one in each row.
func (t *Tx) Load(ctx context.Context, table string, columns []string, rows [][]any) error {
	if !t.writable {
		return errors.New("load: the transaction only reads")
	}
	tab, ok := tableNamed(table)
	if !ok {
		return fmt.Errorf("load: table %s is not registered", table)
	}
	own := -1
	for i, c := range columns {
		if c == tab.Key && tab.Key != "" {
			own = i
		}
	}
	if tab.Key != "" && !t.across {
		one, ok := t.scope.One()
		if !ok || own < 0 {
			return fmt.Errorf("load: a write to %s needs a scope of one customer, and its column", table)
		}
		for _, row := range rows {
			if row[own] != one {
				return fmt.Errorf("load: a row of %s belongs to another customer", table)
			}
		}
	}
	per := max(1, min(500, 30000/len(columns)))
	for from := 0; from < len(rows); from += per {
		if err := t.loadChunk(ctx, tab.Name, columns, rows[from:min(from+per, len(rows))]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) loadChunk(ctx context.Context, table string, columns []string, rows [][]any) error {
	var b strings.Builder
	fmt.Fprintf(&b, `INSERT INTO %s ("%s") VALUES `, table, strings.Join(columns, `", "`))
	args := make([]any, 0, len(rows)*len(columns))
	for i, row := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j, v := range row {
			if j > 0 {
				b.WriteString(", ")
			}
			args = append(args, v)
			if t.engine == Postgres {
				fmt.Fprintf(&b, "$%d", len(args))
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
	if _, err := t.tx.ExecContext(ctx, b.String(), args...); err != nil {
		return translate(err, "INSERT INTO "+table)
	}
	return nil
}
