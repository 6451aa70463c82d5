package mail

import (
	"context"
	"fmt"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Mail is a message as people see it in the log. Its link and its words are not shown: they are the receiver's.
type Mail struct {
	ID        string  `json:"id"`
	Customer  string  `json:"customer" doc:"Slug; empty for mail about the instance itself."`
	Template  string  `json:"template"`
	Subject   string  `json:"subject"`
	ToName    string  `json:"to_name"`
	ToEmail   string  `json:"to_email"`
	Language  string  `json:"language"`
	State     State   `json:"state" enum:"queued,sending,sent,failed,bounced,suppressed"`
	Attempts  int64   `json:"attempts"`
	ReplyCode int64   `json:"reply_code" doc:"Of the mail server's last answer; 0 where it gave none."`
	ReplyText string  `json:"reply_text"`
	OneTime   bool    `json:"one_time" doc:"It has a link that may be used once, and cannot be sent again when that is forgotten."`
	DueAt     db.Time `json:"due_at" doc:"When it is tried again; null once it has ended."`
	SentAt    db.Time `json:"sent_at"`
	CreatedAt db.Time `json:"created_at"`
	UpdatedAt db.Time `json:"updated_at"`
	Version   int64   `json:"version"`
}

// Revision makes the ETag.
func (m Mail) Revision() int64 { return m.Version }

// Self is the record's address below /api/v1.
func (m Mail) Self() string { return "/mails/" + m.ID }

// again tells whether it can be sent once more as it was.
func (m Mail) again() bool {
	return (m.State == Failed || m.State == Bounced || m.State == Suppressed || m.State == Sent) && !m.OneTime
}

// Step is one thing that happened to a message.
type Step struct {
	At        db.Time `json:"at"`
	State     State   `json:"state"`
	ReplyCode int64   `json:"reply_code"`
	ReplyText string  `json:"reply_text"`
}

// History is a message with what happened to it, oldest first.
type History struct {
	Mail
	Steps []Step `json:"steps" nullable:"false"`
	Files []File `json:"files" nullable:"false"`
}

// File is the name of what went with a message.
type File struct {
	Name      string `json:"name" db:"name"`
	MediaType string `json:"media_type" db:"media_type"`
}

// logRow is a message with the slug of its customer.
type logRow struct {
	messageRow
	Slug db.Null `db:"slug"`
}

func (r logRow) shown() Mail {
	return Mail{ID: r.ID, Customer: string(r.Slug), Template: r.Template, Subject: r.Subject, ToName: r.ToName, ToEmail: r.ToEmail, Language: r.Language, State: r.State,
		Attempts: r.Attempts, ReplyCode: r.ReplyCode, ReplyText: r.ReplyText, OneTime: r.HasLink, DueAt: r.DueAt, SentAt: r.SentAt, CreatedAt: r.CreatedAt,
		UpdatedAt: r.UpdatedAt, Version: r.Version}
}

func stateNames() []string {
	out := make([]string, len(States()))
	for i, s := range States() {
		out[i] = string(s)
	}
	return out
}

// Spec is how the log is listed.
var Spec = list.Spec{
	From: "{mail_message} m LEFT JOIN {customer} k ON k.id = m.customer_id", Columns: db.Columns[messageRow]("m.") + ", k.slug", Key: "m.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "m.id", Kind: list.ID, Filter: true},
		{Name: "template", Column: "m.template", Kind: list.Choice, Filter: true},
		{Name: "subject", Column: "m.subject", Kind: list.Text, Filter: true},
		{Name: "to_email", Column: "m.to_email", Kind: list.Text, Filter: true},
		{Name: "to_name", Column: "m.to_name", Kind: list.Text, Filter: true},
		{Name: "language", Column: "m.language", Kind: list.Choice, Filter: true},
		{Name: "state", Column: "m.state", Kind: list.Choice, Values: stateNames(), Filter: true},
		{Name: "created_at", Column: "m.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "updated_at", Column: "m.updated_at", Kind: list.Time, Filter: true},
		{Name: "sent_at", Column: "m.sent_at", Kind: list.Time, Nullable: true, Filter: true},
	},
	Search: list.Words("m.to_email", "m.to_name", "m.subject"),
}

// Mails lists a page of the log. Faults: forbidden, invalid.
func (s *Service) Mails(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[Mail], err error) {
	if err := a.Require(permission.MailRead); err != nil {
		return page, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		page, err = list.RunAs(ctx, tx, Spec, q, logRow.shown)
		return err
	})
	return page, err
}

