package audit

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Arrive records in the instance's own trail, in the caller's transaction across customers, that a customer comes with entries that are
// older than the log here. It must have its number (Sequence) before Adopt is called: a verification takes entries of the past only after it.
func Arrive(ctx context.Context, tx *db.Tx, a permission.Actor, customer Record, digest string) error {
	return Write(ctx, tx, a, importAction, customer, nil, map[string]any{"digest": digest})
}

// Adopt lets the entries that an import has loaded, in the caller's transaction of the customer, wait for their place in this log.
func Adopt(ctx context.Context, tx *db.Tx) (int64, error) {
	n, err := tx.Exec(ctx, `INSERT INTO {audit_pending} (entry_id, of_customer) SELECT e.id, e.customer_id FROM {audit_entry} e`)
	if err != nil {
		return 0, fmt.Errorf("adopt the trail of a customer: %w", err)
	}
	return n, nil
}
