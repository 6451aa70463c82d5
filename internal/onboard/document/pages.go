package document

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/file"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	s.List.Pages(mux, shell)
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /documents/matrix":                            h.matrix,
		"GET /documents/ask":                               h.askForm,
		"POST /documents/ask":                              h.ask,
		"POST /documents/{id}/review":                      h.review,
		"POST /documents/{id}/waive":                       h.waive,
		"POST /documents/{id}/hand-in-links":               h.makeLink,
		"POST /documents/{id}/hand-in-links/{link}/revoke": h.revokeLink,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
	mux.Handle("POST /documents/{id}/hand-in", shell.Large(h.handIn))
}

type pages struct{ s *Service }

func (s *Service) kindOptions(p *ui.Page) []ui.Option {
	out := make([]ui.Option, len(s.Kinds))
	for i, k := range s.Kinds {
		out[i] = ui.Option{Value: k.ID, Label: k.Title.In(p.Lang())}
	}
	return out
}

func (s *Service) links(p *ui.Page, a permission.Actor) []ui.Link {
	out := []ui.Link{{Label: p.T("documents.matrix.link"), Href: p.In("/documents/matrix")}}
	if a.May(permission.DocumentWrite) {
		out = append(out, ui.Link{Label: p.T("documents.ask.link"), Href: p.In("/documents/ask")})
	}
	return out
}

// stateWord says a state.
func stateWord(p *ui.Page, s State) string {
	key := "register.document.value.state." + string(s) // i18n: register.document.value.state.*
	return p.T(key)
}

// tone is that of a state, of a document that is late where it is owed.
func tone(s State, late bool) ui.Tone {
	switch {
	case s == Accepted:
		return ui.Good
	case s == Refused:
		return ui.Bad
	case s == Requested && late:
		return ui.Soon
	case s == Requested:
		return ui.Info
	case s == Received, s == Reviewed:
		return ui.Busy
	}
	return ui.Off
}

// record is what the page of a document shows besides its fields.
type recordView struct {
	Document
	History
	help                  string // what should stand in it
	late                  string // since when it is late
	handIn, review, waive bool
	manage                bool
	links                 []HandInLink
}

func (s *Service) beside(r *http.Request, p *ui.Page, a permission.Actor, d Document) (out register.Beside, err error) {
	v := recordView{Document: d}
	if v.History, err = s.History(r.Context(), a, d.ID); err != nil {
		return out, err
	}
	if k, ok := s.Kinds.Of(d.Kind); ok {
		v.help = k.Help.In(p.Lang())
	}
	if d.state().Owes() && d.DueOn.Valid() && string(d.DueOn) < p.Now().In(p.Zone()).Format(time.DateOnly) {
		v.late = dayWords(p, string(d.DueOn))
	}
	v.handIn = a.May(permission.DocumentHandIn) && a.May(permission.FileWrite) && may(d.state(), handIn)
	v.review = a.May(permission.DocumentReview) && may(d.state(), read)
	v.waive = a.May(permission.DocumentWrite) && may(d.state(), waive)
	if v.manage = a.May(permission.DocumentWrite); v.manage {
		if v.links, err = s.HandInLinks(r.Context(), a, d.ID); err != nil {
			return out, err
		}
	}
	return register.Beside{Sections: sections(p, v)}, nil
}

// dayWords writes a day, which is the same in every zone.
func dayWords(p *ui.Page, day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone())
	if err != nil {
		return day
	}
	return p.Date(t)
}

// reviewed are the reviews of a version.
func (v recordView) reviewed(version string) (out []Review) {
	for _, r := range v.Reviews {
		if r.VersionID == version {
			out = append(out, r)
		}
	}
	return out
}

func (h pages) handIn(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, err := h.one(r, p, a); err != nil {
		return err
	}
	to := "/documents/" + r.PathValue("id")
	n, err := h.s.receive(r, a, r.PathValue("id"))
	if err != nil {
		return web.Refused(w, r, p, to, err)
	}
	return web.Done(w, r, p, to, p.N("documents.handed_in", n))
}

