package identity_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// post is the mail that would go out, and the tasks that wait.
type post struct {
	mails []identity.Mail
	tasks []jobs.Task
}

// Put keeps a mail.
func (p *post) Put(_ context.Context, _ *db.Tx, m identity.Mail) error {
	p.mails = append(p.mails, m)
	return nil
}

type queue struct{ p *post }

// Put keeps a task.
func (q queue) Put(_ context.Context, _ *db.Tx, _ string, t jobs.Task) error {
	q.p.tasks = append(q.p.tasks, t)
	return nil
}

// mailed gives the room a post, and an address.
func (h *house) mailed() *post {
	h.t.Helper()
	at, err := url.Parse("https://vigie.example")
	if err != nil {
		h.t.Fatal(err)
	}
	p := &post{}
	h.Mail, h.Outbox, h.PublicURL = p, queue{p}, at
	return p
}

// work does the tasks that wait.
func (h *house) work(p *post) {
	h.t.Helper()
	for _, t := range p.tasks {
		if err := h.AnswerReset(h.t.Context(), t.Key); err != nil {
			h.t.Fatal(err)
		}
	}
	p.tasks = nil
}

// code is the secret in the link of the latest mail.
func (p *post) code(t *testing.T) string {
	t.Helper()
	if len(p.mails) == 0 {
		t.Fatal("no mail")
	}
	_, code, ok := strings.Cut(p.mails[len(p.mails)-1].Link, "https://vigie.example/welcome?code=")
	if !ok {
		t.Fatalf("link: %s", p.mails[len(p.mails)-1].Link)
	}
	return code
}

// person signs in and gives the actor.
func (h *house) person(email string) (permission.Actor, string) {
	h.t.Helper()
	secret, err := h.signIn(h.t.Context(), email, password, identity.Visit{Address: "192.0.2.1", Agent: "test"})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.bySecret(secret), secret
}

// signIn signs in somebody who has no second factor.
func (h *house) signIn(ctx context.Context, email, password string, v identity.Visit) (string, error) {
	step, err := h.SignIn(ctx, email, password, v)
	if err == nil && step.Stage != identity.SignedIn {
		err = fmt.Errorf("%s must go on with %s", email, step.Stage)
	}
	return step.Secret, err
}

// bySecret is the actor of a session, byToken of a token.
func (h *house) bySecret(secret string) permission.Actor {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "vigie", Value: secret})
	return h.authenticated(r)
}

func (h *house) byToken(secret string) permission.Actor {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	return h.authenticated(r)
}

func (h *house) authenticated(r *http.Request) permission.Actor {
	h.t.Helper()
	a, err := h.Authenticate(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) take(a permission.Actor) (method string, err error) {
	err = h.db.Across(h.t.Context(), "test", func(tx *db.Tx) error {
		method, err = h.TakeProof(h.t.Context(), tx, a)
		return err
	})
	return method, err
}

func TestProofIsFreshAndUsedOnce(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.user("pat@example.com", permission.Approver, h.customer("acme").Slug)
		a, _ := h.person("pat@example.com")
		if _, err := h.take(a); !fault.Is(err, fault.Forbidden) {
			h.t.Fatalf("signing in is no proof: %v", err)
		}
		if err := h.ProveByPassword(ctx, a, "not the password", ""); !fault.Is(err, fault.Invalid) {
			h.t.Fatalf("a wrong password: %v", err)
		}
		if _, err := h.take(a); !fault.Is(err, fault.Forbidden) {
			h.t.Fatalf("a wrong password proves nothing: %v", err)
		}
		prove := func() {
			h.t.Helper()
			if err := h.ProveByPassword(ctx, a, password, ""); err != nil {
				h.t.Fatal(err)
			}
		}
		prove()
		other, _ := h.person("pat@example.com")
		if _, err := h.take(other); !fault.Is(err, fault.Forbidden) {
			h.t.Errorf("another session of the same person: %v", err)
		}
		token := h.byToken(h.token("pat@example.com", identity.NewToken{}))
		if _, err := h.take(token); !fault.Is(err, fault.Forbidden) {
			h.t.Errorf("a token: %v", err)
		}
		undo := errors.New("undo")
		err := h.db.Across(ctx, "test", func(tx *db.Tx) error {
			if _, err := h.TakeProof(ctx, tx, a); err != nil {
				return err
			}
			return undo
		})
		if !errors.Is(err, undo) {
			h.t.Fatal(err)
		}
		if method, err := h.take(a); err != nil || method != "password" {
			h.t.Fatalf("a signature that was rolled back keeps its proof: %q, %v", method, err)
		}
		if _, err := h.take(a); !fault.Is(err, fault.Forbidden) {
			h.t.Fatalf("twice: %v", err)
		}
		prove()
		h.clock.Advance(5*time.Minute - time.Second)
		if ok, err := h.HasProof(ctx, a); err != nil || !ok {
			h.t.Errorf("just before five minutes: %v, %v", ok, err)
		}
		h.clock.Advance(time.Second)
		if _, err := h.take(a); !fault.Is(err, fault.Forbidden) {
			h.t.Fatalf("after five minutes: %v", err)
		}
	})
}

