package cmdb

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) workloads(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("estate.workload.list"), "workloads"
	set, err := h.s.fieldsOf(r.Context(), a, workloadKind, web.Customer(p))
	if err != nil {
		return err
	}
	l := web.Lister{DB: h.s.db, Need: permission.WorkloadRead, Spec: set.List(WorkloadSpec, "w.customer_id", "w.id", p.Query), Customer: "k.slug", Live: "workload"}
	if done, err := web.DownloadPages(w, r, p, a, l, "workloads", set.Names(), workloadBodies); done {
		return err
	}
	found, err := web.ReadList[Workload](r, p, a, l)
	if err != nil {
		return err
	}
	var ids []string
	for _, w := range found.Items {
		ids = append(ids, w.ID)
	}
	custom, err := h.shownCustom(r.Context(), a, set, ids)
	if err != nil {
		return err
	}
	found.Filters(append([]ui.Filter{
		{Name: "environment", Label: p.T("estate.ci.environment"), Options: choices(p, environmentWord, Environments)},
		{Name: "criticality", Label: p.T("estate.ci.criticality"), Options: choices(p, criticalityWord, Criticalities)},
		{Name: "owner", Label: p.T("estate.ci.owner")},
	}, set.Filters(p)...)...)
	table := found.List
	table.ID, table.Label, table.Search = "workloads", p.Title, p.T("estate.workload.search")
	table.Empty = ui.Empty{Title: p.T("estate.workload.none"), Text: p.T("estate.workload.none_text")}
	may := a.May(permission.WorkloadWrite)
	if may {
		table.Empty.Action = ui.Link{Label: p.T("estate.workload.add"), Href: "/workloads/new"}
	}
	bulk.Select(p, a, workloadBulk().Of, false, &table, nil)
	t := ui.NewTable(table, append(workloadColumns(p), field.Columns(p, set, custom.names, func(w Workload) field.Values { return custom.values[w.ID] })...), found.Items, func(w Workload) ui.Row { return ui.Row{ID: w.ID, Href: "/workloads/" + w.ID, Name: w.Name} })
	ui.Render(w, r, http.StatusOK, workloadsPage(p, t, may))
	return nil
}

func workloadColumns(p *ui.Page) []ui.Column[Workload] {
	type column = ui.Column[Workload]
	columns := []column{{Key: "name", Label: p.T("estate.ci.name"), Sort: true, Cell: func(w Workload) templ.Component { return ui.Text(w.Name) }}}
	if wide(p) {
		columns = append(columns, column{Key: "customer_name", NoWrap: true, Label: p.T("estate.customer"), Cell: func(w Workload) templ.Component { return ui.Text(web.CustomerName(p, w.Customer)) }})
	}
	return append(columns,
		column{Key: "environment", Label: p.T("estate.ci.environment"), Sort: true, Cell: func(w Workload) templ.Component { return ui.Either(p, environmentWord(p, w.Environment)) }},
		column{Key: "criticality", Label: p.T("estate.ci.criticality"), Sort: true, Cell: func(w Workload) templ.Component { return ui.Either(p, criticalityWord(p, w.Criticality)) }},
		column{Key: "owner", Label: p.T("estate.ci.owner"), Sort: true, Cell: func(w Workload) templ.Component { return ui.Either(p, w.Owner) }},
		column{Key: "rule", Label: p.T("estate.workload.rule"), Cell: func(w Workload) templ.Component { return ruleCell(p, w.Rule.V) }},
		column{Key: "cis", Label: p.T("estate.overview.cis"), Number: true, Cell: func(w Workload) templ.Component { return ui.Text(number(p, w.CIs)) }},
		column{Key: "updated_at", Label: p.T("estate.ci.updated"), Sort: true, Extra: true, NoWrap: true, Cell: func(w Workload) templ.Component { return when(p, w.UpdatedAt) }},
	)
}

// oneWorkload reads a workload, and refuses one of another customer than the one chosen.
func (h pages) oneWorkload(r *http.Request, p *ui.Page, a permission.Actor) (Workload, []Contact, error) {
	w, people, err := h.s.Workload(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return w, nil, err
	}
	return w, people, web.Belongs(p, w.Customer)
}

// workloadRows is how many CIs stand on a workload's own page; the inventory has them all.
const workloadRows = 50

func (h pages) workload(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, people, err := h.oneWorkload(r, p, a)
	if err != nil {
		return err
	}
	q := CISpec.All().Where("c.workload_id = ? AND c.status <> 'gone'", found.ID)
	q.Limit = workloadRows
	page, err := h.s.CIs(r.Context(), a, q)
	if err != nil {
		return err
	}
	names, err := h.accountNames(r.Context(), a)
	if err != nil {
		return err
	}
	activity, err := h.shell.Around(r, p, a, "workload", found.ID)
	if err != nil {
		return err
	}
	p.Title, p.Active = found.Name, "workloads"
	p.Crumbs = []ui.Link{{Label: p.T("estate.workload.list"), Href: "/workloads"}}
	ui.Render(w, r, http.StatusOK, workloadPage(p, workloadView{found, people, page.Items, names, a.May(permission.WorkloadWrite), activity}))
	return nil
}

