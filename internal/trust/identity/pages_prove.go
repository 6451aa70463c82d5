package identity

import (
	"errors"
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// proveView is the page that asks once more who somebody is.
type proveView struct {
	next     string
	factors  Factors
	passkeys bool
	summary  []ui.FieldFault
	errors   map[string]string
	place    Elsewhere // where to sign in afresh instead; its name is empty for nowhere
}

// codeFirst tells whether a code is asked for before a sign-in elsewhere, so that a proof is never weaker than signing in.
func (v proveView) codeFirst() bool { return v.factors.any() && !v.place.Factor }

func (h room) proveForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.showProve(w, r, p, a, http.StatusOK, proveView{next: ui.LocalPath(r.URL.Query().Get("next"))})
}

func (h room) showProve(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, v proveView) error {
	if err := a.Require(permission.ProfileOwn); err != nil {
		return err
	}
	if err := h.fillProve(r, a, &v); err != nil {
		return err
	}
	p.Title = p.T("people.prove.title")
	ui.Render(w, r, status, provePage(p, v))
	return nil
}

func (h room) fillProve(r *http.Request, a permission.Actor, v *proveView) (err error) {
	v.passkeys = h.s.PasskeysAt(site(r))
	if h.s.Elsewhere != nil {
		v.place, _ = h.s.Elsewhere(r.Context(), a)
	}
	v.factors, err = h.s.Factors(r.Context(), a, a.ID)
	return err
}

func (h room) prove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v := proveView{next: ui.LocalPath(r.PostFormValue("next"))}
	if r.PostFormValue("elsewhere") != "" && h.s.ProveElsewhere != nil {
		if err := h.fillProve(r, a, &v); err != nil {
			return err
		}
		shown := ""
		if v.codeFirst() {
			var err error
			if shown, err = h.s.showCode(r.Context(), a, r.PostFormValue("code")); err != nil {
				return h.unproved(w, r, p, a, v, err)
			}
		}
		onward, err := h.s.ProveElsewhere(w, r, a, v.next, shown)
		if err != nil {
			return err
		}
		p.Title = p.T("people.prove.title")
		ui.Render(w, r, http.StatusOK, provingPage(p, onward))
		return nil
	}
	return h.proved(w, r, p, a, v, h.s.ProveByPassword(r.Context(), a, r.PostFormValue("password"), r.PostFormValue("code")))
}

// proved goes on to what the proof was for, or says why it is none.
func (h room) proved(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, v proveView, err error) error {
	if err == nil {
		ui.Redirect(w, r, v.next)
		return nil
	}
	return h.unproved(w, r, p, a, v, err)
}

func (h room) unproved(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, v proveView, err error) error {
	var f *fault.Error
	var ok bool
	if v.summary, v.errors, ok = web.Faults(p, err, label(p)); !ok {
		if !isLimited(err, &f) {
			return err
		}
		v.summary = []ui.FieldFault{{Message: p.T(f.Key, f.Args)}}
	}
	return h.showProve(w, r, p, a, web.Status(err), v)
}

// isLimited tells the fault of too many attempts, which forms show in words.
func isLimited(err error, f **fault.Error) bool {
	return errors.As(err, f) && (*f).Code == fault.Limited
}
