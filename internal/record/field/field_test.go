package field_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/list"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

func admin() permission.Actor {
	return permission.Grant(permission.Actor{ID: id.New(), Name: "Ada", Kind: permission.System}, permission.Admin, db.GrantAll())
}

// Every kind comes back as it was written, filters agree with what was written, and a definition keeps its promises.
func TestValuesOfEveryKind(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		ctx, a := t.Context(), admin()
		people, estate := customer.NewService(d), cmdb.New(d)
		defs := field.NewService(d, subject.New(slices.Concat(customer.Kinds(), cmdb.Kinds())...))
		if _, err := people.CreateCustomer(ctx, a, customer.NewCustomer{Slug: "acme", Name: "Acme"}); err != nil {
			t.Fatal(err)
		}
		define := func(owner, key string, k field.Kind, options ...field.Option) field.Field {
			t.Helper()
			f, err := defs.Create(ctx, a, field.New{Customer: owner, RecordType: "ci", Key: key, LabelEN: key, Kind: k, Choices: options})
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		define("acme", "note", field.Text)
		cost := define("", "cost", field.Number) // of the house
		define("acme", "since", field.Date)
		tier := define("acme", "tier", field.Choice, field.Option{Key: "gold", LabelEN: "Gold", LabelFR: "Or"}, field.Option{Key: "tin", LabelEN: "Tin"})
		define("acme", "host", field.CI)
		host, err := estate.CreateCI(ctx, a, cmdb.NewCI{Customer: "acme", Type: "Own::Host", Name: "host-1"})
		if err != nil {
			t.Fatal(err)
		}
		written := map[string]field.Values{}
		for i, v := range []field.Values{
			{"note": field.V("Élan 100%"), "cost": field.V("12,50"), "since": field.V("2026-01-31"), "tier": field.V("gold"), "host": field.V(host.ID)},
			{"note": field.V("plain"), "cost": field.V("-3"), "tier": field.V("tin")},
			{"cost": field.V("0.000001"), "since": field.V("2025-02-28")},
			{},
		} {
			c, err := estate.CreateCI(ctx, a, cmdb.NewCI{Customer: "acme", Type: "Own::Thing", Name: string(rune('a' + i)), Custom: v})
			if err != nil {
				t.Fatal(err)
			}
			got, err := estate.CI(ctx, a, c.ID)
			if err != nil || !got.Custom.Equal(c.Custom) || len(got.Custom) != len(v) {
				t.Fatalf("wrote %v, read %v, %v", v, got.Custom, err)
			}
			written[c.Name] = got.Custom
		}
		if got := written["a"]["cost"].Text; got != "12.5" {
			t.Errorf("12,50 became %q", got)
		}
		for query, want := range map[string]string{
			"x.note=plain": "b", "x.note.contains=élan": "", "x.note.contains=100%25": "a", "x.note.not=plain&type=Own::Thing": "acd", "x.cost.after=0": "ac", "x.cost.before=0": "b", "x.cost=12.5": "a",
			"x.since.after=2026-01-01": "a", "x.tier=gold,tin": "ab", "x.tier.empty=true&type=Own::Thing": "cd", "x.host=host-1": "a", "x.host=" + host.ID: "a", "x.host.empty=false": "a",
			"sort=x.cost": "bca", "sort=-x.since": "ac", "sort=x.note": "ba", "sort=x.cost&x.tier=tin": "b",
		} {
			v, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			v.Set("limit", "1") // so that sorting goes by cursors
			if got := names(t, d, v); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		for key, text := range map[string]string{"cost": "much", "since": "2026-02-30", "tier": "silver", "host": id.New(), "nobody": "x"} {
			_, err := estate.CreateCI(ctx, a, cmdb.NewCI{Customer: "acme", Type: "Own::Thing", Name: "bad", Custom: field.Values{key: field.V(text)}})
			if !fault.Is(err, fault.Invalid) || !blames(err, "custom."+key) {
				t.Errorf("%s=%s: %v", key, text, err)
			}
		}
		number := field.Text
		if _, err := defs.Update(ctx, a, cost.ID, 0, field.Change{Kind: &number}); !fault.Is(err, fault.Invalid) {
			t.Errorf("another kind for values that are there: %v", err)
		}
		if _, err := defs.Update(ctx, a, tier.ID, 0, field.Change{Choices: &[]field.Option{{Key: "tin", LabelEN: "Tin"}}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a choice in use was left out: %v", err)
		}
		if _, err := defs.Create(ctx, a, field.New{Customer: "acme", RecordType: "ci", Key: "cost", LabelEN: "x", Kind: field.Text}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a key of the house: %v", err)
		}
		archived := field.Archived
		if _, err := defs.Update(ctx, a, cost.ID, 0, field.Change{State: &archived}); err != nil {
			t.Fatal(err)
		}
		if err := defs.Delete(ctx, a, cost.ID, 0, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("deleted without naming its values: %v", err)
		}
		if err := defs.Delete(ctx, a, cost.ID, 0, 3); err != nil {
			t.Errorf("deleted with its values: %v", err)
		}
	})
}

func blames(err error, path string) bool {
	var f *fault.Error
	return errors.As(err, &f) && slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Path == path })
}

// names lists the CIs of a query, page by page, by their names in its order (by name unless it says otherwise).
func names(t *testing.T, d *db.DB, v url.Values) (out string) {
	t.Helper()
	err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
		set, err := field.Of(t.Context(), tx, "ci", "acme")
		if err != nil {
			return err
		}
		spec := set.List(cmdb.CISpec, "c.customer_id", "c.id", v)
		q, err := spec.Parse(v)
		if err != nil {
			return err
		}
		for {
			page, err := list.Run[cmdb.CI](t.Context(), tx, spec, q)
			if err != nil {
				return err
			}
			for _, c := range page.Items {
				out += c.Name
			}
			if page.NextCursor == "" {
				return nil
			}
			if q, err = q.From(page.NextCursor); err != nil {
				return err
			}
		}
	})
	if err != nil {
		t.Errorf("%v: %v", v, err)
	}
	return out
}

// Numbers are exact: what is read is what was written, and they sort as numbers do.
func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-999_999_999_999_999_999, 999_999_999_999_999_999).Draw(t, "n")
		text := field.Decimal(n)
		if got, ok := field.Millionths(text); !ok || got != n {
			t.Fatalf("%d is %s is %d", n, text, got)
		}
	})
}
