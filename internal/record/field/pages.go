package field

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

const home = "/custom-fields"

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /custom-fields":              h.list,
		"GET /custom-fields/new":          h.add,
		"POST /custom-fields/new":         h.create,
		"GET /custom-fields/pick":         h.pick,
		"GET /custom-fields/{id}":         h.show,
		"GET /custom-fields/{id}/edit":    h.edit,
		"POST /custom-fields/{id}/edit":   h.change,
		"POST /custom-fields/{id}/state":  h.state,
		"POST /custom-fields/{id}/move":   h.move,
		"POST /custom-fields/{id}/remove": h.remove,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

// i18n: field.kind.*
func kindWord(p *ui.Page, k Kind) string { return p.T("field.kind." + string(k)) }

func typeWord(p *ui.Page, recordType string) string { return p.T(subject.Label(recordType)) }

// stateOf shows whether the field is in use.
// i18n: field.state.*
func stateOf(p *ui.Page, f Field) templ.Component {
	tone := ui.Good
	if f.State == Archived {
		tone = ui.Off
	}
	return ui.Status(tone, p.T("field.state."+string(f.State)))
}

// whose names the customer of a field.
func whose(p *ui.Page, f Field) string {
	if f.House() {
		return p.T("field.all_customers")
	}
	return web.CustomerName(p, f.Customer)
}

func yesNo(p *ui.Page, yes bool) string {
	if yes {
		return p.T("field.yes")
	}
	return p.T("field.no")
}

// may tells whether the actor may change a field.
func may(a permission.Actor, f Field) bool {
	if f.House() {
		return mayHouse(a) == nil
	}
	return a.May(permission.FieldWrite)
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("field.list"), "fields"
	l := web.Lister{DB: h.s.db, Need: permission.FieldRead, Spec: h.s.Spec(), Live: "", Within: func(q list.Query) list.Query {
		if p.Customer == nil {
			return q
		}
		return q.Where("f.customer IN ('', ?)", p.Customer.Slug)
	}}
	if done, err := web.Download(w, r, p, a, l, "custom-fields", Field.shown); done {
		return err
	}
	found, err := web.ReadList[Field](r, p, a, l)
	if err != nil {
		return err
	}
	for i, f := range found.Items {
		found.Items[i] = f.shown()
	}
	types, kinds := []ui.Option{}, []ui.Option{}
	for _, t := range h.s.Types() {
		types = append(types, ui.Option{Value: t, Label: typeWord(p, t)})
	}
	for _, k := range Kinds() {
		kinds = append(kinds, ui.Option{Value: string(k), Label: kindWord(p, k)})
	}
	states := []ui.Option{{Value: "true", Label: p.T("field.state.active")}, {Value: "false", Label: p.T("field.state.archived")}}
	found.Filters(ui.Filter{Name: "record_type", Label: p.T("field.word.record_type"), Options: types}, ui.Filter{Name: "kind", Label: p.T("field.word.kind"), Options: kinds},
		ui.Filter{Name: "archived_at.empty", Label: p.T("field.word.state"), Options: states})
	table := found.List
	table.ID, table.Label, table.Search = "custom-fields", p.Title, p.T("field.search")
	table.Empty = ui.Empty{Title: p.T("field.none"), Text: p.T("field.none_text")}
	add := ui.Link{}
	if a.May(permission.FieldWrite) {
		add = ui.Link{Label: p.T("field.add"), Href: home + "/new"}
		table.Empty.Action = add
	}
	t := ui.NewTable(table, h.columns(p), found.Items, func(f Field) ui.Row { return ui.Row{ID: f.ID, Href: home + "/" + f.ID, Name: f.Label(p.Lang())} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, add))
	return nil
}

