package gap

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /gaps":              h.list,
		"POST /gaps/evaluate":    h.evaluate,
		"GET /gaps/{id}":         h.show,
		"GET /gaps/{id}/accept":  h.askAccept,
		"POST /gaps/{id}/accept": h.accept,
		"GET /controls":          h.controls,
		"GET /controls/{id}":     h.control,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

// asked tells that the reader wants certain verdicts, or all of them.
func asked(p *ui.Page) bool {
	for key := range p.Query {
		switch key {
		case "customer", "format", "cols", "density", "sort", "cursor", "limit", "changed":
		default:
			return true
		}
	}
	return false
}

// lister is the list of gaps; where holds beside what the reader asks for.
func (h pages) lister(where string) web.Lister {
	spec := h.s.Spec()
	spec.Where = where
	spec.Pass = append(spec.Pass, "show")
	return web.Lister{DB: h.s.db, Need: permission.GapRead, Spec: spec, Customer: "k.slug", Live: kind}
}

// table reads a list of gaps into a table.
func (h pages) table(r *http.Request, p *ui.Page, a permission.Actor, l web.Lister, control string) (ui.Table, error) {
	found, err := web.ReadList[Row](r, p, a, l)
	if err != nil {
		return ui.Table{}, err
	}
	menu := []ui.Filter{
		{Name: "verdict", Label: p.T("gap.field.verdict"), Options: options(p, verdictWord, Verdicts())},
		{Name: "severity", Label: p.T("gap.field.severity"), Options: options(p, severityWord, controlSeverities())},
	}
	if control == "" {
		menu = append(menu, ui.Filter{Name: "area", Label: p.T("gap.field.area"), Options: options(p, areaWord, controlAreas())})
	}
	found.Filters(append(menu, ui.Filter{Name: "environment", Label: p.T("gap.field.environment")}, ui.Filter{Name: "account", Label: p.T("gap.field.account")})...)
	for i, f := range found.List.Filter {
		switch f.Name {
		case "reason":
			found.List.Filter[i].Label = p.T("gap.field.reason")
		case "control":
			found.List.Filter[i].Label = p.T("gap.field.control")
		case "workload", "workload.empty":
			found.List.Filter[i].Label = p.T("gap.field.workload")
		case "ci":
			found.List.Filter[i].Label = p.T("gap.kind.ci")
		}
	}
	list := found.List
	list.ID, list.Label, list.Search = "gaps", p.T("gap.list"), p.T("gap.search")
	list.Empty = ui.Empty{Title: p.T("gap.none"), Text: p.T("gap.none_text")}
	columns := []ui.Column[Row]{}
	if control == "" {
		columns = append(columns, ui.Column[Row]{Key: "control", Label: p.T("gap.field.control"), Sort: true, Cell: func(g Row) templ.Component { return controlCell(h.title(p, g.Control), g.Control) }})
	}
	columns = append(columns, ui.Column[Row]{Key: "subject_name", Label: p.T("gap.field.subject"), Cell: func(g Row) templ.Component { return subjectCell(p, g) }})
	if wide(p) {
		columns = append(columns, ui.Column[Row]{Key: "customer_name", NoWrap: true, Label: p.T("gap.field.customer"), Cell: func(g Row) templ.Component { return ui.Text(g.CustomerName) }})
	}
	columns = append(columns,
		ui.Column[Row]{Key: "verdict", Label: p.T("gap.field.verdict"), NoWrap: true, Cell: func(g Row) templ.Component { return verdict(p, g.Gap) }},
		ui.Column[Row]{Key: "severity_rank", Label: p.T("gap.field.severity"), Sort: true, NoWrap: true, Cell: func(g Row) templ.Component { return ui.Text(severityWord(p, g.Severity)) }},
		ui.Column[Row]{Key: "area", Label: p.T("gap.field.area"), Cell: func(g Row) templ.Component { return ui.Text(areaWord(p, g.Area)) }},
		ui.Column[Row]{Key: "workload", Label: p.T("gap.field.workload"), Cell: func(g Row) templ.Component { return ui.Either(p, string(g.Workload)) }},
		ui.Column[Row]{Key: "since", Label: p.T("gap.field.since"), Sort: true, NoWrap: true, Cell: func(g Row) templ.Component { return ui.When(p, g.Since.Time) }},
		ui.Column[Row]{Key: "account", Label: p.T("gap.field.account"), Extra: true, Cell: func(g Row) templ.Component { return ui.Code(g.Account) }},
		ui.Column[Row]{Key: "environment", Label: p.T("gap.field.environment"), Extra: true, Cell: func(g Row) templ.Component { return ui.Either(p, g.Environment) }},
	)
	return ui.NewTable(list, columns, found.Items, func(g Row) ui.Row {
		return ui.Row{ID: g.ID, Href: "/gaps/" + g.ID, Name: h.title(p, g.Control) + " · " + g.SubjectName}
	}), nil
}

// lined sets a long expression out on lines, for reading.
func lined(expression string) string {
	if len(expression) < 80 {
		return expression
	}
	return strings.NewReplacer(" && ", " &&\n", " || ", " ||\n").Replace(expression)
}

func controlSeverities() []control.Severity { return control.Severities() }
func controlAreas() []control.Area          { return control.Areas() }

