package isolation

import (
	"context"
	"errors"
	"slices"
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// errUndo ends a transaction that must leave nothing behind.
var errUndo = errors.New("undo")

// tables walks every table of customers by statements, as acme: none may see, count or change a row of bolt's.
func (h *house) tables(t *testing.T) {
	mine, both := db.Grant(h.acme.Refs["customer_id"]), db.Grant(h.acme.Refs["customer_id"], h.bolt.Refs["customer_id"])
	before := h.footprint(t, h.bolt)
	for _, table := range db.Tables() {
		if table.Key == "" {
			continue
		}
		t.Run(table.Name, func(t *testing.T) {
			own, other := h.rows(t, table, h.acme), h.rows(t, table, h.bolt)
			if own == 0 || other == 0 {
				t.Fatalf("%d rows of acme, %d of bolt: seed the table, or it is not tested", own, other)
			}
			h.reads(t, table, mine, own)
			h.writes(t, table, mine, own)
			h.one(t, both, "SELECT COUNT(*) FROM {"+table.Name+"}", own+other)
			h.one(t, db.Grant(), "SELECT COUNT(*) FROM {"+table.Name+"}", 0)
			for what, s := range map[string]db.Scope{"two customers": both, "all customers": db.GrantAll(), "no customer": db.Grant()} {
				h.refused(t, s, "UPDATE {"+table.Name+"} SET "+table.Key+" = "+table.Key+" WHERE 1 = 1", what)
				h.refused(t, s, "DELETE FROM {"+table.Name+"} WHERE 1 = 1", what)
			}
			h.refused(t, mine, "DELETE FROM {"+table.Name+"}", "a delete without a condition")
			h.refused(t, mine, "DELETE FROM "+table.Name+" WHERE 1 = 1", "a table without braces")
			h.refused(t, mine, "SELECT * FROM "+table.Name, "a table without braces")
			h.refused(t, db.Scope{}, "SELECT COUNT(*) FROM {"+table.Name+"}", "the zero scope")
		})
	}
	h.deletes(t, mine)
	h.inserts(t, mine)
	h.untouched(t, h.bolt, before, "the statements")
}

// rows counts the firm's rows from outside of all scopes.
func (h *house) rows(t *testing.T, table db.Table, f *firm) (n int64) {
	t.Helper()
	h.across(t, func(ctx context.Context, tx *db.Tx) error {
		return tx.Get(ctx, &n, "SELECT COUNT(*) FROM {"+table.Name+"} WHERE "+table.Key+" = ?", f.Refs["customer_id"])
	})
	return n
}

// one runs a query that gives one number.
func (h *house) one(t *testing.T, s db.Scope, query string, want int64, params ...any) {
	t.Helper()
	var got int64
	check(t, h.db.View(t.Context(), s, func(tx *db.Tx) error { return tx.Get(t.Context(), &got, query, params...) }))
	if got != want {
		t.Errorf("%d rows, want %d: %s", got, want, query)
	}
}

// reads tries the shapes in which a predicate is easily lost.
func (h *house) reads(t *testing.T, table db.Table, mine db.Scope, own int64) {
	bolt, name, key := h.bolt.Refs["customer_id"], "{"+table.Name+"}", table.Key
	count := "SELECT COUNT(*) FROM "
	h.one(t, mine, count+name, own)
	h.one(t, mine, count+name+" WHERE 1 = 1 OR 1 = 1", own)
	h.one(t, mine, count+name+" x WHERE x."+key+" = ?", 0, bolt)
	h.one(t, mine, count+name+" AS x WHERE x."+key+" = ? OR 1 = 1", own, bolt)
	h.one(t, mine, count+name+" x WHERE x."+key+" IN (SELECT y."+key+" FROM "+name+" y WHERE y."+key+" = ?)", 0, bolt)
	h.one(t, mine, count+name+" x CROSS JOIN "+name+" y", own*own)
	h.one(t, mine, count+name+" x LEFT JOIN "+name+" y ON x."+key+" <> y."+key, own)
	h.one(t, mine, count+"{customer} k LEFT JOIN "+name+" x ON x."+key+" = ? WHERE x."+key+" IS NOT NULL", 0, bolt)
	h.one(t, mine, count+"{customer} k WHERE EXISTS (SELECT 1 FROM "+name+" x WHERE x."+key+" <> k.id)", 0)
	h.one(t, mine, "WITH x AS (SELECT * FROM "+name+") "+count+"x", own)
	h.one(t, mine, count+"(SELECT "+key+" FROM "+name+" UNION ALL SELECT "+key+" FROM "+name+") x", 2*own)
	h.one(t, mine, "SELECT (SELECT COUNT(*) FROM "+name+") + 0 AS n", own)
	h.one(t, mine, "WITH RECURSIVE x (k, n) AS (SELECT "+key+", 1 FROM "+name+" UNION ALL SELECT y."+key+", x.n + 1 FROM x JOIN "+name+" y ON x.n < 2) SELECT COUNT(*) FROM x WHERE k = ?", 0, bolt)
	h.one(t, mine, "SELECT COUNT(DISTINCT "+key+") FROM "+name, 1)
}

// writes changes all that can be reached, and undoes it.
func (h *house) writes(t *testing.T, table db.Table, mine db.Scope, own int64) {
	for _, query := range []string{
		"UPDATE {" + table.Name + "} SET " + table.Key + " = " + table.Key + " WHERE 1 = 1",
		"UPDATE {" + table.Name + "} AS x SET " + table.Key + " = x." + table.Key + " WHERE 1 = 1 OR 1 = 1",
	} {
		h.changes(t, mine, query, own)
	}
	h.changes(t, mine, "UPDATE {"+table.Name+"} SET "+table.Key+" = "+table.Key+" WHERE "+table.Key+" = ?", 0, h.bolt.Refs["customer_id"])
	h.changes(t, mine, "DELETE FROM {"+table.Name+"} WHERE "+table.Key+" = ?", 0, h.bolt.Refs["customer_id"])
}

func (h *house) changes(t *testing.T, s db.Scope, query string, want int64, params ...any) {
	t.Helper()
	err := h.db.InScope(t.Context(), s, func(tx *db.Tx) error {
		got, err := tx.Exec(t.Context(), query, params...)
		if err == nil && got != want {
			t.Errorf("%d rows changed, want %d: %s", got, want, query)
		}
		return errors.Join(err, errUndo)
	})
	if !errors.Is(err, errUndo) || fault.CodeOf(err) == fault.Conflict {
		t.Errorf("%s: %v", query, err)
	}
}

func (h *house) refused(t *testing.T, s db.Scope, query, what string) {
	t.Helper()
	err := h.db.InScope(t.Context(), s, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), query)
		return errors.Join(err, errUndo)
	})
	if err == nil || err.Error() == errUndo.Error() {
		t.Errorf("%s was taken: %s", what, query)
	}
}

