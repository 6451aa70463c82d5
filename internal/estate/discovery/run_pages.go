package discovery

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) runs(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.runList(w, r, p, a, http.StatusOK, planForm{})
}

func (h pages) runList(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, form planForm) error {
	p.Title, p.Active = p.T("discovery.run.list"), "discovery"
	l := web.Lister{DB: h.s.db, Need: permission.DiscoveryRead, Spec: RunSpec, Customer: "k.slug", Live: "discovery_run"}
	if done, err := web.Download(w, r, p, a, l, "discovery-runs", func(row RunRow) RunAnswer { return answerRun(row.Run, row.Slug) }); done {
		return err
	}
	found, err := web.ReadList[RunRow](r, p, a, l)
	if err != nil {
		return err
	}
	found.Filters(
		ui.Filter{Name: "state", Label: p.T("discovery.run.state"), Options: options(p, stateWord, Queued, Running, Done, Failed, Cancelled)},
		ui.Filter{Name: "trigger", Label: p.T("discovery.run.trigger"), Options: options(p, triggerWord, Manual, Scheduled, Replayed)},
	)
	list := found.List
	list.ID, list.Label = "runs", p.Title
	list.Empty = ui.Empty{Title: p.T("discovery.run.none"), Text: p.T("discovery.run.none_text")}
	if a.May(permission.AccountRead) {
		list.Empty.Action = ui.Link{Label: p.T("discovery.run.to_accounts"), Href: "/accounts"}
	}
	v := runsView{table: ui.NewTable(list, runColumnsOf(p), found.Items, func(row RunRow) ui.Row {
		return ui.Row{ID: row.ID, Href: "/discovery/" + row.ID, Name: p.DateTime(row.CreatedAt.Time)}
	}), start: a.May(permission.DiscoveryRun), customers: customerOptions(p), form: form}
	if p.Customer != nil {
		customer, err := h.customers.ID(r.Context(), a, p.Customer.Slug)
		if err != nil {
			return err
		}
		plan, err := h.s.Plan(r.Context(), a, customer)
		if err != nil {
			return err
		}
		v.plan, v.edit = &plan, a.May(permission.AccountWrite)
		if v.form.Every == "" {
			v.form.Enabled, v.form.Every = plan.Enabled, number(plan.EveryMinutes)
		}
	}
	ui.Render(w, r, status, runsPage(p, v))
	return nil
}

type runsView struct {
	table     ui.Table
	start     bool
	customers []ui.Option
	plan      *Schedule // of the customer that is chosen
	edit      bool
	form      planForm
}

// planForm is the form of the schedule as it was typed.
type planForm struct {
	Enabled bool
	Every   string
	summary []ui.FieldFault
	errors  map[string]string
}

func options[T ~string](p *ui.Page, word func(*ui.Page, T) string, values ...T) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: string(v), Label: word(p, v)}
	}
	return out
}

func stateWord(p *ui.Page, s State) string { return p.T("discovery.state." + string(s)) }

