package isolation

import (
	"context"
	"database/sql"
	"testing"

	"vigie/internal/platform/db"
)

// wall tries the second wall alone: statements without any predicate, in the role that serves.
func (h *house) wall(t *testing.T) {
	d := h.raw(t)
	before := h.footprint(t, h.bolt)
	for _, table := range db.Tables() {
		if table.Key == "" {
			continue
		}
		own, other := h.rows(t, table, h.acme), h.rows(t, table, h.bolt)
		for _, test := range []struct {
			what, scope string
			seen        int64
		}{
			{"no scope", "", 0},
			{"acme", h.acme.Refs["customer_id"], own},
			{"both", h.acme.Refs["customer_id"] + "," + h.bolt.Refs["customer_id"], own + other},
		} {
			h.behind(t, d, test.scope, func(ctx context.Context, tx *sql.Tx) {
				var n int64
				check(t, tx.QueryRowContext(ctx, "SELECT count(*) FROM "+table.Name).Scan(&n))
				if n != test.seen {
					t.Errorf("%s: %s sees %d rows, want %d", table.Name, test.what, n, test.seen)
				}
				res, err := tx.ExecContext(ctx, "UPDATE "+table.Name+" SET "+table.Key+" = "+table.Key)
				check(t, err)
				if n, err := res.RowsAffected(); err != nil || n != test.seen {
					t.Errorf("%s: %s changes %d rows, want %d (%v)", table.Name, test.what, n, test.seen, err)
				}
			})
		}
		h.behind(t, d, h.acme.Refs["customer_id"], func(ctx context.Context, tx *sql.Tx) {
			if _, err := tx.ExecContext(ctx, "UPDATE "+table.Name+" SET "+table.Key+" = $1", h.bolt.Refs["customer_id"]); err == nil {
				t.Errorf("%s: a row could be given to bolt", table.Name)
			}
		})
	}
	h.untouched(t, h.bolt, before, "the second wall")
}

// behind runs f as the serving role, with the scope as a transaction of the house sets it, and undoes it.
func (h *house) behind(t *testing.T, d *sql.DB, scope string, f func(context.Context, *sql.Tx)) {
	t.Helper()
	tx, err := d.BeginTx(t.Context(), nil)
	check(t, err)
	defer func() { check(t, tx.Rollback()) }()
	_, err = tx.ExecContext(t.Context(), "SET LOCAL ROLE "+db.AppRole)
	check(t, err)
	if scope != "" {
		_, err = tx.ExecContext(t.Context(), "SELECT set_config('vigie.scope', $1, true)", scope)
		check(t, err)
	}
	f(t.Context(), tx)
}
