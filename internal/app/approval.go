package app

import (
	"context"

	"vigie/internal/platform/jobs"
	"vigie/internal/trust/approval"
)

// wireApprovals makes the room of signatures, and hangs it on its topic and the tick.
func (a *App) wireApprovals() {
	a.Approvals = approval.New(approval.Parts{DB: a.db, Log: a.Audit, Proof: a.Identity, Outbox: a.outbox, Errors: a.opts.Telemetry.Log, Customer: a.resolve})
	a.queue.Handle(approval.Topic, func(ctx context.Context, t jobs.Task) error { return a.Approvals.Deliver(ctx, t, system(t.Customer)) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Approvals.Sweep(ctx, system) })
}
