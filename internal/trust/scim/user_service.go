package scim

import (
	"context"
	"reflect"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
)

// oneUser finds a user of the directory; those of others do not exist.
func oneUser(ctx context.Context, tx *db.Tx, d directory, ref string) (userRow, error) {
	if !id.Valid(ref) {
		return userRow{}, missing()
	}
	u, err := getUser(ctx, tx, d.id, "id", ref)
	if fault.Is(err, fault.NotFound) {
		err = missing()
	}
	return u, err
}

func (s *Service) user(ctx context.Context, d directory, ref string) (doc map[string]any, err error) {
	err = s.read(ctx, func(tx *db.Tx) error {
		u, err := oneUser(ctx, tx, d, ref)
		if err != nil {
			return err
		}
		doc, err = s.shownUser(ctx, tx, u)
		return err
	})
	return doc, err
}

func (s *Service) shownUser(ctx context.Context, tx *db.Tx, u userRow) (map[string]any, error) {
	all, err := s.shown(ctx, tx, []userRow{u}, true)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// free says which value of a user is somebody else's in the directory, and whether the provider speaks for the address.
func (s *Service) free(ctx context.Context, tx *db.Tx, d directory, u userRow) error {
	for _, c := range []struct{ column, value, field string }{{"user_key", u.UserKey, "userName"}, {"external_id", u.ExternalID, "externalId"}, {"email", u.Email, "emails"}} {
		if c.value == "" {
			continue
		}
		other, err := getUser(ctx, tx, d.id, c.column, c.value)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil && other.ID != u.ID {
			return taken(c.field, c.value)
		}
	}
	ours, err := s.vouch.Owns(ctx, tx, d.id, u.Email)
	if err == nil && !ours {
		err = bad(invalidValue, "domain", "email", u.Email)
	}
	return err
}

func (s *Service) createUser(ctx context.Context, d directory, sent map[string]any) (doc map[string]any, err error) {
	made, err := users.read(sent)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, func(tx *db.Tx) error {
		u := userRow{ID: id.New(), ProviderID: d.id, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		if err := u.fill(made); err != nil {
			return err
		}
		if err := s.free(ctx, tx, d, u); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "scim_user", u, ""); err != nil {
			return raced(err, "userName", u.UserKey)
		}
		if err := s.settle(ctx, tx, d, u); err != nil {
			return err
		}
		if doc, err = s.shownUser(ctx, tx, u); err != nil {
			return err
		}
		return audit.Write(ctx, tx, d.actor, "create", userRecord(u), nil, u.Resource.V)
	})
	return doc, err
}

// raced names what somebody else has taken meanwhile.
func raced(err error, field, value string) error {
	if fault.Is(err, fault.Conflict) {
		return takenBecause(field, value, err)
	}
	return err
}

// replaceUser is PUT, patchUser PATCH: next gives the document as it will be.
func (s *Service) replaceUser(ctx context.Context, d directory, ref, match string, sent map[string]any) (map[string]any, error) {
	next, err := users.read(sent)
	if err != nil {
		return nil, err
	}
	return s.updateUser(ctx, d, ref, match, func(document) (document, error) { return next, nil })
}

func (s *Service) patchUser(ctx context.Context, d directory, ref, match string, ops []operation) (map[string]any, error) {
	return s.updateUser(ctx, d, ref, match, func(doc document) (document, error) {
		next, err := users.patch(doc, ops)
		return next, err
	})
}

func (s *Service) updateUser(ctx context.Context, d directory, ref, match string, next func(document) (document, error)) (doc map[string]any, err error) {
	err = s.change(ctx, func(tx *db.Tx) error {
		before, err := oneUser(ctx, tx, d, ref)
		if err != nil {
			return err
		}
		if err := revised(match, before.Version); err != nil {
			return err
		}
		changed, err := next(before.Resource.V)
		if err != nil {
			return err
		}
		after := before
		if err := after.fill(changed); err != nil {
			return err
		}
		// What has not changed writes nothing; the account follows all the same, as the rules may have changed.
		if !reflect.DeepEqual(map[string]any(before.Resource.V), map[string]any(after.Resource.V)) {
			if err := s.free(ctx, tx, d, after); err != nil {
				return err
			}
			after.Version, after.UpdatedAt = before.Version+1, tx.Now()
			if err := storeUser(ctx, tx, before, after); err != nil {
				return err
			}
			if err := audit.Write(ctx, tx, d.actor, "update", userRecord(after), before.Resource.V, after.Resource.V); err != nil {
				return err
			}
		}
		if err := s.settle(ctx, tx, d, after); err != nil {
			return err
		}
		doc, err = s.shownUser(ctx, tx, after)
		return err
	})
	return doc, err
}

func storeUser(ctx context.Context, tx *db.Tx, before, after userRow) error {
	n, err := tx.Exec(ctx, `UPDATE {scim_user} SET external_id = ?, user_key = ?, email = ?, active = ?, resource = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
		after.ExternalID, after.UserKey, after.Email, after.Active, after.Resource, after.Version, after.UpdatedAt, after.ID, before.Version)
	if err == nil && n == 0 {
		return revised(`"lost"`, before.Version)
	}
	return raced(err, "userName", after.UserKey)
}

// deleteUser forgets a user. The account is switched off, and stays with its history; a user who is made again with the same address gets it
// back, without tokens and second factors.
func (s *Service) deleteUser(ctx context.Context, d directory, ref, match string) error {
	return s.change(ctx, func(tx *db.Tx) error {
		u, err := oneUser(ctx, tx, d, ref)
		if err != nil {
			return err
		}
		if err := revised(match, u.Version); err != nil {
			return err
		}
		u.Active = false
		if u.UserID != "" {
			if err := s.settle(ctx, tx, d, u); err != nil {
				return err
			}
			if err := s.vouch.Depart(ctx, tx, d.actor, d.id, string(u.UserID)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {scim_user} WHERE id = ?`, u.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, d.actor, "delete", userRecord(u), u.Resource.V, nil)
	})
}
