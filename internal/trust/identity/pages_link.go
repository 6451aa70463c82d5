package identity

import (
	"errors"
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/web"
)

// ForgotPath is where a new password is asked for.
const ForgotPath = "/forgot-password"

// sheet is a small page for who is not signed in, with what was typed and refused.
type sheet struct {
	Email, Code string
	Fault       string
	done        bool
	welcome     Welcome
	arrival     Arrival
	summary     []ui.FieldFault
	errors      map[string]string
}

func (h pages) forgot(w http.ResponseWriter, r *http.Request) {
	h.showForgot(w, r, http.StatusOK, sheet{})
}

func (h pages) showForgot(w http.ResponseWriter, r *http.Request, status int, v sheet) {
	p := h.open(w, r)
	p.Title = p.T("people.forgot.title")
	ui.Render(w, r, status, forgotPage(p, v))
}

func (h pages) requestReset(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	v := sheet{Email: r.PostFormValue("email"), done: true}
	err := h.s.RequestReset(r.Context(), v.Email, Visit{Address: Address(r)})
	if err != nil {
		v.done = false
		h.broken(w, r, err, func(status int, text string) {
			v.Fault = text
			h.showForgot(w, r, status, v)
		})
		return
	}
	h.showForgot(w, r, http.StatusOK, v)
}

// broken says in words what a fault says, and logs the others.
func (h pages) broken(w http.ResponseWriter, r *http.Request, err error, show func(status int, text string)) {
	p := h.open(w, r)
	var f *fault.Error
	if errors.As(err, &f) && f.Code != fault.Internal {
		show(web.Status(err), p.T(f.Key, f.Args))
		return
	}
	h.log.ErrorContext(r.Context(), "sign in", "path", r.URL.Path, "error", err)
	show(http.StatusInternalServerError, p.T("trust.sign_in.broken"))
}

func (h pages) welcome(w http.ResponseWriter, r *http.Request) {
	h.showWelcome(w, r, http.StatusOK, sheet{Code: r.URL.Query().Get("code")}, true)
}

func (h pages) showWelcome(w http.ResponseWriter, r *http.Request, status int, v sheet, fresh bool) {
	p := h.open(w, r)
	found, err := h.s.OpenLink(r.Context(), v.Code)
	p.Title = p.T("people.welcome.reset_title")
	if err != nil {
		h.broken(w, r, err, func(s int, text string) { status, v.Fault = s, text })
		v.Code = ""
	} else {
		v.welcome = found
		if found.Invited {
			p.Title = p.T("people.welcome.title")
		}
		if fresh {
			v.arrival = Arrival{Name: found.Name, Language: found.Language, TimeZone: found.TimeZone}
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	ui.Render(w, r, status, welcomePage(p, v))
}

func (h pages) arrive(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	v := sheet{Code: r.PostFormValue("code"), arrival: Arrival{Name: r.PostFormValue("name"), Language: r.PostFormValue("language"), TimeZone: r.PostFormValue("time_zone"),
		Password: r.PostFormValue("password")}}
	err := h.s.UseLink(r.Context(), v.Code, v.arrival, Visit{Address: Address(r)})
	if err == nil {
		h.s.setCookie(w, "")
		ui.Redirect(w, r, SignInPath+"?welcome=1")
		return
	}
	p := h.open(w, r)
	var ok bool
	if v.summary, v.errors, ok = web.Faults(p, err, label(p)); !ok {
		if !fault.Is(err, fault.NotFound) {
			h.broken(w, r, err, func(_ int, text string) { v.summary = []ui.FieldFault{{Message: text}} })
		}
	}
	h.showWelcome(w, r, web.Status(err), v, false)
}
