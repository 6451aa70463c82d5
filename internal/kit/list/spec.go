package list

import (
	"slices"
	"strings"

	"vigie/internal/kit/segment"
)

// Kind is what a field holds.
type Kind uint8

// The kinds.
const (
	Text   Kind = iota + 1
	Choice      // text out of Values (any text if Values is empty)
	Time        // microseconds in the database, RFC 3339 outside
	Number      // whole
	Bool
	ID   // UUID
	Date // a day, as text of ISO 8601; empty for none
)

// Field is one column that callers may sort or filter by.
type Field struct {
	Name     string // as callers write it: "created_at"
	Column   string // as SQL has it: "c.created_at"
	Tag      string // db tag of the row's struct, where it is not Column without its alias; only sorting reads it
	Kind     Kind
	Sort     bool
	Filter   bool
	Nullable bool
	Values   []string // of a Choice
	// Lookup is a SELECT of the value of the row whose key is "?", for a column to sort by that rows do not have.
	Lookup string
	// Unindexed says that no index has the order of this field, so that a list sorted by it is read whole.
	Unindexed bool
}

// Spec says how one kind of record is listed.
type Spec struct {
	From    string // "{ci} c", with joins if need be
	Where   string // what always holds; optional, without parameters
	Columns string
	Key     string // unique, never NULL, breaks ties: "c.id"
	KeyTag  string // db tag of the key, where it is not Key without its alias
	KeyKind Kind   // ID unless said otherwise
	Fields  []Field
	Sort    string // default, as callers write it: "-created_at"
	// Search turns q into a condition.
	Search func(q string) (where string, args []any)
	// Extra takes parameters that are no field, such as tag.KEY=VALUE; ok is false for those it does not know.
	Extra func(name string, values []string) (where string, args []any, ok bool, err error)
	// Find gives the finders of a parameter: of q one for each word, of a filter one; none where no index finds its rows.
	Find  func(name string, values []string) []Finder
	Terms *Terms // of the finders that have terms
	// Segment is where conditions meet that are common each; its names are the order of Terms.Sort.
	Segment *segment.Source
	Few     int // up to so many rows found are read and sorted, if not 5,000
	// Pass names parameters that somebody else reads, such as "tab" of a page.
	Pass []string
}

func (s Spec) field(name string) (Field, bool) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return s.Fields[i], true
}

// Words searches for every word of q in any of the columns, without regard to case.
func Words(columns ...string) func(string) (string, []any) {
	return func(q string) (string, []any) {
		var all []string
		var args []any
		for _, word := range strings.Fields(q) {
			any := make([]string, len(columns))
			for i, c := range columns {
				any[i] = "lower(" + c + ") LIKE ? ESCAPE '!'"
				args = append(args, "%"+Literal(word)+"%")
			}
			all = append(all, "("+strings.Join(any, " OR ")+")")
		}
		return strings.Join(all, " AND "), args
	}
}

// Literal makes a text stand for itself within a LIKE pattern with ESCAPE '!', in lower case.
func Literal(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(s))
}

// Param is one parameter of a list, for documentation.
type Param struct {
	Name   string
	Kind   Kind
	Values []string
	Doc    string
}

// Params lists every parameter that Parse understands, those of Extra excepted.
func (s Spec) Params() []Param {
	var sorts []string
	for _, f := range s.Fields {
		if f.Sort {
			sorts = append(sorts, f.Name, "-"+f.Name)
		}
	}
	out := []Param{{Name: "sort", Kind: Choice, Values: sorts, Doc: "Order; - for descending. Default " + s.Sort + "."}}
	if s.Search != nil {
		out = append(out, Param{Name: "q", Kind: Text, Doc: "Words to search for."})
	}
	for _, f := range s.Fields {
		if !f.Filter {
			continue
		}
		out = append(out, Param{f.Name, f.Kind, f.Values, "One of these values, with commas."},
			Param{f.Name + ".not", f.Kind, f.Values, "None of these values."})
		switch f.Kind {
		case Text:
			out = append(out, Param{f.Name + ".contains", Text, nil, "Contains this text, in any case."},
				Param{f.Name + ".prefix", Text, nil, "Begins with this text, in any case."})
		case Time, Number, Date:
			out = append(out, Param{f.Name + ".after", f.Kind, nil, "This or later (>=)."},
				Param{f.Name + ".before", f.Kind, nil, "Earlier than this (<)."})
		}
		if f.Nullable || f.Kind == Text || f.Kind == Choice || f.Kind == Date {
			out = append(out, Param{f.Name + ".empty", Bool, nil, "Whether it has no value."})
		}
	}
	return out
}
