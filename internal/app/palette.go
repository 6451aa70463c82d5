package app

import (
	"context"
	"net/http"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// palette answers the search everywhere: customers and CIs of whoever asks, within the customer that is chosen.
func (a *App) palette(w http.ResponseWriter, r *http.Request, p *ui.Page, actor permission.Actor) error {
	sources := []ui.PaletteSource{
		func(ctx context.Context, q string, limit int) ([]ui.Hit, error) {
			return a.findCustomers(ctx, p, actor, q, limit)
		},
		func(ctx context.Context, q string, limit int) ([]ui.Hit, error) {
			return a.findCIs(ctx, p, actor, q, limit)
		},
	}
	ui.Palette(func(*http.Request) (*ui.Page, []ui.PaletteSource) { return p, sources }).ServeHTTP(w, r)
	return nil
}

func (a *App) findCustomers(ctx context.Context, p *ui.Page, actor permission.Actor, q string, limit int) ([]ui.Hit, error) {
	var rows []struct {
		Slug string `db:"slug"`
		Name string `db:"name"`
	}
	err := a.db.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT slug, name FROM {customer} WHERE lower(name) LIKE '%' || lower(?) || '%' OR slug LIKE lower(?) || '%' ORDER BY name LIMIT ?`, q, q, limit)
	})
	hits := make([]ui.Hit, len(rows))
	for i, c := range rows {
		hits[i] = ui.Hit{Kind: p.T("app.palette.customers"), Label: c.Name, Detail: c.Slug, Href: "/customers/" + c.Slug, Icon: "building"}
	}
	return hits, err
}

func (a *App) findCIs(ctx context.Context, p *ui.Page, actor permission.Actor, q string, limit int) ([]ui.Hit, error) {
	found, err := a.CMDB.Search(ctx, actor, web.Customer(p), q, limit)
	hits := make([]ui.Hit, len(found))
	for i, c := range found {
		detail := p.Or(collect.TypeKey(c.Type), collect.TypeWords(c.Type)) + " · " + c.Region
		if p.Customer == nil {
			detail += " · " + c.Customer
		}
		hits[i] = ui.Hit{Kind: p.T("app.palette.cis"), Label: c.Name, Detail: detail, Href: "/cis/" + c.ID, Icon: "server"}
	}
	return hits, err
}
