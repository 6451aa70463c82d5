package cmdb

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// ciForm is the form of a CI as it was typed.
type ciForm struct {
	Customer, Type, Name, ExternalID, Account, Region, Environment, Criticality, Owner, Workload, Version string

	tags      []ui.TagPair
	customers []ui.Option
	workloads []ui.Option
	summary   []ui.FieldFault
	errors    map[string]string
	custom    url.Values
	more      []templ.Component
}

func readCI(r *http.Request) ciForm {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	f := ciForm{Customer: get("customer"), Type: get("type"), Name: get("name"), ExternalID: get("external_id"), Account: get("account"), Region: get("region"),
		Environment: get("environment"), Criticality: get("criticality"), Owner: get("owner"), Workload: get("workload"), Version: get("version"), custom: r.PostForm}
	keys, values := r.PostForm["tag_key"], r.PostForm["tag_value"]
	for i, key := range keys {
		if key = strings.TrimSpace(key); key != "" && i < len(values) {
			f.tags = append(f.tags, ui.TagPair{Key: key, Value: values[i]})
		}
	}
	return f
}

func (f ciForm) tagMap() map[string]string {
	tags := map[string]string{}
	for _, t := range f.tags {
		tags[t.Key] = t.Value
	}
	return tags
}

// refuse notes what is wrong; ok is false for errors that the form cannot show.
func (f *ciForm) refuse(p *ui.Page, set field.Set, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(field string) string {
		name, _, _ := strings.Cut(field, ".")
		return p.Or("estate.ci."+name, field) // i18n: estate.ci.*
	})
	set.Faults(p, f.summary, f.errors)
	for i, s := range f.summary {
		if strings.HasPrefix(s.Name, "tags.") {
			f.summary[i].Name = "tags"
			f.errors["tags"] = s.Message
		}
	}
	return ok
}

func (h pages) newCI(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.CIWrite); err != nil {
		return err
	}
	return h.newCIForm(w, r, p, a, http.StatusOK, ciForm{})
}

func (h pages) newCIForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f ciForm) (err error) {
	p.Title, p.Active = p.T("estate.ci.add"), "inventory"
	p.Crumbs = []ui.Link{{Label: p.T("estate.ci.list"), Href: "/cis"}}
	if p.Customer == nil {
		f.customers = customerOptions(p)
	} else if f.workloads, err = h.workloadOptions(r.Context(), a, p.Customer.Slug); err != nil {
		return err
	}
	custom, err := h.customOf(r.Context(), a, permission.CIWrite, ciKind, cmp.Or(web.Customer(p), f.Customer))
	if err != nil {
		return err
	}
	if f.more, err = h.inputs(r.Context(), p, custom, f.custom, f.errors); err != nil {
		return err
	}
	ui.Render(w, r, status, newCIPage(p, f))
	return nil
}

func (h pages) createCI(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.CIWrite); err != nil {
		return err
	}
	f := readCI(r)
	customer := f.Customer
	if p.Customer != nil {
		customer = p.Customer.Slug
	}
	custom, err := h.customOf(r.Context(), a, permission.CIWrite, ciKind, customer)
	if err != nil {
		return err
	}
	c, err := h.s.CreateCI(r.Context(), a, NewCI{Custom: custom.set.Posted(r.PostForm), Customer: customer, Type: f.Type, Name: f.Name, ExternalID: f.ExternalID, Account: f.Account, Region: f.Region,
		Environment: f.Environment, Criticality: f.Criticality, Owner: f.Owner, Workload: f.Workload, Tags: f.tagMap()})
	if err != nil {
		if !f.refuse(p, custom.set, err) {
			return err
		}
		return h.newCIForm(w, r, p, a, web.Status(err), f)
	}
	return web.Done(w, r, p, "/cis/"+c.ID, p.T("estate.ci.done_add", "name", c.Name))
}

// one reads a CI, and refuses one of another customer than the one chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (CI, error) {
	c, err := h.s.CI(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return c, err
	}
	return c, web.Belongs(p, c.Customer)
}

func (h pages) editCI(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.CIWrite)
	}
	if err != nil {
		return err
	}
	f := ciForm{Name: c.Name, Environment: c.Environment, Criticality: c.Criticality, Owner: c.Owner, Version: strconv.FormatInt(c.Version, 10)}
	if c.WorkloadBy == byHand {
		f.Workload = string(c.WorkloadID)
	}
	for _, key := range keysOf(c.Tags.V) {
		f.tags = append(f.tags, ui.TagPair{Key: key, Value: c.Tags.V[key]})
	}
	set, err := h.s.fieldsOf(r.Context(), a, ciKind, c.Customer)
	if err != nil {
		return err
	}
	f.custom = set.Filled(c.Custom)
	return h.editCIForm(w, r, p, a, http.StatusOK, c, f)
}

