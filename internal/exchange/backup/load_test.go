package backup_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/exchange/backup"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// ledger is a load whose every commit can be told from the rows: commit n raises the first customer's version to n, adds a contact
// called n to some customer and removes the oldest, in one transaction.
type ledger struct {
	db        *db.DB
	customers []string
}

type contactRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Name       string  `db:"name"`
	Email      string  `db:"email"`
	Phone      string  `db:"phone"`
	Job        string  `db:"job"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	UpdatedAt  db.Time `db:"updated_at"`
}

// kept is how many entries stay: the load may be as hard as it likes without making what is restored any larger.
const kept = 200

func newLedger(t *testing.T, d *db.DB) *ledger {
	l := &ledger{db: d}
	for i := range 4 {
		c, err := customer.NewService(d).CreateCustomer(t.Context(), operator(), customer.NewCustomer{Slug: fmt.Sprint("c", i), Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		l.customers = append(l.customers, c.ID)
	}
	return l
}

func (l *ledger) commit(ctx context.Context, writer int) error {
	return l.db.Across(ctx, "test: a load over several customers", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE {customer} SET version = version + 1 WHERE id = ?`, l.customers[0]); err != nil {
			return err
		}
		var n int64
		if err := tx.Get(ctx, &n, `SELECT version FROM {customer} WHERE id = ?`, l.customers[0]); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {contact} WHERE customer_id IN (?, ?, ?, ?) AND name = ?`,
			l.customers[0], l.customers[1], l.customers[2], l.customers[3], fmt.Sprint(n-kept)); err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "contact", contactRow{CustomerID: l.customers[writer], ID: id.New(), Name: fmt.Sprint(n), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, "")
		return err
	})
}

// atCommit tells which commit a database stands at, or that it stands between two.
func (l *ledger) atCommit(t *testing.T, d *db.DB) int64 {
	t.Helper()
	var n int64
	var names []int64
	err := d.AcrossFrozen(t.Context(), "test: the ledger", func(tx *db.Tx) error {
		if err := tx.Get(t.Context(), &n, `SELECT version FROM {customer} WHERE id = ?`, l.customers[0]); err != nil {
			return err
		}
		return tx.Select(t.Context(), &names, `SELECT CAST(name AS BIGINT) AS n FROM {contact} ORDER BY n`)
	})
	if err != nil {
		t.Fatal(err)
	}
	first := max(2, n-kept+1) // the first commit makes version 2
	if int64(len(names)) != n-first+1 {
		t.Fatalf("the ledger stands at %d and has %d entries", n, len(names))
	}
	for i, name := range names {
		if name != first+int64(i) {
			t.Fatalf("entry %d of the ledger is %d", i, name)
		}
	}
	return n
}

// Fifty backups are made while four writers go on; each, restored, is exactly some commit, and never an earlier one than the backup
// before it.
func TestFiftyRestoresUnderLoad(t *testing.T) {
	t.Parallel()
	for from, source := range engines {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			d := source(t)
			l := newLedger(t, d)
			ctx, stop := context.WithCancel(t.Context())
			var writers sync.WaitGroup
			for w := range l.customers {
				writers.Go(func() {
					for ctx.Err() == nil {
						if err := l.commit(context.WithoutCancel(ctx), w); err != nil && !fault.Is(err, fault.Unavailable) {
							t.Error(err)
							return
						}
					}
				})
			}
			dir := t.TempDir()
			for i := range 50 {
				if _, err := backup.Write(t.Context(), backup.Instance{DB: d}, filepath.Join(dir, fmt.Sprint(i)), quiet); err != nil {
					t.Fatal(err)
				}
			}
			stop()
			writers.Wait()
			last, moved := int64(0), 0
			for i := range 50 {
				s, err := backup.Open(t.Context(), filepath.Join(dir, fmt.Sprint(i)))
				if err != nil {
					t.Fatal(err)
				}
				to := "sqlite"
				if i%5 == 0 {
					to = "postgres"
				}
				fresh := engines[to](t)
				if err := s.Load(t.Context(), backup.Instance{DB: fresh}, quiet); err != nil {
					t.Fatal(err)
				}
				n := l.atCommit(t, fresh)
				if n < last {
					t.Errorf("backup %d stands at commit %d, the one before at %d", i, n, last)
				}
				if n > last {
					moved++
				}
				last = n
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			if moved < 10 {
				t.Errorf("only %d of 50 backups differ: there was no load to speak of", moved)
			}
			t.Logf("50 backups up to commit %d, %d of them different", last, moved)
		})
	}
}
