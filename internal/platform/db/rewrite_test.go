package db

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const one, two = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"

func TestExpand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sql string
		scope     Scope
		params    []any
		want      string
		args      []any
	}{
		{"read of one", `SELECT c.id FROM {ci} c WHERE c.name = ?`, Grant(one), []any{"web"},
			`SELECT c.id FROM (SELECT * FROM ci WHERE customer_id = ?) c WHERE c.name = ?`, []any{one, "web"}},
		{"read of several", `SELECT count(*) FROM {ci}`, Grant(one, two), nil,
			`SELECT count(*) FROM (SELECT * FROM ci WHERE customer_id IN (?, ?)) AS ci`, []any{one, two}},
		{"read of none", `SELECT count(*) FROM {ci}`, Grant(), nil,
			`SELECT count(*) FROM (SELECT * FROM ci WHERE customer_id IN (NULL)) AS ci`, nil},
		{"read of all", `SELECT count(*) FROM {ci}`, GrantAll(), nil, `SELECT count(*) FROM ci`, nil},
		{"joins", `SELECT 1 FROM {ci} c LEFT JOIN {relation} r ON r.to_id = c.id`, Grant(one), nil,
			`SELECT 1 FROM (SELECT * FROM ci WHERE customer_id = ?) c LEFT JOIN (SELECT * FROM relation WHERE customer_id = ?) r ON r.to_id = c.id`, []any{one, one}},
		{"update", `UPDATE {ci} SET name = ? WHERE id = ? OR id = ?`, Grant(one), []any{"n", "a", "b"},
			`UPDATE ci SET name = ? WHERE ci.customer_id IN (?) AND ( id = ? OR id = ?)`, []any{"n", one, "a", "b"}},
		{"update with a sub-query", `UPDATE {ci} SET name = (SELECT max(name) FROM {workload} WHERE 1 = 1) WHERE id = ?`, Grant(one), []any{"a"},
			`UPDATE ci SET name = (SELECT max(name) FROM (SELECT * FROM workload WHERE customer_id = ?) AS workload WHERE 1 = 1) WHERE ci.customer_id IN (?) AND ( id = ?)`, []any{one, one, "a"}},
		{"delete returning", `DELETE FROM {ci} AS c WHERE id = ? RETURNING id`, Grant(one), []any{"a"},
			`DELETE FROM ci AS c WHERE c.customer_id IN (?) AND ( id = ? ) RETURNING id`, []any{one, "a"}},
		{"insert from select", `INSERT INTO {ci_term} (customer_id, term, ci_id) SELECT {scope}, ?, id FROM {ci}`, Grant(one), []any{"w:x"},
			`INSERT INTO ci_term (customer_id, term, ci_id) SELECT ?, ?, id FROM (SELECT * FROM ci WHERE customer_id = ?) AS ci`, []any{one, "w:x", one}},
		{"customer by its id", `SELECT name FROM {customer} WHERE slug = ?`, Grant(one), []any{"acme"},
			`SELECT name FROM (SELECT * FROM customer WHERE id = ?) AS customer WHERE slug = ?`, []any{one, "acme"}},
		{"instance table", `SELECT 1 FROM {app_user}`, Grant(one), nil, `SELECT 1 FROM app_user`, nil},
		{"a column with a table's name", `WITH x (id, account) AS (SELECT id, account FROM {ci}) SELECT id, account FROM x WHERE f(id, account) = 1`, Grant(one), nil,
			`WITH x (id, account) AS (SELECT id, account FROM (SELECT * FROM ci WHERE customer_id = ?) AS ci) SELECT id, account FROM x WHERE f(id, account) = 1`, []any{one}},
		{"question mark in a text", `SELECT '?' FROM {ci} WHERE name = ?`, Grant(one), []any{"x"},
			`SELECT '?' FROM (SELECT * FROM ci WHERE customer_id = ?) AS ci WHERE name = ?`, []any{one, "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, args, err := expand(SQLite, tt.scope, false, tt.sql, tt.params)
			if err != nil {
				t.Fatal(err)
			}
			if tidy(got) != tidy(tt.want) || fmt.Sprint(args) != fmt.Sprint(tt.args) {
				t.Errorf("got  %s %v\nwant %s %v", tidy(got), args, tidy(tt.want), tt.args)
			}
		})
	}
}

func TestExpandRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sql string
		scope     Scope
	}{
		{"a table without braces", `SELECT 1 FROM ci`, Grant(one)},
		{"in another case", `SELECT 1 FROM CI`, Grant(one)},
		{"quoted", `SELECT 1 FROM "ci"`, Grant(one)},
		{"joined without braces", `SELECT 1 FROM {ci} c JOIN relation r ON 1 = 1`, Grant(one)},
		{"after a comma", `SELECT 1 FROM {ci} c, relation r`, Grant(one)},
		{"after a comma behind a join", `SELECT 1 FROM {ci} c JOIN {ci} d ON c.id = d.id, relation r`, Grant(one)},
		{"in parentheses", `SELECT 1 FROM ({ci} c CROSS JOIN relation r)`, Grant(one)},
		{"first in parentheses", `SELECT 1 FROM (relation CROSS JOIN {ci} c)`, Grant(one)},
		{"after a comma in a sub-query", `SELECT 1 FROM {ci} WHERE id IN (SELECT 1 FROM {ci} c, relation)`, Grant(one)},
		{"in a sub-query", `SELECT 1 FROM {ci} WHERE id IN (SELECT from_id FROM relation)`, Grant(one)},
		{"behind a comment", `SELECT 1 FROM/**/ci`, Grant(one)},
		{"a second statement", `SELECT 1 FROM {ci}; DELETE FROM {ci} WHERE 1 = 1`, Grant(one)},
		{"an unknown table", `SELECT 1 FROM {nonsense}`, Grant(one)},
		{"an update of everything", `UPDATE {ci} SET name = 'x'`, Grant(one)},
		{"a delete of everything", `DELETE FROM {ci}`, Grant(one)},
		{"a write for two customers", `UPDATE {ci} SET name = 'x' WHERE 1 = 1`, Grant(one, two)},
		{"a write for all", `DELETE FROM {ci} WHERE 1 = 1`, GrantAll()},
		{"an insert for a customer named by hand", `INSERT INTO {ci_term} (customer_id, term, ci_id) SELECT '` + two + `', 'x', id FROM {ci}`, Grant(one)},
		{"an insert of values", `INSERT INTO {ci_term} (customer_id, term, ci_id) VALUES ({scope}, 'x', 'y')`, Grant(one)},
		{"too many parameters", `SELECT 1 FROM {ci}`, Grant(one)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var params []any
			if tt.name == "too many parameters" {
				params = []any{1}
			}
			for _, e := range []Engine{SQLite, Postgres} {
				if got, _, err := expand(e, tt.scope, false, tt.sql, params); err == nil {
					t.Errorf("allowed on %s: %s", e, got)
				}
			}
		})
	}
}

// Whatever the shape of a read, each mention of a customer's table comes out as a derived table with the predicate.
func TestEveryMentionIsScoped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tables := []string{"ci", "relation", "account", "coverage", "workload"}
		n := rapid.IntRange(1, 6).Draw(t, "mentions")
		var b strings.Builder
		b.WriteString("SELECT count(*) FROM ")
		for i := range n {
			name := rapid.SampledFrom(tables).Draw(t, "table")
			join := rapid.SampledFrom([]string{" JOIN ", " LEFT JOIN ", " CROSS JOIN ", ", "}).Draw(t, "join")
			if i > 0 {
				b.WriteString(join)
			}
			if rapid.Bool().Draw(t, "nested") {
				fmt.Fprintf(&b, "(SELECT id FROM {%s} WHERE name = ?) s%d", name, i)
			} else {
				fmt.Fprintf(&b, "{%s} a%d", name, i)
			}
			if strings.Contains(join, "JOIN") && !strings.Contains(join, "CROSS") && i > 0 {
				b.WriteString(" ON 1 = 1")
			}
		}
		var params []any
		for range strings.Count(b.String(), "?") {
			params = append(params, "p")
		}
		got, args, err := expand(Postgres, Grant(one), false, b.String(), params)
		if err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
		if c := strings.Count(got, "WHERE customer_id = $"); c != n {
			t.Fatalf("%d of %d mentions scoped: %s", c, n, got)
		}
		if len(args) != n+len(params) || strings.Count(got, "$") != len(args) {
			t.Fatalf("%d arguments in %s", len(args), got)
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add(`SELECT 'it''s' FROM {ci} WHERE a ->> 'x' = ?`)
	f.Add(`{`)
	f.Fuzz(func(t *testing.T, sql string) {
		got, _, err := expand(SQLite, Grant(one), false, sql, nil)
		if err == nil && strings.Contains(sql, ";") && !strings.Contains(got, "'") && !strings.Contains(got, `"`) {
			t.Errorf("a semicolon outside a text came through: %q", got)
		}
	})
}

func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }
