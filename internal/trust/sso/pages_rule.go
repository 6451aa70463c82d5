package sso

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

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
	f := form{values: r.PostForm}
	group, role, customers, position := f.get("group"), f.get("role"), words(f.get("customers")), number(f.get("position"))
	if _, err := h.s.UpdateRule(r.Context(), a, rule.ID, web.Version(r), ChangeRule{Position: &position, Group: &group, Role: &role, Customers: &customers}); err != nil {
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
	if err := h.s.DeleteRule(r.Context(), a, rule.ID, web.Version(r)); err != nil {
		return err
	}
	return web.Done(w, r, p, home+"/"+v.ID, p.T("sso.done_rule_remove"))
}
