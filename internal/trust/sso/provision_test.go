package sso

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// shelf is a directory that knows people by their subject.
type shelf map[string]*Entry

// Known implements Directory.
func (s shelf) Known(_ context.Context, _ *db.Tx, _ string, who Person, account string) (Entry, error) {
	for subject, e := range s {
		if account != "" && e.Account == account || account == "" && subject == who.Subject {
			return *e, nil
		}
	}
	return Entry{}, nil
}

// Bind implements Directory.
func (s shelf) Bind(_ context.Context, _ *db.Tx, entry, account string) error {
	for _, e := range s {
		if e.ID == entry {
			e.Account = account
		}
	}
	return nil
}

// provision lets the directory speak of somebody.
func (r *rig) provision(e *Entry, email string) {
	r.t.Helper()
	err := r.d.Across(r.t.Context(), "test", func(tx *db.Tx) (err error) {
		e.Account, err = r.service.Provisioning().Provision(r.t.Context(), tx, permission.Actor{Name: "directory", Kind: permission.Token}, r.provider.ID, Provision{Email: email, Name: "Somebody", Entry: *e})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// An account that the directory has made and one that a sign-in has made are one, whichever came first.
func TestProvisionedMeetsSignOn(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c, NewProvider{Domains: []string{"example.com"}})
		r.rule("ops", "engineer")
		r.rule("desk", "agent")
		dir := shelf{"ada": {ID: "1", Active: true, Groups: []string{"ops"}, Pushed: []string{"ops"}}, "bob": {ID: "2", Active: true, Pushed: []string{"ops"}}, "cyd": {ID: "3", Pushed: []string{"ops"}}}
		r.service.Join(dir)
		r.provision(dir["ada"], "ada@example.com")
		made := dir["ada"].Account
		// The provider does not even say that the address is verified: the directory knows the subject.
		r.person("ada", "ada@example.com", false)
		b := r.browser()
		if b.signIn("ada"); b.who() != "ada@example.com engineer" || b.actor().ID != made {
			t.Fatalf("met as %q: %s", b.who(), r.reason())
		}
		// By another subject, unproven, nobody comes in under the same address.
		r.person("eve", "ada@example.com", false, "ops")
		if eve := r.browser(); true {
			if status, _ := eve.signIn("eve"); status != http.StatusForbidden || eve.who() != "nobody" {
				t.Errorf("somebody else with the address: %d %q", status, eve.who())
			}
		}
		// Bob came first by himself; then the directory speaks of him. A group that it keeps counts by its word alone, another by the token's.
		r.person("bob", "bob@example.com", true, "ops")
		bob := r.browser()
		if status, _ := bob.signIn("bob"); status != http.StatusForbidden || r.reason() != string(NoGroup) {
			t.Errorf("a group that the token alone names, and the directory keeps: %d %s", status, r.reason())
		}
		r.person("bob", "bob@example.com", true, "ops", "desk")
		if bob.signIn("bob"); bob.who() != "bob@example.com agent" {
			t.Fatalf("by the other group: %q %s", bob.who(), r.reason())
		}
		if dir["bob"].Account != bob.actor().ID {
			t.Error("the entry did not learn of the account")
		}
		r.provision(dir["bob"], "bob@example.com")
		if bob.who() != "bob@example.com agent" {
			t.Errorf("the directory's word takes what the token gave: %q", bob.who())
		}
		dir["bob"].Groups = []string{"ops"}
		r.provision(dir["bob"], "bob@example.com")
		if bob.who() != "bob@example.com engineer" {
			t.Errorf("the directory's group: %q", bob.who())
		}
		// Off by the directory: out at once, and no sign-in brings it back.
		dir["bob"].Active = false
		r.provision(dir["bob"], "bob@example.com")
		if bob.who() != "nobody" {
			t.Error("who is off in the directory goes on")
		}
		if status, _ := bob.signIn("bob"); status != http.StatusForbidden || r.reason() != string(IsDisabled) {
			t.Errorf("off in the directory: %d %s", status, r.reason())
		}
		r.person("cyd", "cyd@example.com", true, "desk")
		if cyd := r.browser(); true {
			if status, _ := cyd.signIn("cyd"); status != http.StatusForbidden || r.reason() != string(IsDisabled) {
				t.Errorf("off before there was an account: %d %s", status, r.reason())
			}
		}
		dir["bob"].Active = true
		r.provision(dir["bob"], "bob@example.com")
		if bob.signIn("bob"); bob.who() != "bob@example.com engineer" {
			t.Errorf("on again: %q %s", bob.who(), r.reason())
		}
	})
}

// Whatever a directory says: a customer's never reaches beyond its customer, nobody is moved, and an administrator's word stands.
func TestDecideProvision(t *testing.T) {
	t.Parallel()
	roles := rapid.SampledFrom(append(permission.Roles(), ""))
	customer := rapid.SampledFrom([]string{"acme", "bolt", ""})
	groups := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		trust := Trust{Customer: customer.Draw(t, "provider"), DefaultRole: string(roles.Draw(t, "default"))}
		for range rapid.IntRange(0, 3).Draw(t, "rules") {
			r := Rule{Group: groups.Filter(func(g []string) bool { return len(g) > 0 }).Draw(t, "group")[0], Role: roles.Draw(t, "role")}
			if c := customer.Draw(t, "to"); c != "" {
				r.ids = []string{c}
			}
			trust.Rules = append(trust.Rules, r)
		}
		in := Provision{Entry: Entry{Active: rapid.Bool().Draw(t, "active"), Groups: groups.Draw(t, "member"), Pushed: groups.Draw(t, "pushed")}}
		if rapid.Bool().Draw(t, "new") {
			f := DecideProvision(trust, in, nil)
			if f.Create && (!in.Active || !f.Standing.Role.Valid() || trust.Customer != "" && (!f.Standing.Role.Customer() || !slices.Equal(f.Standing.Customers, []string{trust.Customer}))) {
				t.Fatalf("made: %+v by %+v", f, trust)
			}
			return
		}
		was := identity.Account{Standing: identity.Standing{Role: roles.Filter(func(r permission.Role) bool { return r != "" }).Draw(t, "was")}, Disabled: rapid.Bool().Draw(t, "disabled")}
		if was.Role.Customer() {
			was.Customers = []string{rapid.SampledFrom([]string{"acme", "bolt"}).Draw(t, "home")}
		}
		l := Link{Account: was, Barred: rapid.SampledFrom([]string{"", BarredByGroups, BarredByDirectory}).Draw(t, "barred"), Groups: groups.Draw(t, "claimed")}
		f := DecideProvision(trust, in, &l)
		if home := (identity.Account{Standing: f.Standing}).Home(); home != was.Home() || f.Standing.Role.Customer() != was.Role.Customer() {
			t.Fatalf("moved from %q to %q", was.Home(), home)
		}
		if was.Disabled && l.Barred == "" && (!f.Off || f.Barred != "") {
			t.Fatalf("given back what an administrator has taken: %+v", f)
		}
		if !in.Active && !f.Off || f.Off != (f.Barred != "" || was.Disabled && l.Barred == "") {
			t.Fatalf("off: %+v", f)
		}
	})
}
