package workshop

import (
	"context"
	"net/http"

	"vigie/internal/kit/api"
	"vigie/internal/kit/document"
	"vigie/internal/kit/ui"
	"vigie/internal/record/file"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

type ofCustomer struct {
	Customer string `path:"customer" doc:"Id or slug."`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Customers"
	api.Stream(a, api.Op{Path: "/customers/{customer}/workshop", Tag: tag, Summary: "Get the workshop pack of a customer as PDF or XLSX",
		Description: "Assessment, gaps, service model, engagement paths, service levels and calendar, as they are now, in the customer's language. format=pdf (the default) or xlsx, or Accept."}, document.PDFType,
		func(w http.ResponseWriter, r *http.Request) error {
			format, err := document.Format(r.URL.Query().Get("format"), r.Header.Get("Accept"))
			if err != nil {
				return err
			}
			if format == "" {
				format = "pdf"
			}
			d, p, err := s.Document(r.Context(), permission.From(r.Context()), r.PathValue("customer"))
			if err != nil {
				return err
			}
			return d.Send(w, format, p)
		})
	api.Post(a, api.Op{Path: "/customers/{customer}/workshop", Tag: tag, Summary: "Keep the workshop pack as it is now", Description: "A PDF among the files of the customer, which both sides see and which never changes."},
		func(ctx context.Context, in *ofCustomer) (file.File, error) {
			return s.Keep(ctx, permission.From(ctx), in.Customer)
		})
}

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s, shell}
	mux.Handle("GET /customers/{slug}/workshop", shell.Page(h.show))
	mux.Handle("POST /customers/{slug}/workshop", shell.Page(h.keep))
}

type pages struct {
	s     *Service
	shell *web.Shell
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.s.Customers.Customer(r.Context(), a, r.PathValue("slug"))
	if err == nil {
		err = web.Belongs(p, c.Slug)
	}
	if err != nil {
		return err
	}
	d, theirs, err := h.s.Document(r.Context(), a, c.ID)
	if err != nil {
		return err
	}
	format, err := document.Format(p.Query.Get("format"), r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	if format != "" {
		return d.Send(w, format, theirs)
	}
	p.Title, p.Active = p.T("workshop.title", "name", c.Name), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("customers.list"), Href: "/customers"}, {Label: c.Name, Href: "/customers/" + c.Slug}}
	reader := *p
	reader.Printer = theirs
	ui.Render(w, r, http.StatusOK, packPage(p, &reader, d, "/customers/"+c.Slug+"/workshop", a.May(permission.FileWrite)))
	return nil
}

func (h pages) keep(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.s.Customers.Customer(r.Context(), a, r.PathValue("slug"))
	if err == nil {
		err = web.Belongs(p, c.Slug)
	}
	if err != nil {
		return err
	}
	f, err := h.s.Keep(r.Context(), a, c.ID)
	if err != nil {
		return err
	}
	return web.Done(w, r, p, "/customers/"+c.Slug, p.T("workshop.kept", "name", f.Name))
}
