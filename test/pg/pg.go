package pg

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Env names the variable with a superuser's address of a server that all test
// binaries of one run share. `go run ./test/pg/run COMMAND` sets it.
const Env = "VIGIE_TEST_POSTGRES"

var shared struct {
	once   sync.Once
	dsn    string
	server *Server
	err    error
}

// server returns the superuser's address of this binary's server and starts
// the server when it is asked for the first time.
func server() (string, error) {
	shared.once.Do(func() {
		if shared.dsn = os.Getenv(Env); shared.dsn != "" {
			return
		}
		// Not the test's context: the server outlives the test that came first.
		if shared.server, shared.err = Launch(context.Background()); shared.err == nil {
			shared.dsn = shared.server.DSN
		}
	})
	return shared.dsn, shared.err
}

// Main runs the tests and stops the server in an orderly way. Packages without
// it are cleaned up after by the watchdog of package daemon, a moment after
// their binary has ended.
//
//	func TestMain(m *testing.M) { pg.Main(m) }
func Main(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Start returns the address of a fresh, empty database, as its owner, who is
// also the cluster's superuser. The database is dropped when the test ends;
// whoever is still connected then is thrown out.
func Start(tb testing.TB) string {
	tb.Helper()
	admin, err := server()
	if err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
	}
	return startFrom(tb, admin, "template0")
}

// startFrom copies a database that nobody is connected to, so that parallel tests can copy it at once.
func startFrom(tb testing.TB, admin, source string) string {
	tb.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	execute(tb, admin, "CREATE DATABASE "+name+" TEMPLATE "+source)
	tb.Cleanup(func() { execute(tb, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	return with(tb, admin, func(u *url.URL) { u.Path = "/" + name })
}

// Role makes a login role that owns nothing and is no superuser, may not bypass
// row-level security nor create roles or databases, makes it a member of the
// given roles (which must exist), and returns its address of the database that
// dsn names. It is what a server should connect as; on its own it may only
// connect. The role is dropped when the test ends, and what it owns with it.
func Role(tb testing.TB, dsn string, memberOf ...string) string {
	tb.Helper()
	name, password := "u_"+strings.ToLower(rand.Text()), rand.Text()
	execute(tb, dsn, "CREATE ROLE "+name+" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD '"+password+"'")
	tb.Cleanup(func() { execute(tb, dsn, "DROP OWNED BY "+name+" CASCADE", "DROP ROLE "+name) })
	for _, role := range memberOf {
		execute(tb, dsn, "GRANT "+pgx.Identifier{role}.Sanitize()+" TO "+name)
	}
	return with(tb, dsn, func(u *url.URL) { u.User = url.UserPassword(name, password) })
}

// execute runs each statement in a connection of its own making: this is set-up,
// and a connection left open would be one that tests stumble over.
func execute(tb testing.TB, dsn string, statements ...string) {
	tb.Helper()
	// Not tb.Context: cleanups run when that one is over.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		tb.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			tb.Fatalf("%s: %v", strings.SplitN(sql, " PASSWORD ", 2)[0], err)
		}
	}
}

func with(tb testing.TB, dsn string, change func(*url.URL)) string {
	tb.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		tb.Fatalf("%s must be an address of the form postgres://…: %v", Env, err)
	}
	change(u)
	return u.String()
}
