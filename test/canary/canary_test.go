package canary

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/exchange/backup"
	"vigie/internal/exchange/mail"
	"vigie/internal/exchange/mail/mailtest"
	"vigie/internal/exchange/webhook"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/seal"
	"vigie/internal/platform/telemetry"
	"vigie/internal/record/file"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/sso"
	"vigie/locales"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// house is an instance with a secret in every place.
type house struct {
	app      *app.App
	db       *db.DB
	address  string
	dir      string
	url      string
	log      *paper
	traces   *paper
	tel      *telemetry.Telemetry
	admin    permission.Actor
	browser  *http.Client // of the administrator
	token    string       // of the administrator
	customer customer.Customer
	planted  secrets
	hook     webhook.Webhook
	provider *provider
}

// paper is what is written down by several at a time.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) read() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.text.Bytes())
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A planted secret is found in no table, log, trace, answer, metric, backup or export; and were it there, it would be found.
func TestSecretsStayWhereTheyAre(t *testing.T) { // not parallel: traces go by the environment
	traces := &paper{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(traces, r.Body) }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	for name, address := range map[string]string{"sqlite": "", "postgres": pg.Start(t)} {
		t.Run(name, func(t *testing.T) {
			h := open(t, address, traces)
			h.plant(t)
			h.everywhere(t)
			for _, missing := range unplanted(h.planted, seal.Columns()) {
				t.Errorf("nobody plants a secret in %s, which is sealed", missing)
			}
			found := h.search(t)
			for _, f := range found {
				t.Error(f)
			}
			h.bites(t)
		})
	}
}

// unplanted are the sealed columns that hold no planted secret.
func unplanted(planted secrets, columns []seal.Column) (out []string) {
	for _, c := range columns {
		if len(planted[c.Table+"."+c.Column]) == 0 {
			out = append(out, c.Table+"."+c.Column)
		}
	}
	return out
}

func TestNewColumnNeedsAPlanter(t *testing.T) {
	t.Parallel()
	planted := secrets{}
	for _, c := range seal.Columns() {
		planted.add(c.Table+"."+c.Column, "a planted secret")
	}
	if got := unplanted(planted, append(seal.Columns(), seal.Column{Table: "new", Column: "secret"})); len(got) != 1 || got[0] != "new.secret" {
		t.Errorf("unplanted: %v", got)
	}
}

func open(t *testing.T, address string, traces *paper) *house {
	t.Helper()
	h := &house{address: address, dir: t.TempDir(), log: &paper{}, traces: traces, planted: secrets{}}
	form := "json"
	if address == "" {
		h.address, form = "sqlite:"+filepath.Join(h.dir, "vigie.db"), "text"
	}
	var err error
	h.tel, err = telemetry.New(t.Context(), h.log, form, "debug")
	check(t, err)
	srv := httptest.NewUnstartedServer(nil)
	h.url = "http://" + srv.Listener.Addr().String()
	at, err := url.Parse(h.url)
	check(t, err)
	master := seal.NewKey()
	h.planted.add("the master key", master)
	h.app, err = app.Open(t.Context(), app.Options{Database: h.address, DataDir: h.dir, Clock: clock.System{}, Telemetry: h.tel, Version: "test", Migrate: true, PublicURL: at,
		MasterKey: seal.Source{Text: master}, OutboundAllow: []string{"127.0.0.1"}, Mail: mail.Defaults{From: mail.Address{Name: "Vigie", Email: "vigie@provider.example"}}})
	check(t, err)
	t.Cleanup(h.app.Close)
	h.db, err = db.Open(t.Context(), h.address, clock.System{})
	check(t, err)
	t.Cleanup(h.db.Close)
	srv.Config.Handler = h.app.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return h
}

// canary is a text that stands nowhere else, with characters that are written otherwise in most forms.
func (h *house) canary(where string) string {
	core := "kanari" + rand.Text()
	text := core + `+/="&'é`
	h.planted.add(where, text)
	h.planted.add(where+" in part", core) // where the rest is written in a way that nobody has thought of
	return text
}

