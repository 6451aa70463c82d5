package discovery

import (
	"context"
	"log/slog"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Service is the room's door.
type Service struct {
	db         *db.DB
	clock      clock.Clock
	log        *slog.Logger
	cloud      Cloud
	collectors []collect.Collector
	intake     Intake
	outbox     tasks
	system     System
	ended      func(context.Context, *db.Tx, Run) error
}

// Parts is what a Service is made of.
type Parts struct {
	DB         *db.DB
	Clock      clock.Clock
	Log        *slog.Logger
	Cloud      Cloud
	Collectors []collect.Collector
	Intake     Intake
	Outbox     tasks
	System     System
	// Ended is told of a run that has ended, in the transaction of its end; nil where nobody asks.
	Ended func(ctx context.Context, tx *db.Tx, r Run) error
}

// New makes the service.
func New(p Parts) *Service {
	if p.Ended == nil {
		p.Ended = func(context.Context, *db.Tx, Run) error { return nil }
	}
	return &Service{ended: p.Ended, db: p.DB, clock: p.Clock, log: p.Log, cloud: p.Cloud, collectors: p.Collectors, intake: p.Intake, outbox: p.Outbox, system: p.System}
}

// Collectors is the registry that runs use; pages show it and the role's policy is computed from it.
func (s *Service) Collectors() []collect.Collector { return s.collectors }

// StartRun asks for a run of all accounts of the customer, or of one (twelve digits). Codes: not_found, forbidden, conflict
// when a run is open already, invalid when there is no account to read.
func (s *Service) StartRun(ctx context.Context, a permission.Actor, customer, account string) (Run, error) {
	return s.newRun(ctx, a, customer, account, Manual, "", true)
}

func (s *Service) newRun(ctx context.Context, a permission.Actor, customer, account string, why Trigger, recording string, enqueue bool) (Run, error) {
	scope, err := a.For(permission.DiscoveryRun, customer)
	if err != nil {
		return Run{}, err
	}
	var r Run
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		if why != Replayed {
			n, err := countReadable(ctx, tx, account)
			if err != nil {
				return err
			}
			if n == 0 {
				var f fault.Fields
				f.Add("account", "discovery.no_account")
				return f.Err()
			}
		}
		if err := buryReplays(ctx, tx); err != nil {
			return err
		}
		open, err := openRuns(ctx, tx)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return fault.New(fault.Conflict, "discovery.run_open", "id", open[0])
		}
		r = Run{CustomerID: customer, ID: id.New(), State: Queued, Trigger: why, RequestedBy: a.Name, AccountFilter: account,
			Recording: recording, CreatedAt: tx.Now(), Version: 1}
		r.Outcomes.V = map[collect.Outcome]int{}
		if _, err := tx.Insert(ctx, "discovery_run", r, ""); err != nil {
			return err
		}
		if enqueue {
			if err := s.outbox.Put(ctx, tx, r.ID, jobs.Task{Topic: RunTopic, Customer: customer, Key: r.ID}); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, a, "discovery_run.start", audit.Record{Type: "discovery_run", ID: r.ID}, nil, map[string]any{"trigger": why, "account": account})
	})
	return r, err
}

// CancelRun asks a run to stop; what it has found stays. Codes: not_found, forbidden, conflict when it has ended.
func (s *Service) CancelRun(ctx context.Context, a permission.Actor, runID string) (Run, error) {
	return s.changeRun(ctx, a, runID, "discovery_run.cancel", func(ctx context.Context, tx *db.Tx, r *Run) error {
		if !r.State.Open() {
			return fault.New(fault.Conflict, "discovery.run_ended")
		}
		r.CancelRequested = true
		if r.State == Queued {
			r.State, r.FinishedAt = Cancelled, tx.Now()
		}
		return nil
	})
}

// ResumeRun queues a cancelled or failed run again; scopes that ended are not read twice. Codes as CancelRun.
func (s *Service) ResumeRun(ctx context.Context, a permission.Actor, runID string) (Run, error) {
	return s.changeRun(ctx, a, runID, "discovery_run.resume", func(ctx context.Context, tx *db.Tx, r *Run) error {
		if r.State != Cancelled && r.State != Failed || r.Trigger == Replayed {
			return fault.New(fault.Conflict, "discovery.run_not_resumable")
		}
		open, err := openRuns(ctx, tx)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return fault.New(fault.Conflict, "discovery.run_open", "id", open[0])
		}
		r.State, r.CancelRequested, r.FinishedAt, r.Message = Queued, false, db.Time{}, ""
		return s.outbox.Put(ctx, tx, r.ID+"/"+tx.Now().Format(time.RFC3339Nano), jobs.Task{Topic: RunTopic, Customer: r.CustomerID, Key: r.ID})
	})
}

func (s *Service) changeRun(ctx context.Context, a permission.Actor, runID, action string, change func(context.Context, *db.Tx, *Run) error) (Run, error) {
	r, err := s.Run(ctx, a, runID)
	if err != nil {
		return r, err
	}
	scope, err := a.For(permission.DiscoveryRun, r.CustomerID)
	if err != nil {
		return r, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		// The run itself counts its version up while it goes on: whoever ends it must not lose that race.
		if err := lockRun(ctx, tx, runID); err != nil {
			return err
		}
		if r, err = loadRun(ctx, tx, runID); err != nil {
			return err
		}
		before := r
		if err := change(ctx, tx, &r); err != nil {
			return err
		}
		if err := storeRunState(ctx, tx, &r); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, action, audit.Record{Type: "discovery_run", ID: r.ID}, map[string]any{"state": before.State}, map[string]any{"state": r.State, "cancel_requested": r.CancelRequested})
	})
	return r, err
}

// Run gives one run. Codes: not_found, forbidden.
func (s *Service) Run(ctx context.Context, a permission.Actor, runID string) (Run, error) {
	var r Run
	if err := a.Require(permission.DiscoveryRead); err != nil {
		return r, err
	}
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		r, err = loadRun(ctx, tx, runID)
		return err
	})
	return r, err
}
