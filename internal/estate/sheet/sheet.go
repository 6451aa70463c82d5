package sheet

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	"vigie/internal/kit/api"
	"vigie/internal/kit/document"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Service makes sheets.
type Service struct {
	customers *customer.Service
	cmdb      *cmdb.Service
	bundle    *i18n.Bundle
	clock     clock.Clock
}

// New makes the service.
func New(customers *customer.Service, c *cmdb.Service, b *i18n.Bundle, at clock.Clock) *Service {
	return &Service{customers: customers, cmdb: c, bundle: b, clock: at}
}

// most is how many workloads a sheet has at most; a sheet is not a list.
const most = 200

// Document writes the sheet of a customer, by slug or id, for one reader. Faults: not_found, forbidden.
func (s *Service) Document(ctx context.Context, a permission.Actor, ref string, p *i18n.Printer) (d document.Document, err error) {
	c, err := s.customers.Customer(ctx, a, ref)
	if err != nil {
		return d, err
	}
	contacts, err := s.customers.Escalation(ctx, a, c.ID)
	if err != nil {
		return d, err
	}
	w := cmdb.WorkloadSpec.All()
	w.Limit = most
	workloads, err := s.cmdb.Workloads(ctx, a, w.Where("k.slug = ?", c.Slug))
	if err != nil {
		return d, err
	}
	estate, err := s.cmdb.Overview(ctx, a, c.ID)
	if err != nil {
		return d, err
	}
	d = document.Document{Title: c.Name, Subtitle: p.T("sheet.subtitle"), From: "Vigie", At: s.clock.Now(), Blocks: []document.Block{
		document.Facts{
			{Label: p.T("customers.slug"), Value: c.Slug}, {Label: p.T("customers.phase_label"), Value: p.T("customers.phase." + string(c.Phase))},
			{Label: p.T("customers.country"), Value: c.Country}, {Label: p.T("customers.language"), Value: p.Or("customers.language_name."+c.Language, c.Language)},
			{Label: p.T("customers.time_zone"), Value: c.TimeZone}, {Label: p.T("customers.since"), Value: c.CreatedAt.Time},
		},
		document.Heading{Level: 2, Text: p.T("sheet.contacts")}, contactTable(p, contacts),
		document.Heading{Level: 2, Text: p.T("sheet.workloads")}, workloadTable(p, workloads.Items),
		document.Heading{Level: 2, Text: p.T("sheet.estate")},
		document.Facts{{Label: p.T("sheet.resources"), Value: estate.Total}, {Label: p.T("sheet.stale"), Value: estate.Stale}},
	}}
	if points := types(p, estate.Counts); len(points) > 0 {
		d.Blocks = append(d.Blocks, document.Chart{Caption: p.T("sheet.by_type"), Label: p.T("sheet.type"), Value: p.T("sheet.resources"), Points: points})
	}
	return d, nil
}

func contactTable(p *i18n.Printer, contacts []customer.Contact) document.Table {
	t := document.Table{Caption: p.T("sheet.contacts"), Empty: p.T("sheet.no_contacts"), Columns: []document.Column{{Label: p.T("customers.name")}, {Label: p.T("customers.job")},
		{Label: p.T("sheet.email")}, {Label: p.T("sheet.phone")}, {Label: p.T("sheet.level"), Kind: document.Number}}}
	for _, c := range contacts {
		row := []any{c.Name, c.Job, c.Email, c.Phone, nil}
		if c.Level != nil {
			row[4] = *c.Level
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func workloadTable(p *i18n.Printer, workloads []cmdb.Workload) document.Table {
	t := document.Table{Caption: p.T("sheet.workloads"), Empty: p.T("sheet.no_workloads"), Columns: []document.Column{{Label: p.T("customers.name")}, {Label: p.T("sheet.criticality")},
		{Label: p.T("sheet.owner")}, {Label: p.T("sheet.resources"), Kind: document.Number}}}
	for _, w := range workloads {
		t.Rows = append(t.Rows, []any{w.Name, criticality(p, w.Criticality), w.Owner, w.CIs})
	}
	return t
}

// i18n: estate.criticality.*
func criticality(p *i18n.Printer, level string) string {
	if level == "" {
		return ""
	}
	return p.Or("estate.criticality."+level, level)
}

// types are the commonest types of the estate, the largest first.
func types(p *i18n.Printer, counts []cmdb.Count) (out []document.Point) {
	sum := map[string]int64{}
	for _, c := range counts {
		if c.Status != cmdb.Gone {
			sum[c.Type] += c.CIs
		}
	}
	for t, n := range sum {
		out = append(out, document.Point{Label: p.Or(collect.TypeKey(t), collect.TypeWords(t)), Value: float64(n)})
	}
	slices.SortFunc(out, func(a, b document.Point) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Label, b.Label))
	})
	return out[:min(len(out), 15)]
}

// Register adds the operation of this room.
func (s *Service) Register(a *api.API) {
	api.Stream(a, api.Op{Path: "/customers/{customer}/sheet", Tag: "Customers", Summary: "Get a customer's sheet as PDF or XLSX",
		Description: "The customer, its contacts, workloads and estate in numbers, in the caller's language. format=pdf (the default) or xlsx, or Accept."}, document.PDFType,
		func(w http.ResponseWriter, r *http.Request) error {
			format, err := document.Format(r.URL.Query().Get("format"), r.Header.Get("Accept"))
			if err != nil {
				return err
			}
			if format == "" {
				format = "pdf"
			}
			who := permission.From(r.Context())
			zone, err := time.LoadLocation(who.TimeZone)
			if err != nil {
				zone = time.UTC
			}
			p := s.bundle.Printer(who.Language, zone, s.clock.Now())
			d, err := s.Document(r.Context(), who, r.PathValue("customer"), p)
			if err != nil {
				return err
			}
			return d.Send(w, format, p)
		})
}

// Pages hangs the page on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	mux.Handle("GET /customers/{slug}/sheet", shell.Page(s.show))
}

func (s *Service) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := s.customers.Customer(r.Context(), a, r.PathValue("slug"))
	if err == nil {
		err = web.Belongs(p, c.Slug)
	}
	if err != nil {
		return err
	}
	d, err := s.Document(r.Context(), a, c.ID, p.Printer)
	if err != nil {
		return err
	}
	format, err := document.Format(p.Query.Get("format"), r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	if format != "" {
		return d.Send(w, format, p.Printer)
	}
	p.Title, p.Active = p.T("sheet.title", "name", c.Name), "customers"
	p.Crumbs = []ui.Link{{Label: p.T("customers.list"), Href: "/customers"}, {Label: c.Name, Href: "/customers/" + c.Slug}}
	ui.Render(w, r, http.StatusOK, page(p, d, "/customers/"+c.Slug+"/sheet"))
	return nil
}
