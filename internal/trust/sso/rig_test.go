package sso

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
	"vigie/locales"
)

// far is a real OpenID provider in this process; what it answers can be tampered with on its way to us.
type far struct {
	*storage.Storage
	srv *httptest.Server

	mu     sync.Mutex
	users  map[string]*person
	keys   []signer
	tamper func(idToken string) string // of token answers
	meta   func(map[string]any)        // of the metadata
	forms  []url.Values                // what came to the token endpoint
}

type person struct {
	storage.User
	groups   []string
	verified bool
}

type signer struct {
	id  string
	key *rsa.PrivateKey
}

func (s signer) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (s signer) Key() any                                    { return s.key }
func (s signer) ID() string                                  { return s.id }

type public struct{ signer }

func (p public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (p public) Use() string                        { return "sig" }
func (p public) Key() any                           { return &p.key.PublicKey }

func newSigner(t testing.TB, id string) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signer{id, key}
}

func (f *far) SigningKey(context.Context) (op.SigningKey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.keys[0], nil
}

func (f *far) KeySet(context.Context) (out []op.Key, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.keys {
		out = append(out, public{k})
	}
	return out, nil
}

func (f *far) fill(info *oidc.UserInfo, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u, ok := f.users[id]
	if !ok {
		return
	}
	info.Subject, info.Email, info.EmailVerified, info.Name = id, u.Email, oidc.Bool(u.verified), u.FirstName
	info.AppendClaims("groups", u.groups)
}

func (f *far) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, token op.IDTokenRequest, _ []string) error {
	f.fill(info, token.GetSubject())
	return nil
}

func (f *far) SetUserinfoFromScopes(_ context.Context, info *oidc.UserInfo, user, _ string, _ []string) error {
	f.fill(info, user)
	return nil
}

func (f *far) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, _, subject, _ string) error {
	f.fill(info, subject)
	return nil
}

// The store of users.
func (f *far) GetUserByID(id string) *storage.User {
	f.mu.Lock()
	defer f.mu.Unlock()
	if u, ok := f.users[id]; ok {
		return &u.User
	}
	return nil
}
func (f *far) GetUserByUsername(name string) *storage.User { return f.GetUserByID(name) }
func (f *far) ExampleClientID() string                     { return "none" }

func newFar(t testing.TB, redirect string) *far {
	t.Helper()
	f := &far{users: map[string]*person{}, keys: []signer{newSigner(t, "k1")}}
	f.Storage = storage.NewStorageWithClients(f, map[string]*storage.Client{"vigie": storage.WebClient("vigie", "a secret/+", redirect)})
	var inner http.Handler
	f.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(inner, w, r) }))
	t.Cleanup(f.srv.Close)
	p, err := op.NewProvider(&op.Config{CryptoKey: [32]byte{1}, CryptoKeyId: "key1", CodeMethodS256: true, AuthMethodPost: true}, f, op.StaticIssuer(f.srv.URL),
		op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	inner = p
	return f
}

