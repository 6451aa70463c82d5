package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/exchange/archive"
	"vigie/internal/exchange/backup"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/telemetry"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

func quiet(backup.Step) {}

// store keeps files in memory.
type store struct {
	lock  sync.Mutex
	files map[string][]byte
}

func newStore(texts ...string) *store {
	s := &store{files: map[string][]byte{}}
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		s.files[hex.EncodeToString(sum[:])] = []byte(text)
	}
	return s
}

func (s *store) Hashes(context.Context, *db.Tx) (out []string, _ error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for h := range s.files {
		out = append(out, h)
	}
	slices.Sort(out)
	return out, nil
}

func (s *store) Open(_ context.Context, hash string) (io.ReadCloser, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return io.NopCloser(bytes.NewReader(s.files[hash])), nil
}

func (s *store) Put(_ context.Context, hash string, r io.Reader) error {
	b, err := io.ReadAll(r)
	s.lock.Lock()
	defer s.lock.Unlock()
	s.files[hash] = b
	return err
}

// engines gives a maker of empty databases of each engine.
var engines = map[string]func(testing.TB) *db.DB{
	"sqlite": func(t testing.TB) *db.DB { return dbtest.SQLite(t, clock.NewManual(dbtest.Start)) },
	"postgres": func(t testing.TB) *db.DB {
		address := pg.Start(t)
		if err := db.Migrate(t.Context(), address, dbtest.NoExtra); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(t.Context(), address, clock.NewManual(dbtest.Start))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return d
	},
}

func operator() permission.Actor {
	return permission.Grant(permission.Actor{Name: "operator", Kind: permission.System, Via: "test"}, permission.Admin, db.GrantAll())
}

