package requirement

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/bulk"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/locales"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

func library(t testing.TB) Library {
	t.Helper()
	l, err := Load(catalogue.Files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRequirementIsAgreedOnAndBeginsAnew(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		kinds := append(append(customer.Kinds(), cmdb.Kinds()...), Kinds()...)
		s := New(Parts{DB: d, Subjects: subject.New(kinds...), Library: library(t)})
		estate := cmdb.New(d)
		server := apitest.New(t, d, c, customer.Resolve, customer.NewService(d), estate, s)
		admin := server.As("admin", permission.Admin, db.GrantAll())
		var acme, work struct{ ID string }
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201).JSON(t, &acme)
		admin.Do(t, "POST", "/workloads", `{"customer":"acme","name":"Shop"}`).Want(t, 201).JSON(t, &work)
		var made Requirement
		admin.Do(t, "POST", "/requirements", `{"customer":"acme","name":"Shop, production","workload":"`+work.ID+`","criticality":"high","rto":"2h","availability":99.95,"state":"agreed"}`).Want(t, 422)
		admin.Do(t, "POST", "/requirements", `{"customer":"acme","name":"Shop, production","workload":"`+work.ID+`","criticality":"high","rto":"P1M"}`).Want(t, 422)
		res := admin.Do(t, "POST", "/requirements", `{"customer":"acme","name":"Shop, production","workload":"`+work.ID+`","criticality":"high","rto":"2 h","availability":99.95}`).Want(t, 201)
		res.JSON(t, &made)
		if made.RTO != "PT2H" || made.Availability != "99.95" || made.State != Draft || !strings.Contains(res.Body, `"availability":99.95`) || !strings.Contains(res.Body, `"rpo":null`) {
			t.Errorf("made %s", res.Body)
		}
		admin.Do(t, "POST", "/requirements", `{"customer":"acme","name":"again","workload":"`+work.ID+`"}`).Want(t, 409)

		var filled Filled
		admin.Do(t, "POST", "/requirements/"+made.ID+"/template", `{}`).Want(t, 200).JSON(t, &filled)
		if filled.RTO != "PT2H" || filled.Availability != "99.95" || filled.RPO != "PT1H" || *filled.Retention != 30 || len(filled.Filled) != 14 {
			t.Errorf("filled %v: %+v", filled.Filled, filled.Requirement)
		}
		var agreed, changed Requirement
		admin.Do(t, "POST", "/requirements/"+made.ID+"/agree", ``).Want(t, 200).JSON(t, &agreed)
		if agreed.State != Agreed || agreed.AgreedBy == "" || !agreed.AgreedAt.Equal(c.Now()) {
			t.Errorf("agreed %+v", agreed)
		}
		admin.Do(t, "POST", "/requirements/"+made.ID+"/agree", ``).Want(t, 409)
		admin.Do(t, "PATCH", "/requirements/"+made.ID, `{"note":"said on the phone"}`).Want(t, 200).JSON(t, &changed)
		if changed.State != Agreed {
			t.Error("a note took the agreement away")
		}
		admin.Do(t, "PATCH", "/requirements/"+made.ID, `{"rpo":"PT30M"}`).Want(t, 200).JSON(t, &changed)
		if changed.State != Draft || changed.AgreedBy != "" || !changed.AgreedAt.IsZero() {
			t.Errorf("a changed promise stays agreed: %+v", changed)
		}
		if err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
			all, err := s.Of(t.Context(), tx, acme.ID)
			rules := all[work.ID]["production"]
			if rules["rto_minutes"] != int64(120) || rules["rpo_minutes"] != int64(30) || rules["availability"] != 99.95 || rules["monitor_application"] != true || rules["tier"] != "24x7" {
				t.Errorf("rules %v", rules)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		csv := admin.Do(t, "GET", "/requirements", "", "Accept", "text/csv").Want(t, 200).Body
		if !strings.Contains(csv, "PT2H,PT30M,30,99.95") {
			t.Errorf("CSV: %s", csv)
		}
	})
}

// The undo of a template takes back what it filled, but for what somebody wrote over it since.
func TestUndoOfATemplate(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		kinds := append(append(customer.Kinds(), cmdb.Kinds()...), Kinds()...)
		s := New(Parts{DB: d, Subjects: subject.New(kinds...), Library: library(t)})
		server := apitest.New(t, d, c, customer.Resolve, customer.NewService(d), cmdb.New(d), s)
		admin := server.As("admin", permission.Admin, db.GrantAll())
		var made, now Requirement
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201)
		var work struct{ ID string }
		admin.Do(t, "POST", "/workloads", `{"customer":"acme","name":"Shop"}`).Want(t, 201).JSON(t, &work)
		admin.Do(t, "POST", "/requirements", `{"customer":"acme","name":"Shop, production","workload":"`+work.ID+`","criticality":"high","rto":"2 h"}`).Want(t, 201).JSON(t, &made)
		ada := permission.Grant(permission.Actor{ID: id.New(), Name: "Ada", Kind: permission.Person, Language: "en", TimeZone: "UTC"}, permission.Admin, db.GrantAll())
		filled, edit, err := s.applyTemplate(t.Context(), ada, made.ID, 0, "", true)
		if err != nil || edit == "" || filled.RPO != "PT1H" || filled.Retention == nil {
			t.Fatalf("filled %+v as %q: %v", filled, edit, err)
		}
		admin.Do(t, "PATCH", "/requirements/"+made.ID, `{"rpo":"PT15M"}`).Want(t, 200)
		bundle, err := i18n.Load(locales.FS)
		if err != nil {
			t.Fatal(err)
		}
		edits := bulk.New(d, bundle, s.Editables()...)
		if _, err := edits.Undo(t.Context(), ada, edit); err != nil {
			t.Fatal(err)
		}
		admin.Do(t, "GET", "/requirements/"+made.ID, "").Want(t, 200).JSON(t, &now)
		if now.RTO != "PT2H" || now.RPO != "PT15M" || now.Retention != nil || now.Availability != "" {
			t.Errorf("after the undo: %+v", now)
		}
		if _, err := edits.Undo(t.Context(), ada, edit); !fault.Is(err, fault.Conflict) {
			t.Errorf("undone twice: %v", err)
		}
	})
}

// What a template fills was empty, and what was not empty stays.
func TestTemplateFillsOnlyWhatIsEmpty(t *testing.T) {
	t.Parallel()
	l := library(t)
	if len(l.Templates) != 4 {
		t.Fatalf("%d templates", len(l.Templates))
	}
	rapid.Check(t, func(t *rapid.T) {
		r := Requirement{RTO: register.Duration(rapid.SampledFrom([]string{"", "PT5M"}).Draw(t, "rto")), Tier: rapid.SampledFrom([]string{"", "8x5"}).Draw(t, "tier"),
			Encryption: rapid.SampledFrom([]string{"", "none"}).Draw(t, "encryption")}
		before := r.Rules()
		filled := fill(&r, l.Templates[rapid.SampledFrom([]string{"critical", "high", "medium", "low"}).Draw(t, "template")])
		after := r.Rules()
		for k, v := range before {
			if after[k] != v {
				t.Fatalf("%s was %v and is %v", k, v, after[k])
			}
		}
		if len(after)-len(before) != len(filled) || len(fill(&r, l.Templates["critical"])) != 0 {
			t.Fatalf("filled %v: %d rules became %d", filled, len(before), len(after))
		}
	})
}
