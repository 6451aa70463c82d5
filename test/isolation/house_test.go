package isolation

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/internal/app"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/seal"
	"vigie/internal/platform/telemetry"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) {
	// An account that is checked is looked for where nobody listens, not at AWS.
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1", "AWS_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true"} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	pg.Main(m)
}

// house is one instance with two customers in it.
type house struct {
	app      *app.App
	visit    func(*testing.T, request) answer
	db       *db.DB
	address  string // of the database, as the owner of its tables
	clock    *clock.Manual
	acme     *firm
	bolt     *firm
	nobody   *firm // of whom no id and no name exists
	callers  []*caller
	requests int
	folder   string // for what is written
}

// caller is a person who signs in. Limited ones cover acme and nobody else.
type caller struct {
	name    string
	role    permission.Role
	limited bool
	session string
	token   string
	actor   permission.Actor
}

func (c *caller) may(a permission.Action) bool { return a == "" || permission.Allowed(c.role, a) }

const password = "Quiet lamp over 7 rivers"

func TestTwoCustomers(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		walk(t, "sqlite:"+filepath.Join(t.TempDir(), "vigie.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		walk(t, pg.Start(t))
	})
}

// walk runs the parts one after the other: they share the instance.
func walk(t *testing.T, address string) {
	h := build(t, address)
	// A planted fault (see bite) works from here on: the walk must find it, not a seed that cannot be made.
	check(t, os.Setenv("VIGIE_WALK", "begun"))
	t.Run("tables", h.tables)
	t.Run("catalog", h.catalog)
	t.Run("operations", h.operations)
	t.Run("pages", h.pages)
	t.Run("picks", h.picks)
	t.Run("fieldPick", h.fieldPick)
	t.Run("matrix", h.matrix)
	t.Run("services", h.services)
	t.Run("guests", h.guests)
	t.Run("directories", h.directories)
	t.Run("jobs", h.jobs)
	t.Run("sizes", h.sizes)
	t.Run("streams", h.streams) // last: it ends the streams of the instance for good
	t.Logf("%d requests were made", h.requests)
}

func build(t *testing.T, address string) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{folder: t.TempDir(), address: address, clock: clock.NewManual(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))}
	tel, err := telemetry.New(ctx, logOf(t), "text", "error")
	check(t, err)
	h.app, err = app.Open(ctx, app.Options{Database: address, DataDir: t.TempDir(), Clock: h.clock, Telemetry: tel, Version: "test",
		MasterKey: seal.Source{Text: seal.NewKey()}, OutboundAllow: []string{"127.0.0.1"}, Migrate: true})
	check(t, err)
	t.Cleanup(h.app.Close)
	h.db, err = db.Open(ctx, address, h.clock)
	check(t, err)
	t.Cleanup(h.db.Close)
	h.visit = visitor(h.app.Handler())
	h.acme, h.bolt, h.nobody = newFirm("acme", "acmeword"), newFirm("boltkanari", "kanari"), newFirm("nobodyslug", "nobodyword")
	h.nobody.invent()
	h.seed(t, h.acme)
	h.seed(t, h.bolt)
	_, err = h.app.Audit.Checkpoint(ctx)
	check(t, err)
	for _, r := range permission.Roles() {
		if !r.Customer() {
			h.callers = append(h.callers, h.signIn(t, r, false))
		}
	}
	for _, r := range []permission.Role{permission.Admin, permission.Engineer, permission.Auditor, permission.Approver, permission.Requester, permission.Viewer} {
		h.callers = append(h.callers, h.signIn(t, r, true))
	}
	return h
}

// signIn makes a person and gives them a session and a token.
func (h *house) signIn(t *testing.T, r permission.Role, limited bool) *caller {
	t.Helper()
	ctx := t.Context()
	c := &caller{name: string(r), role: r, limited: limited}
	in := identity.NewUser{Email: c.name + "@provider.example", Name: "Person " + c.name, Role: r, Password: password}
	if limited {
		c.name = "acme's " + c.name
		in.Email, in.Customers = string(r)+"@acme.example", []string{h.acme.Slug}
	}
	_, err := h.app.Identity.CreateUser(ctx, h.operator(), in)
	check(t, err)
	step, err := h.app.Identity.SignIn(ctx, in.Email, password, identity.Visit{Address: "192.0.2.1"})
	check(t, err)
	c.session = step.Secret
	c.actor, err = h.app.Identity.Authenticate(request{method: "GET", path: "/", as: c, page: true}.http(t))
	check(t, err)
	if c.actor.Scope().All() == limited {
		t.Fatalf("%s: limited is %v, but the scope covers all: %v", c.name, limited, c.actor.Scope().All())
	}
	_, c.token, err = h.app.Identity.CreateToken(ctx, c.actor, identity.NewToken{Name: "walk"})
	check(t, err)
	return c
}

func (h *house) operator() permission.Actor { return h.app.Operator("test") }

// as gives the caller of a role.
func (h *house) as(r permission.Role, limited bool) *caller {
	for _, c := range h.callers {
		if c.role == r && c.limited == limited {
			return c
		}
	}
	panic("nobody is " + r)
}

// across reads or writes over all customers, as only a test may.
func (h *house) across(t *testing.T, f func(context.Context, *db.Tx) error) {
	t.Helper()
	check(t, h.db.Across(t.Context(), "the test compares customers", func(tx *db.Tx) error { return f(t.Context(), tx) }))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logOf shows what the instance logs, up to the end of the test.
func logOf(t *testing.T) io.Writer { return logWriter{t} }

type logWriter struct{ t *testing.T }

func (w logWriter) Write(b []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}
