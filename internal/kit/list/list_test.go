package list_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/kit/list"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

type row struct {
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

var spec = list.Spec{
	From: "{customer} c", Columns: db.Columns[row]("c."), Key: "c.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "c.id", Kind: list.ID, Sort: true, Filter: true},
		{Name: "name", Column: "c.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "country", Column: "c.country", Kind: list.Text, Sort: true, Filter: true},
		{Name: "phase", Column: "c.phase", Kind: list.Choice, Values: []string{"prospect", "live"}, Sort: true, Filter: true},
		{Name: "version", Column: "c.version", Kind: list.Number, Sort: true, Filter: true},
		{Name: "created_at", Column: "c.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "secret", Column: "c.slug", Kind: list.Text},
	},
	Search: list.Words("c.name", "c.slug"),
}

var (
	names   = []string{"Alder", "alder", "Birch 100%", "Birch_2", "Cedar", "", "O'Hara", "Élan", "a,b", "!"}
	places  = []string{"", "FR", "DE", "IE"}
	phases  = []string{"prospect", "live"}
	sorts   = []string{"id", "name", "country", "phase", "version", "created_at"}
	filters = []func(row) (param, value string, holds func(row) bool){
		func(p row) (string, string, func(row) bool) {
			return "country", list.Join(p.Country, "XX"), func(r row) bool {
				return p.Country == "" && r.Country == "XX" || p.Country != "" && r.Country == p.Country
			}
		},
		func(p row) (string, string, func(row) bool) {
			return "phase.not", p.Phase, func(r row) bool { return r.Phase != p.Phase }
		},
		func(p row) (string, string, func(row) bool) {
			return "created_at.after", p.CreatedAt.Format("2006-01-02T15:04:05.999999Z"), func(r row) bool { return !r.CreatedAt.Before(p.CreatedAt.Time) }
		},
		func(p row) (string, string, func(row) bool) {
			return "version.before", fmt.Sprint(p.Version), func(r row) bool { return r.Version < p.Version }
		},
		func(p row) (string, string, func(row) bool) {
			return "name", list.Join(p.Name), func(r row) bool { return p.Name == "" || r.Name == p.Name }
		},
		func(p row) (string, string, func(row) bool) {
			return "country.empty", "true", func(r row) bool { return r.Country == "" }
		},
	}
)

func insert(ctx context.Context, d *db.DB, rows []row) error {
	return d.Across(ctx, "test: rows of no customer in particular", func(tx *db.Tx) error {
		_, err := tx.Insert(ctx, "customer", rows, "")
		return err
	})
}

func draw(t *rapid.T, label string, most int) []row {
	n := rapid.IntRange(0, most).Draw(t, label)
	rows := make([]row, n)
	for i := range rows {
		key := id.New()
		rows[i] = row{
			ID: key, Slug: key, Name: rapid.SampledFrom(names).Draw(t, "name"), Country: rapid.SampledFrom(places).Draw(t, "country"),
			Language: "en", TimeZone: "UTC", Phase: rapid.SampledFrom(phases).Draw(t, "phase"),
			Version:   rapid.Int64Range(1, 5).Draw(t, "version"),
			CreatedAt: db.At(dbtest.Start.AddDate(0, 0, rapid.IntRange(0, 4).Draw(t, "day"))),
		}
		rows[i].UpdatedAt = rows[i].CreatedAt
	}
	return rows
}

// Walking through pages gives every matching row exactly once, in an order that never turns back, whatever the order, the
// filters, the size of the page and the rows that others add meanwhile; and walking back gives the same rows.
func TestPagesAreWholeAndStable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		rapid.Check(t, func(t *rapid.T) {
			rows := draw(t, "rows", 25)
			empty := func(tx *db.Tx) error { _, err := tx.Exec(ctx, "DELETE FROM {customer} WHERE 1 = 1"); return err }
			if err := d.Across(ctx, "test: begin empty", empty); err != nil {
				t.Fatal(err)
			}
			if err := insert(ctx, d, rows); err != nil {
				t.Fatal(err)
			}
			sort := rapid.SampledFrom(sorts).Draw(t, "sort")
			if rapid.Bool().Draw(t, "desc") {
				sort = "-" + sort
			}
			v := url.Values{"sort": {sort}, "limit": {fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "limit"))}}
			holds := func(row) bool { return true }
			if len(rows) > 0 && rapid.Bool().Draw(t, "filtered") {
				param, value, f := rapid.SampledFrom(filters).Draw(t, "filter")(rapid.SampledFrom(rows).Draw(t, "pivot"))
				v.Set(param, value)
				holds = f
			}
			want := map[string]bool{}
			for _, r := range rows {
				if holds(r) {
					want[r.ID] = true
				}
			}
			var pages [][]string
			prev := ""
			for {
				page := fetch(t, ctx, d, v)
				pages = append(pages, ids(page.Items, want))
				prev = page.PrevCursor
				if page.NextCursor == "" {
					break
				}
				v.Set("cursor", page.NextCursor)
				if err := insert(ctx, d, draw(t, "more", 2)); err != nil {
					t.Fatal(err)
				}
			}
			seen := slices.Concat(pages...)
			if len(seen) != len(want) || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != len(want) {
				t.Fatalf("%s: saw %d rows of %d: %v", v.Encode(), len(seen), len(want), seen)
			}
			var back []string
			for prev != "" {
				v.Set("cursor", prev)
				page := fetch(t, ctx, d, v)
				back = append(ids(page.Items, want), back...)
				prev = page.PrevCursor
			}
			if first := slices.Concat(pages[:len(pages)-1]...); !slices.Equal(back, first) {
				t.Fatalf("%s: back %v, forth %v", v.Encode(), back, first)
			}
		})
	})
}

