package scim

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// groupRow is a row of scim_group.
type groupRow struct {
	ID         string  `db:"id"`
	ProviderID string  `db:"provider_id"`
	ExternalID string  `db:"external_id"`
	Name       string  `db:"name"`
	NameKey    string  `db:"name_key"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	UpdatedAt  db.Time `db:"updated_at"`
}

func (g *groupRow) fill(doc document) {
	g.Name, g.NameKey, g.ExternalID = doc.name("displayName"), fold(doc.name("displayName")), doc.name("externalId")
}

// document is the group without its members.
func (g groupRow) document() document {
	doc := document{"displayName": g.Name}
	if g.ExternalID != "" {
		doc["externalId"] = g.ExternalID
	}
	return doc
}

type member struct {
	GroupID  string `db:"group_id"`
	MemberID string `db:"member_id"`
}

func getGroup(ctx context.Context, tx *db.Tx, d directory, column, value string) (g groupRow, err error) {
	err = tx.Get(ctx, &g, `SELECT `+db.Columns[groupRow]("")+` FROM {scim_group} WHERE provider_id = ? AND `+column+` = ?`, d.id, value)
	return g, err
}

// oneGroup finds a group of the directory; those of others do not exist.
func oneGroup(ctx context.Context, tx *db.Tx, d directory, ref string) (groupRow, error) {
	if !id.Valid(ref) {
		return groupRow{}, missing()
	}
	g, err := getGroup(ctx, tx, d, "id", ref)
	if fault.Is(err, fault.NotFound) {
		err = missing()
	}
	return g, err
}

// membersOf are the users in a group, by id.
func membersOf(ctx context.Context, tx *db.Tx, groupID string) (ids []string, err error) {
	err = tx.Select(ctx, &ids, `SELECT CAST(member_id AS TEXT) FROM {scim_member} WHERE group_id = ? ORDER BY member_id`, groupID)
	return ids, err
}

// memberIDs are the users whom a document names, each once.
func memberIDs(doc document) (ids []string) {
	seen := map[string]bool{}
	for _, m := range elements(doc["members"]) {
		if s, _ := m["value"].(string); !seen[s] {
			seen[s] = true
			ids = append(ids, s)
		}
	}
	return ids
}

func listed(ids []string) []any {
	out := make([]any, len(ids))
	for i, m := range ids {
		out[i] = map[string]any{"value": m}
	}
	return out
}

// shownGroups makes the documents of groups.
func (s *Service) shownGroups(ctx context.Context, tx *db.Tx, rows []groupRow, withMembers bool) ([]map[string]any, error) {
	out := make([]map[string]any, len(rows))
	for i, g := range rows {
		out[i] = g.document()
		about(out[i], s.base, groups, g.ID, g.Version, g.CreatedAt, g.UpdatedAt)
		if !withMembers {
			continue
		}
		var in []struct {
			ID       string            `db:"id"`
			Resource db.JSON[document] `db:"resource"`
		}
		err := tx.Select(ctx, &in, `SELECT CAST(u.id AS TEXT) AS id, u.resource FROM {scim_member} m JOIN {scim_user} u ON u.id = m.member_id WHERE m.group_id = ? ORDER BY u.user_key`, g.ID)
		if err != nil {
			return nil, err
		}
		var list []any
		for _, m := range in {
			list = append(list, map[string]any{"value": m.ID, "$ref": s.base + users.Endpoint + "/" + m.ID, "display": shownName(m.Resource.V), "type": "User"})
		}
		if list != nil {
			out[i]["members"] = list
		}
	}
	return out, nil
}
