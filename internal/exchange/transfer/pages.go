package transfer

import (
	"errors"
	"mime/multipart"
	"net/http"
	"strings"

	"vigie/internal/kit/api"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the pages of this room on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, f := range map[string]web.Handler{
		"GET /customers/{slug}/data":          h.data,
		"POST /customers/{slug}/data/export":  h.export,
		"POST /customers/{slug}/data/remove":  h.remove,
		"GET /customer-removals":              h.removals,
		"GET /customer-removals/{id}":         h.removal,
		"POST /customer-removals/{id}/cancel": h.cancel,
		"GET /customers/import":               h.importForm,
	} {
		mux.Handle(pattern, shell.Page(f))
	}
	mux.Handle("POST /customers/import", shell.Large(h.importFile))
}

type pages struct{ s *Service }

// one is the customer of the address, unless another one is chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (found, error) {
	c, err := h.s.customer(r.Context(), a.Scope(), r.PathValue("slug"))
	if err != nil {
		return c, err
	}
	return c, web.Belongs(p, c.Slug)
}

// dataView is what may be done with all that is kept of a customer.
type dataView struct {
	found
	remove         bool // whoever reads may ask for the removal
	Reason, Digest string
	summary        []ui.FieldFault
	errors         map[string]string
}

func (h pages) data(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.CustomerExport)
	}
	if err != nil {
		return err
	}
	h.showData(w, r, p, http.StatusOK, dataView{found: c, remove: mayRemove(a) == nil})
	return nil
}

func (h pages) showData(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, v dataView) {
	p.Title, p.Active = p.T("transfer.data.title", "name", v.Name), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("transfer.customers"), Href: "/customers"}, {Label: v.Name, Href: "/customers/" + v.Slug}}
	ui.Render(w, r, status, dataPage(p, v))
}

// remove asks for the signature; nothing is removed by it yet.
func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := mayRemove(a); err != nil {
		return err
	}
	v := dataView{found: c, remove: true, Reason: r.PostFormValue("reason"), Digest: r.PostFormValue("export_digest")}
	made, err := h.s.RequestRemoval(r.Context(), a, NewRemoval{Customer: c.ID, Reason: v.Reason, ExportDigest: v.Digest})
	if err == nil {
		return web.Done(w, r, p, "/customer-removals/"+made.ID, p.T("transfer.removal.done_request"))
	}
	var ok bool
	v.summary, v.errors, ok = web.Faults(p, err, func(field string) string {
		if field == "reason" {
			return p.T("transfer.removal.reason")
		}
		return p.T("transfer.removal.digest")
	})
	if !ok {
		return err
	}
	h.showData(w, r, p, web.Status(err), v)
	return nil
}

// export answers a form rather than a link: taking everything of a customer is noted in the trail, and no other site may start it.
func (h pages) export(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	return h.s.send(w, r, a, c.Slug)
}

// importView is the import form as it was sent.
type importView struct {
	Slug    string
	summary []ui.FieldFault
	errors  map[string]string
}

func (h pages) importForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := mayImport(a); err != nil {
		return err
	}
	h.showImport(w, r, p, http.StatusOK, importView{})
	return nil
}

func (h pages) showImport(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, v importView) {
	p.Title, p.Active = p.T("transfer.import.title"), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("transfer.customers"), Href: "/customers"}}
	ui.Render(w, r, status, importPage(p, v))
}

func (h pages) importFile(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := mayImport(a); err != nil {
		return err
	}
	var v importView
	r.Body = http.MaxBytesReader(w, r.Body, MaxImport)
	form, err := r.MultipartReader()
	if err != nil {
		err = badFile("api.upload.none")
	} else {
		var report Report
		if report, v.Slug, err = h.take(r, a, form); err == nil {
			p.Customer = nil // the new one cannot be the one that was chosen
			return web.Done(w, r, p, "/customers/"+report.Customer, p.T("transfer.import.done", "rows", int(report.Rows), "files", int(report.Files), "people", report.People))
		}
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	var ok bool
	v.summary, v.errors, ok = web.Faults(p, err, func(field string) string {
		if field == "slug" {
			return p.T("transfer.import.slug")
		}
		return p.T("transfer.import.file")
	})
	if !ok {
		return err
	}
	h.showImport(w, r, p, web.Status(err), v)
	return nil
}

func (h pages) take(r *http.Request, a permission.Actor, form *multipart.Reader) (report Report, slug string, err error) {
	in, err := api.Spool(form, h.s.Folder)
	if err != nil {
		return report, "", err
	}
	defer in.Discard()
	slug = strings.TrimSpace(in.Fields.Get("slug"))
	report, err = h.s.Import(r.Context(), a, in.File, in.Size, slug)
	return report, slug, err
}
