package register

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

func (r *Register[T]) routes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + r.Path:                   r.showList,
		"GET " + r.Path + "/new":          r.showNew,
		"POST " + r.Path + "/new":         r.postNew,
		"GET " + r.Path + "/pick":         r.showPick,
		"GET " + r.Path + "/{id}":         r.showRecord,
		"GET " + r.Path + "/{id}/edit":    r.showEdit,
		"POST " + r.Path + "/{id}/edit":   r.postEdit,
		"POST " + r.Path + "/{id}/remove": r.postRemove,
	}
}

// Patterns lists the addresses of the register's pages.
func (r *Register[T]) Patterns() []string { return slices.Sorted(maps.Keys(r.routes())) }

// Pages hangs the register's pages on the mux.
func (r *Register[T]) Pages(mux *http.ServeMux, shell *web.Shell) {
	at := *r
	at.shell = shell
	for pattern, h := range at.routes() {
		mux.Handle(pattern, shell.Page(h))
	}
}

// named is what the refs of a page's records lead to.
type named map[string]map[string]subject.Subject

func (r *Register[T]) lister() web.Lister {
	return web.Lister{DB: r.parts.DB, Need: r.Read, Spec: r.spec, Customer: "k.slug", Live: r.Name}
}

func (r *Register[T]) label(p *ui.Page, f Field) string { return p.T(r.key("field." + f.Name)) }

func (r *Register[T]) word(p *ui.Page, f Field, value string) string {
	return p.Or(r.key("value."+f.Name+"."+value), value)
}

func (r *Register[T]) showList(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T(r.key("many")), r.Name
	set, err := r.custom(req.Context(), a, web.Customer(p))
	if err != nil {
		return err
	}
	l := r.lister()
	l.Spec = set.List(l.Spec, "r.customer_id", "r.id", p.Query)
	if done, err := web.DownloadPages(w, req, p, a, l, strings.TrimPrefix(r.Path, "/"), set.Names(), func(ctx context.Context, tx *db.Tx, rows []T) ([]T, error) { return rows, r.fill(ctx, tx, rows) }); done {
		return err
	}
	found, err := web.ReadList[T](req, p, a, l)
	if err != nil {
		return err
	}
	var names named
	var called field.Refs
	if err := r.parts.DB.View(req.Context(), a.Scope(), func(tx *db.Tx) error {
		if err := r.fill(req.Context(), tx, found.Items); err != nil {
			return err
		}
		if called, err = field.NamesOf(req.Context(), tx, set, customs(found.Items)...); err != nil {
			return err
		}
		names, err = r.names(req.Context(), tx, found.Items)
		return err
	}); err != nil {
		return err
	}
	found.Filters(append(r.filters(p), set.Filters(p)...)...)
	t := found.List
	t.ID, t.Label, t.Search = r.Name+"-list", p.Title, p.T(r.key("search"))
	t.Empty = ui.Empty{Title: p.T(r.key("empty")), Text: p.T(r.key("empty_text"))}
	may := a.May(r.Write)
	if may {
		t.Empty.Action = ui.Link{Label: p.T(r.key("add")), Href: r.Path + "/new"}
	}
	bulk.Select(p, a, editable[T]{r}.Kind(), true, &t, nil)
	columns := append(r.columns(p, names), field.Columns(p, set, called, func(rec T) field.Values { return tail(&rec).Custom })...)
	table := ui.NewTable(t, columns, found.Items, func(rec T) ui.Row {
		return ui.Row{ID: head(&rec).ID, Href: r.Path + "/" + head(&rec).ID, Name: r.name(&rec)}
	})
	var add, take ui.Link
	if may {
		take = ui.Link{Label: p.T("register.common.take_in"), Href: p.In("/imports/" + strings.TrimPrefix(r.Path, "/"))}
		add = ui.Link{Label: p.T(r.key("add")), Href: p.In(r.Path + "/new")}
	}
	var more []ui.Link
	if r.Links != nil {
		more = r.Links(p, a)
	}
	ui.Render(w, req, http.StatusOK, listPage(p, p.T(r.key("about")), table, more, add, take))
	return nil
}

// columns are the fields in their order, the title first, and whose record it is where several customers are shown.
func (r *Register[T]) columns(p *ui.Page, names named) []ui.Column[T] {
	column := func(f Field) ui.Column[T] {
		return ui.Column[T]{Key: f.Name, Label: r.label(p, f), Sort: f.Sort, Extra: f.Extra, Number: slices.Contains([]Kind{Number, Percent, Amount, Span, Fraction}, f.Kind),
			NoWrap: slices.Contains([]Kind{Day, Instant, Choice, Phone, YesNo}, f.Kind),
			Cell:   func(rec T) templ.Component { return r.cell(p, f, &rec, names) }}
	}
	out := []ui.Column[T]{column(r.title)}
	if p.Customer == nil {
		out = append(out, ui.Column[T]{Key: "customer", Label: p.T("register.common.customer"), Cell: func(rec T) templ.Component {
			slug := head(&rec).Customer
			return ui.Anchor("/customers/"+slug, web.CustomerName(p, slug))
		}})
	}
	for _, f := range r.fields {
		if !f.Hidden && f.Name != r.title.Name {
			out = append(out, column(f))
		}
	}
	return append(out, ui.Column[T]{Key: "updated_at", Label: p.T("register.common.updated"), Sort: true, NoWrap: true, Extra: true,
		Cell: func(rec T) templ.Component { return ui.When(p, tail(&rec).UpdatedAt.Time) }})
}

