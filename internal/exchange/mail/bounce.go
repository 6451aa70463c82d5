package mail

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"github.com/google/uuid"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/trust/permission"
)

// MaxBounce is the most that a returned message may have, in bytes.
const MaxBounce = 1 << 20

// report is what a delivery status notification (RFC 3464) says, as far as we can use it.
type report struct {
	messages []string // ids of ours that it names, by the address that it came to or by the Message-ID of what it returns
	failed   bool     // it was given up; otherwise it is only late, or has arrived
	status   string   // RFC 3463: 5.1.1
	text     string
}

// gone tells whether it says that nobody has the address.
func (r report) gone() bool {
	if r.status == "5.0.0" { // nothing but "for good": the server's own words must tell
		return nobodyThere(codeIn(r.text), "")
	}
	return nobodyThere(0, r.status)
}

var (
	// ours is the part of an address by which a message is told: 32 hexadecimal digits behind a plus sign.
	ours     = regexp.MustCompile(`\+([0-9a-f]{32})@`)
	ourID    = regexp.MustCompile(`<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@[^>\s]+>`)
	replied  = regexp.MustCompile(`\b(55[0-9])\b`)
	arrivals = []string{"To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"}
)

func codeIn(text string) (code int) {
	if m := replied.FindString(text); m != "" {
		_, _ = fmt.Sscan(m, &code) // three digits, by the expression
	}
	return code
}

// readReport reads a message that came back. ok is false for anything that is no delivery status: an absence note, spam. Whoever can
// write to the mailbox can send one; what it can do is bounded by its having to name a message by an id that nobody can guess.
func readReport(raw []byte) (r report, ok bool) {
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) || e == nil {
		return r, false
	}
	kind, params, err := e.Header.ContentType()
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return r, false
	}
	for _, name := range arrivals {
		for _, m := range ours.FindAllStringSubmatch(strings.ToLower(e.Header.Get(name)), -1) {
			if u, err := uuid.Parse(m[1]); err == nil {
				r.messages = append(r.messages, u.String())
			}
		}
	}
	parts := e.MultipartReader()
	if parts == nil {
		return r, false
	}
	defer parts.Close()
	for range 20 { // a report has three parts
		p, err := parts.NextPart()
		if p == nil {
			break
		}
		kind, _, cerr := p.Header.ContentType()
		body, rerr := io.ReadAll(io.LimitReader(p.Body, MaxBounce))
		if cerr != nil || rerr != nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			continue
		}
		switch kind {
		case "message/delivery-status", "message/global-delivery-status":
			ok = r.readStatus(body) || ok
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			head, err := mail.ReadMessage(bytes.NewReader(append(body, "\r\n\r\n"...)))
			if err != nil {
				continue
			}
			if m := ourID.FindStringSubmatch(head.Header.Get("Message-Id")); m != nil {
				r.messages = append(r.messages, m[1])
			}
		}
	}
	slices.Sort(r.messages)
	r.messages = slices.Compact(r.messages)
	return r, ok
}

// readStatus reads the fields of a report: a group about the message, then one for each receiver. Ours have one.
func (r *report) readStatus(body []byte) bool {
	in := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(body, "\r\n\r\n"...))))
	for {
		fields, err := in.ReadMIMEHeader()
		if action := strings.ToLower(strings.TrimSpace(fields.Get("Action"))); action != "" {
			r.failed = action == "failed"
			r.status = enhanced(fields.Get("Status"))
			_, r.text, _ = strings.Cut(fields.Get("Diagnostic-Code"), ";")
			if r.text = cut(r.text); r.text == "" {
				r.text = r.status
			}
			return true
		}
		if err != nil || len(fields) == 0 {
			return false
		}
	}
}

// Returned is what came of a message that came back.
type Returned struct {
	Matched    int `json:"matched" doc:"Messages of ours that it is about, among those that the caller may see."`
	Suppressed int `json:"suppressed" doc:"Addresses that get no more mail because of it."`
}

// TakeBounce reads a message that came back, whole as it is. Faults: forbidden, too_large; invalid for what is no delivery status
// notification, or names no message that the actor may see.
func (s *Service) TakeBounce(ctx context.Context, a permission.Actor, raw []byte) (out Returned, err error) {
	if err := a.Require(permission.MailWrite); err != nil {
		return out, err
	}
	if len(raw) > MaxBounce {
		return out, fault.New(fault.TooLarge, "fault.too_large")
	}
	out, ok, err := s.takeBounce(ctx, raw, func(message string) (customer string, err error) {
		r, err := s.find(ctx, a, message)
		return r.CustomerID, err
	})
	var bad fault.Fields
	switch {
	case err != nil:
		return out, err
	case !ok:
		bad.Add("body", "mails.field.report")
	case out.Matched == 0:
		bad.Add("body", "mails.field.unmatched")
	}
	return out, bad.Err()
}

// takeBounce finds each message that the report names by owner, whose not_found leaves it out.
func (s *Service) takeBounce(ctx context.Context, raw []byte, owner func(message string) (customer string, err error)) (out Returned, ok bool, err error) {
	r, ok := readReport(raw)
	if !ok {
		return out, false, nil
	}
	for _, m := range r.messages {
		if !id.Valid(m) {
			continue
		}
		customer, err := owner(m)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return out, true, err
		}
		barred, err := s.returned(ctx, customer, m, r)
		if err != nil {
			return out, true, err
		}
		out.Matched++
		if barred {
			out.Suppressed++
		}
	}
	return out, true, nil
}

// returned writes down that a message came back. The same word a second time changes nothing.
func (s *Service) returned(ctx context.Context, customer, message string, r report) (barred bool, err error) {
	err = s.within(ctx, customer, func(tx *db.Tx) error {
		m, err := messageOf(ctx, tx, customer, message)
		if err != nil || m.State != Sent {
			return err
		}
		out := outcome{text: cut(strings.TrimSpace(r.text))}
		if !r.failed {
			var said int
			err := tx.Get(ctx, &said, `SELECT COUNT(*) FROM {mail_event} WHERE customer_id = ? AND message_id = ? AND state = 'sent' AND reply_text = ?`, customer, m.ID, out.text)
			if err != nil || said > 0 {
				return err
			}
			return note(ctx, tx, m, out)
		}
		m.State = Bounced
		n, err := tx.Exec(ctx, `UPDATE {mail_message} SET state = 'bounced', reply_code = 0, reply_text = ?, updated_at = ?, version = version + 1
			WHERE customer_id = ? AND id = ? AND state = 'sent'`, out.text, tx.Now(), customer, m.ID)
		if err != nil || n == 0 {
			return err
		}
		live.ChangedForStaff(tx, recordType, m.ID)
		if err := note(ctx, tx, m, out); err != nil || !r.gone() {
			return err
		}
		barred = true
		return suppress(ctx, tx, m, "bounced", out.text)
	})
	if err != nil {
		return false, fmt.Errorf("take bounce: %w", err)
	}
	return barred, nil
}

// ownerOf finds whose a message is, whoever that may be.
func (s *Service) ownerOf(ctx context.Context, message string) (customer string, err error) {
	err = s.db.Across(ctx, "a report names a message and not its customer", func(tx *db.Tx) error {
		return tx.Get(ctx, &customer, `SELECT customer_id FROM {mail_message} WHERE id = ?`, message)
	})
	return customer, err
}
