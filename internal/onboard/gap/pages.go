package gap

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"vigie/catalogue"
	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
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

// i18n: gap.verdict.*
func verdictWord(p *ui.Page, v control.Verdict) string { return p.T("gap.verdict." + string(v)) }

// i18n: gap.severity.*
func severityWord(p *ui.Page, v control.Severity) string { return p.T("gap.severity." + string(v)) }

// i18n: gap.area.*
func areaWord(p *ui.Page, v control.Area) string { return p.T("gap.area." + string(v)) }

// i18n: gap.reason.*
func reasonWord(p *ui.Page, v string) string { return p.Or("gap.reason."+v, v) }

// i18n: gap.missing.*
func missingWord(p *ui.Page, m control.Missing) string {
	return p.T("gap.missing."+m.What, "name", name(p, m.Name), "why", whyWord(p, m.Why))
}

// name is the name of an attribute, requirement or type, for people.
func name(p *ui.Page, n string) string {
	if strings.Contains(n, "::") {
		return p.Or(collect.TypeKey(n), collect.TypeWords(n))
	}
	return strings.TrimPrefix(n, "attributes.")
}

// i18n: gap.why.*
func whyWord(p *ui.Page, why string) string {
	first, rest, _ := strings.Cut(why, " ")
	if first == "" {
		return ""
	}
	return strings.TrimSpace(p.Or("gap.why."+first, first) + " " + rest)
}

// i18n: gap.kind.*
func kindWord(p *ui.Page, k control.Kind) string { return p.T("gap.kind." + string(k)) }

func tone(v control.Verdict, s control.Severity) ui.Tone {
	switch {
	case v == control.Pass:
		return ui.Good
	case v == control.Fail && rank(s) <= 2:
		return ui.Bad
	case v == control.Fail:
		return ui.Soon
	case v == Accepted:
		return ui.Info
	}
	return ui.Off
}

func verdict(p *ui.Page, g Gap) templ.Component {
	return ui.Status(tone(g.Verdict, g.Severity), verdictWord(p, g.Verdict))
}

// wide tells that rows of several customers may stand in one list.
func wide(p *ui.Page) bool { return p.Customer == nil && len(p.Customers) > 1 }

func options[T ~string](p *ui.Page, word func(*ui.Page, T) string, values []T) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: string(v), Label: word(p, v)}
	}
	return out
}

func (h pages) title(p *ui.Page, id string) string {
	if c := h.s.catalogue.Find(id); c != nil {
		return c.Title.In(p.Lang())
	}
	return id
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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	slug := web.Customer(p)
	if slug == "" {
		slug = r.PostFormValue("customer")
	}
	if _, err := h.s.Evaluate(r.Context(), a, slug); err != nil {
		return err
	}
	return web.Done(w, r, p, "/gaps", p.T("gap.done_evaluate"))
}

// gapView is one gap as its page shows it.
type gapView struct {
	Row
	control     *control.Control
	href        string // of the subject
	history     []Change
	acceptances []AcceptanceRow
	accept      bool
	activity    web.Activity
}

// one reads the gap of the address, unless another customer is chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (v gapView, err error) {
	if v.Row, err = h.s.Gap(r.Context(), a, r.PathValue("id")); err != nil {
		return v, err
	}
	v.control = h.s.catalogue.Find(v.Control)
	if v.control == nil { // of a catalogue that has changed since
		v.control = &control.Control{ID: v.Control, Title: catalogue.Text{EN: v.Control, FR: v.Control}}
	}
	switch v.SubjectKind {
	case control.OfCI:
		v.href = "/cis/" + v.SubjectID
	case control.OfWorkload:
		v.href = "/workloads/" + v.SubjectID
	case control.OfAccount:
		v.href = "/accounts/" + v.SubjectID
	case control.OfCustomer:
		v.href = "/customers/" + v.Slug
	}
	return v, web.Belongs(p, v.Slug)
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if v.history, err = h.s.History(r.Context(), a, v.ID); err != nil {
		return err
	}
	q, err := AcceptanceSpec.Parse(url.Values{"gap": {v.ID}, "limit": {"20"}})
	if err != nil {
		return err
	}
	found, err := h.s.Acceptances(r.Context(), a, q)
	if err != nil {
		return err
	}
	v.acceptances = found.Items
	v.accept = v.Verdict == control.Fail && a.May(permission.GapWrite) && a.May(permission.ApprovalRequest)
	if v.activity, err = h.shell.Around(r, p, a, kind, v.ID); err != nil {
		return err
	}
	p.Title, p.Active = v.control.Title.In(p.Lang()), "gaps"
	p.Crumbs = []ui.Link{{Label: p.T("gap.list"), Href: "/gaps"}}
	ui.Render(w, r, http.StatusOK, gapPage(p, v))
	return nil
}

func (v gapView) facts(p *ui.Page) []ui.Fact {
	out := []ui.Fact{{Label: p.T("gap.field.subject"), Value: ui.Anchor(p.In(v.href), v.SubjectName)}, {Label: p.T("gap.field.severity"), Value: ui.Text(severityWord(p, v.Severity))},
		{Label: p.T("gap.field.area"), Value: ui.Text(areaWord(p, v.Area))}}
	if v.Workload != "" {
		out = append(out, ui.Fact{Label: p.T("gap.field.workload"), Value: ui.Anchor(p.In("/workloads/"+string(v.WorkloadID)), string(v.Workload))})
	}
	if v.Account != "" {
		out = append(out, ui.Fact{Label: p.T("gap.field.account"), Value: ui.Code(v.Account)})
	}
	return append(out, ui.Fact{Label: p.T("gap.field.customer"), Value: ui.Text(v.CustomerName)}, ui.Fact{Label: p.T("gap.field.since"), Value: ui.When(p, v.Since.Time)})
}

