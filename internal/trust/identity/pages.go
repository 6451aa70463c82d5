package identity

import (
	"log/slog"
	"net/http"
	"strconv"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
)

// SignInPath is the address of the sign-in page.
const SignInPath = "/sign-in"

// The name with __Host- binds the cookie to exactly this host and to https; browsers refuse it otherwise, hence the plain one
// for a server on http, which is one on loopback.
const (
	secureCookie = "__Host-vigie"
	plainCookie  = "vigie"
)

func (s *Service) cookieName() string {
	if s.Secure {
		return secureCookie
	}
	return plainCookie
}

func (s *Service) sessionSecret(r *http.Request) string {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Service) setCookie(w http.ResponseWriter, secret string) {
	c := &http.Cookie{Name: s.cookieName(), Value: secret, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(lastFor.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// Mount adds the pages of signing in and out. open makes a page for whoever comes.
func (s *Service) Mount(mux *http.ServeMux, log *slog.Logger, open func(http.ResponseWriter, *http.Request) *ui.Page) {
	p := pages{s, log, open}
	mux.HandleFunc("GET "+SignInPath, p.form)
	mux.HandleFunc("POST "+SignInPath, p.signIn)
	mux.HandleFunc("POST "+ui.SignOutPath, p.signOut)
	mux.HandleFunc("GET "+FactorPath, p.factor)
	mux.HandleFunc("POST "+FactorPath, p.useFactor)
	mux.HandleFunc("POST "+FactorPath+"/options", p.askFactor)
	mux.HandleFunc("POST "+FactorPath+"/passkey", p.finishByPasskey)
	mux.HandleFunc("POST "+PasskeyPath+"/options", p.askPasskey)
	mux.HandleFunc("POST "+PasskeyPath, p.signInByPasskey)
	mux.HandleFunc("GET "+ForgotPath, p.forgot)
	mux.HandleFunc("POST "+ForgotPath, p.requestReset)
	mux.HandleFunc("GET "+LinkPath, p.welcome)
	mux.HandleFunc("POST "+LinkPath, p.arrive)
}

type pages struct {
	s    *Service
	log  *slog.Logger
	open func(http.ResponseWriter, *http.Request) *ui.Page
}

func (h pages) form(w http.ResponseWriter, r *http.Request) {
	if _, ok := h.s.Visitor(r); ok {
		http.Redirect(w, r, ui.LocalPath(r.URL.Query().Get("next")), http.StatusSeeOther)
		return
	}
	f := ui.SignInForm{Next: ui.LocalPath(r.URL.Query().Get("next"))}
	if r.URL.Query().Get("again") != "" {
		f.Fault = h.open(w, r).T("people.factor.again")
	}
	if r.URL.Query().Get("welcome") != "" {
		f.Notice = h.open(w, r).T("people.welcome.done")
	}
	h.show(w, r, http.StatusOK, f)
}

func (h pages) show(w http.ResponseWriter, r *http.Request, status int, f ui.SignInForm) {
	page := h.open(w, r)
	page.Title, f.Action = page.T("ui.sign_in.title"), SignInPath
	if h.s.Ways != nil {
		f.Ways = h.s.Ways(r.Context(), page, f.Next)
	}
	if h.s.Mail != nil {
		f.Forgot = ForgotPath
	}
	if h.s.PasskeysAt(site(r)) {
		f.Below = passkeyForm(page, PasskeyPath, PasskeyPath+"/options", "get", page.T("people.factor.sign_in"), f.Next)
	}
	ui.Render(w, r, status, ui.SignIn(page, f))
}

func (h pages) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	f := ui.SignInForm{Email: r.PostFormValue("email"), Next: ui.LocalPath(r.PostFormValue("next"))}
	step, err := h.s.SignIn(r.Context(), f.Email, r.PostFormValue("password"), visit(h.s, r))
	if err == nil {
		h.s.Admit(w, r, step, f.Next)
		return
	}
	p := h.open(w, r)
	switch e, ok := err.(*fault.Error); {
	case ok && e.Code == fault.Limited:
		f.Fault = p.T(e.Key, e.Args)
		if seconds, ok := e.Args["seconds"].(int); ok {
			w.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
		}
		h.show(w, r, http.StatusTooManyRequests, f)
	case ok && e.Code == fault.Unauthorized:
		f.Fault = p.T(e.Key)
		h.show(w, r, http.StatusUnauthorized, f)
	default:
		h.log.ErrorContext(r.Context(), "sign in", "error", err)
		f.Fault = p.T("trust.sign_in.broken")
		h.show(w, r, http.StatusInternalServerError, f)
	}
}

func (h pages) signOut(w http.ResponseWriter, r *http.Request) {
	onward := ""
	if h.s.Leaving != nil {
		onward = h.s.Leaving(r.Context(), h.s.sessionSecret(r))
	}
	if err := h.s.SignOut(r.Context(), h.s.sessionSecret(r)); err != nil {
		h.log.ErrorContext(r.Context(), "sign out", "error", err)
	}
	h.s.setCookie(w, "")
	if onward == "" {
		ui.Redirect(w, r, SignInPath)
		return
	}
	p := h.open(w, r)
	p.Title = p.T("ui.sign_out.title")
	ui.Render(w, r, http.StatusOK, ui.Onward(p, p.Title, p.T("ui.sign_out.onward"), p.T("ui.sign_out.go"), onward))
}
