package identity

import (
	"context"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// SetPreferences changes what people set for themselves. Faults: unauthorized, invalid.
func (s *Service) SetPreferences(ctx context.Context, a permission.Actor, in Preferences) (out User, err error) {
	if a.ID == "" {
		return out, fault.New(fault.Unauthorized, "fault.unauthorized")
	}
	change := ChangeUser{Name: in.Name, Language: in.Language, TimeZone: in.TimeZone, Theme: in.Theme}
	err = s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		before, err := getUser(ctx, tx, "id", a.ID)
		if err != nil {
			return err
		}
		var bad fault.Fields
		if in.Name != nil {
			checkName(&bad, strings.TrimSpace(*in.Name))
		}
		if checkPreferences(&bad, in.Language, in.TimeZone, in.Theme); bad != nil {
			return bad.Err()
		}
		after := change.apply(before, "", tx.Now())
		if err := store(ctx, tx, before, after); err != nil {
			return err
		}
		if out, err = show(ctx, tx, after); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", record(after), before.shown(out.Customers), out)
	})
	return out, err
}

// ChangePassword sets one's own, knowing the old. Every other session ends. For whom a provider vouches there is none to set. Faults:
// unauthorized, invalid, limited, conflict.
func (s *Service) ChangePassword(ctx context.Context, a permission.Actor, old, password string) error {
	if err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error { return notVouched(ctx, tx, a.ID) }); err != nil {
		return err
	}
	var bad fault.Fields
	if checkPassword(&bad, "password", password, a.Email, a.Name); bad != nil {
		return bad.Err()
	}
	u, keys, err := s.checkOwnPassword(ctx, a, old, "current_password")
	if err != nil {
		return err
	}
	hash, err := s.hashing().hash(ctx, a.Address, password)
	if err != nil {
		return err
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		before, err := getUser(ctx, tx, "id", u.ID)
		if err != nil {
			return err
		}
		if err := notVouched(ctx, tx, u.ID); err != nil { // linked meanwhile
			return err
		}
		if err := store(ctx, tx, before, ChangeUser{}.apply(before, hash, tx.Now())); err != nil {
			return err
		}
		if err := forget(ctx, tx, keys); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {session} WHERE user_id = ? AND id <> ?`, u.ID, a.Via); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update_password", record(u), nil, nil)
	})
}
