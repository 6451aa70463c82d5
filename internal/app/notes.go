package app

import (
	"context"

	"vigie/internal/exchange/mail"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/record/file"
	"vigie/internal/record/note"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// openNotes makes the room of notes, whose timeline shows files too and whose notifications leave by mail.
func (a *App) openNotes() {
	a.Notes = note.New(note.Parts{DB: a.db, Subjects: a.Subjects, Mailer: noteMail{a}, More: []note.Source{attached{a.Files}}})
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Notes.Sweep(ctx) })
}

// attached gives the timeline what was attached to a record.
type attached struct{ files *file.Service }

// Shows implements note.Source.
func (attached) Shows(choice string) bool { return choice == note.ShowAll || choice == note.ShowFiles }

// Entries implements note.Source.
func (f attached) Entries(ctx context.Context, tx *db.Tx, a permission.Actor, on subject.Subject, before string, limit int) ([]note.Entry, error) {
	found, err := f.files.Recent(ctx, tx, a, on, before, limit)
	out := make([]note.Entry, len(found))
	for i, x := range found {
		out[i] = note.Entry{ID: x.ID, At: x.CreatedAt, Actor: x.AddedBy, Icon: "paperclip", Text: "note.action.file", Public: x.Public, Href: "/attachments/" + x.ID, Link: x.Name}
	}
	return out, err
}

// noteMail hands the mails of notifications to the queue of outgoing mail.
type noteMail struct{ app *App }

// Notify implements note.Mailer.
func (m noteMail) Notify(ctx context.Context, tx *db.Tx, n note.Mail) error {
	link := ""
	if to := m.app.opts.PublicURL; to != nil {
		link = to.String() + "/inbox"
		if n.Href != "" {
			link = to.String() + n.Href
		}
	}
	template := "notification"
	if n.Mention {
		template = "mention"
	}
	return m.app.Mail.Put(ctx, tx, mail.Message{Template: template, To: mail.Address{Name: n.To.Name, Email: n.To.Email}, Language: n.To.Language, TimeZone: n.To.TimeZone,
		Args: map[string]any{"actor": n.Actor, "record": n.Record, "excerpt": n.Excerpt, "count": n.Count}, Link: link, Unique: n.Unique})
}

// unread is the count in the header.
func (a *App) unread(ctx context.Context, p *i18n.Printer, actor permission.Actor) (*ui.Waiting, error) {
	if actor.ID == "" || !actor.May(permission.NoteRead) {
		return nil, nil
	}
	n, err := a.Notes.Unread(ctx, actor)
	w := &ui.Waiting{Href: "/inbox", Label: p.T("note.inbox")}
	switch {
	case n > note.CountLimit:
		w.Count = p.Number(note.CountLimit) + "+"
	case n > 0:
		w.Count = p.Number(n)
	}
	return w, err
}
