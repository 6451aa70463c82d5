package identity_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

func TestSignInPage(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	h := open(t, dbtest.SQLite(t, c), c)
	h.user("pat@example.com", permission.Agent)
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.Mount(mux, slog.New(slog.NewTextHandler(t.Output(), nil)), func(_ http.ResponseWriter, r *http.Request) *ui.Page {
		return ui.NewPage(r, bundle.Printer(ui.LanguageOf(r, bundle, ""), time.UTC, c.Now()))
	})
	send := func(method, path string, form url.Values, session string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Language", "fr")
		if session != "" {
			for _, name := range []string{"vigie", "__Host-vigie"} {
				r.AddCookie(&http.Cookie{Name: name, Value: session})
			}
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	form := func(password, next string) url.Values {
		return url.Values{"email": {"pat@example.com"}, "password": {password}, "next": {next}}
	}
	h.want(send("GET", "/sign-in?next=/cis", nil, ""), 200, `action="/sign-in"`, `value="/cis"`)
	h.want(send("GET", "/sign-in?next=//evil.example", nil, ""), 200, `name="next" value="/"`)
	w := send("POST", "/sign-in", form("wrong", "/cis"), "")
	h.want(w, 401, "ne vont pas ensemble", `value="pat@example.com"`)
	if strings.Contains(w.Body.String(), "wrong") || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("a refused sign-in shows or sets too much: %v", w.Header())
	}
	for next, want := range map[string]string{"/cis?q=x": "/cis?q=x", "https://evil.example/": "/", "//evil.example": "/", "": "/"} {
		w := send("POST", "/sign-in", form(password, next), "")
		if w.Code != 303 || w.Header().Get("Location") != want {
			t.Errorf("next %q: %d to %q, want %q", next, w.Code, w.Header().Get("Location"), want)
		}
	}
	cookie := func(w *httptest.ResponseRecorder) *http.Cookie {
		t.Helper()
		all := w.Result().Cookies()
		if len(all) != 1 {
			t.Fatalf("cookies: %v", all)
		}
		return all[0]
	}
	got := cookie(send("POST", "/sign-in", form(password, "/"), ""))
	if got.Name != "vigie" || !got.HttpOnly || got.Secure || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || len(got.Value) != 43 {
		t.Errorf("cookie: %+v", got)
	}
	if w := send("GET", "/sign-in?next=/cis", nil, got.Value); w.Code != 303 || w.Header().Get("Location") != "/cis" {
		t.Errorf("who is signed in is sent on: %d %v", w.Code, w.Header())
	}
	// On https only the cookie that is bound to the host counts.
	h.Secure = true
	if got := cookie(send("POST", "/sign-in", form(password, "/"), "")); got.Name != "__Host-vigie" || !got.Secure || got.Domain != "" || got.Path != "/" {
		t.Errorf("cookie on https: %+v", got)
	}
	h.Secure = false

	w = send("POST", "/sign-out", nil, got.Value)
	if c := cookie(w); w.Code != 303 || w.Header().Get("Location") != "/sign-in" || c.MaxAge != -1 {
		t.Errorf("sign-out: %d %v", w.Code, w.Header())
	}
	h.want(send("GET", "/sign-in", nil, got.Value), 200)
	for range 5 {
		send("POST", "/sign-in", form("wrong", ""), "")
	}
	h.want(send("POST", "/sign-in", form(password, ""), ""), 429, "Trop d’essais")
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:1234", "", "192.0.2.1"},
		{"192.0.2.1:1234", "203.0.113.9", "192.0.2.1"},
		{"127.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1", "1.2.3.4, 203.0.113.9", "203.0.113.9"},
		{"[::1]:1", "2001:db8::1", "2001:db8::1"},
		{"127.0.0.1:1", "nonsense", "127.0.0.1"},
		{"[::ffff:192.0.2.1]:5", "", "192.0.2.1"},
		{"@", "", "@"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.remote
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if got := identity.Address(r); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