// Mail reads one message of the log. Faults: not_found, forbidden.
func (s *Service) Mail(ctx context.Context, a permission.Actor, ref string) (out History, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		_, out, err = historyOf(ctx, tx, ref)
		return err
	})
	if err != nil {
		return History{}, err
	}
	return out, a.Require(permission.MailRead)
}

func historyOf(ctx context.Context, tx *db.Tx, ref string) (r logRow, out History, err error) {
	if !id.Valid(ref) {
		return r, out, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := tx.Get(ctx, &r, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE m.id = ?`, ref); err != nil {
		return r, out, err
	}
	out = History{Mail: r.shown(), Steps: []Step{}, Files: []File{}}
	var events []eventRow
	if err := tx.Select(ctx, &events, `SELECT `+db.Columns[eventRow]("")+` FROM {mail_event} WHERE message_id = ? ORDER BY id`, r.ID); err != nil {
		return r, out, err
	}
	for _, e := range events {
		out.Steps = append(out.Steps, Step{At: e.At, State: e.State, ReplyCode: e.ReplyCode, ReplyText: e.ReplyText})
	}
	return r, out, tx.Select(ctx, &out.Files, `SELECT name, media_type FROM {mail_attachment} WHERE message_id = ? ORDER BY place`, r.ID)
}

// Resend sends a message once more that has ended. Faults: not_found, forbidden, stale; conflict while it is under way, or when it
// had a link that may be used once.
func (s *Service) Resend(ctx context.Context, a permission.Actor, ref string, version int64) (out History, err error) {
	found, err := s.find(ctx, a, ref)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.MailWrite, found.CustomerID)
	if err != nil {
		return out, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		r, before, err := historyOf(ctx, tx, ref)
		switch {
		case err != nil:
			return err
		case version != 0 && version != r.Version:
			return fault.New(fault.Stale, "fault.stale")
		case r.HasLink:
			return fault.New(fault.Conflict, "mails.one_time")
		case !before.again():
			return fault.New(fault.Conflict, "mails.under_way")
		}
		// It is as new: a message that was given up for its age would otherwise be given up at once.
		r.State, r.Version = Queued, r.Version+1
		n, err := tx.Exec(ctx, `UPDATE {mail_message} SET state = 'queued', due_at = ?, lost = 0, attempts = 0, reply_code = 0, reply_text = '', created_at = ?, updated_at = ?, version = ?
			WHERE id = ? AND version = ?`, tx.Now(), tx.Now(), tx.Now(), r.Version, r.ID, r.Version-1)
		if err != nil {
			return fmt.Errorf("resend mail: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		if err := note(ctx, tx, r.messageRow, outcome{}); err != nil {
			return err
		}
		if err := s.enqueue(ctx, tx, r.messageRow); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, a, "mail.resend", audit.Record{Type: recordType, ID: r.ID, Name: r.Subject}, nil, map[string]any{"to_email": r.ToEmail}); err != nil {
			return err
		}
		_, out, err = historyOf(ctx, tx, ref)
		return err
	})
	return out, err
}

// find reads a message within the actor's scope.
func (s *Service) find(ctx context.Context, a permission.Actor, ref string) (r logRow, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		r, _, err = historyOf(ctx, tx, ref)
		return err
	})
	return r, err
}
