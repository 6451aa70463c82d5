package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/seal"
	"vigie/internal/platform/telemetry"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

const phrase = "Quiet phrase over 7 rivers"

// crowd is an instance with narrow limits, and people in it.
type crowd struct {
	app     *app.App
	clock   *clock.Manual
	handler http.Handler
}

func narrow() app.Limits {
	return app.Limits{Token: 5, Customer: 8, Address: 3, Slots: 2, Queue: 4, Wait: time.Minute, Hold: time.Minute, Hashes: 2}
}

func crowded(t *testing.T, address string, l app.Limits) *crowd {
	t.Helper()
	c := &crowd{clock: clock.NewManual(dbtest.Start)}
	tel, err := telemetry.New(t.Context(), io.Discard, "text", "error")
	check(t, err)
	c.app, err = app.Open(t.Context(), app.Options{Database: address, DataDir: t.TempDir(), Clock: c.clock, Telemetry: tel, Version: "test", Migrate: true,
		MasterKey: seal.Source{Text: seal.NewKey()}, Limits: l})
	check(t, err)
	t.Cleanup(c.app.Close)
	c.handler = c.app.Handler()
	for _, slug := range []string{"acme", "bolt"} {
		_, err := c.app.Customers.CreateCustomer(t.Context(), c.app.Operator("test"), customer.NewCustomer{Slug: slug, Name: slug})
		check(t, err)
	}
	return c
}

// person makes somebody with so many tokens, and gives these.
func (c *crowd) person(t *testing.T, email string, role permission.Role, tokens int, customers ...string) (out []string) {
	t.Helper()
	_, err := c.app.Identity.CreateUser(t.Context(), c.app.Operator("test"), identity.NewUser{Email: email, Name: "Somebody", Role: role, Customers: customers, Password: phrase})
	check(t, err)
	for i := range tokens {
		_, secret, err := c.app.Identity.CreateTokenFor(t.Context(), c.app.Operator("test"), email, identity.NewToken{Name: fmt.Sprint("token ", i)})
		check(t, err)
		out = append(out, secret)
	}
	return out
}

func (c *crowd) do(t *testing.T, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://vigie.example"+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:1000"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "From" {
			r.RemoteAddr = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w
}

// passed counts how many of n requests were let through.
func (c *crowd) passed(t *testing.T, n int, path string, header ...string) (ok int, last *httptest.ResponseRecorder) {
	t.Helper()
	for range n {
		if last = c.do(t, "GET", path, "", header...); last.Code != http.StatusTooManyRequests {
			ok++
		}
	}
	return ok, last
}

