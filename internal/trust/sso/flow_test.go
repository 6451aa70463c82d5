package sso

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// The life of an account that comes by sign-on: made, given another role, taken away, given back, signed out.
func TestSignOnLife(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c, NewProvider{Domains: []string{"example.com"}})
		r.rule("ops", "engineer")
		r.rule("desk", "agent", "acme")
		r.person("ada", "Ada@example.com", true, "desk", "ops")
		b := r.browser()
		if status, body := b.signIn("ada"); status != http.StatusSeeOther {
			t.Fatalf("%d %s (%s)", status, body, r.reason())
		}
		if got := b.who(); got != "ada@example.com engineer" {
			t.Fatalf("signed in as %q: the first rule decides", got)
		}
		r.person("ada", "ada@example.com", true, "desk")
		second := r.browser()
		second.signIn("ada")
		if got := b.who(); got != "ada@example.com agent" {
			t.Errorf("after the group has changed, the old session is %q", got)
		}
		r.person("ada", "ada@example.com", true)
		third := r.browser()
		if status, _ := third.signIn("ada"); status != http.StatusForbidden || r.reason() != string(NoGroup) {
			t.Errorf("without groups: %d %s", status, r.reason())
		}
		if b.who() != "nobody" || second.who() != "nobody" {
			t.Errorf("sessions outlive the groups: %q %q", b.who(), second.who())
		}
		r.person("ada", "ada@example.com", true, "ops")
		if third.signIn("ada"); third.who() != "ada@example.com engineer" {
			t.Errorf("with the group back: %q (%s)", third.who(), r.reason())
		}
		_, body, _ := third.do(http.MethodPost, r.srv.URL+"/sign-out", nil)
		to := refresh.FindStringSubmatch(body)
		if to == nil || !strings.HasPrefix(to[1], r.far.srv.URL+"/end_session?") || !strings.Contains(to[1], "id_token_hint=ey") || third.who() != "nobody" {
			t.Errorf("signing out leads to %v", to)
		}
		var clear []string
		err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
			return tx.Select(t.Context(), &clear, `SELECT client_secret FROM {identity_provider}`)
		})
		if err != nil || len(clear) != 1 || strings.Contains(clear[0], "a secret") {
			t.Errorf("the secret stands in the open: %v %v", clear, err)
		}
	})
}