// receive reads a posted form of files; edition and remarks stand before them.
func (s *Service) receive(r *http.Request, a permission.Actor, ref string) (n int, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return 0, fault.New(fault.Invalid, "file.form").Because(err)
	}
	var in NewVersion
	err = file.ReadForm(form, map[string]func(string) error{
		"edition": func(v string) error { in.Edition = strings.TrimSpace(v); return nil },
		"remarks": func(v string) error { in.Remarks = strings.TrimSpace(v); return nil },
	}, func(name string, content io.Reader) error {
		in.Name, in.Content = name, content
		_, err := s.HandIn(r.Context(), a, ref, in)
		if err == nil {
			n++
		}
		return err
	})
	if err == nil && n == 0 {
		var bad fault.Fields
		bad.Add("file", "file.none_chosen")
		err = bad.Err()
	}
	return n, err
}

// one is the document of the address, unless it is of another customer than the one chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Document, error) {
	d, err := h.s.List.Get(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return d, err
	}
	return d, web.Belongs(p, d.Customer)
}

func (h pages) review(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, err := h.one(r, p, a); err != nil {
		return err
	}
	to := "/documents/" + r.PathValue("id")
	_, err := h.s.Review(r.Context(), a, r.PathValue("id"), NewReview{Verdict: r.PostFormValue("verdict"), Quality: r.PostFormValue("quality"), Remarks: r.PostFormValue("remarks")})
	if err != nil {
		return web.Refused(w, r, p, to, err)
	}
	done := "documents.done." + r.PostFormValue("verdict") // i18n: documents.done.*
	return web.Done(w, r, p, to, p.T(done))
}

func (h pages) waive(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, err := h.one(r, p, a); err != nil {
		return err
	}
	to := "/documents/" + r.PathValue("id")
	if _, err := h.s.Waive(r.Context(), a, r.PathValue("id"), strings.TrimSpace(r.PostFormValue("reason"))); err != nil {
		return web.Refused(w, r, p, to, err)
	}
	return web.Done(w, r, p, to, p.T("documents.done.waived"))
}

// askView is the form that asks for documents.
type askView struct {
	slug      string // of the customer
	workloads []ui.Option
	contacts  []ui.Option
	kinds     []ui.Option
	values    url.Values
	summary   []ui.FieldFault
	errors    map[string]string
}

func (h pages) askForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.DocumentWrite); err != nil {
		return err
	}
	values := url.Values{"workload": p.Query["workload"], "kinds": p.Query["kinds"], "owed_by": p.Query["owed_by"]}
	if len(values["kinds"]) == 0 {
		for _, k := range h.s.Kinds {
			values.Add("kinds", k.ID)
		}
	}
	return h.askPage(w, r, p, a, http.StatusOK, askView{values: values})
}

func (h pages) askPage(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, v askView) error {
	p.Title, p.Active = p.T("documents.ask.title"), "document"
	p.Crumbs = []ui.Link{{Label: p.T("register.document.many"), Href: "/documents"}}
	v.slug = web.Chosen(r, p)
	owner, err := customer.Chosen(r, p, a, h.s.DB)
	if err != nil {
		return err
	}
	if owner == "" {
		ui.Render(w, r, status, ui.ChooseCustomerPage(p, "/documents/ask"))
		return nil
	}
	scope, err := a.For(permission.DocumentWrite, owner)
	if err != nil {
		return err
	}
	err = h.s.DB.View(r.Context(), scope, func(tx *db.Tx) error {
		var rows []Named
		if err := tx.Select(r.Context(), &rows, `SELECT id, name FROM {workload} ORDER BY name, id LIMIT ?`, mostWorkloads); err != nil {
			return err
		}
		v.workloads = options(rows)
		rows = nil
		if err := tx.Select(r.Context(), &rows, `SELECT id, name FROM {contact} WHERE email <> '' ORDER BY name, id LIMIT 500`); err != nil {
			return err
		}
		v.contacts = options(rows)
		return nil
	})
	if err != nil {
		return err
	}
	v.kinds = h.s.kindOptions(p)
	ui.Render(w, r, status, askPage(p, v))
	return nil
}

