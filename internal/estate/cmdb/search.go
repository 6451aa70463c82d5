package cmdb

import (
	"context"
	"strings"

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

// candidates is how many CIs of one word are looked at, so that a short word in a large estate costs as little as a long one.
const candidates = 2000

// Search finds CIs whose words begin with the words of q, names that begin so first; empty customer stands for all that the actor
// sees. Codes: not_found (customer), forbidden.
func (s *Service) Search(ctx context.Context, a permission.Actor, customer, q string, limit int) (out []Hit, err error) {
	words := strings.Fields(q)
	if len(words) == 0 || len(words) > 10 {
		return nil, a.Require(permission.CIRead)
	}
	err = s.viewOf(ctx, a, permission.CIRead, customer, func(tx *db.Tx) error {
		// The longest word is likely the rarest: it finds, the others only check.
		longest := words[0]
		for _, w := range words {
			if len(w) > len(longest) {
				longest = w
			}
		}
		from, below := wordRange(longest)
		where, args := searchCIs(strings.Join(words, " "))
		args = append([]any{from, below, candidates}, args...)
		args = append(args, strings.ToLower(words[0])+"\U0010FFFF", strings.ToLower(words[0]), limit)
		return tx.Select(ctx, &out, `SELECT c.id, c.name, c.type, c.account, c.region, c.status, c.environment, k.slug AS customer
			FROM (SELECT DISTINCT x.customer_id, x.ci_id FROM (SELECT t.customer_id, t.ci_id FROM {ci_term} t WHERE t.term >= ? AND t.term < ? LIMIT ?) x) y
				JOIN {ci} c ON c.customer_id = y.customer_id AND c.id = y.ci_id JOIN {customer} k ON k.id = c.customer_id
			WHERE `+where+` AND c.status <> 'gone'
			ORDER BY CASE WHEN lower(c.name) < ? AND lower(c.name) >= ? THEN 0 ELSE 1 END, length(c.name), c.name, c.id LIMIT ?`, args...)
	})
	return out, err
}
