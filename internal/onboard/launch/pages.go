package launch

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/customer"
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
		"GET /onboarding":                h.board,
		"GET /launches":                  h.list,
		"GET /launches/new":              h.add,
		"POST /launches/new":             h.plan,
		"GET /launches/{id}":             h.show,
		"GET /launches/{id}/edit":        h.edit,
		"POST /launches/{id}/edit":       h.change,
		"POST /launches/{id}/signatures": h.ask,
		"POST /launches/{id}/launch":     h.launch,
		"POST /launches/{id}/cancel":     h.cancel,
		"POST /launches/{id}/tick":       h.tick,
		"GET /waivers":                   h.waivers,
		"GET /waivers/new":               h.newWaiver,
		"POST /waivers/new":              h.askWaiver,
		"GET /waivers/{id}":              h.waiver,
		"POST /waivers/{id}/revoke":      h.revoke,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

// i18n: launch.state.*
// i18n: launch.status.*
func stateMark(p *ui.Page, s State) templ.Component {
	tone := map[State]ui.Tone{Ready: ui.Info, Signing: ui.Busy, Launched: ui.Good}[s]
	return ui.Status(cmp.Or(tone, ui.Off), p.T("launch.state."+string(s)))
}

func conditionMark(p *ui.Page, j Judged) templ.Component {
	switch {
	case j.Finding.Status == Met:
		return ui.Status(ui.Good, p.T("launch.status.met"))
	case j.Waiver != nil:
		return ui.Status(ui.Info, p.T("launch.status.waived"))
	case j.Finding.Status == Unmet:
		return ui.Status(ui.Bad, p.T("launch.status.unmet"))
	}
	return ui.Status(ui.Soon, p.T("launch.status.unknown"))
}

// column is one phase of the board.
type column struct {
	Phase
	places []Place
}

func (h pages) board(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	b, err := h.s.Board(r.Context(), a, web.Customer(p))
	if err != nil {
		return err
	}
	web.Watch(p, "customer", "launch", "launch_waiver", "approval", "deliverable", "discovery_run")
	p.Title, p.Active = p.T("launch.board"), "board"
	var columns []column
	for _, phase := range h.s.Rules.Phases {
		c := column{Phase: phase}
		for _, place := range b.Places {
			if string(place.Phase) == phase.Phase {
				c.places = append(c.places, place)
			}
		}
		columns = append(columns, c)
	}
	ui.Render(w, r, http.StatusOK, boardPage(p, b, columns))
	return nil
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("launch.list"), "launches"
	l := web.Lister{DB: h.s.DB, Need: permission.LaunchRead, Spec: Spec, Customer: "k.slug", Live: "launch"}
	if done, err := web.Download(w, r, p, a, l, "launches", answer); done {
		return err
	}
	found, err := web.ReadList[Launch](r, p, a, l)
	if err != nil {
		return err
	}
	var states []ui.Option
	for _, s := range States() {
		states = append(states, ui.Option{Value: string(s), Label: p.T("launch.state." + string(s))})
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("launch.state_label"), Options: states})
	table := found.List
	table.ID, table.Label, table.Search = "launches", p.Title, p.T("launch.search")
	table.Empty = ui.Empty{Title: p.T("launch.none"), Text: p.T("launch.none_text")}
	if a.May(permission.LaunchWrite) {
		table.Empty.Action = ui.Link{Label: p.T("launch.plan"), Href: "/launches/new"}
	}
	t := ui.NewTable(table, []ui.Column[Launch]{
		{Key: "title", Label: p.T("launch.customer"), Cell: func(l Launch) templ.Component { return ui.Text(l.Title) }},
		{Key: "state", Label: p.T("launch.state_label"), NoWrap: true, Cell: func(l Launch) templ.Component { return stateMark(p, l.State) }},
		{Key: "target_on", Label: p.T("launch.target"), Sort: true, NoWrap: true, Cell: func(l Launch) templ.Component { return ui.Either(p, dayWord(p, l.TargetOn)) }},
		{Key: "launched_at", Label: p.T("launch.launched_at"), NoWrap: true, Cell: func(l Launch) templ.Component { return ui.Moment(p, l.LaunchedAt.Ptr()) }},
		{Key: "note", Label: p.T("launch.note"), Cell: func(l Launch) templ.Component { return ui.Cut(l.Note) }},
		{Key: "created_at", Label: p.T("launch.created"), Sort: true, Extra: true, NoWrap: true, Cell: func(l Launch) templ.Component { return ui.When(p, l.CreatedAt.Time) }},
	}, found.Items, func(l Launch) ui.Row { return ui.Row{ID: l.ID, Href: "/launches/" + l.ID, Name: l.Title} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, a.May(permission.LaunchWrite)))
	return nil
}

