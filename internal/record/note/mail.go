package note

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Mailer takes the mail of a batch of notifications, in the transaction that takes them out of the queue.
type Mailer interface {
	Notify(ctx context.Context, tx *db.Tx, m Mail) error
}

// Mail tells one person what happened to one record.
type Mail struct {
	To      Person
	Record  string // its name
	Href    string // of its page; empty where it has none
	Actor   string // who wrote last
	Excerpt string // what that was
	Count   int    // notes since the last mail
	Mention bool
	Unique  string
}

// Preference says which notifications somebody gets as mail, besides their inbox.
type Preference struct {
	Mail string `json:"mail" enum:"all,mentions,none" doc:"all, mentions, or none."`
}

var mailChoices = []string{"all", "mentions", "none"}

// Preference is one's own. Faults: forbidden.
func (s *Service) Preference(ctx context.Context, a permission.Actor) (out Preference, err error) {
	if err := a.Require(permission.NoteRead); err != nil {
		return out, err
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		out.Mail, err = preferenceOf(ctx, tx, owner(a))
		return err
	})
	return out, err
}

func preferenceOf(ctx context.Context, tx *db.Tx, user string) (choice string, err error) {
	err = tx.Get(ctx, &choice, `SELECT mail FROM {notification_preference} WHERE user_id = ?`, user)
	if fault.Is(err, fault.NotFound) {
		return "all", nil
	}
	return choice, err
}

// SetPreference changes one's own. Faults: forbidden, invalid.
func (s *Service) SetPreference(ctx context.Context, a permission.Actor, in Preference) (Preference, error) {
	if err := a.Require(permission.NoteRead); err != nil {
		return in, err
	}
	if !slices.Contains(mailChoices, in.Mail) {
		var bad fault.Fields
		bad.Add("mail", "api.field.choice", "value", "all, mentions, none")
		return in, bad.Err()
	}
	if a.ID == "" {
		return in, nil
	}
	return in, s.DB.InScope(ctx, a.Scope(), func(tx *db.Tx) error {
		_, err := tx.Insert(ctx, "notification_preference", struct {
			UserID string `db:"user_id"`
			Mail   string `db:"mail"`
		}{a.ID, in.Mail}, "(user_id) DO UPDATE SET mail = excluded.mail")
		return err
	})
}

// due is a batch: one person, one record.
type due struct {
	CustomerID string `db:"customer_id"`
	UserID     string `db:"user_id"`
	RecordType string `db:"record_type"`
	RecordID   string `db:"record_id"`
}

// Sweep sends the mails that are due: one for each person and record, of all that came together. It hangs on the tick, and may run twice
// at once.
func (s *Service) Sweep(ctx context.Context) error {
	if s.Mailer == nil {
		return nil
	}
	var batches []due
	err := s.DB.Across(ctx, "notifications of all customers that are due as mail", func(tx *db.Tx) error {
		return tx.Select(ctx, &batches, `SELECT DISTINCT n.customer_id, n.user_id, n.record_type, n.record_id FROM {notification} n WHERE n.mail_due_at <= ? LIMIT 500`, tx.Now())
	})
	if err != nil {
		return fmt.Errorf("sweep notifications: %w", err)
	}
	for _, b := range batches {
		if err := s.send(ctx, b); err != nil {
			return fmt.Errorf("mail a notification: %w", err)
		}
	}
	return nil
}

// send makes one mail of a batch, if its person may still see the record and wants it.
func (s *Service) send(ctx context.Context, b due) error {
	return s.DB.InScope(ctx, db.Grant(b.CustomerID), func(tx *db.Tx) error {
		var rows []notification
		err := tx.Select(ctx, &rows, `SELECT `+db.Columns[notification]("n.")+` FROM {notification} n WHERE n.user_id = ? AND n.record_type = ? AND n.record_id = ? AND n.mail_due_at IS NOT NULL
			ORDER BY n.id`, b.UserID, b.RecordType, b.RecordID)
		if err != nil || len(rows) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE {notification} SET mail_due_at = NULL WHERE user_id = ? AND record_type = ? AND record_id = ? AND mail_due_at IS NOT NULL`, b.UserID, b.RecordType, b.RecordID)
		if err != nil {
			return err
		}
		on, err := s.Subjects.Find(ctx, tx, b.RecordType, b.RecordID)
		if fault.Is(err, fault.NotFound) {
			return nil // the record is gone
		}
		if err != nil {
			return err
		}
		choice, err := preferenceOf(ctx, tx, b.UserID)
		if err != nil || choice == "none" {
			return err
		}
		m, ok, err := s.compose(ctx, tx, on, b.UserID, rows, choice)
		if err != nil || !ok {
			return err
		}
		return s.Mailer.Notify(ctx, tx, m)
	})
}

// compose makes the mail of a batch; ok is false where nothing is left to tell.
func (s *Service) compose(ctx context.Context, tx *db.Tx, on subject.Subject, user string, rows []notification, choice string) (m Mail, ok bool, err error) {
	for _, public := range []bool{false, true} {
		people, err := s.audience(ctx, tx, on, public)
		if err != nil {
			return m, false, err
		}
		if i := slices.IndexFunc(people, func(p Person) bool { return p.ID == user }); i >= 0 {
			m.To, ok = people[i], true
		}
	}
	if !ok {
		return m, false, nil
	}
	m.Record, m.Href = on.Name, on.Href
	for _, n := range rows {
		if !n.ReadAt.IsZero() || choice == "mentions" && n.Kind != byMention {
			continue
		}
		// Between the note and the mail a person may have become less.
		if !permission.Allowed(m.To.Role, permission.InternalRead) {
			var public bool
			if err := tx.Get(ctx, &public, `SELECT public FROM {note} WHERE id = ?`, n.NoteID); err != nil || !public {
				continue
			}
		}
		m.Count++
		m.Actor, m.Excerpt, m.Unique = n.ActorName, n.Excerpt, "notification:"+n.ID
		m.Mention = m.Mention || n.Kind == byMention
	}
	return m, m.Count > 0, nil
}
