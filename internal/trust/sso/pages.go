package sso

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

const (
	signIn = identity.SignInPath
	home   = "/identity-providers"
)

// Pages hangs the pages of administrators on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /identity-providers":                           h.list,
		"GET /identity-providers/new":                       h.add,
		"POST /identity-providers/new":                      h.create,
		"GET /identity-providers/{id}":                      h.show,
		"POST /identity-providers/{id}/check":               h.check,
		"GET /identity-providers/{id}/edit":                 h.edit,
		"POST /identity-providers/{id}/edit":                h.change,
		"POST /identity-providers/{id}/remove":              h.remove,
		"GET /identity-providers/{id}/rules/new":            h.addRule,
		"POST /identity-providers/{id}/rules/new":           h.createRule,
		"GET /identity-providers/{id}/rules/{rule}":         h.editRule,
		"POST /identity-providers/{id}/rules/{rule}":        h.changeRule,
		"POST /identity-providers/{id}/rules/{rule}/remove": h.removeRule,
		"POST /people/{id}/unlink":                          h.unlink,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct{ s *Service }

// i18n: trust.role.*
func roleWord(p *ui.Page, r permission.Role) string { return p.T("trust.role." + string(r)) }

func state(p *ui.Page, on bool) templ.Component {
	if on {
		return ui.Status(ui.Good, p.T("sso.on"))
	}
	return ui.Status(ui.Off, p.T("sso.off"))
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("sso.list"), "sign-on"
	l := web.Lister{DB: h.s.db, Need: permission.SignOnRead, Spec: Spec}
	if !a.Scope().All() {
		l.Spec.Where = within
	}
	if done, err := web.Download(w, r, p, a, l, "identity-providers", func(row provider) Provider { return h.s.shown(row, nil, "") }); done {
		return err
	}
	found, err := web.ReadList[provider](r, p, a, l)
	if err != nil {
		return err
	}
	table := found.List
	table.ID, table.Label, table.Search = "identity-providers", p.Title, p.T("sso.search")
	may := a.May(permission.SignOnWrite)
	table.Empty = ui.Empty{Title: p.T("sso.none"), Text: p.T("sso.none_text")}
	if may {
		table.Empty.Action = ui.Link{Label: p.T("sso.add"), Href: home + "/new"}
	}
	var names map[string]string
	err = h.s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) (err error) {
		names, err = slugsOf(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	t := ui.NewTable(table, []ui.Column[provider]{
		{Key: "name", Label: p.T("sso.name"), Sort: true, Cell: func(v provider) templ.Component { return ui.Text(v.Name) }},
		{Key: "enabled", Label: p.T("sso.state"), NoWrap: true, Cell: func(v provider) templ.Component { return state(p, v.Enabled) }},
		{Key: "customer", Label: p.T("sso.customer"), Cell: func(v provider) templ.Component { return ui.Text(whose(p, names[string(v.CustomerID)])) }},
		{Key: "issuer", Label: p.T("sso.issuer"), Sort: true, Cell: func(v provider) templ.Component { return ui.Text(v.Issuer) }},
		{Key: "created_at", Label: p.T("sso.since"), Sort: true, NoWrap: true, Cell: func(v provider) templ.Component { return ui.When(p, v.CreatedAt.Time) }},
	}, found.Items, func(v provider) ui.Row { return ui.Row{ID: v.ID, Href: home + "/" + v.ID, Name: v.Name} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, may))
	return nil
}

// whose names the customer that a provider belongs to.
func whose(p *ui.Page, slug string) string {
	if slug == "" {
		return p.T("sso.instance")
	}
	return web.CustomerName(p, slug)
}

// view is a provider as its page shows it.
type view struct {
	Provider
	rules   []Rule
	write   bool
	checked *Checked
	more    templ.Component // of the directory
}

func (v view) path(rest string) string { return home + "/" + v.ID + rest }

func (v view) facts(p *ui.Page) []ui.Fact {
	role := p.T("sso.refuse")
	if v.DefaultRole != "" {
		role = roleWord(p, permission.Role(v.DefaultRole))
	}
	return []ui.Fact{
		{Label: p.T("sso.customer"), Value: ui.Text(whose(p, v.Customer))},
		{Label: p.T("sso.issuer"), Value: ui.Text(v.Issuer)},
		{Label: p.T("sso.client_id"), Value: ui.Code(v.ClientID)},
		{Label: p.T("sso.domains"), Value: ui.Either(p, strings.Join(v.Domains, ", "))},
		{Label: p.T("sso.groups_claim"), Value: ui.Code(v.GroupsClaim)},
		{Label: p.T("sso.default_role"), Value: ui.Text(role)},
		{Label: p.T("sso.second_factor"), Value: ui.Text(p.T("sso.factor." + v.SecondFactor))},
	}
}

// whom says to whose data a rule leads.
func (v view) whom(p *ui.Page, r Rule) string {
	if len(r.Customers) == 0 {
		return p.T("sso.all_customers")
	}
	names := make([]string, len(r.Customers))
	for i, slug := range r.Customers {
		names[i] = web.CustomerName(p, slug)
	}
	return strings.Join(names, ", ")
}

func (h pages) render(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, v view) error {
	var err error
	if v.Provider, err = h.s.Provider(r.Context(), a, r.PathValue("id")); err != nil {
		return err
	}
	if v.rules, err = h.s.Rules(r.Context(), a, v.ID); err != nil {
		return err
	}
	if h.s.Section != nil {
		if v.more, err = h.s.Section(r.Context(), p, a, v.Provider); err != nil {
			return err
		}
	}
	v.write = a.May(permission.SignOnWrite)
	p.Title, p.Active, p.Crumbs = v.Name, "sign-on", []ui.Link{{Label: p.T("sso.list"), Href: home}}
	ui.Render(w, r, http.StatusOK, providerPage(p, v))
	return nil
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.render(w, r, p, a, view{})
}

func (h pages) check(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.s.CheckProvider(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.render(w, r, p, a, view{checked: &c})
}
