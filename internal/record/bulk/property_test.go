package bulk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/record/register"
)

// state is all of a record that edits can reach.
func (h *house) state(t *rapid.T, kind, ref string) map[string]string {
	switch kind {
	case "workloads":
		w, _, err := h.cmdb.Workload(t.Context(), h.ada, ref)
		sure(t, err)
		return withCustom(map[string]string{"owner": w.Owner}, w.Custom)
	case "customers":
		c, err := h.customers.Customer(t.Context(), h.ada, ref)
		sure(t, err)
		return withCustom(map[string]string{"country": c.Country}, c.Custom)
	case "cis":
		c, err := h.cmdb.CI(t.Context(), h.ada, ref)
		sure(t, err)
		_, pe := c.Pinned.V["environment"]
		_, po := c.Pinned.V["owner"]
		return withCustom(map[string]string{"environment": fmt.Sprint(c.Environment, pe, c.Observed.V["environment"]), "owner": fmt.Sprint(c.Owner, po, c.Observed.V["owner"])}, c.Custom)
	}
	s, err := h.customers.Registers.Suppliers.Get(t.Context(), h.ada, ref)
	sure(t, err)
	return withCustom(map[string]string{"criticality": s.Criticality, "service": s.Service}, s.Custom)
}

func withCustom(state map[string]string, custom field.Values) map[string]string {
	for key, v := range custom {
		state["x."+key] = v.Text
	}
	return state
}

func sure(t *rapid.T, err error) {
	if err != nil {
		t.Fatalf("%+v", err)
	}
}

// single is what somebody does to one record meanwhile.
func (h *house) single(t *rapid.T, kind, ref, name, value string) {
	var err error
	custom := field.Values{}
	if key, ok := strings.CutPrefix(name, "x."); ok {
		custom[key] = field.V(value)
	}
	given := func(field string) *string {
		if name == field {
			return &value
		}
		return nil
	}
	switch {
	case kind == "workloads":
		_, _, err = h.cmdb.EditWorkload(t.Context(), h.ada, ref, 0, cmdb.ChangeWorkload{Owner: given("owner"), Custom: custom})
	case kind == "customers":
		_, err = h.customers.UpdateCustomer(t.Context(), h.ada, ref, 0, customer.ChangeCustomer{Country: given("country"), Custom: custom})
	case kind == "suppliers":
		_, err = h.customers.Registers.Suppliers.Update(t.Context(), h.ada, ref, 0, register.Set(func(s *customer.Supplier) {
			switch s.Custom = custom; name {
			case "service":
				s.Service = value
			case "criticality":
				s.Criticality = value
			}
		}))
	case len(custom) > 0:
		_, err = h.cmdb.EditCI(t.Context(), h.ada, ref, 0, cmdb.ChangeCI{Custom: custom})
	case name == "owner":
		_, err = h.cmdb.EditCI(t.Context(), h.ada, ref, 0, cmdb.ChangeCI{Owner: edit(value)})
	default:
		_, err = h.cmdb.EditCI(t.Context(), h.ada, ref, 0, cmdb.ChangeCI{Environment: edit(value)})
	}
	sure(t, err)
}

func edit(value string) cmdb.Edit {
	if value == "" {
		return cmdb.Unset()
	}
	return cmdb.Set(value)
}