// Every answer that a provider did not give in this shape is refused, and leaves nobody signed in.
func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	r.person("ada", "ada@example.com", true)
	ours, other := r.far.keys[0], newSigner(t, "k1")
	stranger := newSigner(t, "k9")
	publicPEM := func() []byte {
		der, err := x509.MarshalPKIXPublicKey(&ours.key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}()
	now := func() int64 { return c.Now().Unix() }
	with := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) {
			if value == nil {
				delete(m, name)
			} else {
				m[name] = value
			}
		}
	}
	for name, forge := range map[string]struct {
		change func(map[string]any)
		key    signer
		alg    jose.SignatureAlgorithm
		secret any
		want   string
	}{
		"another issuer":        {change: with("iss", "https://evil.example"), want: "issued by a different provider"},
		"another audience":      {change: with("aud", "somebody"), want: "expected audience"},
		"no audience":           {change: with("aud", nil), want: "expected audience"},
		"several, no azp":       {change: func(m map[string]any) { m["aud"] = []string{"vigie", "x"}; delete(m, "azp") }, want: "no azp"},
		"another azp":           {change: with("azp", "somebody"), want: "azp"},
		"another nonce":         {change: with("nonce", "x"), want: "nonce"},
		"no nonce":              {change: with("nonce", nil), want: "nonce"},
		"expired":               {change: with("exp", now()-60), want: "expired"},
		"no expiry":             {change: with("exp", nil), want: "expired"},
		"not yet":               {change: with("nbf", now()+3600), want: "not before"},
		"issued in the future":  {change: with("iat", now()+3600), want: "future"},
		"no subject":            {change: with("sub", nil), want: "subject"},
		"another access token":  {change: with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), want: "access token hash"},
		"our id, another key":   {key: other, want: "signature"},
		"a key that nobody has": {key: stranger, want: "signature"},
		"HS256, public key":     {alg: jose.HS256, secret: publicPEM, want: "malformed jwt"},
		"HS256, client secret":  {alg: jose.HS256, secret: []byte("a secret/+ that is long enough for it"), want: "malformed jwt"},
	} {
		r.far.set(func() {
			r.far.tamper = func(token string) string {
				m := claimsOf(t, token)
				if forge.change != nil {
					forge.change(m)
				}
				key, alg := forge.key, forge.alg
				if key.key == nil {
					key = ours
				}
				if alg == "" {
					alg = jose.RS256
				}
				return key.sign(t, m, alg, forge.secret)
			}
		})
		b := r.browser()
		status, _ := b.signIn("ada")
		if got := r.reason(); status != http.StatusForbidden || !strings.HasPrefix(got, string(BadToken)) || !strings.Contains(got, forge.want) || b.who() != "nobody" {
			t.Errorf("%s: %d, %q, signed in as %q", name, status, got, b.who())
		}
	}
	for name, spoil := range map[string]func(string) string{
		"none": func(token string) string {
			b, _ := json.Marshal(claimsOf(t, token))
			enc := base64.RawURLEncoding.EncodeToString
			return enc([]byte(`{"alg":"none"}`)) + "." + enc(b) + "."
		},
		"no signature": func(token string) string { return token[:strings.LastIndexByte(token, '.')+1] },
		"no token":     func(string) string { return "" },
		"payload exchanged": func(token string) string {
			m := claimsOf(t, token)
			m["sub"] = "root"
			b, _ := json.Marshal(m)
			part := strings.Split(token, ".")
			return part[0] + "." + base64.RawURLEncoding.EncodeToString(b) + "." + part[2]
		},
	} {
		r.far.set(func() { r.far.tamper = spoil })
		b := r.browser()
		if status, _ := b.signIn("ada"); status != http.StatusForbidden || !strings.HasPrefix(r.reason(), string(BadToken)) || b.who() != "nobody" {
			t.Errorf("%s: %d, %q, signed in as %q", name, status, r.reason(), b.who())
		}
	}
	r.far.set(func() { r.far.tamper = nil })
	if b := r.browser(); true {
		if b.signIn("ada"); b.who() != "ada@example.com agent" {
			t.Errorf("the true answer: %q %s", b.who(), r.reason())
		}
	}
}

