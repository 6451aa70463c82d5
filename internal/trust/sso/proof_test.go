package sso

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// prove goes through the page that asks for a proof, to the provider, which asks this user afresh, and back.
func (b *browser) prove(user string, more ...string) int {
	b.r.t.Helper()
	to := b.begin(identity.ProvePath, append([]string{"elsewhere", "true"}, more...)...)
	if q, _ := url.Parse(to); q.Query().Get("prompt") != "login" || q.Query().Get("max_age") != "0" {
		b.r.t.Fatalf("no fresh sign-in is asked for: %s", to)
	}
	status, _, _ := b.do(http.MethodGet, b.answer(to, user), nil)
	return status
}

// A fresh sign-in must be fresh, of the same person, in the same session; the proof it gives works once.
func TestProof(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	r.person("ada", "ada@example.com", true)
	r.person("eve", "eve@example.com", true)
	b := r.browser()
	b.signIn("ada")
	if b.take() != "" {
		t.Fatal("signing in is no proof")
	}
	_, page, _ := b.do(http.MethodGet, r.srv.URL+identity.ProvePath, nil)
	if strings.Contains(page, `type="password"`) || !strings.Contains(page, "Sign in with Far") {
		t.Errorf("who has no password is asked for one: %s", page)
	}
	if status := b.prove("ada"); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, r.reason())
	}
	if got := b.take(); got != "sso:far" {
		t.Fatalf("proof %q", got)
	}
	if b.take() != "" {
		t.Error("a proof works twice")
	}
	if status := b.prove("eve"); status != http.StatusForbidden || b.take() != "" || !strings.HasPrefix(r.reason(), string(NotTheSame)) {
		t.Errorf("somebody else: %d %s", status, r.reason())
	}
	// The session in which it was begun has ended meanwhile, and another one has begun.
	to := b.begin(identity.ProvePath, "elsewhere", "true")
	b.signIn("ada")
	if status, _, _ := b.do(http.MethodGet, b.answer(to, "ada"), nil); status != http.StatusForbidden || b.take() != "" {
		t.Errorf("another session: %d %s", status, r.reason())
	}
	for name, value := range map[string]any{"old": c.Now().Unix() - 3600, "before it was asked for": c.Now().Unix() - 45, "in the future": c.Now().Unix() + 3600, "none": nil, "text": "now"} {
		r.far.set(func() {
			r.far.tamper = func(token string) string {
				m := claimsOf(t, token)
				delete(m, "auth_time")
				if value != nil {
					m["auth_time"] = value
				}
				return r.far.keys[0].sign(t, m, jose.RS256, nil)
			}
		})
		if status := b.prove("ada"); status != http.StatusForbidden || b.take() != "" {
			t.Errorf("auth_time %s: %d", name, status)
		}
	}
	r.far.set(func() { r.far.tamper = nil })
	if status := b.prove("ada"); status != http.StatusSeeOther || b.take() == "" {
		t.Errorf("the true answer: %d %s", status, r.reason())
	}
}

// saying makes the provider say by which means somebody has signed in.
func (r *rig) saying(change func(map[string]any)) {
	r.far.set(func() {
		r.far.tamper = func(token string) string {
			m := claimsOf(r.t, token)
			change(m)
			return r.far.keys[0].sign(r.t, m, jose.RS256, nil)
		}
	})
}

func (r *rig) require(roles ...permission.Role) {
	r.t.Helper()
	if _, err := r.identity.SetFactorRules(r.t.Context(), r.admin, roles); err != nil {
		r.t.Fatal(err)
	}
}

// trust sets how far the provider is trusted in asking for a second factor.
func (r *rig) trust(mode string, values ...string) {
	r.t.Helper()
	if _, err := r.service.UpdateProvider(r.t.Context(), r.admin, r.provider.ID, 0, ChangeProvider{SecondFactor: &mode, FactorValues: &values}); err != nil {
		r.t.Fatal(err)
	}
}

// enrolled signs somebody in who must make a factor on the way, and gives the code of the moment.
func (b *browser) enrolled(user string) func() string {
	b.r.t.Helper()
	if status, body := b.signIn(user); status != http.StatusSeeOther || b.who() != "nobody" {
		b.r.t.Fatalf("%d %s: signed in without the factor that the role needs", status, body)
	}
	_, page, _ := b.do(http.MethodGet, b.r.srv.URL+identity.FactorPath, nil)
	secret := between(page, `<code class="v-break">`, "</code>")
	if secret == "" {
		b.r.t.Fatalf("no secret to enrol: %s", page)
	}
	drift := -30 * time.Second
	code := func() string { // each code works once; the clock stays, as the provider's does
		drift += 30 * time.Second
		return codeOf(b.r.t, secret, b.r.c.Now().Add(drift-30*time.Second))
	}
	if status, body, _ := b.do(http.MethodPost, b.r.srv.URL+identity.FactorPath, url.Values{"code": {code()}, "next": {"/"}}); status != http.StatusOK || !strings.Contains(body, "recovery codes") {
		b.r.t.Fatalf("enrol: %d %s", status, body)
	}
	return code
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	got, _, _ := strings.Cut(rest, to)
	return got
}

