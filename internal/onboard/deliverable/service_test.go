package deliverable_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/deliverable"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/outbox"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/record/register"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web/webtest"
	"vigie/locales"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// proven has always just shown who they are.
type proven struct{}

func (proven) TakeProof(context.Context, *db.Tx, permission.Actor) (string, error) {
	return "password", nil
}
func (proven) HasProof(context.Context, permission.Actor) (bool, error) { return true, nil }

// house is a customer with two alarms and three contacts.
type house struct {
	*deliverable.Service
	db        *db.DB
	customers *customer.Service
	approvals *approval.Service
	cmdb      *cmdb.Service
	acme      customer.Customer
}

func open(t testing.TB, d *db.DB, c clock.Clock, language string) *house {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	templates, err := deliverable.LoadTemplates(catalogue.Files)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{db: d, customers: customer.NewService(d), cmdb: cmdb.New(d)}
	h.approvals = approval.New(approval.Parts{DB: d, Log: audit.NewLog(audit.Parts{DB: d, Secrets: sealtest.New(t)}), Proof: proven{}, Outbox: outbox.New(d, nil),
		Errors: slog.New(slog.DiscardHandler), Customer: customer.Resolve})
	h.Service = deliverable.New(deliverable.Parts{DB: d, Bundle: bundle, Clock: c, Customers: h.customers, Approvals: h.approvals, Templates: templates})
	if h.acme, err = h.customers.CreateCustomer(t.Context(), h.admin(), customer.NewCustomer{Slug: "acme", Name: "Acme", Language: language}); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"Ann", "Ben", "Cat"} {
		level := int64(i + 1)
		if _, err := h.customers.Registers.Contacts.Create(t.Context(), h.admin(), "acme", register.As(customer.Contact{Name: name, Email: strings.ToLower(name) + "@acme.example", Level: &level})); err != nil {
			t.Fatal(err)
		}
	}
	h.alarm(t, "shop-cpu")
	h.alarm(t, "shop-errors")
	return h
}

func (h *house) alarm(t testing.TB, name string) cmdb.CI {
	t.Helper()
	ci, err := h.cmdb.CreateCI(t.Context(), h.admin(), cmdb.NewCI{Customer: "acme", Type: "AWS::CloudWatch::Alarm", Name: name, ExternalID: name,
		Attributes: map[string]any{"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Threshold": 90}})
	if err != nil {
		t.Fatal(err)
	}
	return ci
}

func actor(r permission.Role, s db.Scope) permission.Actor {
	return permission.Grant(permission.Actor{ID: "0190aaaa-0000-7000-8000-00000000000b", Name: "The " + string(r), Kind: permission.Person, Via: "session", Language: "en", TimeZone: "UTC"}, r, s)
}

func (h *house) admin() permission.Actor { return actor(permission.Admin, db.GrantAll()) }

func (h *house) as(r permission.Role) permission.Actor { return actor(r, db.Grant(h.acme.ID)) }

