package list

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vigie/internal/platform/fault"
)

// The limits of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 500
	maxText      = 300 // of q and of one value
	maxValues    = 200 // of one filter
)

// Query is a list that was asked for; Parse makes it, services may add to it.
type Query struct {
	Limit int

	values  url.Values
	filters []Filter
	where   []string
	args    []any
	sort    Field
	desc    bool
	cursor  *cursor

	finders  []Finder // conditions beside where
	owner    string   // slug of the one customer whose rows are wanted, where a condition says so by id
	from     string   // what find puts before From
	fromArgs []any
	met      bool // from is what a segment found
}

// Filter is one condition that the caller wrote.
type Filter struct {
	Param  string // as written: "name.contains"
	Field  string // "name"
	Op     string // "", "not", "contains", "prefix", "after", "before", "empty"
	Values []string
}

// Filters lists what the caller filtered by, q and order excepted: the chips of a screen.
func (q Query) Filters() []Filter { return q.filters }

// Sort is the order in force, as callers write it.
func (q Query) Sort() string {
	if q.desc {
		return "-" + q.sort.Name
	}
	return q.sort.Name
}

// SortBy is what the head of a column asks for: ascending first, then the other way.
func (q Query) SortBy(name string) string {
	if q.sort.Name == name && !q.desc {
		return "-" + name
	}
	return name
}

// Search is the q of the caller.
func (q Query) Search() string { return strings.TrimSpace(q.values.Get("q")) }

// Where adds a condition, which holds beside all others.
func (q Query) Where(where string, args ...any) Query {
	if where == "" {
		return q
	}
	q.where = append(slices.Clip(q.where), "("+where+")")
	q.args = append(slices.Clip(q.args), args...)
	return q
}

// Find adds a condition that indexes know.
func (q Query) Find(f Finder) Query {
	q.finders = append(slices.Clip(q.finders), f)
	return q
}

// Of narrows the list to one customer, whose slug stands in the column.
func (q Query) Of(column, slug string) Query {
	q.finders = append(slices.Clip(q.finders), Finder{Check: column + " = ?", Args: []any{slug}, slugs: []string{slug}})
	return q
}

// From continues at a cursor that Run gave.
func (q Query) From(text string) (Query, error) {
	c, err := parseCursor(text)
	if err != nil || c.Sort != q.Sort() {
		return q, badCursor()
	}
	q.cursor = &c
	return q, nil
}

// All is the query of everything in default order.
func (s Spec) All() Query {
	q, err := s.Parse(nil)
	if err != nil {
		panic("list: the default sort " + s.Sort + " is no field that sorts")
	}
	return q
}

// Parse reads the parameters of a request. Its error is one fault that names every bad one.
func (s Spec) Parse(v url.Values) (Query, error) {
	q := Query{Limit: DefaultLimit, values: v}
	var bad fault.Fields
	if !q.order(s, s.Sort) {
		bad.Add("sort", "api.list.sort", "values", "")
	}
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := v[name]
		if slices.ContainsFunc(values, unreadable) {
			bad.Add(name, "api.list.text")
			continue
		}
		switch name {
		case "q", "sort", "limit", "cursor":
			if len(values) > 1 {
				bad.Add(name, "api.list.twice")
				continue
			}
			q.control(s, name, strings.TrimSpace(values[0]), &bad)
		default:
			if !slices.Contains(s.Pass, name) {
				q.filter(s, name, values, &bad)
			}
		}
	}
	if q.cursor != nil && q.cursor.Sort != q.Sort() {
		bad.Add("cursor", "api.list.cursor_sort")
	}
	return q, bad.Err()
}

// unreadable tells text that no database takes.
func unreadable(s string) bool { return !utf8.ValidString(s) || strings.ContainsRune(s, 0) }

func (q *Query) order(s Spec, text string) bool {
	name, desc := strings.CutPrefix(text, "-")
	f, ok := s.field(name)
	if !ok || !f.Sort {
		return false
	}
	q.sort, q.desc = f, desc
	return true
}

