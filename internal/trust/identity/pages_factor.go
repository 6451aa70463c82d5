package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rsc.io/qr"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// The places of the second step of signing in.
const (
	FactorPath  = "/sign-in/factor"
	PasskeyPath = "/sign-in/passkey"
)

func (s *Service) stepCookie() string { return s.cookieName() + "-step" }

// setStep keeps the secret of a sign-in that is under way; empty takes it away.
func (s *Service) setStep(w http.ResponseWriter, secret string) {
	c := &http.Cookie{Name: s.stepCookie(), Value: secret, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(pendingFor.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func (s *Service) stepSecret(r *http.Request) string {
	c, err := r.Cookie(s.stepCookie())
	if err != nil {
		return ""
	}
	return c.Value
}

func visit(s *Service, r *http.Request) Visit {
	return Visit{Address: Address(r), Agent: r.UserAgent(), Session: s.sessionSecret(r)}
}

func site(r *http.Request) Site { return Site(r.Host) }

func answer(r *http.Request) Answer {
	return Answer{Challenge: r.PostFormValue("challenge"), Credential: r.PostFormValue("credential"), Name: r.PostFormValue("name")}
}

// factorView is the second step: a code or a passkey, or the enrolment of one.
type factorView struct {
	next     string
	pending  Pending
	app      Authenticator // to enrol
	picture  picture
	passkeys bool // can be used by this address
	summary  []ui.FieldFault
	errors   map[string]string
}

// picture is a QR code: the path of its dark squares, and its size.
type picture struct{ Path, Box string }

// draw makes the picture of a text.
func draw(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return picture{}, err
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > start {
				b.WriteString("M" + strconv.Itoa(start) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(x-start) + "v1h-" + strconv.Itoa(x-start) + "z")
			}
		}
	}
	side := strconv.Itoa(code.Size + 8)
	return picture{b.String(), "-4 -4 " + side + " " + side}, nil
}

func (h pages) factor(w http.ResponseWriter, r *http.Request) {
	h.showFactor(w, r, http.StatusOK, factorView{next: ui.LocalPath(r.URL.Query().Get("next"))})
}

func (h pages) showFactor(w http.ResponseWriter, r *http.Request, status int, v factorView) {
	p := h.open(w, r)
	var err error
	if v.pending, err = h.s.PendingSignIn(r.Context(), h.s.stepSecret(r)); err != nil {
		h.again(w, r, err, v.next)
		return
	}
	v.passkeys = h.s.PasskeysAt(site(r))
	p.Title = p.T("people.factor.title")
	if v.pending.Stage == Enrol {
		p.Title = p.T("people.factor.enrol_title")
		if v.app, err = h.s.EnrolTOTP(r.Context(), h.s.stepSecret(r)); err == nil {
			v.picture, err = draw(v.app.URI)
		}
		if err != nil {
			h.again(w, r, err, v.next)
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	ui.Render(w, r, status, factorPage(p, v))
}

// again begins the sign-in anew, when a step cannot go on.
func (h pages) again(w http.ResponseWriter, r *http.Request, err error, next string) {
	if !fault.Is(err, fault.Unauthorized) {
		h.log.ErrorContext(r.Context(), "sign in", "path", r.URL.Path, "error", err)
	}
	h.s.setStep(w, "")
	ui.Redirect(w, r, SignInPath+"?again=1&next="+url.QueryEscape(next))
}

// useFactor takes the code of either kind of step.
func (h pages) useFactor(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	v := factorView{next: ui.LocalPath(r.PostFormValue("next"))}
	step := h.s.stepSecret(r)
	p, err := h.s.PendingSignIn(r.Context(), step)
	if err != nil {
		h.again(w, r, err, v.next)
		return
	}
	var secret string
	var codes []string
	if p.Stage == Enrol {
		secret, codes, err = h.s.EnrolByCode(r.Context(), step, r.PostFormValue("code"), visit(h.s, r))
	} else {
		secret, err = h.s.SignInByCode(r.Context(), step, r.PostFormValue("code"), visit(h.s, r))
	}
	h.finished(w, r, v, secret, codes, err)
}

// finished ends the second step: with a session, or with what was wrong.
func (h pages) finished(w http.ResponseWriter, r *http.Request, v factorView, secret string, codes []string, err error) {
	switch {
	case err == nil:
		h.s.setStep(w, "")
		h.s.setCookie(w, secret)
		if codes == nil {
			ui.Redirect(w, r, v.next)
			return
		}
		p := h.open(w, r)
		p.Title = p.T("people.factor.codes_title")
		w.Header().Set("Cache-Control", "no-store")
		ui.Render(w, r, http.StatusOK, firstCodesPage(p, codes, v.next))
	case fault.Is(err, fault.Unauthorized):
		h.again(w, r, err, v.next)
	default:
		p := h.open(w, r)
		var ok bool
		if v.summary, v.errors, ok = web.Faults(p, err, label(p)); !ok {
			h.broken(w, r, err, func(_ int, text string) { v.summary = []ui.FieldFault{{Message: text}} })
		}
		h.showFactor(w, r, web.Status(err), v)
	}
}

// writeJSON answers a script.
func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(v)
}

func (h pages) challenge(w http.ResponseWriter, r *http.Request, c Challenge, err error) {
	if err != nil {
		if !isFault(err) {
			h.log.ErrorContext(r.Context(), "ask a passkey", "error", err)
		}
		http.Error(w, http.StatusText(web.Status(err)), web.Status(err))
		return
	}
	if err := writeJSON(w, c); err != nil {
		h.log.WarnContext(r.Context(), "ask a passkey", "error", err)
	}
}

func isFault(err error) bool {
	var f *fault.Error
	return errors.As(err, &f)
}

func (h pages) askPasskey(w http.ResponseWriter, r *http.Request) {
	c, err := h.s.AskPasskey(r.Context(), site(r))
	h.challenge(w, r, c, err)
}

func (h pages) askFactor(w http.ResponseWriter, r *http.Request) {
	c, err := h.s.AskPendingPasskey(r.Context(), site(r), h.s.stepSecret(r))
	h.challenge(w, r, c, err)
}

func (h pages) finishByPasskey(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	v := factorView{next: ui.LocalPath(r.PostFormValue("next"))}
	secret, codes, err := h.s.FinishByPasskey(r.Context(), site(r), h.s.stepSecret(r), answer(r), visit(h.s, r))
	h.finished(w, r, v, secret, codes, err)
}

func (h pages) signInByPasskey(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	f := ui.SignInForm{Next: ui.LocalPath(r.PostFormValue("next"))}
	secret, err := h.s.SignInByPasskey(r.Context(), site(r), answer(r), visit(h.s, r))
	if err == nil {
		h.s.setCookie(w, secret)
		ui.Redirect(w, r, f.Next)
		return
	}
	h.broken(w, r, err, func(status int, text string) {
		f.Fault = text
		h.show(w, r, status, f)
	})
}

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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	v := proveView{next: ui.LocalPath(r.PostFormValue("next"))}
	return h.proved(w, r, p, a, v, h.s.ProveByPasskey(r.Context(), a, site(r), answer(r)))
}

func (h room) resetFactors(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	u, err := h.one(r, p, a, permission.UserWrite)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	if v := versionOf(r.PostFormValue("version")); v != 0 && v != u.Version {
		return fault.New(fault.Stale, "fault.stale")
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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	err := h.s.EndGlass(r.Context(), a, r.PostFormValue("id"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return web.Done(w, r, p, "/people", p.T("people.glass.ended"))
}
