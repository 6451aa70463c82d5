package db

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/sqlite"
	"pgregory.net/rapid"
)

// opened is one connection to a new file, which keeps statements or not.
func opened(tb testing.TB, keep bool) *sql.DB {
	tb.Helper()
	c, err := sqlite.NewConnector("file:" + filepath.Join(tb.TempDir(), "x.db"))
	if err != nil {
		tb.Fatal(err)
	}
	d := sql.OpenDB(c)
	if keep {
		d = sql.OpenDB(keeping{c})
	}
	d.SetMaxOpenConns(1)
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	if _, err := d.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)`); err != nil {
		tb.Fatal(err)
	}
	return d
}

// Whatever is asked in whatever order, a connection that keeps its statements answers as one that does not.
func TestKeptStatementsAnswerAsNewOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		kept, plain := opened(t, true), opened(t, false)
		column := 0
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			n := rapid.IntRange(0, 9).Draw(r, "n")
			var answers [2]string
			step := rapid.IntRange(0, 6).Draw(r, "step")
			if step == 5 {
				column++
			}
			for i, d := range []*sql.DB{kept, plain} {
				switch step {
				case 0, 1: // may hurt the constraint
					answers[i] = outcome(d.Exec(`INSERT INTO t (name) VALUES (?)`, fmt.Sprint("n", n)))
				case 2:
					answers[i] = outcome(d.Exec(`DELETE FROM t WHERE id = ?`, n))
				case 3:
					answers[i] = all(d.Query(`SELECT * FROM t WHERE id >= ? ORDER BY id`, n))
				case 4:
					answers[i] = all(d.Query(`INSERT INTO t (name) VALUES (?) RETURNING id`, fmt.Sprint("n", n)))
				case 5: // what was kept is made again
					answers[i] = outcome(d.Exec(fmt.Sprintf(`ALTER TABLE t ADD COLUMN c%d INTEGER DEFAULT 7`, column)))
				case 6:
					answers[i] = all(d.Query(`SELECT no_such FROM t`))
				}
			}
			if answers[0] != answers[1] {
				r.Fatalf("step %d with %d: %q, without keeping %q", step, n, answers[0], answers[1])
			}
		}
	})
}

func outcome(res sql.Result, err error) string {
	if err != nil {
		return err.Error()
	}
	n, err := res.RowsAffected()
	return fmt.Sprint(n, err)
}

func all(rows *sql.Rows, err error) string {
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	fmt.Fprintln(&out, columns)
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return err.Error()
		}
		fmt.Fprintln(&out, values)
	}
	return out.String() + fmt.Sprint(rows.Err())
}

func TestRowsOfOneTextWithinEachOther(t *testing.T) {
	t.Parallel()
	d := opened(t, true)
	if _, err := d.Exec(`INSERT INTO t (name) VALUES ('a'), ('b'), ('c')`); err != nil {
		t.Fatal(err)
	}
	tx, err := d.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var walk func(depth int) string
	walk = func(depth int) (out string) {
		rows, err := tx.Query(`SELECT name FROM t ORDER BY name`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			out += name
			if depth > 0 {
				out += walk(depth - 1)
			}
		}
		return out
	}
	if got := walk(2); got != "aaabcbabccabcbaabcbabccabccaabcbabccabc" {
		t.Errorf("read %s", got)
	}
}

func TestKeptStatementsAreFew(t *testing.T) {
	t.Parallel()
	d := opened(t, true)
	for range 2 {
		for i := range 2 * mostKept {
			var n int
			if err := d.QueryRow(fmt.Sprintf(`SELECT count(*) + %d FROM t`, i)).Scan(&n); err != nil || n != i {
				t.Fatalf("%d: %d, %v", i, n, err)
			}
		}
	}
	c, err := d.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Raw(func(c any) error {
		if k := c.(*keeper); k.kept.Len() != mostKept || len(k.at) != mostKept {
			return fmt.Errorf("%d are kept by %d texts", k.kept.Len(), len(k.at))
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// How much of a small query is making its statement: the same query on a connection that keeps it, and on one that does not.
func BenchmarkStatement(b *testing.B) {
	for _, keep := range []bool{false, true} {
		b.Run(fmt.Sprintf("kept=%v", keep), func(b *testing.B) {
			d := opened(b, keep)
			if _, err := d.Exec(`INSERT INTO t (name) VALUES ('a')`); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				var name string
				if err := d.QueryRow(`SELECT x.name FROM t x WHERE x.id = ? AND x.name <> '' AND EXISTS (SELECT 1 FROM t y WHERE y.id = x.id) ORDER BY x.name LIMIT 5`, 1).Scan(&name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
