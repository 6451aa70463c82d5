package discovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// errors that end an execution from within.
var (
	errCancelled = errors.New("the run was cancelled")
	errLeaseLost = errors.New("another process holds the run")
)

// Progress is told as a run goes on; it must not block.
type Progress func(Run)

// Execute carries out a run that is queued, or whose holder fell silent, until it ends. It returns the run as it then is. A run
// that another process holds is left alone, without an error.
func (s *Service) Execute(ctx context.Context, customer, runID string, watch Progress) (Run, error) {
	return s.execute(ctx, customer, runID, s.cloud, collect.Live{}, watch)
}

func (s *Service) execute(ctx context.Context, customer, runID string, cloud Cloud, source collect.Source, watch Progress) (Run, error) {
	scope := s.system(customer).Scope()
	var r Run
	var ended map[[3]string]bool
	var held bool
	err := s.db.InScope(ctx, scope, func(tx *db.Tx) (err error) {
		if r, held, err = claim(ctx, tx, runID); err != nil || !held {
			return err
		}
		ended, err = endedPlaces(ctx, tx, runID)
		return err
	})
	if err != nil || !held {
		return r, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w := newWriter(s, scope, r, stop, watch)
	err = s.readAll(ctx, w, cloud, source, ended)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	w.close()
	return s.end(context.WithoutCancel(ctx), scope, w.run, err, watch)
}

// end writes how the run ended. A run that was interrupted by the end of the process keeps its state: its lease runs out and
// another process goes on with it.
func (s *Service) end(ctx context.Context, scope db.Scope, r Run, err error, watch Progress) (Run, error) {
	state, message := Done, ""
	switch {
	case errors.Is(err, errLeaseLost):
		return r, nil
	case errors.Is(err, errCancelled):
		state = Cancelled
	case errors.Is(err, context.Canceled):
		return r, err
	case err != nil:
		state, message = Failed, collect.Text(err.Error())
		s.log.ErrorContext(ctx, "discovery run failed", "run", r.ID, "error", err)
	}
	werr := s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		if err := s.intake.Settle(ctx, tx); err != nil {
			return err
		}
		if err := finishRun(ctx, tx, r, state, message); err != nil {
			return err
		}
		if r, err = loadRun(ctx, tx, r.ID); err != nil {
			return err
		}
		return s.ended(ctx, tx, r)
	})
	if werr != nil {
		return r, fmt.Errorf("end discovery run: %w", werr)
	}
	if watch != nil {
		watch(r)
	}
	return r, nil
}

// readAll takes the accounts in turn, so that memory does not grow with them.
func (s *Service) readAll(ctx context.Context, w *writer, cloud Cloud, source collect.Source, ended map[[3]string]bool) error {
	over := func(p collect.Place) bool { return ended[[3]string{p.Account, p.Region, p.Collector.Name()}] }
	// A run that is carried on has counted what ended before.
	expect := func(a collect.Account) { w.expect(slices.DeleteFunc(collect.Places(s.collectors, a), over)) }
	runner := &collect.Runner{Collectors: s.collectors, Source: source, Limits: collect.NewLimits(), Sink: w, Log: s.log, Ended: over}
	todo, err := s.readable(ctx, w.scope, w.run)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for len(todo) > 0 {
		a := todo[0]
		todo = todo[1:]
		if seen[a.AccountID] {
			continue
		}
		seen[a.AccountID] = true
		entered, err := cloud.Open(ctx, Login{a.AccountID, a.RoleARN, a.ExternalID, a.AcceptOpenRole, a.Regions.V})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if cerr := s.noteCheck(ctx, w.scope, a, err); cerr != nil {
			return cerr
		}
		if err != nil {
			blind := collect.Account{ID: a.AccountID, Regions: a.Regions.V}
			if len(blind.Regions) == 0 {
				blind.Regions = DefaultRegions()
			}
			expect(blind)
			if err := runner.Fail(ctx, blind, &collect.CallError{Action: "sts:AssumeRole", Err: err}); err != nil {
				return err
			}
			continue
		}
		if a.Organization && entered.Manages && w.run.AccountFilter == "" {
			members, err := s.takeIn(ctx, w.scope, cloud, a, entered)
			if err != nil {
				return err
			}
			todo = append(todo, members...)
		}
		expect(entered)
		if err := runner.Account(ctx, entered); err != nil {
			return err
		}
	}
	return nil
}

