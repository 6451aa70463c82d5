package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/live"
)

// Deliver makes one attempt at a message. One that is not due, has ended, or that another process is at is left alone: the task
// may be run as often as one likes. customer is empty for mail of the instance.
func (s *Service) Deliver(ctx context.Context, customer, message string) error {
	if customer == "" {
		customer = Instance
	}
	r, files, link, err := s.claim(ctx, customer, message)
	if err != nil || r.State != Sending {
		return err
	}
	w, err := s.effective(ctx, customer)
	if err != nil {
		return err
	}
	if !w.ready() {
		return s.wait(ctx, r)
	}
	out := judge(s.transmit(ctx, w, r, files, link), w.server.Password, link)
	if ctx.Err() != nil && out.verdict == later {
		return ctx.Err() // the server stops: whoever finds the lease run out goes on
	}
	return s.settle(ctx, r, out)
}

// claim takes a message that is due by lease. What comes back in another state than Sending has ended here.
func (s *Service) claim(ctx context.Context, customer, message string) (r messageRow, files []attachmentRow, link string, err error) {
	err = s.within(ctx, customer, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE {mail_message} SET lost = lost + CASE WHEN state = 'sending' THEN 1 ELSE 0 END, state = 'sending', due_at = ?, lease_until = ?,
			attempts = attempts + 1, updated_at = ?, version = version + 1
			WHERE customer_id = ? AND id = ? AND due_at <= ? AND (state = 'queued' OR state = 'sending' AND lease_until <= ?)`,
			db.At(tx.Now().Add(lease)), db.At(tx.Now().Add(lease)), tx.Now(), customer, message, tx.Now(), tx.Now())
		if err != nil || n == 0 {
			return err
		}
		if r, err = messageOf(ctx, tx, customer, message); err != nil {
			return err
		}
		barred, err := suppressed(ctx, tx, customer, r.ToEmail)
		switch {
		case err != nil:
			return err
		case barred:
			return s.end(ctx, tx, &r, Suppressed, outcome{})
		case r.Lost > 1:
			return s.end(ctx, tx, &r, Failed, outcome{text: lostText})
		case tx.Now().Sub(r.CreatedAt.Time) > tooOld:
			return s.end(ctx, tx, &r, Failed, outcome{code: int(r.ReplyCode), text: r.ReplyText})
		}
		if r.Link != "" {
			plain, err := s.seal.Open(ctx, tx, linkOf(r), r.Link)
			if err != nil {
				return err
			}
			link = string(plain)
		}
		return tx.Select(ctx, &files, `SELECT `+db.Columns[attachmentRow]("")+` FROM {mail_attachment} WHERE customer_id = ? AND message_id = ? ORDER BY place`, customer, r.ID)
	})
	if err != nil {
		err = fmt.Errorf("claim mail: %w", err)
	}
	return r, files, link, err
}

// lostText is what the log says of a message that was begun twice and never seen to its end.
const lostText = "twice it is not known whether the server took it"

// transmit makes the message up and gives it to the server.
func (s *Service) transmit(ctx context.Context, w way, r messageRow, files []attachmentRow, link string) error {
	l, err := s.letter(w, r, link)
	if err != nil {
		return err
	}
	for _, f := range files {
		l.attach = append(l.attach, Attachment{Name: f.Name, MediaType: f.MediaType, Content: f.Content})
	}
	dial := s.dial
	if w.theirs {
		if dial = s.theirs; dial == nil {
			return errors.New("servers of customers are not reached from here")
		}
	}
	return w.server.send(ctx, l, dial, s.trust)
}

// letter writes a message in the receiver's language and the sender's look.
func (s *Service) letter(w way, r messageRow, link string) (letter, error) {
	p := s.printer(r.Language, r.TimeZone, s.clock.Now())
	to := Address{Name: r.ToName, Email: r.ToEmail}
	words := write(p, r.Template, to, given(r.Args.V), link)
	html, err := words.html(w.look, p)
	return letter{id: r.ID, from: w.from, to: to, replyTo: w.replyTo, envelope: verp(s.own.BounceTo, r.ID), subject: words.Subject, text: words.text(w.look, p), html: html,
		at: s.clock.Now()}, err
}

// verp is the address that bounces of this message go to.
func verp(bounceTo, message string) string {
	local, domain, ok := strings.Cut(bounceTo, "@")
	if !ok {
		return ""
	}
	return local + "+" + strings.ReplaceAll(message, "-", "") + "@" + domain
}

// settle writes down what an attempt came to, unless the lease was lost to another process meanwhile.
func (s *Service) settle(ctx context.Context, r messageRow, out outcome) error {
	// The server has taken it or not: that must be written down even if we are told to stop now.
	ctx = context.WithoutCancel(ctx)
	err := s.within(ctx, r.CustomerID, func(tx *db.Tx) error {
		switch out.verdict {
		case taken:
			return s.end(ctx, tx, &r, Sent, out)
		case refused:
			return s.end(ctx, tx, &r, Failed, out)
		case dead:
			if err := s.end(ctx, tx, &r, Bounced, out); err != nil {
				return err
			}
			return suppress(ctx, tx, r, "refused", out.text)
		}
		wait := retry(r.Attempts)
		if tx.Now().Add(wait).Sub(r.CreatedAt.Time) > tooOld {
			return s.end(ctx, tx, &r, Failed, out)
		}
		lost := r.Lost
		if out.verdict == unknown {
			if lost++; lost > 1 {
				return s.end(ctx, tx, &r, Failed, outcome{text: lostText})
			}
		}
		r.State = Queued
		n, err := tx.Exec(ctx, `UPDATE {mail_message} SET state = 'queued', due_at = ?, lease_until = NULL, lost = ?, reply_code = ?, reply_text = ?, updated_at = ?,
			version = version + 1 WHERE customer_id = ? AND id = ? AND state = 'sending' AND attempts = ?`,
			db.At(tx.Now().Add(wait)), lost, out.code, out.text, tx.Now(), r.CustomerID, r.ID, r.Attempts)
		if err != nil || n == 0 {
			return err
		}
		live.ChangedForStaff(tx, recordType, r.ID)
		return note(ctx, tx, r, out)
	})
	if err != nil {
		return fmt.Errorf("settle mail: %w", err)
	}
	return nil
}

// wait puts a message back while there is no server: that is no attempt.
func (s *Service) wait(ctx context.Context, r messageRow) error {
	return s.within(ctx, r.CustomerID, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE {mail_message} SET state = 'queued', due_at = ?, lease_until = NULL, attempts = attempts - 1, reply_text = ?, updated_at = ?, version = version + 1
			WHERE customer_id = ? AND id = ? AND state = 'sending' AND attempts = ?`, db.At(tx.Now().Add(2*time.Minute)), noServer, tx.Now(), r.CustomerID, r.ID, r.Attempts)
		return err
	})
}

