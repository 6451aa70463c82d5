package inventory

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"vigie/internal/customer"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux; those of the registers come with them.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	s.Declared.Pages(mux, shell)
	s.Targets.Pages(mux, shell)
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /inventory-review":                h.review,
		"POST /inventory-review/take":          h.take,
		"POST /declared-inventory/{id}/accept": h.accept,
		"GET /baselines":                       h.list,
		"GET /baselines/new":                   h.fresh,
		"POST /baselines/new":                  h.freeze,
		"GET /baselines/{id}":                  h.show,
		"POST /baselines/{id}/discard":         h.discard,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

// tabs lead between the pages of the room.
func tabs(p *ui.Page, active string) []ui.Tab {
	out := []ui.Tab{{Label: p.T("inventory.review.tab"), Href: "/inventory-review"}, {Label: p.T("register.declared_inventory.many"), Href: "/declared-inventory"},
		{Label: p.T("register.target_item.many"), Href: "/target-items"}, {Label: p.T("inventory.baseline.many"), Href: "/baselines"}}
	for i := range out {
		out[i].Active = out[i].Href == active
	}
	return out
}

func (h pages) review(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.InventoryRead); err != nil {
		return err
	}
	p.Title, p.Active = p.T("inventory.review.title"), "inventory-review"
	id, err := customer.Chosen(r, p, a, h.s.db)
	if err != nil {
		return err
	}
	if id == "" {
		ui.Render(w, r, http.StatusOK, ui.ChooseCustomerPage(p, "/inventory-review"))
		return nil
	}
	lines, err := h.s.Review(r.Context(), a, id)
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, reviewPage(p, lines, web.Chosen(r, p), a.May(permission.InventoryWrite)))
	return nil
}

func (h pages) take(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.InventoryWrite); err != nil {
		return err
	}
	id, err := customer.Chosen(r, p, a, h.s.db)
	if err != nil {
		return err
	}
	if id == "" {
		ui.Redirect(w, r, p.In("/inventory-review"))
		return nil
	}
	if _, err := h.s.Take(r.Context(), a, id); err != nil {
		return web.Refused(w, r, p, "/inventory-review?customer="+web.Chosen(r, p), err)
	}
	return web.Done(w, r, p, "/inventory-review?customer="+web.Chosen(r, p), p.T("inventory.review.taken"))
}

func (h pages) accept(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := h.s.Declared.Get(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := web.Belongs(p, rec.Customer); err != nil {
		return err
	}
	to := "/inventory-review?customer=" + rec.Customer
	if _, err := h.s.Accept(r.Context(), a, rec.ID, web.Version(r), r.PostFormValue("explanation")); err != nil {
		return web.Refused(w, r, p, to, err)
	}
	return web.Done(w, r, p, to, p.T("inventory.review.accepted"))
}

// kindWord names one of the nine kinds.
func kindWord(p *ui.Page, kind string) string {
	return p.T("register.declared_inventory.value.kind." + kind) // i18n: register.*
}

// i18n: inventory.standing.*
func standingWord(p *ui.Page, s Standing) templ.Component {
	tone := map[Standing]ui.Tone{Same: ui.Good, Accepted: ui.Good, ToCome: ui.Info, Open: ui.Soon}[s]
	if tone == "" {
		tone = ui.Off
	}
	return ui.Status(tone, p.T("inventory.standing."+string(s)))
}

func signed(p *ui.Page, n int64) string {
	if n > 0 {
		return "+" + p.Number(int(n))
	}
	return p.Number(int(n))
}

func versionOf(l Line) string { return strconv.FormatInt(l.version, 10) }

// declare is the form in which the number of a kind is said for the first time.
func declare(customer, kind string) string {
	return "/declared-inventory/new?" + url.Values{"customer": {customer}, "kind": {kind}}.Encode()
}
