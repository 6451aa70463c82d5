package app

import (
	"context"

	"vigie/internal/platform/jobs"
	"vigie/internal/platform/outbound"
	"vigie/internal/trust/sso"
)

// signOn wires single sign-on: identity keeps the accounts and sessions, and offers its ways on the sign-in page.
func (a *App) signOn() {
	a.SignOn = sso.New(sso.Parts{DB: a.db, Clock: a.opts.Clock, Log: a.opts.Telemetry.Log, Box: a.Secrets, Identity: a.Identity,
		HTTP: outbound.New(a.outbound()), PublicURL: a.opts.PublicURL, Prove: a.Identity.GiveProof})
	a.Identity.Ways, a.Identity.Leaving = a.SignOn.Ways, a.SignOn.Leaving
	a.Identity.Finished = a.SignOn.Finished
	a.Identity.Elsewhere, a.Identity.ProveElsewhere = a.SignOn.MayProve, a.SignOn.BeginProof
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.SignOn.Sweep(ctx) })
}