// The state belongs to one browser, works once and not for long, and answers come to the provider's own address.
func TestStateIsBoundAndUsedOnce(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	r.person("ada", "ada@example.com", true)
	evil, err := r.service.CreateProvider(t.Context(), r.admin, NewProvider{Slug: "evil", Name: "Evil", Issuer: r.far.srv.URL, ClientID: "vigie", Domains: []string{"evil.example"}, DefaultRole: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	edit := func(back string, change func(url.Values)) string {
		u, _ := url.Parse(back)
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	refused := func(name string, b *browser, back string) {
		t.Helper()
		if status, body, _ := b.do(http.MethodGet, back, nil); status != http.StatusForbidden || b.who() != "nobody" {
			t.Errorf("%s: %d, signed in as %q: %s", name, status, b.who(), body)
		}
	}
	b := r.browser()
	back := b.answer(b.begin(WithPath+"far"), "ada")
	refused("no state", b, edit(back, func(q url.Values) { q.Del("state") }))
	refused("another state", b, edit(back, func(q url.Values) { q.Set("state", "x") }))
	refused("two states", b, edit(back, func(q url.Values) { q.Add("state", q.Get("state")) }))
	refused("the state in another browser", r.browser(), back)
	// None of these has used it up.
	if status, _, _ := b.do(http.MethodGet, back, nil); status != http.StatusSeeOther || b.who() != "ada@example.com agent" {
		t.Fatalf("the true answer: %d %q %s", status, b.who(), r.reason())
	}
	if status, _, _ := b.do(http.MethodGet, back, nil); status != http.StatusForbidden {
		t.Errorf("used again: %d", status)
	}

	b = r.browser()
	back = b.answer(b.begin(WithPath+"far"), "ada")
	c.Advance(requestLasts)
	refused("too late", b, back)
	c.Advance(-requestLasts)

	// A code of another sign-on: the verifier is another one, the provider refuses it.
	first, victim := r.browser(), r.browser()
	stolen := first.answer(first.begin(WithPath+"far"), "ada")
	mine := victim.answer(victim.begin(WithPath+"far"), "ada")
	code, _ := url.Parse(stolen)
	refused("a code of another sign-on", victim, edit(mine, func(q url.Values) { q.Set("code", code.Query().Get("code")) }))
	if got := r.reason(); !strings.HasPrefix(got, string(BadToken)+": token endpoint") {
		t.Errorf("reason: %s", got)
	}

	b = r.browser()
	back = b.answer(b.begin(WithPath+"far"), "ada")
	refused("at the address of another provider", b, strings.Replace(back, "/far?", "/"+evil.Slug+"?", 1))
	b = r.browser()
	back = b.answer(b.begin(WithPath+"far"), "ada")
	refused("with the name of another issuer", b, edit(back, func(q url.Values) { q.Set("iss", "https://evil.example") }))
	if !strings.HasPrefix(r.reason(), string(BadIssuer)) {
		t.Errorf("reason: %s", r.reason())
	}
	b = r.browser()
	back = b.answer(b.begin(WithPath+"far"), "ada")
	refused("the provider says no", b, edit(back, func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }))

	// A provider that says it names itself must do so.
	r.far.set(func() {
		r.far.meta = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
	})
	c.Advance(keepFor + time.Second)
	b = r.browser()
	back = b.answer(b.begin(WithPath+"far"), "ada")
	c.Advance(-keepFor - time.Second)
	refused("without the issuer that was promised", b, edit(back, func(q url.Values) { q.Del("iss") }))
	if forms := r.far.forms; len(forms) == 0 || forms[0].Get("code_verifier") == "" {
		t.Errorf("no verifier was sent: %v", forms)
	}
}

// New keys are asked for when they are met; withdrawn ones are forgotten.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	r.person("ada", "ada@example.com", true)
	old := r.far.keys[0]
	if b := r.browser(); true {
		if b.signIn("ada"); b.who() == "nobody" {
			t.Fatal(r.reason())
		}
	}
	fresh := newSigner(t, "k2")
	r.far.set(func() { r.far.keys = []signer{fresh} })
	b := r.browser()
	if b.signIn("ada"); b.who() != "ada@example.com agent" {
		t.Fatalf("with the new key: %q %s", b.who(), r.reason())
	}
	r.far.set(func() {
		r.far.tamper = func(token string) string { return old.sign(t, claimsOf(t, token), jose.RS256, nil) }
	})
	if b = r.browser(); true {
		if status, _ := b.signIn("ada"); status != http.StatusForbidden {
			t.Errorf("a token of the withdrawn key: %d", status)
		}
	}
	found, err := r.service.CheckProvider(t.Context(), r.admin, r.provider.ID)
	if err != nil || !found.Works || found.Keys != 1 || !found.SignOut {
		t.Errorf("check: %+v %v", found, err)
	}
}

// A customer's provider never reaches beyond its customer, whatever it says.
func TestCustomersProviderStaysAtHome(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c, NewProvider{Customer: "acme", Domains: []string{"acme.example"}, DefaultRole: "viewer"})
		ctx := t.Context()
		make := func(email string, role permission.Role, customers ...string) {
			t.Helper()
			if _, err := r.identity.CreateUser(ctx, r.admin, identity.NewUser{Email: email, Name: "X", Role: role, Customers: customers, Password: "Another lamp over 9 rivers"}); err != nil {
				t.Fatal(err)
			}
		}
		make("boss@acme.example", permission.Admin)
		make("bolt@acme.example", permission.Viewer, "bolt")
		make("anna@acme.example", permission.Requester, "acme")
		if _, err := r.service.CreateRule(ctx, r.admin, NewRule{Provider: r.provider.ID, Group: "x", Role: "admin"}); err == nil {
			t.Error("a rule of a customer's provider gives a provider's role")
		}
		if _, err := r.service.CreateRule(ctx, r.admin, NewRule{Provider: r.provider.ID, Group: "x", Role: "viewer", Customers: []string{"bolt"}}); err == nil {
			t.Error("a rule of a customer's provider leads to another customer")
		}
		for _, test := range []struct {
			email    string
			verified bool
			want     string
		}{
			{"boss@acme.example", true, string(Foreign)}, {"bolt@acme.example", true, string(Foreign)}, {"anna@acme.example", false, string(Unproven)},
			{"zoe@elsewhere.example", true, string(NotOurs)}, {"", true, string(NoEmail)},
		} {
			r.person("p"+test.email, test.email, test.verified)
			b := r.browser()
			if status, _ := b.signIn("p" + test.email); status != http.StatusForbidden || r.reason() != test.want {
				t.Errorf("%s: %d %s, want %s", test.email, status, r.reason(), test.want)
			}
		}
		r.person("anna", "anna@acme.example", true)
		b := r.browser()
		if b.signIn("anna"); b.who() != "anna@acme.example viewer" {
			t.Errorf("their own: %q %s", b.who(), r.reason())
		}
		// The page names no customer's provider, and finds it by the domain alone.
		if _, body, _ := b.do(http.MethodPost, r.srv.URL+"/sign-out", nil); !strings.Contains(body, "end_session") {
			t.Error("signing out forgets the provider")
		}
		_, page, _ := b.do(http.MethodGet, r.srv.URL+"/sign-in", nil)
		if strings.Contains(page, "Far") || !strings.Contains(page, OrganisationPath) {
			t.Errorf("sign-in page: %s", page)
		}
		for email, want := range map[string]int{"anna@acme.example": 200, "nobody@acme.example": 200, "x@nowhere.example": 422, "": 422} {
			if status, _, _ := b.do(http.MethodPost, r.srv.URL+OrganisationPath, url.Values{"email": {email}}); status != want {
				t.Errorf("%q leads to %d, want %d", email, status, want)
			}
		}
	})
}

