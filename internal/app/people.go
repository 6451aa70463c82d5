package app

import (
	"context"

	"vigie/internal/exchange/mail"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/limit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// letters hands the mails of identity to the queue of outgoing mail.
type letters struct{ mail *mail.Service }

// Put implements identity.Mailer.
func (l letters) Put(ctx context.Context, tx *db.Tx, m identity.Mail) error {
	return l.mail.Put(ctx, tx, mail.Message{Template: m.Template, To: mail.Address{Name: m.Name, Email: m.Email}, Language: m.Language, TimeZone: m.TimeZone, Args: m.Args, Link: m.Link})
}

// wirePeople opens the room of people and hangs its work on the queue.
func (a *App) wirePeople() {
	a.Identity = identity.NewService(a.db, a.opts.Clock)
	a.Identity.Secure = a.opts.PublicURL != nil && a.opts.PublicURL.Scheme == "https"
	a.Identity.Parts = identity.Parts{Mail: letters{a.Mail}, Outbox: a.outbox, Secrets: a.Secrets, PublicURL: a.opts.PublicURL, Log: a.opts.Telemetry.Log,
		Hashes: limit.NewGate(a.opts.Clock, identity.HashShape(a.opts.Limits.Hashes))}
	a.queue.Handle(identity.ResetTopic, func(ctx context.Context, t jobs.Task) error { return a.Identity.AnswerReset(ctx, t.Key) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Identity.Sweep(ctx) })
}

// alarms tell every administrator of break-glass administrators, on every page while they last.
func (a *App) alarms(ctx context.Context, p *ui.Page, actor permission.Actor) (out []ui.Alarm, err error) {
	if !actor.May(permission.SignInRule) {
		return nil, nil
	}
	open, err := a.Identity.BrokenGlass(ctx, actor)
	for _, g := range open {
		out = append(out, ui.Alarm{Text: p.T("people.glass.alarm", "email", g.Email, "reason", g.Reason, "until", g.EndsAt), Href: "/people/" + g.UserID, Link: p.T("people.glass.look")})
	}
	return out, err
}
