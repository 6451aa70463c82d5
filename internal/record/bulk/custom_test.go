package bulk_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

func (h *house) fields() *field.Service {
	return field.NewService(h.db, subject.New(slices.Concat(customer.Kinds(), cmdb.Kinds())...))
}

// define makes a custom field; of all customers, if none is named.
func (h *house) define(t *testing.T, owner, kind, key string, k field.Kind, choices ...field.Option) field.Field {
	t.Helper()
	f, err := h.fields().Create(t.Context(), h.ada, field.New{Customer: owner, RecordType: kind, Key: key, LabelEN: key, Kind: k, Choices: choices})
	check(t, err)
	return f
}

// Custom fields are set by the rules of a single edit, told in words, and given back; also the one that nobody could choose any more.
func TestCustomFieldsOfMany(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		ctx := t.Context()
		tier := h.define(t, "acme", "ci", "tier", field.Choice, field.Option{Key: "gold", LabelEN: "Gold", LabelFR: "Or"}, field.Option{Key: "tin", LabelEN: "Tin"})
		h.define(t, "acme", "ci", "until", field.Date)
		h.define(t, "acme", "ci", "host", field.CI)
		h.define(t, "acme", "ci", "lead", field.Person)
		host, lead := h.ci(t, "acme", "host-1"), h.person(t, "Grace Hopper")
		a, b := h.ci(t, "acme", "web-1"), h.ci(t, "acme", "web-2")
		_, err := h.cmdb.EditCI(ctx, h.ada, a, 0, cmdb.ChangeCI{Custom: field.Values{"tier": field.V("tin")}})
		check(t, err)
		_, err = h.fields().Update(ctx, h.ada, tier.ID, 0, field.Change{Choices: &[]field.Option{{Key: "gold", LabelEN: "Gold", LabelFR: "Or"}, {Key: "tin", LabelEN: "Tin", Archived: true}}})
		check(t, err)

		in := bulk.Input{List: "cis", Everything: true, Query: "q=web", Changes: []bulk.Change{{Field: "x.tier", Op: bulk.Set, Value: "gold"}, {Field: "x.until", Op: bulk.Set, Value: "2027-01-31"},
			{Field: "x.host", Op: bulk.Set, Value: "host-1"}, {Field: "x.lead", Op: bulk.Set, Value: "Grace Hopper"}}}
		p, err := h.bulk.Preview(ctx, h.ada, in)
		check(t, err)
		if n := p.Counts(); n.Changed != 2 || n.Refused != 0 {
			t.Fatalf("preview: %+v %+v", n, p.Parts)
		}
		texts := map[string]string{}
		for _, x := range p.Parts[0].Rows[0].Diffs {
			texts[x.Field] = x.Before.Text + ">" + x.After.Text
		}
		if texts["x.host"] != ">host-1" || texts["x.lead"] != ">Grace Hopper" || texts["x.tier"] != "tin>gold" {
			t.Errorf("not in words: %v", texts)
		}
		in.Fingerprint = p.Fingerprint
		e, err := h.bulk.Apply(ctx, h.ada, in)
		check(t, err)
		got, err := h.cmdb.CI(ctx, h.ada, b)
		check(t, err)
		if want := (field.Values{"tier": field.V("gold"), "until": field.V("2027-01-31"), "host": field.V(host), "lead": field.V(lead)}); !got.Custom.Equal(want) {
			t.Errorf("written: %v", got.Custom)
		}
		if n := h.entries(t, "ci.change", "ci"); n != 3 {
			t.Errorf("%d entries of single records, want 3", n)
		}
		// The list finds them by it, and so does an edit of all that the list finds.
		cleared, err := h.bulk.Apply(ctx, h.ada, bulk.Input{List: "cis", Everything: true, Query: url.Values{"x.tier": {"gold"}, "sort": {"x.until"}}.Encode(),
			Changes: []bulk.Change{{Field: "x.until", Op: bulk.Clear}}})
		if err != nil || cleared.Total().Changed != 2 {
			t.Fatalf("all that a custom field finds: %+v %v", cleared.Total(), err)
		}
		_, err = h.bulk.Undo(ctx, h.ada, cleared.ID)
		check(t, err)
		// Somebody changes one field of one; the rest goes back, to a choice that is not offered any more too.
		_, err = h.cmdb.EditCI(ctx, h.ada, b, 0, cmdb.ChangeCI{Custom: field.Values{"until": field.V("2028-01-31")}})
		check(t, err)
		u, err := h.bulk.Undo(ctx, h.ada, e.ID)
		check(t, err)
		if n := u.Total(); n.Restored != 2 || n.Left != 1 {
			t.Errorf("undone: %+v", n)
		}
		one, err := h.cmdb.CI(ctx, h.ada, a)
		check(t, err)
		two, err := h.cmdb.CI(ctx, h.ada, b)
		check(t, err)
		if !one.Custom.Equal(field.Values{"tier": field.V("tin")}) || !two.Custom.Equal(field.Values{"until": field.V("2028-01-31")}) {
			t.Errorf("after the undo: %v %v", one.Custom, two.Custom)
		}
		for change, want := range map[[2]string]string{{"x.tier", "tin"}: "set.x.tier: bulk.fault.choice", {"x.until", "soon"}: "set.x.until: api.list.date", {"x.moon", "full"}: "set.x.moon: bulk.fault.field"} {
			_, err := h.bulk.Preview(ctx, h.ada, bulk.Input{List: "cis", IDs: []string{a}, Changes: set(change[0], change[1])})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %s, got %v", want, err)
			}
		}
	})
}

