package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// describe gives SQLite's planner the shape of the large tables. Without statistics it takes any equality on a first column to
// leave ten rows: "of this customer, in the order of the key" then looks better than the index of what was asked for, and a search
// reads a customer's whole estate. The figures are those of a large instance and never change, so that plans do not either;
// connections read them when they open. PostgreSQL gathers its own.
func describe(ctx context.Context, d *sql.DB) error {
	// Makes the table of statistics, if there is none yet; the table of customers is small.
	if _, err := d.ExecContext(ctx, `ANALYZE customer`); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	defer tx.Rollback()
	for _, line := range strings.Split(strings.TrimSpace(statistics), "\n") {
		f := strings.Fields(line)
		table, index, stat := f[0], f[1], strings.Join(f[2:], " ")
		if _, err := tx.ExecContext(ctx, `DELETE FROM sqlite_stat1 WHERE tbl = ? AND idx = ?`, table, index); err != nil {
			return fmt.Errorf("statistics: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)`, table, index, stat); err != nil {
			return fmt.Errorf("statistics: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	return nil
}

// statistics: table, index, rows of the table, then rows that share the first column, the first two, and so on.
const statistics = `
customer sqlite_autoindex_customer_1 20 1
customer customer_slug 20 1
workload sqlite_autoindex_workload_1 400 20 1
workload workload_name 400 20 1
ci sqlite_autoindex_ci_1 1000000 50000 1
ci ci_identity 1000000 50000 1000 1 1 1
ci ci_name 1000000 50000 2 1
ci ci_name_across 1000000 2 1
ci ci_updated 1000000 50000 500 1
ci ci_updated_across 1000000 500 1
ci ci_first_seen 1000000 50000 500 1
ci ci_first_seen_across 1000000 500 1
ci ci_place 1000000 50000 5000 2000 200 200 100
ci ci_workload 500000 25000 500 1
ci ci_region 1000000 50000 5000
ci ci_environment 500000 50000 10000
ci ci_criticality 100000 10000 2000
ci ci_owner 100000 10000 500
ci ci_status 50000 5000 2500
ci ci_unread 100 100 1
ci_term ci_term 10000000 500000 10 1 1
ci_change ci_change 5000000 250000 1
ci_change ci_change_ci 5000000 250000 5 1
ci_change ci_change_across 5000000 1
relation sqlite_autoindex_relation_1 3000000 150000 1
relation relation_across 3000000 1
relation relation_from 3000000 150000 3 2
relation relation_to 3000000 150000 3 2
relation relation_unresolved 300000 15000 3
`
