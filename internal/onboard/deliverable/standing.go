package deliverable

import (
	"context"

	"vigie/internal/platform/db"
)

// Standing gives the latest version of a kind of deliverable, signed or not, with what it says. There is none: false.
func Standing(ctx context.Context, tx *db.Tx, customer, name string) (v Version, c Content, there bool, err error) {
	k, ok := kindNamed(name)
	if !ok {
		return v, nil, false, nil
	}
	var found []Deliverable
	if err := tx.Select(ctx, &found, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE d.customer_id = ? AND d.kind = ?`, customer, name); err != nil || len(found) == 0 {
		return v, nil, false, err
	}
	if v, err = version(ctx, tx, found[0], 0); err != nil {
		return v, nil, false, err
	}
	c, err = k.load(v.Data.V)
	return v, c, true, err
}
