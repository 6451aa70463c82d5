package sso

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.SignOnWrite); err != nil {
		return err
	}
	h.form(w, r, p, http.StatusOK, form{values: url.Values{"enabled": {"true"}, "groups_claim": {"groups"}, "second_factor": {factorAsk}, "scopes": {"openid email profile"}}}, nil)
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

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	f := form{values: r.PostForm}
	on := f.get("enabled") == "true"
	made, err := h.s.CreateProvider(r.Context(), a, NewProvider{Slug: strings.TrimSpace(f.get("slug")), Name: f.get("name"), Button: f.get("button"), Issuer: f.get("issuer"),
		ClientID: f.get("client_id"), ClientSecret: f.get("client_secret"), Scopes: words(f.get("scopes")), GroupsClaim: f.get("groups_claim"), Customer: f.get("customer"),
		Domains: words(f.get("domains")), DefaultRole: f.get("default_role"), SecondFactor: f.get("second_factor"), FactorValues: words(f.get("factor_values")), Enabled: &on})
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
		"second_factor": {v.SecondFactor}, "factor_values": {strings.Join(v.FactorValues, " ")},
		"enabled": {strconv.FormatBool(v.Enabled)}, "version": {strconv.FormatInt(v.Version, 10)}}}, &v)
	return nil
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.Provider(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	f := form{values: r.PostForm}
	on, held, scopes, values := f.get("enabled") == "true", words(f.get("domains")), words(f.get("scopes")), words(f.get("factor_values"))
	text := func(name string) *string { s := f.get(name); return &s }
	in := ChangeProvider{Name: text("name"), Button: text("button"), Issuer: text("issuer"), ClientID: text("client_id"), GroupsClaim: text("groups_claim"),
		DefaultRole: text("default_role"), SecondFactor: text("second_factor"), FactorValues: &values, Scopes: &scopes, Domains: &held, Enabled: &on}
	if f.get("client_secret") != "" {
		in.ClientSecret = text("client_secret")
	}
	if _, err := h.s.UpdateProvider(r.Context(), a, v.ID, web.Version(r), in); err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.form(w, r, p, web.Status(err), f, &v)
		return nil
	}
	return web.Done(w, r, p, home+"/"+v.ID, p.T("sso.done_edit"))
}

func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := h.s.DeleteProvider(r.Context(), a, r.PathValue("id"), web.Version(r)); err != nil {
		return err
	}
	return web.Done(w, r, p, home, p.T("sso.done_remove"))
}
