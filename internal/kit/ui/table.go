package ui

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Column is one column of a list of T. The first column names the row and carries its link.
type Column[T any] struct {
	Key    string // its name in the address: sort=key, cols=key
	Label  string
	Sort   bool // the list can be sorted by it
	Number bool // right-aligned, tabular
	NoWrap bool
	Extra  bool // shown only when the reader chooses it
	Cell   func(T) templ.Component
}

// Row tells the table about one item.
type Row struct {
	ID   string // value of the box in a bulk form
	Href string // page of the item; empty for none
	Name string // what a screen reader says for the box: "select web-1"
}

// ListQuery is what the address says about a list.
type ListQuery struct {
	Search string
	Sort   string // "name", or "-name" for descending
	Cursor string
	Cols   []string // chosen columns; empty is the default set
	Dense  bool
	Values url.Values // everything, for the filters
}

// ParseList reads q, sort, cursor, cols, density and the filters.
func ParseList(r *http.Request, sort string) ListQuery {
	values := r.URL.Query()
	q := ListQuery{
		Search: strings.TrimSpace(values.Get("q")), Sort: values.Get("sort"), Cursor: values.Get("cursor"),
		Cols: values["cols"], Dense: values.Get("density") == "compact", Values: values,
	}
	if q.Sort == "" {
		q.Sort = sort
	}
	return q
}

// List is all about a list except its columns and items.
type List struct {
	ID     string // of the element, unique on the page
	Label  string // what it lists, for the caption and screen readers
	Query  ListQuery
	Total  Total
	Next   string // cursor of the next page; empty at the end
	Prev   string // cursor of the page before; empty at the beginning, or where the room has none
	Search string // words in the search field; empty hides the field
	Filter []Filter
	Bulk   []BulkAction
	Picked []TagPair // hidden fields of the form of Bulk; with them a reader may choose all rows that match as well, as all=true
	Export bool      // offer the same list as CSV and XLSX: this address with format=csv, format=xlsx
	Empty  Empty
	// Failure replaces the rows when the list could not be read: a sentence in the reader's language.
	Failure string
}

// Total counts what the filter found. Over says that there are more than N and nobody counted on.
type Total struct {
	N    int
	Over bool
}

// Filter is one field of the filter menu. Several chosen options of one field mean or; several fields mean and.
type Filter struct {
	Name, Label string
	Options     []Option // empty makes a text field
}

// Option is a choice of a filter or of a select field.
type Option struct {
	Value, Label string
	Count        string // how many, already written; empty for none
}

// BulkAction is a button of the bar that appears when rows are selected: a POST with id= for each of them.
type BulkAction struct {
	Label, Action, Icon string
	Key                 string // letter that presses it; empty for none
	Danger              bool
}

// Table is a list ready to be drawn. Make it with NewTable.
type Table struct {
	List
	head    []heading
	choices []heading
	rows    []line
	now     ListQuery
}

type heading struct {
	key, label             string
	sort, number, on, wrap bool
	extra                  bool
}

type line struct {
	Row
	cells []templ.Component
}

// NewTable draws only the chosen columns: the cells of the others are never made.
func NewTable[T any](list List, columns []Column[T], items []T, row func(T) Row) Table {
	t := Table{List: list, now: list.Query}
	var shown []Column[T]
	// Columns that are there no longer, as a saved view may name them, choose nothing.
	chosen := slices.ContainsFunc(columns, func(c Column[T]) bool { return slices.Contains(list.Query.Cols, c.Key) })
	for i, c := range columns {
		on := i == 0 || !c.Extra
		if chosen {
			on = i == 0 || slices.Contains(list.Query.Cols, c.Key)
		}
		h := heading{key: c.Key, label: c.Label, sort: c.Sort, number: c.Number, on: on, wrap: !c.NoWrap, extra: c.Extra}
		if i > 0 {
			t.choices = append(t.choices, h)
		}
		if on {
			t.head = append(t.head, h)
			shown = append(shown, c)
		}
	}
	for _, item := range items {
		l := line{Row: row(item), cells: make([]templ.Component, len(shown))}
		for i, c := range shown {
			l.cells[i] = c.Cell(item)
		}
		t.rows = append(t.rows, l)
	}
	return t
}

