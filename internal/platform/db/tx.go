package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/georgysavva/scany/v2/sqlscan"

	"vigie/internal/platform/fault"
)

// Tx is a transaction of one scope. It is not safe for concurrent use and must not outlive the function it was given to.
type Tx struct {
	engine   Engine
	scope    Scope
	across   bool
	writable bool
	now      Time
	tx       *sql.Tx
	after    []func()
	told     []string
}

// Now is the instant at which the transaction began; it does not move while it runs.
func (t *Tx) Now() Time { return t.now }

// Scope is whose data the transaction may touch.
func (t *Tx) Scope() Scope { return t.scope }

// Customer is the one customer that a write goes to.
func (t *Tx) Customer() (string, error) {
	one, ok := t.scope.One()
	if !ok {
		return "", fmt.Errorf("the scope names no single customer")
	}
	return one, nil
}

// AfterCommit runs f once the transaction is durable; not at all if it is rolled back.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// Engine tells which database runs, for the rare statement that has no common form.
func (t *Tx) Engine() Engine { return t.engine }

// ForUpdate ends a SELECT whose rows nobody else may change until the transaction ends. SQLite has one writer, and needs no word for it.
func (t *Tx) ForUpdate() string {
	if t.engine == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// Select reads all rows into dest, a pointer to a slice of structs with db tags (or of single values).
func (t *Tx) Select(ctx context.Context, dest any, query string, params ...any) error {
	rows, err := t.Rows(ctx, query, params...)
	if err != nil {
		return err
	}
	return sqlscan.ScanAll(dest, rows)
}

// Get reads one row into dest; a missing row is a fault of code not_found.
func (t *Tx) Get(ctx context.Context, dest any, query string, params ...any) error {
	rows, err := t.Rows(ctx, query, params...)
	if err != nil {
		return err
	}
	err = sqlscan.ScanOne(dest, rows)
	if sqlscan.NotFound(err) || errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return err
}

// Rows streams a result; the caller closes it. For exports and other results that must not be held in memory.
func (t *Tx) Rows(ctx context.Context, query string, params ...any) (*sql.Rows, error) {
	text, args, err := expand(t.engine, t.scope, t.across, query, params)
	if err != nil {
		return nil, fmt.Errorf("%w in: %s", err, query)
	}
	rows, err := t.tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, translate(err, text)
	}
	return rows, nil
}

// Exec changes rows and tells how many.
func (t *Tx) Exec(ctx context.Context, query string, params ...any) (int64, error) {
	if !t.writable {
		return 0, errors.New("exec: the transaction only reads")
	}
	text, args, err := expand(t.engine, t.scope, t.across, query, params)
	if err != nil {
		return 0, fmt.Errorf("%w in: %s", err, query)
	}
	res, err := t.tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, translate(err, text)
	}
	return res.RowsAffected()
}