// A field of one customer is not written for another: it is offered for records of that customer alone. What two name alike stays with each.
func TestCustomFieldsOfCustomersStayApart(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		ctx := t.Context()
		for _, owner := range []string{"acme", "bolt"} {
			h.define(t, owner, "supplier", "tier", field.Text)
		}
		h.define(t, "", "supplier", "host", field.CI)
		h.define(t, "acme", "supplier", "only", field.Text)
		mine := h.ci(t, "acme", "host-1")
		a, b := h.supplier(t, "acme", "Nordlicht", nil), h.supplier(t, "bolt", "Sudlicht", nil)
		both := []string{a, b}
		for _, name := range []string{"x.tier", "x.only"} {
			if _, err := h.bulk.Preview(ctx, h.ada, bulk.Input{List: "suppliers", IDs: both, Changes: set(name, "gold")}); err == nil || !strings.Contains(err.Error(), "set."+name+": bulk.fault.own_field") {
				t.Errorf("%s of several customers: %v", name, err)
			}
		}
		if _, err := h.bulk.Preview(ctx, h.ada, bulk.Input{List: "suppliers", IDs: []string{b}, Changes: set("x.only", "gold")}); err == nil || !strings.Contains(err.Error(), "bulk.fault.field") {
			t.Errorf("a field of acme for bolt: %v", err)
		}
		// A field of the house takes in both; a CI is found with its own customer.
		for _, value := range []string{"host-1", mine} {
			p, err := h.bulk.Preview(ctx, h.ada, bulk.Input{List: "suppliers", IDs: both, Changes: set("x.host", value)})
			check(t, err)
			if n := p.Counts(); n.Changed != 1 || n.Refused != 1 {
				t.Errorf("a CI of acme, %s: %+v", value, n)
			}
		}
		e, err := h.bulk.Apply(ctx, h.ada, bulk.Input{List: "suppliers", IDs: []string{a}, Changes: set("x.tier", "gold")})
		check(t, err)
		limited := actor(permission.Engineer, db.Grant(h.bolt.ID))
		if _, err := h.bulk.Undo(ctx, limited, e.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("who covers bolt undoes what was done to acme: %v", err)
		}
		s, err := h.customers.Registers.Suppliers.Get(ctx, h.ada, b)
		check(t, err)
		if len(s.Custom) != 0 {
			t.Errorf("bolt was written: %v", s.Custom)
		}
		// The field goes, and another takes its key: what the edit wrote is not there any more.
		s, err = h.customers.Registers.Suppliers.Get(ctx, h.ada, a)
		check(t, err)
		if s.Custom["tier"].Text != "gold" {
			t.Fatalf("%v", s.Custom)
		}
		cleared, err := h.bulk.Apply(ctx, h.ada, bulk.Input{List: "suppliers", IDs: []string{a}, Changes: []bulk.Change{{Field: "x.tier", Op: bulk.Clear}}})
		check(t, err)
		all, err := h.fields().Fields(ctx, h.ada, "supplier", "acme")
		check(t, err)
		for _, f := range all {
			if f.Key == "tier" {
				check(t, h.fields().Delete(ctx, h.ada, f.ID, 0, 0))
			}
		}
		h.define(t, "acme", "supplier", "tier", field.Text)
		u, err := h.bulk.Undo(ctx, h.ada, cleared.ID)
		check(t, err)
		if n := u.Total(); n.Restored != 0 || n.Left != 1 {
			t.Errorf("the value of a field that is gone came back in another: %+v", n)
		}
	})
}

// person makes one of the house, who covers all customers.
func (h *house) person(t *testing.T, name string) string {
	t.Helper()
	row := dbtest.User{ID: id.New(), Email: name, Name: name, Version: 1}
	check(t, h.db.Across(t.Context(), "test: people", func(tx *db.Tx) error {
		row.CreatedAt, row.UpdatedAt = tx.Now(), tx.Now()
		_, err := tx.Insert(t.Context(), "app_user", row, "")
		return err
	}))
	return row.ID
}
