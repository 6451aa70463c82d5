package deliverable

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"vigie/internal/kit/document"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /deliverables":                h.list,
		"POST /deliverables/new":           h.create,
		"GET /deliverables/{id}":           h.show,
		"GET /deliverables/{id}/edit":      h.edit,
		"POST /deliverables/{id}/edit":     h.change,
		"GET /deliverables/{id}/fill":      h.preview,
		"POST /deliverables/{id}/fill":     h.fill,
		"GET /deliverables/{id}/compare":   h.compare,
		"POST /deliverables/{id}/approval": h.ask,
		"POST /deliverables/{id}/withdraw": h.takeBack,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

func statusTone(s Status) ui.Tone {
	switch s {
	case InApproval:
		return ui.Busy
	case Approved:
		return ui.Good
	case Returned:
		return ui.Soon
	}
	return ui.Off
}

func statusMark(p *ui.Page, s Status) templ.Component {
	return ui.Status(statusTone(s), p.T("deliverable.status."+string(s)))
}

// mostTold is how many things that a version lacks are told at once.
const mostTold = 10

// card is one of the six on the page of a customer.
type card struct {
	kind, icon, title, purpose string
	d                          *Deliverable
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("deliverable.list"), "deliverables"
	l := web.Lister{DB: h.s.DB, Need: permission.DeliverableRead, Spec: Spec, Customer: "k.slug", Live: "deliverable"}
	if done, err := web.Download(w, r, p, a, l, "deliverables", answer); done {
		return err
	}
	if p.Customer != nil && p.Query.Get("as") != "list" {
		return h.cards(w, r, p, a)
	}
	l.Spec.Pass = []string{"as"}
	found, err := web.ReadList[Deliverable](r, p, a, l)
	if err != nil {
		return err
	}
	var statuses, names []ui.Option
	for _, s := range Statuses() {
		if s != Superseded { // no latest version is
			statuses = append(statuses, ui.Option{Value: string(s), Label: p.T("deliverable.status." + string(s))})
		}
	}
	for _, k := range kinds {
		names = append(names, ui.Option{Value: k.name, Label: h.s.Templates.title[k.name].In(p.Lang())})
	}
	found.Filters(ui.Filter{Name: "status", Label: p.T("deliverable.state"), Options: statuses}, ui.Filter{Name: "kind", Label: p.T("deliverable.kind_label"), Options: names})
	table := found.List
	table.ID, table.Label, table.Search = "deliverables", p.Title, p.T("deliverable.search")
	table.Empty = ui.Empty{Title: p.T("deliverable.none"), Text: p.T("deliverable.none_text")}
	columns := []ui.Column[Deliverable]{
		{Key: "title", Label: p.T("deliverable.title"), Sort: true, Cell: func(d Deliverable) templ.Component { return ui.Text(d.Title) }},
		{Key: "customer", Label: p.T("deliverable.customer"), Cell: func(d Deliverable) templ.Component { return ui.Text(d.CustomerName) }},
		{Key: "status", Label: p.T("deliverable.state"), NoWrap: true, Cell: func(d Deliverable) templ.Component { return statusMark(p, d.Status) }},
		{Key: "number", Label: p.T("deliverable.version"), Number: true, Cell: func(d Deliverable) templ.Component { return ui.Text(p.Number(int(d.Number))) }},
		{Key: "approved_number", Label: p.T("deliverable.approved_version"), Number: true, Cell: func(d Deliverable) templ.Component { return ui.Either(p, numberWord(p, d.ApprovedNumber)) }},
		{Key: "updated_at", Label: p.T("deliverable.updated"), Sort: true, NoWrap: true, Cell: func(d Deliverable) templ.Component { return ui.When(p, d.UpdatedAt.Time) }},
	}
	if p.Customer != nil {
		columns = slices.Delete(columns, 1, 2)
	}
	ui.Render(w, r, http.StatusOK, listPage(p, ui.NewTable(table, columns, found.Items, func(d Deliverable) ui.Row { return ui.Row{ID: d.ID, Href: "/deliverables/" + d.ID, Name: d.Title} })))
	return nil
}

func numberWord(p *ui.Page, n int64) string {
	if n == 0 {
		return ""
	}
	return p.Number(int(n))
}

