package app

import (
	"context"

	"vigie/internal/estate/sheet"
	"vigie/internal/exchange/mail"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/outbound"
)

// sheets makes the customer sheet.
func (a *App) sheets() *sheet.Service {
	return sheet.New(a.Customers, a.CMDB, a.bundle, a.opts.Clock)
}

// wireMail opens the room of outgoing mail and hangs its work on the queue.
func (a *App) wireMail() {
	a.Mail = mail.New(mail.Config{DB: a.db, Clock: a.opts.Clock, Log: a.opts.Telemetry.Log, Bundle: a.bundle, Outbox: a.outbox, Seal: a.Secrets, Defaults: a.opts.Mail,
		Directory: directory{a.Customers}, DialCustomer: outbound.Dial(a.outbound())})
	a.queue.Handle(mail.Topic, func(ctx context.Context, t jobs.Task) error { return a.Mail.Deliver(ctx, t.Customer, t.Key) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error {
		return a.Mail.Sweep(ctx, func(customer, message string) error {
			return a.queue.Insert(ctx, jobs.Task{Topic: mail.Topic, Customer: customer, Key: message})
		})
	})
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Mail.Poll(ctx) })
}
