package mail

import (
	"net/mail"
	"strings"
	"testing"
	"time"

	"vigie/internal/exchange/mail/mailtest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

func TestSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		args := map[string]any{"sender": "Vigie", "person": "Ada", "at": dbtest.Start}
		one := p.put(Message{Language: "fr", TimeZone: "Europe/Paris", Args: args, Link: "https://vigie.example/invitation?code=very-secret", Unique: "invitation/1",
			Attach: []Attachment{{"relevé.csv", "text/csv", []byte("a,b\n1,2\n")}}})
		if again := p.put(Message{Unique: "invitation/1", Args: args}); again != "" {
			t.Error("the same unique key was put twice")
		}
		if r := p.row(one); strings.Contains(r.Link, "very-secret") || r.Link == "" || r.State != Queued {
			t.Errorf("before: %+v", r)
		}
		p.tick()
		r := p.row(one)
		if r.State != Sent || r.Link != "" || !r.HasLink || r.SentAt.IsZero() || r.Attempts != 1 {
			t.Errorf("after: %+v", r)
		}
		if p.tick() != 0 {
			t.Error("a message that was sent is due again")
		}
		if err := p.Deliver(t.Context(), p.customer, one); err != nil {
			t.Error(err)
		}
		all := p.server.Taken()
		if len(all) != 1 {
			t.Fatalf("%d messages were taken", len(all))
		}
		got := all[0]
		if !got.TLS || got.To != "zoe@customer.example" || got.From != "bounces+"+strings.ReplaceAll(one, "-", "")+"@provider.example" {
			t.Errorf("envelope: %+v", got)
		}
		m, err := mail.ReadMessage(strings.NewReader(got.Data))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"Message-ID": "<" + one + "@provider.example>", "Auto-Submitted": "auto-generated", "Date": "Mon, 02 Mar 2026 09:00:00 +0000"} {
			if m.Header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, m.Header.Get(name), want)
			}
		}
		if s := p.states(one); s != "queued sent" {
			t.Errorf("history: %s", s)
		}
	})
}

func TestInstance(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		var message string
		err := p.db.Across(t.Context(), "test", func(tx *db.Tx) (err error) {
			message, err = p.Service.put(t.Context(), tx, Message{Template: "test", To: Address{"", "root@provider.example"}, Link: "https://x.example/reset"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		p.tick()
		if len(p.server.Taken()) != 1 {
			t.Fatal("nothing was sent")
		}
		var seen int
		p.in(func(tx *db.Tx) error {
			return tx.Get(t.Context(), &seen, `SELECT COUNT(*) FROM {mail_message} WHERE id = ?`, message)
		})
		if seen != 0 {
			t.Error("a customer sees mail of the instance")
		}
	})
}

func TestDeferred(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		p.server.Rcpt = func(string) error { return mailtest.Refuse(451, 4, 7, 1, "come back later") }
		m := p.put(Message{Link: "https://x.example/once"})
		waits := []time.Duration{}
		for start := p.clock.Now(); p.clock.Now().Sub(start) < tooOld; p.clock.Advance(time.Minute) {
			before := p.row(m).Attempts
			p.tick()
			if r := p.row(m); r.Attempts != before && r.State == Queued {
				waits = append(waits, r.DueAt.Sub(p.clock.Now()))
				p.clock.Set(r.DueAt.Add(-time.Minute))
			}
			if len(waits) > 40 {
				break
			}
		}
		if waits[0] != time.Minute || waits[1] != 5*time.Minute || waits[len(waits)-1] != 4*time.Hour {
			t.Errorf("waits: %v", waits)
		}
		p.clock.Advance(tooOld)
		p.tick()
		r := p.row(m)
		if r.State != Failed || r.ReplyCode != 451 || !strings.Contains(r.ReplyText, "come back later") || r.Link != "" {
			t.Errorf("given up: %+v", r)
		}
		if p.tick() != 0 {
			t.Error("a message that was given up is due again")
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		answers := map[string]error{
			"gone@customer.example":   mailtest.Refuse(550, 5, 1, 1, "no such user"),
			"policy@customer.example": mailtest.Refuse(550, 5, 7, 1, "your network is listed"),
		}
		p.server.Rcpt = func(to string) error { return answers[to] }
		gone, policy := p.put(Message{To: Address{"", "gone@customer.example"}}), p.put(Message{To: Address{"", "policy@customer.example"}})
		p.tick()
		if r := p.row(gone); r.State != Bounced || r.ReplyCode != 550 {
			t.Errorf("%+v", r)
		}
		if r := p.row(policy); r.State != Failed {
			t.Errorf("%+v", r)
		}
		// The address that is gone gets nothing more, in whatever letters; the other one was not at fault.
		again, other := p.put(Message{To: Address{"", "Gone@Customer.example"}}), p.put(Message{To: Address{"", "policy@customer.example"}})
		answers["policy@customer.example"] = nil
		p.tick()
		if r := p.row(again); r.State != Suppressed {
			t.Errorf("%+v", r)
		}
		if r := p.row(other); r.State != Sent {
			t.Errorf("%+v", r)
		}
		if s := p.states(again); s != "queued suppressed" {
			t.Errorf("history: %s", s)
		}
	})
}

// A line that breaks after the text leaves nobody knowing: once more, and no third time.
func TestDropped(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		p.server.Data = func() error { return mailtest.ErrDrop }
		m := p.put(Message{})
		for range 5 {
			p.tick()
			p.clock.Advance(time.Hour)
		}
		if r := p.row(m); r.State != Failed || r.ReplyText != lostText {
			t.Errorf("%+v", r)
		}
		all := p.server.Taken()
		if len(all) != 2 {
			t.Fatalf("the server has it %d times, want 2", len(all))
		}
		if messageIDOf(t, all[0].Data) != messageIDOf(t, all[1].Data) {
			t.Error("the duplicate has another Message-ID")
		}
	})
}