// cards shows the six of the chosen customer.
func (h pages) cards(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	web.Watch(p, "deliverable", "approval")
	q := Spec.All().Where("k.slug = ?", p.Customer.Slug)
	found, err := h.s.Deliverables(r.Context(), a, q)
	if err != nil {
		return err
	}
	var all []card
	for _, k := range kinds {
		c := card{kind: k.name, icon: k.icon, title: h.s.Templates.title[k.name].In(p.Lang()), purpose: h.s.Templates.purpose[k.name].In(p.Lang())}
		for i, d := range found.Items {
			if d.Kind == k.name {
				c.d = &found.Items[i]
			}
		}
		all = append(all, c)
	}
	ui.Render(w, r, http.StatusOK, cardsPage(p, all, a.May(permission.DeliverableWrite)))
	return nil
}

// create drafts one kind, or all that are not there yet.
func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.DeliverableWrite); err != nil {
		return err
	}
	slug := cmp.Or(r.PostFormValue("customer"), web.Customer(p))
	if err := web.Belongs(p, slug); err != nil {
		return err
	}
	if kind := r.PostFormValue("kind"); kind != "" {
		d, err := h.s.Create(r.Context(), a, NewDeliverable{Customer: slug, Kind: kind})
		if fault.Is(err, fault.Conflict) {
			return web.Refused(w, r, p, "/deliverables?customer="+slug, err)
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, p, "/deliverables/"+d.ID, p.T("deliverable.done_draft", "title", d.Title))
	}
	n := 0
	for _, k := range kinds {
		switch _, err := h.s.Create(r.Context(), a, NewDeliverable{Customer: slug, Kind: k.name}); {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict):
			return err
		}
	}
	return web.Done(w, r, p, "/deliverables?customer="+slug, p.N("deliverable.done_drafts", n))
}

// one reads the deliverable of the address, unless another customer is chosen than its own.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor, number int64) (Whole, error) {
	w, err := h.s.Get(r.Context(), a, r.PathValue("id"), number)
	if err != nil {
		return w, err
	}
	return w, web.Belongs(p, w.Customer)
}

// view is a deliverable as its page shows it.
type view struct {
	Whole
	doc      document.Document
	versions []Version
	write    bool
	activity web.Activity
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	number, err := numberOf(p.Query.Get("number"))
	if err != nil {
		return err
	}
	v := view{write: a.May(permission.DeliverableWrite)}
	if v.Whole, err = h.one(r, p, a, number); err != nil {
		return err
	}
	format, err := document.Format(p.Query.Get("format"), r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	d, printer := h.s.document(v.Whole)
	if format != "" {
		return d.Send(w, format, printer)
	}
	v.doc = d
	if v.versions, err = h.s.Versions(r.Context(), a, v.ID); err != nil {
		return err
	}
	if v.activity, err = h.shell.Around(r, p, a, "deliverable", v.ID); err != nil {
		return err
	}
	h.title(p, v.Whole, false)
	ui.Render(w, r, http.StatusOK, recordPage(p, v))
	return nil
}

// title names the page, and what stands above it.
func (h pages) title(p *ui.Page, w Whole, below bool) {
	p.Title, p.Active = w.Title, "deliverables"
	p.Crumbs = []ui.Link{{Label: p.T("deliverable.list"), Href: "/deliverables?customer=" + w.Customer}}
	if below {
		p.Crumbs = append(p.Crumbs, ui.Link{Label: w.Title, Href: "/deliverables/" + w.ID})
	}
}

func (v view) facts(p *ui.Page) []ui.Fact {
	out := []ui.Fact{{Label: p.T("deliverable.customer"), Value: ui.Anchor(p.In("/customers/"+v.Customer), v.CustomerName)}, {Label: p.T("deliverable.version"), Value: ui.Text(p.Number(int(v.V.Number)))},
		{Label: p.T("deliverable.language"), Value: ui.Text(p.Or("customers.language_name."+v.Language, v.Language))}, {Label: p.T("deliverable.filled"), Value: ui.When(p, v.V.FilledAt.Time)}}
	if v.V.ApprovalID != "" {
		out = append(out, ui.Fact{Label: p.T("deliverable.approval"), Value: ui.Anchor(p.In("/approvals/"+string(v.V.ApprovalID)), p.T("deliverable.status."+string(v.V.Status)))})
	}
	return out
}

// latest tells whether the page shows the version that can be worked on.
func (v view) latest() bool { return v.V.Number == v.Number }

func (v view) at(query string) string {
	out := "/deliverables/" + v.ID + "?" + query
	if !v.latest() {
		out += "&number=" + strconv.FormatInt(v.V.Number, 10)
	}
	return out
}

// partNow is the part that the address asks for; the first one by default.
func partNow(k kind, name string) (part, error) {
	if name == "" {
		return k.shape[0], nil
	}
	for _, p := range k.shape {
		if p.name == name {
			return p, nil
		}
	}
	return part{}, fault.New(fault.NotFound, "fault.not_found")
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a, 0)
	if err == nil {
		err = a.Require(permission.DeliverableWrite)
	}
	if err != nil {
		return err
	}
	part, err := partNow(found.kind, p.Query.Get("part"))
	if err != nil {
		return err
	}
	f := partForm{part: part, rows: sheetOf(found.kind.shape, found.Content)[part.name], version: strconv.FormatInt(found.Version, 10), note: found.V.Note, fresh: -1}
	return h.form(w, r, p, a, found, http.StatusOK, f)
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, found Whole, status int, f partForm) error {
	if found.V.Status == InApproval {
		return web.Refused(w, r, p, "/deliverables/"+found.ID, fault.New(fault.Conflict, "deliverable.in_approval"))
	}
	if f.part.chosen() {
		err := h.s.DB.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
			now, err := known(r.Context(), tx, found.CustomerID)
			for id, name := range now.Alarms {
				f.alarms = append(f.alarms, ui.Option{Value: id, Label: name})
			}
			return err
		})
		if err != nil {
			return err
		}
		slices.SortFunc(f.alarms, func(a, b ui.Option) int { return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value)) })
	}
	h.title(p, found, true)
	p.Title = p.T("deliverable.edit_title", "title", found.Title)
	ui.Render(w, r, status, editPage(p, found, f))
	return nil
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a, 0)
	if err == nil {
		err = a.Require(permission.DeliverableWrite)
	}
	if err != nil {
		return err
	}
	part, err := partNow(found.kind, r.PostFormValue("part"))
	if err != nil {
		return err
	}
	f := readPart(r, part)
	if f.act(r.PostFormValue("do")) {
		return h.form(w, r, p, a, found, http.StatusOK, f)
	}
	now := sheetOf(found.kind.shape, found.Content)
	now[part.name] = f.rows
	content := found.kind.make()
	err = now.into(found.kind.shape, content)
	if err == nil {
		found.kind.settle(content)
		var raw json.RawMessage
		if raw, err = canonical(content); err == nil {
			_, err = h.s.Change(r.Context(), a, found.ID, web.Version(r), ChangeDeliverable{Data: &raw, Note: &f.note})
		}
	}
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.form(w, r, p, a, found, web.Status(err), f)
	}
	return web.Done(w, r, p, "/deliverables/"+found.ID, p.T("deliverable.done_edit"))
}

