package app

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// palette answers the search everywhere: what has a page of its own and that whoever asks may read, within the customer that is chosen.
func (a *App) palette(w http.ResponseWriter, r *http.Request, p *ui.Page, actor permission.Actor) error {
	type find func(context.Context, *ui.Page, permission.Actor, string, int) ([]ui.Hit, error)
	sources := []ui.PaletteSource{}
	for _, f := range []find{a.findCustomers, a.findCIs, a.findRecords, a.findPeople, a.findWebhooks} {
		sources = append(sources, func(ctx context.Context, q string, limit int) ([]ui.Hit, error) { return f(ctx, p, actor, q, limit) })
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
		where, args := list.Words("name", "slug")(q)
		return tx.Select(ctx, &rows, `SELECT slug, name FROM {customer} WHERE `+where+` ORDER BY name LIMIT ?`, append(args, limit)...)
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

// perKind is how many records of each type are shown: there are many types.
const perKind = 4

// iconOf is the icon of a type of record, that of its place in the rail.
func iconOf(kind string) string {
	switch kind {
	case "workload":
		return "box"
	case "account":
		return "cloud"
	case "contact":
		return "user"
	case "stakeholder":
		return "users"
	case "supplier":
		return "truck"
	case "measure", "assessment":
		return "list-check"
	case "milestone":
		return "flag"
	case "requirement":
		return "target"
	case "estimate":
		return "calculator"
	case "plan", "meeting":
		return "calendar"
	case "deliverable":
		return "file-certificate"
	case "launch":
		return "rocket"
	case "gap":
		return "shield-check"
	case "finding":
		return "eye-search"
	case "approval":
		return "signature"
	}
	return "file-text"
}

// findRecords finds all that hangs in the registry of records, but for what is found by a way of its own.
func (a *App) findRecords(ctx context.Context, p *ui.Page, actor permission.Actor, q string, limit int) ([]ui.Hit, error) {
	types := slices.DeleteFunc(a.Subjects.Types(), func(t string) bool { return t == "customer" || t == "ci" || !a.Subjects.MayRead(actor, t) })
	var found []subject.Found
	err := a.db.View(ctx, actor.Scope(), func(tx *db.Tx) (err error) {
		found, err = a.Subjects.Search(ctx, tx, types, web.Customer(p), q, min(limit, perKind))
		return err
	})
	hits := make([]ui.Hit, len(found))
	for i, f := range found {
		label, detail := f.Name, f.Also
		if f.Kind == "gap" { // what is wrong before whom it is wrong with
			label, detail = a.Gaps.Title(f.Also).In(p.Lang()), f.Name
		}
		if p.Customer == nil {
			detail = strings.TrimPrefix(detail+" · "+f.Customer, " · ")
		}
		hits[i] = ui.Hit{Kind: p.T(subject.Label(f.Kind)), Label: label, Detail: detail, Href: f.Href, Icon: iconOf(f.Kind)}
	}
	return hits, err
}

func (a *App) findPeople(ctx context.Context, p *ui.Page, actor permission.Actor, q string, limit int) ([]ui.Hit, error) {
	if !actor.May(permission.UserRead) {
		return nil, nil
	}
	found, err := a.Identity.Search(ctx, actor, web.Customer(p), q, limit)
	hits := make([]ui.Hit, len(found))
	for i, u := range found {
		hits[i] = ui.Hit{Kind: p.T("people.list"), Label: u.Name, Detail: u.Email, Href: "/people/" + u.ID, Icon: "user"}
	}
	return hits, err
}

func (a *App) findWebhooks(ctx context.Context, p *ui.Page, actor permission.Actor, q string, limit int) ([]ui.Hit, error) {
	if !actor.May(permission.WebhookRead) {
		return nil, nil
	}
	var rows []struct {
		ID       string  `db:"id"`
		Name     string  `db:"name"`
		Customer db.Null `db:"customer"`
	}
	slug := web.Customer(p)
	err := a.db.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		where, args := list.Words("w.name")(q)
		return tx.Select(ctx, &rows, `SELECT w.id, w.name, c.name AS customer FROM {webhook} w LEFT JOIN {customer} c ON c.id = w.customer_id
			WHERE (? = '' OR c.slug = ?) AND `+where+` ORDER BY w.name, w.id LIMIT ?`, slices.Concat([]any{slug, slug}, args, []any{limit})...)
	})
	hits := make([]ui.Hit, len(rows))
	for i, h := range rows {
		hits[i] = ui.Hit{Kind: p.T("webhook.list"), Label: h.Name, Detail: string(h.Customer), Href: "/webhooks/" + h.ID, Icon: "webhook"}
		if h.Customer == "" {
			hits[i].Detail = p.T("webhook.instance")
		}
	}
	return hits, err
}