// noServer is what the log says of a message that waits for a server to be set.
const noServer = "no mail server is set"

// end brings a message to its end: nobody looks at it again by itself, and its link is forgotten.
func (s *Service) end(ctx context.Context, tx *db.Tx, r *messageRow, state State, out outcome) error {
	r.State = state
	sent := r.SentAt
	if state == Sent {
		sent = tx.Now()
	}
	n, err := tx.Exec(ctx, `UPDATE {mail_message} SET state = ?, due_at = NULL, lease_until = NULL, link = '', reply_code = ?, reply_text = ?, sent_at = ?, updated_at = ?,
		version = version + 1 WHERE customer_id = ? AND id = ? AND state = 'sending' AND attempts = ?`,
		string(state), out.code, out.text, sent, tx.Now(), r.CustomerID, r.ID, r.Attempts)
	if err != nil || n == 0 {
		return err
	}
	live.ChangedForStaff(tx, recordType, r.ID)
	return note(ctx, tx, *r, out)
}

// Sweep hands on every message that is due, and forgets what is older than the log goes back. It hangs on the tick.
func (s *Service) Sweep(ctx context.Context, hand func(customer, message string) error) error {
	var due []struct {
		CustomerID string `db:"customer_id"`
		ID         string `db:"id"`
	}
	err := s.db.Across(ctx, "messages of all customers that are due", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM {mail_message} WHERE created_at < ? AND due_at IS NULL`, db.At(tx.Now().Add(-keep))); err != nil {
			return err
		}
		return tx.Select(ctx, &due, `SELECT customer_id, id FROM {mail_message} WHERE due_at <= ? ORDER BY due_at LIMIT 500`, tx.Now())
	})
	if err != nil {
		return fmt.Errorf("sweep mail: %w", err)
	}
	for _, m := range due {
		if m.CustomerID == Instance {
			m.CustomerID = ""
		}
		if err := hand(m.CustomerID, m.ID); err != nil {
			return err
		}
	}
	return nil
}

func messageOf(ctx context.Context, tx *db.Tx, customer, message string) (r messageRow, err error) {
	err = tx.Get(ctx, &r, `SELECT `+db.Columns[messageRow]("")+` FROM {mail_message} WHERE customer_id = ? AND id = ?`, customer, message)
	return r, err
}

// recordType is how the audit trail and live pages call a message.
const recordType = "mail"
