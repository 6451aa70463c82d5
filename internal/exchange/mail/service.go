package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/seal"
)

// Topic is the task that sends one message.
const Topic = "mail"

// Service is the room's door.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	log    *slog.Logger
	bundle *i18n.Bundle
	outbox tasks
	seal   *seal.Box
	own    Defaults
	trust  *tls.Config
	dial   DialFunc
	theirs DialFunc

	directory Directory
}

// tasks is the outbox, as far as mail needs it.
type tasks interface {
	Put(ctx context.Context, tx *db.Tx, unique string, t jobs.Task) error
}

// Defaults is what the operator set at the start, for whatever no setting says otherwise.
type Defaults struct {
	Server Server
	From   Address
	// BounceTo takes what servers send back; the message's id goes into it behind a plus sign. Empty: the sender's address.
	BounceTo string
	Inbox    Inbox // where bounces are read; none without a host
}

// Config is what a Service is made of.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Bundle   *i18n.Bundle
	Outbox   tasks
	Seal     *seal.Box
	Defaults Defaults
	Trust    *tls.Config // certificates to trust besides the machine's; nil for those alone
	Dial     DialFunc    // to the operator's server; nil for the network as it is
	// DialCustomer reaches a server that a customer's setting names: it must not lead into our own network.
	DialCustomer DialFunc
	Directory    Directory
}

// New makes the service.
func New(c Config) *Service {
	return &Service{db: c.DB, clock: c.Clock, log: c.Log, bundle: c.Bundle, outbox: c.Outbox, seal: c.Seal, own: c.Defaults, trust: c.Trust, dial: c.Dial,
		theirs: c.DialCustomer, directory: c.Directory}
}

// Put adds a message to the caller's transaction. The customer of the scope decides on the sender and the look; in a transaction
// across customers it is mail of the instance. Faults: invalid, when there is no such address; a template without words, or an
// argument of another kind, is an error of the program.
func (s *Service) Put(ctx context.Context, tx *db.Tx, m Message) error {
	_, err := s.put(ctx, tx, m)
	return err
}

// put gives the id of the message, empty where Unique was there already.
func (s *Service) put(ctx context.Context, tx *db.Tx, m Message) (string, error) {
	if err := m.check(); err != nil {
		return "", err
	}
	customer, ok := tx.Scope().One()
	if !ok {
		customer = Instance
	}
	if !s.bundle.Has(m.Language) {
		m.Language = i18n.Fallback
	}
	p := s.printer(m.Language, m.TimeZone, tx.Now().Time)
	if !p.Has("mail." + m.Template + ".subject") {
		return "", fmt.Errorf("put mail: there are no words for the template %q", m.Template)
	}
	args, err := kept(m.Args)
	if err != nil {
		return "", fmt.Errorf("put mail: %w", err)
	}
	r := messageRow{CustomerID: customer, ID: id.New(), UniqueKey: m.Unique, Template: m.Template, ToName: oneLine(m.To.Name), ToEmail: m.To.Email, Language: m.Language,
		TimeZone: m.TimeZone, HasLink: m.Link != "", State: Queued, DueAt: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Version: 1}
	r.Args.V = args
	r.Subject = write(p, m.Template, m.To, m.Args, "").Subject
	if r.UniqueKey == "" {
		r.UniqueKey = r.ID
	}
	if m.Link != "" {
		if r.Link, err = s.seal.Seal(ctx, tx, linkOf(r), []byte(m.Link)); err != nil {
			return "", fmt.Errorf("put mail: %w", err)
		}
	}
	n, err := tx.Insert(ctx, "mail_message", r, "(customer_id, unique_key) DO NOTHING")
	if err != nil {
		return "", fmt.Errorf("put mail: %w", err)
	}
	if n == 0 {
		return "", nil
	}
	files := make([]attachmentRow, len(m.Attach))
	for i, a := range m.Attach {
		files[i] = attachmentRow{CustomerID: customer, ID: id.New(), MessageID: r.ID, Place: int64(i), Name: a.Name, MediaType: a.MediaType, Content: a.Content}
	}
	if _, err := tx.Insert(ctx, "mail_attachment", files, ""); err != nil {
		return "", fmt.Errorf("put mail: %w", err)
	}
	if err := note(ctx, tx, r, outcome{}); err != nil {
		return "", fmt.Errorf("put mail: %w", err)
	}
	return r.ID, s.enqueue(ctx, tx, r)
}

// enqueue asks for the message to be sent as soon as the transaction is durable. What is lost of it, the sweeper finds.
func (s *Service) enqueue(ctx context.Context, tx *db.Tx, r messageRow) error {
	t := jobs.Task{Topic: Topic, Key: r.ID}
	if r.CustomerID != Instance {
		t.Customer = r.CustomerID
	}
	return s.outbox.Put(ctx, tx, r.ID+"/"+strconv.FormatInt(r.Version, 10), t)
}

func (s *Service) printer(language, zone string, now time.Time) *i18n.Printer {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = time.UTC
	}
	return s.bundle.Printer(language, at, now)
}

// within opens a transaction for a customer's mail, or the instance's. Statements name the customer in either case.
func (s *Service) within(ctx context.Context, customer string, f func(*db.Tx) error) error {
	if customer == "" || customer == Instance {
		return s.db.Across(ctx, "mail of the instance belongs to no customer", f)
	}
	return s.db.InScope(ctx, db.Grant(customer), f)
}

// note writes down a step of the message's life, in the state that it has now.
func note(ctx context.Context, tx *db.Tx, r messageRow, o outcome) error {
	_, err := tx.Insert(ctx, "mail_event", eventRow{CustomerID: r.CustomerID, ID: id.New(), MessageID: r.ID, At: tx.Now(), State: r.State, ReplyCode: int64(o.code),
		ReplyText: o.text}, "")
	return err
}

func linkOf(r messageRow) seal.Place {
	return seal.Place{Table: "mail_message", Row: r.ID, Column: "link"}
}

func passwordOf(r settingRow) seal.Place {
	return seal.Place{Table: "mail_setting", Row: r.CustomerID, Column: "server_password"}
}
