package sso

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// The addresses of a sign-on. The return address is one for each provider, so that the answer of one cannot be taken for another's.
const (
	WithPath         = "/sign-in/with/"
	ReturnPath       = "/sign-in/return/"
	BackChannelPath  = "/sign-in/back-channel/"
	OrganisationPath = "/sign-in/organisation"
)

// Ways are the buttons of the sign-in page: providers of the instance by name. Those of customers are found by e-mail, as their
// names would tell who the customers are.
func (s *Service) Ways(ctx context.Context, p *ui.Page, _ string) (out []ui.SignInWay) {
	var rows []provider
	var others int
	err := s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[provider]("")+` FROM {identity_provider} WHERE enabled AND customer_id IS NULL ORDER BY name LIMIT 20`); err != nil {
			return err
		}
		return tx.Get(ctx, &others, `SELECT COUNT(*) FROM {identity_provider} WHERE enabled AND customer_id IS NOT NULL`)
	})
	if err != nil {
		s.log.ErrorContext(ctx, "ways to sign in", "error", err)
		return nil
	}
	for _, r := range rows {
		out = append(out, ui.SignInWay{Label: buttonOf(p, r), Action: WithPath + r.Slug})
	}
	if others > 0 {
		out = append(out, ui.SignInWay{Label: p.T("sso.organisation.go"), Href: OrganisationPath})
	}
	return out
}

func buttonOf(p *ui.Page, r provider) string {
	if r.Button != "" {
		return r.Button
	}
	return p.T("sso.with", "name", r.Name)
}

// Mount adds the pages of signing on. open makes a page for whoever comes.
func (s *Service) Mount(mux *http.ServeMux, open func(http.ResponseWriter, *http.Request) *ui.Page) {
	h := front{s, open}
	mux.HandleFunc("GET "+OrganisationPath, h.ask)
	mux.HandleFunc("POST "+OrganisationPath, h.route)
	mux.HandleFunc("GET "+WithPath+"{slug}", h.offer)
	mux.HandleFunc("POST "+WithPath+"{slug}", h.begin)
	mux.HandleFunc("GET "+ReturnPath+"{slug}", h.end)
	mux.HandleFunc("POST "+BackChannelPath+"{slug}", h.backChannel)
}

type front struct {
	s    *Service
	open func(http.ResponseWriter, *http.Request) *ui.Page
}

func (h front) enabled(ctx context.Context, slug string) (p provider, err error) {
	err = h.s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		return tx.Get(ctx, &p, `SELECT `+db.Columns[provider]("")+` FROM {identity_provider} WHERE slug = ? AND enabled`, slug)
	})
	return p, err
}

// ask is the page on which people give their e-mail, to be sent to their organisation's sign-on.
func (h front) ask(w http.ResponseWriter, r *http.Request) {
	h.organisation(w, r, http.StatusOK, "", ui.LocalPath(r.URL.Query().Get("next")), false)
}

func (h front) organisation(w http.ResponseWriter, r *http.Request, status int, email, next string, unknown bool) {
	p := h.open(w, r)
	p.Title = p.T("sso.organisation.title")
	ui.Render(w, r, status, organisationPage(p, email, next, unknown))
}

// route looks at the domain of the address alone: whether there is an account makes no difference.
func (h front) route(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	email, next := strings.TrimSpace(r.PostFormValue("email")), ui.LocalPath(r.PostFormValue("next"))
	var p provider
	err := h.s.db.View(r.Context(), db.GrantAll(), func(tx *db.Tx) error {
		return tx.Get(r.Context(), &p, `SELECT `+db.Columns[provider]("p.")+` FROM {identity_provider} p JOIN {identity_domain} d ON d.provider_id = p.id WHERE d.domain = ? AND p.enabled`,
			strings.ToValidUTF8(strings.ReplaceAll(domainOf(email), "\x00", ""), ""))
	})
	switch {
	case fault.Is(err, fault.NotFound):
		h.organisation(w, r, http.StatusUnprocessableEntity, email, next, true)
	case err != nil:
		h.broken(w, r, err)
	default:
		h.start(w, r, p, next)
	}
}

