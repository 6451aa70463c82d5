package db

import (
	"context"
	"fmt"
)

// Referrer is a column by which rows of a table name rows of another, which therefore cannot be deleted.
type Referrer struct{ Table, Column string }

// Referrers lists the columns that name the ids of a table and would not go with their rows.
func (t *Tx) Referrers(ctx context.Context, table string) ([]Referrer, error) {
	query := `SELECT m.name, f."from" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' AND f."table" = ? AND f."to" = 'id' AND f.on_delete NOT IN ('CASCADE', 'SET NULL')`
	if t.engine == Postgres {
		query = `SELECT r.relname, a.attname FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
			JOIN pg_attribute k ON k.attrelid = c.confrelid AND k.attname = 'id'
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[array_position(c.confkey, k.attnum)]
			WHERE c.contype = 'f' AND c.confdeltype NOT IN ('c', 'n') AND c.confrelid = to_regclass($1)`
	}
	rows, err := t.tx.QueryContext(ctx, query, table)
	if err != nil {
		return nil, fmt.Errorf("what refers to %s: %w", table, err)
	}
	defer rows.Close()
	var out []Referrer
	for rows.Next() {
		var r Referrer
		if err := rows.Scan(&r.Table, &r.Column); err != nil {
			return nil, err
		}
		if _, ok := tableNamed(r.Table); ok {
			out = append(out, r)
		}
	}
	return out, rows.Err()
}
