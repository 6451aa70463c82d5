package finding

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	for pattern, handler := range map[string]web.Handler{
		"GET /findings":        h.list,
		"GET /findings/import": h.form,
		"POST /findings/pull":  h.pull,
		"GET /findings/{id}":   h.show,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
	mux.Handle("POST /findings/import", shell.Large(h.take))
}

type pages struct {
	s     *Service
	shell *web.Shell
}

// i18n: finding.severity.*
func severityWord(p *ui.Page, v Severity) string { return p.T("finding.severity." + string(v)) }

// i18n: finding.status.*
func statusWord(p *ui.Page, v Status) string { return p.T("finding.status." + string(v)) }

// i18n: finding.source.*
func sourceWord(p *ui.Page, v Source) string { return p.T("finding.source." + string(v)) }

func tone(f Finding) ui.Tone {
	switch {
	case f.Status == Resolved:
		return ui.Good
	case f.Status == Suppressed:
		return ui.Info
	case f.SeverityRank <= 2:
		return ui.Bad
	}
	return ui.Soon
}

func status(p *ui.Page, f Finding) templ.Component {
	return ui.Status(tone(f), statusWord(p, f.Status))
}

func options[T ~string](p *ui.Page, word func(*ui.Page, T) string, values []T) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: string(v), Label: word(p, v)}
	}
	return out
}

// title names a control of ours.
func (h pages) title(p *ui.Page, control string) string { return h.s.Title(control, p.Lang()) }

// asked tells that the reader wants certain findings, or all of them.
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

type listView struct {
	table   ui.Table
	open    bool // only what is open
	tallies []Tally
	imports bool
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("finding.list"), "findings"
	v := listView{open: !asked(p), imports: a.May(permission.FindingImport)}
	spec := Spec
	spec.Pass = append(spec.Pass, "show")
	if v.open {
		spec.Where = "f.status = 'open'"
	}
	l := web.Lister{DB: h.s.DB, Need: permission.FindingRead, Spec: spec, Customer: "k.slug", Live: kind}
	done, err := web.Download(w, r, p, a, l, "findings", answer)
	if done {
		return err
	}
	found, err := web.ReadList[Row](r, p, a, l)
	if err != nil {
		return err
	}
	found.Filters(ui.Filter{Name: "status", Label: p.T("finding.field.status"), Options: options(p, statusWord, Statuses())},
		ui.Filter{Name: "severity", Label: p.T("finding.field.severity"), Options: options(p, severityWord, Severities())},
		ui.Filter{Name: "source", Label: p.T("finding.field.source"), Options: options(p, sourceWord, Sources())},
		ui.Filter{Name: "ci.empty", Label: p.T("finding.field.matched"), Options: []ui.Option{{Value: "false", Label: p.T("finding.matched")}, {Value: "true", Label: p.T("finding.unmatched")}}},
		ui.Filter{Name: "control.empty", Label: p.T("finding.field.same"), Options: []ui.Option{{Value: "true", Label: p.T("finding.same_none")}, {Value: "false", Label: p.T("finding.same_some")}}},
		ui.Filter{Name: "account", Label: p.T("finding.field.account")}, ui.Filter{Name: "region", Label: p.T("finding.field.region")})
	for i, f := range found.List.Filter {
		if label := map[string]string{"ci": "finding.field.ci", "control": "finding.field.control", "product": "finding.field.product", "rule": "finding.field.rule"}[f.Name]; label != "" {
			found.List.Filter[i].Label = p.T(label) // i18n: finding.field.*
		}
	}
	list := found.List
	list.ID, list.Label, list.Search = "findings", p.T("finding.list"), p.T("finding.search")
	list.Empty = ui.Empty{Title: p.T("finding.none"), Text: p.T("finding.none_text")}
	if v.imports {
		list.Empty.Action = ui.Link{Label: p.T("finding.import.title"), Href: p.In("/findings/import")}
	}
	if v.tallies, err = h.s.Tallies(r.Context(), a, web.Customer(p)); err != nil {
		return err
	}
	columns := []ui.Column[Row]{{Key: "title", Label: p.T("finding.field.title"), Sort: true, Cell: func(f Row) templ.Component { return ui.Text(f.Title) }}}
	if p.Customer == nil && len(p.Customers) > 1 {
		columns = append(columns, ui.Column[Row]{Key: "customer_name", NoWrap: true, Label: p.T("finding.field.customer"), Cell: func(f Row) templ.Component { return ui.Text(f.CustomerName) }})
	}
	columns = append(columns,
		ui.Column[Row]{Key: "status", Label: p.T("finding.field.status"), NoWrap: true, Cell: func(f Row) templ.Component { return status(p, f.Finding) }},
		ui.Column[Row]{Key: "severity_rank", Label: p.T("finding.field.severity"), Sort: true, NoWrap: true, Cell: func(f Row) templ.Component { return ui.Text(severityWord(p, f.Severity)) }},
		ui.Column[Row]{Key: "ci", Label: p.T("finding.field.resource"), Cell: func(f Row) templ.Component { return resource(p, f) }},
		ui.Column[Row]{Key: "control", Label: p.T("finding.field.same"), Cell: func(f Row) templ.Component { return h.control(p, f) }},
		ui.Column[Row]{Key: "product", Label: p.T("finding.field.product"), Cell: func(f Row) templ.Component { return ui.Text(f.Product) }},
		ui.Column[Row]{Key: "last_seen", Label: p.T("finding.field.last_seen"), Sort: true, NoWrap: true, Cell: func(f Row) templ.Component { return ui.When(p, f.LastSeen.Time) }},
		ui.Column[Row]{Key: "rule", Label: p.T("finding.field.rule"), Extra: true, Cell: func(f Row) templ.Component { return ui.Code(f.Rule) }},
		ui.Column[Row]{Key: "account", Label: p.T("finding.field.account"), Extra: true, Cell: func(f Row) templ.Component { return ui.Code(f.Account) }},
		ui.Column[Row]{Key: "region", Label: p.T("finding.field.region"), Extra: true, Cell: func(f Row) templ.Component { return ui.Either(p, f.Region) }},
	)
	v.table = ui.NewTable(list, columns, found.Items, func(f Row) ui.Row { return ui.Row{ID: f.ID, Href: "/findings/" + f.ID, Name: f.Title} })
	ui.Render(w, r, http.StatusOK, listPage(p, v))
	return nil
}