// entries are the history as a timeline.
func (v gapView) entries(p *ui.Page) []ui.Entry {
	out := make([]ui.Entry, len(v.history))
	for i, c := range v.history {
		text := p.T("gap.history.first", "after", verdictWord(p, c.After))
		if c.Before != "" {
			text = p.T("gap.history.change", "before", verdictWord(p, c.Before), "after", verdictWord(p, c.After))
		}
		if c.Drift {
			text += " · " + p.T("gap.history.drift")
		}
		out[i] = ui.Entry{Icon: "history", Text: text, At: c.At.Time}
	}
	return out
}

// written is a value of evidence for people.
func written(p *ui.Page, r control.Read) string {
	switch v := r.Value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return p.T("gap.yes")
		}
		return p.T("gap.no")
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = fmt.Sprint(one)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(r.Value)
}

// ciName names a CI of the evidence.
func (v gapView) ciName(id string) string {
	if id == "" {
		return v.SubjectName
	}
	for _, c := range v.Evidence.V.CIs {
		if c.ID == id {
			return c.Name
		}
	}
	return id
}

// acceptForm is the form as it was typed.
type acceptForm struct {
	Reason, Until string
	summary       []ui.FieldFault
	errors        map[string]string
}

func (h pages) askAccept(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.GapWrite)
	}
	if err != nil {
		return err
	}
	return h.acceptPage(w, r, p, http.StatusOK, v, acceptForm{})
}

func (h pages) acceptPage(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, v gapView, f acceptForm) error {
	p.Title, p.Active = p.T("gap.accept.title"), "gaps"
	p.Crumbs = []ui.Link{{Label: p.T("gap.list"), Href: "/gaps"}, {Label: v.control.Title.In(p.Lang()), Href: "/gaps/" + v.ID}}
	ui.Render(w, r, status, acceptPage(p, v, f))
	return nil
}

func (h pages) accept(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	f := acceptForm{Reason: r.PostFormValue("reason"), Until: r.PostFormValue("until")}
	in := NewAcceptance{Gap: v.ID, Reason: f.Reason}
	if f.Until != "" {
		if in.Until, err = p.ParseLocalTime(f.Until); err != nil {
			var bad fault.Fields
			bad.Add("until", "approval.field.moment")
			err = bad.Err()
		}
	}
	var x Acceptance
	if err == nil {
		x, err = h.s.Accept(r.Context(), a, in, h.s.languageOf(r.Context(), a, v.CustomerID))
	}
	if err != nil {
		if fault.Is(err, fault.Conflict) {
			return web.Refused(w, r, p, "/gaps/"+v.ID, err)
		}
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return p.T("gap.accept." + field) }); !ok { // i18n: gap.accept.*
			return err
		}
		return h.acceptPage(w, r, p, web.Status(err), v, f)
	}
	return web.Done(w, r, p, "/approvals/"+x.ApprovalID, p.T("gap.accept.done"))
}

// controlsView is the catalogue as its page shows it.
type controlsView struct {
	areas []areaView
}

type areaView struct {
	area     control.Area
	controls []controlLine
}

type controlLine struct {
	*control.Control
	tally Tally
}

func (h pages) controls(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("gap.catalogue.title"), "controls"
	tallies, err := h.s.byControl(r.Context(), a, web.Customer(p))
	if err != nil {
		return err
	}
	var v controlsView
	for _, c := range h.s.catalogue.All() {
		if n := len(v.areas); n == 0 || v.areas[n-1].area != c.Area {
			v.areas = append(v.areas, areaView{area: c.Area})
		}
		last := &v.areas[len(v.areas)-1]
		last.controls = append(last.controls, controlLine{c, tallies[c.ID]})
	}
	ui.Render(w, r, http.StatusOK, controlsPage(p, v, len(h.s.catalogue.All())))
	return nil
}

func (h pages) control(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c := h.s.catalogue.Find(r.PathValue("id"))
	if c == nil {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	p.Title, p.Active = c.Title.In(p.Lang()), "controls"
	p.Crumbs = []ui.Link{{Label: p.T("gap.catalogue.title"), Href: "/controls"}}
	l := h.lister("g.control = '" + c.ID + "'") // an id of the catalogue: letters, digits and dashes
	done, err := web.Download(w, r, p, a, l, c.ID, answer)
	if done {
		return err
	}
	t, err := h.table(r, p, a, l, c.ID)
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, controlPage(p, c, t))
	return nil
}

// typeNames are the types that a control judges, in words.
func typeNames(p *ui.Page, c *control.Control) string {
	if len(c.Applies.Types) == 0 {
		return kindWord(p, c.Applies.To)
	}
	out := make([]string, len(c.Applies.Types))
	for i, t := range c.Applies.Types {
		out[i] = name(p, t)
	}
	return strings.Join(out, ", ")
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