func (h *house) draft(t testing.TB, kind string) deliverable.Deliverable {
	t.Helper()
	d, err := h.Create(t.Context(), h.as(permission.Engineer), deliverable.NewDeliverable{Customer: "acme", Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sign signs the latest version as the customer.
func (h *house) sign(t testing.TB, id string) approval.Approval {
	t.Helper()
	w, err := h.Get(t.Context(), h.as(permission.Approver), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := h.approvals.Approval(t.Context(), h.as(permission.Approver), string(w.V.ApprovalID))
	if err == nil {
		v, err = h.approvals.Sign(t.Context(), h.as(permission.Approver), v.ID, v.SHA256, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (h *house) approved(t testing.TB, kind string) (out deliverable.Agreed, err error) {
	t.Helper()
	err = h.db.View(t.Context(), db.Grant(h.acme.ID), func(tx *db.Tx) (err error) {
		out, err = h.Approved(t.Context(), tx, h.acme.ID, kind)
		return err
	})
	return out, err
}

func (h *house) change(t testing.TB, id string, edit func(deliverable.Content)) deliverable.Deliverable {
	t.Helper()
	w, err := h.Get(t.Context(), h.as(permission.Engineer), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	edit(w.Content)
	raw, err := json.Marshal(w.Content)
	if err != nil {
		t.Fatal(err)
	}
	d, err := h.Change(t.Context(), h.as(permission.Engineer), id, w.Version, deliverable.ChangeDeliverable{Data: (*json.RawMessage)(&raw)})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A version goes from draft over approval to being what other rooms go by, until the next one is signed.
func TestLifeOfADeliverable(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx, h := t.Context(), open(t, d, c, "fr")
		engineer := h.as(permission.Engineer)
		m := h.draft(t, deliverable.Contacts)
		if m.Title != "Contacts et matrice d’escalade" || m.Status != deliverable.Draft || m.Number != 1 {
			t.Errorf("drafted: %+v", m)
		}
		if _, err := h.Create(ctx, engineer, deliverable.NewDeliverable{Customer: "acme", Kind: deliverable.Contacts}); !fault.Is(err, fault.Conflict) {
			t.Errorf("drafted twice: %v", err)
		}
		if _, err := h.Create(ctx, h.as(permission.Approver), deliverable.NewDeliverable{Customer: "acme", Kind: deliverable.Alerts}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by a customer: %v", err)
		}
		if _, err := h.approved(t, deliverable.Contacts); !fault.Is(err, fault.NotFound) {
			t.Errorf("approved without a signature: %v", err)
		}
		h.change(t, m.ID, func(c deliverable.Content) { c.(*deliverable.Matrix).Levels[1].AfterMinutes = 0 })
		if _, err := h.Ask(ctx, engineer, m.ID, 0); !fault.Is(err, fault.Invalid) {
			t.Errorf("asked with a gap: %v", err)
		}
		h.change(t, m.ID, func(c deliverable.Content) { c.(*deliverable.Matrix).Levels[1].AfterMinutes = 45 })
		if _, err := h.Ask(ctx, engineer, m.ID, 1); !fault.Is(err, fault.Stale) {
			t.Errorf("asked for what has changed since: %v", err)
		}
		asked, err := h.Ask(ctx, engineer, m.ID, 0)
		if err != nil || asked.Status != deliverable.InApproval {
			t.Fatal(asked, err)
		}
		if _, err := h.Change(ctx, engineer, m.ID, 0, deliverable.ChangeDeliverable{Note: new(string)}); !fault.Is(err, fault.Conflict) {
			t.Errorf("changed while it is being signed: %v", err)
		}
		v := h.sign(t, m.ID)
		for _, word := range []string{"# Contacts et matrice d’escalade", "Acme · Version 1", "### Ann", "- Après (minutes)\u00a0: 45", "SHA-256 des données"} {
			if !strings.Contains(v.Content, word) {
				t.Errorf("the signer was not shown %q in\n%s", word, v.Content)
			}
		}
		if strings.Join(roles(v.Roles.V), " ") != "approver" {
			t.Errorf("asked of %v", v.Roles.V)
		}
		a, err := h.approved(t, deliverable.Contacts)
		if err != nil || a.Number != 1 || a.Content.(*deliverable.Matrix).Levels[1].AfterMinutes != 45 || a.SHA256 != v.SHA256 {
			t.Fatal(a, err)
		}
		if err := h.Told(ctx, h.as(permission.Admin), v); err != nil {
			t.Fatal(err)
		}
		if err := h.Told(ctx, h.as(permission.Admin), v); err != nil {
			t.Fatal(err)
		}
		if n := h.trail(t, m.ID, "approve"); n != 1 {
			t.Errorf("%d entries say that it was approved", n)
		}

		second := h.change(t, m.ID, func(c deliverable.Content) { c.(*deliverable.Matrix).Levels[1].AfterMinutes = 15 })
		if second.Number != 2 || second.Status != deliverable.Draft || second.ApprovedNumber != 1 {
			t.Errorf("the next version: %+v", second)
		}
		if a, err = h.approved(t, deliverable.Contacts); err != nil || a.Number != 1 {
			t.Errorf("a draft counts: %+v %v", a, err)
		}
		if _, err := h.Ask(ctx, engineer, m.ID, 0); err != nil {
			t.Fatal(err)
		}
		if err := h.TakeBack(ctx, engineer, m.ID, "one more thing"); err != nil {
			t.Fatal(err)
		}
		if w, err := h.Get(ctx, engineer, m.ID, 0); err != nil || w.V.Status != deliverable.Returned || w.V.Reason != "one more thing" {
			t.Errorf("taken back: %+v %v", w.V, err)
		}
		if third := h.change(t, m.ID, func(c deliverable.Content) { c.(*deliverable.Matrix).Levels[1].AfterMinutes = 20 }); third.Number != 3 {
			t.Errorf("what was taken back is changed itself: %+v", third)
		}
		if _, err := h.Ask(ctx, engineer, m.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.sign(t, m.ID)
		versions, err := h.Versions(ctx, engineer, m.ID)
		if err != nil || len(versions) != 3 || versions[0].Status != deliverable.Approved || versions[1].Status != deliverable.Returned || versions[2].Status != deliverable.Superseded {
			t.Errorf("versions: %+v %v", versions, err)
		}
		_, _, changes, err := h.Compare(ctx, engineer, m.ID, 1, 3)
		if err != nil || len(changes) != 1 || changes[0].What != deliverable.Changed || changes[0].Fields[0] != (deliverable.FieldDelta{Field: "after_minutes", Before: "45", After: "20"}) {
			t.Errorf("compared: %+v %v", changes, err)
		}
	})
}

func roles(in []permission.Role) (out []string) {
	for _, r := range in {
		out = append(out, string(r))
	}
	return out
}

func (h *house) trail(t testing.TB, id, action string) (n int) {
	t.Helper()
	if err := h.db.View(t.Context(), db.Grant(h.acme.ID), func(tx *db.Tx) error {
		return tx.Get(t.Context(), &n, `SELECT COUNT(*) FROM {audit_entry} WHERE record_id = ? AND action = ?`, id, action)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// Filling again follows the estate, and leaves alone what people have written.
func TestFillAgain(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx, h := t.Context(), open(t, d, c, "en")
		engineer := h.as(permission.Engineer)
		m := h.draft(t, deliverable.Alerts)
		h.change(t, m.ID, func(c deliverable.Content) {
			c.(*deliverable.Manual).Alerts[0].FirstSteps = "Call Ann."
			for i := range c.(*deliverable.Manual).Alerts {
				c.(*deliverable.Manual).Alerts[i].Owner = "Shop team"
			}
		})
		if _, changes, err := h.Preview(ctx, engineer, m.ID); err != nil || len(changes) != 0 {
			t.Errorf("nothing has happened: %+v %v", changes, err)
		}
		c.Advance(time.Hour)
		h.alarm(t, "shop-queue")
		_, changes, err := h.Preview(ctx, engineer, m.ID)
		if err != nil || len(changes) != 1 || changes[0].What != deliverable.Added || changes[0].Title != "shop-queue" {
			t.Fatalf("a new alarm: %+v %v", changes, err)
		}
		w, err := h.Get(ctx, engineer, m.ID, 0)
		if err != nil || len(w.Faults) != 1 || w.Faults[0].Key != "deliverable.bad.alarms_left" {
			t.Errorf("an alarm without an entry: %+v %v", w.Faults, err)
		}
		if _, changes, err = h.Refill(ctx, engineer, m.ID, w.Version); err != nil || len(changes) != 1 {
			t.Fatal(changes, err)
		}
		if w, err = h.Get(ctx, engineer, m.ID, 0); err != nil {
			t.Fatal(err)
		}
		all := w.Content.(*deliverable.Manual).Alerts
		if len(all) != 3 || all[0].FirstSteps != "Call Ann." || all[0].Owner != "Shop team" || w.V.FilledAt.Time.Equal(w.CreatedAt.Time) {
			t.Errorf("filled: %+v", all)
		}
		if d, changes, err := h.Refill(ctx, engineer, m.ID, 0); err != nil || len(changes) != 0 || d.Version != w.Version {
			t.Errorf("a second time: %+v %+v %v", d, changes, err)
		}
	})
}

func TestDeliverablesOfTheAPI(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c, "en")
		server := apitest.New(t, d, c, customer.Resolve, h.Service)
		engineer := server.As("engineer", permission.Engineer, db.Grant(h.acme.ID))
		var made, got deliverable.Shown
		engineer.Do(t, "POST", "/deliverables", `{"customer":"acme","kind":"wishes"}`).Want(t, 422)
		engineer.Do(t, "POST", "/deliverables", `{"customer":"nobody","kind":"workflow"}`).Want(t, 422)
		engineer.Do(t, "POST", "/deliverables", `{"customer":"acme","kind":"workflow"}`).Want(t, 201).JSON(t, &made)
		engineer.Do(t, "GET", "/deliverables/"+made.ID, "").Want(t, 200).JSON(t, &got)
		if len(got.Missing) != 0 || got.Shown.Number != 1 {
			t.Errorf("as drafted: %+v", got)
		}
		engineer.Do(t, "PATCH", "/deliverables/"+made.ID, `{"data":{"states":[{"key":"new","place":"begin"}]}}`).Want(t, 422)
		engineer.Do(t, "PATCH", "/deliverables/"+made.ID, `{"data":{"stages":[]}}`).Want(t, 422)
		engineer.Do(t, "PATCH", "/deliverables/"+made.ID, `{"note":"first"}`, "If-Match", `"v7"`).Want(t, 412)
		engineer.Do(t, "PATCH", "/deliverables/"+made.ID, `{"data":{"states":[{"key":"new","name":"New","place":"initial"}]},"note":"first"}`, "If-Match", `"v1"`).Want(t, 200)
		engineer.Do(t, "GET", "/deliverables/"+made.ID, "").Want(t, 200).JSON(t, &got)
		if got.Shown.Note != "first" || len(got.Missing) != 3 {
			t.Errorf("changed: %+v", got)
		}
		if res := engineer.Do(t, "POST", "/deliverables/"+made.ID+"/approval", ``).Want(t, 422); !strings.Contains(string(res.Body), `"field":"types"`) {
			t.Errorf("asked without types: %s", res.Body)
		}
		if res := engineer.Do(t, "GET", "/deliverables?status=draft&kind=workflow&customer=acme", "").Want(t, 200); !strings.Contains(string(res.Body), made.ID) {
			t.Errorf("listed: %s", res.Body)
		}
		if res := engineer.Do(t, "GET", "/deliverables/"+made.ID+"/document?format=pdf", "").Want(t, 200); !strings.HasPrefix(string(res.Body), "%PDF-") {
			t.Errorf("no PDF: %.40s", res.Body)
		}
		engineer.Do(t, "GET", "/deliverables/"+made.ID+"/document?format=xlsx&number=1", "").Want(t, 200)
		engineer.Do(t, "GET", "/deliverables/"+made.ID+"/document?number=x", "").Want(t, 422)
		engineer.Do(t, "POST", "/deliverables/"+made.ID+"/fill", `{}`).Want(t, 200)
		engineer.Do(t, "POST", "/deliverables/"+made.ID+"/withdraw", `{"reason":"x"}`).Want(t, 409)
	})
}

// Forms work by buttons alone: rows come, move and go, and nothing is kept before it is saved.
func TestDeliverablePages(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	d := dbtest.SQLite(t, c)
	h := open(t, d, c, "en")
	site := webtest.New(t, d, c)
	h.Service.Pages(site.Mux, site.Shell)
	engineer, viewer := site.As(actor(permission.Engineer, db.GrantAll())), site.As(h.as(permission.Viewer))
	engineer.Get(t, "/deliverables").Want(t, 200).Has(t, "No deliverable yet")
	engineer.Get(t, "/deliverables?customer=acme").Want(t, 200).Has(t, "Draft all 6", "Operations manual for alerts")
	viewer.Get(t, "/deliverables").Want(t, 200).Has(t, "Operations manual for alerts").Lacks(t, "Draft all")
	viewer.Post(t, "/deliverables/new").Want(t, http.StatusForbidden)
	engineer.Post(t, "/deliverables/new", "customer", "acme").To(t, "/deliverables?customer=acme")
	engineer.Get(t, "/deliverables").Want(t, 200).Has(t, "6 rows", "Incident report template")

	m := h.find(t, deliverable.Contacts)
	at := "/deliverables/" + m.ID
	engineer.Get(t, at).Want(t, 200).Has(t, "Ann", "Ask for approval", "Fill again")
	viewer.Get(t, at).Want(t, 200).Has(t, "Ann").Lacks(t, "Ask for approval", at+"/edit")
	viewer.Get(t, at+"/edit").Want(t, http.StatusForbidden)
	engineer.Get(t, at+"/edit?part=levels").Want(t, 200).Has(t, `name="levels[0].name"`, "Service management")
	engineer.Get(t, at+"/edit?part=nothing").Want(t, 404)
	two := []string{"part", "levels", "rows", "2", "version", "1", "levels[0].level", "1", "levels[0].name", "First", "levels[0].after_minutes", "0", "levels[0].when", "At once",
		"levels[1].level", "2", "levels[1].name", "Second", "levels[1].after_minutes", "30", "levels[1].when", "Later"}
	with := func(pairs ...string) []string { return append(append([]string{}, two...), pairs...) }
	engineer.Post(t, at+"/edit", with("do", "add")...).Want(t, 200).Has(t, `name="levels[2].name"`, `name="rows" value="3"`)
	engineer.Post(t, at+"/edit", with("do", "down:0")...).Want(t, 200).Has(t, `id="f-levels[0].name" name="levels[0].name"`, "1. Second")
	engineer.Post(t, at+"/edit", with("do", "remove:0")...).Want(t, 200).Has(t, "1. Second").Lacks(t, "First")
	engineer.Post(t, at+"/edit", with("do", "up:0")...).Want(t, 200).Has(t, "1. First")
	engineer.Get(t, at).Want(t, 200).Has(t, "Service management")
	engineer.Post(t, at+"/edit", with("levels[1].after_minutes", "")...).To(t, at)
	engineer.Post(t, at+"/edit", "part", "levels", "rows", "1", "levels[0].level", "one").Want(t, 422).Has(t, "Give a whole number", "#f-levels[0].level")
	engineer.Get(t, at).Want(t, 200).Has(t, "Second", "There is no level 3").Lacks(t, "Ask for approval", "Service management")
	engineer.Post(t, at+"/edit", with("version", "1")...).Want(t, http.StatusPreconditionFailed)
	engineer.Post(t, at+"/approval").To(t, at)
	engineer.Get(t, at+"/fill").Want(t, 200).Has(t, "Nothing has changed")
	engineer.Get(t, at+"/compare").Want(t, 200).Has(t, "Both versions say the same")
	engineer.Get(t, at+"?number=7").Want(t, 404)
	engineer.Get(t, at+"?format=pdf").Want(t, 200)

	report := h.find(t, deliverable.IncidentReport)
	engineer.Post(t, "/deliverables/"+report.ID+"/approval").To(t, "/deliverables/"+report.ID)
	engineer.Get(t, "/deliverables/"+report.ID).Want(t, 200).Has(t, "In approval", "Take back")
	engineer.Get(t, "/deliverables/"+report.ID+"/edit").To(t, "/deliverables/"+report.ID)
	engineer.Post(t, "/deliverables/"+report.ID+"/withdraw", "reason", "not yet").To(t, "/deliverables/"+report.ID)
	engineer.Get(t, "/deliverables/"+report.ID).Want(t, 200).Has(t, "Returned", "not yet")
	engineer.Get(t, "/deliverables/"+report.ID+"/edit").Want(t, 200).Has(t, "Saving makes version 2")
}

func (h *house) find(t testing.TB, kind string) deliverable.Deliverable {
	t.Helper()
	p, err := h.Deliverables(t.Context(), h.admin(), deliverable.Spec.All().Where("d.kind = ?", kind))
	if err != nil || len(p.Items) != 1 {
		t.Fatal(p, err)
	}
	return p.Items[0]
}
