package pg

import (
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { Main(m) }

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func TestEachCallGivesADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	one, two := Start(t), Start(t)
	if one == two {
		t.Fatalf("same address twice: %s", one)
	}
	a, b := connect(t, one), connect(t, two)
	if _, err := a.Exec(t.Context(), "CREATE TABLE x (id int)"); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := b.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("a fresh database has %d tables", tables)
	}
}

func TestTheDatabaseIsDroppedAfterTheTest(t *testing.T) {
	t.Parallel()
	admin, err := server()
	if err != nil {
		t.Fatal(err)
	}
	var name string
	t.Run("inner", func(t *testing.T) {
		// Left open on purpose: a test that leaks its pool must not fail the drop.
		conn, err := pgx.Connect(t.Context(), Start(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var left int
	if err := connect(t, admin).QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("database %s is still there", name)
	}
}

func TestRoleIsHeldByRowLevelSecurity(t *testing.T) {
	t.Parallel()
	dsn := Start(t)
	owner := connect(t, dsn)
	group := "g_" + strings.TrimPrefix(dsn[strings.LastIndex(dsn, "/t_")+3:], "t_")
	group, _, _ = strings.Cut(group, "?")
	for _, sql := range []string{
		"CREATE ROLE " + group + " NOLOGIN",
		"CREATE TABLE note (customer int, text text)",
		"INSERT INTO note VALUES (1, 'ours'), (2, 'theirs')",
		"ALTER TABLE note ENABLE ROW LEVEL SECURITY",
		"ALTER TABLE note FORCE ROW LEVEL SECURITY",
		"CREATE POLICY own ON note USING (customer = 1)",
		"GRANT SELECT ON note TO " + group,
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	t.Cleanup(func() { execute(t, dsn, "DROP OWNED BY "+group, "DROP ROLE "+group) })

	conn := connect(t, Role(t, dsn, group))
	var seen int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM note").Scan(&seen); err != nil {
		t.Fatal(err)
	}
	if seen != 1 {
		t.Errorf("the role sees %d rows, want 1", seen)
	}
	var super, bypass bool
	if err := conn.QueryRow(t.Context(), "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&super, &bypass); err != nil {
		t.Fatal(err)
	}
	if super || bypass {
		t.Errorf("superuser %v, bypasses row-level security %v; want neither", super, bypass)
	}

	stranger := connect(t, Role(t, dsn))
	if err := stranger.QueryRow(t.Context(), "SELECT count(*) FROM note").Scan(&seen); err == nil {
		t.Error("a role without grants could read the table")
	}
}

func TestTheServerIsPrivate(t *testing.T) {
	t.Parallel()
	conn := connect(t, Start(t))
	want := map[string]string{"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "server_encoding": "UTF8"}
	if os.Getenv(Env) != "" {
		want = map[string]string{"server_encoding": "UTF8"} // somebody else's server
	}
	for setting, value := range want {
		var got string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != value {
			t.Errorf("%s = %q, want %q", setting, got, value)
		}
	}
	var version int
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if version < oldest*10000 {
		t.Errorf("server version %d is older than %d", version, oldest)
	}
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	dsn := Role(t, Start(t))
	at := strings.Index(dsn, "@")
	if err := ping(t.Context(), dsn[:at]+"x"+dsn[at:]); err == nil {
		t.Error("connected with a wrong password")
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 17.2\n":                           17,
		"postgres (PostgreSQL) 18beta1\n":                        18,
		"postgres (PostgreSQL) devel\n":                          0,
		"bash: not found\n":                                      0,
	} {
		got, err := parseVersion(line)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("parseVersion(%q) = %d, %v; want %d", line, got, err, want)
		}
	}
}
