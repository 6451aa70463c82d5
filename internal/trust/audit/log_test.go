package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

var someone = permission.Actor{ID: "0190aaaa-0000-7000-8000-00000000000a", Name: "Ada", Kind: permission.Person, Via: "session", Address: "192.0.2.1"}

// write adds an entry of a customer, or of the instance where it is empty.
func write(t testing.TB, d *db.DB, customer, name string, after any) string {
	t.Helper()
	ctx := t.Context()
	entry := ""
	in := func(tx *db.Tx) error {
		if err := audit.Write(ctx, tx, someone, "update", audit.Record{Type: "contact", ID: id.New(), Name: name}, map[string]any{"n": 1.5, "text": "é <&>"}, after); err != nil {
			return err
		}
		return tx.Get(ctx, &entry, `SELECT CAST(id AS TEXT) FROM {audit_entry} ORDER BY id DESC LIMIT 1`)
	}
	var err error
	if customer != "" {
		err = d.InScope(ctx, db.Grant(customer), in)
	} else {
		err = d.Across(ctx, "test: an entry of the instance", in)
	}
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func across(t testing.TB, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Across(t.Context(), "test: as who holds the database", f); err != nil {
		t.Fatal(err)
	}
}

func exec(t testing.TB, d *db.DB, query string, params ...any) {
	t.Helper()
	across(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), query, params...)
		return err
	})
}

const acme, bolt = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"

// filled is a log with entries of two customers and of the instance, a checkpoint kept elsewhere with its leaves, and the ids in
// the order of their numbers.
func filled(t testing.TB, d *db.DB, l *audit.Log, n int) (ids []string, key string, kept audit.Kept) {
	t.Helper()
	for i := range n {
		write(t, d, []string{acme, bolt, ""}[i%3], fmt.Sprint("record ", i), map[string]any{"n": i, "list": []any{1, "x", nil, map[string]any{"deep": 1e21}}})
	}
	k, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := l.Copy(t.Context(), k, audit.Folder(dir)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "checkpoint-*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if kept, err = audit.ReadKept(files[0]); err != nil {
		t.Fatal(err)
	}
	if key, err = l.PublicKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	for seq := range int64(len(kept.Leaves)) {
		ids = append(ids, kept.Leaves[seq].Entry)
	}
	return ids, key, kept
}

func newLog(t testing.TB, d *db.DB, places ...audit.Place) *audit.Log {
	return audit.NewLog(audit.Parts{DB: d, Secrets: sealtest.New(t), Places: places, Every: time.Hour})
}