// tiles count each fault once: what a control of ours says too stands by itself.
func (v listView) tiles(p *ui.Page) []ui.Tile {
	only, same, lost := map[Severity]int64{}, int64(0), int64(0)
	for _, t := range v.tallies {
		if t.Same {
			same += t.N
		} else {
			only[t.Severity] += t.N
		}
		if !t.Matched {
			lost += t.N
		}
	}
	var out []ui.Tile
	for _, s := range Severities()[:3] {
		t := ui.Tile{Label: p.T("finding.tile." + string(s)), Value: p.Number(int(only[s])), Note: p.T("finding.same_none"), Href: p.In("/findings?status=open&control.empty=true&severity=" + string(s))} // i18n: finding.tile.*
		if only[s] > 0 {
			t.Tone = tone(Finding{SeverityRank: s.rank(), Status: Open})
		}
		out = append(out, t)
	}
	return append(out, ui.Tile{Label: p.T("finding.tile.same"), Value: p.Number(int(same)), Note: p.T("finding.tile.same_note"), Href: p.In("/findings?status=open&control.empty=false")},
		ui.Tile{Label: p.T("finding.tile.lost"), Value: p.Number(int(lost)), Note: p.T("finding.tile.lost_note"), Href: p.In("/findings?status=open&ci.empty=true")})
}

// control is the control of ours that says the same, with a way to it.
func (h pages) control(p *ui.Page, f Row) templ.Component {
	if f.Control == "" {
		return ui.None(p)
	}
	return ui.Anchor(p.In(gapHref(f)), h.title(p, string(f.Control)))
}

// gapHref leads to the verdict that says the same.
func gapHref(f Row) string {
	q := url.Values{"control": {string(f.Control)}}
	if f.CIID != "" {
		q.Set("ci", string(f.CIID))
	}
	return "/gaps?" + q.Encode()
}

