package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"vigie/internal/platform/clock"
)

// Engine is the database that runs underneath.
type Engine uint8

// The engines.
const (
	SQLite Engine = iota + 1
	Postgres
)

func (e Engine) String() string {
	if e == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// AppRole is the PostgreSQL role that serves requests: it owns nothing and bypasses nothing.
const AppRole = "vigie_app"

// DB opens transactions; it has no query methods of its own.
type DB struct {
	engine Engine
	write  *sql.DB
	read   *sql.DB
	pool   *pgxpool.Pool // PostgreSQL only
	url    string
	clock  clock.Clock
	news   *news
}

// Open connects to "sqlite:PATH" or "postgres://...". The schema must have been migrated; see Migrate.
func Open(ctx context.Context, address string, c clock.Clock) (*DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return openSQLite(ctx, path, c)
	}
	if isPostgres(address) {
		return openPostgres(ctx, address, c)
	}
	return nil, unknownAddress(address)
}

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

func unknownAddress(address string) error {
	return fmt.Errorf("database %q: want sqlite:PATH or postgres://", redact(address))
}

func openSQLite(ctx context.Context, path string, c clock.Clock) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// Made by us first, so that nobody else of the machine may read it, wherever it is copied.
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
		f.Close()
	}
	// Caches and maps count once a connection: one large one for the writer, small ones for the readers.
	pragma := "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" +
		"&_pragma=temp_store(MEMORY)&_pragma=mmap_size(33554432)"
	// Rarer checkpoints (64 MB of log) make bulk intake up to twice as fast.
	write, err := pool("file:" + path + "?_txlock=immediate&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(16000)&" + pragma)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	read, err := pool("file:" + path + "?" + pragma + "&_pragma=cache_size(-6144)&_pragma=query_only(ON)")
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	d := &DB{engine: SQLite, write: write, read: read, url: "sqlite:" + path, clock: c, news: newNews()}
	if err := write.PingContext(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	return d, nil
}

// pool holds connections to a file, each of which keeps its statements.
func pool(address string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(address)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keeping{c}), nil
}

func openPostgres(ctx context.Context, address string, c clock.Clock) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	cfg.ConnConfig.RuntimeParams["role"] = AppRole
	cfg.ConnConfig.RuntimeParams["application_name"] = "vigie"
	// A plan made once for all values takes a rare owner for the common one, and reads a million rows to find two hundred.
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	if cfg.MaxConns < 16 {
		cfg.MaxConns = 16
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	sdb := stdlib.OpenDBFromPool(pool)
	sdb.SetMaxIdleConns(0)
	sdb.SetConnMaxLifetime(time.Hour)
	return &DB{engine: Postgres, write: sdb, read: sdb, pool: pool, url: address, clock: c, news: newNews()}, nil
}

// Engine tells which database runs.
func (d *DB) Engine() Engine { return d.engine }

// Handle gives the connection under River: the SQLite writer, or the PostgreSQL pool. Only platform/jobs may call it.
func (d *DB) Handle() (*sql.DB, *pgxpool.Pool) { return d.write, d.pool }

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// Close ends all connections.
func (d *DB) Close() {
	d.lastNews()
	d.read.Close()
	if d.write != d.read {
		d.write.Close()
	}
	if d.pool != nil {
		d.pool.Close()
	}
}

// redact hides the password of a database address.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable)"
	}
	return u.Redacted()
}
