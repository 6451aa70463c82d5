package discovery

import (
	"context"
	"fmt"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
)

// Place is one region of one account.
type Place struct {
	Account string `db:"account_id"`
	Region  string `db:"region"`
}

// Complete tells, in the transaction of whoever asks, in which places the last look at all of these types was complete: only there does it
// mean anything that something is not found.
func Complete(ctx context.Context, tx *db.Tx, types ...string) (map[Place]bool, error) {
	var rows []Place
	if err := tx.Select(ctx, &rows, `SELECT v.account_id, v.region FROM {coverage} v WHERE v.type IN (`+db.Marks(len(types))+`) AND v.outcome = ?
		GROUP BY v.account_id, v.region HAVING COUNT(*) = ?`, append(db.Anys(types), string(collect.Complete), len(types))...); err != nil {
		return nil, fmt.Errorf("complete scopes: %w", err)
	}
	out := make(map[Place]bool, len(rows))
	for _, p := range rows {
		out[p] = true
	}
	return out, nil
}

// Hidden tells of which of these types the last look was not complete somewhere, or has never been: there may be more of them than are known.
func Hidden(ctx context.Context, tx *db.Tx, types ...string) (map[string]bool, error) {
	var rows []struct {
		Type   string `db:"type"`
		Hidden int64  `db:"hidden"`
	}
	if err := tx.Select(ctx, &rows, `SELECT v.type, SUM(CASE WHEN v.outcome IN (?, ?) THEN 0 ELSE 1 END) AS hidden FROM {coverage} v WHERE v.type IN (`+db.Marks(len(types))+`)
		GROUP BY v.type`, append([]any{string(collect.Complete), string(collect.RegionOff)}, db.Anys(types)...)...); err != nil {
		return nil, fmt.Errorf("hidden scopes: %w", err)
	}
	out := make(map[string]bool, len(types))
	for _, t := range types {
		out[t] = true
	}
	for _, r := range rows {
		out[r.Type] = r.Hidden > 0
	}
	return out, nil
}

// CountAccounts counts the accounts of the transaction's scope.
func CountAccounts(ctx context.Context, tx *db.Tx) (n int64, err error) {
	if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {account}`); err != nil {
		return 0, fmt.Errorf("count accounts: %w", err)
	}
	return n, nil
}
