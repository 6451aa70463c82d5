package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rsc.io/qr"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
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
