package link

import (
	"net/http"
	"strings"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Handler answers a request by a link. The link's secret is gone from the request's address; p.Path has it, for the forms of the page.
type Handler func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l Link) error

// Page wraps a handler whose pattern has {token}.
func (s *Service) Page(shell *web.Shell, d Door, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, secret := r.URL.Path, r.PathValue("token")
		r = hidden(r, secret)
		head := w.Header()
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
		if !web.Readable(r) {
			dead(w, r, shell)
			return
		}
		if s.Knock != nil {
			if err := s.Knock(r); err != nil {
				shell.Refuse(w, r, "", err)
				return
			}
		}
		v, err := s.find(r.Context(), d, secret)
		if fault.Is(err, fault.NotFound) {
			dead(w, r, shell)
			return
		}
		if err != nil {
			shell.Refuse(w, r, "", err)
			return
		}
		a := v.actor(d, identity.Address(r))
		if shell.Admit != nil {
			leave, err := shell.Admit(r, a)
			if err != nil {
				shell.Refuse(w, r, a.Language, err)
				return
			}
			defer leave()
		}
		err = s.used(r.Context(), v.Link, r.Method == http.MethodGet && !ui.IsPartial(r))
		if err == nil {
			err = h(w, r, page(w, r, shell, a, path), a, v.Link)
		}
		if err != nil {
			shell.Refuse(w, r, a.Language, err)
		}
	})
}

// page is the page of somebody who has no account: in the language of the link until they choose another, in the zone of the customer.
func page(w http.ResponseWriter, r *http.Request, shell *web.Shell, a permission.Actor, path string) *ui.Page {
	zone, err := time.LoadLocation(a.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	p := ui.NewPage(r, shell.Bundle.Printer(ui.LanguageOf(r, shell.Bundle, a.Language), zone, shell.Clock.Now()))
	p.Path, p.Toasts = path, ui.TakeFlash(w, r)
	return p
}

// hidden gives the request with an ellipsis in the place of the secret, so that no log of it can hold the secret. The values of its path stay.
func hidden(r *http.Request, secret string) *http.Request {
	out := r.WithContext(r.Context())
	at := *r.URL
	if secret != "" {
		at.Path, at.RawPath = strings.ReplaceAll(at.Path, secret, "…"), ""
	}
	out.URL, out.RequestURI = &at, at.RequestURI()
	return out
}

// dead is the page for every link that opens nothing: whether it ever did is not told.
func dead(w http.ResponseWriter, r *http.Request, shell *web.Shell) {
	p := shell.Open(w, r)
	p.Title = p.T("link.dead.title")
	ui.Render(w, r, http.StatusNotFound, deadPage(p))
}
