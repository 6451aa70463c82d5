package field

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// Params says in the description of a list's operation what List adds to its parameters.
const Params = "Besides the parameters below, for custom fields: x.KEY, x.KEY.not, x.KEY.empty, x.KEY.contains of a text, x.KEY.after and x.KEY.before of a number or date; " +
	"people and CIs by id or name. sort=x.KEY lists the records that have a text, number or date there."

// List lets a list be filtered by custom fields, and sorted by the one that the query asks for. customer and record are the columns by which
// the list knows its records: "c.customer_id", "c.id".
//
//	x.KEY=a,b  x.KEY.not=a,b  x.KEY.empty=true     every kind; people and CIs by id or name
//	x.KEY.contains=words                           text
//	x.KEY.after=v  x.KEY.before=v                  numbers and dates, as for other fields
//	sort=x.KEY                                     text, numbers and dates: the records that have a value, in the order of an index
func (s Set) List(spec list.Spec, customer, record string, query url.Values) list.Spec {
	in, before := at{s, customer, record}, spec.Extra
	spec.Extra = func(name string, values []string) (string, []any, bool, error) {
		if rest, ok := strings.CutPrefix(name, Prefix); ok {
			return in.condition(rest, values)
		}
		if before == nil {
			return "", nil, false, nil
		}
		return before(name, values)
	}
	by := strings.TrimPrefix(query.Get("sort"), "-")
	key, ok := strings.CutPrefix(by, Prefix)
	d, there := s.Field(key)
	if !ok || !there || !d.Sorts() {
		return spec
	}
	column := "sx." + d.Kind.column()
	ids := "'" + strings.Join(d.ids, "', '") + "'" // of rows of ours: UUIDs
	spec.From += ` JOIN {custom_value} sx ON sx.customer_id = ` + customer + ` AND sx.record_id = ` + record + ` AND sx.field_id IN (` + ids + `)`
	if spec.Where != "" {
		spec.Where = "(" + spec.Where + ") AND "
	}
	spec.Where += column + ` IS NOT NULL`
	if spec.KeyTag == "" {
		spec.KeyTag = spec.Key[strings.LastIndexByte(spec.Key, '.')+1:]
	}
	spec.Key = "sx.record_id"
	spec.Fields = append(slices.Clip(spec.Fields), list.Field{Name: by, Column: column, Kind: d.Kind.listKind(), Sort: true,
		Lookup: `SELECT v.` + d.Kind.column() + ` FROM {custom_value} v WHERE v.record_id = ? AND v.field_id IN (` + ids + `)`})
	return spec
}

// Sorts tells whether lists can be sorted by the field.
func (d Defined) Sorts() bool { return !d.Mixed && d.Kind.listKind() != 0 }

func (k Kind) listKind() list.Kind {
	switch k {
	case Text:
		return list.Text
	case Number:
		return list.Number
	case Date:
		return list.Date
	}
	return 0
}

// column is where values of the kind are, and what their index has.
func (k Kind) column() string {
	switch k {
	case Number:
		return "number"
	case Date:
		return "day"
	case Person:
		return "person_id"
	case CI:
		return "ci_id"
	}
	return "word"
}

// at is a set within a list.
type at struct {
	set              Set
	customer, record string
}

