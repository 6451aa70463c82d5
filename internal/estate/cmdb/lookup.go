package cmdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/platform/db"
)

// Named is a CI that answers to a name.
type Named struct {
	Name       string `db:"-"` // by which it was asked for
	Term       string `db:"term"`
	ID         string `db:"id"`
	Type       string `db:"type"`
	ExternalID string `db:"external_id"`
	ARN        string `db:"arn"`
	Account    string `db:"account"`
	Region     string `db:"region"`
}

// namesAtOnce is how many names one statement asks for.
const namesAtOnce = 500

// Lookup gives the CIs of the transaction's customer that answer to these names, each an ARN or a whole external id; CIs that are gone do not. The
// number of statements grows with hundreds of names, never with single ones.
func Lookup(ctx context.Context, tx *db.Tx, names []string) ([]Named, error) {
	byTerm := map[string][]string{}
	for _, name := range names {
		for _, term := range lookupTerms(name) {
			if !slices.Contains(byTerm[term], name) {
				byTerm[term] = append(byTerm[term], name)
			}
		}
	}
	all := make([]string, 0, len(byTerm))
	for term := range byTerm {
		all = append(all, term)
	}
	slices.Sort(all)
	var out []Named
	for some := range slices.Chunk(all, namesAtOnce) {
		var rows []Named
		// Words are of names too: what bears an id as its name only is left out here.
		if err := tx.Select(ctx, &rows, `SELECT t.term, c.id, c.type, c.external_id, c.arn, c.account, c.region FROM {ci_term} t JOIN {ci} c ON c.customer_id = t.customer_id AND c.id = t.ci_id
			WHERE t.term IN (`+db.Marks(len(some))+`) AND c.status <> 'gone' AND (t.term LIKE 'k:%' OR lower(c.external_id) = substr(t.term, 3))`, db.Anys(some)...); err != nil {
			return nil, fmt.Errorf("look CIs up by name: %w", err)
		}
		for _, r := range rows {
			for _, name := range byTerm[r.Term] {
				r.Name = name
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// lookupTerms are the terms under which a CI of this name would be found.
func lookupTerms(name string) []string {
	if name == "" {
		return nil
	}
	if strings.HasPrefix(name, "arn:") {
		return []string{keyTerm(name)}
	}
	words, wholes := wordsOf(name)
	if len(wholes) > 0 {
		return []string{termWhole + wholes[0]}
	}
	if len(words) > 0 {
		return []string{termWord + words[0]}
	}
	return nil
}