// nextSort is the sort that a click on a heading gives: ascending first, then turned round.
func (t Table) nextSort(key string) string {
	if t.now.Sort == key {
		return "-" + key
	}
	return key
}

// direction is the aria-sort of a heading; empty when the list is not sorted by it.
func (t Table) direction(key string) string {
	switch t.now.Sort {
	case key:
		return "ascending"
	case "-" + key:
		return "descending"
	}
	return ""
}

// standard are the keys of the columns that show when nobody chose any.
func (t Table) standard() string {
	var keys []string
	for _, c := range t.choices {
		if !c.extra {
			keys = append(keys, c.key)
		}
	}
	return strings.Join(keys, " ")
}

type chip struct{ label, value, href string }

// chips are the filters in force, each with the address without it.
func (t Table) chips(p *Page) []chip {
	var chips []chip
	if t.now.Search != "" {
		chips = append(chips, chip{p.T("ui.list.search"), t.now.Search, p.With("q", "")})
	}
	for _, f := range t.Filter {
		for _, v := range t.now.Values[f.Name] {
			if v != "" {
				chips = append(chips, chip{f.Label, f.word(v), p.Without(f.Name, v)})
			}
		}
	}
	return chips
}

func (f Filter) word(value string) string {
	for _, o := range f.Options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

// cleared is the address without search and filters, with sort, columns and customer kept.
func (t Table) cleared(p *Page) string {
	pairs := []string{"q", ""}
	for _, f := range t.Filter {
		pairs = append(pairs, f.Name, "")
	}
	return p.With(pairs...)
}

// kept are the parameters that the filter form does not ask for and must not lose, in order.
func (t Table) kept(p *Page) []TagPair {
	own := []string{"q", "cursor", "cols", "density"}
	for _, f := range t.Filter {
		own = append(own, f.Name)
	}
	var kept []TagPair
	for _, name := range slices.Sorted(maps.Keys(p.Query)) {
		if slices.Contains(own, name) {
			continue
		}
		for _, value := range p.Query[name] {
			kept = append(kept, TagPair{Key: name, Value: value})
		}
	}
	return kept
}

// blank tells that there is nothing at all, rather than nothing that fits: then there is nothing to filter either.
func (t Table) blank() bool {
	return t.Failure == "" && len(t.rows) == 0 && t.now.Cursor == "" && !t.filtered()
}

func (t Table) filtered() bool {
	if t.now.Search != "" {
		return true
	}
	for _, f := range t.Filter {
		if slices.ContainsFunc(t.now.Values[f.Name], func(v string) bool { return v != "" }) {
			return true
		}
	}
	return false
}

// swap are the attributes of a link that changes the list in place; its href does the same without a script. It is
// boosted rather than given hx-get, so that a click with Ctrl still opens another tab.
func swap(href string) templ.Attributes {
	return templ.Attributes{"href": href, "hx-boost": "true", "hx-target": "#main", "hx-swap": "morph:outerHTML"}
}

// turn is a swap to another page of the list, which is read from its top.
func turn(href string) templ.Attributes {
	a := swap(href)
	a["hx-swap"] = "morph:outerHTML show:window:top"
	return a
}

func (t Total) words(p *Page) string {
	if t.Over {
		return p.T("ui.list.over", "count", t.N)
	}
	return p.N("ui.list.total", t.N)
}

// every is the choice of all rows that match, where there are more than the page has.
func (t Table) every(p *Page) string {
	switch {
	case len(t.Picked) == 0 || t.Next == "" && t.now.Cursor == "":
		return ""
	case t.Total.Over:
		return p.T("ui.list.every_over", "count", t.Total.N)
	}
	return p.N("ui.list.every", t.Total.N)
}

func (t Table) columnCount() int {
	n := len(t.head)
	if len(t.Bulk) > 0 {
		n++
	}
	return n
}
