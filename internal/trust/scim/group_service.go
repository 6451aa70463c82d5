package scim

import (
	"context"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
)

func (s *Service) group(ctx context.Context, d directory, ref string, as shape) (doc map[string]any, err error) {
	err = s.read(ctx, func(tx *db.Tx) error {
		g, err := oneGroup(ctx, tx, d, ref)
		if err != nil {
			return err
		}
		doc, err = s.shownGroup(ctx, tx, g, as)
		return err
	})
	return doc, err
}

func (s *Service) shownGroup(ctx context.Context, tx *db.Tx, g groupRow, as shape) (map[string]any, error) {
	all, err := s.shownGroups(ctx, tx, []groupRow{g}, as.shows("members"))
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func freeGroup(ctx context.Context, tx *db.Tx, d directory, g groupRow) error {
	for _, c := range []struct{ column, value, field string }{{"name_key", g.NameKey, "displayName"}, {"external_id", g.ExternalID, "externalId"}} {
		if c.value == "" {
			continue
		}
		other, err := getGroup(ctx, tx, d, c.column, c.value)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil && other.ID != g.ID {
			return taken(c.field, c.value)
		}
	}
	return nil
}

func (s *Service) createGroup(ctx context.Context, d directory, sent map[string]any, as shape) (doc map[string]any, err error) {
	made, err := groups.read(sent)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, func(tx *db.Tx) error {
		g := groupRow{ID: id.New(), ProviderID: d.id, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		g.fill(made)
		if err := freeGroup(ctx, tx, d, g); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "scim_group", g, ""); err != nil {
			return raced(err, "displayName", g.Name)
		}
		if err := s.setMembers(ctx, tx, d, g, nil, memberIDs(made)); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, d.actor, "create", groupRecord(g), nil, auditGroup(g, nil, memberIDs(made))); err != nil {
			return err
		}
		doc, err = s.shownGroup(ctx, tx, g, as)
		return err
	})
	return doc, err
}

// auditGroup is what the trail keeps: of members those that came or went, as a group may have thousands.
func auditGroup(g groupRow, before, after []string) map[string]any {
	out := map[string]any(g.document())
	if came := without(after, before); len(came) > 0 {
		out["members"] = came
	}
	return out
}

// without are those of a that are not in b.
func without(a, b []string) (out []string) {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	for _, s := range a {
		if !in[s] {
			out = append(out, s)
		}
	}
	return out
}

// setMembers changes who is in a group, and makes the accounts of those who came or went follow.
func (s *Service) setMembers(ctx context.Context, tx *db.Tx, d directory, g groupRow, before, after []string) error {
	came, went := without(after, before), without(before, after)
	var rows []member
	for _, ref := range came {
		if _, err := oneUser(ctx, tx, d, ref); err != nil {
			return bad(invalidValue, "member", "id", ref)
		}
		rows = append(rows, member{g.ID, ref})
	}
	if _, err := tx.Insert(ctx, "scim_member", rows, "(group_id, member_id) DO NOTHING"); err != nil {
		return err
	}
	for list := range slices.Chunk(went, chunk) {
		if _, err := tx.Exec(ctx, `DELETE FROM {scim_member} WHERE group_id = ? AND member_id IN (`+db.Marks(len(list))+`)`, append([]any{g.ID}, db.Anys(list)...)...); err != nil {
			return err
		}
	}
	return s.settleAll(ctx, tx, d, append(came, went...))
}

func (s *Service) settleAll(ctx context.Context, tx *db.Tx, d directory, ids []string) error {
	for _, ref := range ids {
		u, err := oneUser(ctx, tx, d, ref)
		if err == nil {
			err = s.settle(ctx, tx, d, u)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) replaceGroup(ctx context.Context, d directory, ref, match string, sent map[string]any, as shape) (map[string]any, error) {
	next, err := groups.read(sent)
	if err != nil {
		return nil, err
	}
	return s.updateGroup(ctx, d, ref, match, as, func(document) (document, error) { return next, nil })
}

func (s *Service) patchGroup(ctx context.Context, d directory, ref, match string, ops []operation, as shape) (map[string]any, error) {
	return s.updateGroup(ctx, d, ref, match, as, func(doc document) (document, error) {
		next, err := groups.patch(doc, ops)
		return next, err
	})
}

func (s *Service) updateGroup(ctx context.Context, d directory, ref, match string, as shape, next func(document) (document, error)) (doc map[string]any, err error) {
	err = s.change(ctx, func(tx *db.Tx) error {
		g, err := oneGroup(ctx, tx, d, ref)
		if err != nil {
			return err
		}
		if err := revised(match, g.Version); err != nil {
			return err
		}
		had, err := membersOf(ctx, tx, g.ID)
		if err != nil {
			return err
		}
		now := g.document()
		if len(had) > 0 {
			now["members"] = listed(had)
		}
		changed, err := next(now)
		if err != nil {
			return err
		}
		after, has := g, memberIDs(changed)
		after.fill(changed)
		if after != g || len(without(had, has)) > 0 || len(without(has, had)) > 0 {
			if err := s.storeGroup(ctx, tx, d, g, &after, had, has); err != nil {
				return err
			}
		}
		doc, err = s.shownGroup(ctx, tx, after, as)
		return err
	})
	return doc, err
}

func (s *Service) storeGroup(ctx context.Context, tx *db.Tx, d directory, g groupRow, after *groupRow, had, has []string) error {
	if err := freeGroup(ctx, tx, d, *after); err != nil {
		return err
	}
	renamed := after.Name != g.Name || after.ExternalID != g.ExternalID
	after.Version, after.UpdatedAt = g.Version+1, tx.Now()
	n, err := tx.Exec(ctx, `UPDATE {scim_group} SET external_id = ?, name = ?, name_key = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
		after.ExternalID, after.Name, after.NameKey, after.Version, after.UpdatedAt, g.ID, g.Version)
	if err == nil && n == 0 {
		return revised(`"lost"`, g.Version)
	}
	if err != nil {
		return raced(err, "displayName", after.Name)
	}
	if err := s.setMembers(ctx, tx, d, *after, had, has); err != nil {
		return err
	}
	if renamed { // another name may match another rule
		stayed := without(had, without(had, has))
		if err := s.settleAll(ctx, tx, d, stayed); err != nil {
			return err
		}
	}
	return audit.Write(ctx, tx, d.actor, "update", groupRecord(*after), auditGroup(g, has, had), auditGroup(*after, had, has))
}

// deleteGroup forgets a group; its members lose what it gave them.
func (s *Service) deleteGroup(ctx context.Context, d directory, ref, match string) error {
	return s.change(ctx, func(tx *db.Tx) error {
		g, err := oneGroup(ctx, tx, d, ref)
		if err != nil {
			return err
		}
		if err := revised(match, g.Version); err != nil {
			return err
		}
		had, err := membersOf(ctx, tx, g.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {scim_group} WHERE id = ?`, g.ID); err != nil {
			return err
		}
		if err := s.settleAll(ctx, tx, d, had); err != nil {
			return err
		}
		return audit.Write(ctx, tx, d.actor, "delete", groupRecord(g), auditGroup(g, nil, had), nil)
	})
}
