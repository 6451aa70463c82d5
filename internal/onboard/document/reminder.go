package document

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Mail tells a contact about documents that they owe.
type Mail struct {
	Template  string // documents_asked, documents_due or document_refused
	To        contact
	Documents []Document
	Remarks   string
	Link      string // private, of the receiver
	Unique    string
}

// Name, Email, Language and TimeZone are the receiver's.
func (m Mail) Name() string     { return m.To.Name }
func (m Mail) Email() string    { return m.To.Email }
func (m Mail) Language() string { return m.To.Language }
func (m Mail) TimeZone() string { return m.To.TimeZone }

// Contact is the receiver's id.
func (m Mail) Contact() string { return m.To.ID }

// Titles lists the documents, one a line, with the day of each.
func (m Mail) Titles(day func(time.Time) string) string {
	lines := make([]string, len(m.Documents))
	for i, d := range m.Documents {
		lines[i] = d.Title
		if at, err := time.Parse(time.DateOnly, string(d.DueOn)); err == nil {
			lines[i] += " (" + day(at) + ")"
		}
	}
	return strings.Join(lines, "\n\n")
}

func (s *Service) write(ctx context.Context, tx *db.Tx, a permission.Actor, template string, c contact, owed []Document, unique string) error {
	return s.send(ctx, tx, a, Mail{Template: template, To: c, Documents: owed, Unique: unique})
}

// send gives a mail its link, and hands it on.
func (s *Service) send(ctx context.Context, tx *db.Tx, a permission.Actor, m Mail) error {
	if s.Links != nil {
		_, secret, err := invite(ctx, tx, a, m.To)
		if err != nil {
			return err
		}
		m.Link = s.Links.Address(Door, secret)
	}
	return s.Mailer.Owed(ctx, tx, a, m)
}

// before are the days before the due day on which a reminder goes out; after it, one goes out every lateEvery days.
var before = []int{7, 2, 0}

const lateEvery = 3

// hour is when, on the receiver's wall, a reminder may go out.
const hour = 8

// reminderDay is the last day up to today on which a reminder of a document that is due on a day should have gone out; empty where there is
// none yet. The day on which it was asked for itself is none: the asking was a mail.
func reminderDay(due, today string) string {
	at, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return ""
	}
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return ""
	}
	last := ""
	for _, n := range before {
		if day := at.AddDate(0, 0, -n); !day.After(now) {
			last = day.Format(time.DateOnly)
		}
	}
	if late := int(now.Sub(at).Hours() / 24); late >= lateEvery {
		last = at.AddDate(0, 0, late/lateEvery*lateEvery).Format(time.DateOnly)
	}
	return last
}

// reminds tells whether a reminder is to go out today: the last day for one has come since the document was asked for and since the last
// reminder.
func reminds(due, today, asked, last string) bool {
	day := reminderDay(due, today)
	return day != "" && day > asked && day > last
}

// today is the day in a zone.
func today(now time.Time, zone string) string {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = time.UTC
	}
	return now.In(at).Format(time.DateOnly)
}

// owed is a document that may be due for a reminder.
type owed struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	OwedBy     string  `db:"owed_by_id"`
	DueOn      string  `db:"due_on"`
	AskedAt    db.Time `db:"asked_at"`
	Last       string  `db:"last"`
	TimeZone   string  `db:"time_zone"`
}

// Sweep reminds whoever owes documents. It hangs on the tick, and may run twice at once: the row of a reminder is unique for a document and
// day, and the mail for a contact and day.
func (s *Service) Sweep(ctx context.Context, system func(customer string) permission.Actor) error {
	if s.Mailer == nil {
		return nil
	}
	var all []owed
	err := s.DB.Across(ctx, "documents of all customers that somebody owes", func(tx *db.Tx) error {
		// A day more than any zone is ahead of us.
		latest := tx.Now().AddDate(0, 0, before[0]+1).Format(time.DateOnly)
		return tx.Select(ctx, &all, `SELECT d.customer_id, d.id, d.owed_by_id, d.due_on, d.asked_at, COALESCE((SELECT MAX(m.day) FROM {document_reminder} m WHERE m.customer_id = d.customer_id AND m.document_id = d.id), '') AS last,
			CASE WHEN c.time_zone = '' THEN k.time_zone ELSE c.time_zone END AS time_zone
			FROM {document} d JOIN {contact} c ON c.customer_id = d.customer_id AND c.id = d.owed_by_id JOIN {customer} k ON k.id = d.customer_id
			WHERE d.state IN ('requested', 'refused') AND d.due_on <> '' AND d.due_on <= ? AND c.email <> '' ORDER BY d.customer_id, d.owed_by_id, d.due_on, d.id LIMIT 5000`, latest)
	})
	if err != nil {
		return fmt.Errorf("sweep documents: %w", err)
	}
	now := s.Clock.Now()
	type debt struct{ customer, contact, day string }
	var debts []debt
	for _, d := range all {
		day := today(now, d.TimeZone)
		if !awake(now, d.TimeZone) || !reminds(d.DueOn, day, today(d.AskedAt.Time, d.TimeZone), d.Last) {
			continue
		}
		if x := (debt{d.CustomerID, d.OwedBy, day}); !slices.Contains(debts, x) {
			debts = append(debts, x)
		}
	}
	for _, x := range debts {
		if err := s.remind(ctx, system(x.customer), x.customer, x.contact, x.day); err != nil {
			return fmt.Errorf("remind of documents: %w", err)
		}
	}
	return nil
}

// awake tells whether it is time for mail where the receiver is.
func awake(now time.Time, zone string) bool {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = time.UTC
	}
	return now.In(at).Hour() >= hour
}

// remind writes to one contact about all that they owe and that is near its day, once a day.
func (s *Service) remind(ctx context.Context, a permission.Actor, customer, ref, day string) error {
	scope, err := a.For(permission.DocumentWrite, customer)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		c, err := contactOf(ctx, tx, ref)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := s.owedBy(ctx, tx, ref)
		if err != nil {
			return err
		}
		limit, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return err
		}
		soon := limit.AddDate(0, 0, before[0]).Format(time.DateOnly)
		var near []Document
		var rows []reminder
		for _, d := range all {
			if string(d.DueOn) > soon {
				continue
			}
			near = append(near, d)
			rows = append(rows, reminder{ID: id.New(), DocumentID: d.ID, ContactID: c.ID, Day: day, CreatedAt: tx.Now()})
		}
		if len(near) == 0 {
			return nil // received in the meantime
		}
		if n, err := tx.Insert(ctx, "document_reminder", rows, "(customer_id, document_id, day) DO NOTHING"); err != nil || n == 0 {
			return err
		}
		return s.write(ctx, tx, a, "documents_due", c, near, "due:"+c.ID+":"+day)
	})
}

// reminder is one that went out.
type reminder struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	DocumentID string  `db:"document_id"`
	ContactID  string  `db:"contact_id"`
	Day        string  `db:"day"`
	CreatedAt  db.Time `db:"created_at"`
}