// serve passes on to the provider, and lets the test spoil answers.
func (f *far) serve(inner http.Handler, w http.ResponseWriter, r *http.Request) {
	body := ""
	if r.Method == http.MethodPost {
		b, _ := io.ReadAll(r.Body)
		body = string(b)
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	rec := httptest.NewRecorder()
	inner.ServeHTTP(rec, r)
	f.mu.Lock()
	tamper, meta := f.tamper, f.meta
	if r.URL.Path == "/oauth/token" {
		form, _ := url.ParseQuery(body)
		f.forms = append(f.forms, form)
	}
	f.mu.Unlock()
	out := rec.Body.Bytes()
	var answer map[string]any
	switch {
	case r.URL.Path == "/oauth/token" && tamper != nil && json.Unmarshal(out, &answer) == nil && answer["id_token"] != nil:
		answer["id_token"] = tamper(answer["id_token"].(string))
		out, _ = json.Marshal(answer)
	case strings.HasSuffix(r.URL.Path, "openid-configuration") && meta != nil && json.Unmarshal(out, &answer) == nil:
		meta(answer)
		out, _ = json.Marshal(answer)
	}
	maps.Copy(w.Header(), rec.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(out)
}

func (f *far) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// sign makes a token of these claims.
func (s signer) sign(t testing.TB, claims map[string]any, alg jose.SignatureAlgorithm, key any) string {
	t.Helper()
	if key == nil {
		key = s.key
	}
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: s.id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(claims)
	obj, err := made.Sign(b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := obj.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func claimsOf(t testing.TB, token string) map[string]any {
	t.Helper()
	obj, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(obj.UnsafePayloadWithoutVerification(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// rig is Vigie with sign-on, and a provider.
type rig struct {
	t        testing.TB
	d        *db.DB
	c        *clock.Manual
	far      *far
	srv      *httptest.Server
	service  *Service
	identity *identity.Service
	admin    permission.Actor
	provider Provider
	acme     customer.Customer
	mails    []identity.Mail
}

// Put implements identity.Mailer.
func (r *rig) Put(_ context.Context, _ *db.Tx, m identity.Mail) error {
	r.mails = append(r.mails, m)
	return nil
}

func newRig(t testing.TB, d *db.DB, c *clock.Manual, in NewProvider) *rig {
	t.Helper()
	c.Advance(clock.System{}.Now().Sub(c.Now())) // the provider goes by the machine's clock
	mux := http.NewServeMux()
	r := &rig{t: t, d: d, c: c, srv: httptest.NewServer(mux), identity: identity.NewService(d, c)}
	t.Cleanup(r.srv.Close)
	at, _ := url.Parse(r.srv.URL)
	r.far = newFar(t, r.srv.URL+ReturnPath+"far")
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	box := sealtest.New(t)
	r.service = New(Parts{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Box: box, Identity: r.identity, HTTP: &http.Client{}, PublicURL: at, Prove: r.identity.GiveProof})
	r.identity.Parts = identity.Parts{Mail: r, Secrets: box, PublicURL: at}
	r.identity.Ways, r.identity.Leaving, r.identity.Finished = r.service.Ways, r.service.Leaving, r.service.Finished
	r.identity.Elsewhere, r.identity.ProveElsewhere = r.service.MayProve, r.service.BeginProof
	shell := &web.Shell{Bundle: bundle, Clock: c, Log: slog.New(slog.DiscardHandler), Actor: r.identity.Visitor,
		Customers: func(context.Context, permission.Actor) ([]ui.Customer, error) { return nil, nil },
		Nav:       func(*ui.Page, permission.Actor) []ui.NavSection { return nil }}
	r.identity.Pages(mux, shell)
	open := func(_ http.ResponseWriter, q *http.Request) *ui.Page {
		return ui.NewPage(q, bundle.Printer("en", time.UTC, c.Now()))
	}
	r.service.Mount(mux, open)
	r.identity.Mount(mux, slog.New(slog.DiscardHandler), open)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, q *http.Request) {
		a, ok := r.identity.Visitor(q)
		if !ok {
			http.Error(w, "nobody", http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, a.Email+" "+string(a.Role()))
	})
	r.admin = permission.Grant(permission.Actor{ID: "admin", Name: "Admin", Kind: permission.Person}, permission.Admin, db.GrantAll())
	if r.acme, err = customer.NewService(d).CreateCustomer(t.Context(), r.admin, customer.NewCustomer{Slug: "acme", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	if _, err = customer.NewService(d).CreateCustomer(t.Context(), r.admin, customer.NewCustomer{Slug: "bolt", Name: "Bolt"}); err != nil {
		t.Fatal(err)
	}
	in.Slug, in.Name, in.Issuer, in.ClientID, in.ClientSecret = "far", "Far", r.far.srv.URL, "vigie", "a secret/+"
	if r.provider, err = r.service.CreateProvider(t.Context(), r.admin, in); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) rule(group, role string, customers ...string) {
	r.t.Helper()
	if _, err := r.service.CreateRule(r.t.Context(), r.admin, NewRule{Provider: r.provider.ID, Group: group, Role: role, Customers: customers}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) person(id, email string, verified bool, groups ...string) {
	r.far.set(func() {
		r.far.users[id] = &person{User: storage.User{ID: id, Username: id, Password: "pw", Email: email, FirstName: "Ms " + id}, groups: groups, verified: verified}
	})
}

// browser is one browser.
type browser struct {
	r *rig
	*http.Client
}

func (r *rig) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{r, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) do(method, address string, form url.Values) (status int, body string, location string) {
	b.r.t.Helper()
	q, err := http.NewRequestWithContext(b.r.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.r.t.Fatal(err)
	}
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(q)
	if err != nil {
		b.r.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, html.UnescapeString(string(text)), res.Header.Get("Location")
}

var refresh = regexp.MustCompile(`content="0;url=([^"]+)"`)

// begin presses the button, and gives the address at the provider. more are further fields of the form.
func (b *browser) begin(path string, more ...string) string {
	b.r.t.Helper()
	form := url.Values{"next": {"/"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	status, body, _ := b.do(http.MethodPost, b.r.srv.URL+path, form)
	at := refresh.FindStringSubmatch(body)
	if status != http.StatusOK || at == nil {
		b.r.t.Fatalf("begin: %d %s", status, body)
	}
	return at[1]
}

// answer signs somebody in at the provider and gives the address by which it sends the browser back.
func (b *browser) answer(to, user string) string {
	b.r.t.Helper()
	_, body, login := b.do(http.MethodGet, to, nil)
	at, err := url.Parse(login)
	if err != nil || at.Query().Get("authRequestID") == "" {
		b.r.t.Fatalf("authorize: %q %s", login, body)
	}
	request := at.Query().Get("authRequestID")
	if err := b.r.far.CheckUsernamePassword(user, "pw", request); err != nil {
		b.r.t.Fatal(err)
	}
	status, body, back := b.do(http.MethodGet, b.r.far.srv.URL+"/authorize/callback?id="+request, nil)
	if !strings.HasPrefix(back, b.r.srv.URL+ReturnPath) {
		b.r.t.Fatalf("callback: %d %q %s", status, back, body)
	}
	return back
}

// signIn goes the whole way, and gives what Vigie answered.
func (b *browser) signIn(user string) (int, string) {
	b.r.t.Helper()
	status, body, _ := b.do(http.MethodGet, b.answer(b.begin(WithPath+"far"), user), nil)
	return status, body
}

// actor is whom Vigie takes the browser for, to call services as.
func (b *browser) actor() permission.Actor {
	b.r.t.Helper()
	at, _ := url.Parse(b.r.srv.URL)
	q := httptest.NewRequestWithContext(b.r.t.Context(), http.MethodGet, b.r.srv.URL, nil)
	for _, c := range b.Jar.Cookies(at) {
		q.AddCookie(c)
	}
	a, ok := b.r.identity.Visitor(q)
	if !ok {
		b.r.t.Fatal("nobody is signed in")
	}
	return a
}

// take uses up the proof that the browser's person has given; empty for none.
func (b *browser) take() (method string) {
	b.r.t.Helper()
	err := b.r.d.Across(b.r.t.Context(), "test", func(tx *db.Tx) (err error) {
		method, err = b.r.identity.TakeProof(b.r.t.Context(), tx, b.actor())
		return err
	})
	if err != nil && !fault.Is(err, fault.Forbidden) {
		b.r.t.Fatal(err)
	}
	return method
}

// who tells whom Vigie takes the browser for.
func (b *browser) who() string {
	_, body, _ := b.do(http.MethodGet, b.r.srv.URL+"/", nil)
	return strings.TrimSpace(body)
}

// reasons are the refusals in the trail, newest first.
func (r *rig) reason() string {
	r.t.Helper()
	var e audit.Entry
	err := r.d.View(r.t.Context(), db.GrantAll(), func(tx *db.Tx) error {
		return tx.Get(r.t.Context(), &e, `SELECT `+db.Columns[audit.Entry]("")+` FROM {audit_entry} WHERE action = 'sign_in_failed' ORDER BY id DESC LIMIT 1`)
	})
	if fault.Is(err, fault.NotFound) {
		return ""
	}
	if err != nil {
		r.t.Fatal(err)
	}
	m, _ := e.After.V.(map[string]any)
	out, _ := m["reason"].(string)
	if d, ok := m["detail"].(string); ok {
		out += ": " + d
	}
	return out
}
