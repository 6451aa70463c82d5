package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// ColumnKind is what a column holds, alike on both engines.
type ColumnKind string

// The kinds.
const (
	KindText    ColumnKind = "text"
	KindUUID    ColumnKind = "uuid"
	KindJSON    ColumnKind = "json"
	KindInteger ColumnKind = "integer"
	KindBoolean ColumnKind = "boolean"
	KindReal    ColumnKind = "real"
	KindBytes   ColumnKind = "bytes"
)

// Column is one column of a table as the schema has it.
type Column struct {
	Name string     `json:"name"`
	Kind ColumnKind `json:"kind"`
	Null bool       `json:"null,omitempty"`
}

// Catalog lists the columns of a registered table in their order.
func (t *Tx) Catalog(ctx context.Context, table string) ([]Column, error) {
	if _, ok := tableNamed(table); !ok {
		return nil, fmt.Errorf("table %s is not registered", table)
	}
	query := `SELECT name, type, "notnull" = 0 AND pk = 0 FROM pragma_table_info(?)`
	if t.engine == Postgres {
		query = `SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`
	}
	rows, err := t.tx.QueryContext(ctx, query, table)
	if err != nil {
		return nil, fmt.Errorf("columns of %s: %w", table, err)
	}
	defer rows.Close()
	var out []Column
	for rows.Next() {
		var c Column
		var typ string
		if err := rows.Scan(&c.Name, &typ, &c.Null); err != nil {
			return nil, fmt.Errorf("columns of %s: %w", table, err)
		}
		if c.Kind, err = columnKind(typ); err != nil {
			return nil, fmt.Errorf("column %s.%s: %w", table, c.Name, err)
		}
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("table %s does not exist", table)
	}
	return out, nil
}

func columnKind(typ string) (ColumnKind, error) {
	switch strings.ToUpper(typ) {
	case "TEXT", "CHARACTER VARYING":
		return KindText, nil
	case "UUID", uuidOnSQLite:
		return KindUUID, nil
	case "JSONB", "JSON", jsonOnSQLite:
		return KindJSON, nil
	case "BIGINT", "INTEGER", "SMALLINT":
		return KindInteger, nil
	case "BOOLEAN":
		return KindBoolean, nil
	case "DOUBLE PRECISION", "REAL":
		return KindReal, nil
	case "BYTEA", "BLOB":
		return KindBytes, nil
	}
	return "", fmt.Errorf("the type %s is none of those that both engines have", typ)
}

// Link is a foreign key from one column of a customer's table to a table of the instance: what another instance does not have.
type Link struct{ Column, Table string }

// Links lists the single-column foreign keys of a table to tables without a customer.
func (t *Tx) Links(ctx context.Context, table string) ([]Link, error) {
	query := `SELECT "from", "table" FROM pragma_foreign_key_list(?)`
	if t.engine == Postgres {
		query = `SELECT a.attname, r.relname FROM pg_constraint c JOIN pg_class r ON r.oid = c.confrelid
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND c.conrelid = to_regclass($1)`
	}
	rows, err := t.tx.QueryContext(ctx, query, table)
	if err != nil {
		return nil, fmt.Errorf("foreign keys of %s: %w", table, err)
	}
	defer rows.Close()
	var out []Link
	for rows.Next() {
		var l Link
		if err := rows.Scan(&l.Column, &l.Table); err != nil {
			return nil, err
		}
		if to, ok := tableNamed(l.Table); ok && to.Key == "" {
			out = append(out, l)
		}
	}
	return out, rows.Err()
}

// SchemaVersion is the number of the newest migration that has run.
func (d *DB) SchemaVersion(ctx context.Context) (n int64, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&n)
	return n, err
}

// AcrossFrozen reads across customers as of one commit, whatever is written meanwhile: for backups and exports. The reason is for the
// reader of the code; a test holds the list of callers.
func (d *DB) AcrossFrozen(ctx context.Context, reason string, f func(*Tx) error) error {
	if reason == "" {
		return fmt.Errorf("a snapshot across customers without a reason")
	}
	return d.snapshot(ctx, Scope{granted: true, all: true}, true, f)
}

// Frozen is View as of one commit.
func (d *DB) Frozen(ctx context.Context, s Scope, f func(*Tx) error) error {
	if !s.granted {
		return ErrNoScope
	}
	return d.snapshot(ctx, s, false, f)
}

func (d *DB) snapshot(ctx context.Context, s Scope, across bool, f func(*Tx) error) error {
	opts := &sql.TxOptions{}
	if d.engine == Postgres {
		opts = &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	}
	stx, err := d.read.BeginTx(ctx, opts)
	if err != nil {
		return translate(err, "BEGIN")
	}
	defer stx.Rollback() // it only read
	if d.engine == Postgres {
		if _, err := stx.ExecContext(ctx, "SELECT set_config('vigie.scope', $1, true)", setting(s)); err != nil {
			return translate(err, "set_config")
		}
	}
	// SQLite's snapshot is that of the first read.
	if _, err := stx.ExecContext(ctx, "SELECT 1 FROM customer LIMIT 1"); err != nil {
		return translate(err, "SELECT")
	}
	return f(&Tx{engine: d.engine, scope: s, across: across, now: At(d.clock.Now()), tx: stx})
}
