package plan

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /plans":                     h.list,
		"GET /plans/new":                 h.add,
		"POST /plans/new":                h.create,
		"GET /plans/{id}":                h.show,
		"POST /plans/{id}/state":         h.state,
		"POST /plans/{id}/tasks":         h.addTask,
		"GET /plans/{id}/meetings/new":   h.newMeeting,
		"POST /plans/{id}/meetings/new":  h.addMeeting,
		"GET /meetings/{id}":             h.meeting,
		"GET /meetings/{id}/edit":        h.editMeeting,
		"POST /meetings/{id}/edit":       h.changeMeeting,
		"POST /meetings/{id}/invite":     h.invite,
		"POST /meetings/{id}/held":       h.held,
		"POST /meetings/{id}/cancel":     h.cancel,
		"POST /meetings/{id}/tasks":      h.addAction,
		"POST /meetings/{id}/statements": h.say,
		"POST /plan-tasks/{id}/done":     h.done,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

// i18n: plans.state.*
func stateWord(p *i18n.Printer, s string) string { return p.T("plans.state." + s) }

func state(p *ui.Page, s string) templ.Component {
	tone := map[string]ui.Tone{Open: ui.Info, Done: ui.Good, Held: ui.Good, Cancelled: ui.Off}[s]
	return ui.Status(tone, stateWord(p.Printer, s))
}

// i18n: plans.kind_name.*
func kindWord(p *ui.Page, k string) string { return p.T("plans.kind_name." + k) }

// i18n: plans.side.*
func sideWord(p *ui.Page, s string) string { return p.T("plans.side." + s) }

// dayWord writes a date as people say it.
func dayWord(p *ui.Page, day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone())
	if err != nil {
		return day
	}
	return p.Date(t)
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("plans.list"), "plan"
	l := web.Lister{DB: h.s.DB, Need: permission.PlanRead, Spec: Spec, Customer: "c.slug", Live: planKind}
	if done, err := web.Download(w, r, p, a, l, "plans", func(v planned) planned { return v }); done {
		return err
	}
	found, err := web.ReadList[planned](r, p, a, l)
	if err != nil {
		return err
	}
	states := []ui.Option{}
	for _, s := range []string{Open, Done, Cancelled} {
		states = append(states, ui.Option{Value: s, Label: stateWord(p.Printer, s)})
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("plans.state_label"), Options: states})
	table := found.List
	table.ID, table.Label, table.Search = "plans", p.Title, p.T("plans.search")
	table.Empty = ui.Empty{Title: p.T("plans.none"), Text: p.T("plans.none_text")}
	may := a.May(permission.PlanWrite)
	if may {
		table.Empty.Action = ui.Link{Label: p.T("plans.add"), Href: "/plans/new"}
	}
	type column = ui.Column[planned]
	columns := []column{{Key: "title", Label: p.T("plans.title"), Sort: true, Cell: func(v planned) templ.Component { return ui.Text(v.Title) }}}
	if p.Customer == nil {
		columns = append(columns, column{Key: "customer", Label: p.T("plans.customer"), NoWrap: true, Cell: func(v planned) templ.Component { return ui.Text(web.CustomerName(p, v.Customer)) }})
	}
	columns = append(columns,
		column{Key: "state", Label: p.T("plans.state_label"), NoWrap: true, Cell: func(v planned) templ.Component { return state(p, v.State) }},
		column{Key: "starts_on", Label: p.T("plans.starts_on"), Sort: true, NoWrap: true, Cell: func(v planned) templ.Component { return ui.Text(dayWord(p, v.StartsOn)) }},
		column{Key: "ends_on", Label: p.T("plans.ends_on"), NoWrap: true, Cell: func(v planned) templ.Component { return ui.Text(dayWord(p, v.EndsOn)) }},
		column{Key: "created_at", Label: p.T("plans.created"), Sort: true, Extra: true, NoWrap: true, Cell: func(v planned) templ.Component { return ui.When(p, v.CreatedAt.Time) }},
	)
	t := ui.NewTable(table, columns, found.Items, func(v planned) ui.Row { return ui.Row{ID: v.ID, Href: "/plans/" + v.ID, Name: v.Title} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, may))
	return nil
}