func TestSessionsAreSeenAndEnded(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		acme := h.customer("acme").Slug
		h.user("ada@example.com", permission.Admin)
		h.user("tom@example.com", permission.Agent)
		h.user("vi@acme.example", permission.Viewer, acme)
		ada, _ := h.person("ada@example.com")
		tom, tomSecret := h.person("tom@example.com")
		vi, viSecret := h.person("vi@acme.example")
		_, second := h.person("vi@acme.example")

		h.want(h.do("session "+viSecret, "GET", "/sessions", ""), 200, `"user":"vi@acme.example"`, `"current":true`)
		if w := h.do("session "+viSecret, "GET", "/sessions", ""); strings.Contains(w.Body.String(), "tom@") {
			h.t.Errorf("a viewer sees the sessions of others: %s", w.Body)
		}
		if err := h.RevokeSession(ctx, vi, tom.Via, 0); !fault.Is(err, fault.NotFound) {
			h.t.Errorf("somebody else's session: %v", err)
		}
		if err := h.RevokeSession(ctx, tom, vi.Via, 0); !fault.Is(err, fault.NotFound) {
			h.t.Errorf("an agent ends sessions: %v", err)
		}
		if n, err := h.RevokeSessions(ctx, vi, vi.ID); err != nil || n != 1 {
			h.t.Errorf("one's others: %d, %v", n, err)
		}
		h.want(h.do("session "+second, "GET", "/me", ""), 401)
		h.want(h.do("session "+viSecret, "GET", "/me", ""), 200)
		if err := h.RevokeSession(ctx, ada, tom.Via, 0); err != nil {
			h.t.Fatal(err)
		}
		// The next request already, and on a replica that knows nothing of this one.
		h.want(h.do("session "+tomSecret, "GET", "/me", ""), 401)
		h.want(open(h.t, h.db, h.clock).do("session "+viSecret, "DELETE", "/sessions/"+vi.Via, "", "If-Match", `"v1"`), 204)
		h.want(h.do("session "+viSecret, "GET", "/me", ""), 401)
	})
}

