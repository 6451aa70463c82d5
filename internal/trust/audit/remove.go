package audit

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// The actions by which the log explains what it cannot show: entries that are gone with their customer, and entries that came with one.
const (
	removeAction = "remove"
	importAction = "import"
)

// removed is the after of an entry that records a removal.
type removed struct {
	Order   string `json:"order"`
	Entries int64  `json:"entries"`
}

// Remove deletes the entries of a customer who is removed, in the caller's transaction across customers, and records in the
// instance's own trail by which order. Their leaves stay: a verification says "removed by order X", for as many entries as were
// there and no more. Call Sequence first: entries that have no number yet are a fault of code unavailable, to be tried again.
func Remove(ctx context.Context, tx *db.Tx, a permission.Actor, customer Record, order string) (int64, error) {
	if _, err := lockHead(ctx, tx); err != nil {
		return 0, fmt.Errorf("remove the trail of a customer: %w", err)
	}
	var waiting int64
	if err := tx.Get(ctx, &waiting, `SELECT COUNT(*) FROM {audit_pending} WHERE of_customer = ?`, customer.ID); err != nil {
		return 0, fmt.Errorf("remove the trail of a customer: %w", err)
	}
	if waiting > 0 {
		return 0, fault.New(fault.Unavailable, "audit.waiting")
	}
	n, err := tx.Exec(ctx, `DELETE FROM {audit_entry} WHERE customer_id = ?`, customer.ID)
	if err != nil {
		return 0, fmt.Errorf("remove the trail of a customer: %w", err)
	}
	return n, Write(ctx, tx, a, removeAction, Record{Type: "customer", ID: customer.ID, Name: customer.Name}, nil, removed{order, n})
}