// form is a form of the room as it was typed.
type form struct {
	values  map[string]string
	people  []string
	options []ui.Option // of customers, or of participants
	summary []ui.FieldFault
	errors  map[string]string
}

func (f form) field(p *ui.Page, name string) ui.Field {
	return ui.Field{Name: name, Label: p.T("plans." + name), Value: f.values[name], Error: f.errors[name], Autocomplete: "off"} // i18n: plans.*
}

func (f *form) refuse(p *ui.Page, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(field string) string {
		name, _, _ := strings.Cut(field, "[")
		return p.Or("plans."+name, name)
	})
	for i, s := range f.summary {
		if name, _, within := strings.Cut(s.Name, "["); within {
			f.summary[i].Name, f.errors[name] = name, s.Message
		}
	}
	return ok
}

func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.PlanWrite); err != nil {
		return err
	}
	return h.planForm(w, r, p, http.StatusOK, form{values: map[string]string{"starts_on": Workday(p.Now().In(p.Zone()).AddDate(0, 0, 7), 1).Format(time.DateOnly)}})
}

func (h pages) planForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f form) error {
	p.Title, p.Active = p.T("plans.add"), "plan"
	p.Crumbs = []ui.Link{{Label: p.T("plans.list"), Href: "/plans"}}
	if p.Customer == nil {
		f.options = []ui.Option{{Label: p.T("ui.form.choose")}}
		for _, c := range p.Customers {
			f.options = append(f.options, ui.Option{Value: c.Slug, Label: c.Name})
		}
	}
	ui.Render(w, r, status, formPage(p, f))
	return nil
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.PlanWrite); err != nil {
		return err
	}
	f := form{values: map[string]string{}}
	for _, name := range []string{"customer", "title", "starts_on"} {
		f.values[name] = r.PostFormValue(name)
	}
	customer := f.values["customer"]
	if customer == "" {
		customer = web.Customer(p)
	} else if err := web.Belongs(p, customer); err != nil {
		return err
	}
	made, err := h.s.Create(r.Context(), a, NewPlan{Customer: customer, Title: f.values["title"], StartsOn: f.values["starts_on"]})
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.planForm(w, r, p, web.Status(err), f)
	}
	return web.Done(w, r, p, "/plans/"+made.ID, p.T("plans.done_add"))
}

// view is a plan as its page shows it.
type view struct {
	planned
	days     []day
	tasks    []taskRow
	write    bool
	activity web.Activity
}

// day is a column: a date and its meetings.
type day struct {
	date     string
	number   int
	meetings []Answer
}

// days parts meetings by the date that they begin on, in the plan's zone.
func days(meetings []Answer, zone *time.Location) (out []day) {
	for _, m := range meetings {
		date := m.StartsAt.In(zone).Format(time.DateOnly)
		if len(out) == 0 || out[len(out)-1].date != date {
			out = append(out, day{date: date, number: len(out) + 1})
		}
		out[len(out)-1].meetings = append(out[len(out)-1].meetings, m)
	}
	return out
}

