package cmdb

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/kit/segment"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
)

// crowd is an estate of three customers in which words, tags and fields are rare, common and in between, so that every way of
// finding is gone; see list.Finder.
func crowd(t *testing.T, d *db.DB) (scopes []db.Scope, all []CI) {
	random := rand.New(rand.NewPCG(7, 7))
	now := db.At(dbtest.Start)
	for k, n := range []int{2_500, 300, 40} {
		slug := fmt.Sprint("crowd-", k)
		scope := benchCustomer(t, d, slug)
		var rows []record
		var terms []termRow
		for i := range n {
			r := record{ID: id.New(), Type: typeAt(random.IntN(application)), Name: fmt.Sprintf("%s-%d", []string{"shop", "Shop", "bank eu", "état"}[random.IntN(4)], i),
				ExternalID: fmt.Sprintf("i-%05x%d", random.IntN(1<<20), i), Account: fmt.Sprintf("%012d", random.IntN(3)), Region: []string{"eu-west-1", "us-west-2"}[min(1, random.IntN(500)/499)],
				Status: Active, Environment: []string{"", "production", "staging"}[random.IntN(3)], Owner: []string{"", "team", "ada"}[min(2, random.IntN(100)/49)], Source: Discovered,
				FirstSeen: db.At(dbtest.Start.AddDate(0, 0, -2-random.IntN(20))), LastSeen: now, Version: 1, CreatedAt: now,
				UpdatedAt: db.At(dbtest.Start.AddDate(0, 0, -1).Add(time.Duration(random.IntN(1000)) * time.Second))}
			if random.IntN(50) == 0 {
				r.Status = Gone
			}
			r.Tags.V = map[string]string{"Owner": fmt.Sprint("team-", random.IntN(3)), "$odd": "x"}
			r.fill()
			terms = append(terms, r.index()...)
			rows = append(rows, r)
			all = append(all, CI{record: r, Customer: slug})
		}
		err := d.InScope(t.Context(), scope, func(tx *db.Tx) error {
			if _, err := tx.Insert(t.Context(), "ci", rows, ""); err != nil {
				return err
			}
			_, err := tx.Insert(t.Context(), "ci_term", terms, "")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		scopes = append(scopes, scope)
	}
	return append(scopes, db.GrantAll()), all
}

// moment reads what a parameter says.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// says is the model: whether a CI is in the list that the parameters ask for.
func says(c CI, v url.Values) bool {
	parts, wholes := wordsOf(c.Name, c.ExternalID)
	for _, word := range strings.Fields(strings.ToLower(v.Get("q"))) {
		begins := func(s string) bool { return strings.HasPrefix(s, word) }
		if !slices.ContainsFunc(parts, begins) && !slices.ContainsFunc(wholes, begins) {
			return false
		}
	}
	for param, value := range map[string]string{"owner": c.Owner, "status": string(c.Status), "region": c.Region, "environment": c.Environment,
		"tag.Owner": c.Tags.V["Owner"], "tag.$odd": c.Tags.V["$odd"], "type": c.Type} {
		if want := v.Get(param); want != "" && want != "*" && !slices.Contains(strings.Split(want, ","), value) {
			return false
		}
	}
	if !strings.Contains(strings.ToLower(c.Name), strings.ToLower(v.Get("name.contains"))) {
		return false
	}
	if not := v.Get("status.not"); not != "" && string(c.Status) == not {
		return false
	}
	for param, at := range map[string]db.Time{"first_seen": c.FirstSeen, "updated_at": c.UpdatedAt} {
		if after := v.Get(param + ".after"); after != "" && at.Before(moment(after)) {
			return false
		}
		if before := v.Get(param + ".before"); before != "" && !at.Before(moment(before)) {
			return false
		}
	}
	return v.Get("customer") == "" || v.Get("customer") == c.Customer
}

// TestListsFindWhatTheModelSays goes through lists page by page and back, whichever way they are found: before there are segments, by
// them, by them and what was written since, and by those of that.
func TestListsFindWhatTheModelSays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		scopes, all := crowd(t, d)
		s := New(d)
		source := *CISpec.Segment
		source.Piece, source.Span = 64, 3
		build := func() {
			wanting, err := segment.Wanting(t.Context(), d, source)
			if err != nil || len(wanting) == 0 {
				t.Fatalf("segments are wanted of %v: %v", wanting, err)
			}
			for _, customer := range wanting {
				if err := segment.Build(t.Context(), d, customer, source); err != nil {
					t.Fatal(err)
				}
			}
		}
		many := 120
		if d.Engine() == db.Postgres { // which has no figures of such young tables, and takes a second for some
			many = 50
		}
		ways := readLists(t, s, source, scopes, all, 0, many)
		for _, way := range []string{"all", "found", "terms", "checked"} {
			if ways[way] == 0 && d.Engine() == db.SQLite {
				t.Errorf("no list was read by way of %q: %v", way, ways)
			}
		}
		build()
		for i, change := range []func(){func() {}, func() { all = alter(t, d, scopes, all) }, build} {
			change()
			if ways := readLists(t, s, source, scopes, all, uint64(i+1)*1000, many); ways["met"] < many/3 {
				t.Errorf("%d: few lists were read by segments: %v", i, ways)
			}
		}
	})
}

