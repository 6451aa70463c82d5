package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"vigie/internal/platform/fault"
)

// ErrNoScope is returned for the zero Scope.
var ErrNoScope = errors.New("no scope: the zero Scope sees nothing")

// View reads within the scope.
func (d *DB) View(ctx context.Context, s Scope, f func(*Tx) error) error {
	if !s.granted {
		return ErrNoScope
	}
	return d.run(ctx, s, false, false, f)
}

// InScope reads and writes within the scope, all or nothing. Writes to customers' tables need a scope of one customer.
func (d *DB) InScope(ctx context.Context, s Scope, f func(*Tx) error) error {
	if !s.granted {
		return ErrNoScope
	}
	return d.run(ctx, s, false, true, f)
}

// Across reads and writes without a customer predicate: sign-in, sweepers, the outbox. The reason is for the reader of the
// code; a test holds the list of callers.
func (d *DB) Across(ctx context.Context, reason string, f func(*Tx) error) error {
	if reason == "" {
		return errors.New("across customers without a reason")
	}
	return d.run(ctx, Scope{granted: true, all: true}, true, true, f)
}

func (d *DB) run(ctx context.Context, s Scope, across, writable bool, f func(*Tx) error) (err error) {
	pool := d.write
	if !writable {
		pool = d.read
	}
	stx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: !writable && d.engine == Postgres})
	if err != nil {
		return translate(err, "BEGIN")
	}
	t := &Tx{engine: d.engine, scope: s, across: across, writable: writable, now: At(d.clock.Now()), tx: stx}
	defer func() {
		if p := recover(); p != nil {
			_ = stx.Rollback()
			panic(p)
		}
	}()
	if d.engine == Postgres {
		if _, err := stx.ExecContext(ctx, "SELECT set_config('vigie.scope', $1, true)", setting(s)); err != nil {
			_ = stx.Rollback()
			return translate(err, "set_config")
		}
	}
	if err := f(t); err != nil {
		_ = stx.Rollback()
		return err
	}
	if err := stx.Commit(); err != nil {
		return translate(err, "COMMIT")
	}
	for _, after := range t.after {
		after()
	}
	d.news.say(t.told, d.engine == Postgres)
	return nil
}

// setting is the scope as row-level security reads it: "*" or ids with commas.
func setting(s Scope) string {
	if s.all {
		return "*"
	}
	return strings.Join(s.customers, ",")
}

// translate gives the faults that callers decide on; everything else keeps its cause.
func translate(err error, text string) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "23505":
			return fault.New(fault.Conflict, "fault.duplicate").Because(err)
		case "23503":
			return fault.New(fault.Conflict, "fault.reference").Because(err)
		case "40001", "40P01":
			return fault.New(fault.Unavailable, "fault.busy").Because(err)
		}
	}
	msg := err.Error()
	switch {
	case strings.Contains(msg, "UNIQUE constraint failed"):
		return fault.New(fault.Conflict, "fault.duplicate").Because(err)
	case strings.Contains(msg, "FOREIGN KEY constraint failed"):
		return fault.New(fault.Conflict, "fault.reference").Because(err)
	case strings.Contains(msg, "SQLITE_BUSY"), strings.Contains(msg, "database is locked"):
		return fault.New(fault.Unavailable, "fault.busy").Because(err)
	}
	if len(text) > 300 {
		text = text[:300]
	}
	return fmt.Errorf("%w (in %s)", err, text)
}
