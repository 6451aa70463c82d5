package inventory

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

func TestDifferencesAreExplained(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := New(Parts{DB: d, Subjects: subject.New(append(append(customer.Kinds(), cmdb.Kinds()...), RecordKinds()...)...)})
		server := apitest.New(t, d, c, customer.Resolve, customer.NewService(d), cmdb.New(d), s)
		admin := server.As("admin", permission.Admin, db.GrantAll())
		op := permission.Grant(permission.Actor{Name: "Marc"}, permission.Manager, db.GrantAll())
		var acme struct{ ID string }
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201).JSON(t, &acme)
		add := func(name string) (id string) {
			var made struct{ ID string }
			admin.Do(t, "POST", "/cis", `{"customer":"acme","type":"AWS::EC2::Instance","name":"`+name+`","external_id":"`+name+`","account":"123456789012","region":"eu-west-1"}`).Want(t, 201).JSON(t, &made)
			return made.ID
		}
		one := add("i-1")
		standing := func(kind string) Line {
			lines, err := s.Review(t.Context(), op, acme.ID)
			if err != nil {
				t.Fatal(err)
			}
			return lines[slices.Index(Kinds, kind)]
		}
		if l := standing("ec2_instances"); l.Standing != Unsaid || l.Discovered != 1 || l.Whole {
			t.Errorf("before anybody speaks: %+v", l)
		}
		var said Declared
		admin.Do(t, "POST", "/declared-inventory", `{"customer":"acme","kind":"ec2_instances","declared":3}`).Want(t, 201).JSON(t, &said)
		admin.Do(t, "POST", "/declared-inventory", `{"customer":"acme","kind":"ec2_instances","declared":4}`).Want(t, 409)
		if l := standing("ec2_instances"); l.Standing != Open || l.Difference != -2 {
			t.Errorf("a difference: %+v", l)
		}
		admin.Do(t, "POST", "/declared-inventory/"+said.ID+"/accept", `{}`).Want(t, 422)
		admin.Do(t, "POST", "/declared-inventory/"+said.ID+"/accept", `{"explanation":"two are stopped elsewhere"}`).Want(t, 200)
		if l := standing("ec2_instances"); l.Standing != Accepted {
			t.Errorf("accepted: %+v", l)
		}
		two := add("i-2")
		if l := standing("ec2_instances"); l.Standing != Open {
			t.Errorf("an acceptance outlives its numbers: %+v", l)
		}
		admin.Do(t, "POST", "/target-items", `{"customer":"acme","name":"third","kind":"ec2_instances","number":1}`).Want(t, 201)
		if l := standing("ec2_instances"); l.Standing != ToCome || l.ToCome != 1 {
			t.Errorf("what is to come: %+v", l)
		}
		if _, err := s.Take(t.Context(), op, acme.ID); err == nil {
			t.Error("numbers were taken from no assessment")
		}

		admin.Do(t, "POST", "/baselines", `{"customer":"acme","name":" "}`).Want(t, 422)
		var frozen, again Shown
		admin.Do(t, "POST", "/baselines", `{"customer":"acme","name":"start"}`).Want(t, 201).JSON(t, &frozen)
		admin.Do(t, "POST", "/baselines", `{"customer":"acme","name":"again"}`).Want(t, 201).JSON(t, &again)
		if frozen.CIs != 2 || frozen.Hash != again.Hash || len(frozen.Hash) != 64 {
			t.Errorf("frozen %+v and %+v", frozen, again)
		}
		add("i-3")
		admin.Do(t, "PATCH", "/cis/"+one, `{"name":"renamed"}`).Want(t, 200)
		admin.Do(t, "DELETE", "/cis/"+two, "").Want(t, 204)
		var diff Comparison
		admin.Do(t, "GET", "/baselines/"+frozen.ID+"/comparison", "").Want(t, 200).JSON(t, &diff)
		if len(diff.Added) != 1 || len(diff.Gone) != 1 || len(diff.Changed) != 1 || diff.Same != 0 {
			t.Errorf("since then: %+v", diff.Difference)
		}
		admin.Do(t, "GET", "/baselines/"+frozen.ID+"/comparison?with="+again.ID, "").Want(t, 200).JSON(t, &diff)
		if diff.Same != 2 || len(diff.Added)+len(diff.Gone)+len(diff.Changed) != 0 || diff.With == nil {
			t.Errorf("two that are the same: %+v", diff)
		}
		admin.Do(t, "DELETE", "/baselines/"+again.ID, "").Want(t, 204)
		admin.Do(t, "GET", "/baselines/"+again.ID, "").Want(t, 404)
	})
}

// Whatever the order: nothing differs from itself, what is added one way is gone the other way, and the hash follows the difference.
func TestCompare(t *testing.T) {
	t.Parallel()
	state := rapid.Custom(func(t *rapid.T) []Item {
		var out []Item
		for i := range 6 {
			if rapid.Bool().Draw(t, "there") {
				out = append(out, Item{CI: fmt.Sprint(i), Type: "T", ExternalID: fmt.Sprint(i), Print: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "print")})
			}
		}
		return rapid.Permutation(out).Draw(t, "order")
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := state.Draw(t, "a"), state.Draw(t, "b")
		there, back := Compare(a, b), Compare(b, a)
		if len(there.Added) != len(back.Gone) || len(there.Gone) != len(back.Added) || len(there.Changed) != len(back.Changed) || there.Same != back.Same {
			t.Fatalf("%+v, and back %+v", there, back)
		}
		if same := len(there.Added)+len(there.Gone)+len(there.Changed) == 0; same != (hashOf(a) == hashOf(b)) {
			t.Fatalf("hash and difference disagree: %+v", there)
		}
		if len(a)-len(there.Gone)+len(there.Added) != len(b) {
			t.Fatalf("numbers do not add up: %d, %+v, %d", len(a), there, len(b))
		}
	})
}
