package customer

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Stay is a phase of a customer, from its beginning to that of the next.
type Stay struct {
	CustomerID string  `db:"customer_id" json:"-"`
	ID         string  `db:"id" json:"-"`
	Phase      Phase   `db:"phase" json:"phase"`
	Since      db.Time `db:"since" json:"since"`
	By         string  `db:"by_name" json:"by"`
}

// enter keeps that the customer of the transaction is in a phase from now on.
func enter(ctx context.Context, tx *db.Tx, a permission.Actor, p Phase) error {
	if _, err := tx.Insert(ctx, "customer_phase", Stay{ID: id.New(), Phase: p, Since: tx.Now(), By: a.Name}, ""); err != nil {
		return fmt.Errorf("phase of customer: %w", err)
	}
	return nil
}

// Stays gives the phases that a customer has been in, the latest first.
func Stays(ctx context.Context, tx *db.Tx, customer string) (out []Stay, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Stay]("")+` FROM {customer_phase} WHERE customer_id = ? ORDER BY since DESC, id DESC LIMIT 100`, customer)
	return out, err
}

// GoLive puts the customer of the transaction into service: the one way into the phase live. The launch calls it, once both sides have
// signed. Faults: conflict (it is live).
func GoLive(ctx context.Context, tx *db.Tx, a permission.Actor) (Customer, error) {
	ref, err := tx.Customer()
	if err != nil {
		return Customer{}, fmt.Errorf("go live: %w", err)
	}
	before, err := whole(ctx, tx, ref)
	if err != nil {
		return before, err
	}
	if before.Phase == Live {
		return before, fault.New(fault.Conflict, "customer.is_live", "name", before.Name)
	}
	after := before
	after.Phase = Live
	return store(ctx, tx, a, before, after)
}