type workloadView struct {
	Workload
	people []Contact
	cis    []CI
	names  accountNames
	write  bool

	activity web.Activity
}

func (v workloadView) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{}
	if wide(p) {
		facts = append(facts, ui.Fact{Label: p.T("estate.customer"), Value: ui.Text(web.CustomerName(p, v.Customer))})
	}
	return append(facts,
		ui.Fact{Label: p.T("estate.ci.environment"), Value: ui.Either(p, environmentWord(p, v.Environment))},
		ui.Fact{Label: p.T("estate.ci.criticality"), Value: ui.Either(p, criticalityWord(p, v.Criticality))},
		ui.Fact{Label: p.T("estate.ci.owner"), Value: ui.Either(p, v.Owner)},
		ui.Fact{Label: p.T("estate.overview.cis"), Value: ui.Anchor(p.In("/cis?workload="+v.ID), number(p, v.CIs))},
	)
}

func (v workloadView) panels(p *ui.Page) []ui.Panel {
	body := muted(p.T("estate.workload.no_contacts"))
	if len(v.people) > 0 {
		body = people(p, v.people)
	}
	return append([]ui.Panel{{Title: p.T("estate.workload.contacts"), Body: body}, {Title: p.T("estate.change.title"), Href: "/changes?workload=" + v.ID, Body: muted(p.T("estate.workload.changes"))}}, v.activity.Panels...)
}

// workloadForm is the form as it was typed.
type workloadForm struct {
	Customer, Name, Description, Environment, Criticality, Owner, Rule, Version string

	chosen    []string // contacts
	contacts  []ui.Option
	customers []ui.Option
	summary   []ui.FieldFault
	errors    map[string]string
	custom    url.Values
	more      []templ.Component
}

func readWorkload(r *http.Request) workloadForm {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return workloadForm{Customer: get("customer"), Name: get("name"), Description: get("description"), Environment: get("environment"),
		Criticality: get("criticality"), Owner: get("owner"), Rule: r.PostFormValue("rule"), Version: get("version"), chosen: r.PostForm["contacts"], custom: r.PostForm}
}

// refuse notes what is wrong; faults anywhere in the rule stand at its one field.
func (f *workloadForm) refuse(p *ui.Page, set field.Set, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(field string) string {
		switch {
		case strings.HasPrefix(field, "rule"):
			return p.T("estate.workload.rule")
		case strings.HasPrefix(field, "contacts"):
			return p.T("estate.workload.contacts")
		case field == "description":
			return p.T("estate.workload.description")
		case field == "customer":
			return p.T("estate.customer")
		}
		return p.Or("estate.ci."+field, field)
	})
	set.Faults(p, f.summary, f.errors)
	for i, s := range f.summary {
		if name, _, within := strings.Cut(s.Name, "."); within || strings.HasPrefix(s.Name, "contacts[") {
			name, _, _ = strings.Cut(name, "[")
			f.summary[i].Name, f.errors[name] = name, s.Message
		}
	}
	return ok
}

func (h pages) newWorkload(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.WorkloadWrite); err != nil {
		return err
	}
	return h.newWorkloadForm(w, r, p, a, http.StatusOK, workloadForm{})
}

func (h pages) newWorkloadForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f workloadForm) (err error) {
	p.Title, p.Active = p.T("estate.workload.add"), "workloads"
	p.Crumbs = []ui.Link{{Label: p.T("estate.workload.list"), Href: "/workloads"}}
	if p.Customer == nil {
		f.customers = customerOptions(p)
	} else if f.contacts, err = h.people(r.Context(), a, p.Customer.Slug); err != nil {
		return err
	}
	custom, err := h.customOf(r.Context(), a, permission.WorkloadWrite, workloadKind, cmp.Or(web.Customer(p), f.Customer))
	if err != nil {
		return err
	}
	if f.more, err = h.inputs(r.Context(), p, custom, f.custom, f.errors); err != nil {
		return err
	}
	ui.Render(w, r, status, workloadFormPage(p, "/workloads/new", "/workloads", p.T("estate.workload.add"), f))
	return nil
}

func (h pages) createWorkload(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.WorkloadWrite); err != nil {
		return err
	}
	f := readWorkload(r)
	customer := f.Customer
	if p.Customer != nil {
		customer = p.Customer.Slug
	}
	custom, err := h.customOf(r.Context(), a, permission.WorkloadWrite, workloadKind, customer)
	if err != nil {
		return err
	}
	rule, err := readRule(f.Rule)
	var made Workload
	if err == nil {
		made, _, err = h.s.CreateWorkload(r.Context(), a, NewWorkload{Custom: custom.set.Posted(r.PostForm), Customer: customer, Name: f.Name, Description: f.Description, Environment: f.Environment,
			Criticality: f.Criticality, Owner: f.Owner, Rule: rule, Contacts: f.chosen})
	}
	if err != nil {
		if !f.refuse(p, custom.set, err) {
			return err
		}
		return h.newWorkloadForm(w, r, p, a, web.Status(err), f)
	}
	return web.Done(w, r, p, "/workloads/"+made.ID, p.N("estate.workload.done_add", int(made.CIs), "name", made.Name))
}

