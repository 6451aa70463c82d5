package customer

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux: customers, and the registers of what belongs to them.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /customers":              h.list,
		"GET /customers/new":          h.add,
		"POST /customers/new":         h.create,
		"GET /customers/{slug}":       h.show,
		"GET /customers/{slug}/edit":  h.edit,
		"POST /customers/{slug}/edit": h.change,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
	for _, r := range s.Registers.All() {
		r.Pages(mux, shell)
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

// i18n: customers.phase.*
func phaseState(p *ui.Page, ph Phase) templ.Component {
	tone := map[Phase]ui.Tone{Live: ui.Good, Assessment: ui.Info, Remediation: ui.Busy}[ph]
	if tone == "" {
		tone = ui.Off
	}
	return ui.Status(tone, phaseWord(p, string(ph)))
}

func phaseWord(p *ui.Page, ph string) string { return p.T("customers.phase." + ph) }

// i18n: customers.language_name.*
func languageWord(p *ui.Page, code string) string { return p.Or("customers.language_name."+code, code) }

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("customers.list"), "customers"
	set, err := h.s.fields(r.Context(), a, web.Customer(p))
	if err != nil {
		return err
	}
	l := web.Lister{DB: h.s.db, Need: permission.CustomerRead, Spec: set.List(Spec, "c.id", "c.id", p.Query), Customer: "c.slug", Live: "customer"}
	if done, err := web.DownloadPages(w, r, p, a, l, "customers", set.Names(), fill); done {
		return err
	}
	found, err := web.ReadList[Customer](r, p, a, l)
	if err != nil {
		return err
	}
	var names field.Refs
	err = h.s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
		if found.Items, err = fill(r.Context(), tx, found.Items); err != nil {
			return err
		}
		values := make([]field.Values, len(found.Items))
		for i, c := range found.Items {
			values[i] = c.Custom
		}
		names, err = field.NamesOf(r.Context(), tx, set, values...)
		return err
	})
	if err != nil {
		return err
	}
	phases := []ui.Option{}
	for _, ph := range Phases() {
		phases = append(phases, ui.Option{Value: string(ph), Label: phaseWord(p, string(ph))})
	}
	found.Filters(append([]ui.Filter{{Name: "phase", Label: p.T("customers.phase_label"), Options: phases}}, set.Filters(p)...)...)
	table := found.List
	table.ID, table.Label, table.Search = "customers", p.Title, p.T("customers.search")
	may := a.May(permission.CustomerWrite) && a.Scope().All()
	table.Empty = ui.Empty{Title: p.T("customers.none"), Text: p.T("customers.none_text")}
	if may {
		table.Empty.Action = ui.Link{Label: p.T("customers.add"), Href: "/customers/new"}
	}
	bulk.Select(p, a, editable().Of, false, &table, nil)
	t := ui.NewTable(table, append([]ui.Column[Customer]{
		{Key: "name", Label: p.T("customers.name"), Sort: true, Cell: func(c Customer) templ.Component { return ui.Text(c.Name) }},
		{Key: "slug", Label: p.T("customers.slug"), Sort: true, Cell: func(c Customer) templ.Component { return ui.Code(c.Slug) }},
		{Key: "phase", Label: p.T("customers.phase_label"), Sort: true, NoWrap: true, Cell: func(c Customer) templ.Component { return phaseState(p, c.Phase) }},
		{Key: "country", Label: p.T("customers.country"), Sort: true, Cell: func(c Customer) templ.Component { return ui.Either(p, c.Country) }},
		{Key: "language", Label: p.T("customers.language"), Cell: func(c Customer) templ.Component { return ui.Text(languageWord(p, c.Language)) }},
		{Key: "time_zone", Label: p.T("customers.time_zone"), Cell: func(c Customer) templ.Component { return ui.Text(c.TimeZone) }},
		{Key: "created_at", Label: p.T("customers.since"), Sort: true, NoWrap: true, Cell: func(c Customer) templ.Component { return ui.When(p, c.CreatedAt.Time) }},
	}, field.Columns(p, set, names, func(c Customer) field.Values { return c.Custom })...), found.Items, func(c Customer) ui.Row { return ui.Row{ID: c.ID, Href: "/customers/" + c.Slug, Name: c.Name} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, may, a.May(permission.CustomerImport) && a.Scope().All()))
	return nil
}

