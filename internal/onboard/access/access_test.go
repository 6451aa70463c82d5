package access

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// told are eyes that see what the test tells.
type told map[string]Seen

// Look implements Eyes.
func (e told) Look(_ context.Context, _ *db.Tx, proof, _ string) (Seen, error) { return e[proof], nil }

func TestAccessIsProved(t *testing.T) {
	t.Parallel()
	library, err := Load(catalogue.Files)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		now := db.At(c.Now())
		eyes := told{"role": {Code: "role_assumed", What: "1", At: now, Good: true}, "webhook": {Code: "webhook_refused", What: "desk", At: now}, "token": {Code: "token_none"}, "mail": {Code: "mail_none"}}
		s := New(Parts{DB: d, Subjects: subject.New(append(customer.Kinds(), Kinds()...)...), Library: library, Eyes: eyes})
		server := apitest.New(t, d, c, customer.Resolve, customer.NewService(d), s)
		admin := server.As("admin", permission.Admin, db.GrantAll())
		op := permission.Grant(permission.Actor{Name: "Inès"}, permission.Engineer, db.GrantAll())
		var acme struct{ ID string }
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201).JSON(t, &acme)
		made, err := s.Propose(t.Context(), op, acme.ID, "en")
		if err != nil || len(made) != len(library) {
			t.Fatalf("%d checks, %v", len(made), err)
		}
		if again, err := s.Propose(t.Context(), op, acme.ID, "fr"); err != nil || len(again) != 0 {
			t.Errorf("the usual checks came twice: %d, %v", len(again), err)
		}
		states := map[string]string{}
		ids := map[string]string{}
		all, err := s.Look(t.Context(), op, acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			states[x.Template], ids[x.Template] = x.State, x.ID
		}
		for template, want := range map[string]string{"aws-read": Proved, "ticketing": Failed, "ticketing-in": Asked, "mail": Asked, "monitoring": Asked} {
			if states[template] != want {
				t.Errorf("%s is %s, want %s", template, states[template], want)
			}
		}
		// What Vigie sees nobody claims, and what a person must try Vigie does not see.
		admin.Do(t, "POST", "/access-checks/"+ids["aws-read"]+"/prove", `{"works":true,"note":"trust me"}`).Want(t, 409)
		admin.Do(t, "POST", "/access-checks/"+ids["monitoring"]+"/look", ``).Want(t, 409)
		admin.Do(t, "POST", "/access-checks/"+ids["monitoring"]+"/prove", `{"works":true,"note":" "}`).Want(t, 422)
		admin.Do(t, "POST", "/access-checks/"+ids["monitoring"]+"/give", ``).Want(t, 200)
		var proved, changed Check
		admin.Do(t, "POST", "/access-checks/"+ids["monitoring"]+"/prove", `{"works":true,"note":"signed in"}`).Want(t, 200).JSON(t, &proved)
		if proved.State != Proved || proved.ProvedBy == "" || proved.Seen != "person_saw" {
			t.Errorf("proved %+v", proved)
		}
		admin.Do(t, "PATCH", "/access-checks/"+ids["monitoring"], `{"note":"x"}`).Want(t, 200).JSON(t, &changed)
		if changed.State != Proved {
			t.Error("a note took the proof away")
		}
		missing := func() (n, asked int) {
			if err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
				list, all, err := s.Missing(t.Context(), tx, acme.ID)
				n, asked = len(list), all
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n, asked
		}
		if n, asked := missing(); n != len(library)-2 || asked != len(library) {
			t.Errorf("%d of %d missing", n, asked)
		}
		c.Advance(40 * 24 * time.Hour) // the role's proof holds for 30 days, the person's for 180
		if n, _ := missing(); n != len(library)-1 {
			t.Errorf("%d missing once a proof is too old", n)
		}
		admin.Do(t, "PATCH", "/access-checks/"+ids["monitoring"], `{"target":"another"}`).Want(t, 200).JSON(t, &changed)
		if changed.State != Asked || changed.Seen != "" {
			t.Errorf("a proof for something else stays: %+v", changed)
		}
	})
}

func TestLook(t *testing.T) {
	t.Parallel()
	now := db.At(dbtest.Start)
	days := int64(10)
	for name, test := range map[string]struct {
		was  string
		seen Seen
		want string
	}{
		"seen and well":         {Asked, Seen{At: now, Good: true}, Proved},
		"seen, but long ago":    {Asked, Seen{At: db.At(dbtest.Start.AddDate(0, 0, -11)), Good: true}, Expired},
		"nothing there yet":     {Asked, Seen{}, Asked},
		"given and not there":   {Given, Seen{}, Given},
		"refused":               {Asked, Seen{At: now}, Failed},
		"was well, is gone":     {Proved, Seen{}, Failed},
		"failed and well again": {Failed, Seen{At: now, Good: true}, Proved},
	} {
		c := Check{State: test.was, ValidDays: &days}
		if look(&c, test.seen, now); c.State != test.want {
			t.Errorf("%s: %s, want %s", name, c.State, test.want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown key":  "checks:\n  - {id: a, nam: x}",
		"one language": "checks:\n  - {id: a, name: {en: x}, area: cicd, proof: person, needed: {en: x, fr: x}}",
		"bad area":     "checks:\n  - {id: a, name: {en: x, fr: x}, area: moon, proof: person, needed: {en: x, fr: x}}",
		"twice":        "checks:\n  - {id: a, name: {en: x, fr: x}, area: cicd, proof: person, needed: {en: x, fr: x}}\n  - {id: a, name: {en: x, fr: x}, area: cicd, proof: person, needed: {en: x, fr: x}}",
	} {
		if _, err := Load(fstest.MapFS{"access/checks.yaml": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
