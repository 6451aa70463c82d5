package identity

import (
	"net/http"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// accountView is one's own account as the page shows it, with what was typed and refused.
type accountView struct {
	User
	sessions []Session
	factors  Factors
	passkeys bool // can be used by this address
	proven   bool // a passkey may be added now

	Name, Language, TimeZone, Theme string
	summary                         []ui.FieldFault
	errors                          map[string]string
}

func (h room) account(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.accountView(r, p, a)
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, accountPage(p, v))
	return nil
}

func (h room) accountView(r *http.Request, p *ui.Page, a permission.Actor) (v accountView, err error) {
	p.Title, p.Active = p.T("people.profile.title"), "account"
	if err := a.Require(permission.ProfileOwn); err != nil {
		return v, err
	}
	if v.User, err = h.s.User(r.Context(), a, a.ID); err != nil {
		return v, err
	}
	v.Name, v.Language, v.TimeZone, v.Theme = v.User.Name, v.User.Language, v.User.TimeZone, string(p.Theme)
	if v.sessions, err = h.s.Sessions(r.Context(), a, a.ID); err != nil {
		return v, err
	}
	if v.factors, err = h.s.Factors(r.Context(), a, a.ID); err != nil {
		return v, err
	}
	v.passkeys = h.s.PasskeysAt(site(r))
	v.proven, err = h.s.HasProof(r.Context(), a)
	return v, err
}

// refused draws the account again with what is wrong in one of its forms.
func (h room) refused(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, err error, typed func(*accountView)) error {
	summary, errors, ok := web.Faults(p, err, label(p))
	if !ok {
		var f *fault.Error
		if !isLimited(err, &f) {
			return err
		}
		summary = []ui.FieldFault{{Message: p.T(f.Key, f.Args)}}
	}
	v, verr := h.accountView(r, p, a)
	if verr != nil {
		return verr
	}
	if typed != nil {
		typed(&v)
	}
	v.summary, v.errors = summary, errors
	ui.Render(w, r, web.Status(err), accountPage(p, v))
	return nil
}

func (h room) changeAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	name, language, zone, theme := get("name"), get("language"), get("time_zone"), get("theme")
	if _, err := h.s.SetPreferences(r.Context(), a, Preferences{Name: &name, Language: &language, TimeZone: &zone, Theme: &theme}); err != nil {
		return h.refused(w, r, p, a, err, func(v *accountView) { v.Name, v.Language, v.TimeZone, v.Theme = name, language, zone, theme })
	}
	known := func(code string) bool { return languageName(p, code) != code }
	ui.Prefer(w, r, known, ui.Theme(theme), language)
	return web.Done(w, r, p, ui.AccountPath, p.T("people.profile.done"))
}

func (h room) changePassword(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := h.s.ChangePassword(r.Context(), a, r.PostFormValue("current_password"), r.PostFormValue("password")); err != nil {
		return h.refused(w, r, p, a, err, nil)
	}
	return web.Done(w, r, p, ui.AccountPath, p.T("people.profile.password_done"))
}

func (h room) signOutElsewhere(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	n, err := h.s.RevokeSessions(r.Context(), a, a.ID)
	if err != nil {
		return err
	}
	return web.Done(w, r, p, ui.AccountPath, p.N("people.session.ended", int(n)))
}