// deletes empties every table of acme's in one transaction, children first, and undoes it.
func (h *house) deletes(t *testing.T, mine db.Scope) {
	all := db.Tables()
	slices.Reverse(all)
	err := h.db.InScope(t.Context(), mine, func(tx *db.Tx) error {
		for _, table := range all {
			if table.Key == "" {
				continue
			}
			var own int64
			if err := tx.Get(t.Context(), &own, "SELECT COUNT(*) FROM {"+table.Name+"}"); err != nil {
				return err
			}
			n, err := tx.Exec(t.Context(), "DELETE FROM {"+table.Name+"} WHERE 1 = 1 OR 1 = 1")
			if err != nil {
				return err
			}
			if n != own {
				t.Errorf("%d rows of %s deleted, want %d", n, table.Name, own)
			}
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Error(err)
	}
}

type contactRow struct {
	CustomerID string `db:"customer_id"`
	ID         string `db:"id"`
	Name       string `db:"name"`
	Email      string `db:"email"`
	Phone      string `db:"phone"`
	Job        string `db:"job"`
	Version    int64  `db:"version"`
	CreatedAt  int64  `db:"created_at"`
	UpdatedAt  int64  `db:"updated_at"`
}

type tieRow struct {
	CustomerID string `db:"customer_id"`
	WorkloadID string `db:"workload_id"`
	ContactID  string `db:"contact_id"`
}

// inserts tries to put rows under bolt's name, and to point at bolt's rows.
func (h *house) inserts(t *testing.T, mine db.Scope) {
	bolt := h.bolt.Refs
	row := contactRow{CustomerID: bolt["customer_id"], ID: id.New(), Name: "smuggled", Version: 1}
	err := h.db.InScope(t.Context(), mine, func(tx *db.Tx) error {
		if _, err := tx.Insert(t.Context(), "contact", row, ""); err != nil {
			return err
		}
		var owner string
		if err := tx.Get(t.Context(), &owner, "SELECT CAST(customer_id AS TEXT) FROM {contact} WHERE id = ?", row.ID); err != nil {
			return err
		}
		if owner != h.acme.Refs["customer_id"] {
			t.Errorf("the row went to %s", owner)
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Error(err)
	}
	for what, tie := range map[string]tieRow{
		"acme's workload, bolt's contact": {WorkloadID: h.acme.Refs["workload"], ContactID: bolt["contact"]},
		"bolt's workload, acme's contact": {WorkloadID: bolt["workload"], ContactID: h.acme.Refs["contact"]},
	} {
		err := h.db.InScope(t.Context(), mine, func(tx *db.Tx) error {
			_, err := tx.Insert(t.Context(), "workload_contact", tie, "")
			return err
		})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v, want a refused reference", what, err)
		}
	}
	h.refused(t, mine, "INSERT INTO {contact} (customer_id, id, name, email, phone, job, version, created_at, updated_at) SELECT '"+
		bolt["customer_id"]+"', '"+id.New()+"', 'x', '', '', '', 1, 1, 1", "an insert that names the customer itself")
}