func (h pages) columns(p *ui.Page) []ui.Column[Field] {
	type column = ui.Column[Field]
	return []column{
		{Key: "label", Label: p.T("field.word.label"), Cell: func(f Field) templ.Component { return ui.Text(f.Label(p.Lang())) }},
		{Key: "record_type", Label: p.T("field.word.record_type"), Sort: true, NoWrap: true, Cell: func(f Field) templ.Component { return ui.Text(typeWord(p, f.RecordType)) }},
		{Key: "customer", Label: p.T("field.word.customer"), Cell: func(f Field) templ.Component { return ui.Text(whose(p, f)) }},
		{Key: "kind", Label: p.T("field.word.kind"), NoWrap: true, Cell: func(f Field) templ.Component { return ui.Text(kindWord(p, f.Kind)) }},
		{Key: "key", Label: p.T("field.word.key"), Sort: true, Cell: func(f Field) templ.Component { return ui.Code(f.Key) }},
		{Key: "required", Label: p.T("field.word.required"), NoWrap: true, Cell: func(f Field) templ.Component { return ui.Text(yesNo(p, f.Required)) }},
		{Key: "position", Label: p.T("field.word.position"), Sort: true, Number: true, Cell: func(f Field) templ.Component { return ui.Text(p.Number(int(f.Position))) }},
		{Key: "state", Label: p.T("field.word.state"), NoWrap: true, Cell: func(f Field) templ.Component { return stateOf(p, f) }},
		{Key: "updated_at", Label: p.T("field.word.updated"), Sort: true, NoWrap: true, Extra: true, Cell: func(f Field) templ.Component { return ui.When(p, f.UpdatedAt.Time) }},
	}
}

// one reads the field of the address, and refuses one of another customer than the one chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Field, error) {
	f, err := h.s.Field(r.Context(), a, r.PathValue("id"))
	if err != nil || f.House() {
		return f, err
	}
	return f, web.Belongs(p, f.Customer)
}

func (h pages) crumbs(p *ui.Page, more ...ui.Link) {
	p.Active = "fields"
	p.Crumbs = append([]ui.Link{{Label: p.T("field.list"), Href: home}}, more...)
}

// view is a field as its page shows it.
type view struct {
	Field
	uses        int
	may         bool
	first, last bool
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	f, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	v := view{Field: f, may: may(a, f)}
	if v.uses, err = h.s.Uses(r.Context(), a, f.ID); err != nil {
		return err
	}
	all, err := h.s.Fields(r.Context(), a, f.RecordType, f.Customer)
	if err != nil {
		return err
	}
	v.first, v.last = len(all) > 0 && all[0].ID == f.ID, len(all) > 0 && all[len(all)-1].ID == f.ID
	p.Title = f.Label(p.Lang())
	h.crumbs(p)
	ui.Render(w, r, http.StatusOK, fieldPage(p, v))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	return []ui.Fact{
		{Label: p.T("field.word.record_type"), Value: ui.Text(typeWord(p, v.RecordType))},
		{Label: p.T("field.word.customer"), Value: ui.Text(whose(p, v.Field))},
		{Label: p.T("field.word.kind"), Value: ui.Text(kindWord(p, v.Kind))},
		{Label: p.T("field.word.values"), Value: ui.Text(p.Number(v.uses))},
	}
}

func (v view) details(p *ui.Page) []ui.Fact {
	return []ui.Fact{
		{Label: p.T("field.word.key"), Value: ui.Code(v.Key)},
		{Label: p.T("field.word.label_en"), Value: ui.Text(v.LabelEN)},
		{Label: p.T("field.word.label_fr"), Value: ui.Text(v.LabelFR)},
		{Label: p.T("field.word.help_en"), Value: ui.Either(p, v.HelpEN)},
		{Label: p.T("field.word.help_fr"), Value: ui.Either(p, v.HelpFR)},
		{Label: p.T("field.word.required"), Value: ui.Text(yesNo(p, v.Required))},
		{Label: p.T("field.word.position"), Value: ui.Text(p.Number(int(v.Position)))},
		{Label: p.T("field.word.updated"), Value: ui.When(p, v.UpdatedAt.Time)},
	}
}

