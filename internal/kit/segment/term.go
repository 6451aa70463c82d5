package segment

import (
	"cmp"
	"iter"
	"strings"
)

// Source is a list of which segments are built: rows of Table with an id, a name and facets, and their terms in the table Terms with
// the key (customer_id, term, name, Of).
type Source struct {
	List   string   // "ci", as the triggers of the table write it
	Table  string   // "ci"
	Facets []string // columns that are asked for by whole values
	Terms  string   // "ci_term"
	Of     string   // the column of Terms that names the row: "ci_id"
	// Prefixes begin the terms that are asked for by their beginnings; Wholes those asked for whole. Two bytes each.
	Prefixes, Wholes []string
	Orders           []Order
	// Piece is how many rows a piece of an order has, if not 1,024, some 20 kB; Span how many pieces have a bitmap of all their rows, if not
	// 64: what lies between two moments is put together of those, and of some pieces at its ends.
	Piece, Span int
}

func (s Source) piece() int { return cmp.Or(s.Piece, 1024) }

func (s Source) span() int { return cmp.Or(s.Span, 64) }

// Facet is the term of rows with this value in this column; the empty value is one.
func Facet(column, value string) Term { return Term{Prefix: "f:" + column + "=" + value, Whole: true} }

// partOf begins the terms of three characters that stand within a name, in lower case.
const partOf = "3:"

// Within gives terms that all rows have whose names contain the text in any case; none for a text of less than three characters.
func Within(text string) (out []Term) {
	for part := range parts(text) {
		if out = append(out, Term{Prefix: part, Whole: true}); len(out) == mostParts {
			break
		}
	}
	return out
}

// mostParts of a text are enough to find it.
const mostParts = 12

// parts gives the terms of three characters of a text; one may come twice.
func parts(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var at [4]int // where the last characters began
		n := 0
		text = strings.ToLower(text)
		for i := range text {
			if at[0], at[1], at[2], at[3] = at[1], at[2], at[3], i; n >= 3 && !yield(partOf+text[at[0]:i]) {
				return
			}
			n++
		}
		if n >= 3 {
			yield(partOf + text[at[1]:])
		}
	}
}

// Term is a range of terms: all that begin with Prefix, or that one alone.
type Term struct {
	Prefix string
	Whole  bool
}

// Below bounds the terms that begin with the prefix, in the byte order that both engines use for them.
func (t Term) Below() string { return t.Prefix + "\U0010FFFF" }
