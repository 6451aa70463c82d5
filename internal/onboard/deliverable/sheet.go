package deliverable

import (
	"reflect"

	"vigie/internal/platform/fault"
)

// sheet is a content as texts: by part, by row, by field. Forms, comparisons and merges work on it, whatever the kind.
type sheet map[string][]row

// row is one row of a part; a part without rows has exactly one.
type row map[string]string

func (r row) equal(o row) bool {
	if len(r) != len(o) {
		return false
	}
	for k, v := range r {
		if o[k] != v {
			return false
		}
	}
	return true
}

func (r row) clone() row {
	out := make(row, len(r))
	for k, v := range r {
		out[k] = v
	}
	return out
}

// sheetOf writes a content down as texts.
func sheetOf(shape []part, content any) sheet {
	out := sheet{}
	root := reflect.ValueOf(content).Elem()
	for _, p := range shape {
		v := root.Field(p.index)
		if !p.rows {
			out[p.name] = []row{p.read(v)}
			continue
		}
		rows := make([]row, v.Len())
		for i := range rows {
			rows[i] = p.read(v.Index(i))
		}
		out[p.name] = rows
	}
	return out
}

func (p part) read(v reflect.Value) row {
	out := make(row, len(p.fields))
	for _, f := range p.fields {
		out[f.name] = f.read(v.Field(f.index))
	}
	return out
}

// into makes a content of texts; what cannot be is named by its path. content is a pointer to a struct of the kind.
func (s sheet) into(shape []part, content any) error {
	var bad fault.Fields
	root := reflect.ValueOf(content).Elem()
	for _, p := range shape {
		v, rows := root.Field(p.index), s[p.name]
		if !p.rows {
			for _, f := range p.fields {
				if len(rows) > 0 {
					f.write(v.Field(f.index), rows[0][f.name], p.name+"."+f.name, &bad)
				}
			}
			continue
		}
		if len(rows) > maxRows {
			bad.Add(p.name, "deliverable.bad.rows", "max", maxRows)
			continue
		}
		out := reflect.MakeSlice(v.Type(), len(rows), len(rows))
		for i, r := range rows {
			for _, f := range p.fields {
				f.write(out.Index(i).Field(f.index), r[f.name], at(p.name, i, f.name), &bad)
			}
		}
		v.Set(out)
	}
	return bad.Err()
}
