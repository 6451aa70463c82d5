package app

import (
	"context"
	"time"

	"vigie/internal/exchange/mail"
	"vigie/internal/onboard/document"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/permission"
)

// wireDocuments opens the room of the papers that an onboarding stands on, and hangs its reminders on the tick.
func (a *App) wireDocuments() error {
	kinds, err := document.LoadKinds(a.data)
	if err != nil {
		return err
	}
	a.Documents = document.New(document.Parts{DB: a.db, Clock: a.opts.Clock, Subjects: a.Subjects, Files: a.Files, Mailer: documentMail{a}, Links: a.Links, Kinds: kinds})
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Documents.Sweep(ctx, system) })
	return nil
}

// documentMail writes to contacts who owe documents.
type documentMail struct{ app *App }

// Owed implements document.Mailer.
func (m documentMail) Owed(ctx context.Context, tx *db.Tx, a permission.Actor, w document.Mail) error {
	words := m.app.bundle.Printer(w.Language(), nil, tx.Now().Time)
	args := map[string]any{"count": len(w.Documents), "documents": w.Titles(func(day time.Time) string { return words.Date(day) }), "person": a.Name}
	if w.Remarks != "" {
		args["remarks"] = w.Remarks
	}
	return m.app.Mail.Put(ctx, tx, mail.Message{Template: w.Template, To: mail.Address{Name: w.Name(), Email: w.Email()}, Language: w.Language(), TimeZone: w.TimeZone(), Args: args, Link: w.Link, Unique: w.Unique})
}
