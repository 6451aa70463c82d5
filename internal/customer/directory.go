package customer

import (
	"context"
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Resolve finds the customer of a slug or id within the transaction's scope. Faults: not_found, which a customer outside of
// the scope is too.
func Resolve(ctx context.Context, tx *db.Tx, ref string) (string, error) {
	c, err := get(ctx, tx, ref)
	return c.ID, err
}

// One reads the customer of a slug or id within the transaction's scope, without custom fields. Faults: not_found.
func One(ctx context.Context, tx *db.Tx, ref string) (Customer, error) { return get(ctx, tx, ref) }

// Chosen is the one customer that a page or a posted form is about (web.Chosen); "" where it is still to be chosen. Faults: not_found.
func Chosen(r *http.Request, p *ui.Page, a permission.Actor, d *db.DB) (id string, err error) {
	slug := web.Chosen(r, p)
	if slug == "" {
		return "", nil
	}
	err = d.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
		id, err = Resolve(r.Context(), tx, slug)
		return err
	})
	return id, err
}

// Names gives slug and name of these customers, in one query; those outside of the scope are left out.
func Names(ctx context.Context, tx *db.Tx, ids []string) (map[string]Name, error) {
	out := make(map[string]Name, len(ids))
	for _, i := range ids {
		out[i] = Name{}
	}
	unique := make([]any, 0, len(out))
	for i := range out {
		unique = append(unique, i)
	}
	clear(out)
	if len(unique) == 0 {
		return out, nil
	}
	var rows []Name
	err := tx.Select(ctx, &rows, `SELECT id, slug, name FROM {customer} WHERE id IN (`+db.Marks(len(unique))+`)`, unique...)
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// Name is what other rooms show of a customer.
type Name struct {
	ID   string `db:"id"`
	Slug string `db:"slug"`
	Name string `db:"name"`
}
