package list

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
)

// Key names one row of a list, and the customer whom it belongs to.
type Key struct {
	ID       string `db:"id"`
	Customer string `db:"customer_id"`
}

// Keys gives the keys of the rows that the query finds, in its order and no more than limit; owner is the column of the customer's id.
func Keys(ctx context.Context, tx *db.Tx, s Spec, q Query, owner string, limit int) ([]Key, error) {
	q.cursor = nil
	s.Columns = s.Key + " AS id, " + owner + " AS customer_id"
	q, err := s.find(ctx, tx, q, q.desc, limit)
	if err != nil {
		return nil, err
	}
	text, args, err := s.statement(tx.Engine(), q, q.desc, limit)
	if err != nil {
		return nil, err
	}
	var out []Key
	if err := tx.Select(ctx, &out, text, args...); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return out, nil
}
