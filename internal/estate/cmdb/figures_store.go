package cmdb

import (
	"context"
	"sync"
	"time"

	"vigie/internal/platform/db"
)

// figures keeps what was counted last of each customer. Counting reads every CI; whether anything happened since is told by the
// newest change, which is one step into an index. Another process rebuilds them for itself.
type figures struct {
	mu sync.Mutex
	of map[string]counted
}

// counted is one customer in numbers.
type counted struct {
	mark     mark
	at       time.Time
	accuracy Accuracy // its CustomerID is empty where there is no CI
	counts   []Count
}

// mark is where a customer's CMDB stood.
type mark struct {
	ID      string  `db:"id"`
	Updated int64   `db:"updated"`
	Change  db.Null `db:"change"`
}

// countedFor is how long figures are believed without a change: resolved relations and dates of looks leave no change.
const countedFor = time.Minute

// read gives the figures of every customer in the scope, by slug.
func (f *figures) read(ctx context.Context, tx *db.Tx) ([]counted, error) {
	var marks []mark
	err := tx.Select(ctx, &marks, `SELECT k.id, COALESCE((SELECT MAX(c.updated_at) FROM {ci} c WHERE c.customer_id = k.id), 0) AS updated,
		(SELECT h.id FROM {ci_change} h WHERE h.customer_id = k.id ORDER BY h.id DESC LIMIT 1) AS change FROM {customer} k ORDER BY k.slug`)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock() // held while counting: of several who ask at once, one counts
	var old []string
	for _, m := range marks {
		c, ok := f.of[m.ID]
		if age := tx.Now().Sub(c.at); !ok || c.mark != m || age < 0 || age >= countedFor {
			old = append(old, m.ID)
		}
	}
	if len(old) > 0 {
		if err := f.count(ctx, tx, old); err != nil {
			return nil, err
		}
	}
	out := make([]counted, 0, len(marks))
	for _, m := range marks {
		c := f.of[m.ID]
		c.mark = m
		f.of[m.ID] = c
		out = append(out, c)
	}
	return out, nil
}

// count counts some customers anew.
func (f *figures) count(ctx context.Context, tx *db.Tx, customers []string) error {
	if f.of == nil {
		f.of = map[string]counted{}
	}
	accuracies, err := accuracy(ctx, tx, customers)
	if err != nil {
		return err
	}
	in, p := db.IDs(tx, "c.customer_id", customers)
	var counts []Count
	if err := tx.Select(ctx, &counts, `SELECT c.customer_id, c.type, c.account, c.region, c.environment, c.status, COUNT(*) AS cis FROM {ci} c
		WHERE `+in+` GROUP BY c.customer_id, c.account, c.region, c.type, c.status, c.environment`, p); err != nil {
		return err
	}
	fresh := map[string]counted{}
	for _, a := range accuracies {
		fresh[a.CustomerID] = counted{accuracy: a}
	}
	for _, n := range counts {
		c := fresh[n.CustomerID]
		c.counts = append(c.counts, n)
		fresh[n.CustomerID] = c
	}
	for _, id := range customers {
		c := fresh[id]
		c.at = tx.Now().Time
		f.of[id] = c
	}
	return nil
}

// forget makes the figures of a customer be counted again: what is deleted leaves no change behind.
func (f *figures) forget(customer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, customer)
}

func accuracy(ctx context.Context, tx *db.Tx, customers []string) ([]Accuracy, error) {
	in, p := db.IDs(tx, "c.customer_id", customers)
	var out []Accuracy
	err := tx.Select(ctx, &out, `SELECT k.id AS customer_id, k.slug AS customer,
			SUM(CASE WHEN c.status <> 'gone' THEN 1 ELSE 0 END) AS total,
			SUM(CASE WHEN c.source = 'discovered' AND c.status <> 'gone' THEN 1 ELSE 0 END) AS discovered,
			SUM(CASE WHEN c.source = 'discovered' AND c.status = 'active' THEN 1 ELSE 0 END) AS verified,
			SUM(CASE WHEN c.status = 'stale' THEN 1 ELSE 0 END) AS stale,
			SUM(CASE WHEN c.status = 'gone' THEN 1 ELSE 0 END) AS gone,
			SUM(CASE WHEN c.status <> 'gone' AND c.owner = '' THEN 1 ELSE 0 END) AS without_owner,
			SUM(CASE WHEN c.status <> 'gone' AND c.workload_id IS NULL THEN 1 ELSE 0 END) AS without_workload,
			SUM(CASE WHEN c.status <> 'gone' AND NOT EXISTS (SELECT 1 FROM {relation} f WHERE f.customer_id = c.customer_id AND f.from_id = c.id)
				AND NOT EXISTS (SELECT 1 FROM {relation} t WHERE t.customer_id = c.customer_id AND t.to_id = c.id) THEN 1 ELSE 0 END) AS orphaned,
			MAX(CASE WHEN c.source = 'discovered' THEN c.last_seen END) AS last_seen
		FROM {ci} c JOIN {customer} k ON k.id = c.customer_id WHERE `+in+` GROUP BY k.id, k.slug ORDER BY k.slug`, p)
	for i := range out {
		out[i].VerifiedShare = share(out[i].Verified, out[i].Discovered)
	}
	return out, err
}