// dayWord writes a day of ISO 8601 as the reader's language does.
func dayWord(p *ui.Page, day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone())
	if err != nil {
		return ""
	}
	return p.Date(t)
}

// form is the form of a launch, or of a waiver, as it was typed.
type form struct {
	Customer, TargetOn, Note, Version, Condition, Reason, Owner, Expires string

	customers, conditions []ui.Option
	summary               []ui.FieldFault
	errors                map[string]string
}

func (h pages) read(w http.ResponseWriter, r *http.Request, p *ui.Page) (f form, err error) {
	get := r.PostFormValue
	f = form{Customer: cmp.Or(web.Customer(p), get("customer")), TargetOn: get("target_on"), Note: get("note"), Version: get("version"), Condition: get("condition"), Reason: get("reason"), Owner: get("owner"), Expires: get("expires_at")}
	if named := get("customer"); named != "" {
		err = web.Belongs(p, named)
	}
	return f, err
}

// i18n: launch.field.*
func (f *form) refuse(p *ui.Page, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return p.Or("launch.field."+field, field) })
	return ok
}

func customers(p *ui.Page) (out []ui.Option) {
	if p.Customer != nil {
		return nil
	}
	out = []ui.Option{{Label: p.T("ui.form.choose")}}
	for _, c := range p.Customers {
		out = append(out, ui.Option{Value: c.Slug, Label: c.Name})
	}
	return out
}

func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.LaunchWrite); err != nil {
		return err
	}
	return h.planForm(w, r, p, http.StatusOK, form{})
}

func (h pages) planForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f form) error {
	p.Title, p.Active = p.T("launch.plan"), "launches"
	p.Crumbs = []ui.Link{{Label: p.T("launch.list"), Href: "/launches"}}
	f.customers = customers(p)
	ui.Render(w, r, status, formPage(p, "/launches/new", "/launches", f))
	return nil
}

func (h pages) plan(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.LaunchWrite); err != nil {
		return err
	}
	f, err := h.read(w, r, p)
	if err != nil {
		return err
	}
	l, err := h.s.Plan(r.Context(), a, NewLaunch{Customer: f.Customer, TargetOn: f.TargetOn, Note: f.Note})
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.planForm(w, r, p, web.Status(err), f)
	}
	return web.Done(w, r, p, "/launches/"+l.ID, p.T("launch.done_plan", "name", l.Title))
}

// one reads the launch of the address, unless another customer is chosen than its own.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Whole, error) {
	w, err := h.s.Get(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return w, err
	}
	return w, web.Belongs(p, w.Customer)
}

// view is a launch as its page shows it.
type view struct {
	Whole
	write    bool
	faults   []ui.FieldFault
	stays    []customer.Stay
	activity web.Activity
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	return h.record(w, r, p, a, found, http.StatusOK, nil)
}