// alter writes to some CIs of the first two customers, takes some away and puts some in.
func alter(t *testing.T, d *db.DB, scopes []db.Scope, all []CI) (out []CI) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 3))
	now := db.At(dbtest.Start)
	for k, scope := range scopes[:2] {
		slug := fmt.Sprint("crowd-", k)
		err := d.InScope(t.Context(), scope, func(tx *db.Tx) error {
			var b batch
			var rows []record
			for _, c := range all {
				if c.Customer != slug || random.IntN(25) > 0 {
					if c.Customer == slug && random.IntN(25) == 0 { // nothing that has a term: only its place in the order of writing is another
						c.Attributes.V = map[string]any{"State": "stopped"}
						c.UpdatedAt = db.At(now.Add(-time.Duration(random.IntN(60)) * time.Second))
						rows, out = append(rows, c.record), append(out, c)
					}
					continue
				}
				if random.IntN(4) == 0 {
					if err := deleteCI(t.Context(), tx, c.record); err != nil {
						return err
					}
					c.Customer = "" // no longer there
				} else {
					old := c.record
					c.Name, c.Environment, c.Status = fmt.Sprint("shop again-", random.IntN(9)), "production", []Status{Active, Gone}[random.IntN(2)]
					c.Tags.V = map[string]string{"Owner": "team-1", "$odd": "x"}
					b.retell(&old, &c.record)
					rows = append(rows, c.record)
				}
				out = append(out, c)
			}
			for i := range 20 {
				r := record{ID: id.New(), Type: typeAt(i), Name: fmt.Sprint("bank new-", i), ExternalID: fmt.Sprint("i-new", i), Region: "eu-west-1", Status: Active, Source: Manual,
					Owner: "ada", FirstSeen: now, LastSeen: now, Version: 1, CreatedAt: now, UpdatedAt: now}
				r.Tags.V = map[string]string{"$odd": "x"}
				r.fill()
				b.terms = append(b.terms, r.index()...)
				rows = append(rows, r)
				out = append(out, CI{record: r, Customer: slug})
			}
			if _, err := tx.Insert(t.Context(), "ci", rows, overwrite); err != nil {
				return err
			}
			return b.storeTerms(t.Context(), tx)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range all {
		if !slices.ContainsFunc(out, func(o CI) bool { return o.ID == c.ID }) {
			out = append(out, c)
		}
	}
	return slices.DeleteFunc(out, func(c CI) bool { return c.Customer == "" })
}

// readLists compares lists with the model, and counts the ways in which they were found.
func readLists(t *testing.T, s *Service, source segment.Source, scopes []db.Scope, all []CI, first uint64, many int) map[string]int {
	t.Helper()
	d, spec, ways := s.db, CISpec, map[string]int{}
	spec.Few, spec.Segment = 200, &source
	owner := map[string]string{} // customer by slug
	for k, scope := range scopes[:len(scopes)-1] {
		owner[fmt.Sprint("crowd-", k)] = scope.Customers()[0]
	}
	day := func(n int) string { return dbtest.Start.AddDate(0, 0, n).Format(time.RFC3339) }
	secondly := func(random *rand.Rand) string { // within the thousand seconds in which most were written
		return dbtest.Start.AddDate(0, 0, -1).Add(time.Duration(random.IntN(1000)) * time.Second).Format(time.RFC3339)
	}
	pick := func(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }
	for seed := first; seed < first+uint64(many); seed++ {
		random := rand.New(rand.NewPCG(seed, 1))
		v := url.Values{}
		for param, value := range map[string]string{
			"q":                 pick(random, "", "shop", "SHOP", "shop 12", "s", "bank", "bank eu-1", "état", "i-0", "nothing", "shop bank", "77"),
			"tag.Owner":         pick(random, "", "", "", "team-1", "team-1,team-2", "*", "team-9"),
			"tag.$odd":          pick(random, "", "", "", "", "*", "x"),
			"owner":             pick(random, "", "", "team", "ada", "nobody"),
			"region":            pick(random, "", "", "", "eu-west-1", "us-west-2"),
			"status":            pick(random, "", "", "", "gone", "active,gone"),
			"environment":       pick(random, "", "", "", "production"),
			"name.contains":     pick(random, "", "", "", "", "op-1", "AGAIN", "tat", "nk e"),
			"status.not":        pick(random, "", "", "", "", "gone"),
			"customer":          pick(random, "", "", "", "", "", "crowd-1"),
			"first_seen.after":  pick(random, "", "", "", "", "", "", day(-10), day(-3), day(-30)),
			"first_seen.before": pick(random, "", "", "", "", "", "", day(-10), day(-3), day(-30)),
			"updated_at.after":  pick(random, "", "", "", "", "", "", day(0), day(-1), secondly(random)),
			"updated_at.before": pick(random, "", "", "", "", "", "", "", day(-1), secondly(random)),
			"type":              pick(random, "", "", "", "", "AWS::EC2::Instance", "AWS::Lambda::Function"),
			"sort":              pick(random, "name", "name", "name", "-name", "-name", "-name", "-name", "updated_at", "-updated_at", "-updated_at", "first_seen", "-first_seen", "type", "-environment", "owner"),
		} {
			if value != "" && (seed%20 > 0 || param == "sort") {
				v.Set(param, value)
			}
		}
		scope := scopes[random.IntN(len(scopes))]
		var want []CI
		for _, c := range all {
			if (scope.All() || slices.Contains(scope.Customers(), owner[c.Customer])) && says(c, v) {
				want = append(want, c)
			}
		}
		by, desc := strings.TrimPrefix(v.Get("sort"), "-"), strings.HasPrefix(v.Get("sort"), "-")
		slices.SortFunc(want, func(a, b CI) int {
			c := strings.Compare(a.Name, b.Name)
			switch by {
			case "updated_at":
				c = a.UpdatedAt.Compare(b.UpdatedAt.Time)
			case "first_seen":
				c = a.FirstSeen.Compare(b.FirstSeen.Time)
			case "type":
				c = cmp.Or(strings.Compare(a.Type, b.Type), c)
			case "environment":
				c = cmp.Or(strings.Compare(a.Environment, b.Environment), c)
			case "owner":
				c = cmp.Or(strings.Compare(a.Owner, b.Owner), c)
			}
			if c == 0 {
				c = strings.Compare(a.ID, b.ID)
			}
			if desc {
				return -c
			}
			return c
		})
		q, err := spec.Parse(v)
		if err != nil {
			t.Fatal(err)
		}
		q.Limit = 1 + random.IntN(200)
		var n int
		err = d.View(t.Context(), scope, func(tx *db.Tx) (err error) {
			n, err = list.Count(t.Context(), tx, spec, q, 500)
			return err
		})
		if err != nil || n != min(len(want), 500) {
			t.Fatalf("seed %d, %v: counted %d of %d: %v", seed, v, n, len(want), err)
		}
		at := 0
		for pages := 0; pages < 6; pages++ {
			var page list.Page[CI]
			err := d.View(t.Context(), scope, func(tx *db.Tx) (err error) {
				page, err = list.Run[CI](t.Context(), tx, spec, q)
				return err
			})
			if err != nil {
				t.Fatalf("seed %d, %v: %v", seed, v, err)
			}
			for i, c := range page.Items {
				if at+i >= len(want) || c.ID != want[at+i].ID {
					t.Fatalf("seed %d, %v, page %d: %d is %s, of %d", seed, v, pages, at+i, c.Name, len(want))
				}
			}
			if got := len(page.Items); got != min(q.Limit, len(want)-at) {
				t.Fatalf("seed %d, %v, page %d: %d items at %d of %d", seed, v, pages, got, at, len(want))
			}
			next, move := page.NextCursor, len(page.Items)
			if pages == 3 && page.PrevCursor != "" { // and back
				next, move = page.PrevCursor, -min(q.Limit, at)
			}
			if next == "" {
				break
			}
			at += move
			if q, err = q.From(next); err != nil {
				t.Fatal(err)
			}
		}
		way := "walk"
		_ = d.View(t.Context(), scope, func(tx *db.Tx) error {
			text, err := list.Way(t.Context(), tx, spec, q)
			way = text
			return err
		})
		ways[way]++
	}
	return ways
}

// TestReindexMakesWhatIntakeMakes takes all terms away, as a migration or the backup of an older version does.
func TestReindexMakesWhatIntakeMakes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, all := crowd(t, d)
		read := func() (out []string) {
			err := d.Across(t.Context(), "test", func(tx *db.Tx) error {
				if err := tx.Select(t.Context(), &out, `SELECT t.term || ' ' || t.name || ' ' || CAST(t.ci_id AS TEXT) FROM {ci_term} t ORDER BY t.term, t.name, t.ci_id`); err != nil {
					return err
				}
				var words []string
				err := tx.Select(t.Context(), &words, `SELECT c.words FROM {ci} c ORDER BY c.id`)
				out = append(out, words...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		before := read()
		err := d.Across(t.Context(), "test", func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), `DELETE FROM {ci_term} WHERE term > ''`); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `UPDATE {ci} SET words = '' WHERE version = 1`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := New(d).Reindex(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := read(); !slices.Equal(before, after) || len(after) < len(all)*6 {
			t.Errorf("%d terms and words before, %d after", len(before), len(after))
		}
	})
}