func (h pages) editWorkload(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, people, err := h.oneWorkload(r, p, a)
	if err == nil {
		err = a.Require(permission.WorkloadWrite)
	}
	if err != nil {
		return err
	}
	f := workloadForm{Name: found.Name, Description: found.Description, Environment: found.Environment, Criticality: found.Criticality, Owner: found.Owner,
		Rule: writeRule(found.Rule.V), Version: strconv.FormatInt(found.Version, 10), chosen: idsOf(people)}
	set, err := h.s.fieldsOf(r.Context(), a, workloadKind, found.Customer)
	if err != nil {
		return err
	}
	f.custom = set.Filled(found.Custom)
	return h.editWorkloadForm(w, r, p, a, http.StatusOK, found, f)
}

func (h pages) editWorkloadForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, found Workload, f workloadForm) (err error) {
	if f.contacts, err = h.people(r.Context(), a, found.Customer); err != nil {
		return err
	}
	custom, err := h.customOf(r.Context(), a, permission.WorkloadWrite, workloadKind, found.Customer)
	if err != nil {
		return err
	}
	if f.more, err = h.inputs(r.Context(), p, custom, f.custom, f.errors); err != nil {
		return err
	}
	p.Title, p.Active = p.T("estate.workload.edit_title", "name", found.Name), "workloads"
	p.Crumbs = []ui.Link{{Label: p.T("estate.workload.list"), Href: "/workloads"}, {Label: found.Name, Href: "/workloads/" + found.ID}}
	ui.Render(w, r, status, workloadFormPage(p, "/workloads/"+found.ID+"/edit", "/workloads/"+found.ID, p.T("estate.save"), f))
	return nil
}

func (h pages) changeWorkload(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, _, err := h.oneWorkload(r, p, a)
	if err != nil {
		return err
	}
	if err := a.Require(permission.WorkloadWrite); err != nil {
		return err
	}
	f := readWorkload(r)
	set, err := h.s.fieldsOf(r.Context(), a, workloadKind, found.Customer)
	if err != nil {
		return err
	}
	rule, err := readRule(f.Rule)
	edit := ""
	if err == nil {
		if f.chosen == nil {
			f.chosen = []string{}
		}
		found, _, edit, err = h.s.editWorkload(r.Context(), a, found.ID, web.Version(r), ChangeWorkload{Custom: set.Posted(r.PostForm), Name: &f.Name, Description: &f.Description,
			Environment: &f.Environment, Criticality: &f.Criticality, Owner: &f.Owner, Rule: &rule, Contacts: &f.chosen}, true)
	}
	if err != nil {
		if !f.refuse(p, set, err) {
			return err
		}
		if found, _, err = h.oneWorkload(r, p, a); err != nil {
			return err
		}
		return h.editWorkloadForm(w, r, p, a, http.StatusUnprocessableEntity, found, f)
	}
	return web.DoneWithUndo(w, r, p, "/workloads/"+found.ID, p.N("estate.workload.done_edit", int(found.CIs)), edit)
}

func (h pages) doomWorkload(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, _, err := h.oneWorkload(r, p, a)
	if err == nil {
		err = a.Require(permission.WorkloadWrite)
	}
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("estate.workload.remove_title", "name", found.Name), "workloads"
	p.Crumbs = []ui.Link{{Label: p.T("estate.workload.list"), Href: "/workloads"}, {Label: found.Name, Href: "/workloads/" + found.ID}}
	ui.Render(w, r, http.StatusOK, doomPage(p, found.doomed(p), "/workloads/"+found.ID))
	return nil
}

// doomed names what goes with a workload.
func (w Workload) doomed(p *ui.Page) ui.Doomed {
	return ui.Doomed{ID: "remove", Title: p.T("estate.workload.remove_title", "name", w.Name), Text: p.N("estate.workload.remove_text", int(w.CIs)),
		Things: []string{p.T("estate.workload.remove_thing", "name", w.Name), p.T("estate.workload.remove_rule")},
		Action: p.In("/workloads/" + w.ID + "/remove"), Confirm: p.T("estate.workload.remove"),
		Hidden: []ui.TagPair{{Key: "version", Value: strconv.FormatInt(w.Version, 10)}}}
}

func (h pages) removeWorkload(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, _, err := h.oneWorkload(r, p, a)
	if err != nil {
		return err
	}
	if err := h.s.DeleteWorkload(r.Context(), a, found.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/workloads/"+found.ID, err)
	}
	return web.Done(w, r, p, "/workloads", p.T("estate.workload.done_remove", "name", found.Name))
}
