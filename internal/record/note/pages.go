package note

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"POST /notes":              h.write,
		"GET /notes/people":        h.people,
		"GET /notes/{id}/edit":     h.edit,
		"POST /notes/{id}/edit":    h.change,
		"POST /notes/{id}/remove":  h.remove,
		"GET /notes/{id}/versions": h.versions,
		"POST /watching":           h.watch,
		"GET /inbox":               h.inbox,
		"POST /inbox/read":         h.read,
		"POST /inbox/open":         h.open,
		"POST /inbox/mail":         h.mail,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct{ s *Service }

// How many entries a page of the timeline has: each "older" shows some more, so that what is new still appears above; beyond the most,
// pages follow each other.
const (
	shownFirst = 30
	shownMost  = 300
)

// timelineView is the timeline of a record as its page shows it.
type timelineView struct {
	Kind, Record, Back string
	Live               string
	Choice             string
	entries            []Entry
	olderHref          string
	newestHref         string // from a later page back to the first
	write, staff       bool
	actor              permission.Actor
	s                  *Service
}

// Part is the timeline, the button to watch and the list of who does, for a record's page.
func (s *Service) Part() web.Part { return s.part }

func (s *Service) part(r *http.Request, p *ui.Page, a permission.Actor, kind, ref string) (out web.Activity, err error) {
	if !a.May(permission.NoteRead) {
		return out, nil
	}
	v := timelineView{Kind: kind, Record: ref, Back: p.Path, Live: kind + ":" + ref, write: a.May(permission.NoteWrite), staff: a.May(permission.InternalRead), actor: a, s: s}
	if v.Choice = p.Query.Get("show"); !slices.Contains(v.choices(), v.Choice) {
		v.Choice = ShowAll
	}
	before := p.Query.Get("before")
	if !id.Valid(before) {
		before = ""
	}
	count, err := strconv.Atoi(p.Query.Get("entries"))
	if err != nil || count < shownFirst || before != "" {
		count = shownFirst
	}
	count = min(count, shownMost)
	t, err := s.Timeline(r.Context(), a, kind, ref, v.Choice, before, count)
	if err != nil {
		return out, err
	}
	v.entries = t.Entries
	switch {
	case t.Older == "":
	case before == "" && count < shownMost:
		v.olderHref = p.With("entries", strconv.Itoa(count+shownFirst))
	default:
		v.olderHref = p.With("before", t.Older, "entries", "")
	}
	if before != "" {
		v.newestHref = p.With("before", "", "entries", "")
	}
	names, watching, err := s.watching(r.Context(), a, kind, ref)
	if err != nil {
		return out, err
	}
	out.Main = []templ.Component{timeline(p, v)}
	if a.ID != "" {
		out.Actions = []templ.Component{watchButton(p, v, watching)}
	}
	if v.staff && len(names) > 0 {
		out.Panels = []ui.Panel{{Title: p.T("note.watchers"), Count: p.Number(len(names)), Body: watcherList(p, names)}}
	}
	return out, nil
}

func (v timelineView) choices() []string {
	if v.staff {
		return []string{ShowAll, ShowNotes, ShowPublic, ShowChanges, ShowFiles}
	}
	return []string{ShowAll, ShowNotes, ShowFiles}
}

// i18n: note.show.*
func choiceWord(p *ui.Page, choice string) string {
	if choice == ShowAll {
		return p.T("note.show.all")
	}
	return p.T("note.show." + choice)
}

// watching reads who watches a record, and whether the actor does.
func (s *Service) watching(ctx context.Context, a permission.Actor, kind, ref string) (names []string, mine bool, err error) {
	q := WatcherSpec.All().Where("w.record_type = ? AND w.record_id = ?", kind, ref)
	q.Limit = 100
	page, err := s.Watchers(ctx, a, q)
	for _, w := range page.Items {
		names = append(names, w.Name)
		mine = mine || w.UserID == a.ID
	}
	slices.Sort(names)
	return names, mine, err
}

// words says what an entry is, other than a note.
func (e Entry) words(p *ui.Page) string {
	switch {
	case e.Text != "":
		return p.T(e.Text, e.Args)
	case e.action != "":
		// i18n: note.action.*
		_, verb, ok := strings.Cut(e.action, ".") // some rooms write "workload.change"
		if !ok {
			verb = e.action
		}
		return p.Or("note.action."+verb, p.T("note.acted", "action", audit.ActionWord(p, e.action)))
	}
	return ""
}

func (e Entry) diff(p *ui.Page) (out []ui.Change) {
	for _, c := range e.changes {
		// i18n: note.field.*
		out = append(out, ui.Change{Field: p.Or("note.field."+c.Field, strings.ReplaceAll(c.Field, "_", " ")), Before: c.Before, After: c.After})
	}
	return out
}

func (v timelineView) html(e Entry) templ.Component {
	return templ.Raw(v.s.md.render(e.note.Body, e.note.names))
}

func (v timelineView) mayEdit(p *ui.Page, e Entry) bool {
	return v.write && e.note.mayEdit(v.actor.ID, p.Now())
}

func (v timelineView) mayRemove(p *ui.Page, e Entry) bool {
	return mayRemove(v.actor, e.note.row, db.At(p.Now()))
}

// form is a note as it was typed.
type form struct {
	Kind, Record, Back, Body, Version, ID string
	Public, staff                         bool

	summary []ui.FieldFault
	errors  map[string]string
}

