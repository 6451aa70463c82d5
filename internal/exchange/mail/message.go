package mail

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
)

// Instance stands for the customer of mail about the instance itself.
const Instance = audit.Instance

// State is how far a message has come.
type State string

// The states.
const (
	Queued     State = "queued"
	Sending    State = "sending"
	Sent       State = "sent"
	Failed     State = "failed"
	Bounced    State = "bounced"
	Suppressed State = "suppressed"
)

// States lists all states.
func States() []State { return []State{Queued, Sending, Sent, Failed, Bounced, Suppressed} }

// Address is a person and where mail reaches them.
type Address struct{ Name, Email string }

// Message is mail to one person.
type Message struct {
	// Template names the words: mail.<template>.subject and .text in locales, and .button and .note where there are such.
	Template string
	To       Address
	// Language and TimeZone are the receiver's; what is empty or unknown becomes English and UTC.
	Language, TimeZone string
	// Args fill the words: texts, whole numbers, times and durations. They stay in the log, so no secret may be in them.
	Args map[string]any
	// Link is where the one button leads. It may hold a one-time secret: it is sealed, and forgotten once the message has ended.
	Link string
	// Unique makes a second Put of the same customer's do nothing; empty is unique by itself.
	Unique string
	Attach []Attachment
}

// Attachment is a file that goes with a message.
type Attachment struct {
	Name, MediaType string
	Content         []byte
}

// maxAttached is what servers commonly still take, less what base64 adds.
const maxAttached = 15 << 20

// check refuses what cannot be sent. Faults: invalid, naming the field.
func (m Message) check() error {
	var bad fault.Fields
	if !validEmail(m.To.Email) {
		bad.Add("to", "mails.field.email")
	}
	if strings.ContainsFunc(m.To.Name, unicode.IsControl) || utf8.RuneCountInString(m.To.Name) > 200 {
		bad.Add("to", "mails.field.name")
	}
	size := 0
	for i, a := range m.Attach {
		size += len(a.Content)
		if a.Name == "" || strings.ContainsFunc(a.Name, unicode.IsControl) || strings.ContainsFunc(a.MediaType, unicode.IsControl) {
			bad.Add(fmt.Sprintf("attach[%d]", i), "mails.field.attachment")
		}
	}
	if size > maxAttached {
		bad.Add("attach", "mails.field.attachments", "max", maxAttached>>20)
	}
	return bad.Err()
}

// validEmail takes a plain address: no name, no comment, and nothing that could begin a header of its own.
func validEmail(s string) bool {
	if len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

// messageRow is a message as stored. Link is sealed.
type messageRow struct {
	CustomerID string                  `db:"customer_id"`
	ID         string                  `db:"id"`
	UniqueKey  string                  `db:"unique_key"`
	Template   string                  `db:"template"`
	Subject    string                  `db:"subject"`
	ToName     string                  `db:"to_name"`
	ToEmail    string                  `db:"to_email"`
	Language   string                  `db:"language"`
	TimeZone   string                  `db:"time_zone"`
	Args       db.JSON[map[string]any] `db:"args"`
	HasLink    bool                    `db:"has_link"`
	Link       string                  `db:"link"`
	State      State                   `db:"state"`
	DueAt      db.Time                 `db:"due_at"` // when somebody must look at it again; none once it has ended
	LeaseUntil db.Time                 `db:"lease_until"`
	Lost       int64                   `db:"lost"` // attempts of which nobody knows how they ended
	Attempts   int64                   `db:"attempts"`
	ReplyCode  int64                   `db:"reply_code"`
	ReplyText  string                  `db:"reply_text"`
	CreatedAt  db.Time                 `db:"created_at"`
	UpdatedAt  db.Time                 `db:"updated_at"`
	SentAt     db.Time                 `db:"sent_at"`
	Version    int64                   `db:"version"`
}

// eventRow is one step of a message's life.
type eventRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	MessageID  string  `db:"message_id"`
	At         db.Time `db:"at"`
	State      State   `db:"state"`
	ReplyCode  int64   `db:"reply_code"`
	ReplyText  string  `db:"reply_text"`
}

// attachmentRow is a file of a message as stored.
type attachmentRow struct {
	CustomerID string `db:"customer_id"`
	ID         string `db:"id"`
	MessageID  string `db:"message_id"`
	Place      int64  `db:"place"`
	Name       string `db:"name"`
	MediaType  string `db:"media_type"`
	Content    []byte `db:"content"`
}