// one reads the customer of the address, unless another one is chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Customer, error) {
	c, err := h.s.Customer(r.Context(), a, r.PathValue("slug"))
	if err != nil {
		return c, err
	}
	return c, web.Belongs(p, c.Slug)
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	v := view{Customer: c, write: a.May(permission.CustomerWrite), people: a.May(permission.ContactWrite), export: a.May(permission.CustomerExport)}
	if v.contacts, err = h.s.Escalation(r.Context(), a, c.ID); err != nil {
		return err
	}
	if v.counts, err = h.s.counts(r.Context(), a, c.ID); err != nil {
		return err
	}
	if v.activity, err = h.shell.Around(r, p, a, "customer", c.ID); err != nil {
		return err
	}
	p.Title, p.Active = c.Name, "customers"
	p.Crumbs = []ui.Link{{Label: p.T("customers.list"), Href: "/customers"}}
	ui.Render(w, r, http.StatusOK, customerPage(p, v))
	return nil
}

// view is a customer as the page shows it.
type view struct {
	Customer
	contacts              []Contact
	counts                []count
	write, people, export bool
	activity              web.Activity
}

func (v view) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("customers.slug"), Value: ui.Code(v.Slug)},
		{Label: p.T("customers.country"), Value: ui.Either(p, v.Country)},
		{Label: p.T("customers.language"), Value: ui.Text(languageWord(p, v.Language))},
		{Label: p.T("customers.time_zone"), Value: ui.Text(v.TimeZone + " · " + localTime(p, v.TimeZone))},
		{Label: p.T("customers.since"), Value: ui.When(p, v.CreatedAt.Time)},
	}
	if v.Rate > 0 {
		facts = append(facts, ui.Fact{Label: p.T("customers.rate"), Value: ui.Text(p.Number(int(v.Rate)))})
	}
	return facts
}

// places are the other rooms' pages of this customer that the reader's rail leads to.
func (v view) places(p *ui.Page) []ui.Panel {
	var links []ui.Link
	for _, section := range p.Nav {
		for _, item := range section.Items {
			switch item.Href {
			case "/estate", "/cis", "/workloads", "/changes", "/accounts", "/discovery", "/coverage":
				links = append(links, ui.Link{Label: item.Label, Href: item.Href + "?customer=" + v.Slug})
			}
		}
	}
	var panels []ui.Panel
	if len(v.counts) > 0 {
		panels = append(panels, ui.Panel{Title: p.T("customers.registers"), Body: countList(p, v)})
	}
	if len(links) > 0 {
		panels = append(panels, ui.Panel{Title: p.T("customers.places"), Body: linkList(links)})
	}
	return panels
}

// form is the form of a customer as it was typed.
type form struct {
	Slug, Name, Country, Language, TimeZone, Phase, Rate, Version string
	limits                                                        bool // the reader may set the rate

	summary []ui.FieldFault
	errors  map[string]string
	custom  url.Values
	more    []templ.Component
}

func readForm(r *http.Request) form {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return form{Slug: get("slug"), Name: get("name"), Country: strings.ToUpper(get("country")), Language: get("language"), TimeZone: get("time_zone"),
		Phase: get("phase"), Rate: get("request_rate"), Version: get("version"), custom: r.PostForm}
}

// label names a field of the forms in the summary of what is wrong.
func label(p *ui.Page) func(string) string {
	return func(field string) string {
		switch field {
		case "slug":
			return p.T("customers.slug")
		case "phase":
			return p.T("customers.phase_label")
		case "country":
			return p.T("customers.country")
		case "language":
			return p.T("customers.language")
		case "time_zone":
			return p.T("customers.time_zone")
		case "request_rate":
			return p.T("customers.rate")
		}
		return p.T("customers.name")
	}
}

// refuse notes what is wrong; ok is false for errors that the form cannot show.
func (f *form) refuse(p *ui.Page, set field.Set, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, label(p))
	set.Faults(p, f.summary, f.errors)
	if ok && fault.Is(err, fault.Conflict) && len(f.summary) == 1 { // the slug is all that two customers can clash on
		f.summary[0].Name, f.summary[0].Label = "slug", p.T("customers.slug")
		f.errors["slug"] = f.summary[0].Message
	}
	return ok
}

func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.CustomerWrite); err != nil {
		return err
	}
	set, err := h.houseFields(r.Context(), a)
	if err != nil {
		return err
	}
	return h.newForm(w, r, p, a, set, http.StatusOK, form{Language: p.Lang(), TimeZone: p.Zone().String(), Phase: string(Prospect)})
}

// houseFields are those that the record of a customer to come has: none of its own, and none that names people or CIs of it.
func (h pages) houseFields(ctx context.Context, a permission.Actor) (field.Set, error) {
	set, err := h.s.fields(ctx, a, field.Nobody)
	set.Fields = slices.DeleteFunc(set.Fields, func(d field.Defined) bool { return d.Kind == field.Person || d.Kind == field.CI })
	return set, err
}

