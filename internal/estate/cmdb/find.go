package cmdb

import (
	"slices"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/kit/segment"
	"vigie/internal/platform/db"
)

// searchCIs holds for the CIs that have every word of q as the beginning of a word of their name or id, or of a key (an ARN).
func searchCIs(q string) (string, []any) {
	var all []string
	var args []any
	for _, f := range wordFinders(q) {
		all, args = append(all, f.Check), append(args, f.Args...)
	}
	return strings.Join(all, " AND "), args
}

func wordFinders(q string) []list.Finder {
	var out []list.Finder
	for _, word := range strings.Fields(q) {
		out = append(out, wordFinder(word))
	}
	return out
}

func wordFinder(word string) list.Finder {
	term, mark := termOf(word)
	f := termFinder(list.Term{Prefix: term})
	if mark == "" { // no column of the row has it as the term has it
		f.Check, f.Args = `(c.customer_id, c.id) IN (`+f.Rows+`)`, f.RowArgs
		return f
	}
	f.Bits = f.Terms
	f.Check, f.Args = `c.words LIKE ? ESCAPE '!'`, []any{"%" + mark + list.Literal(term[len(termWord):]) + "%"}
	return f
}

// termOf gives the beginning of the terms that a word of a search finds, and the mark of those in the column words.
func termOf(word string) (prefix, mark string) {
	if strings.HasPrefix(word, "arn:") || strings.HasPrefix(word, "dns:") {
		return cut(termKey+word, maxTerm), ""
	}
	word = cut(strings.ToLower(word), maxWord)
	if strings.ContainsFunc(word, separates) {
		return termWhole + word, markWhole
	}
	return termWord + word, markWord
}

// termFinder finds the CIs of any of the terms.
func termFinder(terms ...list.Term) list.Finder {
	some, args := make([]string, len(terms)), []any(nil)
	for i, t := range terms {
		if t.Whole {
			some[i], args = `t.term = ?`, append(args, t.Prefix)
			continue
		}
		from, below := prefixRange(t.Prefix)
		some[i], args = `(t.term >= ? AND t.term < ?)`, append(args, from, below)
	}
	rest := ` t.customer_id, t.ci_id AS id FROM {customer} l CROSS JOIN {ci_term} t WHERE t.customer_id = l.id AND (` + strings.Join(some, " OR ") + `)`
	f := list.Finder{Terms: terms, RowArgs: args, Rows: `SELECT DISTINCT` + rest, Rough: `SELECT` + rest}
	if len(terms) == 1 && terms[0].Whole { // a CI has a term once
		f.Rows, f.Rough = f.Rough, ""
	}
	return f
}

// tagFinder finds the CIs that have the tag with any of the values; * stands for whatever value.
func tagFinder(key string, values []string) list.Finder {
	if !slices.Contains(values, "*") {
		terms := make([]list.Term, len(values))
		for i, v := range values {
			terms[i] = list.Term{Prefix: tagTerm(key, v), Whole: true}
		}
		f := termFinder(terms...)
		// The offset of nothing keeps PostgreSQL from making a join of it, which without statistics compares all with all.
		f.Check = `EXISTS (SELECT 1 FROM {ci_term} t WHERE t.customer_id = c.customer_id AND t.name = c.name AND t.ci_id = c.id
			AND t.term IN (` + db.Marks(len(terms)) + `) LIMIT 1 OFFSET 0)`
		for _, t := range terms {
			f.Args = append(f.Args, t.Prefix)
		}
		f.Bits = f.Terms
		return f
	}
	f := termFinder(list.Term{Prefix: tagTerm(key, "")})
	f.Check, f.Args = `c.tags ->> CAST(? AS TEXT) IS NOT NULL`, []any{key}
	if strings.HasPrefix(key, "$") { // a path rather than a key to SQLite
		f.Check, f.Args = `(c.customer_id, c.id) IN (`+f.Rows+`)`, f.RowArgs
	}
	return f
}

// findCIs gives the finders of a parameter of CISpec.
func findCIs(param string, values []string) []list.Finder {
	if key, ok := strings.CutPrefix(param, "tag."); ok {
		return []list.Finder{tagFinder(key, values)}
	}
	sparse := ""
	switch param {
	case "q":
		return wordFinders(strings.Join(values, " "))
	case "type", "account", "region":
	case "environment", "criticality", "owner":
		sparse = " AND x." + param + " <> ''" // says that the index of what is not empty will do
	case "status":
		if slices.Contains(values, string(Active)) {
			return []list.Finder{{Bits: facetsOf(param, values)}}
		}
		sparse = " AND x.status <> 'active'"
	case "name.contains":
		if hints := segment.Within(values[0]); len(values) == 1 && len(hints) > 0 {
			return []list.Finder{{Hints: hints}}
		}
		return nil
	default:
		if field, ok := strings.CutSuffix(param, ".not"); ok && slices.Contains(segmentOfCIs().Facets, field) {
			return []list.Finder{{Bits: facetsOf(field, values), Not: true}}
		}
		return nil
	}
	in := ` IN (` + db.Marks(len(values)) + `)`
	return []list.Finder{{
		// Not the bare column: a planner would take its index, and sort all that it finds.
		Check: `COALESCE(c.` + param + `, '')` + in, Args: db.Anys(values),
		Rows:    `SELECT x.customer_id, x.id FROM {customer} l CROSS JOIN {ci} x WHERE x.customer_id = l.id AND x.` + param + in + sparse,
		RowArgs: db.Anys(values),
		Bits:    facetsOf(param, values),
	}}
}

// facetsOf are the terms of the values of a column.
func facetsOf(column string, values []string) []list.Term {
	out := make([]list.Term, len(values))
	for i, v := range values {
		out[i] = segment.Facet(column, v)
	}
	return out
}

// notGone leaves out what is gone.
func notGone() list.Finder {
	return list.Finder{Check: "c.status <> 'gone'", Bits: facetsOf("status", []string{string(Gone)}), Not: true}
}