func (q *Query) control(s Spec, name, value string, bad *fault.Fields) {
	if value == "" {
		return
	}
	switch name {
	case "sort":
		if !q.order(s, value) {
			var can []string
			for _, f := range s.Fields {
				if f.Sort {
					can = append(can, f.Name)
				}
			}
			bad.Add("sort", "api.list.sort", "values", strings.Join(can, ", "))
		}
	case "limit":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > MaxLimit {
			bad.Add("limit", "api.list.limit", "max", MaxLimit)
			return
		}
		q.Limit = n
	case "cursor":
		c, err := parseCursor(value)
		if err != nil {
			bad.Add("cursor", "api.list.cursor")
			return
		}
		q.cursor = &c
	case "q":
		if s.Search == nil {
			bad.Add("q", "api.list.unknown")
			return
		}
		if utf8.RuneCountInString(value) > maxText {
			bad.Add("q", "api.list.long", "max", maxText)
			return
		}
		where, args := s.Search(value)
		q.narrow(s, name, []string{value}, where, args)
	}
}

func (q *Query) filter(s Spec, param string, raw []string, bad *fault.Fields) {
	name, op := param, ""
	f, ok := s.field(name)
	if !ok {
		if i := strings.LastIndexByte(param, '.'); i > 0 {
			name, op = param[:i], param[i+1:]
			f, ok = s.field(name)
		}
	}
	values := split(raw)
	if len(values) > maxValues || slices.ContainsFunc(values, func(v string) bool { return utf8.RuneCountInString(v) > maxText }) {
		bad.Add(param, "api.list.long", "max", maxText)
		return
	}
	if !ok || !f.Filter {
		if s.Extra != nil {
			where, args, known, err := s.Extra(param, values)
			if known {
				q.extra(s, param, values, where, args, err, bad)
				return
			}
		}
		bad.Add(param, "api.list.unknown")
		return
	}
	if len(values) == 0 {
		return
	}
	where, args, key := f.condition(op, values)
	if key != "" {
		bad.Add(param, key, "values", strings.Join(f.Values, ", "))
		return
	}
	if w := s.between(f, op, args); w.Column != "" {
		*q = q.Find(Finder{Check: where, Args: args, Between: w})
	} else {
		q.narrow(s, param, values, where, args)
	}
	q.filters = append(q.filters, Filter{Param: param, Field: name, Op: op, Values: values})
}

// narrow adds the condition of one parameter, as finders if there are any.
func (q *Query) narrow(s Spec, param string, values []string, where string, args []any) {
	if s.Segment != nil && param == "customer" {
		*q = q.Find(Finder{Check: where, Args: args, slugs: values})
		return
	}
	if s.Find != nil {
		if found := s.Find(param, values); len(found) > 0 {
			for _, f := range found {
				if f.Check == "" {
					f.Check, f.Args = where, args
				}
				q.finders = append(slices.Clip(q.finders), f)
			}
			return
		}
	}
	*q = q.Where(where, args...)
}

func (q *Query) extra(s Spec, param string, values []string, where string, args []any, err error, bad *fault.Fields) {
	if err != nil {
		var e *fault.Error
		if errors.As(err, &e) {
			bad.Add(param, e.Key)
			(*bad)[len(*bad)-1].Args = e.Args
			return
		}
		bad.Add(param, "api.list.text")
		return
	}
	if where == "" {
		return
	}
	q.narrow(s, param, values, where, args)
	q.filters = append(q.filters, Filter{Param: param, Field: param, Values: values})
}

// split cuts values at commas that no backslash stands before, and drops empty ones.
func split(raw []string) []string {
	var out []string
	for _, r := range raw {
		var b strings.Builder
		for i := 0; i < len(r); i++ {
			switch {
			case r[i] == '\\' && i+1 < len(r) && (r[i+1] == ',' || r[i+1] == '\\'):
				i++
				b.WriteByte(r[i])
			case r[i] == ',':
				out = append(out, strings.TrimSpace(b.String()))
				b.Reset()
			default:
				b.WriteByte(r[i])
			}
		}
		out = append(out, strings.TrimSpace(b.String()))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// Join writes values as Parse reads them.
func Join(values ...string) string {
	r := strings.NewReplacer(`\`, `\\`, ",", `\,`)
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = r.Replace(v)
	}
	return strings.Join(out, ",")
}

func badCursor() error {
	var bad fault.Fields
	bad.Add("cursor", "api.list.cursor")
	return bad.Err()
}
