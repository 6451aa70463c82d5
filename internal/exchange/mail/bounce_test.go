package mail

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"vigie/internal/exchange/mail/mailtest"
	"vigie/internal/platform/db"
)

// dsn is a report as Postfix writes it.
func dsn(to, action, status, diagnostic, headers string) string {
	return strings.ReplaceAll(`Return-Path: <>
Delivered-To: `+to+`
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: `+to+`
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B/mx.example"

--B/mx.example
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B/mx.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4F2
Arrival-Date: Mon,  2 Mar 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; zoe@customer.example
Action: `+action+`
Status: `+status+`
Diagnostic-Code: smtp; `+diagnostic+`

--B/mx.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

`+headers+`
--B/mx.example--
`, "\n", "\r\n")
}

func compact(id string) string { return strings.ReplaceAll(id, "-", "") }

func (p *post) takes(raw string) Returned {
	p.t.Helper()
	out, _, err := p.takeBounce(p.t.Context(), []byte(raw), func(m string) (string, error) { return p.ownerOf(p.t.Context(), m) })
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *post) barred(email string) (yes bool) {
	p.t.Helper()
	p.in(func(tx *db.Tx) (err error) {
		yes, err = suppressed(p.t.Context(), tx, p.customer, email)
		return err
	})
	return yes
}

func TestBounces(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		verped := func(id string) string { return "bounces+" + compact(id) + "@provider.example" }
		plain := func(string) string { return "bounces@provider.example" }
		named := func(id string) string { return "Subject: x\nMessage-ID: <" + id + "@provider.example>\n" }
		bare := func(string) string { return "Subject: x\n" }
		for name, test := range map[string]struct {
			to, headers                func(string) string
			action, status, diagnostic string
			state                      State
			barred                     bool
			matched                    int
		}{
			"gone, by the address":         {verped, bare, "failed", "5.1.1", "550 5.1.1 no such user", Bounced, true, 1},
			"gone, by the message's id":    {plain, named, "failed", "5.1.1", "550 5.1.1 no such user", Bounced, true, 1},
			"gone, by both":                {verped, named, "Failed", "5.1.10", "x", Bounced, true, 1},
			"only the code of SMTP":        {verped, bare, "failed", "5.0.0", "550 unknown user", Bounced, true, 1},
			"policy":                       {verped, bare, "failed", "5.7.1", "550 5.7.1 listed", Bounced, false, 1},
			"full, given up after days":    {verped, bare, "failed", "4.2.2", "452 4.2.2 full", Bounced, false, 1},
			"full":                         {verped, bare, "failed", "5.2.2", "552 5.2.2 full", Bounced, false, 1},
			"late":                         {verped, bare, "delayed", "4.4.1", "not yet", Sent, false, 1},
			"arrived":                      {verped, bare, "delivered", "2.0.0", "250 ok", Sent, false, 1},
			"names nothing of ours":        {plain, bare, "failed", "5.1.1", "550", Sent, false, 0},
			"names what does not exist":    {func(string) string { return verped("00000000-0000-7000-8000-000000000000") }, bare, "failed", "5.1.1", "550", Sent, false, 0},
			"names something of another's": {func(string) string { return "bounces+123@provider.example" }, func(string) string { return "Message-ID: <1@other.example>\n" }, "failed", "5.1.1", "550", Sent, false, 0},
		} {
			email := strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", "") + "@customer.example"
			email = strings.ReplaceAll(email, "'", "")
			m := p.put(Message{To: Address{"", email}})
			p.tick()
			raw := dsn(test.to(m), test.action, test.status, test.diagnostic, test.headers(m))
			for range 2 { // the second time changes nothing
				if got := p.takes(raw); got.Matched != test.matched {
					t.Errorf("%s: %+v", name, got)
				}
			}
			if r := p.row(m); r.State != test.state {
				t.Errorf("%s: %s", name, r.State)
			}
			if p.barred(email) != test.barred {
				t.Errorf("%s: barred is %v", name, !test.barred)
			}
			want := "queued sent"
			if test.state == Bounced {
				want += " bounced"
			} else if test.matched == 1 {
				want += " sent"
			}
			if s := p.states(m); s != want {
				t.Errorf("%s: history %q, want %q", name, s, want)
			}
		}
	})
}