// onePlan reads the plan of the address, unless another customer is chosen.
func (h pages) onePlan(r *http.Request, p *ui.Page, a permission.Actor) (planned, error) {
	v, err := h.s.Plan(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return v, err
	}
	return v, web.Belongs(p, v.Customer)
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.onePlan(r, p, a)
	if err != nil {
		return err
	}
	v := view{planned: found, write: a.May(permission.PlanWrite)}
	meetings, err := h.s.Meetings(r.Context(), a, found.ID)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(found.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	v.days = days(meetings, zone)
	if v.tasks, err = h.s.Tasks(r.Context(), a, found.ID); err != nil {
		return err
	}
	if v.activity, err = h.shell.Around(r, p, a, planKind, found.ID); err != nil {
		return err
	}
	p.Title, p.Active = found.Title, "plan"
	p.Crumbs = []ui.Link{{Label: p.T("plans.list"), Href: "/plans"}}
	ui.Render(w, r, http.StatusOK, planPage(p, v))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	out := []ui.Fact{}
	if p.Customer == nil {
		out = append(out, ui.Fact{Label: p.T("plans.customer"), Value: ui.Anchor(p.In("/customers/"+v.Customer), web.CustomerName(p, v.Customer))})
	}
	done := 0
	for _, t := range v.tasks {
		if !t.DoneAt.IsZero() {
			done++
		}
	}
	return append(out, ui.Fact{Label: p.T("plans.starts_on"), Value: ui.Text(dayWord(p, v.StartsOn))}, ui.Fact{Label: p.T("plans.ends_on"), Value: ui.Text(dayWord(p, v.EndsOn))},
		ui.Fact{Label: p.T("plans.time_zone"), Value: ui.Text(v.TimeZone)}, ui.Fact{Label: p.T("plans.tasks"), Value: ui.Text(p.T("plans.done_of", "done", done, "all", len(v.tasks)))})
}

func (h pages) state(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.onePlan(r, p, a)
	if err != nil {
		return err
	}
	to := r.PostFormValue("state")
	if _, err = h.s.Update(r.Context(), a, v.ID, web.Version(r), ChangePlan{State: &to}); err != nil {
		return web.Refused(w, r, p, "/plans/"+v.ID, err)
	}
	return web.Done(w, r, p, "/plans/"+v.ID, p.T("plans.done_edit"))
}

func (h pages) addTask(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.onePlan(r, p, a)
	if err != nil {
		return err
	}
	return h.task(w, r, p, a, NewTask{Plan: v.ID}, "/plans/"+v.ID)
}

func (h pages) addAction(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := h.oneMeeting(r, p, a)
	if err != nil {
		return err
	}
	return h.task(w, r, p, a, NewTask{Meeting: m.ID}, "/meetings/"+m.ID)
}

func (h pages) task(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, in NewTask, back string) error {
	in.Title, in.Side, in.Owner, in.DueOn = r.PostFormValue("title"), r.PostFormValue("side"), r.PostFormValue("owner"), r.PostFormValue("due_on")
	if _, err := h.s.AddTask(r.Context(), a, in); err != nil {
		return web.Refused(w, r, p, back, err)
	}
	return web.Done(w, r, p, back, p.T("plans.done_task"))
}

func (h pages) done(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	t, err := h.s.Task(r.Context(), a, r.PathValue("id"))
	if err == nil {
		err = web.Belongs(p, t.Customer)
	}
	if err != nil {
		return err
	}
	back := "/plans/" + t.PlanID
	if r.PostFormValue("back") == "meeting" && t.MeetingID != "" {
		back = "/meetings/" + string(t.MeetingID)
	}
	done := r.PostFormValue("done") == "true"
	if _, err := h.s.UpdateTask(r.Context(), a, t.ID, web.Version(r), ChangeTask{Done: &done}); err != nil {
		return web.Refused(w, r, p, back, err)
	}
	ui.Redirect(w, r, p.In(back))
	return nil
}

// feedable are the records that something said at a meeting may feed, by type: those types that it usually feeds, and documents and
// workloads.
func (s *Service) feedable(ctx context.Context, a permission.Actor, m Answer) (out []group, err error) {
	types := slices.Clone(m.Feeds)
	for _, t := range []string{"requirement", "document", "workload", "contact"} {
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		for _, t := range types {
			k, ok := s.Subjects.Kind(t)
			if !ok || !a.May(k.Read) {
				continue
			}
			g := group{kind: t}
			if err := tx.Select(ctx, &g.rows, `SELECT r.id AS id, r.`+k.Title+` AS name FROM {`+k.Table+`} r WHERE r.`+k.Customer+` = ? ORDER BY r.`+k.Title+`, r.id LIMIT 100`, m.CustomerID); err != nil {
				return err
			}
			if len(g.rows) > 0 {
				out = append(out, g)
			}
		}
		return nil
	})
	return out, err
}

// group is a type of record with its records.
type group struct {
	kind string
	rows []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
}

func (g group) label(p *ui.Page) string { return p.T(subject.Label(g.kind)) } // i18n: trust.subject.*

func version(n int64) string { return strconv.FormatInt(n, 10) }
