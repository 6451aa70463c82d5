package transfer

import (
	"net/http"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func stateOf(p *ui.Page, s State) templ.Component {
	tone := map[State]ui.Tone{Requested: ui.Soon, Ordered: ui.Busy, Done: ui.Off, Cancelled: ui.Off}[s]
	return ui.Status(tone, p.T("transfer.state."+string(s))) // i18n: transfer.state.*
}

func (h pages) removals(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := mayRemove(a); err != nil {
		return err
	}
	p.Title, p.Active = p.T("transfer.removal.list"), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("transfer.customers"), Href: "/customers"}}
	found, err := web.ReadList[removal](r, p, a, web.Lister{DB: h.s.DB, Need: permission.CustomerRemove, Spec: RemovalSpec})
	if err != nil {
		return err
	}
	var states []ui.Option
	for _, s := range States() {
		states = append(states, ui.Option{Value: string(s), Label: p.T("transfer.state." + string(s))})
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("transfer.removal.state"), Options: states})
	table := found.List
	table.ID, table.Label, table.Export = "removals", p.Title, false
	table.Empty = ui.Empty{Title: p.T("transfer.removal.none"), Text: p.T("transfer.removal.none_text")}
	t := ui.NewTable(table, []ui.Column[removal]{
		{Key: "name", Label: p.T("transfer.removal.customer"), Cell: func(r removal) templ.Component { return ui.Text(r.Name) }},
		{Key: "slug", Label: p.T("transfer.import.slug"), Sort: true, Cell: func(r removal) templ.Component { return ui.Code(r.Slug) }},
		{Key: "state", Label: p.T("transfer.removal.state"), NoWrap: true, Cell: func(r removal) templ.Component { return stateOf(p, r.State) }},
		{Key: "requested_at", Label: p.T("transfer.removal.requested"), Sort: true, NoWrap: true, Cell: func(r removal) templ.Component { return ui.When(p, r.RequestedAt.Time) }},
		{Key: "ordered_by", Label: p.T("transfer.removal.signed_by"), Cell: func(r removal) templ.Component { return ui.Either(p, r.OrderedBy) }},
	}, found.Items, func(r removal) ui.Row { return ui.Row{ID: r.ID, Href: "/customer-removals/" + r.ID, Name: r.Name} })
	ui.Render(w, r, http.StatusOK, removalsPage(p, t))
	return nil
}

func (h pages) removal(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.Removal(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("transfer.removal.title", "name", v.Name), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("transfer.customers"), Href: "/customers"}, {Label: p.T("transfer.removal.list"), Href: "/customer-removals"}}
	ui.Render(w, r, http.StatusOK, removalPage(p, v))
	return nil
}

func (h pages) cancel(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	at := "/customer-removals/" + r.PathValue("id")
	if _, err := h.s.CancelRemoval(r.Context(), a, r.PathValue("id")); err != nil {
		return web.Refused(w, r, p, at, err)
	}
	return web.Done(w, r, p, at, p.T("transfer.removal.done_cancel"))
}

func (v Removal) facts(p *ui.Page) []ui.Fact {
	digest := ui.None(p)
	if v.ExportDigest != "" {
		digest = ui.Code(v.ExportDigest)
	}
	return []ui.Fact{
		{Label: p.T("transfer.import.slug"), Value: ui.Code(v.Slug)},
		{Label: p.T("transfer.removal.reason"), Value: ui.Text(v.Reason)},
		{Label: p.T("transfer.removal.digest"), Value: digest},
		{Label: p.T("transfer.removal.requested"), Value: ui.Exactly(p, v.RequestedAt.Time)},
		{Label: p.T("transfer.removal.requested_by"), Value: ui.Text(v.RequestedBy)},
		{Label: p.T("transfer.removal.signed_by"), Value: ui.Either(p, v.OrderedBy)},
		{Label: p.T("transfer.removal.ended"), Value: ui.Exactly(p, v.FinishedAt.Time)},
	}
}
