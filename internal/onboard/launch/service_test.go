package launch_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/kit/api"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/launch"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/outbox"
	"vigie/internal/platform/seal/sealtest"
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

// house is a customer whose estate is seen by as much as the test says; on-call, test alert and restore have no check.
type house struct {
	*launch.Service
	db        *db.DB
	clock     *clock.Manual
	approvals *approval.Service
	customers *customer.Service
	acme      customer.Customer
	complete  int // scopes of 100
	run       string
}

func open(t testing.TB, d *db.DB, c *clock.Manual) *house {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := launch.LoadRules(catalogue.Files)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{db: d, clock: c, customers: customer.NewService(d), complete: 100, run: "r1"}
	h.approvals = approval.New(approval.Parts{DB: d, Log: audit.NewLog(audit.Parts{DB: d, Secrets: sealtest.New(t)}), Proof: proven{}, Outbox: outbox.New(d, nil),
		Errors: slog.New(slog.DiscardHandler), Customer: customer.Resolve})
	h.Service = launch.New(launch.Parts{DB: d, Bundle: bundle, Clock: c, Customers: h.customers, Approvals: h.approvals, Rules: rules})
	always := func(context.Context, *db.Tx, string) (launch.Finding, error) {
		return launch.Finding{Status: launch.Met}, nil
	}
	for _, key := range []string{"deliverables_approved", "no_critical_gap", "access_proved"} {
		h.Hang(key, always)
	}
	h.Hang("discovery_complete", launch.DiscoveryComplete(h.Parameter("discovery_complete", "share"), func(context.Context, *db.Tx, string) (launch.Seen, error) {
		return launch.Seen{Run: h.run, Complete: h.complete, Scopes: 100}, nil
	}, "/coverage"))
	if h.acme, err = h.customers.CreateCustomer(t.Context(), h.admin(), customer.NewCustomer{Slug: "acme", Name: "Acme", Language: "fr", Phase: "remediation"}); err != nil {
		t.Fatal(err)
	}
	return h
}

func actor(r permission.Role, s db.Scope) permission.Actor {
	return permission.Grant(permission.Actor{ID: "0190aaaa-0000-7000-8000-00000000000b", Name: "The " + string(r), Kind: permission.Person, Via: "session", Language: "en", TimeZone: "UTC"}, r, s)
}

func (h *house) admin() permission.Actor { return actor(permission.Admin, db.GrantAll()) }

func (h *house) as(r permission.Role) permission.Actor { return actor(r, db.Grant(h.acme.ID)) }

