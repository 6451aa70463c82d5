package app

import (
	"context"
	"net/http"

	"vigie/internal/customer"
	"vigie/internal/kit/api"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// gate tells who asks.
type gate struct {
	api  func(*http.Request) (context.Context, api.Caller, error)
	page func(*http.Request) (permission.Actor, bool)
	// limits are those that the askers are held to.
	limits *limits
}

// Handler is the whole of what the server answers.
func (a *App) Handler() http.Handler {
	return a.handler(gate{a.Identity.APICaller, a.Identity.Visitor, a.limits})
}

func (a *App) handler(g gate) http.Handler {
	g.api = g.limits.unknown(g.api)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", a.live)
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", a.opts.Telemetry.Metrics())
	mux.Handle("GET "+ui.AssetPrefix, ui.Assets())
	mux.Handle("/api/", a.api(g).Handler())
	mux.Handle("/scim/v2/", a.SCIM.Handler(g.limits.directory)) // by tokens of directories, without cookies
	shell := &web.Shell{Bundle: a.bundle, Clock: a.opts.Clock, Log: a.opts.Telemetry.Log, Actor: g.page, Admit: g.limits.page, Customers: a.choices, Nav: nav, Alarms: a.alarms, Parts: a.parts(), Waiting: a.unread}
	mux.Handle("GET /files/{token}", g.limits.open(shell, a.Files.Serve(shell))) // without cookies, and with headers of its own
	pages, doors := http.NewServeMux(), http.NewServeMux()
	a.doors(doors, shell)
	a.pages(pages, shell)
	mux.Handle("/", ui.SecurityHeaders(http.NewCrossOriginProtection().Handler(either(doors, g.limits.open(shell, doors), pages))))
	return a.opts.Telemetry.Middleware(a.stopwatch, mux)
}

// stopwatch starts now and gives the seconds since.
func (a *App) stopwatch() func() float64 {
	start := a.opts.Clock.Now()
	return func() float64 { return a.opts.Clock.Now().Sub(start).Seconds() }
}

func (a *App) api(g gate) *api.API {
	x := api.New(api.Config{DB: a.db, Bundle: a.bundle, Clock: a.opts.Clock, Log: a.opts.Telemetry.Log, Version: a.opts.Version,
		Style: ui.Asset("app.css"), Authenticate: g.api, Admit: g.limits.api, Customer: a.resolve})
	a.Audit.Register(x)
	a.Approvals.Register(x)
	a.Identity.Register(x)
	a.SignOn.Register(x)
	a.SCIM.Register(x)
	a.Customers.Register(x)
	a.Documents.Register(x, customer.Resolve)
	a.Discovery.Register(x, directory{a.Customers})
	a.CMDB.Register(x)
	a.Requirements.Register(x)
	a.Access.Register(x)
	a.Inventory.Register(x)
	a.Gaps.Register(x)
	a.Findings.Register(x)
	a.Remediation.Register(x)
	a.Webhooks.Register(x)
	a.Files.Register(x)
	a.registerFields(x)
	a.registerLists(x)
	a.Transfer.Register(x)
	a.Mail.Register(x)
	a.Asked.Register(x)
	a.Notes.Register(x)
	a.Deliverables.Register(x)
	a.Launches.Register(x)
	a.Workshop.Register(x)
	a.sheets().Register(x)
	a.Estimates.Register(x)
	a.Plans.Register(x)
	return x
}

// parts are what hangs on the page of every record, in this order.
func (a *App) parts() []web.Part {
	return []web.Part{a.Requirements.Part(), a.Access.Part(), a.Launches.Part(), a.Remediation.Part(), a.Gaps.Part(), a.Findings.Part(), a.Fields.Part(), a.Notes.Part(), a.Plans.Part(), a.Files.Part(), a.Audit.History()}
}

// doors are the pages that need no sign-in.
func (a *App) doors(mux *http.ServeMux, shell *web.Shell) {
	mux.Handle("POST "+ui.PreferencePath, ui.Preferences(a.bundle))
	a.Identity.Mount(mux, a.opts.Telemetry.Log, shell.Open)
	a.SignOn.Mount(mux, shell.Open)
	a.Documents.HandInPages(mux, shell, a.Links)
}

func (a *App) pages(mux *http.ServeMux, shell *web.Shell) {
	mux.Handle("GET /palette", shell.Page(a.palette))
	mux.Handle("GET "+ui.LivePath, web.Live{Hub: a.hub, Subjects: a.Subjects, CustomerID: directory{a.Customers}.ID}.Handler(shell))
	a.Identity.Pages(mux, shell)
	a.SignOn.Pages(mux, shell)
	a.SCIM.Pages(mux, shell)
	mux.Handle("GET /{$}", shell.Page(a.today))
	a.Approvals.Pages(mux, shell)
	a.Audit.Pages(mux, shell, a.Subjects)
	a.Customers.Pages(mux, shell)
	a.Documents.Pages(mux, shell)
	a.Discovery.Pages(mux, shell, directory{a.Customers})
	a.CMDB.Pages(mux, shell)
	a.Requirements.Pages(mux, shell)
	a.Access.Pages(mux, shell)
	a.Inventory.Pages(mux, shell)
	a.Files.Pages(mux, shell)
	a.fieldPages(mux, shell)
	a.listPages(mux, shell)
	a.Transfer.Pages(mux, shell)
	a.Mail.Pages(mux, shell)
	a.Gaps.Pages(mux, shell)
	a.Findings.Pages(mux, shell)
	a.Remediation.Pages(mux, shell)
	a.Asked.Pages(mux, shell)
	a.Webhooks.Pages(mux, shell)
	a.Notes.Pages(mux, shell)
	a.Deliverables.Pages(mux, shell)
	a.Launches.Pages(mux, shell)
	a.Workshop.Pages(mux, shell)
	a.sheets().Pages(mux, shell)
	a.Estimates.Pages(mux, shell)
	a.Plans.Pages(mux, shell)
	mux.Handle("/", shell.Missing())
}

// choices are the customers of the switcher.
func (a *App) choices(ctx context.Context, actor permission.Actor) ([]ui.Customer, error) {
	var rows []struct {
		Slug string `db:"slug"`
		Name string `db:"name"`
	}
	err := a.db.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT slug, name FROM {customer} ORDER BY name, slug LIMIT 1000`)
	})
	out := make([]ui.Customer, len(rows))
	for i, r := range rows {
		out[i] = ui.Customer{Slug: r.Slug, Name: r.Name}
	}
	return out, err
}