// condition is a filter as list.Spec.Extra wants it.
func (l at) condition(param string, values []string) (where string, args []any, known bool, err error) {
	key, op, _ := strings.Cut(param, ".")
	d, ok := l.set.Field(key)
	switch {
	case !ok:
		return "", nil, true, fault.New(fault.Invalid, "field.bad.unknown")
	case d.Mixed:
		return "", nil, true, fault.New(fault.Invalid, "field.bad.mixed")
	case len(values) == 0:
		return "", nil, true, nil
	}
	refuse := func(key string) (string, []any, bool, error) {
		return "", nil, true, fault.New(fault.Invalid, key, "values", strings.Join(d.optionKeys(), ", "))
	}
	column := "v." + d.Kind.column()
	switch op {
	case "", "not":
		where, args, key = d.is(values)
	case "contains":
		if d.Kind != Text {
			return refuse("api.list.unknown")
		}
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i], args = `lower(v.text) LIKE ? ESCAPE '!'`, append(args, "%"+list.Literal(v)+"%")
		}
		where, key = "("+strings.Join(parts, " OR ")+") AND v.word IS NOT NULL", ""
	case "after", "before":
		if d.Kind != Number && d.Kind != Date {
			return refuse("api.list.unknown")
		}
		if len(values) > 1 {
			return refuse("api.list.twice")
		}
		sign := map[string]string{"after": " >= ?", "before": " < ?"}[op]
		var arg any
		arg, key = d.argument(values[0])
		where, args = column+sign, []any{arg}
	case "empty":
		yes, err := strconv.ParseBool(values[0])
		if err != nil || len(values) > 1 {
			return refuse("api.list.bool")
		}
		where, args = l.has(d, column+" IS NOT NULL", nil)
		if yes {
			where = "NOT " + where
		}
		return where, args, true, nil
	default:
		return refuse("api.list.unknown")
	}
	if key != "" {
		return refuse(key)
	}
	if op == "not" {
		where, args = l.has(d, where, args)
		return "NOT " + where, args, true, nil
	}
	// From the index to the records, not the other way.
	return "(" + l.customer + ", " + l.record + ") IN (SELECT v.customer_id, v.record_id FROM {custom_value} v WHERE v.field_id IN (" + db.Marks(len(d.ids)) + ") AND " + where + ")",
		append(db.Anys(d.ids), args...), true, nil
}

// has asks whether a record has such a value, record by record: for what most records meet.
func (l at) has(d Defined, where string, args []any) (string, []any) {
	return "EXISTS (SELECT 1 FROM {custom_value} v WHERE v.customer_id = " + l.customer + " AND v.record_type = ? AND v.record_id = " + l.record +
		" AND v.field_id IN (" + db.Marks(len(d.ids)) + ") AND " + where + ")", append(append([]any{l.set.Type}, db.Anys(d.ids)...), args...)
}

// is finds values that are one of these; key names the message if one is none of the kind's.
func (d Defined) is(values []string) (where string, args []any, key string) {
	var words, names []any
	for _, text := range values {
		if (d.Kind == Person || d.Kind == CI) && !id.Valid(text) {
			names = append(names, text)
			continue
		}
		arg, key := d.argument(text)
		if key != "" {
			return "", nil, key
		}
		args = append(args, arg)
		words = append(words, word(text))
	}
	column := "v." + d.Kind.column()
	switch d.Kind {
	case Text:
		return column + " IN (" + db.Marks(len(words)) + ") AND v.text IN (" + db.Marks(len(args)) + ")", append(words, args...), ""
	case Person, CI:
		table := map[Kind]string{Person: "{app_user}", CI: "{ci}"}[d.Kind]
		where = column + " IN (" + db.Marks(len(args)) + ")"
		if len(names) > 0 {
			named := column + " IN (SELECT n.id FROM " + table + " n WHERE n.name IN (" + db.Marks(len(names)) + "))"
			if len(args) == 0 {
				return named, names, ""
			}
			where = "(" + where + " OR " + named + ")"
		}
		return where, append(args, names...), ""
	}
	return column + " IN (" + db.Marks(len(args)) + ")", args, ""
}

// argument reads one value of a filter as its column has it.
func (d Defined) argument(text string) (any, string) {
	switch d.Kind {
	case Number:
		n, ok := millionths(text)
		if !ok {
			return nil, "api.list.number"
		}
		return n, ""
	case Date:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, "api.list.date"
		}
	case Choice:
		if _, ok := d.option(text); !ok {
			return nil, "api.list.choice"
		}
	}
	return text, ""
}

func (f Field) optionKeys() []string {
	out := make([]string, len(f.Options.V))
	for i, o := range f.Options.V {
		out[i] = o.Key
	}
	return out
}
