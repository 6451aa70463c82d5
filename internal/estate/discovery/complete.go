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
