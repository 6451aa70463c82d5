package scim

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/sso"
	"vigie/internal/trust/web"
)

const providers = "/identity-providers/"

// Pages hangs on the mux what the part of a provider's page sends.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"POST /identity-providers/{id}/scim-tokens":                h.create,
		"POST /identity-providers/{id}/scim-tokens/{token}/revoke": h.revoke,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct{ s *Service }

// panel is the part of a provider's page.
type panel struct {
	provider               sso.Provider
	address                string
	tokens                 []DirectoryToken
	users, groups, waiting int
	write                  bool
}

func (v panel) path(rest string) string { return providers + v.provider.ID + "/scim-tokens" + rest }

func (v panel) facts(p *ui.Page) []ui.Fact {
	return []ui.Fact{{Label: p.T("scim.address"), Value: ui.Code(v.address)},
		{Label: p.T("people.list"), Value: ui.Text(p.N("scim.users", v.users) + ", " + p.N("scim.groups", v.groups))}}
}

// Section gives the part of a provider's page about its directory.
func Section(s *Service) func(context.Context, *ui.Page, permission.Actor, sso.Provider) (templ.Component, error) {
	return s.panel
}

func (s *Service) panel(ctx context.Context, p *ui.Page, a permission.Actor, provider sso.Provider) (templ.Component, error) {
	v := panel{provider: provider, address: s.base, write: a.May(permission.SignOnWrite)}
	var err error
	if v.tokens, err = s.Tokens(ctx, a, provider.ID); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		for query, n := range map[string]*int{`SELECT COUNT(*) FROM {scim_user} WHERE provider_id = ?`: &v.users, `SELECT COUNT(*) FROM {scim_group} WHERE provider_id = ?`: &v.groups,
			`SELECT COUNT(*) FROM {scim_user} WHERE provider_id = ? AND user_id IS NULL AND active`: &v.waiting} {
			if err := tx.Get(ctx, n, query, provider.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return section(p, v), err
}

func lifetimes(p *ui.Page) []ui.Option {
	return []ui.Option{{Value: "365", Label: p.N("people.token.days", 365)}, {Value: "90", Label: p.N("people.token.days", 90)}, {Value: "0", Label: p.T("people.token.never")}}
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil || days < 0 || days > 3650 {
		days = 365
	}
	provider, err := h.s.signOn.Provider(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	t, secret, err := h.s.CreateToken(r.Context(), a, NewToken{Provider: provider.ID, Name: strings.TrimSpace(r.PostFormValue("name")), Lifetime: time.Duration(days) * 24 * time.Hour})
	if err != nil {
		return web.Refused(w, r, p, providers+provider.ID, err)
	}
	// Shown in the answer and nowhere else: neither an address nor a cookie may hold it.
	w.Header().Set("Cache-Control", "no-store")
	p.Title, p.Active = p.T("scim.made", "name", t.Name), "sign-on"
	p.Crumbs = []ui.Link{{Label: p.T("sso.list"), Href: strings.TrimSuffix(providers, "/")}, {Label: provider.Name, Href: providers + provider.ID}}
	ui.Render(w, r, http.StatusOK, madePage(p, h.s.base, secret, providers+provider.ID))
	return nil
}

func (h pages) revoke(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	t, err := h.s.Token(r.Context(), a, r.PathValue("token"))
	if err != nil {
		return err
	}
	if err := h.s.RevokeToken(r.Context(), a, t.ID, web.Version(r)); err != nil {
		return err
	}
	return web.Done(w, r, p, providers+t.ProviderID, p.T("scim.done_revoke"))
}