// What is no report changes nothing, whatever it looks like.
func TestNoReports(t *testing.T) {
	t.Parallel()
	p := "To: bounces+00000000000070008000000000000000@x.example\r\n"
	for _, raw := range []string{"", "\x00\xff", p + "\r\nout of office until Monday", p + "Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno boundary",
		p + "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n",
		p + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nnothing of it\r\n--b--\r\n",
		p + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\n--b"} {
		if r, ok := readReport([]byte(raw)); ok {
			t.Errorf("%q is taken for a report: %+v", raw, r)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(dsn("bounces+00000000000070008000000000000000@x.example", "failed", "5.1.1", "550 gone", "Message-ID: <a@b>\n")))
	f.Fuzz(func(t *testing.T, raw []byte) { readReport(raw) })
}

// inbox is an IMAP server in memory with one mailbox.
func inbox(t *testing.T, p *post) *imapmemserver.User {
	t.Helper()
	user := imapmemserver.NewUser("bounces", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	server := imapserver.New(&imapserver.Options{Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, Logger: mailtest.Quiet{},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		}})
	cert, trust := mailtest.Certificate(t)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	p.trust = &tls.Config{RootCAs: trust}
	p.own.Inbox = Inbox{Host: "localhost", Port: ln.Addr().(*net.TCPAddr).Port, User: "bounces", Password: "secret", Folder: "INBOX"}
	return user
}

type literal struct {
	*strings.Reader
}

// Size implements imap.LiteralReader.
func (l literal) Size() int64 { return l.Reader.Size() }

func TestInbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *post) {
		m := p.put(Message{})
		p.tick()
		user := inbox(t, p)
		for _, raw := range []string{"Subject: holiday\r\n\r\nI am away", dsn("bounces+"+compact(m)+"@provider.example", "failed", "5.1.1", "550 gone", ""), "Subject: " + strings.Repeat("x", MaxBounce) + "\r\n\r\n"} {
			if _, err := user.Append("INBOX", literal{strings.NewReader(raw)}, &imap.AppendOptions{Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := p.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if r := p.row(m); r.State != Bounced || !p.barred("zoe@customer.example") {
			t.Errorf("%+v", r)
		}
		unseen, err := user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
		if err != nil || *unseen.NumUnseen != 0 {
			t.Errorf("%v, %v", unseen, err)
		}
		p.own.Inbox.Password = "wrong"
		if err := p.Poll(t.Context()); err == nil {
			t.Error("a wrong password is no error")
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]Server{
		"smtps://u@mx.example":       {"mx.example", 465, TLS, "u", ""},
		"smtp://mx.example":          {"mx.example", 587, StartTLS, "", ""},
		"smtp://u%40d@mx.example:25": {"mx.example", 25, StartTLS, "u@d", ""},
		"smtp+plain://127.0.0.1":     {"127.0.0.1", 25, Plain, "", ""},
		"":                           {},
	} {
		if got, err := ParseServer(address); err != nil || got != want {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
	for _, address := range []string{"mx.example:25", "smtp://u:p@mx.example", "http://mx.example", "smtp://", "smtp://mx.example:0", "smtp://mx.example/x", "smtp://mx:99999"} {
		if got, err := ParseServer(address); err == nil {
			t.Errorf("%s: %+v", address, got)
		}
	}
	if got, err := ParseInbox("imaps://b%40x.example@mx.example/Bounces"); err != nil || got != (Inbox{"mx.example", 993, "b@x.example", "", "Bounces"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, address := range []string{"imap://u@mx.example", "imaps://mx.example", "imaps://u:p@mx.example"} {
		if got, err := ParseInbox(address); err == nil {
			t.Errorf("%s: %+v", address, got)
		}
	}
}
