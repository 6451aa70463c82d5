package view

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs what the head of a list posts to, and the page on which a view is changed, on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	mux.Handle("POST /views", shell.Page(h.create))
	mux.Handle("POST /views/{id}", shell.Page(h.save))
	mux.Handle("GET /views/{id}", shell.Page(h.edit))
	mux.Handle("POST /views/{id}/edit", shell.Page(h.change))
	mux.Handle("POST /views/{id}/default", shell.Page(h.prefer))
	mux.Handle("POST /views/{id}/remove", shell.Page(h.remove))
}

type pages struct{ s *Service }

type form struct {
	view    View
	change  bool // may rename, share and delete
	share   bool
	roles   bool // may say for which roles the list opens with it
	summary []ui.FieldFault
	errors  map[string]string
}

func (h pages) to(v View) string {
	href := "/" + v.List + "?view=" + v.Slug
	if v.Customer != "" {
		href += "&customer=" + v.Customer
	}
	return href
}

// create saves the query that a list shows under a name.
func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	in := NewView{List: r.PostFormValue("list"), Name: r.PostFormValue("name"), Query: r.PostFormValue("query"), Audience: r.PostFormValue("audience"),
		Default: r.PostFormValue("default") == "true"}
	if r.PostFormValue("for") != "all" {
		if in.Customer = web.Customer(p); in.Customer == "" {
			in.Customer = r.PostFormValue("customer")
		}
	}
	v, err := h.s.Create(r.Context(), a, in)
	var f *fault.Error
	if errors.As(err, &f) && slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Path == "customer" && x.Key == "api.field.customer" }) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return web.Refused(w, r, p, "/"+strings.TrimPrefix(in.List, "/")+"?"+strings.TrimPrefix(in.Query, "?"), err)
	}
	return web.Done(w, r, p, h.to(v), p.T("view.saved", "name", v.Name))
}

// save puts what the list shows now into the view.
func (h pages) save(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	query := r.PostFormValue("query")
	v, err := h.s.Change(r.Context(), a, r.PathValue("id"), 0, ChangeView{Query: &query})
	if err != nil {
		return err
	}
	return web.Done(w, r, p, h.to(v), p.T("view.saved", "name", v.Name))
}

// prefer makes a view one's own default, or no longer.
func (h pages) prefer(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	on := r.PostFormValue("default") == "true"
	v, err := h.s.Change(r.Context(), a, r.PathValue("id"), 0, ChangeView{Default: &on})
	if err != nil {
		return err
	}
	text := p.T("view.default_on", "name", v.Name)
	if !on {
		text = p.T("view.default_off", "name", v.Name)
	}
	return web.Done(w, r, p, h.to(v), text)
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.View(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	h.show(w, r, p, a, http.StatusOK, form{view: v})
	return nil
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f form) {
	f.change, f.share, f.roles = h.s.MayChange(a, f.view), a.May(permission.ViewShare), a.May(permission.ViewDefault)
	p.Title, p.Active = p.T("view.edit_title", "name", f.view.Name), f.view.List
	p.Crumbs = []ui.Link{{Label: p.T("view.list"), Href: h.to(f.view)}}
	ui.Render(w, r, status, page(p, f, h.to(f.view)))
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.View(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	var in ChangeView
	on := r.PostFormValue("default") == "true"
	in.Default = &on
	if h.s.MayChange(a, v) {
		name := r.PostFormValue("name")
		in.Name = &name
		if audience := r.PostFormValue("audience"); audience != "" {
			in.Audience = &audience
		}
	}
	if a.May(permission.ViewDefault) {
		roles := r.PostForm["roles"]
		in.Roles = &roles
	}
	version, _ := strconv.ParseInt(r.PostFormValue("version"), 10, 64) // an unreadable one takes any
	changed, err := h.s.Change(r.Context(), a, v.ID, version, in)
	if err != nil {
		f := form{view: v}
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return p.T("view.word." + field) }); !ok { // i18n: view.word.*
			return err
		}
		f.view.Name = r.PostFormValue("name")
		h.show(w, r, p, a, web.Status(err), f)
		return nil
	}
	return web.Done(w, r, p, h.to(changed), p.T("view.saved", "name", changed.Name))
}

func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.s.View(r.Context(), a, r.PathValue("id"))
	if err == nil {
		version, _ := strconv.ParseInt(r.PostFormValue("version"), 10, 64) // an unreadable one takes any
		err = h.s.Delete(r.Context(), a, v.ID, version)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, p, "/"+v.List+"?view="+Standard, p.T("view.removed", "name", v.Name))
}

func audiences(p *ui.Page) []ui.Option {
	var out []ui.Option
	for _, a := range []Audience{Private, Staff, Everybody} {
		out = append(out, ui.Option{Value: string(a), Label: p.T("view.audience." + string(a))}) // i18n: view.audience.*
	}
	return out
}

func roleOptions(p *ui.Page) []ui.Option {
	var out []ui.Option
	for _, r := range permission.Roles() {
		out = append(out, ui.Option{Value: string(r), Label: p.T("trust.role." + string(r))})
	}
	return out
}
