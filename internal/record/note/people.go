package note

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Person is somebody who can see a record.
type Person struct {
	ID       string          `db:"id" json:"id"`
	Name     string          `db:"name" json:"name"`
	Email    string          `db:"email" json:"-"`
	Role     permission.Role `db:"role" json:"role"`
	Language string          `db:"language" json:"-"`
	TimeZone string          `db:"time_zone" json:"-"`
}

// audience lists who can see a record's notes, or its internal ones: those whose role may read records of its kind, and who cover its
// customer. It is what a mention, a watcher and a notification are measured against, each time anew.
func (s *Service) audience(ctx context.Context, tx *db.Tx, on subject.Subject, public bool) (out []Person, err error) {
	kind, ok := s.Subjects.Kind(on.Kind)
	if !ok {
		return nil, fmt.Errorf("audience of a %s: no such kind", on.Kind)
	}
	err = tx.Select(ctx, &out, `SELECT u.id, u.name, u.email, u.role, u.language, u.time_zone FROM {app_user} u
		WHERE u.disabled_at IS NULL AND (u.customer_id = ? OR (u.customer_id IS NULL AND (NOT u.limited OR EXISTS
			(SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id = ?)))) ORDER BY u.name, u.id`, on.CustomerID, on.CustomerID)
	if err != nil {
		return nil, fmt.Errorf("audience of a %s: %w", on.Kind, err)
	}
	return slices.DeleteFunc(out, func(p Person) bool { return !sees(p.Role, kind.Read, public) }), nil
}

func sees(role permission.Role, read permission.Action, public bool) bool {
	return permission.Allowed(role, read) && permission.Allowed(role, permission.NoteRead) && (public || permission.Allowed(role, permission.InternalRead))
}