// readable lists the accounts that the run reads: all that are not only known from a recording, or the one asked for.
func (s *Service) readable(ctx context.Context, scope db.Scope, r Run) ([]Account, error) {
	var all []Account
	err := s.db.View(ctx, scope, func(tx *db.Tx) (err error) {
		all, err = listAccounts(ctx, tx)
		return err
	})
	return slices.DeleteFunc(all, func(a Account) bool {
		return r.AccountFilter != "" && a.AccountID != r.AccountFilter || a.Status == Recorded && r.Trigger != Replayed
	}), err
}

// takeIn adds the members of the account's organisation that are not known yet, on the same rule, and gives those to read.
func (s *Service) takeIn(ctx context.Context, scope db.Scope, cloud Cloud, parent Account, entered collect.Account) ([]Account, error) {
	members, err := cloud.Members(ctx, entered)
	if err != nil {
		// The account itself is read all the same; what hides the others is shown on its page.
		s.log.WarnContext(ctx, "members of the organisation are not known", "account", parent.AccountID, "error", err)
		return nil, s.noteCheck(ctx, scope, parent, fmt.Errorf("organizations:ListAccounts: %w", err))
	}
	var out []Account
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		known, err := listAccounts(ctx, tx)
		if err != nil {
			return err
		}
		var fresh []Account
		for _, m := range members {
			if slices.ContainsFunc(known, func(a Account) bool { return a.AccountID == m.AccountID }) {
				continue
			}
			fresh = append(fresh, newMember(tx, parent, m, entered.Partition))
		}
		if _, err := tx.Insert(ctx, "account", fresh, "(customer_id, account_id) DO NOTHING"); err != nil {
			return err
		}
		out = fresh
		return nil
	})
	return out, err
}

// noteCheck keeps what entering an account said, for its page.
func (s *Service) noteCheck(ctx context.Context, scope db.Scope, a Account, cause error) error {
	status, message := verdict(cause)
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE {account} SET status = ?, message = ?, checked_at = ?, updated_at = ?, version = version + 1 WHERE id = ? AND status <> 'recorded'`,
			status, message, tx.Now(), tx.Now(), a.ID)
		return err
	})
}

// verdict turns the error of entering an account into its status. Pure.
func verdict(cause error) (AccountStatus, string) {
	if cause == nil {
		return Reachable, ""
	}
	r := collect.Classify(cause)
	switch {
	case errors.Is(cause, collect.ErrOpenRole):
		return OpenRole, r.Message
	case r.Outcome == collect.Denied:
		return NoEntry, r.Message
	}
	return Broken, r.Message
}

// Sweep starts what is due and picks up runs whose process died. It hangs on the tick.
func (s *Service) Sweep(ctx context.Context, insert func(customer, runID string) error) error {
	var due []Schedule
	var lost []Run
	err := s.db.Across(ctx, "schedules and lost runs of all customers", func(tx *db.Tx) error {
		if err := tx.Select(ctx, &due, `SELECT `+scheduleColumns+` FROM {discovery_schedule} WHERE enabled AND next_at <= ? ORDER BY next_at LIMIT 100`, tx.Now()); err != nil {
			return err
		}
		for _, d := range due {
			next := db.At(tx.Now().Add(time.Duration(d.EveryMinutes) * time.Minute))
			if _, err := tx.Exec(ctx, `UPDATE {discovery_schedule} SET next_at = ? WHERE customer_id = ? AND next_at = ?`, next, d.CustomerID, d.NextAt); err != nil {
				return err
			}
		}
		silent := db.At(tx.Now().Add(-leaseTime))
		return tx.Select(ctx, &lost, `SELECT `+runColumns+` FROM {discovery_run} WHERE finished_at IS NULL AND trigger <> 'replay'
			AND ((state = 'queued' AND created_at < ?) OR (state = 'running' AND heartbeat_at < ?)) LIMIT 100`, silent, silent)
	})
	if err != nil {
		return fmt.Errorf("sweep discovery: %w", err)
	}
	for _, d := range due {
		_, err := s.newRun(ctx, s.system(d.CustomerID), d.CustomerID, "", Scheduled, "", true)
		if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
			s.log.ErrorContext(ctx, "scheduled discovery", "customer", d.CustomerID, "error", err)
		}
	}
	for _, r := range lost {
		if err := insert(r.CustomerID, r.ID); err != nil {
			return err
		}
	}
	return nil
}