// everywhere opens every sealed value that there is now: what is in there must be nowhere else.
func (h *house) everywhere(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, c := range seal.Columns() {
		var rows []struct {
			Key      string  `db:"k"`
			Value    db.Null `db:"v"`
			Customer db.Null `db:"c"`
		}
		customer := "''"
		if c.Customer != "" {
			customer = "CAST(" + c.Customer + " AS TEXT)"
		}
		across := func(f func(*db.Tx) error) error { return h.db.Across(ctx, "the test opens all secrets", f) }
		check(t, across(func(tx *db.Tx) error {
			return tx.Select(ctx, &rows, `SELECT CAST(`+c.Key+` AS TEXT) AS k, `+c.Column+` AS v, `+customer+` AS c FROM {`+c.Table+`}`)
		}))
		for _, r := range rows {
			if r.Value == "" {
				continue
			}
			in := across
			if r.Customer != "" && r.Customer != seal.Instance {
				in = func(f func(*db.Tx) error) error { return h.db.InScope(ctx, db.Grant(string(r.Customer)), f) }
			}
			check(t, in(func(tx *db.Tx) error {
				plain, err := h.app.Secrets.Open(ctx, tx, seal.Place{Table: c.Table, Row: r.Key, Column: c.Column}, string(r.Value))
				if err == nil {
					h.planted.add(c.Table+"."+c.Column, string(plain))
				}
				return err
			}))
		}
	}
}

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

var onward = regexp.MustCompile(`content="0;url=([^"]+)"`)

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

type noTasks struct{}

func (noTasks) Put(context.Context, *db.Tx, string, jobs.Task) error { return nil }

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

// search looks everywhere.
func (h *house) search(t *testing.T) []string {
	t.Helper()
	all := hay{}
	h.read(t, all)
	h.tables(t, all)
	var out bytes.Buffer
	_, err := h.app.Transfer.Export(t.Context(), h.admin, "acme", &out)
	check(t, err)
	all.unpack(t, "export", out.Bytes())
	path := filepath.Join(t.TempDir(), "backup")
	_, err = h.app.Backup(t.Context(), path, func(backup.Step) {})
	check(t, err)
	whole, err := os.ReadFile(path)
	check(t, err)
	all.unpack(t, "backup", whole)
	check(t, h.tel.Close(context.WithoutCancel(t.Context())))
	all["log"], all["traces"] = h.log.read(), h.traces.read()
	// What was said when it went wrong was kept, and so it was looked at.
	for _, said := range []string{"not now, you with", "invalid_client", "heard "} {
		if !slices.ContainsFunc(slices.Collect(maps.Values(all)), func(text []byte) bool { return bytes.Contains(text, []byte(said)) }) {
			t.Errorf("nothing shows %q", said)
		}
	}
	for _, name := range []string{"log", "traces"} {
		if len(all[name]) < 1000 {
			t.Errorf("%s has %d bytes", name, len(all[name]))
		}
	}
	size := 0
	for _, text := range all {
		size += len(text)
	}
	count := 0
	for _, s := range h.planted {
		count += len(s)
	}
	t.Logf("%d secrets of %d places, %d texts with %d bytes", count, len(h.planted), len(all), size)
	return all.find(h.planted)
}