// offer is for links that lead here from outside, such as an organisation's page of applications: a sign-on is begun by a form only.
// It looks the same for every name, whether there is such a provider or not.
func (h front) offer(w http.ResponseWriter, r *http.Request) {
	page := h.open(w, r)
	page.Title = page.T("sso.organisation.title")
	ui.Render(w, r, http.StatusOK, offerPage(page, WithPath+url.PathEscape(r.PathValue("slug")), page.T("sso.onward.go"), ui.LocalPath(r.URL.Query().Get("next"))))
}

func (h front) begin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	p, err := h.enabled(r.Context(), r.PathValue("slug"))
	switch {
	case fault.Is(err, fault.NotFound):
		http.Redirect(w, r, identity.SignInPath, http.StatusSeeOther)
	case err != nil:
		h.broken(w, r, err)
	default:
		h.start(w, r, p, ui.LocalPath(r.PostFormValue("next")))
	}
}

func (h front) start(w http.ResponseWriter, r *http.Request, p provider, next string) {
	to, err := h.s.begin(r.Context(), w, p, toSign, permission.Actor{}, next, identity.Address(r))
	if err != nil {
		h.broken(w, r, err)
		return
	}
	h.onward(w, r, p.Name, to)
}

func (h front) onward(w http.ResponseWriter, r *http.Request, name, to string) {
	page := h.open(w, r)
	page.Title = page.T("sso.onward.title", "name", name)
	ui.Render(w, r, http.StatusOK, ui.Onward(page, page.Title, page.T("sso.onward.text"), page.T("sso.onward.go"), to))
}

// end takes the answer. What was wrong with it stands in the trail; the page says what the person can do.
func (h front) end(w http.ResponseWriter, r *http.Request) {
	out, p, err := h.s.finish(w, r, r.PathValue("slug"))
	if err == nil {
		next := out.next
		if next == "" {
			next = "/"
		}
		if out.step.Secret == "" {
			http.Redirect(w, r, next, http.StatusSeeOther)
			return
		}
		h.s.identity.Admit(w, r, out.step, next)
		return
	}
	var no *refusal
	if !errors.As(err, &no) {
		h.broken(w, r, err)
		return
	}
	h.s.log.WarnContext(r.Context(), "sign-on refused", "provider", p.Slug, "reason", string(no.reason), "cause", no.cause)
	page := h.open(w, r)
	page.Title = page.T("sso.refused.title")
	text := page.T("sso.refused.again")
	switch no.reason {
	case NoGroup, Foreign, IsDisabled, Unproven, NotOurs, NoEmail, LastAdmin, EmailTaken:
		text = page.T("sso.refused.access")
	case NotTheSame:
		text = page.T("sso.refused.other")
	case OneFactor:
		text = page.T("sso.refused.factor")
	case ProviderAway:
		text = page.T("sso.away")
	}
	ui.Render(w, r, http.StatusForbidden, refusedPage(page, text))
}

func (h front) backChannel(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	w.Header().Set("Cache-Control", "no-store")
	p, err := h.enabled(r.Context(), r.PathValue("slug"))
	if err == nil {
		err = h.s.endByToken(r.Context(), p, r.PostFormValue("logout_token"), identity.Address(r))
	}
	if err == nil {
		return
	}
	h.s.log.WarnContext(r.Context(), "back-channel logout", "provider", p.Slug, "error", err)
	if fault.CodeOf(err) == fault.Internal || fault.Is(err, fault.Unavailable) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusBadRequest)
}

func (h front) broken(w http.ResponseWriter, r *http.Request, err error) {
	page, status := h.open(w, r), http.StatusInternalServerError
	page.Title = page.T("sso.refused.title")
	text := page.T("trust.sign_in.broken")
	var f *fault.Error
	if errors.As(err, &f) && (f.Code == fault.Unavailable || f.Code == fault.Limited) {
		text, status = page.T(f.Key, f.Args), http.StatusServiceUnavailable
		h.s.log.WarnContext(r.Context(), "sign on", "error", err)
	} else {
		h.s.log.ErrorContext(r.Context(), "sign on", "error", err)
	}
	ui.Render(w, r, status, refusedPage(page, text))
}
