package db

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Insert writes rows (a struct, or a slice of structs, with db tags) into a table. It sets the customer of each row to the
// scope's, whatever the row says (Across, which has none, keeps the row's). conflict is the text behind ON CONFLICT, or empty. It tells how many rows were written.
func (t *Tx) Insert(ctx context.Context, table string, rows any, conflict string) (int64, error) {
	if !t.writable {
		return 0, errors.New("insert: the transaction only reads")
	}
	tab, ok := tableNamed(table)
	if !ok {
		return 0, fmt.Errorf("insert: table %s is not registered", table)
	}
	customer := ""
	if tab.Key != "" && !t.across {
		if customer, ok = t.scope.One(); !ok {
			return 0, fmt.Errorf("insert: a write to %s needs a scope of one customer", table)
		}
	}
	v := reflect.Indirect(reflect.ValueOf(rows))
	if v.Kind() != reflect.Slice {
		one := reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1)
		v = reflect.Append(one, v)
	}
	if v.Len() == 0 {
		return 0, nil
	}
	cols := columnsOf(v.Type().Elem())
	per := min(500, 30000/len(cols.names))
	var total int64
	for from := 0; from < v.Len(); from += per {
		n, err := t.insertChunk(ctx, tab, cols, v.Slice(from, min(from+per, v.Len())), customer, conflict)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

func (t *Tx) insertChunk(ctx context.Context, tab Table, cols columns, rows reflect.Value, customer, conflict string) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", tab.Name, strings.Join(cols.names, ", "))
	args := make([]any, 0, rows.Len()*len(cols.names))
	for i := range rows.Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		row := rows.Index(i)
		for j, name := range cols.names {
			if j > 0 {
				b.WriteString(", ")
			}
			value := any(customer)
			if name != tab.Key || tab.Key == "" || t.across {
				value = row.FieldByIndex(cols.index[j]).Interface()
			}
			args = append(args, value)
			if t.engine == Postgres {
				fmt.Fprintf(&b, "$%d", len(args))
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
	if conflict != "" {
		b.WriteString(" ON CONFLICT " + conflict)
	}
	res, err := t.tx.ExecContext(ctx, b.String(), args...)
	if err != nil {
		return 0, translate(err, "INSERT INTO "+tab.Name)
	}
	return res.RowsAffected()
}

type columns struct {
	names []string
	index [][]int
}

var columnCache sync.Map // reflect.Type -> columns

// columnsOf lists the db tags of a struct, embedded structs included; the tag "-" leaves a field out.
func columnsOf(t reflect.Type) columns {
	if c, ok := columnCache.Load(t); ok {
		return c.(columns)
	}
	var c columns
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("db")
		if !ok || tag == "-" || tag == "" || !f.IsExported() {
			continue
		}
		c.names = append(c.names, tag)
		c.index = append(c.index, f.Index)
	}
	columnCache.Store(t, c)
	return c
}

// Columns gives the column list of a struct with db tags, each with the prefix ("c." or empty), for the SELECT of a store.
func Columns[T any](prefix string) string {
	c := columnsOf(reflect.TypeFor[T]())
	return prefix + strings.Join(c.names, ", "+prefix)
}

// Marks gives n parameters, "?, ?, ?", for an IN list.
func Marks(n int) string {
	if n == 0 {
		return "NULL"
	}
	return strings.Repeat("?, ", n-1) + "?"
}

// Anys turns a slice into parameters.
func Anys[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}
