package cmdb

import (
	"context"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Hit is a CI that the palette found.
type Hit struct {
	ID          string `db:"id"`
	Name        string `db:"name"`
	Type        string `db:"type"`
	Account     string `db:"account"`
	Region      string `db:"region"`
	Status      Status `db:"status"`
	Environment string `db:"environment"`
	Customer    string `db:"customer"`
}

// candidates is how many terms of one word are looked at, so that a short word in a large estate costs as little as a long one.
const candidates = 500

// Search finds CIs whose words begin with the words of q, names that begin so first; empty customer stands for all that the actor
// sees. Codes: not_found (customer), forbidden.
func (s *Service) Search(ctx context.Context, a permission.Actor, customer, q string, limit int) (out []Hit, err error) {
	words := strings.Fields(strings.ToLower(q))
	if len(words) == 0 || len(words) > 10 {
		return nil, a.Require(permission.CIRead)
	}
	// The longest word is likely the rarest: it finds, the others only check.
	finder := 0
	for i, w := range words {
		if len(w) > len(words[finder]) {
			finder = i
		}
	}
	prefix, _ := termOf(strings.Fields(q)[finder])
	from, below := prefixRange(prefix)
	args := []any{from, below, candidates}
	where := ""
	for i, w := range words {
		if i != finder {
			where += ` AND (lower(c.name) LIKE ? ESCAPE '!' OR lower(c.external_id) LIKE ? ESCAPE '!')`
			pattern := "%" + list.Literal(w) + "%"
			args = append(args, pattern, pattern)
		}
	}
	args = append(args, list.Literal(words[0])+"%", limit)
	err = s.viewOf(ctx, a, permission.CIRead, customer, func(tx *db.Tx) error {
		return tx.Select(ctx, &out, `SELECT c.id, c.name, c.type, c.account, c.region, c.status, c.environment, k.slug AS customer
			FROM (SELECT DISTINCT x.customer_id, x.ci_id FROM (SELECT t.customer_id, t.ci_id FROM {customer} l CROSS JOIN {ci_term} t
				WHERE t.customer_id = l.id AND t.term >= ? AND t.term < ? LIMIT ?) x) y
				CROSS JOIN {ci} c JOIN {customer} k ON k.id = c.customer_id
			WHERE c.customer_id = y.customer_id AND c.id = y.ci_id AND c.status <> 'gone'`+where+`
			ORDER BY CASE WHEN lower(c.name) LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, length(c.name), c.name, c.id LIMIT ?`, args...)
	})
	return out, err
}
