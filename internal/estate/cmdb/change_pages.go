package cmdb

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) changeList(p *ui.Page) web.Lister {
	return web.Lister{DB: h.s.db, Need: permission.CIRead, Spec: ChangeSpec, Customer: "k.slug"}
}

func (h pages) changes(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("estate.change.title"), "changes"
	l := h.changeList(p)
	if done, err := web.Download(w, r, p, a, l, "changes", Change.body); done {
		return err
	}
	found, err := web.ReadList[Change](r, p, a, l)
	if err != nil {
		return err
	}
	if err := h.tell(r.Context(), p, a, web.Customer(p), found.Items); err != nil {
		return err
	}
	values, err := h.facets(r, p, a)
	if err != nil {
		return err
	}
	kinds := []ui.Option{}
	for _, k := range ChangeKinds() {
		kinds = append(kinds, ui.Option{Value: string(k), Label: kindWord(p, k)})
	}
	found.Filters(
		ui.Filter{Name: "from", Label: p.T("estate.change.from")},
		ui.Filter{Name: "to", Label: p.T("estate.change.to")},
		ui.Filter{Name: "kind", Label: p.T("estate.change.kind"), Options: kinds},
		ui.Filter{Name: "type", Label: p.T("estate.ci.type"), Options: values.types},
		ui.Filter{Name: "account", Label: p.T("estate.ci.account"), Options: values.accounts},
		ui.Filter{Name: "region", Label: p.T("estate.ci.region"), Options: values.regions},
	)
	labels := map[string]string{"run": p.T("estate.change.run"), "field": p.T("estate.change.field"), "ci": p.T("estate.ci.kind"), "workload": p.T("estate.ci.workload")}
	for i, f := range found.List.Filter {
		if label := labels[f.Name]; label != "" {
			found.List.Filter[i].Label = label
		}
	}
	table := found.List
	table.ID, table.Label = "changes", p.Title
	table.Empty = ui.Empty{Title: p.T("estate.change.none"), Text: p.T("estate.change.none_text")}
	t := ui.NewTable(table, changeColumns(p), found.Items, func(c Change) ui.Row { return ui.Row{ID: c.ID, Href: "/cis/" + c.CIID + "/history", Name: c.CIName} })
	ui.Render(w, r, http.StatusOK, changesPage(p, t, spans(p)))
	return nil
}

// span is a stretch of time that ends now.
type span struct {
	label, href string
	on          bool
}

func spans(p *ui.Page) (out []span) {
	for _, days := range []int{1, 7, 30, 90} {
		from := p.Now().AddDate(0, 0, -days).UTC().Format(time.DateOnly)
		out = append(out, span{p.N("estate.change.days", days), p.With("from", from, "to", ""), p.Query.Get("from") == from && !p.Query.Has("to")})
	}
	return out
}

func changeColumns(p *ui.Page) []ui.Column[Change] {
	type column = ui.Column[Change]
	columns := []column{
		{Key: "ci", Label: p.T("estate.ci.kind"), Cell: func(c Change) templ.Component { return ui.Cut(c.CIName) }},
	}
	if wide(p) {
		columns = append(columns, column{Key: "customer_name", NoWrap: true, Label: p.T("estate.customer"), Cell: func(c Change) templ.Component { return ui.Text(web.CustomerName(p, c.Customer)) }})
	}
	return append(columns,
		column{Key: "type", Label: p.T("estate.ci.type"), Cell: func(c Change) templ.Component { return typeCell(p, c.CIType) }},
		column{Key: "kind", Label: p.T("estate.change.kind"), NoWrap: true, Cell: func(c Change) templ.Component { return ui.Text(kindWord(p, c.Kind)) }},
		column{Key: "field", Label: p.T("estate.change.field"), Cell: func(c Change) templ.Component { return ui.Either(p, fieldWord(p, c.changeRow)) }},
		column{Key: "before", Label: p.T("estate.change.before"), Cell: func(c Change) templ.Component { return valueCell(p, valueWord(p, c.changeRow, c.Before)) }},
		column{Key: "after", Label: p.T("estate.change.after"), Cell: func(c Change) templ.Component { return valueCell(p, valueWord(p, c.changeRow, c.After)) }},
		column{Key: "by", NoWrap: true, Label: p.T("estate.change.by"), Cell: func(c Change) templ.Component { return causeCell(p, c.changeRow) }},
		column{Key: "at", Label: p.T("estate.change.at"), Sort: true, NoWrap: true, Cell: func(c Change) templ.Component { return when(p, c.At) }},
	)
}

// history is the life of one CI, the newest first: what one run or person changed at one time stands together.
func (h pages) history(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.open(r, p, a, "history")
	if err != nil {
		return err
	}
	spec := ChangeSpec
	spec.Pass = append(spec.Pass, "customer")
	q, err := spec.Parse(p.Query)
	if err != nil {
		return err
	}
	q.Limit = 100
	page, err := h.s.History(r.Context(), a, v.ID, q)
	if err != nil {
		return err
	}
	if err := h.tell(r.Context(), p, a, v.Customer, page.Items); err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, recordPage(p, v, historyTab(p, moments(page.Items), page)))
	return nil
}

// moments puts changes of one time and one cause together.
func moments(changes []Change) (out [][]Change) {
	for _, c := range changes {
		if n := len(out); n > 0 {
			last := out[n-1][0]
			if last.RunID == c.RunID && last.ActorID == c.ActorID && last.At.Equal(c.At.Time) && last.Kind == c.Kind {
				out[n-1] = append(out[n-1], c)
				continue
			}
		}
		out = append(out, []Change{c})
	}
	return out
}

func entries(p *ui.Page, groups [][]Change) []ui.Entry {
	out := make([]ui.Entry, len(groups))
	for i, g := range groups {
		first := g[0]
		e := ui.Entry{Icon: changeIcon(first.Kind), Actor: first.ActorName, Text: kindWord(p, first.Kind), At: first.At.Time}
		for _, c := range g {
			if c.Field != "" {
				e.Changes = append(e.Changes, ui.Change{Field: fieldWord(p, c.changeRow), Before: valueWord(p, c.changeRow, c.Before), After: valueWord(p, c.changeRow, c.After)})
			}
		}
		if first.RunID != "" && leads(p, "/discovery") {
			e.Body = runLink(p, string(first.RunID))
		}
		out[i] = e
	}
	return out
}

func changeIcon(k ChangeKind) string {
	e := map[ChangeKind]ui.Entry{
		Created: {Icon: "plus"}, Changed: {Icon: "edit"}, Returned: {Icon: "refresh"}, BecameStale: {Icon: "eye-off"}, BecameGone: {Icon: "minus"},
		RelationAdded: {Icon: "link"}, RelationRemoved: {Icon: "unlink"},
	}[k]
	return e.Icon
}

type changePage = list.Page[Change]

// day is the date of a moment in the address, for a field that knows only dates.
func day(text string) string {
	if t, err := instant(text); err == nil {
		return t.Format(time.DateOnly)
	}
	return ""
}
