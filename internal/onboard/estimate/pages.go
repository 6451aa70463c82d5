package estimate

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/document"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /estimates":                h.list,
		"GET /estimates/new":            h.add,
		"POST /estimates/new":           h.create,
		"GET /estimates/{id}":           h.show,
		"GET /estimates/{id}/document":  h.document,
		"GET /estimates/{id}/what-if":   h.whatIf,
		"GET /estimates/{id}/compare":   h.compare,
		"POST /estimates/{id}/versions": h.compute,
		"POST /estimates/{id}/issue":    h.issue,
		"POST /estimates/{id}/revise":   h.revise,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

func state(p *ui.Page, s State) templ.Component {
	tone := map[State]ui.Tone{Draft: ui.Info, Issued: ui.Good, Superseded: ui.Off}[s]
	return ui.Status(tone, stateWord(p.Printer, s))
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("estimates.list"), "estimates"
	l := web.Lister{DB: h.s.DB, Need: permission.EstimateRead, Spec: Spec, Customer: "c.slug", Live: kind}
	if done, err := web.Download(w, r, p, a, l, "estimates", listed.shown); done {
		return err
	}
	found, err := web.ReadList[listed](r, p, a, l)
	if err != nil {
		return err
	}
	states, tiers := []ui.Option{}, []ui.Option{}
	for _, s := range stateNames() {
		states = append(states, ui.Option{Value: s, Label: stateWord(p.Printer, State(s))})
	}
	for _, t := range Tiers {
		tiers = append(tiers, ui.Option{Value: t, Label: tierWord(p.Printer, t)})
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("estimates.state_label"), Options: states}, ui.Filter{Name: "tier", Label: p.T("estimates.tier"), Options: tiers})
	table := found.List
	table.ID, table.Label, table.Search = "estimates", p.Title, p.T("estimates.search")
	table.Empty = ui.Empty{Title: p.T("estimates.none"), Text: p.T("estimates.none_text")}
	may := a.May(permission.EstimateWrite)
	if may {
		table.Empty.Action = ui.Link{Label: p.T("estimates.add"), Href: "/estimates/new"}
	}
	type column = ui.Column[listed]
	columns := []column{{Key: "title", Label: p.T("estimates.title"), Sort: true, Cell: func(l listed) templ.Component { return ui.Text(l.Title) }},
		{Key: "reference", Label: p.T("estimates.reference"), NoWrap: true, Cell: func(l listed) templ.Component { return ui.Either(p, l.Reference) }}}
	if p.Customer == nil {
		columns = append(columns, column{Key: "customer", Label: p.T("estimates.customer"), NoWrap: true, Cell: func(l listed) templ.Component { return ui.Text(web.CustomerName(p, l.Slug)) }})
	}
	columns = append(columns,
		column{Key: "state", Label: p.T("estimates.state_label"), NoWrap: true, Cell: func(l listed) templ.Component { return state(p, l.State) }},
		column{Key: "tier", Label: p.T("estimates.tier"), NoWrap: true, Cell: func(l listed) templ.Component { return ui.Text(tierWord(p.Printer, l.Tier)) }},
		column{Key: "setup", Label: p.T("estimates.part.setup"), Sort: true, Number: true, NoWrap: true, Cell: func(l listed) templ.Component { return ui.Text(coinWords(p.Printer, l.shown().Setup.Likely)) }},
		column{Key: "month", Label: p.T("estimates.part.month"), Sort: true, Number: true, NoWrap: true, Cell: func(l listed) templ.Component { return ui.Text(coinWords(p.Printer, l.shown().Month.Likely)) }},
		column{Key: "missing", Label: p.T("estimates.missing.title"), Number: true, Cell: func(l listed) templ.Component { return ui.Text(p.Number(int(l.Missing))) }},
		column{Key: "updated_at", Label: p.T("estimates.updated"), Sort: true, Extra: true, NoWrap: true, Cell: func(l listed) templ.Component { return ui.When(p, l.UpdatedAt.Time) }},
		column{Key: "created_at", Label: p.T("estimates.created"), Sort: true, NoWrap: true, Cell: func(l listed) templ.Component { return ui.When(p, l.CreatedAt.Time) }},
	)
	t := ui.NewTable(table, columns, found.Items, func(l listed) ui.Row { return ui.Row{ID: l.ID, Href: "/estimates/" + l.ID, Name: l.Title} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, may))
	return nil
}

// form is the form of a new estimate as it was typed.
type form struct {
	Customer, Title, Tier string
	customers             []ui.Option
	summary               []ui.FieldFault
	errors                map[string]string
}

