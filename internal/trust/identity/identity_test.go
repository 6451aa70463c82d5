package identity_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/api"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

const password = "three blind mice run"

// house is identity and customers behind the real authentication.
type house struct {
	*identity.Service
	t       *testing.T
	clock   *clock.Manual
	db      *db.DB
	handler http.Handler
}

func open(t *testing.T, d *db.DB, c *clock.Manual) *house {
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	s := identity.NewService(d, c)
	a := api.New(api.Config{DB: d, Bundle: bundle, Clock: c, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Authenticate: s.APICaller, Customer: customer.Resolve})
	s.Register(a)
	customer.NewService(d).Register(a)
	audit.NewLog(audit.Parts{DB: d}).Register(a)
	return &house{s, t, c, d, a.Handler()}
}

func (h *house) operator() permission.Actor {
	return permission.Grant(permission.Actor{Name: "operator", Kind: permission.System, Via: "test"}, permission.Admin, db.GrantAll())
}

func (h *house) user(email string, role permission.Role, customers ...string) identity.User {
	h.t.Helper()
	u, err := h.CreateUser(h.t.Context(), h.operator(), identity.NewUser{Email: email, Name: "Pat Doe", Role: role, Password: password, Customers: customers})
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

func (h *house) token(email string, in identity.NewToken) string {
	h.t.Helper()
	in.Name = "test"
	_, secret, err := h.CreateTokenFor(h.t.Context(), h.operator(), email, in)
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

func (h *house) customer(slug string) customer.Customer {
	h.t.Helper()
	c, err := customer.NewService(h.db).CreateCustomer(h.t.Context(), h.operator(), customer.NewCustomer{Slug: slug, Name: slug})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// do sends a request with a bearer token, or with a session if it begins with "session ".
func (h *house) do(secret, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(h.t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	if s, ok := strings.CutPrefix(secret, "session "); ok {
		r.AddCookie(&http.Cookie{Name: "vigie", Value: s})
	} else if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

func (h *house) want(w *httptest.ResponseRecorder, status int, contains ...string) {
	h.t.Helper()
	if w.Code != status {
		h.t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	for _, c := range contains {
		if !strings.Contains(w.Body.String(), c) {
			h.t.Errorf("%q is not in %s", c, w.Body)
		}
	}
}

// prefixOf is what a leak of a token would show.
func prefixOf(secret string) string { return secret[4:20] }

func each(t *testing.T, test func(*house)) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) { test(open(t, d, c)) })
}

func TestSessionsLiveAndEnd(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.user("pat@example.com", permission.Agent)
		signIn := func() string {
			secret, err := h.signIn(ctx, " Pat@Example.com ", password, identity.Visit{Address: "192.0.2.1"})
			if err != nil {
				h.t.Fatal(err)
			}
			return "session " + secret
		}
		idle, busy := signIn(), signIn()
		for range 2 {
			h.clock.Advance(7 * time.Hour)
			h.want(h.do(busy, "GET", "/me", ""), 200, `"email":"pat@example.com"`, `"via":"person"`)
		}
		h.want(h.do(idle, "GET", "/me", ""), 401)
		for range 14 { // what is left of seven days
			h.want(h.do(busy, "GET", "/me", ""), 200)
			h.clock.Advance(11 * time.Hour)
		}
		h.want(h.do(busy, "GET", "/me", ""), 401)

		out := signIn()
		if err := h.SignOut(ctx, strings.TrimPrefix(out, "session ")); err != nil {
			h.t.Fatal(err)
		}
		h.want(h.do(out, "GET", "/me", ""), 401)
		if err := h.SignOut(ctx, "nothing"); err != nil {
			h.t.Errorf("signing out twice: %v", err)
		}
		old := signIn()
		secret, err := h.signIn(ctx, "pat@example.com", password, identity.Visit{Session: strings.TrimPrefix(old, "session ")})
		if err != nil || "session "+secret == old {
			h.t.Fatalf("no new session: %v", err)
		}
		h.want(h.do(old, "GET", "/me", ""), 401)
		h.clock.Advance(8 * 24 * time.Hour)
		if err := h.Sweep(ctx); err != nil {
			h.t.Fatal(err)
		}
		n := -1
		err = h.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error { return tx.Get(ctx, &n, `SELECT COUNT(*) FROM {session}`) })
		if err != nil || n != 0 {
			h.t.Errorf("%d sessions are left (%v)", n, err)
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.user("pat@example.com", permission.Agent)
		try := func(email, password, address string) fault.Code {
			_, err := h.signIn(ctx, email, password, identity.Visit{Address: address})
			if err == nil {
				return "in"
			}
			return fault.CodeOf(err)
		}
		for _, email := range []string{"pat@example.com", "nobody@example.com"} {
			for i := range 5 {
				if c := try(email, "wrong", "192.0.2.1"); c != fault.Unauthorized {
					h.t.Fatalf("%s, attempt %d: %s", email, i, c)
				}
			}
			// Now also the right password waits, and the answer is the same for both.
			if c := try(email, password, "192.0.2.1"); c != fault.Limited {
				h.t.Errorf("%s: %s, want limited", email, c)
			}
		}
		// Whoever guesses does not lock the owner out, who comes from elsewhere.
		if c := try("pat@example.com", password, "192.0.2.2"); c != "in" {
			h.t.Errorf("from elsewhere: %s", c)
		}
		h.clock.Advance(2 * time.Second)
		if c := try("pat@example.com", password, "192.0.2.1"); c != "in" {
			h.t.Errorf("after the wait: %s", c)
		}
		for range 5 {
			if c := try("pat@example.com", "wrong", "192.0.2.1"); c != fault.Unauthorized {
				h.t.Errorf("success does not begin anew: %s", c)
			}
		}
		// Many e-mails from one address.
		blocked := false
		for i := range 40 {
			blocked = try(strings.Repeat("x", i+1)+"@example.com", "wrong", "192.0.2.9") == fault.Limited || blocked
		}
		if !blocked {
			h.t.Error("one address may guess for ever")
		}
		if c := try("pat2@example.com", "wrong", "192.0.2.10"); c != fault.Unauthorized {
			h.t.Errorf("another address waits as well: %s", c)
		}
		// One e-mail from many addresses.
		blocked = false
		for i := range 60 {
			blocked = try("pat3@example.com", "wrong", fmt.Sprintf("198.51.100.%d", i)) == fault.Limited || blocked
		}
		if !blocked {
			h.t.Error("many addresses may guess one password for ever")
		}
	})
}

func TestTokensAreNoWiderThanTheirMaker(t *testing.T) {
	each(t, func(h *house) {
		acme, other := h.customer("acme"), h.customer("other")
		h.user("boss@example.com", permission.Admin)
		h.user("eng@example.com", permission.Engineer, "acme")
		h.user("view@example.com", permission.Viewer, "acme")
		boss := h.token("boss@example.com", identity.NewToken{})
		eng := h.token("eng@example.com", identity.NewToken{})
		h.want(h.do(boss, "GET", "/customers/other", ""), 200)
		h.want(h.do(eng, "GET", "/customers/acme", ""), 200)
		h.want(h.do(eng, "GET", "/customers/other", ""), 404)
		h.want(h.do(eng, "GET", "/customers/"+other.ID, ""), 404)

		for body, field := range map[string]string{
			`{"name":"x","role":"admin"}`:                      "role",
			`{"name":"x","role":"nonsense"}`:                   "role",
			`{"name":"x","customer":"other"}`:                  "customer",
			`{"name":"x","customer":"none"}`:                   "customer",
			`{"name":"","role":"engineer"}`:                    "name",
			`{"name":"x","expires_at":"2020-01-01T00:00:00Z"}`: "expires_at",
		} {
			h.want(h.do(eng, "POST", "/tokens", body), 422, `"field":"`+field+`"`)
		}
		h.want(h.do(boss, "POST", "/tokens", `{"name":"x","role":"viewer"}`), 422, `"field":"customer"`)

		// A narrow token makes no wide one.
		narrow := h.token("boss@example.com", identity.NewToken{Role: permission.Engineer, Customer: "acme", Lifetime: time.Hour})
		h.want(h.do(narrow, "GET", "/customers/acme", ""), 200)
		h.want(h.do(narrow, "GET", "/customers/other", ""), 404)
		h.want(h.do(narrow, "POST", "/customers", `{"slug":"more","name":"x"}`), 403)
		h.want(h.do(narrow, "POST", "/tokens", `{"name":"x","role":"admin"}`), 422, `"field":"role"`, `"field":"customer"`)
		h.want(h.do(narrow, "POST", "/tokens", `{"name":"x"}`), 422, `"field":"customer"`)
		h.want(h.do(narrow, "POST", "/tokens", `{"name":"x","customer":"acme"}`), 201, `"expires_at":"2026-03-02T10:00:00Z"`, `"role":"engineer"`)
		h.want(h.do(narrow, "GET", "/me", ""), 200, `"effective_role":"engineer"`, `"customers":["acme"]`)

		h.clock.Advance(time.Hour)
		h.want(h.do(narrow, "GET", "/me", ""), 401)
		h.want(h.do("vig_nonsense", "GET", "/me", ""), 401)
		h.want(h.do("", "GET", "/me", ""), 401)
		if acme.ID == other.ID {
			h.t.Fatal("one customer")
		}
	})
}

func TestWhoIsOutIsOutAtOnce(t *testing.T) {
	each(t, func(h *house) {
		h.customer("acme")
		h.user("boss@example.com", permission.Admin)
		pat := h.user("pat@example.com", permission.Manager)
		boss, token := h.token("boss@example.com", identity.NewToken{}), h.token("pat@example.com", identity.NewToken{})
		secret, err := h.signIn(h.t.Context(), "pat@example.com", password, identity.Visit{})
		if err != nil {
			h.t.Fatal(err)
		}
		session := "session " + secret
		h.want(h.do(token, "GET", "/customers", ""), 200)
		h.want(h.do(session, "GET", "/customers", ""), 200)

		// Limited to nobody's data but acme's, then less in role, then out.
		h.want(h.do(boss, "PATCH", "/users/"+pat.ID, `{"customers":["acme"]}`), 200, `"customers":["acme"]`)
		h.want(h.do(token, "GET", "/users", ""), 200, `"items":[{"id":"`+pat.ID+`"`)
		h.want(h.do(boss, "PATCH", "/users/"+pat.ID, `{"role":"viewer"}`), 200)
		h.want(h.do(token, "GET", "/customers", ""), 401)
		h.want(h.do(session, "GET", "/customers", ""), 200)
		h.want(h.do(boss, "PATCH", "/users/"+pat.ID, `{"disabled":true}`, "If-Match", `"v1"`), 412)
		h.want(h.do(boss, "PATCH", "/users/"+pat.ID, `{"disabled":true}`, "If-Match", `"v3"`), 200)
		h.want(h.do(session, "GET", "/customers", ""), 401)
		if _, err := h.signIn(h.t.Context(), "pat@example.com", password, identity.Visit{}); !fault.Is(err, fault.Unauthorized) {
			h.t.Errorf("a disabled person signs in: %v", err)
		}

		kim := h.user("kim@example.com", permission.Manager)
		byKim := h.token("kim@example.com", identity.NewToken{})
		for _, test := range []struct {
			disabled string
			status   int
		}{{"true", 401}, {"false", 200}} {
			h.want(h.do(boss, "PATCH", "/users/"+kim.ID, `{"disabled":`+test.disabled+`}`), 200)
			h.want(h.do(byKim, "GET", "/customers", ""), test.status)
		}

		// Revoked.
		other := h.token("boss@example.com", identity.NewToken{})
		w := h.do(other, "GET", "/tokens?sort=-created_at&limit=1", "")
		h.want(w, 200)
		id := w.Body.String()[strings.Index(w.Body.String(), `"id":"`)+6:][:36]
		if w := h.do(boss, "GET", "/tokens/"+id, ""); w.Code != 200 || w.Header().Get("ETag") != `"v1"` || strings.Contains(w.Body.String(), prefixOf(other)) {
			h.t.Errorf("one token: %d %v %s", w.Code, w.Header(), w.Body)
		}
		h.want(h.do(byKim, "GET", "/tokens/"+id, ""), 200)
		h.want(h.do(byKim, "DELETE", "/tokens/"+id, ""), 403)
		h.user("eng@example.com", permission.Engineer)
		eng := h.token("eng@example.com", identity.NewToken{})
		h.want(h.do(eng, "GET", "/tokens/"+id, ""), 404)
		h.want(h.do(eng, "DELETE", "/tokens/"+id, ""), 404)
		h.want(h.do(boss, "DELETE", "/tokens/"+id, "", "If-Match", `"v2"`), 412)
		h.want(h.do(boss, "DELETE", "/tokens/"+id, "", "If-Match", `"v1"`), 204)
		h.want(h.do(other, "GET", "/me", ""), 401)
		h.want(h.do(boss, "DELETE", "/tokens/01890000-0000-7000-8000-000000000000", ""), 404)
	})
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	each(t, func(h *house) {
		h.customer("acme")
		h.customer("other")
		h.user("boss@example.com", permission.Admin)
		all := h.user("all@example.com", permission.Engineer)
		theirs := h.user("view@example.com", permission.Viewer, "other")
		h.user("local@example.com", permission.Admin, "acme")
		local := h.token("local@example.com", identity.NewToken{})
		body := func(rest string) string {
			return `{"email":"n@example.com","name":"N. Ew","password":"` + password + `",` + rest + `}`
		}
		h.want(h.do(local, "POST", "/users", body(`"role":"admin"`)), 422, `"field":"customers"`)
		h.want(h.do(local, "POST", "/users", body(`"role":"viewer","customer":"other"`)), 422, `"field":"customers"`)
		h.want(h.do(local, "POST", "/users", body(`"role":"viewer"`)), 422, `"field":"customers"`)
		h.want(h.do(local, "POST", "/users", body(`"role":"viewer","customer":"acme"`)), 201, `"customers":["acme"]`)
		h.want(h.do(local, "GET", "/users/"+all.ID, ""), 404)
		h.want(h.do(local, "PATCH", "/users/"+theirs.ID, `{"name":"x"}`), 404)
		w := h.do(local, "GET", "/users?sort=email", "")
		h.want(w, 200, "local@example.com", "n@example.com")
		for _, hidden := range []string{"all@", "view@", "boss@"} {
			if strings.Contains(w.Body.String(), hidden) {
				h.t.Errorf("%s is seen: %s", hidden, w.Body)
			}
		}
		boss := h.token("boss@example.com", identity.NewToken{})
		me, err := h.AllUsers(h.t.Context(), h.operator())
		if err != nil || len(me) != 5 {
			h.t.Fatalf("%d users (%v)", len(me), err)
		}
		for _, u := range me {
			if u.Email == "boss@example.com" {
				h.want(h.do(boss, "PATCH", "/users/"+u.ID, `{"disabled":true}`), 409)
				h.want(h.do(boss, "PATCH", "/users/"+u.ID, `{"role":"agent"}`), 409)
				h.want(h.do(boss, "GET", "/users/"+u.ID, ""), 200, `"role":"admin"`, `"disabled":false`)
			}
		}
		h.want(h.do(boss, "POST", "/users", body(`"role":"king"`)), 422, `"field":"role"`)
		h.want(h.do(boss, "POST", "/users", `{"email":"all@example.com","name":"x","role":"agent","password":"`+password+`"}`), 409)
	})
}

func TestTheTrailTellsWhoDidIt(t *testing.T) {
	each(t, func(h *house) {
		h.user("boss@example.com", permission.Admin)
		boss := h.token("boss@example.com", identity.NewToken{})
		h.want(h.do(boss, "POST", "/customers", `{"slug":"acme","name":"Acme"}`), 201)
		w := h.do(boss, "GET", "/audit?limit=1", "")
		h.want(w, 200, `"action":"create"`, `"record_type":"customer"`, `"record_name":"Acme"`, `"customer":"acme"`, `"actor_kind":"token"`, `"before":null`, `"slug":"acme"`)
		h.want(h.do(boss, "GET", "/audit?record_type=user&sort=at", ""), 200, `"customer":""`)
		all := h.do(boss, "GET", "/audit", "").Body.String()
		if strings.Contains(all, "argon2id") || strings.Contains(all, password) || strings.Contains(all, boss) {
			h.t.Errorf("a secret is in the trail: %s", all)
		}
		h.user("eng@example.com", permission.Engineer)
		h.want(h.do(h.token("eng@example.com", identity.NewToken{}), "GET", "/audit", ""), 403)
	})
}

func TestPasswordAndPreferences(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		h.user("pat@example.com", permission.Agent)
		secret, err := h.signIn(ctx, "pat@example.com", password, identity.Visit{})
		if err != nil {
			h.t.Fatal(err)
		}
		other, err := h.signIn(ctx, "pat@example.com", password, identity.Visit{})
		if err != nil {
			h.t.Fatal(err)
		}
		s := "session " + secret
		h.want(h.do(s, "PATCH", "/me", `{"language":"fr","theme":"dark","time_zone":"Europe/Paris"}`), 200, `"language":"fr"`, `"theme":"dark"`)
		h.want(h.do(s, "PATCH", "/me", `{"language":"de","theme":"pink","time_zone":"Local"}`), 422, `"field":"language"`, `"field":"theme"`, `"field":"time_zone"`)
		h.want(h.do(s, "POST", "/me/password", `{"current_password":"wrong","password":"another good one"}`), 422, `"field":"current_password"`)
		h.want(h.do(s, "POST", "/me/password", `{"current_password":"`+password+`","password":"short"}`), 422, `"field":"password"`, "caractères")
		h.want(h.do(s, "POST", "/me/password", `{"current_password":"`+password+`","password":"another good one"}`), 200)
		h.want(h.do(s, "GET", "/me", ""), 200)
		h.want(h.do("session "+other, "GET", "/me", ""), 401)
		if _, err := h.signIn(ctx, "pat@example.com", "another good one", identity.Visit{}); err != nil {
			h.t.Errorf("the new password: %v", err)
		}
	})
}