// doomed names what goes with a field.
func (v view) doomed(p *ui.Page) ui.Doomed {
	name := v.Label(p.Lang())
	return ui.Doomed{ID: "remove", Title: p.T("field.remove_title", "name", name), Text: p.T("field.remove_text"),
		Things: []string{p.T("field.one") + ": " + name, p.N("field.values_go", v.uses)}, Action: p.In(home + "/" + v.ID + "/remove"), Confirm: p.T("field.remove"),
		Hidden: []ui.TagPair{{Key: "version", Value: strconv.FormatInt(v.Version, 10)}, {Key: "values", Value: strconv.Itoa(v.uses)}}}
}

func (h pages) state(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, func(f Field) (string, error) {
		to, done := Archived, "field.done_archive"
		if r.PostFormValue("state") == string(Active) {
			to, done = Active, "field.done_activate"
		}
		_, err := h.s.Update(r.Context(), a, f.ID, web.Version(r), Change{State: &to})
		return done, err
	})
}

func (h pages) move(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, func(f Field) (string, error) {
		all, err := h.s.Fields(r.Context(), a, f.RecordType, f.Customer)
		if err != nil {
			return "", err
		}
		to := int64(slices.IndexFunc(all, func(x Field) bool { return x.ID == f.ID }) + 2)
		if r.PostFormValue("to") == "up" {
			to -= 2
		}
		_, err = h.s.Update(r.Context(), a, f.ID, web.Version(r), Change{Position: &to})
		return "field.done_move", err
	})
}

// act is a button of a field's page.
// i18n: field.done_archive
// i18n: field.done_activate
// i18n: field.done_move
func (h pages) act(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, work func(Field) (string, error)) error {
	f, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	done, err := work(f)
	if err != nil {
		return web.Refused(w, r, p, home+"/"+f.ID, err)
	}
	return web.Done(w, r, p, home+"/"+f.ID, p.T(done, "name", f.Label(p.Lang())))
}

func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	f, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	values, err := strconv.Atoi(r.PostFormValue("values"))
	if err != nil {
		values = 0
	}
	if err := h.s.Delete(r.Context(), a, f.ID, web.Version(r), values); err != nil {
		return web.Refused(w, r, p, home+"/"+f.ID, err)
	}
	return web.Done(w, r, p, home, p.T("field.done_remove", "name", f.Label(p.Lang())))
}

// pick answers the search of a picker in the form of a record: people or CIs of one customer.
func (h pages) pick(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	of, slug := p.Query.Get("type"), p.Query.Get("for")
	k, ok := h.s.subjects.Kind(of)
	missing := fault.New(fault.NotFound, "fault.not_found")
	if !ok || !k.Fields || slug == "" {
		return missing
	}
	if err := a.Require(k.Write); err != nil {
		return err
	}
	owner, _, err := h.s.customer(r.Context(), a, slug)
	if err != nil {
		return missing.Because(err)
	}
	scope, err := a.Scope().Narrow(owner)
	if err != nil {
		return err
	}
	var field ui.Field
	err = h.s.db.View(r.Context(), scope, func(tx *db.Tx) error {
		set, err := Of(r.Context(), tx, of, "")
		if err != nil {
			return err
		}
		d, ok := set.Field(p.Query.Get("field"))
		if !ok || d.Kind != Person && d.Kind != CI {
			return missing
		}
		name := inputPrefix + d.Key
		field = ui.Field{Name: name, Label: d.Label(p.Lang()), Value: p.Query.Get(name), Required: d.Required}
		hits, err := pick(r.Context(), tx, d.Kind, p.Query.Get(name+"_q"))
		if err != nil {
			return err
		}
		names, err := NamesOf(r.Context(), tx, set, Values{d.Key: V(field.Value)})
		field.Options = offered(d.Kind, field.Value, hits, names)
		return err
	})
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, ui.PickerHits(p, field))
	return nil
}
