package cmdb

import (
	"context"
	"errors"
	"sync"
	"time"

	"vigie/internal/platform/db"
)

// figures keeps what was counted last of each customer. Counting reads every CI; whether anything happened since is told by the
// newest change, which is one step into an index. Of a large estate a tick counts, and all processes read what it found: nobody waits
// for seconds at a page, and the figures are some minutes old at most.
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
	Kept    int64   `db:"kept"` // when a tick counted, in microseconds; 0 where none does
}

// keptFigures is the row of a customer whose figures a tick counts.
type keptFigures struct {
	CustomerID string            `db:"customer_id"`
	At         int64             `db:"at"` // microseconds
	Updated    int64             `db:"updated"`
	Change     db.Null           `db:"change_id"`
	Accuracy   db.JSON[Accuracy] `db:"accuracy"`
	Counts     db.JSON[[]Count]  `db:"counts"`
}

const (
	// countedFor is how long figures are believed without a change: resolved relations and dates of looks leave no change.
	countedFor = time.Minute
	// largeEstate is from how many CIs on a tick counts, and keptFor how long that is believed without a change.
	largeEstate = 50_000
	keptFor     = 10 * time.Minute
)

// marks gives where each customer of the scope stands, by slug.
func marks(ctx context.Context, tx *db.Tx) (out []mark, err error) {
	err = tx.Select(ctx, &out, `SELECT k.id, COALESCE((SELECT MAX(c.updated_at) FROM {ci} c WHERE c.customer_id = k.id), 0) AS updated,
		(SELECT h.id FROM {ci_change} h WHERE h.customer_id = k.id ORDER BY h.id DESC LIMIT 1) AS change,
		COALESCE((SELECT g.at FROM {ci_figures} g JOIN {segment} s ON s.customer_id = g.customer_id AND s.list = ? AND s.records >= ? WHERE g.customer_id = k.id), 0) AS kept
		FROM {customer} k ORDER BY k.slug`, CISpec.Segment.List, largeEstate)
	return out, err
}

// read gives the figures of every customer in the scope, by slug.
func (f *figures) read(ctx context.Context, tx *db.Tx) ([]counted, error) {
	marks, err := marks(ctx, tx)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock() // held while counting: of several who ask at once, one counts
	var old, kept []string
	for _, m := range marks {
		c, ok := f.of[m.ID]
		age := tx.Now().Sub(c.at)
		switch {
		case m.Kept > 0 && c.mark.Kept != m.Kept:
			kept = append(kept, m.ID)
		case m.Kept == 0 && (!ok || c.mark != m || age < 0 || age >= countedFor):
			old = append(old, m.ID)
		}
	}
	if err := f.load(ctx, tx, kept); err != nil {
		return nil, err
	}
	if err := f.count(ctx, tx, old); err != nil {
		return nil, err
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

// load reads what a tick has counted.
func (f *figures) load(ctx context.Context, tx *db.Tx, customers []string) error {
	if len(customers) == 0 {
		return nil
	}
	in, p := db.IDs(tx, "g.customer_id", customers)
	var rows []keptFigures
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[keptFigures]("g.")+` FROM {ci_figures} g WHERE `+in, p); err != nil {
		return err
	}
	for _, r := range rows {
		c := counted{at: time.UnixMicro(r.At), accuracy: r.Accuracy.V, counts: r.Counts.V}
		c.accuracy.CustomerID = r.CustomerID
		for i := range c.counts {
			c.counts[i].CustomerID = r.CustomerID
		}
		f.put(r.CustomerID, c)
	}
	return nil
}

func (f *figures) put(customer string, c counted) {
	if f.of == nil {
		f.of = map[string]counted{}
	}
	f.of[customer] = c
}

// count counts some customers anew.
func (f *figures) count(ctx context.Context, tx *db.Tx, customers []string) error {
	if len(customers) == 0 {
		return nil
	}
	fresh, err := count(ctx, tx, customers)
	for _, id := range customers {
		if err == nil {
			f.put(id, fresh[id])
		}
	}
	return err
}

func count(ctx context.Context, tx *db.Tx, customers []string) (map[string]counted, error) {
	accuracies, err := accuracy(ctx, tx, customers)
	if err != nil {
		return nil, err
	}
	in, p := db.IDs(tx, "c.customer_id", customers)
	var counts []Count
	if err := tx.Select(ctx, &counts, `SELECT c.customer_id, c.type, c.account, c.region, c.environment, c.status, COUNT(*) AS cis FROM {ci} c
		WHERE `+in+` GROUP BY c.customer_id, c.account, c.region, c.type, c.status, c.environment`, p); err != nil {
		return nil, err
	}
	out := map[string]counted{}
	for _, id := range customers {
		out[id] = counted{at: tx.Now().Time}
	}
	for _, a := range accuracies {
		c := out[a.CustomerID]
		c.accuracy = a
		out[a.CustomerID] = c
	}
	for _, n := range counts {
		c := out[n.CustomerID]
		c.counts = append(c.counts, n)
		out[n.CustomerID] = c
	}
	return out, nil
}

// KeepFigures counts the large estates in which something has changed, for the pages of all processes. A tick calls it.
func (s *Service) KeepFigures(ctx context.Context) error {
	var large []string
	err := s.db.Across(ctx, "which large estates have changed since they were counted", func(tx *db.Tx) error {
		return tx.Select(ctx, &large, `SELECT s.customer_id FROM {segment} s WHERE s.list = ? AND s.records >= ?`, CISpec.Segment.List, largeEstate)
	})
	for _, customer := range large {
		err = errors.Join(err, s.keepFigures(ctx, db.Grant(customer), customer))
	}
	return err
}

func (s *Service) keepFigures(ctx context.Context, scope db.Scope, customer string) error {
	var row *keptFigures
	err := s.db.View(ctx, scope, func(tx *db.Tx) error {
		now, err := marks(ctx, tx)
		if err != nil || len(now) == 0 {
			return err
		}
		var kept []keptFigures
		if err := tx.Select(ctx, &kept, `SELECT `+db.Columns[keptFigures]("g.")+` FROM {ci_figures} g`); err != nil {
			return err
		}
		m := now[0]
		if len(kept) == 1 && kept[0].Updated == m.Updated && kept[0].Change == m.Change && tx.Now().Sub(time.UnixMicro(kept[0].At)) < keptFor {
			return nil
		}
		all, err := count(ctx, tx, []string{customer})
		if err != nil {
			return err
		}
		row = &keptFigures{At: tx.Now().UnixMicro(), Updated: m.Updated, Change: m.Change}
		row.Accuracy.V, row.Counts.V = all[customer].accuracy, all[customer].counts
		return nil
	})
	if err != nil || row == nil {
		return err
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		_, err := tx.Insert(ctx, "ci_figures", row, `(customer_id) DO UPDATE SET at = excluded.at, updated = excluded.updated, change_id = excluded.change_id,
			accuracy = excluded.accuracy, counts = excluded.counts`)
		return err
	})
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