// snapshot gives what puts the tables of the log back as they are now.
func snapshot(t testing.TB, d *db.DB) (back func()) {
	t.Helper()
	type table struct {
		name string
		cols []string
		rows [][]any
	}
	var all []table
	across(t, d, func(tx *db.Tx) error {
		for _, name := range []string{"audit_entry", "audit_pending", "audit_leaf", "audit_hash", "audit_checkpoint", "audit_log"} {
			rows, err := tx.Rows(t.Context(), `SELECT * FROM {`+name+`}`)
			if err != nil {
				return err
			}
			cols, err := rows.Columns()
			if err != nil {
				return err
			}
			kept := table{name: name, cols: cols}
			for rows.Next() {
				row, into := make([]any, len(cols)), make([]any, len(cols))
				for i := range row {
					into[i] = &row[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				for i, v := range row {
					if b, ok := v.([]byte); ok {
						row[i] = string(b)
					}
				}
				kept.rows = append(kept.rows, row)
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
			all = append(all, kept)
		}
		return nil
	})
	return func() {
		t.Helper()
		across(t, d, func(tx *db.Tx) error {
			for _, k := range all {
				if _, err := tx.Exec(t.Context(), `DELETE FROM {`+k.name+`} WHERE 1 = 1`); err != nil {
					return err
				}
				for _, row := range k.rows {
					if _, err := tx.Exec(t.Context(), `INSERT INTO {`+k.name+`} (`+strings.Join(k.cols, ", ")+`) VALUES (`+db.Marks(len(row))+`)`, row...); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
}

func recordOf(t testing.TB, d *db.DB, entry string) (out string) {
	t.Helper()
	across(t, d, func(tx *db.Tx) error {
		return tx.Get(t.Context(), &out, `SELECT record_id FROM {audit_entry} WHERE id = ?`, entry)
	})
	return out
}

// A few hundred random changes of the tables of a real database, by SQL, each found, and the entry named.
func TestTamperedDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d)
		ids, key, kept := filled(t, d, l, 12)
		back := snapshot(t, d)
		verify := func() audit.Report {
			t.Helper()
			r, err := l.Verify(t.Context(), key, []audit.Kept{kept})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := verify(); !r.Good() || r.Size != 12 || r.Kept != 1 {
			t.Fatalf("untouched: %+v", r)
		}
		columns := map[string]string{"customer_id": "'" + id.New() + "'", "id": "'" + id.New() + "'", "at": "at + 1", "actor_kind": "'token'", "actor_id": "'x'", "actor_name": "'Bo'",
			"via": "'job'", "address": "''", "action": "'delete'", "record_type": "'ci'", "record_id": "'x'", "record_name": "record_name || ' '",
			"before": `'{"n": 1.25, "text": "é <&>"}'`, "after": `NULL`}
		var names []string
		for c := range columns {
			names = append(names, c)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for round := range 150 {
			i := r.IntN(len(ids))
			want, what := int64(i), ""
			switch round % 10 {
			case 0, 1, 2:
				c := names[r.IntN(len(names))]
				what = "edit " + c
				exec(t, d, `UPDATE {audit_entry} SET `+c+` = `+columns[c]+` WHERE id = ?`, ids[i])
			case 3:
				what = "delete an entry"
				exec(t, d, `DELETE FROM {audit_entry} WHERE id = ?`, ids[i])
			case 4:
				what = "delete a leaf"
				exec(t, d, `DELETE FROM {audit_leaf} WHERE seq = ?`, i)
			case 5:
				what = "truncate"
				exec(t, d, `DELETE FROM {audit_entry} WHERE id IN (SELECT entry_id FROM {audit_leaf} WHERE seq >= ?)`, i)
				exec(t, d, `DELETE FROM {audit_leaf} WHERE seq >= ?`, i)
			case 6:
				what = "edit a digest"
				exec(t, d, `UPDATE {audit_leaf} SET digest = ? WHERE seq = ?`, strings.Repeat("ab", 32), i)
			case 7:
				what, want = "add an entry that waits for nothing", -1
				exec(t, d, `INSERT INTO {audit_entry} (customer_id, id, at, actor_kind, actor_id, actor_name, via, address, action, record_type, record_id, record_name, before, after)
					SELECT customer_id, ?, at, actor_kind, actor_id, actor_name, via, address, action, record_type, record_id, record_name, before, after FROM {audit_entry} WHERE id = ?`, id.New(), ids[i])
			case 8:
				what = "swap two records"
				j := (i + 1 + r.IntN(len(ids)-1)) % len(ids)
				want = int64(min(i, j))
				a, b := recordOf(t, d, ids[i]), recordOf(t, d, ids[j])
				exec(t, d, `UPDATE {audit_entry} SET record_id = ? WHERE id = ?`, b, ids[i])
				exec(t, d, `UPDATE {audit_entry} SET record_id = ? WHERE id = ?`, a, ids[j])
			case 9:
				what = "give a number to another"
				j := (i + 1 + r.IntN(len(ids)-1)) % len(ids)
				exec(t, d, `DELETE FROM {audit_entry} WHERE id = ?`, ids[i])
				exec(t, d, `DELETE FROM {audit_leaf} WHERE seq = ?`, i)
				exec(t, d, `UPDATE {audit_leaf} SET seq = ? WHERE seq = ?`, i, j)
				want = int64(min(i, j))
			}
			got := verify()
			if got.Good() || got.Problems[0].Seq != want && !(what == "edit customer_id" || what == "edit id") {
				t.Fatalf("round %d, %s of %d: want number %d: %+v", round, what, i, want, got.Problems)
			}
			back()
		}
		if r := verify(); !r.Good() {
			t.Fatalf("put back: %+v", r)
		}
	})
}

// Entries get their numbers once, whoever asks, in whatever order they commit; none is left out.
func TestEveryCommittedEntryIsNumbered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		l := newLog(t, d)
		write(t, d, acme, "first", nil)
		// An entry with an earlier id and time that commits after others have got their numbers.
		err := d.InScope(ctx, db.Grant(bolt), func(tx *db.Tx) error {
			if err := audit.Write(ctx, tx, someone, "create", audit.Record{Type: "ci", ID: "x", Name: "late"}, nil, 1); err != nil {
				return err
			}
			if d.Engine() == db.Postgres { // SQLite has one writer: nobody overtakes there
				write(t, d, acme, "overtakes", nil)
				if n, err := l.Sequence(ctx); n != 2 || err != nil {
					t.Errorf("%d numbered, %v, want 2", n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// One that is rolled back leaves nothing.
		gone := errors.New("no")
		if err := d.InScope(ctx, db.Grant(bolt), func(tx *db.Tx) error {
			return errors.Join(audit.Write(ctx, tx, someone, "create", audit.Record{Type: "ci"}, nil, 1), gone)
		}); !errors.Is(err, gone) {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 5 {
					write(t, d, acme, "many", nil)
					if _, err := l.Sequence(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		r, err := l.Verify(ctx, "", nil)
		want := int64(22)
		if d.Engine() == db.Postgres {
			want++
		}
		if err != nil || !r.Good() || r.Size != want || r.Waiting != 0 {
			t.Errorf("%+v, %v, want %d entries", r, err, want)
		}
	})
}

// Checkpoints are signed by schedule, written to the places with the leaves since the last, and never written over.
func TestCheckpointsAreKept(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx := t.Context()
		dir := filepath.Join(t.TempDir(), "kept")
		l := newLog(t, d, audit.Folder(dir))
		files := func() string {
			t.Helper()
			list, err := os.ReadDir(dir)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			var names []string
			for _, f := range list {
				names = append(names, f.Name())
			}
			return strings.Join(names, " ")
		}
		tick := func() {
			t.Helper()
			if err := l.Tick(ctx); err != nil {
				t.Fatal(err)
			}
		}
		tick()
		if got := files(); got != "" {
			t.Fatalf("an empty log is signed: %s", got)
		}
		write(t, d, acme, "one", nil)
		write(t, d, bolt, "two", nil)
		tick()
		first := "checkpoint-0000000000000002.txt leaves-0000000000000000-0000000000000002.txt"
		if got := files(); got != first {
			t.Fatal(got)
		}
		write(t, d, bolt, "three", nil)
		c.Advance(59 * time.Minute)
		tick()
		if got := files(); got != first {
			t.Fatalf("before it is due: %s", got)
		}
		c.Advance(2 * time.Minute)
		tick()
		if got := files(); !strings.Contains(got, "checkpoint-0000000000000003.txt") || !strings.Contains(got, "leaves-0000000000000002-0000000000000003.txt") {
			t.Fatal(got)
		}
		c.Advance(2 * time.Hour)
		tick()
		if got := files(); strings.Count(got, "checkpoint") != 2 {
			t.Fatalf("signed again without news: %s", got)
		}
		k, err := audit.ReadKept(filepath.Join(dir, "checkpoint-0000000000000003.txt"))
		if err != nil || len(k.Leaves) != 3 {
			t.Fatal(k, err)
		}
		if err := audit.Folder(dir).Put(ctx, "checkpoint-0000000000000002.txt", []byte("another")); err == nil {
			t.Error("a checkpoint was written over")
		}
		// The database is put back to before, as whoever restores an old backup: the log is not signed on.
		exec(t, d, `UPDATE {audit_hash} SET hash = ? WHERE idx = 0`, strings.Repeat("00", 32))
		exec(t, d, `UPDATE {audit_hash} SET hash = ? WHERE idx = 2`, strings.Repeat("00", 32))
		write(t, d, bolt, "four", nil)
		c.Advance(2 * time.Hour)
		if err := l.Tick(ctx); err == nil || !strings.Contains(err.Error(), "does not continue") {
			t.Errorf("a changed log was signed: %v", err)
		}
	})
}

// The entries of a removed customer are explained by the order in the log, as many as it says, and no others.
func TestRemoval(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		l := newLog(t, d)
		ids, key, kept := filled(t, d, l, 9)
		remove := func() error {
			return d.Across(ctx, "test: remove a customer", func(tx *db.Tx) error {
				_, err := audit.Remove(ctx, tx, someone, audit.Record{Type: "customer", ID: bolt, Name: "Bolt"}, "order-1")
				return err
			})
		}
		write(t, d, bolt, "the last", nil)
		if err := remove(); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("with entries that have no number: %v", err)
		}
		if _, err := l.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		r, err := l.Verify(ctx, key, []audit.Kept{kept})
		if err != nil || !r.Good() || len(r.Removed) != 1 || r.Removed[0].Entries != 4 || r.Removed[0].Order != "order-1" {
			t.Fatalf("%+v, %v", r, err)
		}
		// Nobody else's entries hide behind it.
		exec(t, d, `DELETE FROM {audit_entry} WHERE id = ?`, ids[0])
		if r, err = l.Verify(ctx, key, []audit.Kept{kept}); err != nil || r.Good() || r.Problems[0].Seq != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
		exec(t, d, `UPDATE {audit_leaf} SET of_customer = ? WHERE entry_id = ?`, bolt, ids[0])
		if r, err = l.Verify(ctx, key, []audit.Kept{kept}); err != nil || r.Good() || r.Problems[0].Seq != 0 {
			t.Fatalf("under another name: %+v, %v", r, err)
		}
	})
}

// A key or a checkpoint that is none is refused by name.
func TestBadKeysAndCheckpoints(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
	l := newLog(t, d)
	_, key, kept := filled(t, d, l, 3)
	other := newLog(t, dbtest.SQLite(t, clock.NewManual(dbtest.Start)))
	foreign, err := other.PublicKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		key  string
		kept string
	}{
		"no key": {"hello", kept.Checkpoint}, "another log's key": {foreign, kept.Checkpoint}, "no checkpoint": {key, "hello"}, "an empty one": {key, ""},
		"changed": {key, strings.Replace(kept.Checkpoint, "\n3\n", "\n4\n", 1)}, "cut": {key, kept.Checkpoint[:len(kept.Checkpoint)-9]},
	} {
		if _, err := l.Verify(t.Context(), test.key, []audit.Kept{{Checkpoint: test.kept}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