// A role that needs a second factor gets none from the provider's bare word: Vigie's own is made, and asked for at each sign-in.
func TestFactorAfterTheProvider(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	r.person("ada", "ada@example.com", true)
	old := r.browser()
	if old.signIn("ada"); old.who() != "ada@example.com agent" {
		t.Fatal(r.reason())
	}
	r.require(permission.Agent)
	if old.who() != "nobody" {
		t.Error("a session without a second factor outlives the rule that asks for one")
	}
	r.saying(func(m map[string]any) { m["amr"] = []string{"mfa"} }) // nobody trusts it
	b := r.browser()
	code := b.enrolled("ada")
	if b.who() != "ada@example.com agent" {
		t.Fatal("signed in by provider and own factor, and nobody")
	}
	// What signing out there needs has come along.
	if _, body, _ := b.do(http.MethodPost, r.srv.URL+"/sign-out", nil); !strings.Contains(body, "id_token_hint=ey") {
		t.Errorf("sign-out: %s", body)
	}
	b = r.browser()
	b.signIn("ada")
	if b.who() != "nobody" {
		t.Fatal("the second time no factor is asked for")
	}
	if status, _, _ := b.do(http.MethodPost, r.srv.URL+identity.FactorPath, url.Values{"code": {"000000"}}); status != http.StatusUnprocessableEntity || b.who() != "nobody" {
		t.Errorf("a wrong code: %d", status)
	}
	b.do(http.MethodPost, r.srv.URL+identity.FactorPath, url.Values{"code": {code()}})
	if b.who() != "ada@example.com agent" {
		t.Error("a right code does not sign in")
	}
	// A proof at the provider is no weaker: the code is asked for first.
	if status, _, _ := b.do(http.MethodPost, r.srv.URL+identity.ProvePath, url.Values{"elsewhere": {"true"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a proof by one factor begins: %d", status)
	}
	if status := b.prove("ada", "code", code()); status != http.StatusSeeOther {
		t.Fatalf("proof: %d %s", status, r.reason())
	}
	if got := b.take(); got != "sso:far+totp" {
		t.Errorf("proof %q", got)
	}
	// The provider ends what waits for its factor, too.
	half := r.browser()
	half.signIn("ada")
	if status, _, _ := half.do(http.MethodGet, r.srv.URL+identity.FactorPath, nil); status != http.StatusOK {
		t.Fatalf("half a sign-in: %d", status)
	}
	token := r.far.keys[0].sign(t, map[string]any{"iss": r.far.srv.URL, "aud": "vigie", "sub": "ada", "jti": "t1", "iat": c.Now().Unix(), "exp": c.Now().Unix() + 60,
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}, jose.RS256, nil)
	if status, _, _ := r.browser().do(http.MethodPost, r.srv.URL+BackChannelPath+"far", url.Values{"logout_token": {token}}); status != http.StatusOK {
		t.Fatalf("back-channel: %d", status)
	}
	if _, _, to := half.do(http.MethodGet, r.srv.URL+identity.FactorPath, nil); !strings.HasPrefix(to, identity.SignInPath) || b.who() != "nobody" {
		t.Errorf("after the provider's sign-out: %q %q", to, b.who())
	}
}

// Where an administrator trusts the provider, what its token says of the means counts, and nothing else.
func TestFactorByTheProvider(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	r.person("ada", "ada@example.com", true)
	r.require(permission.Agent)
	for _, test := range []struct {
		name   string
		mode   string
		values []string
		claims map[string]any
		in     bool
	}{
		{"not trusted", factorAsk, nil, map[string]any{"amr": []string{"mfa"}}, false},
		{"mfa by default", factorAsserted, nil, map[string]any{"amr": []string{"pwd", "mfa"}}, true},
		{"a password alone", factorAsserted, nil, map[string]any{"amr": []string{"pwd"}}, false},
		{"one text", factorAsserted, nil, map[string]any{"amr": "mfa"}, true},
		{"nothing said", factorAsserted, nil, map[string]any{}, false},
		{"no shape", factorAsserted, nil, map[string]any{"amr": map[string]any{"mfa": true}}, false},
		{"numbers among them", factorAsserted, nil, map[string]any{"amr": []any{1, "mfa"}}, true},
		{"values of acr", factorAsserted, []string{"urn:gold", "hwk"}, map[string]any{"acr": "urn:gold"}, true},
		{"other values", factorAsserted, []string{"urn:gold", "hwk"}, map[string]any{"acr": "urn:silver", "amr": []string{"mfa"}}, false},
		{"a part of a value", factorAsserted, []string{"hwk"}, map[string]any{"amr": []string{"hwk2"}, "acr": "hw"}, false},
		{"always", factorAlways, nil, map[string]any{}, true},
	} {
		r.trust(test.mode, test.values...)
		r.saying(func(m map[string]any) {
			delete(m, "amr")
			delete(m, "acr")
			for k, v := range test.claims {
				m[k] = v
			}
		})
		b := r.browser()
		status, _ := b.signIn("ada")
		if in := b.who() == "ada@example.com agent"; status != http.StatusSeeOther || in != test.in {
			t.Errorf("%s: %d, signed in: %v, want %v (%s)", test.name, status, in, test.in, r.reason())
		}
	}
	// A proof must say it anew.
	r.trust(factorAsserted)
	r.saying(func(m map[string]any) { m["amr"] = []string{"mfa"} })
	b := r.browser()
	b.signIn("ada")
	if status := b.prove("ada"); status != http.StatusSeeOther || b.take() != "sso:far+external" {
		t.Errorf("a proof by two factors: %d %s", status, r.reason())
	}
	r.saying(func(m map[string]any) { m["amr"] = []string{"pwd"} })
	if status := b.prove("ada"); status != http.StatusForbidden || b.take() != "" || !strings.HasPrefix(r.reason(), string(OneFactor)) {
		t.Errorf("a proof by one factor: %d %s", status, r.reason())
	}
	for _, bad := range []ChangeProvider{{SecondFactor: ptr("often")}, {FactorValues: &[]string{`a"b`}}} {
		if _, err := r.service.UpdateProvider(t.Context(), r.admin, r.provider.ID, 0, bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func ptr[T any](v T) *T { return &v }
