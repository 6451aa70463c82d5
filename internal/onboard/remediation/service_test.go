package remediation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/remediation"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/locales"
)

// room is remediation with gaps that a test sets by hand.
type room struct {
	*remediation.Service
	admin  *apitest.Client
	actor  permission.Actor
	gaps   map[string]*remediation.Finding
	proofs int
	acme   customer.Customer
}

func (r *room) Open(context.Context, *db.Tx) (out []remediation.Finding, err error) {
	return r.where(func(f remediation.Finding) bool { return f.Verdict == "fail" }), nil
}

func (r *room) Under(_ context.Context, _ *db.Tx, measure string) ([]remediation.Finding, error) {
	return r.where(func(f remediation.Finding) bool {
		return f.MeasureID != "" && (measure == "" || f.MeasureID == measure)
	}), nil
}

func (r *room) SetMeasure(_ context.Context, _ *db.Tx, measure string, gaps []string) error {
	for _, g := range gaps {
		r.gaps[g].MeasureID = measure
	}
	return nil
}

func (r *room) where(keep func(remediation.Finding) bool) (out []remediation.Finding) {
	for _, k := range slices.Sorted(func(yield func(string) bool) {
		for k := range r.gaps {
			if !yield(k) {
				return
			}
		}
	}) {
		if keep(*r.gaps[k]) {
			out = append(out, *r.gaps[k])
		}
	}
	return out
}

func open(t *testing.T, d *db.DB, c clock.Clock) *room {
	t.Helper()
	r := &room{gaps: map[string]*remediation.Finding{}}
	customers := customer.NewService(d)
	r.Service = remediation.New(remediation.Parts{DB: d, Gaps: r,
		Subjects: subject.New(slices.Concat(customer.Kinds(), cmdb.Kinds(), remediation.Kinds())...),
		Control: func(id, language string) (remediation.Control, bool) {
			return remediation.Control{Title: id + " in " + language, Remedy: "mend it", Effort: time.Hour}, id != "retired"
		},
		Requirements: func(context.Context, *db.Tx) (func(string, string) map[string]any, error) {
			return func(string, string) map[string]any { return map[string]any{"rpo_minutes": float64(60)} }, nil
		},
		Proofs: func(context.Context, *db.Tx, string) (int, error) { return r.proofs, nil },
		Customer: func(ctx context.Context, tx *db.Tx, ref string) (string, string, error) {
			found, err := customer.Resolve(ctx, tx, ref)
			return found, "fr", err
		}})
	s := apitest.New(t, d, c, customer.Resolve, customers, r.Service)
	r.admin = s.As("admin", permission.Admin, db.GrantAll())
	r.admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201).JSON(t, &r.acme)
	r.actor = permission.Grant(permission.Actor{Name: "Ada", Kind: permission.System, Language: "en", TimeZone: "UTC"}, permission.Admin, db.GrantAll())
	return r
}

func (r *room) fails(control, subject, severity string) string {
	g := &remediation.Finding{ID: id.New(), Control: control, Subject: subject, Account: "111122223333", Area: "backup", Severity: severity, Environment: "production", Verdict: "fail"}
	r.gaps[g.ID] = g
	return g.ID
}

func TestAMeasureClosesByItsEvidenceAlone(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := open(t, d, c)
		one, two := r.fails("rds-backup-retention", "orders", "critical"), r.fails("rds-backup-retention", "customers", "high")
		r.fails("volume-in-use", "vol-1", "low")
		var found struct{ Proposals []remediation.Proposal }
		r.admin.Do(t, "GET", "/measure-proposals/acme", "").Want(t, 200).JSON(t, &found)
		if len(found.Proposals) != 2 {
			t.Fatalf("%d proposals, want 2", len(found.Proposals))
		}
		p := found.Proposals[0]
		if p.Priority != "p1" || len(p.Gaps) != 2 || p.Effort != 75 || p.Severity != "critical" || p.Risk != 112 || p.Title != "rds-backup-retention in fr" {
			t.Errorf("the first proposal is %+v", p)
		}
		var made struct{ Measures []remediation.Measure }
		r.admin.Do(t, "POST", "/measure-proposals/acme", `{"proposals":["`+p.Key+`"],"due":"2026-12-24"}`).Want(t, 200).JSON(t, &made)
		m := made.Measures[0]
		if m.State != "proposed" || m.Due != "2026-12-24" || m.Customer != "acme" || r.gaps[one].MeasureID != m.ID || len(m.Why.V) == 0 {
			t.Errorf("made %+v", m)
		}
		r.admin.Do(t, "GET", "/measure-proposals/acme", "").Want(t, 200).JSON(t, &found)
		if len(found.Proposals) != 1 {
			t.Errorf("%d proposals are left, want 1: what a measure has is not proposed twice", len(found.Proposals))
		}

		// Nobody says that it is done: neither by a change nor by closing while a gap stands.
		if text := r.admin.Do(t, "PATCH", "/measures/"+m.ID, `{"state":"done"}`).Want(t, 422).Body; !strings.Contains(text, `"state"`) {
			t.Errorf("the refusal names no field: %s", text)
		}
		if text := r.admin.Do(t, "POST", "/measures/"+m.ID+"/close", "").Want(t, 409).Body; !strings.Contains(text, "orders") || !strings.Contains(text, "customers") {
			t.Errorf("the refusal does not say what stands: %s", text)
		}
		r.gaps[one].Verdict, r.gaps[two].Verdict = "pass", "unknown"
		r.admin.Do(t, "POST", "/measures/"+m.ID+"/close", "").Want(t, 409)
		settle := func(want string, risk int64) {
			t.Helper()
			if err := r.Settle(t.Context(), r.actor, r.acme.ID); err != nil {
				t.Fatal(err)
			}
			var got remediation.Measure
			r.admin.Do(t, "GET", "/measures/"+m.ID, "").Want(t, 200).JSON(t, &got)
			if got.State != want || got.Risk != risk || (got.State == "done") != !got.ClosedAt.IsZero() {
				t.Errorf("it is %s with a risk of %d, closed %v; want %s, %d", got.State, got.Risk, got.ClosedAt, want, risk)
			}
		}
		settle("proposed", 0)
		r.gaps[two].Verdict = "accepted"
		settle("done", 0)
		settle("done", 0)
		r.admin.Do(t, "POST", "/measures/"+m.ID+"/close", "").Want(t, 409)
		r.admin.Do(t, "PATCH", "/measures/"+m.ID, `{"state":"planned"}`).Want(t, 422)
		r.gaps[one].Verdict = "fail"
		settle("in_progress", 80)
	})
}