func (r *Register[T]) filters(p *ui.Page) (out []ui.Filter) {
	for _, f := range r.fields {
		if !f.Filter {
			continue
		}
		if r.Options[f.Name] != nil {
			out = append(out, ui.Filter{Name: f.Name, Label: r.label(p, f), Options: r.options(p, f)})
			continue
		}
		switch f.Kind {
		case Choice, YesNo, Language:
			out = append(out, ui.Filter{Name: f.Name, Label: r.label(p, f), Options: r.options(p, f)})
		case Day, Instant, Number, Percent:
			out = append(out, ui.Filter{Name: f.Name + ".after", Label: p.T("register.common.from", "field", r.label(p, f))},
				ui.Filter{Name: f.Name + ".before", Label: p.T("register.common.before", "field", r.label(p, f))})
		case Text, Long, Email, Phone, URL:
			out = append(out, ui.Filter{Name: f.Name + ".contains", Label: r.label(p, f)})
		case Country, Zone:
			out = append(out, ui.Filter{Name: f.Name, Label: r.label(p, f)})
		}
	}
	return out
}

// options are the choices of a field in a form or filter.
func (r *Register[T]) options(p *ui.Page, f Field) (out []ui.Option) {
	if of := r.Options[f.Name]; of != nil {
		return of(p)
	}
	switch f.Kind {
	case YesNo:
		return []ui.Option{{Value: "true", Label: p.T("register.common.yes")}, {Value: "false", Label: p.T("register.common.no")}}
	case Language:
		for _, l := range p.Languages() {
			out = append(out, ui.Option{Value: l.Code, Label: l.Name})
		}
	default:
		for _, v := range f.Values {
			out = append(out, ui.Option{Value: v, Label: r.word(p, f, v)})
		}
	}
	return out
}

// one reads the record of the address, and refuses one of another customer than the one chosen.
func (r *Register[T]) one(req *http.Request, p *ui.Page, a permission.Actor, need permission.Action) (rec T, err error) {
	if rec, err = r.Get(req.Context(), a, req.PathValue("id")); err != nil {
		return rec, err
	}
	if err := web.Belongs(p, head(&rec).Customer); err != nil {
		return rec, err
	}
	return rec, a.Require(need)
}

func (r *Register[T]) crumbs(p *ui.Page, more ...ui.Link) {
	p.Active = r.Name
	p.Crumbs = append([]ui.Link{{Label: p.T(r.key("many")), Href: r.Path}}, more...)
}

func (r *Register[T]) showRecord(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := r.one(req, p, a, r.Read)
	if err != nil {
		return err
	}
	r.crumbs(p)
	p.Title = r.name(&rec)
	h := head(&rec)
	v := view{record: ui.Record{Kind: p.T(r.key("one")), Icon: r.Icon, Title: p.Title, Live: r.Name + ":" + h.ID}, live: r.Name + ":" + h.ID}
	var names named
	scope, err := a.Scope().Narrow(h.CustomerID)
	if err != nil {
		return err
	}
	if err := r.parts.DB.View(req.Context(), scope, func(tx *db.Tx) error {
		if names, err = r.names(req.Context(), tx, []T{rec}); err != nil {
			return err
		}
		v.history, err = r.history(req.Context(), tx, p, h.ID, h.Customer)
		return err
	}); err != nil {
		return err
	}
	if r.Status != "" {
		if f := r.field(r.Status); f.in(&rec).String() != "" {
			value := f.in(&rec).String()
			v.record.Status = ui.Status(r.tone(value), r.word(p, f, value))
		}
	}
	v.record.Facts = []ui.Fact{{Label: p.T("register.common.customer"), Value: ui.Anchor(p.In("/customers/"+h.Customer), web.CustomerName(p, h.Customer))},
		{Label: p.T("register.common.updated"), Value: ui.When(p, tail(&rec).UpdatedAt.Time)}}
	v.sections = r.sections(p, &rec, names)
	if r.Beside != nil {
		if v.beside, err = r.Beside(req, p, a, rec); err != nil {
			return err
		}
	}
	if a.May(r.Write) {
		v.record.Actions = recordActions(p, r.Path+"/"+h.ID+"/edit", r.doomed(p, &rec))
	}
	if v.activity, err = r.shell.Around(req, p, a, r.Name, h.ID); err != nil {
		return err
	}
	if v.record.Actions == nil {
		v.record.Actions = templ.NopComponent
	}
	if v.beside.Actions != nil {
		v.record.Actions = templ.Join(v.beside.Actions, v.record.Actions)
	}
	v.record.Actions, v.record.Panels = v.activity.Buttons(v.record.Actions), v.activity.Panels
	ui.Render(w, req, http.StatusOK, recordPage(p, v))
	return nil
}

