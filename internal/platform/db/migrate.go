package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migration/*.sql
var migrations embed.FS

// Migrate brings the schema to the newest version, in one text for both engines, and on PostgreSQL renews the role and
// policies of row-level security. It connects by itself as the role of the address, which must own the schema there, unless
// there is nothing to do.
// extra runs on the same connection behind our own migrations (River's tables).
func Migrate(ctx context.Context, address string, extra func(context.Context, Engine, *sql.DB, *pgxpool.Pool) error) error {
	return MigrateTo(ctx, address, newest, extra)
}

// newest stands for every migration there is.
const newest = 0

// MigrateTo is Migrate up to one version and no further, as a backup of then needs it.
func MigrateTo(ctx context.Context, address string, version int64, extra func(context.Context, Engine, *sql.DB, *pgxpool.Pool) error) error {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		d, err := openSQLite(ctx, path, nil)
		if err != nil {
			return err
		}
		defer d.Close()
		if err := migrate(ctx, SQLite, d.write, version); err != nil {
			return err
		}
		if err := describe(ctx, d.write); err != nil {
			return err
		}
		return extra(ctx, SQLite, d.write, nil)
	}
	if !isPostgres(address) {
		return unknownAddress(address)
	}
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return fmt.Errorf("database address: %w", err)
	}
	defer pool.Close()
	owner := stdlib.OpenDBFromPool(pool)
	defer owner.Close()
	if err := migrate(ctx, Postgres, owner, version); err != nil {
		return err
	}
	if err := extra(ctx, Postgres, owner, pool); err != nil {
		return err
	}
	return secure(ctx, owner)
}

func migrate(ctx context.Context, e Engine, d *sql.DB, version int64) error {
	files, err := rendered(e)
	if err != nil {
		return err
	}
	dialect, opts := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if e == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d, files, opts...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if version != newest {
		_, err = p.UpTo(ctx, version)
	} else {
		_, err = p.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// postgresOnly is a line that SQLite does without, such as an index that only the other planner needs.
var postgresOnly = regexp.MustCompile(`(?m)^.*-- PostgreSQL only$`)

// ofOther are the parts of a migration that only the other engine is to read: triggers, which each has in words of its own.
var ofOther = map[Engine]*regexp.Regexp{
	SQLite:   regexp.MustCompile(`(?ms)^-- begin PostgreSQL$.*?^-- end PostgreSQL$`),
	Postgres: regexp.MustCompile(`(?ms)^-- begin SQLite$.*?^-- end SQLite$`),
}

// SQLite takes any name for a type, and gives the affinity of text to those with TEXT in them: the catalog goes on telling what a
// column holds.
const (
	uuidOnSQLite = "TEXT_UUID"
	jsonOnSQLite = "TEXT_JSON"
)

// rendered gives the migrations in the words of the engine: the few that PostgreSQL lacks are taken out, and SQLite's
// columns get types of the right affinity (UUID and JSONB would be NUMERIC there) and its own order of bytes, which is "C".
func rendered(e Engine) (fs.FS, error) {
	out := fstest.MapFS{}
	entries, err := migrations.ReadDir("migration")
	if err != nil {
		return nil, err
	}
	r := strings.NewReplacer(" WITHOUT ROWID", "")
	if e == SQLite {
		r = strings.NewReplacer(" UUID", " "+uuidOnSQLite, " JSONB", " "+jsonOnSQLite, " BYTEA", " BLOB", ` COLLATE "C"`, "")
	}
	for _, entry := range entries {
		b, err := migrations.ReadFile("migration/" + entry.Name())
		if err != nil {
			return nil, err
		}
		text := ofOther[e].ReplaceAllString(r.Replace(string(b)), "")
		if e == SQLite {
			text = postgresOnly.ReplaceAllString(text, "")
		}
		out[entry.Name()] = &fstest.MapFile{Data: []byte(text)}
	}
	return out, nil
}

// secure makes the application role and the second wall: row-level security that even the owner cannot step over. It is
// driven by Tables, so that a table of customers without a policy cannot exist.
func secure(ctx context.Context, d *sql.DB) error {
	// A role that only serves has nothing to renew here; whether the wall stands, CheckWall sees.
	var owner bool
	if err := d.QueryRowContext(ctx, `SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('customer')`).Scan(&owner); err != nil {
		return fmt.Errorf("row-level security: %w", err)
	}
	if !owner {
		return nil
	}
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("row-level security: %w", err)
	}
	defer tx.Rollback()
	run := func(text string) {
		if err == nil {
			if _, e := tx.ExecContext(ctx, text); e != nil {
				err = fmt.Errorf("row-level security: %w (in %s)", e, text)
			}
		}
	}
	for _, text := range roleStatements() {
		run(text)
	}
	for _, t := range Tables() {
		if t.Key == "" {
			continue
		}
		// A schema of the past, as a restore begins with, does not have them all. One that is as it should be is left alone: to change
		// it takes the table from whoever is at work.
		var there, stands bool
		if err == nil {
			err = tx.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL, COALESCE((SELECT c.relrowsecurity AND c.relforcerowsecurity
				AND obj_description(p.oid, 'pg_policy') = $2 || `+policyPrint+` FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'of_customer'
				WHERE c.oid = to_regclass($1)), FALSE)`, t.Name, policyMark(t)).Scan(&there, &stands)
		}
		if !there || stands {
			continue
		}
		for _, text := range policyStatements(t) {
			run(text)
		}
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

// roleStatements make the application role and what it may do.
func roleStatements() []string {
	return []string{
		`SELECT pg_advisory_xact_lock(7166210)`,
		`DO $$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '` + AppRole + `') THEN
			CREATE ROLE ` + AppRole + ` NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
		END IF;
		IF NOT pg_has_role(current_user, '` + AppRole + `', 'MEMBER') THEN
			EXECUTE format('GRANT ` + AppRole + ` TO %I', current_user);
		END IF;
	EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
		`GRANT USAGE ON SCHEMA public TO ` + AppRole,
		`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ` + AppRole,
		`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ` + AppRole,
	}
}

// policyStatements hold a table of customers to the scope of the transaction.
func policyStatements(t Table) []string {
	of := predicate(t)
	return []string{
		`ALTER TABLE ` + t.Name + ` ENABLE ROW LEVEL SECURITY`,
		`ALTER TABLE ` + t.Name + ` FORCE ROW LEVEL SECURITY`,
		`DROP POLICY IF EXISTS of_customer ON ` + t.Name,
		`CREATE POLICY of_customer ON ` + t.Name + ` USING (` + of + `) WITH CHECK (` + of + `)`,
		`DO $$ BEGIN EXECUTE (SELECT format('COMMENT ON POLICY of_customer ON ` + t.Name + ` IS %L', '` + policyMark(t) + `' || ` + policyPrint + `)
			FROM pg_policy p WHERE p.polrelid = '` + t.Name + `'::regclass AND p.polname = 'of_customer'); END $$`,
	}
}

// predicate is the condition of the policy.
func predicate(t Table) string {
	// CASE, so that "*" is never cast; an unset setting is NULL and lets no row through.
	return fmt.Sprintf(`CASE current_setting('vigie.scope', true) WHEN '*' THEN true
			ELSE %s = ANY (string_to_array(current_setting('vigie.scope', true), ',')::uuid[]) END`, t.Key)
}

// policyMark stands in the comment of a policy that was made of this predicate; policyPrint follows it.
func policyMark(t Table) string {
	sum := sha256.Sum256([]byte(predicate(t)))
	return hex.EncodeToString(sum[:8]) + " "
}

// policyPrint tells in SQL whether anybody has changed a policy since it was made.
const policyPrint = `md5(pg_get_expr(p.polqual, p.polrelid) || pg_get_expr(p.polwithcheck, p.polrelid) || p.polcmd::text || p.polpermissive::text || p.polroles::text)`

// Fingerprint tells one schema of PostgreSQL from another: it changes with every word that Migrate would run there. Tests copy a
// database that was migrated before instead of migrating theirs, and know by it which.
func Fingerprint() (string, error) {
	files, err := rendered(Postgres)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s\n%s\n", path, text)
		return err
	})
	if err != nil {
		return "", err
	}
	texts := roleStatements()
	for _, t := range Tables() {
		if t.Key != "" {
			texts = append(texts, policyStatements(t)...)
		}
	}
	fmt.Fprintln(sum, strings.Join(texts, "\n"))
	return hex.EncodeToString(sum.Sum(nil)[:12]), nil
}
