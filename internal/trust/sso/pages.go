package sso

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

func versionOf(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// form is a form as it was typed.
type form struct {
	action, back string
	values       url.Values
	customers    []ui.Option
	roles        []ui.Option
	has          bool // a secret is kept
	summary      []ui.FieldFault
	errors       map[string]string
}

func (f form) get(name string) string { return f.values.Get(name) }

func (f form) field(_ *ui.Page, name, label, help string, required bool) ui.Field {
	return ui.Field{Name: name, Label: label, Help: help, Required: required, Value: f.get(name), Error: f.errors[name], Autocomplete: "off"}
}

func (f form) choice(_ *ui.Page, name, label, help string, options []ui.Option) ui.Field {
	return ui.Field{Name: name, Label: label, Help: help, Value: f.get(name), Error: f.errors[name], Options: options}
}

func (f form) needed(field ui.Field) ui.Field {
	field.Required = true
	return field
}

// secret is empty whatever is kept: leaving it so keeps it.
func (f form) secret(p *ui.Page, fresh bool) ui.Field {
	help := p.T("sso.secret_help")
	if !fresh && f.has {
		help = p.T("sso.secret_kept")
	}
	return ui.Field{Name: "client_secret", Label: p.T("sso.secret"), Help: help, Type: "password", Autocomplete: "new-password", Error: f.errors["client_secret"]}
}

func (f *form) refuse(p *ui.Page, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return label(p, field) })
	return ok
}

func label(p *ui.Page, field string) string {
	switch field {
	case "slug":
		return p.T("sso.slug")
	case "customer":
		return p.T("sso.customer")
	case "customers":
		return p.T("sso.customers")
	case "issuer":
		return p.T("sso.issuer")
	case "client_id":
		return p.T("sso.client_id")
	case "client_secret":
		return p.T("sso.secret")
	case "domains":
		return p.T("sso.domains")
	case "groups_claim":
		return p.T("sso.groups_claim")
	case "scopes":
		return p.T("sso.scopes")
	case "default_role":
		return p.T("sso.default_role")
	case "button":
		return p.T("sso.button")
	case "group":
		return p.T("sso.group")
	case "role":
		return p.T("sso.role")
	case "position":
		return p.T("sso.position")
	}
	return p.T("sso.name")
}

func roleOptions(p *ui.Page, ofCustomer bool, only func(permission.Role) bool) (out []ui.Option) {
	for _, r := range Roles(ofCustomer) {
		if only == nil || only(r) {
			out = append(out, ui.Option{Value: string(r), Label: roleWord(p, r)})
		}
	}
	return out
}

func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.SignOnWrite); err != nil {
		return err
	}
	h.form(w, r, p, http.StatusOK, form{values: url.Values{"enabled": {"true"}, "groups_claim": {"groups"}, "scopes": {"openid email profile"}}}, nil)
	return nil
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f form, of *Provider) {
	p.Active, p.Crumbs = "sign-on", []ui.Link{{Label: p.T("sso.list"), Href: home}}
	for _, c := range p.Customers {
		f.customers = append(f.customers, ui.Option{Value: c.Slug, Label: c.Name})
	}
	if of == nil {
		p.Title, f.action, f.back, f.roles = p.T("sso.add"), home+"/new", home, roleOptions(p, false, nil)
	} else {
		ofCustomer := of.Customer != ""
		p.Title, f.action, f.back = p.T("sso.edit_title", "name", of.Name), home+"/"+of.ID+"/edit", home+"/"+of.ID
		f.has, f.roles = of.HasSecret, roleOptions(p, ofCustomer, func(r permission.Role) bool { return ofCustomer || !r.Customer() })
	}
	ui.Render(w, r, status, formPage(p, f, of == nil))
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\r' || r == '\t' || r == ';' })
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	f := form{values: r.PostForm}
	on := f.get("enabled") == "true"
	made, err := h.s.CreateProvider(r.Context(), a, NewProvider{Slug: strings.TrimSpace(f.get("slug")), Name: f.get("name"), Button: f.get("button"), Issuer: f.get("issuer"),
		ClientID: f.get("client_id"), ClientSecret: f.get("client_secret"), Scopes: words(f.get("scopes")), GroupsClaim: f.get("groups_claim"), Customer: f.get("customer"),
		Domains: words(f.get("domains")), DefaultRole: f.get("default_role"), Enabled: &on})
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.form(w, r, p, web.Status(err), f, nil)
		return nil
	}
	return web.Done(w, r, p, home+"/"+made.ID, p.T("sso.done_add", "name", made.Name))
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.Provider(r.Context(), a, r.PathValue("id"))
	if err == nil {
		err = a.Require(permission.SignOnWrite)
	}
	if err != nil {
		return err
	}
	h.form(w, r, p, http.StatusOK, form{values: url.Values{"name": {v.Name}, "issuer": {v.Issuer}, "client_id": {v.ClientID}, "domains": {strings.Join(v.Domains, "\n")},
		"groups_claim": {v.GroupsClaim}, "scopes": {strings.Join(v.Scopes, " ")}, "default_role": {v.DefaultRole}, "button": {v.Button},
		"enabled": {strconv.FormatBool(v.Enabled)}, "version": {strconv.FormatInt(v.Version, 10)}}}, &v)
	return nil
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.Provider(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	f := form{values: r.PostForm}
	on, held, scopes := f.get("enabled") == "true", words(f.get("domains")), words(f.get("scopes"))
	text := func(name string) *string { s := f.get(name); return &s }
	in := ChangeProvider{Name: text("name"), Button: text("button"), Issuer: text("issuer"), ClientID: text("client_id"), GroupsClaim: text("groups_claim"),
		DefaultRole: text("default_role"), Scopes: &scopes, Domains: &held, Enabled: &on}
	if f.get("client_secret") != "" {
		in.ClientSecret = text("client_secret")
	}
	if _, err := h.s.UpdateProvider(r.Context(), a, v.ID, versionOf(r), in); err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.form(w, r, p, web.Status(err), f, &v)
		return nil
	}
	return web.Done(w, r, p, home+"/"+v.ID, p.T("sso.done_edit"))
}