func runColumnsOf(p *ui.Page) []ui.Column[RunRow] {
	number := func(key, label string, of func(Run) int64) ui.Column[RunRow] {
		return ui.Column[RunRow]{Key: key, Label: label, Number: true, Cell: func(r RunRow) templ.Component { return count(p, of(r.Run)) }}
	}
	columns := []ui.Column[RunRow]{
		{Key: "created_at", Label: p.T("discovery.run.started"), Sort: true, NoWrap: true, Cell: func(r RunRow) templ.Component { return moment(p, r.CreatedAt) }},
	}
	if wide(p) {
		columns = append(columns, ui.Column[RunRow]{Key: "customer_name", NoWrap: true, Label: p.T("discovery.customer"), Cell: func(r RunRow) templ.Component { return ui.Text(r.Name) }})
	}
	columns = append(columns,
		ui.Column[RunRow]{Key: "state", Label: p.T("discovery.run.state"), NoWrap: true, Cell: func(r RunRow) templ.Component { return runState(p, r.State) }},
		ui.Column[RunRow]{Key: "trigger", Label: p.T("discovery.run.trigger"), Cell: func(r RunRow) templ.Component { return ui.Text(triggerWord(p, r.Trigger)) }},
		ui.Column[RunRow]{Key: "duration", Label: p.T("discovery.run.duration"), NoWrap: true, Cell: func(r RunRow) templ.Component { return ui.Either(p, took(p, r.Run)) }},
		number("seen", p.T("discovery.run.seen"), func(r Run) int64 { return r.Seen }),
		number("added", p.T("discovery.run.added"), func(r Run) int64 { return r.Added }),
		number("changed", p.T("discovery.run.changed"), func(r Run) int64 { return r.Changed }),
		number("gone", p.T("discovery.run.gone"), func(r Run) int64 { return r.Gone }),
		ui.Column[RunRow]{Key: "outcomes", Label: p.T("discovery.run.scopes"), Cell: func(r RunRow) templ.Component { return outcomeCell(p, r.Run) }},
		ui.Column[RunRow]{Key: "requested_by", Label: p.T("discovery.run.by"), Extra: true, Cell: func(r RunRow) templ.Component { return ui.Either(p, r.RequestedBy) }},
	)
	calls := number("calls", p.T("discovery.run.calls"), func(r Run) int64 { return r.Calls })
	calls.Extra = true
	return append(columns, calls)
}

func (h pages) startRun(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.DiscoveryRun); err != nil {
		return err
	}
	customer, err := h.chosen(r, p, a)
	if err != nil {
		return web.Refused(w, r, p, "/discovery", err)
	}
	run, err := h.s.StartRun(r.Context(), a, customer, r.PostFormValue("account"))
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Conflict {
		// One run at a time: show the one that goes on, rather than only refuse.
		if open, ok := f.Args["id"].(string); ok {
			return web.Refused(w, r, p, "/discovery/"+open, err)
		}
	}
	if err != nil {
		return web.Refused(w, r, p, "/discovery", err)
	}
	return web.Done(w, r, p, "/discovery/"+run.ID, p.T("discovery.run.done_start"))
}

func (h pages) setPlan(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.AccountWrite); err != nil {
		return err
	}
	customer, err := h.chosen(r, p, a)
	if err != nil {
		return web.Refused(w, r, p, "/discovery", err)
	}
	f := planForm{Enabled: r.PostFormValue("enabled") == "true", Every: r.PostFormValue("every_minutes")}
	minutes, err := strconv.ParseInt(f.Every, 10, 64)
	if err != nil {
		minutes = -1 // refused by the service with the bounds
	}
	if _, err := h.s.SetPlan(r.Context(), a, customer, f.Enabled, minutes); err != nil {
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, func(string) string { return p.T("discovery.plan.every") }); !ok {
			return err
		}
		return h.runList(w, r, p, a, web.Status(err), f)
	}
	return web.Done(w, r, p, "/discovery", p.T("discovery.plan.done"))
}

func (h pages) oneRun(r *http.Request, p *ui.Page, a permission.Actor) (runView, error) {
	run, err := h.s.Run(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return runView{}, err
	}
	owner, err := h.owner(r, p, a, run.CustomerID)
	return runView{Run: run, owner: owner, may: a.May(permission.DiscoveryRun)}, err
}

func (h pages) run(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.oneRun(r, p, a)
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("discovery.run.title", "time", p.DateTime(v.CreatedAt.Time)), "discovery"
	p.Crumbs = []ui.Link{{Label: p.T("discovery.run.list"), Href: "/discovery"}}
	ui.Render(w, r, http.StatusOK, runPage(p, v))
	return nil
}

// progress answers the live part of a run's page. It stops asking for itself with the run.
func (h pages) progress(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.oneRun(r, p, a)
	if err != nil {
		return err
	}
	p.Title = p.T("discovery.run.title", "time", p.DateTime(v.CreatedAt.Time))
	ui.Render(w, r, http.StatusOK, runLive(p, v))
	return nil
}

func (h pages) cancelRun(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.turn(w, r, p, a, h.s.CancelRun, "discovery.run.done_cancel")
}

func (h pages) resumeRun(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.turn(w, r, p, a, h.s.ResumeRun, "discovery.run.done_resume")
}

