package discovery

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
)

// Sight is how much of a customer's estate is seen.
type Sight struct {
	Run      string // id of the last run that ended well; empty for none
	Complete int    // scopes whose last reading was complete
	Scopes   int    // all that were asked for: regions that are off do not count
}

// SightOf tells how much of a customer's estate the last word about each scope has seen.
func SightOf(ctx context.Context, tx *db.Tx, customer string) (s Sight, err error) {
	var runs []string
	if err := tx.Select(ctx, &runs, `SELECT r.id FROM {discovery_run} r WHERE r.customer_id = ? AND r.state = 'done' ORDER BY r.created_at DESC, r.id DESC LIMIT 1`, customer); err != nil {
		return s, fmt.Errorf("sight of an estate: %w", err)
	}
	if len(runs) == 0 {
		return s, nil
	}
	row := struct {
		Complete int `db:"complete"`
		Scopes   int `db:"scopes"`
	}{}
	err = tx.Get(ctx, &row, `SELECT COALESCE(SUM(CASE WHEN c.outcome = 'complete' THEN 1 ELSE 0 END), 0) AS complete, COUNT(*) AS scopes FROM {coverage} c
		WHERE c.customer_id = ? AND c.outcome <> 'region_off'`, customer)
	if err != nil {
		return s, fmt.Errorf("sight of an estate: %w", err)
	}
	return Sight{runs[0], row.Complete, row.Scopes}, nil
}