func both(t *testing.T, f func(t *testing.T, address string)) {
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "vigie.db"), "postgres": pg.Start(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, address)
		})
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, address string) {
		c := crowded(t, address, narrow())
		acme := c.person(t, "a@acme.example", permission.Viewer, 3, "acme")
		bolt := c.person(t, "b@bolt.example", permission.Viewer, 1, "bolt")
		staff := c.person(t, "s@provider.example", permission.Engineer, 5)
		const list = "/api/v1/customers"
		bearer := func(token string) []string {
			return []string{"Authorization", "Bearer " + token, "Accept-Language", "fr"}
		}

		// A token has twice its rate at once.
		ok, last := c.passed(t, 15, list, bearer(acme[0])...)
		if ok != 10 || last.Header().Get("Retry-After") != "1" || last.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(last.Body.String(), "Trop de requêtes") {
			t.Errorf("a token: %d of 15 passed; %v %s", ok, last.Header(), last.Body)
		}
		if got := last.Header(); got.Get("RateLimit-Policy") != `"caller";q=10;w=2` || got.Get("RateLimit") != `"caller";r=0;t=1` {
			t.Errorf("headers: %v", got)
		}
		// The customer has so many for all its tokens together; others are not touched by it.
		second, _ := c.passed(t, 15, list, bearer(acme[1])...)
		third, _ := c.passed(t, 15, list, bearer(acme[2])...)
		if ok+second+third != 16 {
			t.Errorf("a customer: %d, %d and %d passed, want 16 together", ok, second, third)
		}
		if other, _ := c.passed(t, 10, list, bearer(bolt[0])...); other != 10 {
			t.Errorf("another customer: %d of 10 passed", other)
		}
		all := 0
		for _, token := range staff {
			n, _ := c.passed(t, 10, list, bearer(token)...)
			all += n
		}
		if all != 50 {
			t.Errorf("staff: %d of 50 passed", all)
		}
		c.clock.Advance(time.Second)
		if ok, _ := c.passed(t, 10, list, bearer(acme[0])...); ok != 5 {
			t.Errorf("a second later: %d passed, want 5", ok)
		}
		// Who is unknown is counted by address, of IPv6 by network, and only then.
		for from, want := range map[string]int{"192.0.2.9:1": 6, "[2001:db8::1]:1": 6, "[2001:db8::2]:1": 0} {
			if strings.Contains(from, "::2") {
				continue
			}
			if ok, _ := c.passed(t, 20, list, "Authorization", "Bearer vig_nobody", "From", from); ok != want {
				t.Errorf("unknown from %s: %d passed, want %d", from, ok, want)
			}
		}
		if ok, _ := c.passed(t, 5, list, "Authorization", "Bearer vig_nobody", "From", "[2001:db8::2]:1"); ok != 0 {
			t.Errorf("unknown from the same network: %d passed", ok)
		}
		if ok, _ := c.passed(t, 5, list, "Authorization", "Bearer "+bolt[0], "From", "192.0.2.9:1"); ok != 5 {
			t.Errorf("known from an address of unknown ones: %d of 5 passed", ok)
		}
		// The same for the pages that stand open.
		ok, last = c.passed(t, 9, "/sign-in", "From", "192.0.2.10:1", "Accept-Language", "fr")
		if ok != 6 || last.Header().Get("Retry-After") == "" || !strings.Contains(last.Body.String(), "Trop de requêtes") || !strings.Contains(last.Header().Get("Content-Type"), "html") {
			t.Errorf("sign-in: %d of 9 passed; %v %.300s", ok, last.Header(), last.Body)
		}
		// The page loads itself again when there is room, where nothing was sent.
		if sent := c.do(t, "POST", "/sign-in", "email=a", "From", "192.0.2.10:1", "Content-Type", "application/x-www-form-urlencoded"); last.Header().Get("Refresh") != last.Header().Get("Retry-After") || sent.Code != 429 || sent.Header().Get("Refresh") != "" {
			t.Errorf("sign-in: again after %q; what was sent after %q, %d", last.Header().Get("Refresh"), sent.Header().Get("Refresh"), sent.Code)
		}
		// What tells whether the server lives is never refused.
		for _, path := range []string{"/livez", "/readyz", "/metrics", "/assets/nothing"} {
			if ok, _ := c.passed(t, 30, path, "From", "192.0.2.10:1"); ok != 30 {
				t.Errorf("%s: %d of 30 passed", path, ok)
			}
		}
		metrics := c.do(t, "GET", "/metrics", "").Body.String()
		for _, want := range []string{`vigie_limit_refused_total{class="customer",reason="rate"}`, `vigie_limit_refused_total{class="visitor",reason="rate"}`, "vigie_limit_working 0", `vigie_limit_waiting{class="staff"} 0`} {
			if !strings.Contains(metrics, want) {
				t.Errorf("metrics lack %s", want)
			}
		}
	})
}

// A page is refused as a page, in the reader's language, to who is signed in.
func TestPageIsRefused(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, address string) {
		c := crowded(t, address, narrow())
		c.person(t, "a@acme.example", permission.Viewer, 0, "acme")
		step, err := c.app.Identity.SignIn(t.Context(), "a@acme.example", phrase, identity.Visit{Address: "192.0.2.1"})
		check(t, err)
		fr := "fr"
		me, err := c.app.Identity.Authenticate(requestWith(t, step.Secret))
		check(t, err)
		_, err = c.app.Identity.SetPreferences(t.Context(), me, identity.Preferences{Language: &fr})
		check(t, err)
		ok, last := c.passed(t, 15, "/customers/acme", "Cookie", "vigie="+step.Secret)
		if ok != 10 || last.Header().Get("Retry-After") == "" || !strings.Contains(last.Body.String(), "Trop de requêtes") || last.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%d of 15 passed: %v %.500s", ok, last.Header(), last.Body)
		}
		if stream := c.do(t, "GET", "/live", "", "Cookie", "vigie="+step.Secret); stream.Code != http.StatusTooManyRequests || stream.Header().Get("Retry-After") == "" {
			t.Errorf("a stream: %d", stream.Code)
		}
	})
}