func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.EstimateWrite); err != nil {
		return err
	}
	return h.form(w, r, p, http.StatusOK, form{Customer: web.Customer(p)})
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f form) error {
	p.Title, p.Active = p.T("estimates.add"), "estimates"
	p.Crumbs = []ui.Link{{Label: p.T("estimates.list"), Href: "/estimates"}}
	if p.Customer == nil {
		for _, c := range p.Customers {
			f.customers = append(f.customers, ui.Option{Value: c.Slug, Label: c.Name})
		}
	}
	ui.Render(w, r, status, formPage(p, f))
	return nil
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.EstimateWrite); err != nil {
		return err
	}
	f := form{Customer: r.PostFormValue("customer"), Title: r.PostFormValue("title"), Tier: r.PostFormValue("tier")}
	if f.Customer == "" {
		f.Customer = web.Customer(p)
	} else if err := web.Belongs(p, f.Customer); err != nil {
		return err
	}
	made, err := h.s.Create(r.Context(), a, NewEstimate{Customer: f.Customer, Assessment: r.PostFormValue("assessment"), Title: f.Title, WhatIf: WhatIf{Tier: f.Tier}})
	if err != nil {
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return p.Or("estimates."+field, field) }); !ok {
			return err
		}
		return h.form(w, r, p, web.Status(err), f)
	}
	return web.Done(w, r, p, "/estimates/"+made.ID, p.T("estimates.done_add"))
}

// view is an estimate as its page shows it.
type view struct {
	Estimate
	v        Version
	versions []Version
	write    bool
	issue    bool
	old      bool // not the latest version
	activity web.Activity
}

// one reads the estimate of the address in the version that the address names, unless another customer is chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (e Estimate, v Version, err error) {
	number, _ := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64)
	if e, v, err = h.s.Version(r.Context(), a, r.PathValue("id"), max(0, number)); err != nil {
		return e, v, err
	}
	return e, v, web.Belongs(p, e.Customer)
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	out := view{Estimate: e, v: v, write: a.May(permission.EstimateWrite), issue: a.May(permission.EstimateIssue), old: v.Number != e.Latest}
	if out.versions, err = h.s.Versions(r.Context(), a, e.ID); err != nil {
		return err
	}
	if out.activity, err = h.shell.Around(r, p, a, kind, e.ID); err != nil {
		return err
	}
	p.Title, p.Active = e.Title, "estimates"
	p.Crumbs = []ui.Link{{Label: p.T("estimates.list"), Href: "/estimates"}}
	ui.Render(w, r, http.StatusOK, estimatePage(p, out))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{}
	if p.Customer == nil {
		facts = append(facts, ui.Fact{Label: p.T("estimates.customer"), Value: ui.Anchor(p.In("/customers/"+v.Customer), web.CustomerName(p, v.Customer))})
	}
	facts = append(facts, ui.Fact{Label: p.T("estimates.tier"), Value: ui.Text(tierWords(p.Printer, v.v))},
		ui.Fact{Label: p.T("estimates.version"), Value: ui.Text(p.Number(int(v.v.Number)))},
		ui.Fact{Label: p.T("estimates.model"), Value: ui.Text(v.v.model.Title.In(p.Lang()) + " " + v.v.ModelVersion)},
		ui.Fact{Label: p.T("estimates.computed"), Value: ui.When(p, v.v.CreatedAt.Time)})
	if v.State != Draft {
		facts = append(facts, ui.Fact{Label: p.T("estimates.issued"), Value: ui.When(p, v.IssuedAt.Time)}, ui.Fact{Label: p.T("estimates.issued_by"), Value: ui.Text(v.IssuedBy)})
	}
	return facts
}

func (v view) panels(p *ui.Page) []ui.Panel {
	out := []ui.Panel{{Title: p.T("estimates.versions"), Count: p.Number(len(v.versions)), Body: versionList(p, v)}}
	var links []ui.Link
	if v.Replaces != "" {
		links = append(links, ui.Link{Label: p.T("estimates.replaces"), Href: "/estimates/" + v.Replaces}, ui.Link{Label: p.T("estimates.compare_revision"), Href: "/estimates/" + v.ID + "/compare?with=" + v.Replaces})
	}
	if v.Assessment != "" {
		links = append(links, ui.Link{Label: p.T("estimates.assessment"), Href: "/assessments/" + v.Assessment})
	}
	if len(links) > 0 {
		out = append(out, ui.Panel{Title: p.T("estimates.belongs"), Body: linkList(p, links)})
	}
	return append(out, v.activity.Panels...)
}

