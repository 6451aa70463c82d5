package db_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
)

// TestPoliciesThatStandAreLeftAlone migrates while somebody is at work on a table, as a server does that starts beside others, and after
// somebody has opened a policy.
func TestPoliciesThatStandAreLeftAlone(t *testing.T) {
	t.Parallel()
	address := dbtest.PostgresAddress(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	policies := func() (out []string) {
		rows, err := conn.Query(t.Context(), `SELECT polrelid::regclass::text || ' ' || oid::text || ' ' || pg_get_expr(polqual, polrelid) FROM pg_policy ORDER BY 1`)
		if err == nil {
			out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	migrate := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := db.Migrate(ctx, address, dbtest.NoExtra); err != nil {
			t.Fatal(err)
		}
	}
	before := policies()
	at, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at.Exec(t.Context(), `LOCK TABLE ci IN ROW EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	migrate() // does not wait for us
	if err := at.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := policies(); !slices.Equal(before, after) || len(after) < 50 {
		t.Errorf("%d policies before, %d after, or not the same", len(before), len(after))
	}
	for _, spoil := range []string{`ALTER POLICY of_customer ON ci USING (true)`, `ALTER TABLE ci NO FORCE ROW LEVEL SECURITY`, `ALTER POLICY of_customer ON ci TO postgres`} {
		if _, err := conn.Exec(t.Context(), spoil); err != nil {
			t.Fatal(err)
		}
		migrate()
		var whole bool
		if err := conn.QueryRow(t.Context(), `SELECT c.relforcerowsecurity AND p.polroles = '{0}' AND pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid)
			FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = 'ci'::regclass`).Scan(&whole); err != nil || !whole {
			t.Errorf("after %s: %v, %v", spoil, whole, err)
		}
	}
}
