package app

import (
	"context"

	"vigie/internal/estate/discovery"
	"vigie/internal/onboard/control"
	"vigie/internal/onboard/gap"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
)

// wireGaps reads the catalogue of controls, and hangs the evaluation of estates on the queue, the approvals and the tick.
func (a *App) wireGaps() error {
	controls, err := control.Load(a.data, "controls", KnownType())
	if err != nil {
		return err
	}
	a.Gaps = gap.New(gap.Parts{DB: a.db, Log: a.opts.Telemetry.Log, Catalogue: controls, Outbox: a.outbox, Approvals: a.Approvals, Requirements: a.asked, System: system, Customer: a.resolve})
	a.Approvals.On(gap.Purpose, a.Gaps.Signed)
	a.queue.Handle(gap.RunTopic, func(ctx context.Context, t jobs.Task) error { return a.Gaps.Execute(ctx, t.Customer, t.Key) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Gaps.Sweep(ctx) })
	return nil
}

// judgeAfter asks for an evaluation, and for the findings of Security Hub, once a discovery has ended, in the transaction of its end.
func (a *App) judgeAfter(ctx context.Context, tx *db.Tx, r discovery.Run) error {
	if err := a.Findings.PullAfter(ctx, tx); err != nil {
		return err
	}
	return a.Gaps.Ask(ctx, tx, gap.AfterDiscovery, r.ID)
}