func TestInvitation(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		if _, err := h.CreateUser(ctx, h.operator(), identity.NewUser{Email: "new@example.com", Name: "New", Role: permission.Agent, Invite: true}); !fault.Is(err, fault.Conflict) {
			h.t.Fatalf("without mail nobody is invited: %v", err)
		}
		p := h.mailed()
		u, err := h.CreateUser(ctx, h.operator(), identity.NewUser{Email: "new@example.com", Name: "New", Role: permission.Agent, Language: "fr", Invite: true})
		if err != nil {
			h.t.Fatal(err)
		}
		if m := p.mails[0]; m.Template != "invitation" || m.Email != "new@example.com" || m.Language != "fr" {
			h.t.Errorf("mail: %+v", m)
		}
		first := p.code(h.t)
		if err := h.SendLink(ctx, h.operator(), u.ID); err != nil {
			h.t.Fatal(err)
		}
		arrival := identity.Arrival{Name: "Nadia New", Language: "en", TimeZone: "Europe/Paris", Password: password}
		if err := h.UseLink(ctx, first, arrival, identity.Visit{}); !fault.Is(err, fault.NotFound) {
			h.t.Errorf("the link before the last: %v", err)
		}
		code := p.code(h.t)
		if w, err := h.OpenLink(ctx, code); err != nil || w.Email != "new@example.com" || !w.Invited {
			h.t.Errorf("open: %+v, %v", w, err)
		}
		bad := arrival
		bad.Password, bad.Name = "short", ""
		if err := h.UseLink(ctx, code, bad, identity.Visit{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "name") || !strings.Contains(err.Error(), "password") {
			h.t.Errorf("bad fields: %v", err)
		}
		if err := h.UseLink(ctx, code, arrival, identity.Visit{Address: "192.0.2.1"}); err != nil {
			h.t.Fatal(err)
		}
		if err := h.UseLink(ctx, code, arrival, identity.Visit{}); !fault.Is(err, fault.NotFound) {
			h.t.Errorf("twice: %v", err)
		}
		if a, _ := h.person("new@example.com"); a.Name != "Nadia New" || a.TimeZone != "Europe/Paris" {
			h.t.Errorf("person: %+v", a)
		}
		if err := h.SendLink(ctx, h.operator(), u.ID); err != nil || p.mails[2].Template != "password_reset" {
			h.t.Errorf("who has a password gets a reset: %v, %+v", err, p.mails[len(p.mails)-1])
		}
		h.clock.Advance(31 * time.Minute)
		if _, err := h.OpenLink(ctx, p.code(h.t)); !fault.Is(err, fault.NotFound) {
			h.t.Errorf("after its time: %v", err)
		}
		link, until, err := h.InvitationLink(ctx, h.operator(), "new@example.com")
		if err != nil || !strings.HasPrefix(link, "https://vigie.example/welcome?code=") || !until.After(h.clock.Now()) {
			h.t.Errorf("printed: %s, %v, %v", link, until, err)
		}
	})
}

func TestResetTellsNobodyWhoIsKnown(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		p := h.mailed()
		h.user("pat@example.com", permission.Agent)
		if _, err := h.CreateUser(ctx, h.operator(), identity.NewUser{Email: "waits@example.com", Name: "W", Role: permission.Agent, Invite: true}); err != nil {
			h.t.Fatal(err)
		}
		p.mails = nil
		for _, email := range []string{"nobody@example.com", "waits@example.com", "no address at all", "Pat@Example.com"} {
			before := h.count("sign_in_request")
			if err := h.RequestReset(ctx, email, identity.Visit{Address: "192.0.2.1"}); err != nil {
				h.t.Errorf("%s: %v", email, err)
			}
			if got := h.count("sign_in_request") - before; got != 1 || len(p.mails) != 0 {
				h.t.Errorf("%s: %d rows, %d mails: asking must do the same for everybody", email, got, len(p.mails))
			}
		}
		h.work(p)
		if len(p.mails) != 1 || p.mails[0].Email != "pat@example.com" {
			h.t.Fatalf("mails: %+v", p.mails)
		}
		_, secret := h.person("pat@example.com")
		if err := h.UseLink(ctx, p.code(h.t), identity.Arrival{Password: "four calling birds sing"}, identity.Visit{Address: "192.0.2.1"}); err != nil {
			h.t.Fatal(err)
		}
		h.want(h.do("session "+secret, "GET", "/me", ""), 401)
		if _, err := h.signIn(ctx, "pat@example.com", "four calling birds sing", identity.Visit{Address: "192.0.2.1"}); err != nil {
			h.t.Errorf("the new password: %v", err)
		}
		limited := false
		for range 6 {
			limited = limited || fault.Is(h.RequestReset(ctx, "pat@example.com", identity.Visit{Address: "192.0.2.1"}), fault.Limited)
		}
		if !limited {
			h.t.Error("anybody may fill a mailbox")
		}
	})
}

func (h *house) count(table string) (n int) {
	h.t.Helper()
	err := h.db.Across(h.t.Context(), "test", func(tx *db.Tx) error {
		return tx.Get(h.t.Context(), &n, "SELECT COUNT(*) FROM {"+table+"}")
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}
