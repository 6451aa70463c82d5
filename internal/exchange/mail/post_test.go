package mail

import (
	"context"
	"log/slog"
	"net/mail"
	"strings"
	"testing"

	"vigie/internal/exchange/mail/mailtest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/seal/sealtest"
	"vigie/locales"
)

type noTasks struct{}

func (noTasks) Put(context.Context, *db.Tx, string, jobs.Task) error { return nil }

// post is a mail room with a customer and a server of its own.
type post struct {
	*Service
	t        *testing.T
	db       *db.DB
	clock    *clock.Manual
	server   *mailtest.Server
	customer string
}

func newPost(t *testing.T, d *db.DB, c *clock.Manual) *post {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	p := &post{t: t, db: d, clock: c, server: mailtest.Start(t, false, false), customer: id.New()}
	p.Service = New(Config{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Bundle: bundle, Outbox: noTasks{}, Seal: sealtest.New(t), Trust: p.server.Trust,
		Defaults: Defaults{Server: Server{Host: "localhost", Port: p.server.Port, Security: StartTLS}, From: Address{"Vigie", "vigie@provider.example"}, BounceTo: "bounces@provider.example"}})
	return p
}

func (p *post) in(f func(*db.Tx) error) {
	p.t.Helper()
	if err := p.db.InScope(p.t.Context(), db.Grant(p.customer), f); err != nil {
		p.t.Fatal(err)
	}
}

// put writes a message of the customer's.
func (p *post) put(m Message) (message string) {
	p.t.Helper()
	if m.Template == "" {
		m.Template = "test"
	}
	if m.To.Email == "" {
		m.To = Address{"Zoé Lefèvre", "zoe@customer.example"}
	}
	p.in(func(tx *db.Tx) (err error) {
		message, err = p.Service.put(p.t.Context(), tx, m)
		return err
	})
	return message
}

func (p *post) row(message string) (r messageRow) {
	p.t.Helper()
	p.in(func(tx *db.Tx) (err error) {
		r, err = messageOf(p.t.Context(), tx, p.customer, message)
		return err
	})
	return r
}

// tick hands on what is due, as the queue does each minute.
func (p *post) tick() (handed int) {
	p.t.Helper()
	err := p.Sweep(p.t.Context(), func(customer, message string) error {
		handed++
		return p.Deliver(p.t.Context(), customer, message)
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return handed
}

func (p *post) states(message string) string {
	p.t.Helper()
	var rows []string
	p.in(func(tx *db.Tx) error {
		return tx.Select(p.t.Context(), &rows, `SELECT state FROM {mail_event} WHERE customer_id = ? AND message_id = ? ORDER BY id`, p.customer, message)
	})
	return strings.Join(rows, " ")
}

func each(t *testing.T, test func(t *testing.T, p *post)) {
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) { test(t, newPost(t, d, c)) })
}

func messageIDOf(t *testing.T, data string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get("Message-ID")
}
