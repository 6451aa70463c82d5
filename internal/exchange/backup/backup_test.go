package backup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/exchange/archive/archivetest"
	"vigie/internal/exchange/backup"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

func quiet(backup.Step) {}

// engines gives a maker of empty databases of each engine.
var engines = map[string]func(testing.TB) *db.DB{
	"sqlite":   func(t testing.TB) *db.DB { return dbtest.SQLite(t, clock.NewManual(dbtest.Start)) },
	"postgres": func(t testing.TB) *db.DB { return dbtest.Postgres(t, clock.NewManual(dbtest.Start)) },
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
				d, files := source(t), archivetest.NewStore("one file", "another")
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
				fresh, kept := target(t), archivetest.NewStore()
				if err := s.Load(t.Context(), backup.Instance{DB: fresh, Files: kept}, quiet); err != nil {
					t.Fatal(err)
				}
				if want, got := everything(t, d), everything(t, fresh); !slices.Equal(want, got) {
					t.Errorf("rows differ:\n%s\n--\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
				}
				if kept.Len() != 2 {
					t.Errorf("%d files came back", kept.Len())
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