func (h pages) editCIForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, c CI, f ciForm) (err error) {
	if f.workloads, err = h.workloadOptions(r.Context(), a, c.Customer); err != nil {
		return err
	}
	custom, err := h.customOf(r.Context(), a, permission.CIWrite, ciKind, c.Customer)
	if err != nil {
		return err
	}
	if f.more, err = h.inputs(r.Context(), p, custom, f.custom, f.errors); err != nil {
		return err
	}
	p.Title, p.Active = p.T("estate.ci.edit_title", "name", c.Name), "inventory"
	p.Crumbs = []ui.Link{{Label: p.T("estate.ci.list"), Href: "/cis"}, {Label: c.Name, Href: "/cis/" + c.ID}}
	ui.Render(w, r, status, editCIPage(p, c, f))
	return nil
}

// edit turns a field of the form into an edit: nothing where it was left as it is; for a discovered CI an emptied field gives
// a pinned value back to discovery.
func edit(c CI, field, now, value string) Edit {
	switch {
	case value == now:
		return Edit{}
	case value == "" && c.Source == Discovered && c.IsPinned(field):
		return Unset()
	}
	return Set(value)
}

func (h pages) changeCI(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f := readCI(r)
	in := ChangeCI{Name: edit(c, FieldName, c.Name, f.Name), Environment: edit(c, FieldEnvironment, c.Environment, f.Environment),
		Criticality: edit(c, FieldCriticality, c.Criticality, f.Criticality), Owner: edit(c, FieldOwner, c.Owner, f.Owner)}
	chosen := ""
	if c.WorkloadBy == byHand {
		chosen = string(c.WorkloadID)
	}
	switch {
	case f.Workload == chosen:
	case f.Workload == "":
		in.Workload = Unset()
	default:
		in.Workload = Set(f.Workload)
	}
	if c.Source != Discovered {
		tags := f.tagMap()
		in.Tags = &tags
	}
	set, err := h.s.fieldsOf(r.Context(), a, ciKind, c.Customer)
	if err != nil {
		return err
	}
	in.Custom = set.Posted(r.PostForm)
	_, done, err := h.s.editCI(r.Context(), a, c.ID, web.Version(r), in, true)
	if err != nil {
		if !f.refuse(p, set, err) {
			return err
		}
		return h.editCIForm(w, r, p, a, web.Status(err), c, f)
	}
	return web.DoneWithUndo(w, r, p, "/cis/"+c.ID, p.T("estate.ci.done_edit"), done)
}

// takeBack gives a field that a person set back to discovery.
func (h pages) takeBack(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	var in ChangeCI
	switch r.PostFormValue("field") {
	case FieldName:
		in.Name = Unset()
	case FieldEnvironment:
		in.Environment = Unset()
	case FieldCriticality:
		in.Criticality = Unset()
	case FieldOwner:
		in.Owner = Unset()
	}
	_, done, err := h.s.editCI(r.Context(), a, c.ID, web.Version(r), in, true)
	if err != nil {
		return web.Refused(w, r, p, "/cis/"+c.ID, err)
	}
	return web.DoneWithUndo(w, r, p, "/cis/"+c.ID, p.T("estate.ci.done_edit"), done)
}

func (h pages) doomCI(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.CIWrite)
	}
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("estate.ci.remove_title", "name", c.Name), "inventory"
	p.Crumbs = []ui.Link{{Label: p.T("estate.ci.list"), Href: "/cis"}, {Label: c.Name, Href: "/cis/" + c.ID}}
	ui.Render(w, r, http.StatusOK, doomPage(p, c.doomed(p), "/cis/"+c.ID))
	return nil
}

// doomed names what goes with a CI.
func (c CI) doomed(p *ui.Page) ui.Doomed {
	return ui.Doomed{ID: "remove", Title: p.T("estate.ci.remove_title", "name", c.Name), Text: p.T("estate.ci.remove_text"),
		Things: []string{c.Name + " (" + typeWord(p, c.Type) + ")", p.T("estate.ci.remove_history"), p.T("estate.ci.remove_relations")},
		Action: p.In("/cis/" + c.ID + "/remove"), Confirm: p.T("estate.ci.remove"), Hidden: []ui.TagPair{{Key: "version", Value: strconv.FormatInt(c.Version, 10)}}}
}

func (h pages) removeCI(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := h.s.DeleteCI(r.Context(), a, c.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/cis/"+c.ID, err)
	}
	return web.Done(w, r, p, "/cis", p.T("estate.ci.done_remove", "name", c.Name))
}

func editHelp(p *ui.Page, c CI) string {
	if c.Source == Discovered {
		return p.T("estate.ci.edit_help")
	}
	return ""
}
