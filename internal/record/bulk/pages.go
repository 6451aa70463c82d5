package bulk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the pages on the mux: what to change, the preview, the result, and what was done so far.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	mux.Handle("POST /bulk-edits/new", shell.Page(h.choose))
	mux.Handle("POST /bulk-edits/preview", shell.Page(h.preview))
	mux.Handle("POST /bulk-edits", shell.Page(h.apply))
	mux.Handle("GET /bulk-edits", shell.Page(h.history))
	mux.Handle("GET /bulk-edits/{id}", shell.Page(h.show))
	mux.Handle("POST /bulk-edits/{id}/undo", shell.Page(h.undo))
}

// Select gives a list the boxes and the bar by which its reader changes many records; those who may not change any get none. query is
// what the list shows, where it is not the page's own.
func Select(p *ui.Page, a permission.Actor, k Kind, removable bool, t *ui.List, query url.Values) {
	if !a.May(permission.BulkWrite) || !a.May(k.Write) {
		return
	}
	if query == nil {
		query = p.Query
	}
	kept := url.Values{}
	for name, values := range query {
		if !slices.Contains(foreign, name) {
			kept[name] = values
		}
	}
	t.Picked = []ui.TagPair{{Key: "list", Value: k.List}, {Key: "query", Value: kept.Encode()}, {Key: "back", Value: p.With()}}
	t.Bulk = []ui.BulkAction{{Label: p.T("bulk.edit"), Action: p.In("/bulk-edits/new"), Icon: "edit", Key: "e"}}
	if k.Assignee != "" {
		t.Bulk = append(t.Bulk, ui.BulkAction{Label: p.T("bulk.assign"), Action: p.In("/bulk-edits/new?" + url.Values{"field": {k.Assignee}}.Encode()), Icon: "user-check", Key: "a"})
	}
	if removable {
		t.Bulk = append(t.Bulk, ui.BulkAction{Label: p.T("bulk.remove"), Action: p.In("/bulk-edits/preview?delete=true"), Icon: "trash", Danger: true})
	}
}

type pages struct{ s *Service }

// draft is a form of the pages: what was chosen, and what is to be done to it.
type draft struct {
	kind   Kind
	fields []Field
	in     Input
	back   string // the list that it came from
	focus  string // field to begin with
	count  int
	// of a form that was refused
	summary []ui.FieldFault
	errors  map[string]string
	changed bool // the records have changed since the last preview
}

// read takes the form; what is wrong with the list or the right is the page's.
func (h pages) read(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) (d draft, e Editable, err error) {
	if err := a.Require(permission.BulkWrite); err != nil {
		return d, nil, err
	}
	f := r.Form // the buttons of a list say in their address what they begin
	if e, err = h.s.editable(a, f.Get("list")); err != nil {
		return d, nil, err
	}
	d.kind, d.back, d.focus = e.Kind(), ui.LocalPath(f.Get("back")), f.Get("field")
	if d.back == "/" {
		d.back = "/" + d.kind.List
	}
	d.in = Input{List: d.kind.List, Customer: web.Customer(p), Delete: f.Get("delete") == "true", Fingerprint: f.Get("fingerprint")}
	if f.Get("all") == "true" {
		d.in.Query, d.in.Everything = f.Get("query"), true
	} else {
		d.in.IDs = f["id"]
	}
	return d, e, nil
}

// asked reads what the fields of the form say is to change. A value without a word of what to do with it is meant to be set.
func (d *draft) asked(form url.Values) {
	for _, f := range d.fields {
		op, value := Op(form.Get("op."+f.Name)), strings.TrimSpace(Join(form["value."+f.Name]))
		if op == "" && value != "" {
			if op = Set; f.Partial {
				op = Add
			}
		}
		if op != "" && !d.in.Delete {
			d.in.Changes = append(d.in.Changes, Change{Field: f.Name, Op: op, Value: value})
		}
	}
}

// hidden are the fields that carry a selection from form to form.
func (d draft) hidden() []ui.TagPair {
	out := []ui.TagPair{{Key: "list", Value: d.in.List}, {Key: "back", Value: d.back}}
	if d.in.Everything {
		return append(out, ui.TagPair{Key: "all", Value: "true"}, ui.TagPair{Key: "query", Value: d.in.Query})
	}
	for _, ref := range d.in.IDs {
		out = append(out, ui.TagPair{Key: "id", Value: ref})
	}
	return out
}

// carried are the hidden fields of a preview: the selection, and what is to be done.
func (d draft) carried(fingerprint string) []ui.TagPair {
	out := append(d.hidden(), ui.TagPair{Key: "fingerprint", Value: fingerprint})
	if d.in.Delete {
		out = append(out, ui.TagPair{Key: "delete", Value: "true"})
	}
	for _, c := range d.in.Changes {
		out = append(out, ui.TagPair{Key: "op." + c.Field, Value: string(c.Op)}, ui.TagPair{Key: "value." + c.Field, Value: c.Value})
	}
	return out
}

