package finding

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// importView is the form, and what the file would do or what is wrong with it.
type importView struct {
	customers []ui.Option
	Customer  string
	Complete  bool
	Name      string
	Text      string // the file, so that "apply" takes exactly what was checked
	result    *Result
	failure   string
	problems  []problem
	imports   []ImportRow
}

// problem is one fault of the file for people.
type problem struct {
	line       int
	path, text string
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.FindingImport); err != nil {
		return err
	}
	return h.importPage(w, r, p, a, http.StatusOK, importView{})
}

func (h pages) importPage(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, code int, v importView) error {
	p.Title, p.Active = p.T("finding.import.title"), "findings"
	p.Crumbs = []ui.Link{{Label: p.T("finding.list"), Href: "/findings"}}
	if p.Customer == nil {
		if len(p.Customers) > 1 {
			v.customers = append(v.customers, ui.Option{Label: p.T("ui.form.choose")})
		}
		for _, c := range p.Customers {
			v.customers = append(v.customers, ui.Option{Value: c.Slug, Label: c.Name})
		}
	}
	q, err := ImportSpec.Parse(url.Values{"limit": {"20"}})
	if err != nil {
		return err
	}
	if slug := web.Customer(p); slug != "" {
		q = q.Where("k.slug = ?", slug)
	}
	found, err := h.s.Imports(r.Context(), a, q)
	if err != nil {
		return err
	}
	v.imports = found.Items
	web.Watch(p, importKind)
	ui.Render(w, r, code, importPage(p, v))
	return nil
}

// take checks a file, and applies it once the reader has seen what it does.
func (h pages) take(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.FindingImport); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 2*MaxBytes+1<<20)
	name, data, fresh, err := uploaded(r)
	if err != nil {
		return err
	}
	v := importView{Customer: r.FormValue("customer"), Complete: r.FormValue("complete") == "true", Name: name, Text: string(data)}
	if p.Customer != nil {
		v.Customer = p.Customer.Slug
	}
	if len(data) == 0 || v.Customer == "" {
		v.failure = p.T("finding.import.choose")
		return h.importPage(w, r, p, a, http.StatusUnprocessableEntity, v)
	}
	// What was not looked at is looked at first: another file, or a word about its completeness that the check did not have.
	apply := r.FormValue("apply") == "true" && !fresh && r.FormValue("looked") == strconv.FormatBool(v.Complete)
	result, err := h.s.Take(r.Context(), a, File{Customer: v.Customer, Name: name, Data: data, Complete: v.Complete, DryRun: !apply})
	var f *fault.Error
	switch {
	case errors.As(err, &f) && (f.Code == fault.Invalid || f.Code == fault.TooLarge):
		v.Text = ""
		if f.Code == fault.TooLarge {
			v.failure = p.T(f.Key, f.Args)
		}
		for _, x := range f.Fields {
			line, _ := x.Args["line"].(int)
			v.problems = append(v.problems, problem{line, x.Path, p.T(x.Key, x.Args)})
		}
		return h.importPage(w, r, p, a, web.Status(err), v)
	case err != nil:
		return err
	case apply:
		return web.Done(w, r, p, "/findings", p.T("finding.import.done", "added", result.Added, "changed", result.Changed, "resolved", result.Resolved))
	}
	v.result = &result
	return h.importPage(w, r, p, a, http.StatusOK, v)
}

// pull asks Security Hub.
func (h pages) pull(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.FindingImport); err != nil {
		return err
	}
	if _, err := h.s.Pull(r.Context(), a, web.Chosen(r, p)); err != nil {
		return err
	}
	return web.Done(w, r, p, "/findings/import", p.T("finding.pull.done"))
}

// said is what an import came to in words, where the figures do not say it.
func said(p *ui.Page, i ImportRow) string {
	if i.Message == "" {
		return ""
	}
	return p.T("finding.pull." + i.Message) // i18n: finding.pull.*
}

// blind are the places of a question to Security Hub that did not answer whole.
func blind(i ImportRow) (out []Outcome) {
	for _, o := range i.Outcomes.V {
		if o.Outcome != "complete" {
			out = append(out, o)
		}
	}
	return out
}

// outcomeWord is how a place ended, in the words of coverage.
func outcomeWord(p *ui.Page, o Outcome) string {
	return p.T("discovery.outcome." + o.Outcome) // i18n: discovery.outcome.*
}

// uploaded gives the file of the form, which is fresh, or the text that a check before has put into it.
func uploaded(r *http.Request) (name string, data []byte, fresh bool, err error) {
	if err := r.ParseMultipartForm(MaxBytes); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return "", nil, false, fault.New(fault.TooLarge, "finding.fault.size", "max", MaxBytes>>20).Because(err)
		}
		return "", nil, false, fault.New(fault.Invalid, "fault.invalid").Because(err)
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		return r.FormValue("name"), []byte(r.FormValue("text")), false, nil // none was chosen: what was checked before, or nothing
	}
	defer file.Close()
	if data, err = io.ReadAll(io.LimitReader(file, MaxBytes+1)); err != nil {
		return "", nil, false, err
	}
	if len(data) == 0 {
		return r.FormValue("name"), []byte(r.FormValue("text")), false, nil
	}
	return head.Filename, data, true, nil
}

func (v importView) tiles(p *ui.Page) []ui.Tile {
	n := v.result.Counts
	out := []ui.Tile{
		{Label: p.T("finding.count.read"), Value: p.Number(n.Read), Note: p.T("finding.count.read_note", "format", formatWord(v.result.Format), "product", v.result.Product)},
		{Label: p.T("finding.count.added"), Value: p.Number(n.Added)},
		{Label: p.T("finding.count.changed"), Value: p.Number(n.Changed)},
		{Label: p.T("finding.count.resolved"), Value: p.Number(n.Resolved)},
		{Label: p.T("finding.count.unmatched"), Value: p.Number(n.Unmatched)},
		{Label: p.T("finding.count.aside"), Value: p.Number(n.Passing + n.Silent + n.Unchanged), Note: p.T("finding.count.aside_note")},
	}
	if n.Unmatched > 0 {
		out[4].Tone = ui.Soon
	}
	return out
}

// formatWord is the format's own name.
func formatWord(format string) string {
	return map[string]string{"asff": "ASFF", "ocsf": "OCSF", "sarif": "SARIF"}[format]
}

func stateTone(s State) ui.Tone {
	switch s {
	case Done:
		return ui.Good
	case Failed:
		return ui.Bad
	}
	return ui.Busy
}

// i18n: finding.state.*
func stateWord(p *ui.Page, s State) string { return p.T("finding.state." + string(s)) }
