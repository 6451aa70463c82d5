package requirement

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"vigie/internal/customer"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux; those of the register come with it.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	s.Requirements.Pages(mux, shell)
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /requirements/propose":        h.showProposals,
		"POST /requirements/propose":       h.propose,
		"POST /requirements/{id}/agree":    h.agree,
		"POST /requirements/{id}/template": h.template,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct{ s *Service }

// links stand in the head of the list.
func links(p *ui.Page, a permission.Actor) []ui.Link {
	if !a.May(permission.RequirementWrite) {
		return nil
	}
	return []ui.Link{{Label: p.T("requirement.propose.link"), Href: p.In("/requirements/propose")}}
}

// environmentWord names an environment.
func environmentWord(p *ui.Page) func(string) string {
	return func(e string) string { return p.Or("register.requirement.value.environment."+e, e) } // i18n: register.*
}

func (h pages) showProposals(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.RequirementWrite); err != nil {
		return err
	}
	p.Title, p.Active = p.T("requirement.propose.title"), "requirement"
	p.Crumbs = []ui.Link{{Label: p.T("register.requirement.many"), Href: "/requirements"}}
	id, err := customer.Chosen(r, p, a, h.s.db)
	if err != nil {
		return err
	}
	if id == "" {
		ui.Render(w, r, http.StatusOK, ui.ChooseCustomerPage(p, "/requirements/propose"))
		return nil
	}
	list, err := h.s.Proposals(r.Context(), a, id, environmentWord(p))
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, proposalsPage(p, list, web.Chosen(r, p)))
	return nil
}

func (h pages) propose(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.RequirementWrite); err != nil {
		return err
	}
	id, err := customer.Chosen(r, p, a, h.s.db)
	if err != nil {
		return err
	}
	if id == "" { // asked again
		ui.Redirect(w, r, p.In("/requirements/propose"))
		return nil
	}
	made, err := h.s.Propose(r.Context(), a, id, environmentWord(p))
	if err != nil {
		return err
	}
	return web.Done(w, r, p, "/requirements", p.N("requirement.propose.done", len(made)))
}

// one reads the requirement of the address, and refuses one of another customer than the one chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Requirement, error) {
	rec, err := h.s.Requirements.Get(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return rec, err
	}
	return rec, web.Belongs(p, rec.Customer)
}

func (h pages) agree(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if _, err := h.s.Agree(r.Context(), a, rec.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/requirements/"+rec.ID, err)
	}
	return web.Done(w, r, p, "/requirements/"+rec.ID, p.T("requirement.agree.done", "name", rec.Name))
}

func (h pages) template(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	out, edit, err := h.s.applyTemplate(r.Context(), a, rec.ID, web.Version(r), r.PostFormValue("criticality"), true)
	if err != nil {
		return web.Refused(w, r, p, "/requirements/"+rec.ID, err)
	}
	text := p.T("requirement.template.nothing")
	if len(out.Filled) > 0 {
		names := make([]string, len(out.Filled))
		for i, f := range out.Filled {
			names[i] = p.Or("register.requirement.field."+f, f)
		}
		text = p.T("requirement.template.done", "fields", p.List(names))
	}
	return web.DoneWithUndo(w, r, p, "/requirements/"+rec.ID, text, edit)
}

// Part is what this room shows on the pages of requirements and of workloads.
func (s *Service) Part() web.Part { return s.part }

func (s *Service) part(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (web.Activity, error) {
	if !a.May(permission.RequirementRead) {
		return web.Activity{}, nil
	}
	switch kind {
	case "requirement":
		return s.ofRequirement(r, p, a, id)
	case "workload":
		return s.ofWorkload(r, p, a, id)
	}
	return web.Activity{}, nil
}

func (s *Service) ofRequirement(r *http.Request, p *ui.Page, a permission.Actor, id string) (out web.Activity, err error) {
	rec, err := s.Requirements.Get(r.Context(), a, id)
	if err != nil {
		return out, err
	}
	version := strconv.FormatInt(rec.Version, 10)
	if a.May(permission.RequirementWrite) && rec.Criticality != "" {
		out.Actions = append(out.Actions, button(p, "/requirements/"+id+"/template", version, "copy-check", p.T("requirement.template.button")))
	}
	if a.May(permission.RequirementAgree) && rec.State != Agreed && !rec.Empty() {
		out.Actions = append(out.Actions, button(p, "/requirements/"+id+"/agree", version, "check", p.T("requirement.agree.button")))
	}
	j, err := s.Judge(r.Context(), a, id)
	if err != nil {
		return out, err
	}
	out.Main = append(out.Main, judged(p, rec, j))
	return out, nil
}

// shown is how many requirements a workload's page names: one for each environment.
const shown = 10

func (s *Service) ofWorkload(r *http.Request, p *ui.Page, a permission.Actor, id string) (out web.Activity, err error) {
	q := s.Requirements.Spec().All().Where("r.workload_id = ?", id)
	q.Limit = shown
	found, err := s.Requirements.List(r.Context(), a, q)
	if err != nil {
		return out, err
	}
	add := ""
	if a.May(permission.RequirementWrite) {
		var slug string
		if err := s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
			return tx.Get(r.Context(), &slug, `SELECT k.slug FROM {workload} w JOIN {customer} k ON k.id = w.customer_id WHERE w.id = ?`, id)
		}); err != nil {
			return out, err
		}
		add = "/requirements/new?" + url.Values{"customer": {slug}, "workload": {id}, "name": {p.Title}}.Encode()
	}
	out.Panels = []ui.Panel{{Title: p.T("register.requirement.many"), Body: workloadPanel(p, found.Items, add)}}
	return out, nil
}

// promised are the promises of a requirement in short, for a panel.
func promised(p *ui.Page, r Requirement) (out []ui.Fact) {
	add := func(field, value string) {
		if value != "" {
			out = append(out, ui.Fact{Label: p.T("register.requirement.field." + field), Value: ui.Text(value)}) // i18n: register.*
		}
	}
	add("rto", durationWords(p, r.RTO))
	add("rpo", durationWords(p, r.RPO))
	if r.Retention != nil {
		add("backup_retention_days", p.Number(int(*r.Retention)))
	}
	add("availability", shareWords(p, r.Availability))
	if r.Strategy != "" {
		add("dr_strategy", p.T("register.requirement.value.dr_strategy."+r.Strategy))
	}
	if r.Tier != "" {
		add("tier", p.T("register.requirement.value.tier."+r.Tier))
	}
	return out
}

func stateWord(p *ui.Page, state string) templ.Component {
	tone := ui.Info
	if state == Agreed {
		tone = ui.Good
	}
	return ui.Status(tone, p.T("register.requirement.value.state."+state))
}