func (h pages) preview(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a, 0)
	if err != nil {
		return err
	}
	found, changes, err := h.s.Preview(r.Context(), a, found.ID)
	if err != nil {
		return err
	}
	h.title(p, found, true)
	p.Title = p.T("deliverable.fill_title", "title", found.Title)
	ui.Render(w, r, http.StatusOK, fillPage(p, found, changes))
	return nil
}

func (h pages) fill(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a, 0)
	if err != nil {
		return err
	}
	_, changes, err := h.s.Refill(r.Context(), a, found.ID, web.Version(r))
	if err != nil {
		return web.Refused(w, r, p, "/deliverables/"+found.ID, err)
	}
	return web.Done(w, r, p, "/deliverables/"+found.ID, p.N("deliverable.done_fill", len(changes)))
}

func (h pages) compare(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	to, err := numberOf(p.Query.Get("to"))
	if err != nil {
		return err
	}
	from, err := numberOf(p.Query.Get("from"))
	if err != nil {
		return err
	}
	found, err := h.one(r, p, a, to)
	if err != nil {
		return err
	}
	if from == 0 {
		from = max(1, found.V.Number-1)
	}
	before, after, changes, err := h.s.Compare(r.Context(), a, found.ID, from, found.V.Number)
	if err != nil {
		return err
	}
	versions, err := h.s.Versions(r.Context(), a, found.ID)
	if err != nil {
		return err
	}
	h.title(p, found, true)
	p.Title = p.T("deliverable.compare_title", "title", found.Title)
	ui.Render(w, r, http.StatusOK, comparePage(p, before, after, versions, changes))
	return nil
}

func (h pages) ask(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a, 0)
	if err != nil {
		return err
	}
	if _, err := h.s.Ask(r.Context(), a, found.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/deliverables/"+found.ID, err)
	}
	return web.Done(w, r, p, "/deliverables/"+found.ID, p.T("deliverable.done_ask"))
}

func (h pages) takeBack(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a, 0)
	if err != nil {
		return err
	}
	if err := h.s.TakeBack(r.Context(), a, found.ID, r.PostFormValue("reason")); err != nil {
		return web.Refused(w, r, p, "/deliverables/"+found.ID, err)
	}
	return web.Done(w, r, p, "/deliverables/"+found.ID, p.T("deliverable.done_withdraw"))
}
