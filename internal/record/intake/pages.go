package intake

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the pages on the mux: the form with check and result, and the template.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	mux.Handle("GET /imports/{list}", shell.Page(h.form))
	mux.Handle("POST /imports/{list}", shell.Large(h.take))
	mux.Handle("GET /imports/{list}/template", shell.Page(h.template))
}

type pages struct{ s *Service }

// view is the page: the form, and what the file would do or what is wrong with it.
type view struct {
	kind                     Kind
	beside                   []Kind
	fields                   []Field
	customers                []ui.Option
	Customer, Key, Delimiter string
	Text                     string // the file, so that "apply" takes exactly what was checked
	report                   *Report
	failure                  string
}

// shownProblems is how many a page names; the file is not applied while there is one.
const shownProblems = 200

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	k, err := h.s.Kind(a, r.PathValue("list"))
	if err != nil {
		return err
	}
	return h.show(w, r, p, a, http.StatusOK, view{kind: k})
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, v view) (err error) {
	p.Title, p.Active = p.T("intake.title", "list", title(p, v.kind)), v.kind.List
	p.Crumbs = []ui.Link{{Label: title(p, v.kind), Href: "/" + v.kind.List}}
	if v.kind.Group != "" {
		p.Active = v.kind.Group
		p.Crumbs = nil
		for _, t := range h.s.targets {
			if k := t.Kind(); k.Group == v.kind.Group && a.May(k.Need) {
				v.beside = append(v.beside, k)
			}
		}
	}
	if v.fields, err = h.s.Template(r.Context(), a, v.kind.List, web.Customer(p)); err != nil {
		return err
	}
	if p.Customer == nil {
		if len(p.Customers) > 1 {
			v.customers = append(v.customers, ui.Option{Label: p.T("ui.form.choose")})
		}
		for _, c := range p.Customers {
			v.customers = append(v.customers, ui.Option{Value: c.Slug, Label: c.Name})
		}
	}
	ui.Render(w, r, status, page(p, v))
	return nil
}

// take checks a file, and applies it once the reader has seen what it does.
func (h pages) take(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	k, err := h.s.Kind(a, r.PathValue("list"))
	if err != nil {
		return err
	}
	// The text comes back in a field of the form, where some bytes take three: hence the room above the file's own limit.
	r.Body = http.MaxBytesReader(w, r.Body, 3*MaxBytes+1<<20)
	file, err := uploaded(r)
	if err != nil {
		return err
	}
	v := view{kind: k, Customer: r.FormValue("customer"), Key: r.FormValue("key"), Delimiter: r.FormValue("delimiter")}
	if p.Customer != nil {
		v.Customer = p.Customer.Slug
	}
	if text, _, ok := decode(file); ok {
		v.Text = string(text)
	}
	if len(file) == 0 || v.Customer == "" {
		v.failure = p.T("intake.choose")
		return h.show(w, r, p, a, http.StatusUnprocessableEntity, v)
	}
	apply := r.FormValue("apply") == "true"
	o := Options{Customer: v.Customer, Key: v.Key, DryRun: !apply, Columns: map[string]string{}}
	for i := 0; i < maxColumns && r.Form.Has("heading-"+strconv.Itoa(i)); i++ {
		o.Columns[r.FormValue("heading-"+strconv.Itoa(i))] = r.FormValue("column-" + strconv.Itoa(i))
	}
	report := Report{}
	if o.Delimiter, err = delimiterNamed(v.Delimiter); err == nil {
		report, err = h.s.Take(r.Context(), a, k.List, file, o)
	}
	var f *fault.Error
	switch {
	case len(report.Problems) > 0:
		v.report = &report
		return h.show(w, r, p, a, http.StatusUnprocessableEntity, v)
	case errors.As(err, &f) && (f.Code == fault.Invalid || f.Code == fault.TooLarge || f.Code == fault.Conflict):
		v.failure = p.T(f.Key, f.Args)
		if len(f.Fields) > 0 {
			v.failure = p.T(f.Fields[0].Key, f.Fields[0].Args)
		}
		return h.show(w, r, p, a, web.Status(err), v)
	case err != nil:
		return err
	case apply:
		return web.Done(w, r, p, "/"+k.listPage(), p.T("intake.done", "created", report.Created, "updated", report.Updated))
	}
	v.report = &report
	return h.show(w, r, p, a, http.StatusOK, v)
}

