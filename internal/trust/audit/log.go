package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"vigie/internal/platform/db"
	"vigie/internal/platform/seal"
)

// Parts are what a Log stands on.
type Parts struct {
	DB      *db.DB
	Secrets *seal.Box
	// Places are where checkpoints are written besides the database, in which whoever holds it could change them.
	Places []Place
	// Every is how long a change may wait for a checkpoint; zero is an hour.
	Every time.Duration
}

// Log is the tamper-evident form of the trail; see doc.go.
type Log struct {
	db      *db.DB
	secrets *seal.Box
	places  []Place
	every   time.Duration

	mu  sync.Mutex
	key *signer // once it has been opened
}

// NewLog makes the log over the database.
func NewLog(p Parts) *Log {
	l := &Log{db: p.DB, secrets: p.Secrets, places: p.Places, every: p.Every}
	if l.every == 0 {
		l.every = time.Hour
	}
	return l
}

// batch is how many entries get their numbers in one transaction.
const batch = 500

// Sequence gives every committed entry its number, and tells how many got one. Several servers may call it at once: they wait
// for one another at the head of the log.
func (l *Log) Sequence(ctx context.Context) (total int, err error) {
	for {
		n := 0
		err := l.db.Across(ctx, "one log over the entries of all customers", func(tx *db.Tx) (err error) {
			n, err = sequence(ctx, tx)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("sequence the audit log: %w", err)
		}
		if total += n; n < batch {
			return total, nil
		}
	}
}

// sequence numbers one batch. The order is that of the ids among those that are there, no more: what counts is that each
// gets exactly one number, and that a number once given stays.
func sequence(ctx context.Context, tx *db.Tx) (int, error) {
	size, err := lockHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	rows, err := tx.Rows(ctx, `SELECT CAST(p.entry_id AS TEXT), CAST(p.of_customer AS TEXT), `+selected+`
		FROM {audit_pending} p JOIN {audit_entry} e ON e.id = p.entry_id AND e.customer_id = p.of_customer ORDER BY p.entry_id LIMIT ?`, batch)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var leaves []Leaf
	for rows.Next() {
		leaf := Leaf{Seq: size + int64(len(leaves))}
		text, err := scanEntry(rows, &leaf.Entry, &leaf.Customer)
		if err != nil {
			return 0, err
		}
		leaf.Digest = digestOf(text)
		leaves = append(leaves, leaf)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(leaves) == 0 {
		return 0, err
	}
	if err := grow(ctx, tx, size, leaves); err != nil {
		return 0, err
	}
	ids := make([]string, len(leaves))
	for i, leaf := range leaves {
		ids[i] = leaf.Entry
	}
	if _, err := tx.Exec(ctx, `DELETE FROM {audit_pending} WHERE entry_id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `UPDATE {audit_log} SET size = ? WHERE id = 1`, size+int64(len(leaves)))
	return len(leaves), err
}

// head is the one row that says how many entries have a number.
type head struct {
	ID   int64 `db:"id"`
	Size int64 `db:"size"`
}

// lockHead waits until nobody else numbers entries, and tells how many there are.
func lockHead(ctx context.Context, tx *db.Tx) (size int64, err error) {
	// The first who comes makes the row; a new database holds none, as a backup is restored into it.
	if _, err := tx.Insert(ctx, "audit_log", head{ID: 1}, "(id) DO NOTHING"); err != nil {
		return 0, err
	}
	err = tx.Get(ctx, &size, `SELECT size FROM {audit_log} WHERE id = 1`+tx.ForUpdate())
	return size, err
}

type scanner interface{ Scan(...any) error }

// scanEntry reads what is given, then the selected columns of an entry, and gives its canonical text; nil where there is no entry.
func scanEntry(rows scanner, before ...any) ([]byte, error) {
	values, into := make([]any, len(columns)), before
	for i := range values {
		into = append(into, &values[i])
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	if values[0] == nil {
		return nil, nil
	}
	return canonical(values), nil
}

type hashRow struct {
	Index int64  `db:"idx"`
	Hash  string `db:"hash"`
}

// grow adds leaves and their hashes to a log of the size.
func grow(ctx context.Context, tx *db.Tx, size int64, leaves []Leaf) error {
	f, err := readFrontier(ctx, tx, size)
	if err != nil {
		return err
	}
	var hashes []hashRow
	next := tlog.StoredHashCount(size)
	for _, leaf := range leaves {
		for _, h := range f.add(leaf.Hash()) {
			hashes = append(hashes, hashRow{next, hex.EncodeToString(h[:])})
			next++
		}
	}
	if _, err := tx.Insert(ctx, "audit_leaf", leaves, ""); err != nil {
		return err
	}
	_, err = tx.Insert(ctx, "audit_hash", hashes, "")
	return err
}

func readFrontier(ctx context.Context, tx *db.Tx, size int64) (*frontier, error) {
	f := &frontier{size: size}
	levels, indexes := edge(size)
	hashes, err := reader(ctx, tx).ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	for i, level := range levels {
		f.nodes[level] = hashes[i]
	}
	return f, nil
}

// reader gives stored hashes to tlog.
func reader(ctx context.Context, tx *db.Tx) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var rows []hashRow
		if err := tx.Select(ctx, &rows, `SELECT idx, hash FROM {audit_hash} WHERE idx IN (`+db.Marks(len(indexes))+`)`, db.Anys(indexes)...); err != nil {
			return nil, err
		}
		found := map[int64]string{}
		for _, r := range rows {
			found[r.Index] = r.Hash
		}
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			h, err := parseHash(found[index])
			if err != nil {
				return nil, fmt.Errorf("the stored hash %d of the audit log is missing or broken; run vigie audit verify", index)
			}
			out[i] = h
		}
		return out, nil
	})
}

func parseHash(s string) (h tlog.Hash, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) || s != hex.EncodeToString(b) {
		return h, fmt.Errorf("%q is no hash", s)
	}
	copy(h[:], b)
	return h, nil
}

// rootAt is the root of the log when it had this size, by the stored hashes.
func rootAt(ctx context.Context, tx *db.Tx, size int64) (tlog.Hash, error) {
	f, err := readFrontier(ctx, tx, size)
	if err != nil {
		return tlog.Hash{}, err
	}
	return f.root(), nil
}
