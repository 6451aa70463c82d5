package pg

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Copy is Start with a copy of what fill makes. The first who asks for a key on a server has it filled, also if several test
// binaries ask at once; the others take copies, which is much quicker. So a key must change with what fill does. The filled
// database stays for as long as the server does.
func Copy(tb testing.TB, key string, fill func(dsn string) error) string {
	tb.Helper()
	admin, err := server()
	if err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
	}
	source := "filled_" + key
	if err := fillOnce(admin, source, fill); err != nil {
		tb.Fatalf("fill %s: %v", source, err)
	}
	return startFrom(tb, admin, source)
}

func fillOnce(admin, name string, fill func(dsn string) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	ready := func() (there bool, err error) {
		err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
		return there, err
	}
	if there, err := ready(); there || err != nil {
		return err
	}
	// Ends with the connection. Who waited finds it done.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return err
	}
	if there, err := ready(); there || err != nil {
		return err
	}
	// Under another name until it is whole: one that was left half done must not be copied.
	half := "half_" + strings.TrimPrefix(name, "filled_")
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", "CREATE DATABASE " + half + " TEMPLATE template0"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	u, err := url.Parse(admin)
	if err != nil {
		return err
	}
	u.Path = "/" + half
	if err := fill(u.String()); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", half, name)); err != nil {
		return err
	}
	return nil
}