func (h *house) plan(t testing.TB) launch.Launch {
	t.Helper()
	l, err := h.Plan(t.Context(), h.as(permission.Manager), launch.NewLaunch{Customer: "acme", TargetOn: "2026-04-01"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (h *house) sign(t testing.TB, id string, r permission.Role) {
	t.Helper()
	v, _, err := h.approvals.Approval(t.Context(), h.as(r), id)
	if err == nil {
		_, err = h.approvals.Sign(t.Context(), h.as(r), v.ID, v.SHA256, true)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// waive has the customer sign that the launch does without every practice that is not there yet.
func (h *house) waive(t testing.TB, keys ...string) (out []launch.Waiver) {
	t.Helper()
	for _, key := range keys {
		w, err := h.AskWaiver(t.Context(), h.as(permission.Manager), launch.NewWaiver{Customer: "acme", Condition: key, Reason: "not built yet", Owner: "Ann", ExpiresAt: h.clock.Now().Add(72 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		h.sign(t, w.ApprovalID, permission.Approver)
		out = append(out, w)
	}
	return out
}

var unbuilt = []string{"oncall_covered", "test_alert", "restore_tested"}

func (h *house) tick(t testing.TB, l launch.Launch) {
	t.Helper()
	if _, err := h.SetTick(t.Context(), h.as(permission.Manager), l.ID, "handover_held", true, "on Monday"); err != nil {
		t.Fatal(err)
	}
}

func missing(err error) string {
	f, ok := err.(*fault.Error)
	if !ok || f.Code != fault.Conflict {
		return "no conflict"
	}
	var out []string
	for _, field := range f.Fields {
		out = append(out, field.Path+":"+strings.TrimPrefix(field.Key, "launch.missing."))
	}
	return strings.Join(out, " ")
}

// The whole way: refused with what is missing, waived, ticked, signed by both, changed, signed anew, live.
func TestLaunch(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx, h := t.Context(), open(t, d, c)
		manager := h.as(permission.Manager)
		l := h.plan(t)
		if _, err := h.Plan(ctx, manager, launch.NewLaunch{Customer: "acme", TargetOn: "2026-05-01"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("planned twice: %v", err)
		}
		_, err := h.Launch(ctx, manager, l.ID, 0)
		if got := missing(err); got != "oncall_covered:unknown test_alert:unknown restore_tested:unknown handover_held:unmet signature_customer:signature_customer signature_provider:signature_provider" {
			t.Errorf("missing at first: %s", got)
		}
		if _, err := h.AskSignatures(ctx, manager, l.ID, 0); !strings.HasPrefix(missing(err), "oncall_covered:unknown") {
			t.Errorf("asked with gaps: %v", err)
		}
		waivers := h.waive(t, unbuilt...)
		h.tick(t, l)
		h.complete = 90
		if _, err := h.Launch(ctx, manager, l.ID, 0); !strings.HasPrefix(missing(err), "discovery_complete:unmet") {
			t.Errorf("an estate that is not seen: %v", err)
		}
		h.complete = 96
		system := func(customer string) permission.Actor { return actor(permission.Admin, db.Grant(customer)) }
		if err := h.Sweep(ctx, system); err != nil {
			t.Fatal(err)
		}
		w, err := h.Get(ctx, manager, l.ID)
		if err != nil || w.State != launch.Ready {
			t.Fatalf("ready: %s %v", w.State, err)
		}
		asked, err := h.AskSignatures(ctx, manager, l.ID, w.Version)
		if err != nil || asked.State != launch.Signing || asked.SHA256 != w.Sum {
			t.Fatal(asked, err)
		}
		h.sign(t, string(asked.CustomerApproval), permission.Approver)
		h.sign(t, string(asked.ProviderApproval), permission.Manager)

		h.run, h.complete = "r2", 99 // the estate was read again, and the condition still holds
		if w, err = h.Get(ctx, manager, l.ID); err != nil || w.Changed() || !w.ByCustomer || !w.ByProvider {
			t.Errorf("read again: %v %v %v %v", w.Changed(), w.ByCustomer, w.ByProvider, err)
		}
		for _, held := range []bool{false, true} {
			if _, err := h.SetTick(ctx, manager, l.ID, "handover_held", held, "on Tuesday"); err != nil {
				t.Fatal(err)
			}
		}
		if w, err = h.Get(ctx, manager, l.ID); err != nil || !w.Changed() || w.ByCustomer || w.ByProvider {
			t.Errorf("changed: %v %v %v %v", w.Changed(), w.ByCustomer, w.ByProvider, err)
		}
		if _, err := h.Launch(ctx, manager, l.ID, 0); missing(err) != "signature_customer:changed_customer signature_provider:changed_provider" {
			t.Errorf("launched on signatures of something else: %v", err)
		}
		if asked, err = h.AskSignatures(ctx, manager, l.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.sign(t, string(asked.CustomerApproval), permission.Approver)
		if _, err := h.Launch(ctx, manager, l.ID, 0); missing(err) != "signature_provider:signature_provider" {
			t.Errorf("launched by one side: %v", err)
		}
		h.sign(t, string(asked.ProviderApproval), permission.Manager)
		if _, err := h.Launch(ctx, h.as(permission.Engineer), l.ID, 0); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by an engineer: %v", err)
		}
		c.Advance(time.Minute)
		done, err := h.Launch(ctx, manager, l.ID, 0)
		if err != nil || done.State != launch.Launched || !done.LaunchedAt.Time.Equal(c.Now()) {
			t.Fatal(done, err)
		}
		live, err := h.customers.Customer(ctx, h.admin(), "acme")
		if err != nil || live.Phase != customer.Live {
			t.Errorf("the customer: %+v %v", live, err)
		}
		if w, err = h.Get(ctx, manager, l.ID); err != nil || !w.ByCustomer || !w.ByProvider || !json.Valid([]byte(w.Evidence)) || !strings.Contains(w.Evidence, `"run":"r2"`) || !strings.Contains(w.Evidence, waivers[0].ID) {
			t.Errorf("afterwards: %+v %v", w.Launch, err)
		}
		for what, err := range map[string]error{
			"launched again": third(h.Launch(ctx, manager, l.ID, 0)), "cancelled": third(h.Cancel(ctx, manager, l.ID, 0, "x")), "planned": third(h.Plan(ctx, manager, launch.NewLaunch{Customer: "acme", TargetOn: "2026-06-01"})),
		} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := d.View(ctx, db.Grant(h.acme.ID), func(tx *db.Tx) error { return launch.Arrived(ctx, tx) }); err != nil {
			t.Errorf("a live customer with its launch: %v", err)
		}
	})
}

func third(_ launch.Launch, err error) error { return err }

// A signature that somebody else asked for, with the same text and for the same purpose, is not one of the launch.
func TestOnlyOwnRequestsCount(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	h := open(t, dbtest.SQLite(t, c), c)
	ctx, manager := t.Context(), h.as(permission.Manager)
	l := h.plan(t)
	h.waive(t, unbuilt...)
	h.tick(t, l)
	w, err := h.Get(ctx, manager, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, purpose := range []string{launch.CustomerPurpose, launch.ProviderPurpose} {
		v, _, err := h.approvals.Create(ctx, manager, "acme", approval.NewApproval{Purpose: purpose, RecordType: "launch", RecordID: l.ID, Title: "x", Content: []byte(w.Now), MediaType: approval.JSON, Statement: "x",
			Roles: []permission.Role{permission.Manager}})
		if err != nil {
			t.Fatal(err)
		}
		h.sign(t, v.ID, permission.Manager)
	}
	if _, err := h.Launch(ctx, manager, l.ID, 0); missing(err) != "signature_customer:signature_customer signature_provider:signature_provider" {
		t.Errorf("a manager has signed for both sides: %v", err)
	}
}

func TestWaivers(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx, h := t.Context(), open(t, d, c)
		manager := h.as(permission.Manager)
		good := launch.NewWaiver{Customer: "acme", Condition: "test_alert", Reason: "later", Owner: "Ann", ExpiresAt: c.Now().Add(time.Hour)}
		for name, change := range map[string]func(*launch.NewWaiver){
			"of a firm condition": func(w *launch.NewWaiver) { w.Condition = "deliverables_approved" }, "of none": func(w *launch.NewWaiver) { w.Condition = "luck" },
			"without a reason": func(w *launch.NewWaiver) { w.Reason = " " }, "without an owner": func(w *launch.NewWaiver) { w.Owner = "" },
			"that is over": func(w *launch.NewWaiver) { w.ExpiresAt = c.Now() }, "for ever": func(w *launch.NewWaiver) { w.ExpiresAt = c.Now().Add(9000 * time.Hour) },
		} {
			in := good
			change(&in)
			if _, err := h.AskWaiver(ctx, manager, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.AskWaiver(ctx, h.as(permission.Engineer), good); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by an engineer: %v", err)
		}
		passed := func() bool {
			all, err := h.Conditions(ctx, manager, h.acme.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range all {
				if j.Key == "test_alert" {
					return j.Passed()
				}
			}
			return false
		}
		w := h.waive(t, "test_alert")[0]
		if !passed() {
			t.Error("a signed waiver does not count")
		}
		c.Advance(73 * time.Hour)
		if passed() {
			t.Error("a waiver counts after its end")
		}
		if w, err := h.Waiver(ctx, manager, w.ID); err != nil || w.Status(db.At(c.Now())) != launch.WaiverOver {
			t.Errorf("over: %+v %v", w, err)
		}
		w = h.waive(t, "test_alert")[0]
		if _, err := h.RevokeWaiver(ctx, manager, w.ID, 0); err != nil || passed() {
			t.Errorf("revoked: %v", err)
		}
		if _, err := h.RevokeWaiver(ctx, manager, w.ID, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("revoked twice: %v", err)
		}
	})
}

func TestLaunchesOfTheAPI(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		server := apitest.New(t, d, c, customer.Resolve, h.Service)
		manager := server.As("manager", permission.Manager, db.Grant(h.acme.ID))
		manager.Do(t, "POST", "/launches", `{"customer":"acme","target_on":"soon"}`).Want(t, 422)
		var made launch.Answer
		manager.Do(t, "POST", "/launches", `{"customer":"acme","target_on":"2026-04-01"}`).Want(t, 201).JSON(t, &made)
		p := manager.Do(t, "POST", "/launches/"+made.ID+"/launch", ``).Want(t, 409).Problem(t)
		if p.Type != "urn:vigie:problem:conflict" || len(p.Errors) != 6 || p.Errors[0].Field != "oncall_covered" || !strings.Contains(p.Errors[0].Message, "On-call covers the hours") {
			t.Errorf("refused: %+v", p)
		}
		manager.Do(t, "POST", "/launches/"+made.ID+"/signatures", ``).Want(t, 409)
		manager.Do(t, "POST", "/launches/"+made.ID+"/tick", `{"condition":"test_alert","done":true}`).Want(t, 422)
		manager.Do(t, "POST", "/launches/"+made.ID+"/tick", `{"condition":"handover_held","done":true,"note":"yes"}`).Want(t, 200)
		manager.Do(t, "PATCH", "/launches/"+made.ID, `{"target_on":"2026-04-31"}`).Want(t, 422)
		manager.Do(t, "PATCH", "/launches/"+made.ID, `{"target_on":"2026-04-30","note":"after Easter"}`, "If-Match", `"v2"`).Want(t, 200)
		var shown launch.Shown
		manager.Do(t, "GET", "/launches/"+made.ID, "").Want(t, 200).JSON(t, &shown)
		if len(shown.Conditions) != 8 || shown.TargetOn != "2026-04-30" || !shown.Conditions[7].Passed || shown.Conditions[5].Status != launch.Unknown {
			t.Errorf("shown: %+v", shown)
		}
		if res := manager.Do(t, "GET", "/onboarding?customer=acme", "").Want(t, 200); !strings.Contains(string(res.Body), `"limit":30`) {
			t.Errorf("board: %s", res.Body)
		}
		manager.Do(t, "GET", "/onboarding?customer=bolt", "").Want(t, 422)
		manager.Do(t, "POST", "/waivers", `{"customer":"acme","condition":"test_alert","reason":"later","owner":"Ann","expires_at":"2020-01-01T00:00:00Z"}`).Want(t, 422)
		manager.Do(t, "GET", "/waivers?condition=test_alert", "").Want(t, 200)
		manager.Do(t, "POST", "/launches/"+made.ID+"/cancel", `{"reason":""}`).Want(t, 422)
		manager.Do(t, "POST", "/launches/"+made.ID+"/cancel", `{"reason":"no more"}`).Want(t, 200)
		manager.Do(t, "GET", "/launches?state=cancelled&customer=acme", "").Want(t, 200)
		var problem api.Problem
		manager.Do(t, "POST", "/launches/"+made.ID+"/launch", ``).Want(t, 409).JSON(t, &problem)
	})
}

func TestLaunchPages(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	d := dbtest.SQLite(t, c)
	h := open(t, d, c)
	site := webtest.New(t, d, c)
	h.Service.Pages(site.Mux, site.Shell)
	manager, viewer := site.As(actor(permission.Manager, db.GrantAll())), site.As(h.as(permission.Viewer))
	c.Advance(31 * 24 * time.Hour)
	manager.Get(t, "/onboarding").Want(t, 200).Has(t, "Acme", "day 32 of 30", "v-status-bad", "No launch is planned", "4 conditions block the launch")
	viewer.Get(t, "/onboarding").Want(t, 200).Has(t, "Acme")
	manager.Get(t, "/launches").Want(t, 200).Has(t, "No launch is planned")
	viewer.Get(t, "/launches/new").Want(t, 403)
	manager.Post(t, "/launches/new", "customer", "acme", "target_on", "never").Want(t, 422).Has(t, "Give a day", "#f-target_on")
	at := manager.Post(t, "/launches/new", "customer", "acme", "target_on", "2026-04-01").To(t, "/launches/")
	manager.Get(t, at).Want(t, 200).Has(t, "Launch of Acme", "4 of 8 hold", "Nobody can tell yet", "Ask for a waiver")
	viewer.Get(t, at).Want(t, 200).Has(t, "4 of 8 hold").Lacks(t, "Ask for a waiver", at+"/edit")
	manager.Post(t, at+"/launch").Want(t, 409).Has(t, "The customer has not signed", "Nobody can tell whether it holds: A test alert")
	manager.Post(t, at+"/tick", "condition", "handover_held", "done", "true", "note", "held").To(t, at)
	manager.Get(t, at).Want(t, 200).Has(t, "5 of 8 hold", "The manager: held")
	manager.Post(t, at+"/edit", "target_on", "").Want(t, 422)
	manager.Get(t, "/waivers/new?customer=acme&condition=test_alert").Want(t, 200).Has(t, `value="test_alert" selected`)
	manager.Post(t, "/waivers/new", "customer", "acme", "condition", "test_alert", "reason", "later", "owner", "", "expires_at", "soon").Want(t, 422).Has(t, "#f-expires_at")
	waiver := manager.Post(t, "/waivers/new", "customer", "acme", "condition", "test_alert", "reason", "later", "owner", "Ann", "expires_at", "2026-05-01T00:00").To(t, "/waivers/")
	manager.Get(t, waiver).Want(t, 200).Has(t, "Waits for signature", "Ann")
	manager.Get(t, at).Want(t, 200).Has(t, "A waiver waits for its signature")
	manager.Get(t, "/waivers").Want(t, 200).Has(t, "A test alert has reached a person")
	manager.Post(t, waiver+"/revoke").To(t, waiver)
	manager.Post(t, at+"/cancel", "reason", "").To(t, at)
	manager.Post(t, at+"/cancel", "reason", "no more").To(t, at)
	manager.Get(t, at).Want(t, 200).Has(t, "Cancelled", "no more")
}