// inputs are the custom fields of a form, in the scope of its customer.
func (h pages) inputs(ctx context.Context, p *ui.Page, scope db.Scope, set field.Set, f *form, slug string) (err error) {
	return h.s.db.View(ctx, scope, func(tx *db.Tx) error {
		f.more, err = set.Inputs(ctx, tx, p, f.custom, f.errors, slug)
		return err
	})
}

func (h pages) newForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, set field.Set, status int, f form) error {
	if err := h.inputs(r.Context(), p, a.Scope(), set, &f, ""); err != nil {
		return err
	}
	p.Title, p.Active = p.T("customers.add"), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("customers.list"), Href: "/customers"}}
	ui.Render(w, r, status, formPage(p, "/customers/new", "/customers", p.T("customers.add"), f, true))
	return nil
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	f := readForm(r)
	set, err := h.houseFields(r.Context(), a)
	if err != nil {
		return err
	}
	c, err := h.s.CreateCustomer(r.Context(), a, NewCustomer{Slug: f.Slug, Name: f.Name, Country: f.Country, Language: f.Language, TimeZone: f.TimeZone, Phase: f.Phase,
		Custom: set.Posted(r.PostForm)})
	if err != nil {
		if !f.refuse(p, set, err) {
			return err
		}
		return h.newForm(w, r, p, a, set, web.Status(err), f)
	}
	p.Customer = nil // the new one cannot be the one that was chosen
	return web.Done(w, r, p, "/customers/"+c.Slug, p.T("customers.done_add", "name", c.Name))
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.CustomerWrite)
	}
	if err != nil {
		return err
	}
	set, err := h.s.fields(r.Context(), a, c.Slug)
	if err != nil {
		return err
	}
	return h.editForm(w, r, p, a, set, http.StatusOK, c, form{custom: set.Filled(c.Custom), Name: c.Name, Country: c.Country, Language: c.Language, TimeZone: c.TimeZone, Phase: string(c.Phase), Rate: rateText(c.Rate), limits: mayLimit(a) == nil, Version: strconv.FormatInt(c.Version, 10)})
}

func (h pages) editForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, set field.Set, status int, c Customer, f form) error {
	scope, err := a.Scope().Narrow(c.ID)
	if err != nil {
		return err
	}
	if err := h.inputs(r.Context(), p, scope, set, &f, c.Slug); err != nil {
		return err
	}
	p.Title, p.Active = p.T("customers.edit_title", "name", c.Name), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("customers.list"), Href: "/customers"}, {Label: c.Name, Href: "/customers/" + c.Slug}}
	f.Slug = c.Slug
	ui.Render(w, r, status, formPage(p, "/customers/"+c.Slug+"/edit", "/customers/"+c.Slug, p.T("customers.save"), f, false))
	return nil
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f := readForm(r)
	set, err := h.s.fields(r.Context(), a, c.Slug)
	if err != nil {
		return err
	}
	f.limits = mayLimit(a) == nil
	in := ChangeCustomer{Custom: set.Posted(r.PostForm), Name: &f.Name, Country: &f.Country, Language: &f.Language, TimeZone: &f.TimeZone, Phase: &f.Phase}
	if f.limits && r.PostForm.Has("request_rate") {
		rate, err := strconv.ParseInt(cmpOr(f.Rate, "0"), 10, 64)
		if err != nil {
			rate = -1 // which is refused with a name
		}
		in.Rate = &rate
	}
	_, edit, err := h.s.update(r.Context(), a, c.ID, web.Version(r), in, true)
	if err != nil {
		if !f.refuse(p, set, err) {
			return err
		}
		return h.editForm(w, r, p, a, set, web.Status(err), c, f)
	}
	return web.DoneWithUndo(w, r, p, "/customers/"+c.Slug, p.T("customers.done_edit"), edit)
}

// rateText is a rate as the form has it: empty for the server's own.
func rateText(rate int64) string {
	if rate == 0 {
		return ""
	}
	return strconv.FormatInt(rate, 10)
}

// phaseOptions are the phases that a form can set: live only for who is live already.
func phaseOptions(p *ui.Page, now string) (out []ui.Option) {
	for _, ph := range Phases() {
		if ph == Live && now != string(Live) {
			continue
		}
		out = append(out, ui.Option{Value: string(ph), Label: phaseWord(p, string(ph))})
	}
	return out
}

func languageOptions(p *ui.Page) (out []ui.Option) {
	for _, l := range p.Languages() {
		out = append(out, ui.Option{Value: l.Code, Label: l.Name})
	}
	return out
}
