// Package ui is the page shell and the components of every page: layout, lists, records, forms, pictures.
//
// It owns how Vigie looks and behaves in a browser, its assets and its security headers. It never reads the
// database, never decides who may do what, and knows no room.
//
// # A page in a room
//
//	// pages.templ
//	templ listPage(p *ui.Page, t ui.Table) {
//		@ui.Layout(p) {
//			@ui.Head(p, p.T("cmdb.list.help")) {
//				<a class="btn btn-primary" href={ p.In("/cis/new") } data-key="c">{ p.T("cmdb.list.create") }</a>
//			}
//			@ui.TableView(p, t)
//		}
//	}
//
//	// pages.go
//	func (h *pages) list(w http.ResponseWriter, r *http.Request) {
//		p := h.page(r)                                   // *ui.Page, made by app for each request
//		p.Title, p.Active = p.T("cmdb.list.title"), "inventory"
//		q := ui.ParseList(r, "name")                     // q, sort, cursor, cols, filters of the address
//		found, err := h.service.List(r.Context(), actor, …)
//		t := ui.NewTable(ui.List{ID: "cis", Label: p.Title, Query: q, Search: p.T("cmdb.list.search"),
//			Total: ui.Total{N: found.Total}, Next: found.Next, Export: true,
//			Empty: ui.Empty{Title: …, Text: …, Action: ui.Link{…}}},
//			[]ui.Column[CI]{
//				{Key: "name", Label: p.T("cmdb.field.name"), Sort: true, Cell: func(c CI) templ.Component { return ui.Text(c.Name) }},
//				{Key: "status", Label: …, Cell: func(c CI) templ.Component { return ui.Status(ui.Good, p.T("cmdb.status.active")) }},
//				{Key: "last_seen", Label: …, Sort: true, NoWrap: true, Cell: func(c CI) templ.Component { return ui.When(p, c.LastSeen.Time) }},
//			}, found.Items, func(c CI) ui.Row { return ui.Row{ID: c.ID, Href: "/cis/" + c.ID, Name: c.Name} })
//		ui.Render(w, r, http.StatusOK, listPage(p, t))
//	}
//
// The first column is the row's title and gets its link. All state of a list is in the address.
//
// # What there is
//
//   - Frame: Layout, Head (title, help, actions), RecordView (status, facts, tabs, panels), Section, Tabs, PanelView, Fault, SignIn.
//   - Lists: NewTable and TableView with filters, chips, column chooser, bulk bar, keyset pages, exports, empty and failed states.
//   - Values: Text, Cut (one line), Breakable (AWS::EC2::Instance), Code, Anchor, Tag, Status, Shape, When, Exactly, Either, None, Join.
//   - Records: Facts, Timeline, Diff, CodeBlock (with copy).
//   - Forms: ErrorSummary, Input, Select, Textarea, DateTime, Checkbox, CheckboxGroup, Radio, File, TagEditor, Submit. An id is "f-" and the name.
//   - Pictures: Tiles, Bars, Treemap, Strip, Sparkline on the server; GraphView and LineChart with a script; Beside for a table under one.
//   - Feedback: Banner, EmptyState, ConfirmDialog with DialogButton, ProgressBar (asks its own address each second), Live (asks and
//     morphs), Later (loads a slow part after the page, with a Skeleton), Flash and TakeFlash (a toast after a redirect).
//
// test/gallery shows each of them with data; `go run ./test/gallery` serves it.
//
// # Rules
//
//   - The content policy forbids inline style, inline handlers and eval: no style="", no onclick, no hx-on, no
//     hx-vals="js:", no trigger filters. Sizes in pictures are SVG attributes.
//   - A request with HX-Request gets only <title> and <main id="main">, see Render. Lists use it by themselves. Fragments
//     smaller than that have an address of their own and are rendered without Layout.
//   - Links to places that show one customer's data go through p.In(href), which keeps the customer that is chosen
//     (?customer=slug). The address says whose data is shown, so that two tabs can show two customers.
//   - Every word comes from locales/<language>/<room>.yaml by key; a test finds bare words in .templ files.
//   - data-key="e" on a link or button inside main gives it that key; data-dialog="id" opens that dialog.
//   - At most one btn-primary on a page.
//
// # In app
//
//	if err := ui.CheckAssets(); err != nil { … }             // fails when built without `make generate`
//	mux.Handle("GET "+ui.AssetPrefix, ui.Assets())
//	mux.Handle("POST "+ui.PreferencePath, ui.Preferences(bundle)) // theme and language switch
//	mux.Handle("GET /palette", ui.Palette(func(r *http.Request) (*ui.Page, []ui.PaletteSource) { … }))
//	handler = ui.SecurityHeaders(mux)                        // nonce, policy
//
//	p := ui.NewPage(r, bundle.Printer(ui.LanguageOf(r, bundle, user.Language), zone, clock.Now()))
//	p.User, p.Nav, p.Customers, p.Customer = …
//	p.Toasts = ui.TakeFlash(w, r)                            // what ui.Flash kept before a redirect
//
// The user menu posts to ui.SignOutPath ("/sign-out"). Icons are Tabler's outline icons by name (https://tabler.io/icons);
// ui.Icon("server") in a source is enough, names made of data go into web/icons.txt.
package ui