// listPage is where the reader goes after an import.
func (k Kind) listPage() string {
	if k.Group != "" {
		return k.Group
	}
	return k.List
}

// uploaded gives the file of the form, or the text that a check before has put into it.
func uploaded(r *http.Request) ([]byte, error) {
	if err := r.ParseMultipartForm(MaxBytes); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, fault.New(fault.TooLarge, "intake.fault.size", "max", MaxBytes>>20).Because(err)
		}
		return nil, fault.New(fault.Invalid, "fault.invalid").Because(err)
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return []byte(r.FormValue("text")), nil // none was chosen: what was checked before, or nothing
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return []byte(r.FormValue("text")), nil
	}
	if len(text) > MaxBytes {
		return nil, fault.New(fault.TooLarge, "intake.fault.size", "max", MaxBytes>>20)
	}
	return text, nil
}

// template is a file to fill in: the head and one example.
func (h pages) template(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	k, err := h.s.Kind(a, r.PathValue("list"))
	if err != nil {
		return err
	}
	fields, err := h.s.Template(r.Context(), a, k.List, web.Customer(p))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+strings.ReplaceAll(k.List, "/", "-")+`-template.csv"`)
	_, _ = io.WriteString(w, templateOf(fields))
	return nil
}

func templateOf(fields []Field) string {
	names, example := make([]string, len(fields)), make([]string, len(fields))
	for i, f := range fields {
		names[i], example[i] = f.Name, f.Example
	}
	var b strings.Builder
	out := csv.NewWriter(&b)
	_ = out.WriteAll([][]string{names, example}) // into memory
	return b.String()
}

func title(p *ui.Page, k Kind) string { return p.T(k.Title) }

func (f Field) word(p *ui.Page) string {
	if f.Label == "" {
		return f.Title
	}
	return p.T(f.Label)
}

// fieldOptions are what a column may be laid on.
func (v view) fieldOptions(p *ui.Page, c Column) []ui.Option {
	out := []ui.Option{{Label: p.T("intake.aside")}}
	known := c.Field == ""
	for _, f := range v.fields {
		known = known || f.Name == c.Field
		label := f.word(p)
		if f.Required {
			label += " *"
		}
		out = append(out, ui.Option{Value: f.Name, Label: label})
	}
	if !known { // one of the prefixed
		out = append(out, ui.Option{Value: c.Field, Label: c.Field})
	}
	return out
}

func (v view) problems() []Problem {
	return v.report.Problems[:min(len(v.report.Problems), shownProblems)]
}

func (v view) tiles(p *ui.Page) []ui.Tile {
	return []ui.Tile{
		{Label: p.T("intake.lines"), Value: p.Number(v.report.Lines)},
		{Label: p.T("intake.created"), Value: p.Number(v.report.Created)},
		{Label: p.T("intake.updated"), Value: p.Number(v.report.Updated)},
		{Label: p.T("intake.unchanged"), Value: p.Number(v.report.Unchanged)},
	}
}

func (v view) tabs(p *ui.Page) (out []ui.Tab) {
	for _, k := range v.beside {
		out = append(out, ui.Tab{Label: title(p, k), Href: "/imports/" + k.List, Active: k.List == v.kind.List})
	}
	return out
}

func (v view) keyOptions(p *ui.Page) (out []ui.Option) {
	for _, k := range v.kind.Keys {
		out = append(out, ui.Option{Value: k.Name, Label: p.T(k.Label)})
	}
	return out
}

func delimiterOptions(p *ui.Page) []ui.Option {
	return []ui.Option{{Label: p.T("intake.delimiter.found")}, {Value: ",", Label: p.T("intake.delimiter.comma")}, {Value: ";", Label: p.T("intake.delimiter.semicolon")},
		{Value: "tab", Label: p.T("intake.delimiter.tab")}, {Value: "|", Label: p.T("intake.delimiter.bar")}}
}

func (v view) good() bool { return v.report != nil && len(v.report.Problems) == 0 }
