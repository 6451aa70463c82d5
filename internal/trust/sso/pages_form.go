package sso

import (
	"net/url"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

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
	case "second_factor":
		return p.T("sso.second_factor")
	case "factor_values":
		return p.T("sso.factor_values")
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

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\r' || r == '\t' || r == ';' })
}

func factorOptions(p *ui.Page) (out []ui.Option) {
	for _, m := range factorModes() {
		out = append(out, ui.Option{Value: m, Label: p.T("sso.factor." + m)})
	}
	return out
}
