package canary

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigie/internal/customer"
	"vigie/internal/exchange/mail"
	"vigie/internal/exchange/mail/mailtest"
	"vigie/internal/exchange/webhook"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/record/file"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/sso"
	"vigie/locales"
)

// plant uses everything that needs a secret, with what goes wrong as well.
func (h *house) plant(t *testing.T) {
	t.Helper()
	h.people(t)
	h.hooks(t)
	h.signOn(t)
	h.letters(t)
	h.files(t)
	_, err := h.app.Audit.Checkpoint(t.Context())
	check(t, err)
}

func (h *house) operator() permission.Actor { return h.app.Operator("test") }

func (h *house) people(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	var err error
	h.customer, err = h.app.Customers.CreateCustomer(ctx, h.operator(), customer.NewCustomer{Slug: "acme", Name: "Acme"})
	check(t, err)
	password := h.canary("a password")
	_, err = h.app.Identity.CreateUser(ctx, h.operator(), identity.NewUser{Email: "admin@provider.example", Name: "Admin", Role: permission.Admin, Password: password})
	check(t, err)
	h.browser = client(t)
	wrong := h.canary("a password that is wrong")
	for _, typed := range []string{wrong, password} {
		res, err := h.browser.PostForm(h.url+"/sign-in", url.Values{"email": {"admin@provider.example"}, "password": {typed}, "next": {"/"}})
		check(t, err)
		check(t, res.Body.Close())
	}
	// Typed into the wrong field, as happens.
	res, err := client(t).PostForm(h.url+"/sign-in", url.Values{"email": {h.canary("a password typed for an e-mail")}, "password": {"x"}})
	check(t, err)
	check(t, res.Body.Close())
	at, err := url.Parse(h.url)
	check(t, err)
	q := httptest.NewRequestWithContext(ctx, "GET", h.url, nil)
	for _, c := range h.browser.Jar.Cookies(at) {
		h.planted.add("a session", c.Value)
		q.AddCookie(c)
	}
	h.admin, err = h.app.Identity.Authenticate(q)
	check(t, err)
	_, h.token, err = h.app.Identity.CreateToken(ctx, h.admin, identity.NewToken{Name: "reader"})
	check(t, err)
	h.planted.add("a token", h.token)
	// The answer is kept for whoever asks again.
	made := h.api(t, "POST", "/tokens", `{"name":"kept"}`, "Idempotency-Key", "once-0123456789")
	var token struct{ Token string }
	check(t, json.Unmarshal(made, &token))
	h.planted.add("a token by idempotency key", token.Token)
	_, glass, err := h.app.Identity.MakeGlass(ctx, h.operator(), identity.BreakGlass{Email: "glass@provider.example", Reason: "a test of the alarm", Lasts: time.Hour})
	check(t, err)
	h.planted.add("a break-glass password", glass)
}

func client(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	return &http.Client{Jar: jar}
}

// api asks as the administrator.
func (h *house) api(t *testing.T, method, path, body string, header ...string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.url+"/api/v1"+path, strings.NewReader(body))
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+h.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	check(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	check(t, err)
	if res.StatusCode >= 500 {
		t.Errorf("%s %s: %d %.300s", method, path, res.StatusCode, text)
	}
	return text
}

// hooks sends messages to a receiver that takes them, one that refuses, and one that is not there.
func (h *house) hooks(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	status := http.StatusNoContent
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "heard "+r.Header.Get("webhook-id"))
	}))
	made, err := h.app.Webhooks.Create(ctx, h.admin, webhook.NewWebhook{Customer: "acme", Name: "hook", URL: receiver.URL})
	check(t, err)
	h.hook = made.Webhook
	h.everywhere(t)
	secret, err := h.app.Webhooks.Rotate(ctx, h.admin, h.hook.ID, 0)
	check(t, err)
	h.everywhere(t)
	for _, shown := range []string{made.Secret, secret.Secret} {
		h.planted.add("a webhook, as it is shown", strings.TrimPrefix(shown, "whsec_"))
	}
	for _, status = range []int{204, 500, 302} {
		h.send(t)
	}
	receiver.Close()
	h.send(t)
	check(t, h.app.Webhooks.Sweep(ctx))
}

func (h *house) send(t *testing.T) {
	t.Helper()
	d, err := h.app.Webhooks.Test(t.Context(), h.admin, h.hook.ID)
	check(t, err)
	check(t, h.app.Webhooks.Deliver(t.Context(), h.customer.ID, d.ID))
}

