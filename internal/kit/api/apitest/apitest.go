// Package apitest lets a room test its operations over HTTP, as any actor. It is for tests only.
package apitest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"vigie/internal/kit/api"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

// Room is what registers operations.
type Room interface{ Register(*api.API) }

// Server serves the operations of some rooms.
type Server struct {
	URL string
	Log *strings.Builder
	API *api.API
	// Admit stands before all operations, if it is set before the first request.
	Admit func(http.ResponseWriter, *http.Request) (func(), error)

	mu     sync.Mutex
	actors map[string]permission.Actor
}

// New starts a server that ends with the test. customer finds a customer by slug (customer.Resolve).
func New(t testing.TB, d *db.DB, c clock.Clock, customer func(context.Context, *db.Tx, string) (string, error), rooms ...Room) *Server {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{actors: map[string]permission.Actor{}, Log: &strings.Builder{}}
	s.API = api.New(api.Config{DB: d, Bundle: bundle, Clock: c, Log: slog.New(slog.NewTextHandler(s.Log, nil)), Version: "test",
		Authenticate: s.authenticate, Customer: customer, Admit: s.admit})
	for _, r := range rooms {
		r.Register(s.API)
	}
	srv := httptest.NewServer(s.API.Handler())
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

func (s *Server) admit(w http.ResponseWriter, r *http.Request) (func(), error) {
	if s.Admit == nil {
		return func() {}, nil
	}
	return s.Admit(w, r)
}

func (s *Server) authenticate(r *http.Request) (context.Context, api.Caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.actors[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		return nil, api.Caller{}, fault.New(fault.Unauthorized, "fault.unauthorized")
	}
	return permission.With(r.Context(), a), api.Caller{ID: a.ID, Scope: a.Scope(), Language: a.Language}, nil
}

// As gives a client for an actor of the role and scope. The name tells actors apart.
func (s *Server) As(name string, role permission.Role, scope db.Scope) *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.actors[name] = permission.Grant(permission.Actor{ID: name, Name: name, Kind: permission.Token, Via: "test"}, role, scope)
	return &Client{s, name}
}

// Client sends requests as one actor; the zero name is nobody.
type Client struct {
	server *Server
	name   string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request to a path below /api/v1; header holds pairs of name and value.
func (c *Client) Do(t testing.TB, method, path, body string, header ...string) Answer {
	t.Helper()
	if !strings.HasPrefix(path, "/api/") {
		path = api.Base + path
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.name != "" {
		r.Header.Set("Authorization", "Bearer "+c.name)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{res.StatusCode, res.Header, string(b)}
}

// JSON reads the body into a value.
func (a Answer) JSON(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("%v in %d %s", err, a.Status, a.Body)
	}
}

// Problem reads the body as a problem.
func (a Answer) Problem(t testing.TB) api.Problem {
	t.Helper()
	var p api.Problem
	if ct := a.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Fatalf("no problem but %s: %d %s", ct, a.Status, a.Body)
	}
	a.JSON(t, &p)
	return p
}

// Want fails the test unless the status is the one expected.
func (a Answer) Want(t testing.TB, status int) Answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Nobody gives a client without a token.
func (s *Server) Nobody() *Client { return &Client{server: s} }