// change is what the draft does to a field so far.
func (d draft) change(field string) Change {
	i := slices.IndexFunc(d.in.Changes, func(c Change) bool { return c.Field == field })
	if i < 0 {
		return Change{Field: field}
	}
	return d.in.Changes[i]
}

func (h pages) frame(p *ui.Page, k Kind, back string) {
	p.Active = k.Active
	p.Crumbs = []ui.Link{{Label: p.T(k.Title), Href: back}}
}

// choose shows what can be done to the records that were chosen.
func (h pages) choose(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	d, e, err := h.read(w, r, p, a)
	if err != nil {
		return err
	}
	keys, fields, err := h.s.selection(r.Context(), a, e, d.in)
	if err != nil {
		return web.Refused(w, r, p, d.back, err)
	}
	d.fields, d.count = fields, len(keys)
	d.asked(r.PostForm)
	return h.form(w, r, p, http.StatusOK, d)
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, d draft) error {
	h.frame(p, d.kind, d.back)
	p.Title = p.N("bulk.title", d.count)
	ui.Render(w, r, status, choosePage(p, d))
	return nil
}

// preview shows what the edit would do.
func (h pages) preview(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	d, e, err := h.read(w, r, p, a)
	if err != nil {
		return err
	}
	d.in.Fingerprint = ""
	return h.look(w, r, p, a, e, d)
}

func (h pages) look(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, e Editable, d draft) error {
	keys, fields, err := h.s.selection(r.Context(), a, e, d.in)
	if err != nil {
		return web.Refused(w, r, p, d.back, err)
	}
	d.fields, d.count = fields, len(keys)
	if len(d.in.Changes) == 0 {
		d.asked(r.PostForm)
	}
	v, err := h.s.Preview(r.Context(), a, d.in)
	if err != nil {
		var ok bool
		if d.summary, d.errors, ok = web.Faults(p, err, func(path string) string { return d.fieldOf(p, path) }); !ok || d.in.Delete {
			return err
		}
		return h.form(w, r, p, web.Status(err), d)
	}
	d.in = v.Input
	h.frame(p, d.kind, d.back)
	p.Title = p.N("bulk.preview_title", v.Counts().Changed)
	if d.in.Delete {
		p.Title = p.N("bulk.delete_title", v.Counts().Changed)
	}
	status := http.StatusOK
	if d.changed {
		status = http.StatusPreconditionFailed
	}
	ui.Render(w, r, status, previewPage(p, d, v))
	return nil
}

// fieldOf names the field of a fault: "set.owner".
func (d *draft) fieldOf(p *ui.Page, path string) string {
	_, name, _ := strings.Cut(path, ".")
	for _, f := range d.fields {
		if f.Name == name {
			return f.words(p)
		}
	}
	return p.T("bulk.changes")
}

// failed is the message of a field of a form that was refused.
func (d draft) failed(field string) string {
	for _, op := range []Op{Set, Add, Remove} {
		if m := d.errors[string(op)+"."+field]; m != "" {
			return m
		}
	}
	return ""
}

// apply does it, and goes back to the list, or to the result where something was refused.
func (h pages) apply(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	d, e, err := h.read(w, r, p, a)
	if err != nil {
		return err
	}
	keys, fields, err := h.s.selection(r.Context(), a, e, d.in)
	if err != nil {
		return err
	}
	d.fields, d.count = fields, len(keys)
	d.asked(r.PostForm)
	done, err := h.s.Apply(r.Context(), a, d.in)
	var f *fault.Error
	switch {
	case fault.Is(err, fault.Stale):
		d.changed, d.in.Fingerprint = true, ""
		return h.look(w, r, p, a, e, d)
	case errors.As(err, &f) && f.Code == fault.Invalid:
		return h.look(w, r, p, a, e, d)
	case err != nil:
		return err
	}
	n := done.Total()
	to := d.back
	if n.Refused > 0 || len(done.Parts) > 1 || n.Changed == 0 {
		to = "/bulk-edits/" + done.ID
	}
	if done.ID == "" {
		return web.Done(w, r, p, d.back, p.T("bulk.nothing_done"))
	}
	text := p.N("bulk.done", n.Changed)
	if d.in.Delete {
		text = p.N("bulk.done_delete", n.Changed)
	}
	if n.Changed == 0 {
		return web.Done(w, r, p, to, p.T("bulk.nothing_done"))
	}
	return web.DoneWithUndo(w, r, p, to, text, done.ID)
}