// Whatever is edited, by many and by one: undoing gives every field that nobody has touched since exactly what it held before, and
// leaves every field that somebody has set to something else exactly as they left it.
func TestUndoGivesBackExactlyWhatNobodyElseChanged(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		records := map[string][]string{"customers": {h.acme.ID, h.bolt.ID}}
		for _, kind := range []string{"ci", "supplier", "workload", "customer"} {
			h.define(t, "", kind, "tier", field.Choice, field.Option{Key: "gold", LabelEN: "Gold", LabelFR: "Or"}, field.Option{Key: "tin", LabelEN: "Tin"})
			h.define(t, "", kind, "cost", field.Number)
			h.define(t, "", kind, "until", field.Date)
			h.define(t, "", kind, "who", field.Person)
		}
		grace, joan := h.person(t, "Grace Hopper"), h.person(t, "Joan Clarke")
		for i := range 4 {
			owner := []string{"acme", "bolt"}[i%2]
			ci := h.ci(t, owner, fmt.Sprint("ci-", i))
			if i < 2 {
				h.found(t, ci)
			}
			records["cis"] = append(records["cis"], ci)
			w, _, err := h.cmdb.CreateWorkload(t.Context(), h.ada, cmdb.NewWorkload{Customer: owner, Name: fmt.Sprint("workload-", i)})
			check(t, err)
			records["workloads"] = append(records["workloads"], w.ID)
			records["suppliers"] = append(records["suppliers"], h.supplier(t, owner, fmt.Sprint("supplier-", i), nil))
		}
		values := map[string][]string{"environment": {"production", "test", ""}, "owner": {"ada", "bob", ""}, "criticality": {"high", "low", ""}, "service": {"power", "water", ""},
			"country": {"FR", "DE", ""}, "x.tier": {"gold", "tin", ""}, "x.cost": {"12.5", "-3", ""}, "x.until": {"2026-01-31", "2027-02-28", ""}, "x.who": {grace, joan, ""}}
		custom := []string{"x.tier", "x.cost", "x.until", "x.who"}
		fields := map[string][]string{"cis": {"environment", "owner"}, "suppliers": {"criticality", "service"}, "workloads": {"owner"}, "customers": {"country"}}
		for kind := range fields {
			fields[kind] = append(fields[kind], custom...)
		}
		rapid.Check(t, func(t *rapid.T) {
			kind := rapid.SampledFrom([]string{"cis", "suppliers", "workloads", "customers"}).Draw(t, "list")
			for range rapid.IntRange(0, 3).Draw(t, "before") {
				f := rapid.SampledFrom(fields[kind]).Draw(t, "field")
				h.single(t, kind, rapid.SampledFrom(records[kind]).Draw(t, "record"), f, rapid.SampledFrom(values[f]).Draw(t, "value"))
			}
			in := bulk.Input{List: kind, IDs: rapid.SliceOfNDistinct(rapid.SampledFrom(records[kind]), 1, len(records[kind]), rapid.ID[string]).Draw(t, "chosen")}
			for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom(fields[kind]), 1, 3, rapid.ID[string]).Draw(t, "fields") {
				in.Changes = append(in.Changes, bulk.Change{Field: f, Op: bulk.Set, Value: rapid.SampledFrom(values[f]).Draw(t, "value of all")})
			}
			before := map[string]map[string]string{}
			for _, ref := range records[kind] {
				before[ref] = h.state(t, kind, ref)
			}
			e, err := h.bulk.Apply(t.Context(), h.ada, in)
			sure(t, err)
			written := map[string]map[string]string{}
			for _, ref := range records[kind] {
				written[ref] = h.state(t, kind, ref)
			}
			for range rapid.IntRange(0, 4).Draw(t, "meanwhile") {
				f := rapid.SampledFrom(fields[kind]).Draw(t, "field")
				h.single(t, kind, rapid.SampledFrom(records[kind]).Draw(t, "record"), f, rapid.SampledFrom(values[f]).Draw(t, "value"))
			}
			later := map[string]map[string]string{}
			for _, ref := range records[kind] {
				later[ref] = h.state(t, kind, ref)
			}
			if e.Total().Changed == 0 {
				return
			}
			_, err = h.bulk.Undo(t.Context(), h.ada, e.ID)
			sure(t, err)
			for _, ref := range records[kind] {
				after := h.state(t, kind, ref)
				for _, f := range fields[kind] {
					want := later[ref][f]
					wrote := slices.Contains(in.IDs, ref) && before[ref][f] != written[ref][f]
					if wrote && later[ref][f] == written[ref][f] {
						want = before[ref][f]
					}
					if after[f] != want {
						t.Fatalf("%s %s: before %q, written %q, later %q, after the undo %q", ref, f, before[ref][f], written[ref][f], later[ref][f], after[f])
					}
				}
			}
		})
	})
}
