package identity

import (
	"context"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

func getUser(ctx context.Context, tx *db.Tx, column, value string) (u user, err error) {
	err = tx.Get(ctx, &u, `SELECT `+db.Columns[user]("")+` FROM {app_user} WHERE `+column+` = ?`, value)
	return u, err
}

// ties are the customers that users belong or are limited to.
type tie struct {
	UserID     string `db:"user_id"`
	CustomerID string `db:"customer_id"`
	Slug       string `db:"slug"`
}

// tiesOf reads them for many users at once, in order of slug.
func tiesOf(ctx context.Context, tx *db.Tx, users []user) (map[string][]tie, error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	out := map[string][]tie{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []tie
	marks := db.Marks(len(ids))
	err := tx.Select(ctx, &rows, `SELECT x.user_id, x.customer_id, c.slug FROM {user_customer} x JOIN {customer} c ON c.id = x.customer_id
		WHERE x.user_id IN (`+marks+`) UNION ALL
		SELECT u.id AS user_id, u.customer_id, c.slug FROM {app_user} u JOIN {customer} c ON c.id = u.customer_id WHERE u.id IN (`+marks+`)
		ORDER BY slug`, append(db.Anys(ids), db.Anys(ids)...)...)
	for _, r := range rows {
		out[r.UserID] = append(out[r.UserID], r)
	}
	return out, err
}

// invitationsOf tells until when the invitations of many users work; who has none that waits is left out.
func invitationsOf(ctx context.Context, tx *db.Tx, users []user) (map[string]db.Time, error) {
	out := map[string]db.Time{}
	if len(users) == 0 {
		return out, nil
	}
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	var rows []struct {
		UserID string  `db:"user_id"`
		Until  db.Time `db:"expires_at"`
	}
	err := tx.Select(ctx, &rows, `SELECT CAST(user_id AS TEXT) AS user_id, expires_at FROM {sign_in_link} WHERE purpose = ? AND user_id IN (`+db.Marks(len(ids))+`)`,
		append([]any{string(invitation)}, db.Anys(ids)...)...)
	for _, r := range rows {
		out[r.UserID] = r.Until
	}
	return out, err
}

func slugs(ties []tie) []string {
	out := []string{}
	for _, t := range ties {
		out = append(out, t.Slug)
	}
	return out
}

func customers(ties []tie) []string {
	out := []string{}
	for _, t := range ties {
		out = append(out, t.CustomerID)
	}
	return out
}

// resolve finds the customers of slugs or ids within a scope; the path of an unknown one is that of the field.
func resolve(ctx context.Context, tx *db.Tx, scope db.Scope, refs []string) (ids []string, err error) {
	var bad fault.Fields
	for _, ref := range refs {
		var got string
		err := tx.Get(ctx, &got, `SELECT CAST(id AS TEXT) FROM {customer} WHERE slug = ? OR CAST(id AS TEXT) = ?`, ref, ref)
		if fault.Is(err, fault.NotFound) || err == nil && !scope.Covers(got) {
			bad.Add("customers", "api.field.customer", "value", ref)
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, got) {
			ids = append(ids, got)
		}
	}
	return ids, bad.Err()
}
