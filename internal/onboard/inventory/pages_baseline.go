package inventory

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("inventory.baseline.many"), "inventory-review"
	l := web.Lister{DB: h.s.db, Need: permission.BaselineRead, Spec: Spec, Customer: "k.slug", Live: "baseline"}
	if done, err := web.Download(w, r, p, a, l, "baselines", func(b Shown) Shown { return b }); done {
		return err
	}
	found, err := web.ReadList[Shown](r, p, a, l)
	if err != nil {
		return err
	}
	t := found.List
	t.ID, t.Label, t.Search = "baselines", p.Title, p.T("inventory.baseline.search")
	t.Empty = ui.Empty{Title: p.T("inventory.baseline.empty"), Text: p.T("inventory.baseline.empty_text")}
	may := a.May(permission.BaselineWrite)
	if may {
		t.Empty.Action = ui.Link{Label: p.T("inventory.baseline.add"), Href: "/baselines/new"}
	}
	columns := []ui.Column[Shown]{{Key: "name", Label: p.T("inventory.baseline.name"), Cell: func(b Shown) templ.Component { return ui.Text(b.Name) }}}
	if p.Customer == nil {
		columns = append(columns, ui.Column[Shown]{Key: "customer", Label: p.T("register.common.customer"), Cell: func(b Shown) templ.Component {
			return ui.Anchor("/customers/"+b.Customer, web.CustomerName(p, b.Customer))
		}})
	}
	columns = append(columns,
		ui.Column[Shown]{Key: "taken_at", Label: p.T("inventory.baseline.taken_at"), Sort: true, NoWrap: true, Cell: func(b Shown) templ.Component { return ui.When(p, b.TakenAt.Time) }},
		ui.Column[Shown]{Key: "taken_by", Label: p.T("inventory.baseline.taken_by"), Cell: func(b Shown) templ.Component { return ui.Text(b.TakenBy) }},
		ui.Column[Shown]{Key: "cis", Label: p.T("inventory.baseline.cis"), Number: true, Cell: func(b Shown) templ.Component { return ui.Text(p.Number(int(b.CIs))) }},
		ui.Column[Shown]{Key: "note", Label: p.T("inventory.baseline.note"), Extra: true, Cell: func(b Shown) templ.Component { return ui.Cut(b.Note) }})
	table := ui.NewTable(t, columns, found.Items, func(b Shown) ui.Row { return ui.Row{ID: b.ID, Href: "/baselines/" + b.ID, Name: b.Name} })
	ui.Render(w, r, http.StatusOK, listPage(p, table, may))
	return nil
}

func (h pages) fresh(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.BaselineWrite); err != nil {
		return err
	}
	return h.form(w, r, p, http.StatusOK, NewBaseline{}, nil, nil)
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, in NewBaseline, summary []ui.FieldFault, errors map[string]string) error {
	p.Title, p.Active = p.T("inventory.baseline.add"), "inventory-review"
	p.Crumbs = []ui.Link{{Label: p.T("inventory.baseline.many"), Href: "/baselines"}}
	customer := web.Chosen(r, p)
	if customer == "" {
		ui.Render(w, r, status, ui.ChooseCustomerPage(p, "/baselines/new"))
		return nil
	}
	ui.Render(w, r, status, formPage(p, customer, in, summary, errors))
	return nil
}

func (h pages) freeze(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.BaselineWrite); err != nil {
		return err
	}
	in := NewBaseline{Customer: web.Chosen(r, p), Name: r.PostFormValue("name"), Note: r.PostFormValue("note")}
	b, err := h.s.Freeze(r.Context(), a, in)
	if err != nil {
		summary, errors, ok := web.Faults(p, err, func(field string) string {
			return p.Or("inventory.baseline."+field, p.Or("register.common."+field, field))
		})
		if !ok {
			return err
		}
		return h.form(w, r, p, web.Status(err), in, summary, errors)
	}
	return web.Done(w, r, p, "/baselines/"+b.ID, p.T("inventory.baseline.done", "name", b.Name))
}

// view is a baseline as its page shows it.
type view struct {
	Shown
	comparison Comparison
	others     []Shown
	activity   web.Activity
	may        bool
}

// named is how many CIs of each part of a difference the page names; the API gives all.
const named = 200

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	b, err := h.s.Baseline(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := web.Belongs(p, b.Customer); err != nil {
		return err
	}
	v := view{Shown: b, may: a.May(permission.BaselineWrite)}
	if v.comparison, err = h.s.CompareWith(r.Context(), a, b.ID, p.Query.Get("with")); err != nil {
		return err
	}
	q := Spec.All().Where("b.customer_id = ? AND b.id <> ?", b.CustomerID, b.ID)
	q.Limit = 50
	others, err := h.s.Baselines(r.Context(), a, q)
	if err != nil {
		return err
	}
	v.others = others.Items
	if v.activity, err = h.shell.Around(r, p, a, "baseline", b.ID); err != nil {
		return err
	}
	p.Title, p.Active = b.Name, "inventory-review"
	p.Crumbs = []ui.Link{{Label: p.T("inventory.baseline.many"), Href: "/baselines"}}
	ui.Render(w, r, http.StatusOK, baselinePage(p, v))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	return []ui.Fact{
		{Label: p.T("register.common.customer"), Value: ui.Anchor(p.In("/customers/"+v.Customer), web.CustomerName(p, v.Customer))},
		{Label: p.T("inventory.baseline.taken_at"), Value: ui.Exactly(p, v.TakenAt.Time)},
		{Label: p.T("inventory.baseline.taken_by"), Value: ui.Text(v.TakenBy)},
		{Label: p.T("inventory.baseline.cis"), Value: ui.Text(p.Number(int(v.CIs)))},
		{Label: p.T("inventory.baseline.hash"), Value: ui.Code(v.Hash[:16])},
	}
}

func (v view) doomed(p *ui.Page) ui.Doomed {
	return ui.Doomed{ID: "discard", Title: p.T("inventory.baseline.discard_title", "name", v.Name), Text: p.T("inventory.baseline.discard_text"), Things: []string{p.N("inventory.baseline.of_cis", int(v.CIs))},
		Action: p.In("/baselines/" + v.ID + "/discard"), Confirm: p.T("inventory.baseline.discard"), Hidden: []ui.TagPair{{Key: "version", Value: strconv.Itoa(unchanged)}}}
}

func (h pages) discard(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	b, err := h.s.Baseline(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := web.Belongs(p, b.Customer); err != nil {
		return err
	}
	if err := h.s.Discard(r.Context(), a, b.ID, web.Version(r)); err != nil {
		return err
	}
	return web.Done(w, r, p, "/baselines", p.T("inventory.baseline.discarded", "name", b.Name))
}

// typeWord names a type of CI.
func typeWord(p *ui.Page, typ string) string {
	return p.Or(collect.TypeKey(typ), collect.TypeWords(typ))
}

// part is one part of a difference.
type part struct {
	title string
	items []Item
}

func (v view) parts(p *ui.Page) []part {
	d := v.comparison.Difference
	return []part{{p.N("inventory.compare.added", len(d.Added)), d.Added}, {p.N("inventory.compare.gone", len(d.Gone)), d.Gone}, {p.N("inventory.compare.changed", len(d.Changed)), d.Changed}}
}

func cut(items []Item) []Item { return items[:min(len(items), named)] }
