package scim

import (
	"context"
	"net/mail"
	"strconv"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/trust/sso"
)

// document is a resource as it is stored.
type document map[string]any

func (d document) name(attr string) string {
	s, _ := d[attr].(string)
	return s
}

// userRow is a row of scim_user.
type userRow struct {
	ID         string            `db:"id"`
	ProviderID string            `db:"provider_id"`
	UserID     db.Null           `db:"user_id"`
	ExternalID string            `db:"external_id"`
	UserKey    string            `db:"user_key"`
	Email      string            `db:"email"`
	Active     bool              `db:"active"`
	Resource   db.JSON[document] `db:"resource"`
	Version    int64             `db:"version"`
	CreatedAt  db.Time           `db:"created_at"`
	UpdatedAt  db.Time           `db:"updated_at"`
}

// fill sets the columns that follow from the document.
func (u *userRow) fill(doc document) error {
	active, said := doc["active"].(bool)
	if !said {
		active = true
		doc["active"] = true
	}
	email := emailOf(doc)
	if email == "" {
		return bad(invalidValue, "email")
	}
	u.Resource.V, u.Active, u.Email = doc, active, email
	u.ExternalID, u.UserKey = doc.name("externalId"), fold(doc.name("userName"))
	return nil
}

// emailOf is the address of the account: the primary one, or that of work, or the first, or a user name that is an address.
func emailOf(doc document) string {
	all := elements(doc["emails"])
	pick := func(ok func(map[string]any) bool) string {
		for _, m := range all {
			s, _ := m["value"].(string)
			if a := address(s); a != "" && ok(m) {
				return a
			}
		}
		return ""
	}
	for _, ok := range []func(map[string]any) bool{
		func(m map[string]any) bool { return m["primary"] == true },
		func(m map[string]any) bool { t, _ := m["type"].(string); return strings.EqualFold(t, "work") },
		func(map[string]any) bool { return true },
	} {
		if a := pick(ok); a != "" {
			return a
		}
	}
	return address(doc.name("userName"))
}

func address(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return ""
	}
	return s
}

// shownName is the name of the account.
func shownName(doc document) string {
	parts, _ := doc["name"].(map[string]any)
	part := document(parts).name
	for _, s := range []string{doc.name("displayName"), part("formatted"), strings.TrimSpace(part("givenName") + " " + part("familyName")), doc.name("userName")} {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// provision is what the directory says of the person.
func (u userRow) provision(e sso.Entry) sso.Provision {
	doc := u.Resource.V
	p := sso.Provision{Email: u.Email, Name: shownName(doc), Language: "en", Zone: doc.name("timezone"), Entry: e}
	said := doc.name("preferredLanguage")
	if said == "" {
		said = doc.name("locale")
	}
	if strings.HasPrefix(strings.ToLower(said), "fr") {
		p.Language = "fr"
	}
	return p
}

func tagOf(version int64) string { return `W/"v` + strconv.FormatInt(version, 10) + `"` }

// about adds what only we write to a document.
func about(doc map[string]any, base string, r resource, id string, version int64, created, updated db.Time) {
	schemas := []any{r.Core.URN}
	for _, s := range r.Extensions {
		if _, ok := doc[s.URN]; ok {
			schemas = append(schemas, s.URN)
		}
	}
	doc["schemas"], doc["id"] = schemas, id
	doc["meta"] = map[string]any{"resourceType": r.Name, "created": stamp(created), "lastModified": stamp(updated),
		"location": base + r.Endpoint + "/" + id, "version": tagOf(version)}
}

func stamp(t db.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func getUser(ctx context.Context, tx *db.Tx, providerID, column, value string) (u userRow, err error) {
	err = tx.Get(ctx, &u, `SELECT `+db.Columns[userRow]("")+` FROM {scim_user} WHERE provider_id = ? AND `+column+` = ?`, providerID, value)
	return u, err
}

// shown makes the documents of users. One whom an administrator has disabled is not active, whatever the directory has said.
func (s *Service) shown(ctx context.Context, tx *db.Tx, rows []userRow, withGroups bool) ([]map[string]any, error) {
	out := make([]map[string]any, len(rows))
	at := map[string]int{}
	for i, u := range rows {
		out[i] = copied(u.Resource.V)
		about(out[i], s.base, users, u.ID, u.Version, u.CreatedAt, u.UpdatedAt)
		at[u.ID] = i
	}
	for from := 0; from < len(rows); from += chunk {
		ids := make([]string, 0, chunk)
		for _, u := range rows[from:min(from+chunk, len(rows))] {
			ids = append(ids, u.ID)
		}
		if err := s.addTo(ctx, tx, out, at, ids, withGroups); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// chunk is how many ids one statement names.
const chunk = 500

func (s *Service) addTo(ctx context.Context, tx *db.Tx, out []map[string]any, at map[string]int, ids []string, withGroups bool) error {
	var off []string
	err := tx.Select(ctx, &off, `SELECT CAST(s.id AS TEXT) FROM {scim_user} s JOIN {app_user} u ON u.id = s.user_id JOIN {identity_link} l ON l.user_id = s.user_id AND l.provider_id = s.provider_id
		WHERE u.disabled_at IS NOT NULL AND l.barred = '' AND s.id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...)
	if err != nil {
		return err
	}
	for _, id := range off {
		out[at[id]]["active"] = false
	}
	if !withGroups {
		return nil
	}
	var in []struct {
		Member string `db:"member_id"`
		ID     string `db:"id"`
		Name   string `db:"name"`
	}
	err = tx.Select(ctx, &in, `SELECT CAST(m.member_id AS TEXT) AS member_id, CAST(g.id AS TEXT) AS id, g.name FROM {scim_member} m JOIN {scim_group} g ON g.id = m.group_id
		WHERE m.member_id IN (`+db.Marks(len(ids))+`) ORDER BY g.name_key`, db.Anys(ids)...)
	for _, g := range in {
		doc := out[at[g.Member]]
		list, _ := doc["groups"].([]any)
		doc["groups"] = append(list, map[string]any{"value": g.ID, "$ref": s.base + groups.Endpoint + "/" + g.ID, "display": g.Name, "type": "direct"})
	}
	return err
}
