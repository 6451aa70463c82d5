package gap

import (
	"context"
	"fmt"
	"log/slog"

	"vigie/catalogue"
	"vigie/internal/kit/list"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/live"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// RunTopic is the task that carries an evaluation out; its key is the evaluation's id.
const RunTopic = "gap.run"

// The kinds of records, as the trail calls them.
const (
	kind    = "gap"
	runKind = "gap_run"
)

// tasks is the outbox, as far as evaluations need it.
type tasks interface {
	Put(ctx context.Context, tx *db.Tx, unique string, t jobs.Task) error
}

// signatures is the room of approvals.
type signatures interface {
	Request(ctx context.Context, tx *db.Tx, a permission.Actor, in approval.NewApproval) (approval.Approval, error)
}

// Parts are what the service stands on.
type Parts struct {
	DB        *db.DB
	Log       *slog.Logger
	Catalogue *control.Catalogue
	Outbox    tasks
	Approvals signatures
	// Requirements gives what the customer asks for; nil where nobody keeps requirements: every parameter has its default then, or is not known.
	Requirements RequirementsOf
	// System gives the actor of background work for one customer.
	System func(customer string) permission.Actor
	// Customer finds a customer by slug or id in the transaction's scope.
	Customer func(ctx context.Context, tx *db.Tx, ref string) (string, error)
}

// Service is the room's door.
type Service struct {
	db           *db.DB
	log          *slog.Logger
	catalogue    *control.Catalogue
	outbox       tasks
	approvals    signatures
	requirements RequirementsOf
	system       func(string) permission.Actor
	customer     func(context.Context, *db.Tx, string) (string, error)
}

// New makes the service.
func New(p Parts) *Service {
	if p.Requirements == nil {
		p.Requirements = func(context.Context, *db.Tx) (Requirements, error) { return nil, nil }
	}
	return &Service{db: p.DB, log: p.Log, catalogue: p.Catalogue, outbox: p.Outbox, approvals: p.Approvals, requirements: p.Requirements, system: p.System, customer: p.Customer}
}

// Catalogue is the set of controls that this instance judges by.
func (s *Service) Catalogue() *control.Catalogue { return s.catalogue }

// Evaluate asks for an evaluation of a customer, by slug or id. Faults: forbidden, invalid (no such customer in sight).
func (s *Service) Evaluate(ctx context.Context, a permission.Actor, customer string) (Run, error) {
	var r Run
	ref, err := s.named(ctx, a, customer)
	if err != nil {
		return r, err
	}
	scope, err := a.For(permission.GapWrite, ref)
	if err != nil {
		return r, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		var fresh bool
		if r, fresh, err = s.ask(ctx, tx, ByHand, a.Name, ""); err != nil || !fresh {
			return err
		}
		return audit.Write(ctx, tx, a, "gap_run.start", audit.Record{Type: runKind, ID: r.ID}, nil, map[string]any{"trigger": ByHand})
	})
	return r, err
}

// named finds a customer that an input names; one that the actor does not see is a bad field "customer".
func (s *Service) named(ctx context.Context, a permission.Actor, customer string) (ref string, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		ref, err = s.customer(ctx, tx, customer)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", customer)
		return "", bad.Err()
	}
	return ref, err
}

// Ask asks for an evaluation of the customer of the transaction: whoever changes what verdicts rest on calls it in the change's own transaction.
func (s *Service) Ask(ctx context.Context, tx *db.Tx, why Trigger, discoveryRun string) error {
	_, _, err := s.ask(ctx, tx, why, "Vigie", discoveryRun)
	return err
}

func (s *Service) ask(ctx context.Context, tx *db.Tx, why Trigger, by, discoveryRun string) (r Run, fresh bool, err error) {
	customer, err := tx.Customer()
	if err != nil {
		return r, false, fmt.Errorf("ask for an evaluation: %w", err)
	}
	var waiting []Run
	if err := tx.Select(ctx, &waiting, `SELECT `+db.Columns[Run]("")+` FROM {gap_run} WHERE finished_at IS NULL AND state = ? ORDER BY id LIMIT 1`, string(Queued)); err != nil {
		return r, false, err
	}
	if len(waiting) > 0 {
		return waiting[0], false, nil
	}
	r = Run{CustomerID: customer, ID: id.New(), State: Queued, Trigger: why, RequestedBy: by, DiscoveryRunID: db.Null(discoveryRun), CreatedAt: tx.Now(), Version: 1}
	r.Counts.V = map[control.Verdict]int{}
	if _, err := tx.Insert(ctx, "gap_run", r, ""); err != nil {
		return r, false, err
	}
	live.Changed(tx, runKind, r.ID)
	return r, true, s.outbox.Put(ctx, tx, r.ID, jobs.Task{Topic: RunTopic, Customer: customer, Key: r.ID})
}

