package sso

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

var homes = []string{"acme", "bolt"}

func anyAccount(t *rapid.T, label string) *identity.Account {
	if !rapid.Bool().Draw(t, label+" is there") {
		return nil
	}
	a := &identity.Account{ID: label, Email: "x@acme.example", Disabled: rapid.Bool().Draw(t, label+" disabled")}
	a.Role = rapid.SampledFrom(permission.Roles()).Draw(t, label+" role")
	if a.Role.Customer() {
		a.Customers = []string{rapid.SampledFrom(homes).Draw(t, label+" home")}
	} else {
		a.Customers = rapid.SliceOfNDistinct(rapid.SampledFrom(homes), 0, 2, rapid.ID[string]).Draw(t, label+" limits")
	}
	return a
}

// Whatever rules, claims and accounts there are: a customer's provider gives roles of that customer only, nobody changes sides, and
// who is refused by a rule is never let in.
func TestDecisionNeverReachesTooFar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		groups := []string{"a", "b", "c"}
		trust := Trust{Customer: rapid.SampledFrom([]string{"", "acme"}).Draw(t, "customer"),
			Domains:     rapid.SliceOfDistinct(rapid.SampledFrom([]string{"acme.example", "other.example"}), rapid.ID[string]).Draw(t, "domains"),
			DefaultRole: string(rapid.SampledFrom(append(permission.Roles(), "", "king")).Draw(t, "default"))}
		for range rapid.IntRange(0, 3).Draw(t, "rules") {
			trust.Rules = append(trust.Rules, Rule{Group: rapid.SampledFrom(groups).Draw(t, "group"), Role: rapid.SampledFrom(append(permission.Roles(), "king")).Draw(t, "role"),
				ids: rapid.SliceOfNDistinct(rapid.SampledFrom(homes), 0, 2, rapid.ID[string]).Draw(t, "ids")})
		}
		who := Person{Subject: "s", Email: rapid.SampledFrom([]string{"", "x@acme.example", "x@gmail.example"}).Draw(t, "email"), Verified: rapid.Bool().Draw(t, "verified"),
			Groups: rapid.SliceOfDistinct(rapid.SampledFrom(groups), rapid.ID[string]).Draw(t, "groups")}
		var linked *Link
		if a := anyAccount(t, "linked"); a != nil {
			linked = &Link{Account: *a, Barred: rapid.SampledFrom([]string{"", BarredByGroups}).Draw(t, "barred")}
		}
		holder := anyAccount(t, "holder")
		if linked != nil {
			holder = nil
		}
		v := Decide(trust, who, linked, holder)
		if v.Refused != "" {
			if v.Create || v.Lift {
				t.Fatalf("refused, and yet %+v", v)
			}
			if v.Bar && (linked == nil || trust.Customer != "" && v.Account.Home() != trust.Customer) {
				t.Fatalf("takes the access of an account that is not its own: %+v", v)
			}
			return
		}
		st := v.Standing
		if !st.Role.Valid() || st.Role.Customer() && len(st.Customers) != 1 {
			t.Fatalf("standing %+v", st)
		}
		if trust.Customer != "" && (!st.Role.Customer() || !slices.Equal(st.Customers, []string{trust.Customer})) {
			t.Fatalf("a customer's provider gave %+v", st)
		}
		home := ""
		if st.Role.Customer() {
			home = st.Customers[0]
		}
		if !v.Create && v.Account.Home() != home {
			t.Fatalf("an account of %q becomes one of %q", v.Account.Home(), home)
		}
		owns := slices.Contains(trust.Domains, domainOf(who.Email))
		if holder != nil && !(who.Verified && owns) {
			t.Fatal("an account is taken over by an e-mail that is not proven")
		}
		if v.Create && (trust.Customer != "" && !owns || !who.Verified && !owns) {
			t.Fatal("an account is made for an e-mail that the provider does not speak for")
		}
		if !v.Create && v.Account.Disabled && (!v.Lift || linked.Barred != BarredByGroups) {
			t.Fatal("a disabled account comes in")
		}
	})
}

func TestFirstRuleDecides(t *testing.T) {
	t.Parallel()
	rules := []Rule{{Group: "ops", Role: permission.Engineer}, {Group: "admins", Role: permission.Admin}, {Group: "acme", Role: permission.Viewer, ids: []string{"acme"}}}
	for _, test := range []struct {
		groups []string
		byRule string
		want   permission.Role
		ok     bool
	}{
		{[]string{"admins", "ops"}, "", permission.Engineer, true}, {[]string{"admins"}, "", permission.Admin, true}, {[]string{"acme"}, "", permission.Viewer, true},
		{nil, "", "", false}, {[]string{"OPS"}, "", "", false}, {nil, "agent", permission.Agent, true},
	} {
		role, _, ok := standing("", test.byRule, rules, test.groups)
		if role != test.want || ok != test.ok {
			t.Errorf("%v: %s %v", test.groups, role, ok)
		}
	}
}

func TestGroupsInTheShapesOfProviders(t *testing.T) {
	t.Parallel()
	all := map[string]any{"groups": []any{"b", "a", "a"}, "one": "x", "realm_access": map[string]any{"roles": []any{"r"}}, "objects": []any{map[string]any{"displayName": "D"}},
		"https://x.example/groups": []any{"u"}}
	for claim, want := range map[string][]string{"groups": {"a", "b"}, "one": {"x"}, "realm_access.roles": {"r"}, "objects": {"D"}, "https://x.example/groups": {"u"}, "none": nil, "one.more": nil} {
		if got := personOf(all, "s", claim).Groups; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", claim, got, want)
		}
	}
	if overage(map[string]any{"_claim_names": map[string]any{"groups": "src1"}}, "groups") == nil {
		t.Error("groups that were left out are taken for none")
	}
}
