package cmdb

import (
	"context"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Changes gives a page of the changes that the query (of ChangeSpec) asks for, newest first. Code: forbidden.
func (s *Service) Changes(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Change], error) {
	return permission.Page[Change](ctx, s.db, a, permission.CIRead, ChangeSpec, q)
}

// EachChange gives all changes of the query to f, for exports.
func (s *Service) EachChange(ctx context.Context, a permission.Actor, q list.Query, f func(Change) error) error {
	return s.view(ctx, a, permission.CIRead, func(tx *db.Tx) error { return list.Each(ctx, tx, ChangeSpec, q, f) })
}

// History gives a page of the changes of one CI, newest first. Codes: not_found, forbidden.
func (s *Service) History(ctx context.Context, a permission.Actor, ciID string, q list.Query) (page list.Page[Change], err error) {
	err = s.viewRecord(ctx, a, permission.CIRead, "ci", ciID, func(tx *db.Tx) error {
		page, err = list.Run[Change](ctx, tx, ChangeSpec, q.Where(`h.ci_id = ?`, ciID))
		return err
	})
	return page, err
}