func fetch(t *rapid.T, ctx context.Context, d *db.DB, v url.Values) (page list.Page[row]) {
	q, err := spec.Parse(v)
	if err != nil {
		t.Fatalf("parse %s: %v", v.Encode(), err)
	}
	err = d.View(ctx, db.GrantAll(), func(tx *db.Tx) (err error) {
		page, err = list.Run[row](ctx, tx, spec, q)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", v.Encode(), err)
	}
	return page
}

// ids leaves out the rows that were added while walking: they may be seen or not.
func ids(rows []row, known map[string]bool) []string {
	var out []string
	for _, r := range rows {
		if known[r.ID] {
			out = append(out, r.ID)
		}
	}
	return out
}

func TestSearchCountEach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var rows []row
		for i := range 1203 {
			rows = append(rows, row{ID: id.New(), Slug: fmt.Sprintf("c%d", i), Name: fmt.Sprintf("Shop_%d 100%%", i%10), Language: "en",
				TimeZone: "UTC", Phase: "live", Version: int64(i), CreatedAt: db.At(dbtest.Start), UpdatedAt: db.At(dbtest.Start)})
		}
		if err := insert(ctx, d, rows); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			query       string
			limit, want int
		}{
			{"", 10000, 1203}, {"", 100, 100}, {"q=shop_3", 10000, 120}, {"q=SHOP%201200", 10000, 1}, {"q=0%25+C1202", 10000, 1},
			{"q=_", 10000, 1203}, {"q=p%25", 10000, 0}, {"name.prefix=shop_1", 10000, 121}, {"name.contains=1%20100%25", 10000, 121},
			{"version.after=1200", 10000, 3}, {"version.before=3&version.not=1", 10000, 2}, {"created_at.before=2026-03-02", 10000, 0},
			{"country.empty=true", 10000, 1203}, {"country.empty=false", 10000, 0}, {"phase=", 10000, 1203},
		} {
			v, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			q, err := spec.Parse(v)
			if err != nil {
				t.Fatalf("%s: %v", c.query, err)
			}
			err = d.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
				n, err := list.Count(ctx, tx, spec, q, c.limit)
				if err != nil || n != c.want {
					t.Errorf("%s: counted %d, want %d (%v)", c.query, n, c.want, err)
				}
				seen := map[string]bool{}
				err = list.Each(ctx, tx, spec, q, func(r row) error { seen[r.ID] = true; return nil })
				if err == nil && c.limit == 10000 && len(seen) != c.want {
					t.Errorf("%s: each gave %d, want %d", c.query, len(seen), c.want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestParseNamesEveryBadParameter(t *testing.T) {
	t.Parallel()
	foreign := func() string {
		d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
		at := db.At(dbtest.Start)
		two := []row{{ID: id.New(), Slug: "a", CreatedAt: at, UpdatedAt: at}, {ID: id.New(), Slug: "b", CreatedAt: at, UpdatedAt: at}}
		if err := insert(t.Context(), d, two); err != nil {
			t.Fatal(err)
		}
		q, _ := spec.Parse(url.Values{"limit": {"1"}, "sort": {"name"}})
		var page list.Page[row]
		err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) (err error) {
			page, err = list.Run[row](t.Context(), tx, spec, q)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return page.NextCursor
	}()
	for query, want := range map[string]string{
		"sort=nope":                     "sort api.list.sort",
		"sort=secret":                   "sort api.list.sort",
		"limit=0":                       "limit api.list.limit",
		"limit=501":                     "limit api.list.limit",
		"limit=ten":                     "limit api.list.limit",
		"limit=1&limit=2":               "limit api.list.twice",
		"cursor=%25":                    "cursor api.list.cursor",
		"cursor=e30":                    "cursor api.list.cursor",
		"cursor=" + foreign:             "cursor api.list.cursor_sort",
		"nmae=x":                        "nmae api.list.unknown",
		"secret=x":                      "secret api.list.unknown",
		"name.after=x":                  "name.after api.list.unknown",
		"version.contains=1":            "version.contains api.list.unknown",
		"phase=dead":                    "phase api.list.choice",
		"version=1.5":                   "version api.list.number",
		"created_at.after=soon":         "created_at.after api.list.time",
		"id=1":                          "id api.list.id",
		"name=%00":                      "name api.list.text",
		"name=%ff":                      "name api.list.text",
		"q=" + strings.Repeat("x", 301): "q api.list.long",
		"nmae=x&limit=0&phase=dead":     "limit api.list.limit; nmae api.list.unknown; phase api.list.choice",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = spec.Parse(v)
		e, ok := err.(*fault.Error)
		if !ok {
			t.Errorf("%s: %v, want a fault", query, err)
			continue
		}
		var got []string
		for _, f := range e.Fields {
			got = append(got, f.Path+" "+f.Key)
		}
		if g := strings.Join(got, "; "); g != want {
			t.Errorf("%s: %s, want %s", query, g, want)
		}
	}
}
