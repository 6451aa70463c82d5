package app

import (
	"context"

	"vigie/internal/exchange/webhook"
	"vigie/internal/platform/jobs"
)

// wireWebhooks opens the room of outgoing webhooks and hangs its work on the queue.
func (a *App) wireWebhooks() {
	a.Webhooks = webhook.New(webhook.Parts{DB: a.db, Clock: a.opts.Clock, Log: a.opts.Telemetry.Log, Seal: a.Secrets, Policy: a.outbound(), Resolve: a.resolve,
		Hand: func(ctx context.Context, customer, delivery string) error {
			return a.queue.Insert(ctx, jobs.Task{Topic: webhook.Topic, Customer: customer, Key: delivery})
		}})
	a.queue.Handle(webhook.Topic, func(ctx context.Context, t jobs.Task) error { return a.Webhooks.Deliver(ctx, t.Customer, t.Key) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Webhooks.Sweep(ctx) })
}
