package list

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
)

// A page deep in a list must cost no more than the first: the place after the cursor is found in the index, and nothing is
// sorted. contact has the index (customer_id, name, id).
func TestKeysetIsARangeOfTheIndex(t *testing.T) {
	t.Parallel()
	s := Spec{From: "{contact} c", Columns: "c.id, c.name", Key: "c.id", Sort: "name",
		Fields: []Field{{Name: "name", Column: "c.name", Kind: Text, Sort: true, Filter: true}}}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, customer := t.Context(), id.New()
		fill := func(tx *db.Tx) error {
			now := tx.Now()
			type owner struct {
				ID        string  `db:"id"`
				Slug      string  `db:"slug"`
				Name      string  `db:"name"`
				Country   string  `db:"country"`
				Language  string  `db:"language"`
				TimeZone  string  `db:"time_zone"`
				Phase     string  `db:"phase"`
				Version   int64   `db:"version"`
				CreatedAt db.Time `db:"created_at"`
				UpdatedAt db.Time `db:"updated_at"`
			}
			if _, err := tx.Insert(ctx, "customer", owner{ID: customer, Slug: "acme", CreatedAt: now, UpdatedAt: now}, ""); err != nil {
				return err
			}
			type contact struct {
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
			rows := make([]contact, 5000)
			for i := range rows {
				rows[i] = contact{CustomerID: customer, ID: id.New(), Name: fmt.Sprint("name ", i%100), CreatedAt: now, UpdatedAt: now}
			}
			_, err := tx.Insert(ctx, "contact", rows, "")
			return err
		}
		if err := d.Across(ctx, "test: fill", fill); err != nil {
			t.Fatal(err)
		}
		for _, order := range []string{"name", "-name"} {
			q, err := s.Parse(url.Values{"sort": {order}, "cursor": {cursor{Sort: order, Value: "name 50", Key: id.New()}.String()}})
			if err != nil {
				t.Fatal(err)
			}
			text, args, err := s.statement(d.Engine(), q, q.desc, 51)
			if err != nil {
				t.Fatal(err)
			}
			plan := explain(t, d, customer, text, args)
			// PostgreSQL without statistics may still sort the few rows that it expects; the range must be the index's.
			want, never := "Index Cond: ((customer_id = '"+customer+"'::uuid) AND (ROW(name, id)", "Seq Scan"
			if d.Engine() == db.SQLite {
				want, never = "contact_name (customer_id=? AND (name,id)", "TEMP B-TREE"
			}
			if !strings.Contains(plan, want) || strings.Contains(plan, never) {
				t.Errorf("%s: %s", order, plan)
			}
		}
	})
}

func explain(t *testing.T, d *db.DB, customer, text string, args []any) string {
	t.Helper()
	verb, column := "EXPLAIN QUERY PLAN ", 3
	if d.Engine() == db.Postgres {
		verb, column = "EXPLAIN ", 0
	}
	var plan []string
	err := d.View(t.Context(), db.Grant(customer), func(tx *db.Tx) error {
		rows, err := tx.Rows(t.Context(), verb+text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				return err
			}
			plan = append(plan, fmt.Sprint(*values[column].(*any)))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}
