package identity

import (
	"net/http"
	"net/url"
	"slices"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// totpView is the page that adds an authenticator app.
type totpView struct {
	app     Authenticator
	picture picture
	summary []ui.FieldFault
	errors  map[string]string
}

// proven sends people to the proof that a change of factors needs; ok is false when it has answered.
func (h room) proven(w http.ResponseWriter, r *http.Request, a permission.Actor, next string) (ok bool, err error) {
	if ok, err = h.s.HasProof(r.Context(), a); err == nil && !ok {
		ui.Redirect(w, r, ProvePath+"?next="+url.QueryEscape(next))
	}
	return ok, err
}

func (h room) newTOTP(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if ok, err := h.proven(w, r, a, "/account/totp"); !ok {
		return err
	}
	return h.showTOTP(w, r, p, a, http.StatusOK, totpView{})
}

func (h room) showTOTP(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, v totpView) (err error) {
	if v.app, err = h.s.BeginTOTP(r.Context(), a); err == nil {
		v.picture, err = draw(v.app.URI)
	}
	if err != nil {
		return web.Refused(w, r, p, ui.AccountPath, err)
	}
	p.Title = p.T("people.factor.add_totp")
	p.Crumbs = []ui.Link{{Label: p.T("people.profile.title"), Href: ui.AccountPath}}
	w.Header().Set("Cache-Control", "no-store")
	ui.Render(w, r, status, totpPage(p, v))
	return nil
}

func (h room) addTOTP(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if ok, err := h.proven(w, r, a, "/account/totp"); !ok {
		return err
	}
	codes, err := h.s.ConfirmTOTP(r.Context(), a, r.PostFormValue("code"))
	if err != nil {
		var v totpView
		var ok bool
		if v.summary, v.errors, ok = web.Faults(p, err, label(p)); !ok {
			return err
		}
		return h.showTOTP(w, r, p, a, web.Status(err), v)
	}
	return h.added(w, r, p, codes)
}

// added shows the recovery codes of a first factor, once, or goes back to the account.
func (h room) added(w http.ResponseWriter, r *http.Request, p *ui.Page, codes []string) error {
	if codes == nil {
		return web.Done(w, r, p, ui.AccountPath, p.T("people.factor.added"))
	}
	p.Title = p.T("people.factor.codes_title")
	p.Crumbs = []ui.Link{{Label: p.T("people.profile.title"), Href: ui.AccountPath}}
	w.Header().Set("Cache-Control", "no-store")
	ui.Render(w, r, http.StatusOK, codesPage(p, codes))
	return nil
}

func (h room) removeTOTP(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if ok, err := h.proven(w, r, a, ui.AccountPath); !ok {
		return err
	}
	return h.gone(w, r, p, h.s.RemoveTOTP(r.Context(), a))
}

func (h room) gone(w http.ResponseWriter, r *http.Request, p *ui.Page, err error) error {
	if err != nil && !fault.Is(err, fault.NotFound) {
		return web.Refused(w, r, p, ui.AccountPath, err)
	}
	return web.Done(w, r, p, ui.AccountPath, p.T("people.factor.removed"))
}

func (h room) renewRecovery(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if ok, err := h.proven(w, r, a, ui.AccountPath); !ok {
		return err
	}
	codes, err := h.s.RenewRecovery(r.Context(), a)
	if err != nil {
		return web.Refused(w, r, p, ui.AccountPath, err)
	}
	return h.added(w, r, p, codes)
}

func (h room) askNewPasskey(w http.ResponseWriter, r *http.Request, _ *ui.Page, a permission.Actor) error {
	c, err := h.s.AskNewPasskey(r.Context(), a, site(r))
	if err != nil {
		return err
	}
	return writeJSON(w, c)
}

func (h room) addPasskey(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if ok, err := h.proven(w, r, a, ui.AccountPath); !ok {
		return err
	}
	codes, err := h.s.AddPasskey(r.Context(), a, site(r), answer(r))
	if err != nil {
		return web.Refused(w, r, p, ui.AccountPath, err)
	}
	return h.added(w, r, p, codes)
}

func (h room) removePasskey(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if ok, err := h.proven(w, r, a, ui.AccountPath); !ok {
		return err
	}
	return h.gone(w, r, p, h.s.RemovePasskey(r.Context(), a, r.PostFormValue("id")))
}

func (h room) askProof(w http.ResponseWriter, r *http.Request, _ *ui.Page, a permission.Actor) error {
	c, err := h.s.AskProof(r.Context(), a, site(r))
	if err != nil {
		return err
	}
	return writeJSON(w, c)
}

func (h room) proveByPasskey(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v := proveView{next: ui.LocalPath(r.PostFormValue("next"))}
	return h.proved(w, r, p, a, v, h.s.ProveByPasskey(r.Context(), a, site(r), answer(r)))
}

func (h room) resetFactors(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	u, err := h.posted(w, r, p, a)
	if err != nil {
		return err
	}
	if err := h.s.ResetFactors(r.Context(), a, u.ID); err != nil {
		return web.Refused(w, r, p, "/people/"+u.ID, err)
	}
	return web.Done(w, r, p, "/people/"+u.ID, p.T("people.factor.reset_done"))
}

func (h room) rules(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	rules, err := h.s.FactorRules(r.Context(), a)
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("people.rule.title"), "people"
	p.Crumbs = []ui.Link{{Label: p.T("people.list"), Href: "/people"}}
	var chosen []string
	var options []ui.Option
	for _, rule := range rules {
		options = append(options, ui.Option{Value: string(rule.Role), Label: roleWord(p, rule.Role)})
		if rule.Required {
			chosen = append(chosen, string(rule.Role))
		}
	}
	ui.Render(w, r, http.StatusOK, rulesPage(p, options, chosen, a.Scope().All()))
	return nil
}

func (h room) setRules(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	var required []permission.Role
	for _, role := range permission.Roles() {
		if slices.Contains(r.PostForm["role"], string(role)) {
			required = append(required, role)
		}
	}
	if _, err := h.s.SetFactorRules(r.Context(), a, required); err != nil {
		return err
	}
	return web.Done(w, r, p, "/sign-in-rules", p.T("people.rule.done"))
}

func (h room) endGlass(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	err := h.s.EndGlass(r.Context(), a, r.PostFormValue("id"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return web.Done(w, r, p, "/people", p.T("people.glass.ended"))
}
