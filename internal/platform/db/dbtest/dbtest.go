// Package dbtest gives tests a migrated database of each engine. It is for tests only.
package dbtest

import (
	"context"
	"database/sql"
	"path/filepath"
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
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "vigie.db"), c)
}

// Postgres gives an empty database on the PostgreSQL of the test.
func Postgres(t testing.TB, c clock.Clock) *db.DB {
	t.Helper()
	return open(t, pg.Start(t), c)
}

func open(t testing.TB, address string, c clock.Clock) *db.DB {
	t.Helper()
	if err := db.Migrate(t.Context(), address, NoExtra); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	d, err := db.Open(t.Context(), address, c)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(d.Close)
	return d
}

// NoExtra is for db.Migrate, where River's tables are not needed.
func NoExtra(context.Context, db.Engine, *sql.DB, *pgxpool.Pool) error { return nil }