func readForm(r *http.Request) form {
	return form{Kind: r.PostFormValue("record_type"), Record: r.PostFormValue("record_id"), Back: ui.LocalPath(r.PostFormValue("back")), Body: r.PostFormValue("body"),
		Public: r.PostFormValue("public") == "true", Version: r.PostFormValue("version"), ID: r.PathValue("id")}
}

func (h pages) write(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	f := readForm(r)
	made, err := h.s.Write(r.Context(), a, NewNote{RecordType: f.Kind, RecordID: f.Record, Body: f.Body, Public: f.Public})
	if err != nil {
		return h.refused(w, r, p, a, f, err)
	}
	return h.done(w, r, p, f.Back, made)
}

// done goes back to the record, and warns of mentions that reached nobody.
func (h pages) done(w http.ResponseWriter, r *http.Request, p *ui.Page, back string, made Note) error {
	text, tone := p.T("note.done_internal"), ui.Good
	if made.Public {
		text = p.T("note.done_public")
	}
	if len(made.Unreached) > 0 {
		text, tone = text+" "+p.T("note.unreached", "names", strings.Join(made.Unreached, ", ")), ui.Soon
	}
	ui.Flash(w, r, ui.Toast{Tone: tone, Text: text})
	ui.Redirect(w, r, p.In(back))
	return nil
}

func (h pages) refused(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, f form, err error) error {
	var ok bool
	if f.summary, f.errors, ok = web.Faults(p, err, func(string) string { return p.T("note.body") }); !ok {
		return err
	}
	f.staff = a.May(permission.InternalRead)
	h.form(w, r, p, web.Status(err), f)
	return nil
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f form) {
	p.Title = p.T("note.kind_internal")
	if f.Public {
		p.Title = p.T("note.kind_public")
	}
	ui.Render(w, r, status, formPage(p, f))
}

func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (n Note, on subject.Subject, err error) {
	err = h.s.DB.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
		found, where, err := h.s.open(r.Context(), tx, a, r.PathValue("id"))
		n, on = found.shown(found.Slug), where
		return err
	})
	if err == nil {
		err = web.Belongs(p, n.Customer)
	}
	return n, on, err
}

// back is where the page of a note leads: its record, or what the request names.
func back(r *http.Request, on subject.Subject) string {
	if to := r.FormValue("back"); to != "" {
		return ui.LocalPath(to)
	}
	if on.Href != "" {
		return on.Href
	}
	return "/"
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	n, on, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.NoteWrite)
	}
	if err != nil {
		return err
	}
	h.form(w, r, p, http.StatusOK, form{ID: n.ID, Body: n.Body, Public: n.Public, Back: back(r, on), Version: strconv.FormatInt(n.Version, 10), staff: a.May(permission.InternalRead)})
	return nil
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	n, _, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f := readForm(r)
	made, err := h.s.Edit(r.Context(), a, n.ID, web.Version(r), ChangeNote{Body: f.Body})
	if err != nil {
		f.Public = n.Public
		return h.refused(w, r, p, a, f, err)
	}
	return h.done(w, r, p, f.Back, made)
}

func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	n, on, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := h.s.Remove(r.Context(), a, n.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, back(r, on), err)
	}
	return web.Done(w, r, p, back(r, on), p.T("note.done_remove"))
}

func (h pages) versions(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	n, on, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	old, err := h.s.Versions(r.Context(), a, n.ID)
	if err != nil {
		return err
	}
	p.Title = p.T("note.history")
	p.Crumbs = []ui.Link{{Label: on.Name, Href: back(r, on)}}
	ui.Render(w, r, http.StatusOK, versionsPage(p, n, old))
	return nil
}

// people answers the picker of mentions: who can see the note that is being written.
func (h pages) people(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.NoteWrite); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, no-store")
	if p.Query.Get("record_type") == "" {
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write([]byte("[]\n"))
		return err
	}
	found, err := h.s.People(r.Context(), a, p.Query.Get("record_type"), p.Query.Get("record_id"), p.Query.Get("public") == "true", p.Query.Get("q"))
	if err != nil {
		return err
	}
	type pick struct {
		Name string `json:"name"`
		Role string `json:"role"`
	}
	out := make([]pick, len(found))
	for i, f := range found {
		out[i] = pick{f.Name, p.T("trust.role." + string(f.Role))} // i18n: trust.role.*
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(out)
}

// shownPeople is how many the picker offers.
const shownPeople = 8

// People lists who can see a record's notes and whose name begins so, or has a word that does. Faults: not_found, forbidden.
func (s *Service) People(ctx context.Context, a permission.Actor, kind, ref string, public bool, q string) (out []Person, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		on, err := s.Subjects.Open(ctx, tx, a, kind, ref)
		if err == nil {
			err = a.Require(permission.NoteWrite)
		}
		if err != nil {
			return err
		}
		all, err := s.audience(ctx, tx, on, public || !a.May(permission.InternalRead))
		for _, p := range all {
			if len(out) < shownPeople && p.ID != a.ID && begins(p.Name, q) {
				out = append(out, p)
			}
		}
		return err
	})
	return out, err
}

// begins tells whether a name, or a word of it, begins with what was typed.
func begins(name, q string) bool {
	name, q = strings.ToLower(name), strings.ToLower(strings.TrimSpace(q))
	return strings.HasPrefix(name, q) || strings.Contains(name, " "+q)
}

// inboxView is one's inbox.
type inboxView struct {
	items       []Notification
	older       string
	unread      int
	preference  string
	preferences []ui.Option
}