func options(rows []Named) []ui.Option {
	out := make([]ui.Option, len(rows))
	for i, n := range rows {
		out[i] = ui.Option{Value: n.ID, Label: n.Name}
	}
	return out
}

func (h pages) ask(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.DocumentWrite); err != nil {
		return err
	}
	in := NewRequest{Workload: r.PostFormValue("workload"), Kinds: r.PostForm["kinds"], OwedBy: r.PostFormValue("owed_by"), DueOn: r.PostFormValue("due_on")}
	out, err := h.s.Ask(r.Context(), a, in)
	if err != nil {
		v := askView{values: r.PostForm}
		var ok bool
		if v.summary, v.errors, ok = web.Faults(p, err, func(field string) string { return p.Or("documents.ask.field."+field, field) }); !ok { // i18n: documents.ask.field.*
			return err
		}
		return h.askPage(w, r, p, a, web.Status(err), v)
	}
	return web.Done(w, r, p, "/documents?"+url.Values{"workload": {in.Workload}}.Encode(), p.N("documents.asked", len(out)))
}

// matrixView is a customer's workloads by kinds.
type matrixView struct {
	Standing
	kinds Kinds
	may   bool
	today string
}

func (h pages) matrix(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.DocumentRead); err != nil {
		return err
	}
	p.Title, p.Active = p.T("documents.matrix.title"), "document"
	p.Crumbs = []ui.Link{{Label: p.T("register.document.many"), Href: "/documents"}}
	web.Watch(p, "document")
	v := matrixView{kinds: h.s.Kinds, may: a.May(permission.DocumentWrite), today: p.Now().In(p.Zone()).Format(time.DateOnly)}
	owner, err := customer.Chosen(r, p, a, h.s.DB)
	if err != nil {
		return err
	}
	if owner == "" {
		ui.Render(w, r, http.StatusOK, ui.ChooseCustomerPage(p, "/documents/matrix"))
		return nil
	}
	if v.Standing, err = h.s.Standing(r.Context(), a, owner); err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, matrixPage(p, v))
	return nil
}

// at gives the cell of a workload and a kind, the least settled where there are several.
func (v matrixView) at(workload, kind string) (c Cell, ok bool) {
	for _, x := range v.Cells {
		if x.Workload == workload && x.Kind == kind && (!ok || !x.State.Settled()) {
			c, ok = x, true
		}
	}
	return c, ok
}

func (v matrixView) late(c Cell) bool { return c.State.Owes() && c.DueOn != "" && c.DueOn < v.today }

// done is how many of a workload's kinds are settled.
func (v matrixView) done(workload string) (n int) {
	for _, k := range v.kinds {
		if c, ok := v.at(workload, k.ID); ok && c.State.Settled() {
			n++
		}
	}
	return n
}

// tiles count a customer's documents by state.
func (v matrixView) tiles(p *ui.Page) (out []ui.Tile) {
	for _, s := range States() {
		if s == Listed || s == Waived && v.States[string(s)] == 0 {
			continue
		}
		t := ui.Tile{Label: stateWord(p, s), Value: p.Number(v.States[string(s)]), Href: p.In("/documents?" + url.Values{"state": {string(s)}}.Encode())}
		if s == Refused && v.States[string(s)] > 0 {
			t.Tone = ui.Bad
		}
		out = append(out, t)
	}
	late := ui.Tile{Label: p.T("documents.overdue"), Value: p.Number(v.Overdue)}
	if v.Overdue > 0 {
		late.Tone = ui.Soon
	}
	return append(out, late)
}

// refused shows on a page that has its own form what was wrong.
func refusal(p *ui.Page, err error) string {
	var f *fault.Error
	if !errors.As(err, &f) || !slices.Contains([]fault.Code{fault.Invalid, fault.Conflict, fault.TooLarge, fault.Unsupported}, f.Code) {
		return ""
	}
	faults, _, ok := web.Faults(p, err, func(field string) string { return field })
	if !ok || len(faults) == 0 {
		return ""
	}
	return faults[0].Message
}

// choices are the words of values.
// i18n: documents.verdict.*
func choices(p *ui.Page, prefix string, values []string) (out []ui.Option) {
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: p.T(prefix + v)})
	}
	return out
}