func (h pages) record(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, found Whole, status int, faults []ui.FieldFault) (err error) {
	v := view{Whole: found, write: a.May(permission.LaunchWrite), faults: faults}
	if v.activity, err = h.shell.Around(r, p, a, "launch", v.ID); err != nil {
		return err
	}
	err = h.s.DB.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
		v.stays, err = customer.Stays(r.Context(), tx, v.CustomerID)
		return err
	})
	if err != nil {
		return err
	}
	p.Title, p.Active, p.Self = p.T("launch.of", "name", v.CustomerName), "launches", "/launches/"+v.ID
	p.Crumbs = []ui.Link{{Label: p.T("launch.list"), Href: "/launches"}}
	ui.Render(w, r, status, recordPage(p, v))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	out := []ui.Fact{{Label: p.T("launch.customer"), Value: ui.Anchor(p.In("/customers/"+v.Customer), v.CustomerName)}, {Label: p.T("launch.target"), Value: ui.Either(p, dayWord(p, v.TargetOn))}}
	if v.State == Launched {
		return append(out, ui.Fact{Label: p.T("launch.launched_at"), Value: ui.Exactly(p, v.LaunchedAt.Time)})
	}
	return append(out, ui.Fact{Label: p.T("launch.passed"), Value: ui.Text(p.T("launch.n_of_m", "n", len(v.Conditions)-len(v.Missing()), "m", len(v.Conditions)))})
}

// live are the marks of what the page shows.
func (v view) live() string {
	return "launch:" + v.ID + " approval launch_waiver deliverable discovery_run"
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.LaunchWrite)
	}
	if err != nil {
		return err
	}
	return h.editForm(w, r, p, found, http.StatusOK, form{TargetOn: found.TargetOn, Note: found.Note, Version: strconv.FormatInt(found.Version, 10)})
}

func (h pages) editForm(w http.ResponseWriter, r *http.Request, p *ui.Page, found Whole, status int, f form) error {
	p.Title, p.Active = p.T("launch.edit_title", "name", found.CustomerName), "launches"
	p.Crumbs = []ui.Link{{Label: p.T("launch.list"), Href: "/launches"}, {Label: p.T("launch.of", "name", found.CustomerName), Href: "/launches/" + found.ID}}
	ui.Render(w, r, status, formPage(p, "/launches/"+found.ID+"/edit", "/launches/"+found.ID, f))
	return nil
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f, err := h.read(w, r, p)
	if err != nil {
		return err
	}
	if _, err := h.s.Change(r.Context(), a, found.ID, web.Version(r), ChangeLaunch{TargetOn: &f.TargetOn, Note: &f.Note}); err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.editForm(w, r, p, found, web.Status(err), f)
	}
	return web.Done(w, r, p, "/launches/"+found.ID, p.T("launch.done_edit"))
}

// act does one thing to a launch; a conflict that names what is missing is shown on its page.
func (h pages) act(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, done string, act func(Whole) error) error {
	found, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	err = act(found)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Conflict && len(f.Fields) > 0 {
		summary, _, _ := web.Faults(p, err, func(path string) string { return h.label(p, path) })
		if found, err = h.one(r, p, a); err != nil {
			return err
		}
		return h.record(w, r, p, a, found, http.StatusConflict, summary)
	}
	if err != nil {
		return web.Refused(w, r, p, "/launches/"+found.ID, err)
	}
	return web.Done(w, r, p, "/launches/"+found.ID, done)
}

func (h pages) label(p *ui.Page, path string) string {
	if c, ok := h.s.Rules.condition(path); ok {
		return c.Text.In(p.Lang())
	}
	return p.Or("launch.field."+path, path)
}

func (h pages) ask(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, p.T("launch.done_ask"), func(found Whole) error {
		_, err := h.s.AskSignatures(r.Context(), a, found.ID, web.Version(r))
		return err
	})
}

func (h pages) launch(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, p.T("launch.done_launch"), func(found Whole) error {
		_, err := h.s.Launch(r.Context(), a, found.ID, web.Version(r))
		return err
	})
}

func (h pages) cancel(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, p.T("launch.done_cancel"), func(found Whole) error {
		_, err := h.s.Cancel(r.Context(), a, found.ID, web.Version(r), r.PostFormValue("reason"))
		return err
	})
}

func (h pages) tick(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, p.T("launch.done_tick"), func(found Whole) error {
		_, err := h.s.SetTick(r.Context(), a, found.ID, r.PostFormValue("condition"), r.PostFormValue("done") == "true", r.PostFormValue("note"))
		return err
	})
}