// tables adds the bytes of the database.
func (h *house) tables(t *testing.T, all hay) {
	t.Helper()
	if strings.HasPrefix(h.address, "sqlite:") {
		check(t, filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			all["file "+filepath.Base(path)], err = os.ReadFile(path)
			return err
		}))
		if len(all["file vigie.db"])+len(all["file vigie.db-wal"]) < 100_000 {
			t.Error("the database is empty")
		}
		return
	}
	ctx := t.Context()
	c, err := pgx.Connect(ctx, h.address)
	check(t, err)
	defer c.Close(ctx)
	rows, err := c.Query(ctx, `SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`)
	check(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	check(t, err)
	if len(names) < len(db.Tables()) {
		t.Errorf("only %d tables are seen", len(names))
	}
	for _, name := range names {
		rows, err := c.Query(ctx, `SELECT t::text FROM `+name+` t`)
		check(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		check(t, err)
		all["table "+name] = []byte(strings.Join(lines, "\n"))
	}
}

var (
	link  = regexp.MustCompile(`(?:href|hx-get|src)="(/[^"#]*)`)
	names = regexp.MustCompile(`\{[a-z]+\}`)
)

// read asks for every answer that an administrator can read: all pages that links lead to, and all reading operations.
func (h *house) read(t *testing.T, all hay) {
	t.Helper()
	const most = 1500 // pages
	todo := []string{"/", "/metrics", "/api/docs", "/api/openapi.json", "/customers/acme?customer=acme", "/account", "/tokens", "/people", "/sessions", "/webhooks", "/mails", "/mail-settings?customer=acme",
		"/identity-providers", "/audit", "/customers/acme/data", "/accounts", "/cis", "/notes", "/sign-in-rules", "/approvals", "/permissions"}
	seen := map[string]bool{}
	for len(todo) > 0 && len(seen) < most {
		path := todo[0]
		todo = todo[1:]
		if seen[path] || strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, "/live") || strings.Contains(path, "sort=") {
			continue
		}
		seen[path] = true
		res, err := h.browser.Get(h.url + path)
		check(t, err)
		text, err := io.ReadAll(res.Body)
		check(t, err)
		check(t, res.Body.Close())
		if res.StatusCode >= 500 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		all["page "+path] = append(text, headers(res.Header)...)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			todo = append(todo, html.UnescapeString(m[1]))
		}
	}
	pages := len(seen)
	var doc struct{ Paths map[string]map[string]any }
	check(t, json.NewDecoder(bytes.NewReader(all["page /api/openapi.json"])).Decode(&doc))
	for path, methods := range doc.Paths {
		path = strings.TrimPrefix(path, "/api/v1")
		if methods["get"] == nil {
			continue
		}
		for _, format := range []string{"json", "csv"} {
			for _, at := range h.fill(t, path) {
				if format != "json" {
					at += "?format=" + format
				}
				all["api "+at] = h.api(t, "GET", at, "")
			}
		}
	}
	t.Logf("%d pages, %d answers in all", pages, len(all))
	if pages < 60 || len(all) < 150 {
		t.Errorf("only %d pages and %d answers were read", pages, len(all))
	}
}

func headers(h http.Header) []byte {
	var out bytes.Buffer
	h = h.Clone()
	h.Del("Set-Cookie") // gives the reader its own session
	_ = h.Write(&out)
	return out.Bytes()
}

// fill puts the records of a list into the path of what is below it.
func (h *house) fill(t *testing.T, path string) (out []string) {
	t.Helper()
	at := names.FindStringIndex(path)
	if at == nil {
		return []string{path}
	}
	if strings.Contains(path, "{customer}") {
		return h.fill(t, strings.Replace(path, "{customer}", "acme", 1))
	}
	var page struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if json.Unmarshal(h.api(t, "GET", strings.TrimSuffix(path[:at[0]], "/")+"?limit=20", ""), &page) != nil {
		return nil
	}
	for _, item := range page.Items {
		out = append(out, path[:at[0]]+item.ID+path[at[1]:])
	}
	return out
}

// bites writes secrets where they must not be, and sees that they are found there.
func (h *house) bites(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	some := secrets{}
	for where, texts := range h.planted {
		for text := range texts {
			some.add(where, text)
			// A careless writer, of a kind of its own for each table.
			check(t, h.db.Across(ctx, "the test is careless", func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE {customer} SET name = ? WHERE id = ?`, "x"+base64.URLEncoding.EncodeToString([]byte("xx"+text)), h.customer.ID)
				return err
			}))
			h.tel.Log.DebugContext(ctx, "careless", "request", map[string]string{"secret": text})
			all := hay{"log": h.log.read()}
			h.tables(t, all)
			in := map[string]bool{}
			for _, f := range all.find(secrets{where: {text: true}}) {
				place, _, _ := strings.Cut(f, ":")
				in[strings.Fields(place)[0]] = true
			}
			if !in["log"] || !in["table"] && !in["file"] {
				t.Errorf("the secret of %s is not found where it was written: %v", where, in)
			}
			break // one of each place
		}
	}
	if len(some) < len(seal.Columns()) {
		t.Errorf("tried with %d places", len(some))
	}
}