// A process that dies between sending and writing it down leaves one duplicate at most.
func TestCrash(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		m := p.put(Message{Link: "https://x.example/once"})
		dies := func() {
			r, files, link, err := p.claim(t.Context(), p.customer, m)
			if err != nil || r.State != Sending || link != "https://x.example/once" {
				t.Fatalf("%+v, %q, %v", r, link, err)
			}
			w, err := p.effective(t.Context(), p.customer)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.transmit(t.Context(), w, r, files, link); err != nil {
				t.Fatal(err)
			}
		}
		dies()
		// Nobody takes it while the lease runs.
		if p.tick() != 0 {
			t.Error("due while the lease runs")
		}
		if err := p.Deliver(t.Context(), p.customer, m); err != nil || len(p.server.Taken()) != 1 {
			t.Errorf("taken twice at once: %v", err)
		}
		p.clock.Advance(lease)
		dies()
		p.clock.Advance(lease)
		p.tick()
		if r := p.row(m); r.State != Failed || r.Link != "" || len(p.server.Taken()) != 2 {
			t.Errorf("%d taken, %+v", len(p.server.Taken()), r)
		}
	})
}

// Whoever comes late with what a lost attempt came to changes nothing.
func TestLateWord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		m := p.put(Message{})
		late, _, _, err := p.claim(t.Context(), p.customer, m)
		if err != nil {
			t.Fatal(err)
		}
		p.clock.Advance(lease)
		p.tick()
		if err := p.settle(t.Context(), late, outcome{verdict: refused, code: 550}); err != nil {
			t.Fatal(err)
		}
		if r := p.row(m); r.State != Sent {
			t.Errorf("%+v", r)
		}
	})
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		server := p.own.Server
		p.own.Server = Server{}
		m := p.put(Message{})
		p.tick()
		if r := p.row(m); r.State != Queued || r.Attempts != 0 || r.ReplyText != noServer {
			t.Errorf("%+v", r)
		}
		p.own.Server = server
		p.clock.Advance(time.Hour)
		p.tick()
		if r := p.row(m); r.State != Sent || r.ReplyText != "" {
			t.Errorf("%+v", r)
		}
		// Nobody listens: later, and no word about the address.
		p.own.Server.Port = 1
		m = p.put(Message{})
		p.tick()
		if r := p.row(m); r.State != Queued || r.Attempts != 1 || r.ReplyCode != 0 || r.ReplyText == "" {
			t.Errorf("%+v", r)
		}
	})
}