// signOn lets somebody in by a provider; once with a second factor still to come, and once with a secret that the provider refuses,
// and says so aloud.
func (h *house) signOn(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	secret := h.canary("identity_provider.client_secret")
	h.provider = newProvider(t, secret)
	made, err := h.app.SignOn.CreateProvider(ctx, h.admin, sso.NewProvider{Slug: "far", Name: "Far", Issuer: h.provider.URL, ClientID: "vigie", ClientSecret: secret})
	check(t, err)
	_, err = h.app.SignOn.CreateRule(ctx, h.admin, sso.NewRule{Provider: made.ID, Group: "all", Role: "engineer"})
	check(t, err)
	first := h.arrive(t, "one@far.example")
	a := h.actorOf(t, first)
	totp, err := h.app.Identity.BeginTOTP(ctx, a)
	check(t, err)
	h.planted.add("totp, as it is shown", totp.Text)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(totp.Text, " ", ""))
	check(t, err)
	if _, err := h.app.Identity.ConfirmTOTP(ctx, a, "000000"); err == nil {
		t.Error("a wrong code is right")
	}
	check(t, h.db.Across(ctx, "the test gives a proof", func(tx *db.Tx) error { return h.app.Identity.GiveProof(ctx, tx, a, "test") }))
	codes, err := h.app.Identity.ConfirmTOTP(ctx, a, code(key))
	check(t, err)
	for _, c := range codes {
		h.planted.add("a recovery code", c)
	}
	h.everywhere(t)
	h.arrive(t, "one@far.example") // waits for the second factor from here on
	h.provider.set(func() { h.provider.secret = "another" })
	h.arrive(t, "two@far.example")
	h.provider.set(func() {
		h.provider.secret = secret
		for _, token := range h.provider.tokens {
			h.planted.add("an ID token", token)
		}
	})
}

// arrive signs on with a new browser, as far as that goes.
func (h *house) arrive(t *testing.T, email string) *http.Client {
	t.Helper()
	h.provider.set(func() { h.provider.who = email })
	b := client(t)
	res, err := b.PostForm(h.url+"/sign-in/with/far", url.Values{"next": {"/"}})
	check(t, err)
	text, err := io.ReadAll(res.Body)
	check(t, err)
	check(t, res.Body.Close())
	to := onward.FindStringSubmatch(html.UnescapeString(string(text)))
	if to == nil {
		t.Fatalf("the sign-on does not begin: %d %.500s", res.StatusCode, text)
	}
	res, err = b.Get(to[1])
	check(t, err)
	check(t, res.Body.Close())
	at, err := url.Parse(h.url)
	check(t, err)
	for _, c := range b.Jar.Cookies(at) {
		h.planted.add("a cookie of a sign-on", c.Value)
	}
	return b
}

func (h *house) actorOf(t *testing.T, b *http.Client) permission.Actor {
	t.Helper()
	at, err := url.Parse(h.url)
	check(t, err)
	q := httptest.NewRequestWithContext(t.Context(), "GET", h.url, nil)
	for _, c := range b.Jar.Cookies(at) {
		q.AddCookie(c)
	}
	a, err := h.app.Identity.Authenticate(q)
	check(t, err)
	return a
}

// code is RFC 6238.
func code(secret []byte) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, time.Now().Unix()/30)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// letters sends mail by a customer's own server, which refuses at first, and an invitation, whose link is a secret.
func (h *house) letters(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	server := mailtest.Start(t, false, false)
	password := h.canary("mail_setting.server_password")
	server.User, server.Password = "acme", "another"
	host, port, security := "localhost", int64(server.Port), "starttls"
	_, err := h.app.Mail.UpdateSetting(ctx, h.admin, "acme", 0, mail.ChangeSetting{ServerHost: &host, ServerPort: &port, ServerSecurity: &security, ServerUser: &server.User, ServerPassword: &password})
	check(t, err)
	bundle, err := i18n.Load(locales.FS)
	check(t, err)
	// The room as app makes it, but that it trusts the server's certificate.
	room := mail.New(mail.Config{DB: h.db, Clock: clock.System{}, Log: h.tel.Log, Bundle: bundle, Outbox: noTasks{}, Seal: h.app.Secrets, Trust: server.Trust, DialCustomer: (&net.Dialer{}).DialContext,
		Defaults: mail.Defaults{Server: mail.Server{Host: "localhost", Port: server.Port, Security: mail.StartTLS}, From: mail.Address{Name: "Vigie", Email: "vigie@provider.example"}}})
	test := func() {
		m, err := h.app.Mail.SendTest(ctx, h.admin, "acme", mail.NewTest{To: "somebody@acme.example"})
		check(t, err)
		check(t, room.Deliver(ctx, h.customer.ID, m.ID))
	}
	test()
	server.Password = password
	test()
	server.Rcpt = func(string) error { return mailtest.Refuse(451, 4, 7, 1, "not now, you with the password "+password) }
	test()
	server.Rcpt = func(string) error { return mailtest.Refuse(550, 5, 1, 1, "nobody here") }
	test()
	server.Rcpt = nil
	if len(server.Taken()) == 0 {
		t.Errorf("the server took nothing: %s", h.log.read())
	}
	_, err = h.app.Identity.CreateUser(ctx, h.operator(), identity.NewUser{Email: "guest@acme.example", Name: "Guest", Role: permission.Viewer, Customers: []string{"acme"}, Invite: true})
	check(t, err)
	h.everywhere(t)
}

func (h *house) files(t *testing.T) {
	t.Helper()
	f, err := h.app.Files.Add(t.Context(), h.admin, file.NewFile{RecordType: "customer", RecordID: h.customer.ID, Name: "note.txt", Content: strings.NewReader("a file")})
	check(t, err)
	link, err := h.app.Files.Link(t.Context(), h.admin, f.ID, file.Original)
	check(t, err)
	res, err := http.Get(h.url + link.URL)
	check(t, err)
	check(t, res.Body.Close())
}
