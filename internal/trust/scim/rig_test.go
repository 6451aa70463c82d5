package scim

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/sso"
	"vigie/locales"
)

// rig is Vigie with provisioning, and three directories: that of the staff, and those of two customers.
type rig struct {
	t        testing.TB
	d        *db.DB
	c        *clock.Manual
	identity *identity.Service
	signOn   *sso.Service
	service  *Service
	handler  http.Handler
	admit    Admit
	admin    permission.Actor
}

func newRig(t testing.TB, d *db.DB, c *clock.Manual) *rig {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	r := &rig{t: t, d: d, c: c, identity: identity.NewService(d, c)}
	r.identity.Secrets = sealtest.New(t)
	r.signOn = sso.New(sso.Parts{DB: d, Clock: c, Log: log, Box: r.identity.Secrets, Identity: r.identity, HTTP: &http.Client{}})
	r.service = New(Parts{DB: d, Clock: c, Log: log, Bundle: bundle, SignOn: r.signOn})
	r.signOn.Join(r.service)
	r.handler = r.service.Handler(func(q *http.Request, token, customer string) (func(), error) { return r.admit(q, token, customer) })
	r.admit = func(*http.Request, string, string) (func(), error) { return func() {}, nil }
	r.admin = permission.Grant(permission.Actor{ID: "admin", Name: "Admin", Kind: permission.Person}, permission.Admin, db.GrantAll())
	for _, slug := range []string{"acme", "bolt"} {
		if _, err := customer.NewService(d).CreateCustomer(t.Context(), r.admin, customer.NewCustomer{Slug: slug, Name: strings.ToUpper(slug)}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// client is a directory that speaks to us.
type client struct {
	*rig
	token    string
	provider sso.Provider
}

// directory makes a provider with a token. rules are group, role, group, role.
func (r *rig) directory(slug, customer, role string, rules ...string) *client {
	r.t.Helper()
	ctx := r.t.Context()
	p, err := r.signOn.CreateProvider(ctx, r.admin, sso.NewProvider{Slug: slug, Name: slug, Issuer: "https://login." + slug + ".example", ClientID: "vigie", Customer: customer,
		Domains: []string{slug + ".example"}, DefaultRole: role})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(rules); i += 2 {
		if _, err := r.signOn.CreateRule(ctx, r.admin, sso.NewRule{Provider: p.ID, Group: rules[i], Role: rules[i+1]}); err != nil {
			r.t.Fatal(err)
		}
	}
	_, secret, err := r.service.CreateToken(ctx, r.admin, NewToken{Provider: p.ID, Name: "directory"})
	if err != nil {
		r.t.Fatal(err)
	}
	return &client{r, secret, p}
}

// reply is what a directory gets.
type reply struct {
	*httptest.ResponseRecorder
	doc map[string]any
}

// do sends a request; headers are name, value.
func (c *client) do(method, path string, body any, headers ...string) reply {
	c.t.Helper()
	var b []byte
	switch v := body.(type) {
	case nil:
	case string:
		b = []byte(v)
	default:
		b, _ = json.Marshal(v)
	}
	q := httptest.NewRequestWithContext(c.t.Context(), method, "/scim/v2"+path, bytes.NewReader(b))
	q.RemoteAddr = "192.0.2.7:999"
	if b != nil {
		q.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	q.Header.Set("Authorization", "Bearer "+c.token)
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, q)
	out := reply{ResponseRecorder: w}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out.doc); err != nil || w.Header().Get("Content-Type") != "application/scim+json" {
			c.t.Fatalf("%s %s: %d %q: %s", method, path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	return out
}

// want fails unless the status and, by path, values of the answer are these.
func (r reply) want(t testing.TB, status int, pairs ...any) reply {
	t.Helper()
	if r.Code != status {
		t.Fatalf("%d, want %d: %s", r.Code, status, r.Body)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := at(r.doc, pairs[i].(string)); got != pairs[i+1] {
			t.Errorf("%s is %v, want %v: %s", pairs[i], got, pairs[i+1], r.Body)
		}
	}
	return r
}

func (r reply) id() string { return at(r.doc, "id").(string) }

// person is a user as a directory sends it.
func person(name string, more map[string]any) map[string]any {
	out := map[string]any{"schemas": []string{coreUser}, "userName": name, "active": true}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func team(name string, members ...string) map[string]any {
	list := []any{}
	for _, m := range members {
		list = append(list, map[string]any{"value": m})
	}
	return map[string]any{"schemas": []string{coreGroup}, "displayName": name, "members": list}
}

func ops(operations ...map[string]any) map[string]any {
	return map[string]any{"schemas": []string{message + "PatchOp"}, "Operations": operations}
}

func op(op, path string, value any) map[string]any {
	out := map[string]any{"op": op, "value": value}
	if path != "" {
		out["path"] = path
	}
	return out
}

// account is what stands behind an address; empty for none: "engineer", "viewer acme", "off agent".
func (r *rig) account(email string) string {
	r.t.Helper()
	all, err := r.identity.AllUsers(r.t.Context(), r.admin)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, u := range all {
		if u.Email == email {
			out := strings.TrimSpace(string(u.Role) + " " + strings.Join(u.Customers, " "))
			if u.Disabled {
				out = "off " + out
			}
			return out
		}
	}
	return ""
}

func (r *rig) userID(email string) string {
	r.t.Helper()
	all, err := r.identity.AllUsers(r.t.Context(), r.admin)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, u := range all {
		if u.Email == email {
			return u.ID
		}
	}
	r.t.Fatalf("nobody is %s", email)
	return ""
}
