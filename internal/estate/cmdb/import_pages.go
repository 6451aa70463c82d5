package cmdb

import (
	"errors"
	"io"
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// importView is the import page: the form, and what the file would do or what is wrong with it.
type importView struct {
	customers []ui.Option
	Customer  string
	What, Key string // "cis" or "relations"; what a line is known by
	Text      string // the file, so that "apply" takes exactly what was checked
	report    *ImportReport
	failure   string
}

// shownErrors is how many bad lines a page names; the file is not applied while there is one.
const shownErrors = 200

func (h pages) importForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.CIImport); err != nil {
		return err
	}
	h.importPage(w, r, p, http.StatusOK, importView{What: "cis", Key: "external_id"})
	return nil
}

func (h pages) importPage(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, v importView) {
	p.Title, p.Active = p.T("estate.import.title"), "inventory"
	p.Crumbs = []ui.Link{{Label: p.T("estate.ci.list"), Href: "/cis"}}
	if p.Customer == nil {
		v.customers = customerOptions(p)
	}
	ui.Render(w, r, status, importPage(p, v))
}

// importFile checks a file, and applies it once the reader has seen what it does.
func (h pages) importFile(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.CIImport); err != nil {
		return err
	}
	// The text comes back in a field of the form, where some bytes take three: hence the room above the file's own limit.
	r.Body = http.MaxBytesReader(w, r.Body, 3*MaxImportBytes+1<<20)
	file, err := uploaded(r)
	if err != nil {
		return err
	}
	v := importView{Customer: r.FormValue("customer"), What: r.FormValue("what"), Key: r.FormValue("key"), Text: string(file)}
	if v.What != "relations" {
		v.What = "cis"
	}
	if v.Key != "name" {
		v.Key = "external_id"
	}
	if p.Customer != nil {
		v.Customer = p.Customer.Slug
	}
	if len(file) == 0 || v.Customer == "" {
		v.failure = p.T("estate.import.choose")
		h.importPage(w, r, p, http.StatusUnprocessableEntity, v)
		return nil
	}
	take := h.s.ImportCIs
	if v.What == "relations" {
		take = h.s.ImportRelations
	}
	apply := r.FormValue("apply") == "true"
	report, err := take(r.Context(), a, file, ImportOptions{Customer: v.Customer, Key: v.Key, DryRun: !apply})
	var f *fault.Error
	switch {
	case errors.As(err, &f) && (f.Code == fault.Invalid || f.Code == fault.TooLarge || f.Code == fault.Conflict):
		v.failure = p.T(f.Key, f.Args)
		if len(f.Fields) > 0 {
			v.failure = p.T(f.Fields[0].Key, f.Fields[0].Args)
		}
		h.importPage(w, r, p, web.Status(err), v)
		return nil
	case err != nil:
		return err
	case apply && len(report.Errors) == 0:
		return web.Done(w, r, p, "/cis?source=imported", p.T("estate.import.done", "created", report.Created, "updated", report.Updated))
	}
	v.report = &report
	status := http.StatusOK
	if len(report.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	h.importPage(w, r, p, status, v)
	return nil
}

// uploaded gives the file of the form, or the text that a check before has put into it.
func uploaded(r *http.Request) ([]byte, error) {
	if err := r.ParseMultipartForm(MaxImportBytes); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, fault.New(fault.TooLarge, "estate.import.too_large", "max", MaxImportBytes>>20).Because(err)
		}
		return nil, fault.New(fault.Invalid, "fault.invalid").Because(err)
	}
	if text := r.FormValue("text"); text != "" {
		return []byte(text), nil
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return nil, nil // none was chosen: the page says so
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, MaxImportBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxImportBytes {
		return nil, fault.New(fault.TooLarge, "estate.import.too_large", "max", MaxImportBytes>>20)
	}
	return text, nil
}

func (v importView) errors() []ImportError {
	return v.report.Errors[:min(len(v.report.Errors), shownErrors)]
}

func (v importView) tiles(p *ui.Page) []ui.Tile {
	return []ui.Tile{
		{Label: p.T("estate.import.lines"), Value: p.Number(v.report.Lines)},
		{Label: p.T("estate.import.created"), Value: p.Number(v.report.Created)},
		{Label: p.T("estate.import.updated"), Value: p.Number(v.report.Updated)},
		{Label: p.T("estate.import.unchanged"), Value: p.Number(v.report.Unchanged)},
	}
}

// Examples that can be copied and filled in.
const (
	exampleCIs = `type,name,external_id,environment,criticality,owner,workload,tag.site
Office firewall,fw-lyon-1,,production,high,network team,,Lyon
Office firewall,fw-paris-1,,production,high,network team,,Paris`
	exampleRelations = `from,to,type
vpn-0a1b2c3d,fw-lyon-1,depends_on`
)
