package audit

import (
	"context"
	"strings"

	"vigie/internal/platform/db"
)

// Verify numbers what waits, recomputes the whole log and holds it to every checkpoint: those in the database, and those that were kept
// elsewhere. keys are the public keys to trust; empty are those that the database names, which is no proof against who holds
// it. Faults: invalid (a checkpoint or key cannot be read, or a kept checkpoint is not signed by the key).
func (l *Log) Verify(ctx context.Context, keys string, kept []Kept) (Report, error) {
	if _, err := l.Sequence(ctx); err != nil {
		return Report{}, err
	}
	var stored []checkpointRow
	err := l.db.View(ctx, db.Grant(), func(tx *db.Tx) error {
		if strings.TrimSpace(keys) == "" {
			texts, err := publicKeys(ctx, tx)
			if err != nil {
				return err
			}
			keys = strings.Join(texts, "\n")
		}
		return tx.Select(ctx, &stored, `SELECT `+db.Columns[checkpointRow]("")+` FROM {audit_checkpoint} ORDER BY size`)
	})
	if err != nil {
		return Report{}, err
	}
	verifiers, err := Keys(keys)
	if err != nil && (len(stored) > 0 || len(kept) > 0) {
		return Report{}, err
	}
	return verify(ctx, database{l.db}, verifiers, stored, kept)
}

// database reads the log from the database, each page in a transaction of its own: the log only grows, and a verification may take
// long.
type database struct{ db *db.DB }

func (s database) view(ctx context.Context, f func(*db.Tx) error) error {
	return s.db.View(ctx, db.GrantAll(), f)
}

// lines implements source.
func (s database) lines(ctx context.Context, from int64, limit int) (out []line, err error) {
	err = s.view(ctx, func(tx *db.Tx) error {
		rows, err := tx.Rows(ctx, `SELECT l.seq, CAST(l.of_customer AS TEXT), CAST(l.entry_id AS TEXT), l.digest, `+selected+`
			FROM (SELECT seq, of_customer, entry_id, digest FROM {audit_leaf} WHERE seq >= ? ORDER BY seq LIMIT ?) l
			LEFT JOIN {audit_entry} e ON e.customer_id = l.of_customer AND e.id = l.entry_id ORDER BY l.seq`, from, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l line
			if l.text, err = scanEntry(rows, &l.Seq, &l.Customer, &l.Entry, &l.Digest); err != nil {
				return err
			}
			out = append(out, l)
		}
		return rows.Err()
	})
	return out, err
}

// hashes implements source.
func (s database) hashes(ctx context.Context, from, to int64) (out []hashRow, err error) {
	err = s.view(ctx, func(tx *db.Tx) error {
		return tx.Select(ctx, &out, `SELECT idx, hash FROM {audit_hash} WHERE idx >= ? AND idx < ? ORDER BY idx`, from, to)
	})
	return out, err
}

// strays implements source, in one statement each: an entry that gets its number in between is seen on one side or the other.
func (s database) strays(ctx context.Context) (unnumbered, lost []pending, waiting int64, err error) {
	err = s.view(ctx, func(tx *db.Tx) error {
		if err := tx.Select(ctx, &unnumbered, `SELECT CAST(e.id AS TEXT) AS entry_id, CAST(e.customer_id AS TEXT) AS of_customer FROM {audit_entry} e
			WHERE NOT EXISTS (SELECT 1 FROM {audit_leaf} l WHERE l.entry_id = e.id AND l.of_customer = e.customer_id)
			AND NOT EXISTS (SELECT 1 FROM {audit_pending} p WHERE p.entry_id = e.id AND p.of_customer = e.customer_id) ORDER BY e.id LIMIT ?`, mostProblems); err != nil {
			return err
		}
		if err := tx.Select(ctx, &lost, `SELECT CAST(p.entry_id AS TEXT) AS entry_id, CAST(p.of_customer AS TEXT) AS of_customer FROM {audit_pending} p
			WHERE NOT EXISTS (SELECT 1 FROM {audit_entry} e WHERE e.id = p.entry_id AND e.customer_id = p.of_customer) ORDER BY p.entry_id LIMIT ?`, mostProblems); err != nil {
			return err
		}
		return tx.Get(ctx, &waiting, `SELECT COUNT(*) FROM {audit_pending}`)
	})
	return unnumbered, lost, waiting - int64(len(lost)), err
}
