package access

import (
	"net/http"
	"strconv"

	"vigie/internal/customer"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux; those of the register come with it.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	s.Checks.Pages(mux, shell)
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /access-checks/propose":     h.showProposals,
		"POST /access-checks/propose":    h.propose,
		"POST /access-checks/look":       h.look,
		"POST /access-checks/{id}/look":  h.lookAt,
		"POST /access-checks/{id}/give":  h.give,
		"POST /access-checks/{id}/prove": h.prove,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct{ s *Service }

// links stand in the head of the list.
func links(p *ui.Page, a permission.Actor) []ui.Link {
	if !a.May(permission.AccessWrite) {
		return nil
	}
	return []ui.Link{{Label: p.T("access.propose.link"), Href: p.In("/access-checks/propose")}}
}

func (h pages) showProposals(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.AccessWrite); err != nil {
		return err
	}
	p.Title, p.Active = p.T("access.propose.title"), "access_check"
	p.Crumbs = []ui.Link{{Label: p.T("register.access_check.many"), Href: "/access-checks"}}
	id, err := customer.Chosen(r, p, a, h.s.db)
	if err != nil {
		return err
	}
	if id == "" {
		ui.Render(w, r, http.StatusOK, ui.ChooseCustomerPage(p, "/access-checks/propose"))
		return nil
	}
	scope, err := a.Scope().Narrow(id)
	if err != nil {
		return err
	}
	var have []string
	if err := h.s.db.View(r.Context(), scope, func(tx *db.Tx) error {
		return tx.Select(r.Context(), &have, `SELECT x.template FROM {access_check} x WHERE x.template <> ''`)
	}); err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, proposalsPage(p, h.s.library.missing(have), web.Chosen(r, p)))
	return nil
}

// forCustomer does something for the customer of the form, and asks for one where none is named.
func (h pages) forCustomer(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, do func(id string) error) error {
	if err := a.Require(permission.AccessWrite); err != nil {
		return err
	}
	id, err := customer.Chosen(r, p, a, h.s.db)
	if err != nil {
		return err
	}
	if id == "" {
		ui.Redirect(w, r, p.In("/access-checks/propose"))
		return nil
	}
	return do(id)
}

func (h pages) propose(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.forCustomer(w, r, p, a, func(id string) error {
		made, err := h.s.Propose(r.Context(), a, id, p.Lang())
		if err != nil {
			return err
		}
		if _, err := h.s.Look(r.Context(), a, id); err != nil {
			return err
		}
		return web.Done(w, r, p, "/access-checks", p.N("access.propose.done", len(made)))
	})
}

func (h pages) look(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.forCustomer(w, r, p, a, func(id string) error {
		all, err := h.s.Look(r.Context(), a, id)
		if err != nil {
			return err
		}
		return web.Done(w, r, p, "/access-checks", p.N("access.look.done", len(all)))
	})
}

// one reads the check of the address, and refuses one of another customer than the one chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Check, error) {
	rec, err := h.s.Checks.Get(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return rec, err
	}
	return rec, web.Belongs(p, rec.Customer)
}

// ended goes back to the check, with what became of it.
func (h pages) ended(w http.ResponseWriter, r *http.Request, p *ui.Page, ref string, rec Check, err error) error {
	if err != nil {
		return web.Refused(w, r, p, "/access-checks/"+ref, err)
	}
	return web.Done(w, r, p, "/access-checks/"+ref, p.T("access.became", "name", rec.Name, "state", p.T("register.access_check.value.state."+rec.State))) // i18n: register.*
}

func (h pages) lookAt(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	after, err := h.s.LookAt(r.Context(), a, rec.ID)
	return h.ended(w, r, p, rec.ID, after, err)
}

func (h pages) give(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	after, err := h.s.Give(r.Context(), a, rec.ID, web.Version(r))
	return h.ended(w, r, p, rec.ID, after, err)
}

func (h pages) prove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	after, err := h.s.Prove(r.Context(), a, rec.ID, web.Version(r), r.PostFormValue("works") == "true", r.PostFormValue("note"))
	return h.ended(w, r, p, rec.ID, after, err)
}

// Part is what this room shows on the page of a check.
func (s *Service) Part() web.Part {
	return func(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (out web.Activity, err error) {
		if kind != "access_check" || !a.May(permission.AccessWrite) {
			return out, nil
		}
		rec, err := s.Checks.Get(r.Context(), a, id)
		if err != nil {
			return out, err
		}
		version := strconv.FormatInt(rec.Version, 10)
		if rec.Proof != ByPerson {
			out.Actions = append(out.Actions, button(p, "/access-checks/"+id+"/look", version, "eye-check", p.T("access.look.button")))
		}
		if rec.State == Asked {
			out.Actions = append(out.Actions, button(p, "/access-checks/"+id+"/give", version, "check", p.T("access.give.button")))
		}
		if rec.Proof == ByPerson {
			out.Main = append(out.Main, proveForm(p, id, version))
		}
		return out, nil
	}
}