// seed makes two customers with all kinds of values in their rows.
func seed(t testing.TB, d *db.DB) {
	t.Helper()
	s := customer.NewService(d)
	for _, slug := range []string{"acme", "bolt"} {
		if _, err := s.CreateCustomer(t.Context(), operator(), customer.NewCustomer{Slug: slug, Name: `Müller & Söhne <"` + slug + "\">\n\u2028 ’", Country: "FR"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateContact(t.Context(), operator(), customer.NewContact{Customer: slug, Name: "Ada", Job: "line one\nline two"}); err != nil {
			t.Fatal(err)
		}
	}
}

// everything is all rows of all tables as text, without regard to their order.
func everything(t testing.TB, d *db.DB) (out []string) {
	t.Helper()
	err := d.AcrossFrozen(t.Context(), "test: all rows", func(tx *db.Tx) error {
		for _, table := range db.Tables() {
			columns, err := tx.Catalog(t.Context(), table.Name)
			if err != nil {
				return err
			}
			err = tx.Dump(t.Context(), table.Name, columns, "", func(row []any) error {
				line := table.Name
				for i, v := range row {
					if text, ok := v.(string); ok && columns[i].Kind == db.KindJSON {
						v = sameJSON(text)
					}
					line += fmt.Sprintf("|%v", v)
				}
				out = append(out, line)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// sameJSON writes JSON in one way: the engines keep blanks and the order of members differently.
func sameJSON(text string) string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	b, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(b)
}

// What one engine wrote, either engine restores, row for row and file for file.
func TestRestoreOnEitherEngine(t *testing.T) {
	t.Parallel()
	for from, source := range engines {
		for to, target := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				d, files := source(t), newStore("one file", "another")
				seed(t, d)
				path := filepath.Join(t.TempDir(), "vigie.backup")
				r, err := backup.Write(t.Context(), backup.Instance{DB: d, Files: files, Version: "test"}, path, quiet)
				if err != nil {
					t.Fatal(err)
				}
				if r.Rows < 8 || r.Files != 2 || r.Manifest.Engine != from {
					t.Errorf("report: %+v", r)
				}
				s, err := backup.Open(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				fresh, kept := target(t), newStore()
				if err := s.Load(t.Context(), backup.Instance{DB: fresh, Files: kept}, quiet); err != nil {
					t.Fatal(err)
				}
				if want, got := everything(t, d), everything(t, fresh); !slices.Equal(want, got) {
					t.Errorf("rows differ:\n%s\n--\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
				}
				if len(kept.files) != 2 {
					t.Errorf("%d files came back", len(kept.files))
				}
				if err := s.Load(t.Context(), backup.Instance{DB: fresh, Files: kept}, quiet); !fault.Is(err, fault.Conflict) {
					t.Errorf("into a database with data: %v", err)
				}
				if _, err := backup.Write(t.Context(), backup.Instance{DB: d}, path, quiet); err == nil {
					t.Error("a backup was written over another")
				}
			})
		}
	}
}

// ledger is a load whose every commit can be told from the rows: commit n raises the first customer's version to n and adds a
// contact called n to some customer, in one transaction.
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
	if int64(len(names)) != n-1 { // the first commit makes version 2
		t.Fatalf("the ledger stands at %d and has %d entries", n, len(names))
	}
	for i, name := range names {
		if name != int64(i)+2 {
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

// Whatever is changed in a backup is found before anything is restored.
func TestChangedBackupIsRefused(t *testing.T) {
	t.Parallel()
	d := engines["sqlite"](t)
	seed(t, d)
	path := filepath.Join(t.TempDir(), "whole")
	if _, err := backup.Write(t.Context(), backup.Instance{DB: d, Files: newStore("a file")}, path, quiet); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, text []byte) {
		t.Helper()
		p := filepath.Join(t.TempDir(), "changed")
		if err := os.WriteFile(p, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Check(t.Context(), p); err == nil {
			t.Errorf("%s was taken for whole", name)
		}
		if s, err := backup.Open(t.Context(), p); err == nil {
			s.Close()
			t.Errorf("%s was opened", name)
		}
	}
	refused("half of it", whole[:len(whole)/2])
	refused("nothing", nil)
	for _, c := range []struct {
		name string
		edit func(map[string][]byte)
	}{
		{"a changed row", func(m map[string][]byte) {
			m["data/contact.jsonl"] = bytes.Replace(m["data/contact.jsonl"], []byte("Ada"), []byte("Eve"), 1)
		}},
		{"a missing row", func(m map[string][]byte) {
			m["data/contact.jsonl"] = m["data/contact.jsonl"][bytes.IndexByte(m["data/contact.jsonl"], '\n')+1:]
		}},
		{"a missing table", func(m map[string][]byte) { delete(m, "data/contact.jsonl") }},
		{"a stranger", func(m map[string][]byte) { m["files/"+strings.Repeat("0", 64)] = []byte("x") }},
		{"a path", func(m map[string][]byte) { m["../../etc/passwd"] = []byte("x") }},
		{"a changed file", func(m map[string][]byte) {
			for name := range m {
				if strings.HasPrefix(name, "files/") {
					m[name] = []byte("other")
				}
			}
		}},
		{"another format", func(m map[string][]byte) {
			m["manifest.json"] = bytes.Replace(m["manifest.json"], []byte(`"format": 1`), []byte(`"format": 2`), 1)
		}},
		{"a customer's export", func(m map[string][]byte) {
			m["manifest.json"] = bytes.Replace(m["manifest.json"], []byte(`"backup"`), []byte(`"customer"`), 1)
		}},
	} {
		refused(c.name, edited(t, whole, c.edit))
	}
	if _, err := backup.Check(t.Context(), path); err != nil {
		t.Errorf("the whole one: %v", err)
	}
	// The edits are what is refused, not their being packed anew.
	p := filepath.Join(t.TempDir(), "packed anew")
	if err := os.WriteFile(p, edited(t, whole, func(map[string][]byte) {}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Check(t.Context(), p); err != nil {
		t.Errorf("packed anew: %v", err)
	}
}

// edited is a ZIP with other members, each of which is sound in itself.
func edited(t *testing.T, whole []byte, edit func(map[string][]byte)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if members[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	edit(members)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range members {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A backup of an older version is loaded into the schema of then; the newer migrations run over its rows.
func TestRestoreOfOlderSchema(t *testing.T) {
	t.Parallel()
	d := engines["sqlite"](t)
	seed(t, d)
	path := filepath.Join(t.TempDir(), "now")
	if _, err := backup.Write(t.Context(), backup.Instance{DB: d}, path, quiet); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := []string{"outbox", "customer", "audit_entry", "account", "ci"}
	later := map[string][]string{"customer": {"request_rate"}, "ci": {"words"}} // columns that later migrations gave them
	path = filepath.Join(t.TempDir(), "then")
	err = os.WriteFile(path, edited(t, whole, func(members map[string][]byte) {
		var m archive.Manifest
		if err := json.Unmarshal(members["manifest.json"], &m); err != nil {
			t.Fatal(err)
		}
		m.Schema = 2
		m.Tables = slices.DeleteFunc(m.Tables, func(t archive.Table) bool { return !slices.Contains(old, t.Name) })
		for i := range m.Tables {
			without(t, members, &m, &m.Tables[i], later[m.Tables[i].Name])
		}
		m.Members = slices.DeleteFunc(m.Members, func(member archive.Member) bool {
			gone := !slices.Contains(old, strings.TrimSuffix(strings.TrimPrefix(member.Name, "data/"), ".jsonl"))
			if gone {
				delete(members, member.Name)
			}
			return gone
		})
		var err error
		if members["manifest.json"], err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
	}), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "vigie.db"), "postgres": pg.Start(t)} {
		s, err := backup.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		tel, err := telemetry.New(t.Context(), io.Discard, "text", "error")
		if err != nil {
			t.Fatal(err)
		}
		o := app.Options{Database: address, Clock: clock.NewManual(dbtest.Start), Telemetry: tel, DataDir: t.TempDir()}
		if err := app.Restore(t.Context(), o, s, quiet); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, err := app.Open(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c, err := a.Customers.Customer(t.Context(), operator(), "bolt"); err != nil || c.Country != "FR" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		a.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// without makes a table of an archive one that has no such columns.
func without(t *testing.T, members map[string][]byte, m *archive.Manifest, table *archive.Table, columns []string) {
	t.Helper()
	name := "data/" + table.Name + ".jsonl"
	var out bytes.Buffer
	for line := range bytes.Lines(members[name]) {
		row := map[string]json.RawMessage{}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			delete(row, c)
		}
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	members[name] = out.Bytes()
	table.Columns = slices.DeleteFunc(table.Columns, func(c db.Column) bool { return slices.Contains(columns, c.Name) })
	for i := range m.Members {
		if m.Members[i].Name == name {
			sum := sha256.Sum256(out.Bytes())
			m.Members[i].Bytes, m.Members[i].SHA256 = int64(out.Len()), hex.EncodeToString(sum[:])
		}
	}
}

// A backup that fails leaves nothing behind that could be taken for one.
func TestFailedBackupLeavesNothing(t *testing.T) {
	t.Parallel()
	d := engines["sqlite"](t)
	seed(t, d)
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	_, err := backup.Write(ctx, backup.Instance{DB: d}, filepath.Join(dir, "b"), func(backup.Step) { stop() })
	if err == nil {
		t.Error("a backup that was cancelled is whole")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
