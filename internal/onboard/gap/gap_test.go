package gap

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/catalogue"
	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/collect/aws"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/permission"
)

const account = "111122223333"

// house is one customer's estate in a test, with the room over it.
type house struct {
	t        testing.TB
	d        *db.DB
	s        *Service
	customer string
	scope    db.Scope
	wanted   Requirements
	queued   []jobs.Task
	asked    []approval.NewApproval
}

func (h *house) Put(_ context.Context, _ *db.Tx, _ string, t jobs.Task) error {
	h.queued = append(h.queued, t)
	return nil
}

func (h *house) Request(_ context.Context, tx *db.Tx, _ permission.Actor, in approval.NewApproval) (approval.Approval, error) {
	h.asked = append(h.asked, in)
	v := approval.Approval{CustomerID: h.customer, ID: id.New(), Purpose: in.Purpose, SignerName: "Ann", ClosedAt: tx.Now(), State: approval.Requested, Version: 1, RequestedAt: tx.Now(), MediaType: in.MediaType}
	_, err := tx.Insert(context.Background(), "approval", v, "")
	return v, err
}

func newHouse(t testing.TB, d *db.DB, phase string, controls ...string) *house {
	t.Helper()
	h := &house{t: t, d: d, customer: id.New()}
	h.scope = db.Grant(h.customer)
	type row struct {
		ID       string  `db:"id"`
		Slug     string  `db:"slug"`
		Name     string  `db:"name"`
		Country  string  `db:"country"`
		Language string  `db:"language"`
		TimeZone string  `db:"time_zone"`
		Phase    string  `db:"phase"`
		Version  int64   `db:"version"`
		Created  db.Time `db:"created_at"`
		Updated  db.Time `db:"updated_at"`
	}
	if err := d.Across(context.Background(), "test", func(tx *db.Tx) error {
		_, err := tx.Insert(context.Background(), "customer", row{h.customer, "acme", "Acme", "FR", "en", "UTC", phase, 1, tx.Now(), tx.Now()}, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.s = New(Parts{DB: d, Log: slog.New(slog.DiscardHandler), Catalogue: shipped(t), Outbox: h, Approvals: h,
		Requirements: func(context.Context, *db.Tx) (Requirements, error) { return h.wanted, nil },
		System: func(c string) permission.Actor {
			return permission.Grant(permission.Actor{Name: "Vigie", Kind: permission.System}, permission.Admin, db.Grant(c))
		},
		Customer: func(context.Context, *db.Tx, string) (string, error) { return h.customer, nil }})
	return h
}

func shipped(t testing.TB) *control.Catalogue {
	t.Helper()
	types := map[string]bool{}
	for _, c := range aws.Registry() {
		for _, typ := range c.Types {
			types[typ] = true
		}
	}
	all, err := control.Load(catalogue.Files, "controls", func(t string) bool { return types[t] })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (h *house) in(f func(*db.Tx) error) {
	h.t.Helper()
	if err := h.d.InScope(context.Background(), h.scope, f); err != nil {
		h.t.Fatal(err)
	}
}

// discover is a run that saw these items in the account: all types that the catalogue asks for, complete unless given another outcome.
func (h *house) discover(outcomes map[string]collect.Outcome, items ...collect.Item) {
	h.t.Helper()
	run := id.New()
	h.in(func(tx *db.Tx) error {
		ctx := context.Background()
		if _, err := (cmdb.Intake{}).Upsert(ctx, tx, run, account, items); err != nil {
			return err
		}
		types := slices.Concat(h.s.catalogue.Types(), h.s.catalogue.Looks())
		slices.Sort(types)
		for _, typ := range slices.Compact(types) {
			o := outcomes[typ]
			if o == "" {
				o = collect.Complete
			}
			if _, _, err := (cmdb.Intake{}).Close(ctx, tx, run, account, "", []string{typ}, o == collect.Complete); err != nil {
				return err
			}
			type row struct {
				Customer string          `db:"customer_id"`
				ID       string          `db:"id"`
				Account  string          `db:"account_id"`
				Region   string          `db:"region"`
				Type     string          `db:"type"`
				Run      string          `db:"run_id"`
				Outcome  collect.Outcome `db:"outcome"`
				Action   string          `db:"action"`
				Message  string          `db:"message"`
				Items    int64           `db:"items"`
				Pages    int64           `db:"pages"`
				At       db.Time         `db:"at"`
			}
			if _, err := tx.Insert(ctx, "coverage", row{h.customer, id.New(), account, "eu-west-1", typ, run, o, "x:Describe", "", 1, 1, tx.Now()},
				"(customer_id, account_id, region, type) DO UPDATE SET outcome = excluded.outcome"); err != nil {
				return err
			}
		}
		return cmdb.Intake{}.Settle(ctx, tx)
	})
}

func (h *house) evaluate() Run {
	h.t.Helper()
	h.in(func(tx *db.Tx) error { return h.s.Ask(context.Background(), tx, AfterDiscovery, id.New()) })
	task := h.queued[len(h.queued)-1]
	if err := h.s.Execute(context.Background(), task.Customer, task.Key); err != nil {
		h.t.Fatal(err)
	}
	r, err := h.s.Run(context.Background(), h.actor(permission.Manager), task.Key)
	if err != nil {
		h.t.Fatal(err)
	}
	if r.State != Done {
		h.t.Fatalf("the evaluation ended as %s", r.State)
	}
	return r.Run
}

func (h *house) actor(r permission.Role) permission.Actor {
	return permission.Grant(permission.Actor{ID: id.New(), Name: "Mia", Kind: permission.Person, Language: "en"}, r, h.scope)
}

// verdicts are "control subject verdict reason", of some controls.
func (h *house) verdicts(controls ...string) []string {
	h.t.Helper()
	var rows []Gap
	h.in(func(tx *db.Tx) error {
		return tx.Select(context.Background(), &rows, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE g.control IN (`+db.Marks(len(controls))+`) ORDER BY g.control, g.subject_name`, db.Anys(controls)...)
	})
	out := []string{}
	for _, g := range rows {
		out = append(out, strings.TrimSpace(fmt.Sprint(g.Control, " ", g.SubjectName, " ", g.Verdict, " ", g.Reason)))
	}
	return out
}

func (h *house) want(got []string, want ...string) {
	h.t.Helper()
	if !slices.Equal(got, want) {
		h.t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func database(name string, days int) collect.Item {
	return collect.Item{Type: "AWS::RDS::DBInstance", ID: name, Name: name, Region: "eu-west-1", Tags: map[string]string{"Environment": "production"},
		Attributes: map[string]any{"BackupRetentionPeriod": days, "MultiAZ": true}}
}

const retention = "rds-backup-retention"

func TestVerdictsFollowTheEstate(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := newHouse(t, d, "live")
		h.discover(nil, database("orders", 14), database("stock", 1))
		if r := h.evaluate(); r.Subjects < 3 || r.Counts.V[control.Fail] == 0 || r.Counts.V[control.Pass] == 0 {
			t.Errorf("%+v", r)
		}
		h.want(h.verdicts(retention), retention+" orders pass", retention+" stock fail")

		// A second time nothing has changed, and nothing is written.
		c.Advance(time.Hour)
		if r := h.evaluate(); r.Changed != 0 {
			t.Errorf("a second evaluation changed %d verdicts", r.Changed)
		}

		// What the customer asks for counts instead of the default.
		h.wanted = Requirements{{}: {"backup_retention_days": float64(30)}}
		c.Advance(time.Hour)
		if r := h.evaluate(); r.Drifted != 1 {
			t.Errorf("a launched customer's pass turned fail, and %d drifted", r.Drifted)
		}
		h.want(h.verdicts(retention), retention+" orders fail", retention+" stock fail")
		var drift []string
		h.in(func(tx *db.Tx) error {
			return tx.Select(t.Context(), &drift, `SELECT record_name FROM {audit_entry} WHERE action = 'gap.drift' ORDER BY record_name`)
		})
		h.want(drift[:1], retention+" · orders")

		// A scope that was denied says nothing: neither what was seen before nor what was not.
		h.wanted = nil
		c.Advance(time.Hour)
		h.discover(map[string]collect.Outcome{"AWS::RDS::DBInstance": collect.Denied}, database("orders", 14))
		h.evaluate()
		h.want(h.verdicts(retention), retention+" orders unknown partial", retention+" stock unknown stale")

		// What is gone is judged no longer, and its history stays.
		c.Advance(time.Hour)
		h.discover(nil, database("orders", 14))
		h.evaluate()
		h.want(h.verdicts(retention), retention+" orders pass", retention+" stock not_applicable gone")
		q, err := h.s.Spec().Parse(url.Values{"control": {retention}, "q": {"BACKUPS orders"}})
		if err != nil {
			t.Fatal(err)
		}
		page, err := h.s.Gaps(t.Context(), h.actor(permission.Viewer), q)
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%d gaps are found: %v", len(page.Items), err)
		}
		for _, g := range page.Items {
			if g.Control == retention && g.SubjectName == "orders" {
				history, err := h.s.History(t.Context(), h.actor(permission.Viewer), g.ID)
				if err != nil {
					t.Fatal(err)
				}
				got := []string{}
				for _, c := range history {
					got = append(got, string(c.Before+">"+c.After))
				}
				h.want(got, "unknown>pass", "fail>unknown", "pass>fail", ">pass")
			}
		}
		sums, err := h.s.Summary(t.Context(), h.actor(permission.Viewer), "acme")
		if err != nil || len(sums) == 0 {
			t.Errorf("no summary: %v", err)
		}
	})
}

func TestAnAcceptanceHoldsWhileItIsInForce(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := newHouse(t, d, "remediation")
		h.discover(nil, database("stock", 1))
		h.evaluate()
		var g Gap
		h.in(func(tx *db.Tx) error {
			return tx.Get(t.Context(), &g, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE g.control = ?`, retention)
		})
		manager := h.actor(permission.Manager)
		ask := NewAcceptance{Gap: g.ID, Reason: "Rebuilt from the source every night", Until: c.Now().Add(48 * time.Hour)}
		for name, bad := range map[string]NewAcceptance{"no reason": {g.ID, " ", ask.Until}, "in the past": {g.ID, ask.Reason, c.Now().Add(-time.Hour)}, "too far": {g.ID, ask.Reason, c.Now().Add(400 * 24 * time.Hour)}} {
			if _, err := h.s.Accept(t.Context(), manager, bad, "en"); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.s.Accept(t.Context(), h.actor(permission.Viewer), ask, "en"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a viewer asked: %v", err)
		}
		x, err := h.s.Accept(t.Context(), manager, ask, "fr")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.s.Accept(t.Context(), manager, ask, "en"); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice: %v", err)
		}
		if content := string(h.asked[0].Content); !strings.Contains(content, "Pourquoi nous l'acceptons:** Rebuilt") {
			t.Errorf("what is signed: %s", content)
		}
		h.want(h.verdicts(retention), retention+" stock fail")

		signed := approval.Approval{CustomerID: h.customer, ID: x.ApprovalID, SignerName: "Ann", ClosedAt: db.At(c.Now())}
		for range 2 { // it may be delivered twice
			if err := h.s.Signed(t.Context(), signed); err != nil {
				t.Fatal(err)
			}
		}
		h.want(h.verdicts(retention), retention+" stock accepted")
		h.evaluate() // an evaluation leaves it
		h.want(h.verdicts(retention), retention+" stock accepted")
		h.in(func(tx *db.Tx) error {
			open, err := h.s.Open(t.Context(), tx)
			if slices.ContainsFunc(open, func(o Gap) bool { return o.ID == g.ID }) {
				t.Error("an accepted gap is open")
			}
			return err
		})

		c.Advance(49 * time.Hour)
		if err := h.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.want(h.verdicts(retention), retention+" stock fail")
		row, err := h.s.Acceptance(t.Context(), manager, x.ID)
		if err != nil || row.State != Over || row.SignedBy != "Ann" {
			t.Errorf("%+v %v", row, err)
		}
	})
}

func TestOneEvaluationWaitsAtMost(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
	h := newHouse(t, d, "live")
	first, err := h.s.Evaluate(t.Context(), h.actor(permission.Engineer), "acme")
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.s.Evaluate(t.Context(), h.actor(permission.Engineer), "acme")
	if err != nil || second.ID != first.ID || len(h.queued) != 1 {
		t.Errorf("two wait: %v %d", err, len(h.queued))
	}
	if _, err := h.s.Evaluate(t.Context(), h.actor(permission.Viewer), "acme"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a viewer asked: %v", err)
	}
	for range 2 { // a task may come twice
		if err := h.s.Execute(t.Context(), h.customer, first.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMeasuresHangOnGaps(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "remediation")
		h.discover(nil, database("stock", 1))
		h.evaluate()
		measure := id.New()
		h.in(func(tx *db.Tx) error {
			open, err := h.s.Open(t.Context(), tx)
			if err != nil {
				return err
			}
			var ids []string
			for _, g := range open {
				ids = append(ids, g.ID)
			}
			return h.s.SetMeasure(t.Context(), tx, measure, ids)
		})
		h.evaluate()
		h.in(func(tx *db.Tx) error {
			open, err := h.s.Open(t.Context(), tx)
			if err != nil || len(open) == 0 || string(open[0].MeasureID) != measure {
				t.Errorf("%+v %v", open, err)
			}
			at, err := h.s.Judged(t.Context(), tx)
			if at.IsZero() {
				t.Error("never judged")
			}
			return err
		})
	})
}
