package app

import (
	"context"
	"strings"

	"vigie/internal/exchange/mail"
	"vigie/internal/onboard/plan"
	"vigie/internal/platform/db"
)

// wirePlans opens the room of full assessments, whose invitations leave by mail.
func (a *App) wirePlans() (err error) {
	a.Plans, err = plan.New(plan.Parts{DB: a.db, Catalogue: a.data, Mailer: planMail{a}, Subjects: a.Subjects,
		Organizer: func() (string, string) { return a.opts.Mail.From.Name, a.opts.Mail.From.Email }})
	return err
}

// planMail hands invitations to the queue of outgoing mail.
type planMail struct{ app *App }

// Invite implements plan.Mailer.
func (m planMail) Invite(ctx context.Context, tx *db.Tx, in plan.Invitation) error {
	template := "meeting_invitation"
	switch {
	case in.Method == plan.Cancel:
		template = "meeting_cancellation"
	case in.Again:
		template = "meeting_update"
	}
	link := ""
	if to := m.app.opts.PublicURL; to != nil && in.To.Type == "person" {
		link = to.String() + "/meetings/" + in.Meeting.ID
	}
	place := in.Meeting.Place
	if place == "" {
		place = "–"
	}
	agenda := strings.Join(in.Agenda, " · ")
	if agenda == "" {
		agenda = "–"
	}
	return m.app.Mail.Put(ctx, tx, mail.Message{Template: template, To: mail.Address{Name: in.To.Name, Email: in.To.Email}, Language: in.To.Language, TimeZone: in.To.TimeZone,
		Args: map[string]any{"title": in.Meeting.Title, "starts": in.Meeting.StartsAt.Time, "ends": in.Meeting.EndsAt.Time, "place": place, "agenda": agenda, "organizer": in.Meeting.OrganizerName},
		Link: link, Unique: in.Unique,
		Attach: []mail.Attachment{{Name: "invite.ics", MediaType: "text/calendar; method=" + string(in.Method), Content: in.File}}})
}