type listView struct {
	heat     Heat
	last     *RunRow
	table    ui.Table
	failing  bool // the list holds only what fails
	evaluate bool
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("gap.list"), "gaps"
	v := listView{failing: !asked(p), evaluate: p.Customer != nil && a.May(permission.GapWrite)}
	l := h.lister("")
	if v.failing {
		l.Spec.Where = "g.verdict = 'fail'"
	}
	done, err := web.Download(w, r, p, a, l, "gaps", answer)
	if done {
		return err
	}
	if v.table, err = h.table(r, p, a, l, ""); err != nil {
		return err
	}
	if v.heat, err = h.s.Heat(r.Context(), a, web.Customer(p)); err != nil {
		return err
	}
	if p.Customer != nil {
		q, err := RunSpec.Parse(url.Values{"limit": {"1"}})
		if err != nil {
			return err
		}
		runs, err := h.s.Runs(r.Context(), a, q.Where("k.slug = ?", p.Customer.Slug))
		if err != nil {
			return err
		}
		if len(runs.Items) > 0 {
			v.last = &runs.Items[0]
		}
		web.Watch(p, runKind)
	}
	ui.Render(w, r, http.StatusOK, listPage(p, v))
	return nil
}

// tiles are the figures of the head.
func (v listView) tiles(p *ui.Page) []ui.Tile {
	var out []ui.Tile
	for _, s := range control.Severities()[:3] {
		t := ui.Tile{Label: p.T("gap.tile." + string(s)), Value: p.Number(int(v.heat.Failing[s])), Href: p.In("/gaps?verdict=fail&severity=" + string(s))} // i18n: gap.tile.*
		if v.heat.Failing[s] > 0 {
			t.Tone = tone(control.Fail, s)
		}
		out = append(out, t)
	}
	out = append(out, ui.Tile{Label: p.T("gap.tile.accepted"), Value: p.Number(int(v.heat.Total.Accepted)), Href: p.In("/gaps?verdict=accepted")},
		ui.Tile{Label: p.T("gap.tile.unknown"), Value: p.Number(int(v.heat.Total.Unknown)), Href: p.In("/gaps?verdict=unknown")})
	if share := v.heat.Total.Judged(); share >= 0 {
		out = append(out, ui.Tile{Label: p.T("gap.tile.judged"), Value: p.T("gap.percent", "n", int(share)), Note: p.T("gap.tile.judged_note")})
	}
	return out
}

func (l HeatLine) href(byWorkload bool, area control.Area) string {
	q := url.Values{"verdict": {"fail"}, "customer": {l.Slug}}
	if area != "" {
		q.Set("area", string(area))
	}
	switch {
	case l.WorkloadID != "":
		q.Set("workload", l.WorkloadID)
	case byWorkload:
		q.Set("workload.empty", "true")
	}
	return "/gaps?" + q.Encode()
}

func (l HeatLine) link(p *ui.Page, area control.Area) string { return l.href(p.Customer != nil, area) }

// cellTone and cellWord are how a field of the map looks.
func cellTone(t Tally) ui.Tone {
	switch {
	case t.Grave > 0:
		return ui.Bad
	case t.Fail > 0:
		return ui.Soon
	case t.Pass+t.Accepted == 0:
		return ui.Off
	case t.Accepted > 0:
		return ui.Info
	}
	return ui.Good
}

func cellWord(p *ui.Page, t Tally) string {
	if t.Pass+t.Accepted == 0 {
		return p.T("gap.heat.unknown")
	}
	return "0"
}

func heatTitle(p *ui.Page) string {
	if p.Customer != nil {
		return p.T("gap.heat.by_workload")
	}
	return p.T("gap.heat.by_customer")
}

func listTitle(p *ui.Page, v listView) string {
	if v.failing {
		return p.T("gap.failing")
	}
	return p.T("gap.verdicts")
}

func acceptanceTone(state string) ui.Tone {
	switch state {
	case InForce:
		return ui.Good
	case Asked:
		return ui.Soon
	}
	return ui.Off
}

// i18n: gap.framework.*
func frameworkWord(p *ui.Page, name string) string { return p.Or("gap.framework."+name, name) }

func reasonBars(p *ui.Page, h Heat) []ui.Bar {
	out := make([]ui.Bar, len(h.Reasons))
	for i, r := range h.Reasons {
		out[i] = ui.Bar{Label: reasonWord(p, r.Reason), Href: p.In("/gaps?verdict=unknown&reason=" + r.Reason), Text: p.Number(int(r.N)), Value: float64(r.N)}
	}
	return out
}

func (h pages) evaluate(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.GapWrite); err != nil {
		return err
	}
	if _, err := h.s.Evaluate(r.Context(), a, web.Chosen(r, p)); err != nil {
		return err
	}
	return web.Done(w, r, p, "/gaps", p.T("gap.done_evaluate"))
}

// Part is what hangs of verdicts on the pages of CIs, workloads, accounts and customers.
func (s *Service) Part() web.Part {
	return func(r *http.Request, p *ui.Page, a permission.Actor, of, id string) (out web.Activity, err error) {
		column := map[string]string{"ci": "g.ci_id", "workload": "g.workload_id", "account": "g.subject_id", "customer": "g.customer_id"}[of]
		if column == "" || !a.May(permission.GapRead) {
			return out, nil
		}
		var rows []Gap
		err = s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
			return tx.Select(r.Context(), &rows, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE `+column+` = ? AND g.verdict IN ('fail', 'unknown', 'accepted', 'pass')
				ORDER BY CASE g.verdict WHEN 'fail' THEN 0 WHEN 'accepted' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END, g.severity_rank, g.id LIMIT 8`, id)
		})
		if err != nil || len(rows) == 0 {
			return out, err
		}
		href := map[string]string{"ci": "/gaps?ci=" + id, "workload": "/gaps?workload=" + id, "account": "/gaps?show=all", "customer": "/gaps"}[of]
		out.Panels = []ui.Panel{{Title: p.T("gap.list"), Href: p.In(href), Body: panel(p, pages{s: s}, rows)}}
		return out, nil
	}
}
