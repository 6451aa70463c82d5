package permission

import (
	"context"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
)

// Page gives a page of a list to an actor who may see it, out of the actor's customers. Faults: forbidden, invalid.
func Page[T any](ctx context.Context, d *db.DB, a Actor, need Action, spec list.Spec, q list.Query) (p list.Page[T], err error) {
	if err := a.Require(need); err != nil {
		return p, err
	}
	err = d.View(ctx, a.Scope(), func(tx *db.Tx) error {
		p, err = list.Run[T](ctx, tx, spec, q)
		return err
	})
	return p, err
}
