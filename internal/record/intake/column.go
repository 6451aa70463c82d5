package intake

import (
	"slices"
	"strings"
	"unicode"
)

// Column is one column of a file and the field that it is laid on.
type Column struct {
	Heading string `json:"heading"`
	Field   string `json:"field" doc:"Field of the list; empty for a column that is left aside."`
	Sample  string `json:"sample" doc:"The first cell that is not empty, cut."`
	known   bool   // somebody or something knows the column, if only to leave it aside
}

// guesser lays headings on fields.
type guesser struct {
	kind   Kind
	fields []Field
	words  map[string]string // plain word -> field: names, labels in all languages, aliases
}

func newGuesser(k Kind, fields []Field, labels func(key string) []string) guesser {
	g := guesser{k, fields, map[string]string{}}
	add := func(word, field string) {
		if word = plain(word); word != "" && g.words[word] == "" {
			g.words[word] = field
		}
	}
	for _, f := range fields { // own names first: no label takes the name of another field
		add(f.Name, f.Name)
	}
	for _, f := range fields {
		add(f.Title, f.Name)
		if f.Label != "" {
			for _, word := range labels(f.Label) {
				add(word, f.Name)
			}
		}
		for _, word := range f.Aliases {
			add(word, f.Name)
		}
	}
	return g
}

// plain is a word as it is compared: letters and digits only, without accents of French, in lower case.
func plain(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if to := strings.IndexRune(accented, r); to >= 0 {
			r = rune(unaccented[len([]rune(accented[:to]))])
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

const (
	accented   = "àâäáãéèêëíîïóôöõúùûüçñÿ"
	unaccented = "aaaaaeeeeiiioooouuuucny"
)

// lay decides for each heading: what the caller says, what was remembered, the name as it is, a guess by words.
func (g guesser) lay(t table, said, remembered map[string]string) []Column {
	out := make([]Column, len(t.headings))
	for i, h := range t.headings {
		c := Column{Heading: h, Sample: t.sample(i)}
		field, by := said[h]
		if !by {
			field, by = remembered[h]
		}
		switch name := strings.ToLower(h); {
		case by && (field == "" || g.has(field)):
			c.Field, c.known = field, true
		case g.has(h):
			c.Field, c.known = h, true
		case g.has(name):
			c.Field, c.known = name, true
		case slices.Contains(g.kind.Aside, name):
			c.known = true
		case g.words[plain(h)] != "":
			c.Field, c.known = g.words[plain(h)], true
		}
		out[i] = c
	}
	return out
}

// has tells whether a field can be named so.
func (g guesser) has(name string) bool {
	if slices.ContainsFunc(g.fields, func(f Field) bool { return f.Name == name }) {
		return true
	}
	return slices.ContainsFunc(g.kind.Prefixes, func(p string) bool { return strings.HasPrefix(name, p) && len(name) > len(p) })
}

// check notes what is wrong with the head: a column that nobody knows, two columns of one field, a column that is needed.
func (g guesser) check(columns []Column, s *Sheet) (ok bool) {
	seen, before := map[string]bool{}, len(s.problems)
	for _, c := range columns {
		switch {
		case !c.known && c.Heading == "" && c.Sample == "":
			// A delimiter too many makes no column.
		case !c.known:
			s.Bad(1, c.Heading, "intake.fault.unknown_column")
		case c.Field != "" && seen[c.Field]:
			s.Bad(1, c.Field, "intake.fault.twice")
		}
		seen[c.Field] = true
	}
	for _, f := range g.fields {
		if f.Required && !seen[f.Name] {
			s.Bad(1, f.Name, "intake.fault.missing_column")
		}
	}
	return len(s.problems) == before
}