// Back-channel logout ends the person's sessions, once for each token.
func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	r.person("ada", "ada@example.com", true)
	claims := func(change func(map[string]any)) string {
		m := map[string]any{"iss": r.far.srv.URL, "aud": "vigie", "sub": "ada", "jti": "t1", "iat": c.Now().Unix(), "exp": c.Now().Unix() + 60,
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
		change(m)
		return r.far.keys[0].sign(t, m, jose.RS256, nil)
	}
	send := func(token string) int {
		status, _, _ := r.browser().do(http.MethodPost, r.srv.URL+BackChannelPath+"far", url.Values{"logout_token": {token}})
		return status
	}
	b := r.browser()
	b.signIn("ada")
	for name, change := range map[string]func(map[string]any){
		"an ID token":      func(m map[string]any) { m["nonce"] = "x" },
		"no event":         func(m map[string]any) { delete(m, "events") },
		"another audience": func(m map[string]any) { m["aud"] = "x" },
		"another issuer":   func(m map[string]any) { m["iss"] = "x" },
		"expired":          func(m map[string]any) { m["exp"] = c.Now().Unix() - 60 },
	} {
		if status := send(claims(change)); status != http.StatusBadRequest || b.who() == "nobody" {
			t.Errorf("%s: %d, then %q", name, status, b.who())
		}
	}
	good := claims(func(map[string]any) {})
	if status := send(good); status != http.StatusOK || b.who() != "nobody" {
		t.Errorf("logout: %d, then %q", status, b.who())
	}
	b.signIn("ada")
	if status := send(good); status != http.StatusBadRequest || b.who() == "nobody" {
		t.Errorf("the same token again: %d, then %q", status, b.who())
	}
}