// tiles are the figures at the head.
func tiles(p *ui.Page, r Result) []ui.Tile {
	return []ui.Tile{
		{Label: p.T("estimates.part.setup"), Value: coinWords(p.Printer, r.Setup.Cost.Likely), Note: costWords(p.Printer, r.Setup.Cost)},
		{Label: p.T("estimates.part.month"), Value: coinWords(p.Printer, r.Month.Cost.Likely), Note: costWords(p.Printer, r.Month.Cost)},
		{Label: p.T("estimates.hours_setup"), Value: hoursWords(p.Printer, r.Setup.Hours.Likely), Note: spanWords(p.Printer, r.Setup.Hours)},
		{Label: p.T("estimates.hours_month"), Value: hoursWords(p.Printer, r.Month.Hours.Likely), Note: spanWords(p.Printer, r.Month.Hours)},
	}
}

func (h pages) document(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	d, language, err := h.s.Document(r.Context(), a, e.ID, v.Number)
	if err != nil {
		return err
	}
	format, err := document.Format(p.Query.Get("format"), r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	theirs := h.s.Bundle.Printer(language, p.Zone(), h.s.Clock.Now())
	if format != "" {
		return d.Send(w, format, theirs)
	}
	p.Title, p.Active = e.Title, "estimates"
	p.Crumbs = []ui.Link{{Label: p.T("estimates.list"), Href: "/estimates"}, {Label: cmpOr(e.Reference, e.Title), Href: "/estimates/" + e.ID}}
	reader := *p
	reader.Printer = theirs
	ui.Render(w, r, http.StatusOK, documentPage(p, &reader, d, "/estimates/"+e.ID+"/document?version="+strconv.FormatInt(v.Number, 10)))
	return nil
}

func cmpOr(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

func (h pages) compute(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, now, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	made, err := h.s.Compute(r.Context(), a, e.ID, web.Version(r), NewVersion{WhatIf: readWhatIf(r.PostForm, now), Note: r.PostFormValue("note")})
	if err != nil {
		return web.Refused(w, r, p, "/estimates/"+e.ID, err)
	}
	return web.Done(w, r, p, "/estimates/"+e.ID, p.T("estimates.done_compute", "number", int(made.Latest)))
}

// faults names what is wrong with a what-if by the words of the model; ok is false for errors that no form can show.
func faults(p *ui.Page, err error) (summary []ui.FieldFault, ok bool) {
	summary, _, ok = web.Faults(p, err, func(field string) string { return field })
	for i := range summary {
		summary[i].Name = ""
		summary[i].Message = summary[i].Label + ": " + summary[i].Message
	}
	return summary, ok
}

func (h pages) issue(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, _, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	made, err := h.s.Issue(r.Context(), a, e.ID, web.Version(r))
	if err != nil {
		return web.Refused(w, r, p, "/estimates/"+e.ID, err)
	}
	return web.Done(w, r, p, "/estimates/"+e.ID, p.T("estimates.done_issue", "reference", made.Reference))
}

func (h pages) revise(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, _, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	made, err := h.s.Revise(r.Context(), a, e.ID)
	if err != nil {
		return web.Refused(w, r, p, "/estimates/"+e.ID, err)
	}
	return web.Done(w, r, p, "/estimates/"+made.ID, p.T("estimates.done_revise"))
}

// readWhatIf reads what a form sets otherwise. What stands where the version has it is not set.
func readWhatIf(q url.Values, now Version) (out WhatIf) {
	out.Tier = q.Get("tier")
	base, err := Compute(now.model, now.Answers, WhatIf{})
	if err != nil {
		return out
	}
	for _, in := range now.model.Inputs {
		text := strings.TrimSpace(q.Get("unit." + in.ID))
		n, err := strconv.ParseFloat(text, 64)
		if text == "" {
			continue
		}
		if err != nil {
			n = -1 // which is refused with a name
		}
		if n != likely(base, now.model, in) {
			if out.Units == nil {
				out.Units = map[string]float64{}
			}
			out.Units[in.ID] = n
		}
	}
	for _, x := range now.model.Modifiers {
		if v := q.Get("modifier." + x.ID); v == "yes" || v == "no" {
			if out.Modifiers == nil {
				out.Modifiers = map[string]bool{}
			}
			out.Modifiers[x.ID] = v == "yes"
		}
	}
	return out
}

// likely is the number of an input as a result has it.
func likely(r Result, m Model, in Input) float64 {
	for _, l := range r.Lines {
		if c := causeOf(l, "units", in.ID); c != nil {
			return c.Value.Likely
		}
	}
	return in.Likely.InexactFloat64()
}