func requestWith(t *testing.T, session string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "vigie", Value: session})
	return r
}

// Administrators of all customers give a customer, or a token, a rate of its own; nobody else does.
func TestRatesOfOnesOwn(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, address string) {
		l := narrow()
		l.Token, l.Customer = 20, 30
		c := crowded(t, address, l)
		acme := c.person(t, "a@acme.example", permission.Viewer, 2, "acme")
		admin := c.person(t, "admin@provider.example", permission.Admin, 1)[0]
		manager := c.person(t, "manager@provider.example", permission.Manager, 1)[0]
		limited := c.person(t, "admin@acme.example", permission.Admin, 1, "acme")[0]
		change := func(token, body string) *httptest.ResponseRecorder {
			return c.do(t, "PATCH", "/api/v1/customers/acme", body, "Authorization", "Bearer "+token, "If-Match", "*", "Content-Type", "application/json")
		}
		for who, token := range map[string]string{"a manager": manager, "an administrator of one customer": limited} {
			if w := change(token, `{"request_rate":3}`); w.Code != http.StatusForbidden {
				t.Errorf("%s: %d %s", who, w.Code, w.Body)
			}
			if w := c.do(t, "POST", "/api/v1/tokens", `{"name":"x","request_rate":500,"customer":"acme"}`, "Authorization", "Bearer "+token, "Content-Type", "application/json"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "request_rate") {
				t.Errorf("%s makes a token: %d %s", who, w.Code, w.Body)
			}
		}
		if w := change(manager, `{"country":"FR"}`); w.Code != http.StatusOK {
			t.Errorf("a manager changes the country: %d %s", w.Code, w.Body)
		}
		if w := change(admin, `{"request_rate":-1}`); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("less than none: %d", w.Code)
		}
		if w := change(admin, `{"request_rate":3}`); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"request_rate":3`) {
			t.Fatalf("an administrator: %d %s", w.Code, w.Body)
		}
		c.clock.Advance(6 * time.Second) // what was looked up is taken for true for five
		if ok, _ := c.passed(t, 30, "/api/v1/customers", "Authorization", "Bearer "+acme[0]); ok != 6 {
			t.Errorf("the customer: %d passed, want 6", ok)
		}
		made := c.do(t, "POST", "/api/v1/tokens", `{"name":"x","request_rate":2}`, "Authorization", "Bearer "+admin, "Content-Type", "application/json")
		var token struct{ Token string }
		check(t, json.Unmarshal(made.Body.Bytes(), &token))
		c.clock.Advance(time.Minute)
		ok, last := c.passed(t, 30, "/api/v1/customers", "Authorization", "Bearer "+token.Token)
		if ok != 4 || last.Header().Get("RateLimit-Policy") != `"caller";q=4;w=2` {
			t.Errorf("the token: %d passed, want 4: %v", ok, last.Header())
		}
		c.clock.Advance(time.Minute)
		child := c.do(t, "POST", "/api/v1/tokens", `{"name":"y"}`, "Authorization", "Bearer "+token.Token, "Content-Type", "application/json")
		if !strings.Contains(child.Body.String(), `"request_rate":2`) {
			t.Errorf("a token of that token: %s", child.Body)
		}
		trail := c.do(t, "GET", "/api/v1/audit?record_type=customer&action=update", "", "Authorization", "Bearer "+admin)
		if !strings.Contains(trail.Body.String(), "request_rate") {
			t.Errorf("the trail: %.500s", trail.Body)
		}
	})
}