func TestAMeasureWithoutAControlNeedsProof(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := open(t, d, c)
		var m remediation.Measure
		r.admin.Do(t, "POST", "/measures", `{"customer":"acme","title":"Train the night shift","side":"customer","effort_minutes":480,"cost":{"amount":"1200.00","currency":"EUR"}}`).Want(t, 201).JSON(t, &m)
		r.admin.Do(t, "POST", "/measures/"+m.ID+"/close", "").Want(t, 409)
		r.proofs = 1
		r.admin.Do(t, "POST", "/measures/"+m.ID+"/close", "").Want(t, 200).JSON(t, &m)
		if m.State != "done" || m.ClosedHow != remediation.ByProof || m.ClosedBy != "admin" {
			t.Errorf("closed %+v", m)
		}
		if err := r.Settle(t.Context(), r.actor, r.acme.ID); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMeasuresWaitForEachOtherWithoutACircle(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := open(t, d, c)
		var other customer.Customer
		r.admin.Do(t, "POST", "/customers", `{"slug":"other","name":"Other"}`).Want(t, 201).JSON(t, &other)
		make := func(customer, title string, minutes int) (m remediation.Measure) {
			r.admin.Do(t, "POST", "/measures", fmt.Sprintf(`{"customer":%q,"title":%q,"effort_minutes":%d}`, customer, title, minutes)).Want(t, 201).JSON(t, &m)
			return m
		}
		a, b, z := make("acme", "Alpha", 480), make("acme", "Beta", 960), make("other", "Zeta", 60)
		path := func(m, n remediation.Measure) string { return "/measures/" + m.ID + "/needs/" + n.ID }
		r.admin.Do(t, "PUT", path(b, a), "").Want(t, 200)
		r.admin.Do(t, "PUT", path(b, a), "").Want(t, 200)
		if text := r.admin.Do(t, "PUT", path(a, b), "").Want(t, 409).Body; !strings.Contains(text, "Alpha → Beta → Alpha") {
			t.Errorf("the circle is not named: %s", text)
		}
		r.admin.Do(t, "PUT", path(a, a), "").Want(t, 409)
		r.admin.Do(t, "PUT", path(a, z), "").Want(t, 422)
		var plan remediation.Plan
		r.admin.Do(t, "GET", "/remediation-plans/acme", "").Want(t, 200).JSON(t, &plan)
		if plan.Days != 3 || !slices.Equal(plan.Path, []string{a.ID, b.ID}) || plan.Open != 2 || plan.Hours != 24 || len(plan.Burndown) == 0 || plan.Customer != "acme" {
			t.Errorf("the plan is %+v", plan)
		}
		r.admin.Do(t, "DELETE", path(b, a), "").Want(t, 204)
		r.admin.Do(t, "DELETE", path(b, a), "").Want(t, 204)
		r.admin.Do(t, "DELETE", path(b, z), "").Want(t, 404)
		r.admin.Do(t, "PUT", path(a, b), "").Want(t, 200)
	})
}

func TestWhatIsWrongWithATakeIsNamed(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := open(t, d, c)
		r.fails("retired", "x", "low")
		r.admin.Do(t, "POST", "/measure-proposals/acme", `{"due":"soon"}`).Want(t, 422)
		r.admin.Do(t, "POST", "/measure-proposals/acme", `{"proposals":["no|a:1"]}`).Want(t, 422)
		r.admin.Do(t, "POST", "/measure-proposals/acme", `{"milestone":"`+id.New()+`"}`).Want(t, 422)
		r.admin.Do(t, "GET", "/measure-proposals/nobody", "").Want(t, 404)
		var made struct{ Measures []remediation.Measure }
		r.admin.Do(t, "POST", "/measure-proposals/acme", `{}`).Want(t, 200).JSON(t, &made)
		if len(made.Measures) != 1 || made.Measures[0].Title != "retired · 111122223333" {
			t.Errorf("made %+v", made.Measures)
		}
	})
}

// Every word of the room's registers is there in both languages, and none that they do not ask for.
func TestRegistersAreNamed(t *testing.T) {
	t.Parallel()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	r := remediation.OpenRegisters(register.Parts{})
	wanted := slices.Concat(r.Measures.Keys(), r.Milestones.Keys())
	for _, l := range bundle.Languages() {
		keys := bundle.Keys(l.Code)
		for _, k := range wanted {
			if !slices.Contains(keys, k) {
				t.Errorf("%s lacks %s", l.Code, k)
			}
		}
		for _, k := range keys {
			if part := strings.Split(k, "."); part[0] == "register" && (part[1] == "measure" || part[1] == "milestone") && !slices.Contains(wanted, k) {
				t.Errorf("%s has %s, which no register asks for", l.Code, k)
			}
		}
	}
}