func (r *Register[T]) tone(value string) ui.Tone {
	if t, ok := r.Tones[value]; ok {
		return t
	}
	return ui.Off
}

// view is a record as its page shows it.
type view struct {
	record   ui.Record
	live     string
	sections []section
	history  []ui.Entry
	activity web.Activity
	beside   Beside
}

// section is a titled part of fields; the first has no title of its own.
type section struct {
	title string
	facts []ui.Fact
}

func (r *Register[T]) sections(p *ui.Page, rec *T, names named) (out []section) {
	for _, name := range r.sectionNames() {
		s := section{title: p.T("register.common.details")}
		if name != "" {
			s.title = p.T(r.key("section." + name))
		}
		for _, f := range r.fields {
			if f.Section == name && f.Name != r.title.Name {
				s.facts = append(s.facts, ui.Fact{Label: r.label(p, f), Value: r.value(p, f, rec, names)})
			}
		}
		out = append(out, s)
	}
	return out
}

// sectionNames lists the sections in the order in which they come first.
func (r *Register[T]) sectionNames() (out []string) {
	for _, f := range r.fields {
		if !slices.Contains(out, f.Section) {
			out = append(out, f.Section)
		}
	}
	return out
}

// doomed is what the removal of a record destroys.
func (r *Register[T]) doomed(p *ui.Page, rec *T) ui.Doomed {
	name := r.name(rec)
	return ui.Doomed{ID: "remove", Title: p.T("register.common.remove_title", "name", name), Text: p.T("register.common.remove_text"), Things: []string{p.T(r.key("one")) + ": " + name},
		Action: p.In(r.Path + "/" + head(rec).ID + "/remove"), Confirm: p.T("register.common.remove"), Hidden: []ui.TagPair{{Key: "version", Value: version(rec)}}}
}

func (r *Register[T]) postRemove(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := r.one(req, p, a, r.Write)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, req); err != nil {
		return err
	}
	edit, err := r.remove(req.Context(), a, head(&rec).ID, web.Version(req), true)
	if err != nil {
		return web.Refused(w, req, p, r.Path+"/"+head(&rec).ID, err)
	}
	return web.DoneWithUndo(w, req, p, r.Path, p.T("register.common.removed", "name", r.name(&rec)), edit)
}

// showPick answers the search of a picker: records of one customer that a ref may name.
func (r *Register[T]) showPick(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(r.Write); err != nil {
		return err
	}
	i := slices.IndexFunc(r.fields, func(f Field) bool { return f.Kind == Ref && f.Name == p.Query.Get("field") })
	slug := p.Query.Get("for")
	if slug == "" {
		slug = web.Customer(p)
	}
	if i < 0 || slug == "" {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	f := r.fields[i]
	owner, err := r.customer(req.Context(), a, slug)
	if err != nil {
		return fault.New(fault.NotFound, "fault.not_found").Because(err)
	}
	field, err := r.picker(req.Context(), p, a, owner, f, p.Query.Get(f.Name), p.Query.Get(f.Name+"_q"))
	if err != nil {
		return err
	}
	ui.Render(w, req, http.StatusOK, ui.PickerHits(p, field))
	return nil
}

// picker is a ref's field with its hits, the chosen one first.
func (r *Register[T]) picker(ctx context.Context, p *ui.Page, a permission.Actor, owner string, f Field, chosen, q string) (ui.Field, error) {
	out := ui.Field{Name: f.Name, Label: r.label(p, f), Value: chosen, Required: f.Required}
	scope, err := a.Scope().Narrow(owner)
	if err != nil {
		return out, err
	}
	err = r.parts.DB.View(ctx, scope, func(tx *db.Tx) error {
		hits, err := r.pick(ctx, tx, f, q)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(hits, func(s subject.Subject) bool { return s.ID == chosen }); i >= 0 {
			hits = append([]subject.Subject{hits[i]}, slices.Delete(slices.Clone(hits), i, i+1)...)
		} else if chosen != "" {
			kept, err := r.nameOf(ctx, tx, f, chosen)
			if err != nil {
				return err
			}
			hits = append(kept, hits...)
		}
		for _, s := range hits {
			out.Options = append(out.Options, ui.Option{Value: s.ID, Label: s.Name})
		}
		return nil
	})
	return out, err
}