// resource is the CI with a way to it, else what the source named.
func resource(p *ui.Page, f Row) templ.Component {
	if f.CIID != "" {
		return ui.Anchor(p.In("/cis/"+string(f.CIID)), string(f.CI))
	}
	return unmatched(p, short(f.Resource))
}

// short is the end of an ARN, which is what tells resources apart.
func short(resource string) string {
	if account, _ := accountOf(resource); account != "" || tail(resource) != resource {
		return tail(resource)
	}
	return resource
}

// view is one finding as its page shows it.
type view struct {
	Row
	h        pages
	activity web.Activity
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v := view{h: h}
	var err error
	if v.Row, err = h.s.Finding(r.Context(), a, r.PathValue("id")); err != nil {
		return err
	}
	if err := web.Belongs(p, v.Slug); err != nil {
		return err
	}
	if v.activity, err = h.shell.Around(r, p, a, kind, v.ID); err != nil {
		return err
	}
	p.Title, p.Active = v.Title, "findings"
	p.Crumbs = []ui.Link{{Label: p.T("finding.list"), Href: "/findings"}}
	ui.Render(w, r, http.StatusOK, findingPage(p, v))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	out := []ui.Fact{{Label: p.T("finding.field.severity"), Value: ui.Text(severityWord(p, v.Severity))}, {Label: p.T("finding.field.source"), Value: ui.Text(v.from(p))}}
	if v.CIID != "" {
		out = append(out, ui.Fact{Label: p.T("finding.field.ci"), Value: resource(p, v.Row)})
	}
	for _, f := range []struct{ label, value string }{{p.T("finding.field.account"), v.Account}, {p.T("finding.field.region"), v.Region}} {
		if f.value != "" {
			out = append(out, ui.Fact{Label: f.label, Value: ui.Code(f.value)})
		}
	}
	return append(out, ui.Fact{Label: p.T("finding.field.customer"), Value: ui.Text(v.CustomerName)},
		ui.Fact{Label: p.T("finding.field.first_seen"), Value: ui.When(p, v.FirstSeen.Time)}, ui.Fact{Label: p.T("finding.field.last_seen"), Value: ui.When(p, v.LastSeen.Time)})
}

// from is the source, and what speaks through it where that is another.
func (v view) from(p *ui.Page) string {
	if word := sourceWord(p, v.Source); word != v.Product {
		return word + " · " + v.Product
	}
	return v.Product
}

// evidence is what the source sent, set out for reading.
func (v view) evidence() string {
	var whole any
	if json.Unmarshal(v.Evidence.V, &whole) != nil {
		return ""
	}
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// i18n: finding.framework.*
func frameworkWord(p *ui.Page, f Framework) string {
	word := p.Or("finding.framework."+f.Name, f.Name)
	if f.Edition != "" {
		word += " " + f.Edition
	}
	return word
}

// Part shows, on the page of a verdict, a CI or an account, what others have found there.
func (s *Service) Part() web.Part {
	return func(r *http.Request, p *ui.Page, a permission.Actor, of, id string) (out web.Activity, err error) {
		where := map[string]string{
			"ci":      "m.ci_id = ?",
			"account": "m.subject_id = ?",
			"gap":     "EXISTS (SELECT 1 FROM {gap} g WHERE g.customer_id = m.customer_id AND g.subject_id = m.subject_id AND g.control = m.control AND g.id = ?)",
		}[of]
		if where == "" || !a.May(permission.FindingRead) {
			return out, nil
		}
		var rows []Row
		if err := s.DB.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
			return tx.Select(r.Context(), &rows, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE `+where+` AND f.status <> 'resolved' ORDER BY f.severity_rank, f.id LIMIT 8`, id)
		}); err != nil || len(rows) == 0 {
			return out, err
		}
		web.Watch(p, kind)
		if of == "gap" {
			out.Panels = []ui.Panel{{Title: p.T("finding.also"), Body: panel(p, rows)}}
			return out, nil
		}
		href := "/findings?status=open,suppressed&ci=" + id
		if of == "account" {
			href = "/findings?status=open,suppressed&account=" + rows[0].Account
		}
		out.Panels = []ui.Panel{{Title: p.T("finding.list"), Href: p.In(href), Body: panel(p, rows)}}
		return out, nil
	}
}