// runView is a run as its page shows it.
type runView struct {
	Run
	owner ui.Customer
	may   bool
}

// cancellable and resumable tell which buttons stand there for those who may.
func (v runView) cancellable() bool { return v.may && v.State.Open() && !v.CancelRequested }

func (v runView) resumable() bool {
	return v.may && (v.State == Failed || v.State == Cancelled) && v.Trigger != Replayed
}

func (v runView) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("discovery.customer"), Value: ui.Anchor(p.In("/customers/"+v.owner.Slug), v.owner.Name)},
		{Label: p.T("discovery.run.trigger"), Value: ui.Text(triggerWord(p, v.Trigger))},
	}
	if v.RequestedBy != "" && v.Trigger != Scheduled {
		facts = append(facts, ui.Fact{Label: p.T("discovery.run.by"), Value: ui.Text(v.RequestedBy)})
	}
	if v.Recording != "" {
		facts = append(facts, ui.Fact{Label: p.T("discovery.run.recording"), Value: recordedAt(p, v.Recording)})
	}
	account := ui.Text(p.T("discovery.run.all_accounts"))
	if v.AccountFilter != "" {
		account = ui.Code(v.AccountFilter)
	}
	return append(facts,
		ui.Fact{Label: p.T("discovery.run.accounts"), Value: account},
		ui.Fact{Label: p.T("discovery.run.started"), Value: ui.Exactly(p, v.StartedAt.Time)},
		ui.Fact{Label: p.T("discovery.run.duration"), Value: ui.Either(p, took(p, v.Run))},
		ui.Fact{Label: p.T("discovery.run.calls"), Value: count(p, v.Calls)},
	)
}

// recordedAt is the moment at which a recording was made, as it says itself.
func recordedAt(p *ui.Page, text string) templ.Component {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return ui.Text(text)
	}
	return ui.Exactly(p, t)
}

func (v runView) tiles(p *ui.Page) []ui.Tile {
	of := "/changes?run=" + v.ID
	return []ui.Tile{
		{Label: p.T("discovery.run.seen"), Value: p.Number(int(v.Seen))},
		{Label: p.T("discovery.run.added"), Value: p.Number(int(v.Added)), Href: of + "&kind=created"},
		{Label: p.T("discovery.run.changed"), Value: p.Number(int(v.Changed)), Href: of + "&kind=changed"},
		{Label: p.T("discovery.run.gone"), Value: p.Number(int(v.Gone)), Href: of + "&kind=gone"},
	}
}

// bars are the outcomes of the run, each leading to its scopes.
func (v runView) bars(p *ui.Page) (bars []ui.Bar) {
	for _, o := range collect.Outcomes() {
		n := v.Outcomes.V[o]
		if n == 0 {
			continue
		}
		tone := outcomeTone(o)
		if tone != ui.Bad && tone != ui.Soon {
			tone = ""
		}
		bars = append(bars, ui.Bar{Label: outcomeWord(p, o), Href: "/coverage?run=" + v.ID + "&outcome=" + string(o), Text: p.Number(n), Value: float64(n), Tone: tone})
	}
	return bars
}

func (v runView) bar(p *ui.Page) ui.Progress {
	g := ui.Progress{ID: "progress", Label: p.T("discovery.run.reading"), Done: int(v.ScopesDone), Total: int(v.ScopesTotal)}
	switch {
	case v.CancelRequested:
		g.Label = p.T("discovery.run.stopping")
	case v.State == Queued:
		g.Label, g.Total = p.T("discovery.run.waiting"), 0
	}
	return g
}

func (h pages) turn(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, do turning, done string) error {
	v, err := h.oneRun(r, p, a)
	if err != nil {
		return err
	}
	if _, err := do(r.Context(), a, v.ID); err != nil {
		return web.Refused(w, r, p, "/discovery/"+v.ID, err)
	}
	return web.Done(w, r, p, "/discovery/"+v.ID, p.T(done))
}

// turning is a service method that changes the course of a run.
type turning func(ctx context.Context, a permission.Actor, runID string) (Run, error)