func TestTLS(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
	p := newPost(t, d, clock.NewManual(dbtest.Start))
	for name, test := range map[string]struct {
		implicit, plain bool
		security        Security
		trusted         bool
		user            string
		password        string
		ok              bool
	}{
		"starttls":                     {security: StartTLS, trusted: true, ok: true},
		"tls from the first byte":      {implicit: true, security: TLS, trusted: true, ok: true},
		"plain, as asked":              {plain: true, security: Plain, ok: true},
		"a server without TLS":         {plain: true, security: StartTLS, trusted: true},
		"a certificate of nobody's":    {security: StartTLS},
		"likewise from the beginning":  {implicit: true, security: TLS},
		"who signs in":                 {security: StartTLS, trusted: true, user: "u", password: "p", ok: true},
		"likewise from the first byte": {implicit: true, security: TLS, trusted: true, user: "u", password: "p", ok: true},
		"a password in the clear":      {plain: true, security: Plain, user: "u", password: "p"},
		"a wrong password":             {security: StartTLS, trusted: true, user: "u", password: "wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t, test.implicit, test.plain)
			if test.user != "" {
				server.User, server.Password = "u", "p"
			}
			trust := server.Trust
			if !test.trusted {
				trust = nil
			}
			w := way{from: Address{"V", "v@provider.example"}}
			l, err := p.letter(w.named(), messageRow{ID: id.New(), Template: "test", ToEmail: "a@customer.example"}, "")
			if err != nil {
				t.Fatal(err)
			}
			err = Server{Host: "localhost", Port: server.Port, Security: test.security, User: test.user, Password: test.password}.send(t.Context(), l, nil, trust)
			if (err == nil) != test.ok || len(server.Taken()) > 0 != test.ok {
				t.Errorf("%v, taken %d", err, len(server.Taken()))
			}
			if err != nil && judge(err).verdict != later {
				t.Errorf("%v is judged %v: it says nothing about the message", err, judge(err).verdict)
			}
		})
	}
}

// What people write never becomes a header.
func TestHeaders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		for _, email := range []string{"a@x.example\r\nBcc: all@x.example", "a@x.example\nBcc: b@x.example", "a@x.example, b@x.example", "A <a@x.example>", "a b@x.example",
			"", "a", "a@", strings.Repeat("a", 250) + "@x.example", "a@x.example\x00", "<a@x.example>", "a@x.example\u2028"} {
			err := p.db.InScope(t.Context(), db.Grant(p.customer), func(tx *db.Tx) error {
				return p.Put(t.Context(), tx, Message{Template: "test", To: Address{"", email}})
			})
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", email, err)
			}
		}
		for _, name := range []string{"Eve\r\nBcc: all@x.example", "Eve\x00"} {
			err := p.db.InScope(t.Context(), db.Grant(p.customer), func(tx *db.Tx) error {
				return p.Put(t.Context(), tx, Message{Template: "test", To: Address{name, "a@x.example"}})
			})
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", name, err)
			}
		}
		p.put(Message{To: Address{`"Eve" <evil@x.example>, Bcc: x`, "a@x.example"}, Args: map[string]any{"sender": "V\r\nBcc: all@x.example\r\n\r\nbody", "person": "<script>", "at": "now"}})
		p.tick()
		m, err := mail.ReadMessage(strings.NewReader(p.server.Taken()[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.Get("Bcc") != "" || p.server.Taken()[0].To != "a@x.example" {
			t.Errorf("header: %v", m.Header)
		}
		to, err := m.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "a@x.example" {
			t.Errorf("to: %v, %v", to, err)
		}
	})
}