// undo takes an edit back, and returns to where the reader was.
func (h pages) undo(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, err := h.s.Edit(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	to := "/bulk-edits/" + e.ID
	if back := r.PostFormValue("back"); back != "" {
		to = ui.LocalPath(back)
	}
	e, err = h.s.Undo(r.Context(), a, e.ID)
	if err != nil {
		return web.Refused(w, r, p, to, err)
	}
	n := e.Total()
	if n.Left > 0 {
		return web.Done(w, r, p, "/bulk-edits/"+e.ID, p.N("bulk.undone_partly", n.Left))
	}
	return web.Done(w, r, p, to, p.N("bulk.undone", n.Restored))
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, err := h.s.Edit(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("bulk.edit_of", "list", p.T(e.kind.Title)), "bulk-edits"
	p.Crumbs = []ui.Link{{Label: p.T("bulk.history"), Href: "/bulk-edits"}}
	web.Watch(p, "bulk_edit:"+e.ID)
	may := a.May(permission.BulkWrite) && a.May(e.kind.Write) && slices.ContainsFunc(e.Parts, func(x PartRow) bool { return x.open(p.Now()) })
	ui.Render(w, r, http.StatusOK, editPage(p, e, may))
	return nil
}

func (h pages) history(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("bulk.history"), "bulk-edits"
	l := web.Lister{DB: h.s.db, Need: permission.BulkRead, Spec: Spec, Customer: "k.slug", Live: "bulk_edit", Within: h.s.within(a)}
	if done, err := web.Download(w, r, p, a, l, "bulk-edits", PartRow.Summary); done {
		return err
	}
	found, err := web.ReadList[PartRow](r, p, a, l)
	if err != nil {
		return err
	}
	var lists, states []ui.Option
	for _, e := range h.s.lists {
		if a.May(e.Kind().Need) {
			lists = append(lists, ui.Option{Value: e.Kind().List, Label: p.T(e.Kind().Title)})
		}
	}
	for _, s := range []string{Applied, Undone, Skipped} {
		states = append(states, ui.Option{Value: s, Label: p.T("bulk.state." + s)}) // i18n: bulk.state.*
	}
	found.Filters(ui.Filter{Name: "list", Label: p.T("bulk.list"), Options: lists}, ui.Filter{Name: "state", Label: p.T("bulk.state_label"), Options: states})
	t := found.List
	t.ID, t.Label, t.Search = "bulk-edits", p.Title, p.T("bulk.search")
	t.Empty = ui.Empty{Title: p.T("bulk.none"), Text: p.T("bulk.none_text")}
	var custom map[string]field.Set
	if err := h.s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
		custom, err = field.Every(r.Context(), tx)
		return err
	}); err != nil {
		return err
	}
	kinds := map[string]Kind{}
	for _, e := range h.s.lists {
		kinds[e.Kind().List] = e.Kind()
	}
	columns := []ui.Column[PartRow]{{Key: "created_at", Label: p.T("bulk.when"), Sort: true, NoWrap: true, Cell: func(x PartRow) templ.Component { return ui.When(p, x.CreatedAt.Time) }},
		{Key: "list", Label: p.T("bulk.list"), Sort: true, Cell: func(x PartRow) templ.Component { return ui.Text(p.T(kinds[x.List].Title)) }}}
	if p.Customer == nil && len(p.Customers) > 0 {
		columns = append(columns, ui.Column[PartRow]{Key: "customer_name", Label: p.T("bulk.customer"), Cell: func(x PartRow) templ.Component { return ui.Text(web.CustomerName(p, x.Customer)) }})
	}
	columns = append(columns,
		ui.Column[PartRow]{Key: "changes", Label: p.T("bulk.changes"), Cell: func(x PartRow) templ.Component { return ui.Text(h.s.sentence(p, custom, x.part)) }},
		ui.Column[PartRow]{Key: "changed", Label: p.T("bulk.changed"), Sort: true, Number: true, Cell: func(x PartRow) templ.Component { return ui.Text(p.Number(int(x.Changed))) }},
		ui.Column[PartRow]{Key: "refused", Label: p.T("bulk.refused_label"), Number: true, Cell: func(x PartRow) templ.Component { return ui.Text(p.Number(int(x.Refused))) }},
		ui.Column[PartRow]{Key: "state", Label: p.T("bulk.state_label"), Sort: true, NoWrap: true, Cell: func(x PartRow) templ.Component { return stateOf(p, x.State) }},
		ui.Column[PartRow]{Key: "actor", Label: p.T("bulk.who"), Sort: true, Cell: func(x PartRow) templ.Component { return ui.Text(x.ActorName) }})
	table := ui.NewTable(t, columns, found.Items, func(x PartRow) ui.Row {
		return ui.Row{ID: x.PartID, Href: "/bulk-edits/" + x.ID, Name: p.T(kinds[x.List].Title)}
	})
	ui.Render(w, r, http.StatusOK, historyPage(p, table))
	return nil
}

// reason is why records are left as they are, and how many.
type reason struct {
	Field, Text string
	Count       int
	Names       []string
}