func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	if err := h.s.DeleteProvider(r.Context(), a, r.PathValue("id"), versionOf(r)); err != nil {
		return err
	}
	return web.Done(w, r, p, home, p.T("sso.done_remove"))
}

func (h pages) ruleForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, v Provider, rule string, f form) {
	p.Active, p.Crumbs = "sign-on", []ui.Link{{Label: p.T("sso.list"), Href: home}, {Label: v.Name, Href: home + "/" + v.ID}}
	f.back, f.roles = home+"/"+v.ID, roleOptions(p, v.Customer != "", nil)
	if v.Customer == "" {
		f.customers = []ui.Option{{}} // the field is shown
	}
	remove := ""
	p.Title, f.action = p.T("sso.rule_add"), f.back+"/rules/new"
	if rule != "" {
		p.Title, f.action = p.T("sso.rule_edit"), f.back+"/rules/"+rule
		remove = f.action + "/remove"
	}
	ui.Render(w, r, status, rulePage(p, f, remove))
}

func (h pages) addRule(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.Provider(r.Context(), a, r.PathValue("id"))
	if err == nil {
		err = a.Require(permission.SignOnWrite)
	}
	if err != nil {
		return err
	}
	h.ruleForm(w, r, p, http.StatusOK, v, "", form{values: url.Values{}})
	return nil
}

func (h pages) createRule(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.Provider(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	f := form{values: r.PostForm}
	_, err = h.s.CreateRule(r.Context(), a, NewRule{Provider: v.ID, Position: number(f.get("position")), Group: f.get("group"), Role: f.get("role"), Customers: words(f.get("customers"))})
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.ruleForm(w, r, p, web.Status(err), v, "", f)
		return nil
	}
	return web.Done(w, r, p, home+"/"+v.ID, p.T("sso.done_rule"))
}

// number reads a position; what is none is one that is refused.
func number(text string) int64 {
	if strings.TrimSpace(text) == "" {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// rule reads a rule of the provider in the address.
func (h pages) rule(r *http.Request, a permission.Actor) (Provider, Rule, error) {
	v, err := h.s.Provider(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return v, Rule{}, err
	}
	all, err := h.s.Rules(r.Context(), a, v.ID)
	if err != nil {
		return v, Rule{}, err
	}
	at := slices.IndexFunc(all, func(x Rule) bool { return x.ID == r.PathValue("rule") })
	if at < 0 {
		_, err := h.s.Rule(r.Context(), a, "")
		return v, Rule{}, err
	}
	return v, all[at], nil
}

func (h pages) editRule(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, rule, err := h.rule(r, a)
	if err == nil {
		err = a.Require(permission.SignOnWrite)
	}
	if err != nil {
		return err
	}
	h.ruleForm(w, r, p, http.StatusOK, v, rule.ID, form{values: url.Values{"group": {rule.Group}, "role": {string(rule.Role)}, "customers": {strings.Join(rule.Customers, ", ")},
		"position": {strconv.FormatInt(rule.Position, 10)}, "version": {strconv.FormatInt(rule.Version, 10)}}})
	return nil
}

func (h pages) changeRule(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, rule, err := h.rule(r, a)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	f := form{values: r.PostForm}
	group, role, customers, position := f.get("group"), f.get("role"), words(f.get("customers")), number(f.get("position"))
	if _, err := h.s.UpdateRule(r.Context(), a, rule.ID, versionOf(r), ChangeRule{Position: &position, Group: &group, Role: &role, Customers: &customers}); err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.ruleForm(w, r, p, web.Status(err), v, rule.ID, f)
		return nil
	}
	return web.Done(w, r, p, home+"/"+v.ID, p.T("sso.done_rule"))
}

func (h pages) removeRule(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, rule, err := h.rule(r, a)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	if err := h.s.DeleteRule(r.Context(), a, rule.ID, versionOf(r)); err != nil {
		return err
	}
	return web.Done(w, r, p, home+"/"+v.ID, p.T("sso.done_rule_remove"))
}