// Gaps gives a page of gaps. Faults: forbidden.
func (s *Service) Gaps(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Row], error) {
	return permission.Page[Row](ctx, s.db, a, permission.GapRead, s.Spec(), q)
}

// Runs gives a page of evaluations. Faults: forbidden.
func (s *Service) Runs(ctx context.Context, a permission.Actor, q list.Query) (list.Page[RunRow], error) {
	return permission.Page[RunRow](ctx, s.db, a, permission.GapRead, RunSpec, q)
}

// Acceptances gives a page of acceptances. Faults: forbidden.
func (s *Service) Acceptances(ctx context.Context, a permission.Actor, q list.Query) (list.Page[AcceptanceRow], error) {
	return permission.Page[AcceptanceRow](ctx, s.db, a, permission.GapRead, AcceptanceSpec, q)
}

// Gap reads one. Faults: not_found, forbidden.
func (s *Service) Gap(ctx context.Context, a permission.Actor, ref string) (g Row, err error) {
	if !id.Valid(ref) {
		return g, fault.New(fault.NotFound, "fault.not_found")
	}
	spec := s.Spec()
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &g, `SELECT `+spec.Columns+` FROM `+spec.From+` WHERE g.id = ?`, ref)
	})
	if err == nil {
		err = a.Require(permission.GapRead)
	}
	return g, err
}

// Run reads one evaluation. Faults: not_found, forbidden.
func (s *Service) Run(ctx context.Context, a permission.Actor, ref string) (r RunRow, err error) {
	if !id.Valid(ref) {
		return r, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &r, `SELECT `+RunSpec.Columns+` FROM `+RunSpec.From+` WHERE r.id = ?`, ref)
	})
	if err == nil {
		err = a.Require(permission.GapRead)
	}
	return r, err
}

// History lists the changes of a gap's verdict, the newest first. Faults: not_found, forbidden.
func (s *Service) History(ctx context.Context, a permission.Actor, ref string) (out []Change, err error) {
	g, err := s.Gap(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	scope, err := a.For(permission.GapRead, g.CustomerID)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		return tx.Select(ctx, &out, `SELECT `+db.Columns[Change]("")+` FROM {gap_change} WHERE gap_id = ? ORDER BY id DESC LIMIT 200`, ref)
	})
	return out, err
}

// Summary counts verdicts of all customers in the actor's scope, or of one (slug). Faults: forbidden.
func (s *Service) Summary(ctx context.Context, a permission.Actor, slug string) (out []Summary, err error) {
	if err := a.Require(permission.GapRead); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		where, args := "1 = 1", []any{}
		if slug != "" {
			where, args = "k.slug = ?", []any{slug}
		}
		return tx.Select(ctx, &out, `SELECT `+db.Columns[Summary]("x.")+` FROM {gap_summary} x JOIN {customer} k ON k.id = x.customer_id WHERE `+where, args...)
	})
	return out, err
}

// Open lists the failing gaps of the customer of the transaction that are not accepted, the worst first: what remediation makes measures of.
func (s *Service) Open(ctx context.Context, tx *db.Tx) (out []Gap, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE g.verdict = ? ORDER BY g.severity_rank, g.id`, string(control.Fail))
	return out, err
}

// Critical lists the critical gaps of the customer of the transaction that stand against a launch: failing and not accepted.
func (s *Service) Critical(ctx context.Context, tx *db.Tx) (out []Gap, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE g.verdict = ? AND g.severity_rank = 1 ORDER BY g.id LIMIT 200`, string(control.Fail))
	return out, err
}

// Title is what a control is called; one that the catalogue has no more is called by its id.
func (s *Service) Title(id string) catalogue.Text {
	if c := s.catalogue.Find(id); c != nil {
		return c.Title
	}
	return catalogue.Text{EN: id, FR: id}
}

// Judged tells whether the customer of the transaction was ever evaluated, and when last: without that no gap is no good news.
func (s *Service) Judged(ctx context.Context, tx *db.Tx) (at db.Time, err error) {
	var rows []Run
	err = tx.Select(ctx, &rows, `SELECT `+db.Columns[Run]("")+` FROM {gap_run} WHERE state = ? ORDER BY created_at DESC, id DESC LIMIT 1`, string(Done))
	if len(rows) > 0 {
		at = rows[0].FinishedAt
	}
	return at, err
}

// SetMeasure puts gaps of the customer of the transaction under a measure, or takes them out with "".
func (s *Service) SetMeasure(ctx context.Context, tx *db.Tx, measure string, gaps []string) error {
	for part := range chunks(gaps, 500) {
		if _, err := tx.Exec(ctx, `UPDATE {gap} SET measure_id = ?, version = version + 1, updated_at = ? WHERE id IN (`+db.Marks(len(part))+`)`,
			append([]any{db.Null(measure), tx.Now()}, db.Anys(part)...)...); err != nil {
			return fmt.Errorf("set the measure of gaps: %w", err)
		}
	}
	live.Changed(tx, kind, measure)
	return nil
}
