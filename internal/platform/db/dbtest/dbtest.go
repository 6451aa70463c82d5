package dbtest

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/test/pg"
)

// Start is the moment that the clock of Each shows first.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Each runs the test on SQLite and on PostgreSQL, each with an empty database of its own.
func Each(t *testing.T, test func(*testing.T, *db.DB)) {
	t.Helper()
	EachWithClock(t, func(t *testing.T, d *db.DB, _ *clock.Manual) { test(t, d) })
}

// EachWithClock is Each for tests that move time.
func EachWithClock(t *testing.T, test func(*testing.T, *db.DB, *clock.Manual)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := clock.NewManual(Start)
		test(t, SQLite(t, c), c)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := clock.NewManual(Start)
		test(t, Postgres(t, c), c)
	})
}

// SQLite gives an empty database in a temporary folder.
func SQLite(t testing.TB, c clock.Clock) *db.DB {
	t.Helper()
	empty, err := migrated()
	if err != nil {
		t.Fatalf("migrate: %v", err)
	}
	path := filepath.Join(t.TempDir(), "vigie.db")
	if err := os.WriteFile(path, empty, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path, c)
}

// Postgres gives an empty database on the PostgreSQL of the test.
func Postgres(t testing.TB, c clock.Clock) *db.DB {
	t.Helper()
	return open(t, PostgresAddress(t), c)
}

// PostgresAddress gives the address of an empty database on the PostgreSQL of the test, for those who open it by themselves.
func PostgresAddress(t testing.TB) string {
	t.Helper()
	schema, err := db.Fingerprint()
	if err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return pg.Copy(t, schema, func(address string) error { return db.Migrate(context.Background(), address, NoExtra) })
}

// migrated gives the file of an empty database. Migrating takes a hundred times as long as copying what came of it.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "vigie-empty-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "vigie.db")
	if err := db.Migrate(context.Background(), "sqlite:"+path, NoExtra); err != nil {
		return nil, err
	}
	// The last connection that closes moves the log into the file.
	return os.ReadFile(path)
})

func open(t testing.TB, address string, c clock.Clock) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), address, c)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(d.Close)
	return d
}

// NoExtra is for db.Migrate, where River's tables are not needed.
func NoExtra(context.Context, db.Engine, *sql.DB, *pgxpool.Pool) error { return nil }
