package audit

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux. find leads from an entry to the page of its record, where there is one.
func (l *Log) Pages(mux *http.ServeMux, shell *web.Shell, find *subject.Registry) {
	h := pages{l, find}
	for pattern, handler := range map[string]web.Handler{
		"GET /audit":       h.list,
		"GET /audit/{id}":  h.show,
		"GET /permissions": h.permissions,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	l    *Log
	find *subject.Registry
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("audit.list"), "audit"
	l := web.Lister{DB: h.l.db, Need: permission.AuditRead, Spec: Spec, Customer: "c.slug"}
	if p.Query.Get("format") == "jsonl" {
		return h.lines(w, r, p, a)
	}
	if done, err := web.Download(w, r, p, a, l, "audit", row.line); done {
		return err
	}
	found, err := web.ReadList[row](r, p, a, l)
	if err != nil {
		return err
	}
	kinds := []ui.Option{}
	for _, k := range []permission.Kind{permission.Person, permission.Token, permission.System, permission.Link} {
		kinds = append(kinds, ui.Option{Value: string(k), Label: p.T("audit.kind." + string(k))}) // i18n: audit.kind.*
	}
	found.Filters(ui.Filter{Name: "actor_kind", Label: p.T("audit.through"), Options: kinds},
		ui.Filter{Name: "actor_name", Label: p.T("audit.who")}, ui.Filter{Name: "action", Label: p.T("audit.action_label")},
		ui.Filter{Name: "record_type", Label: p.T("audit.record_type")}, ui.Filter{Name: "at.after", Label: p.T("audit.after_time")}, ui.Filter{Name: "at.before", Label: p.T("audit.before_time")})
	table := found.List
	table.ID, table.Label, table.Search = "audit", p.Title, p.T("audit.search")
	table.Empty = ui.Empty{Title: p.T("audit.none"), Text: p.T("audit.none_text")}
	columns := []ui.Column[row]{
		{Key: "at", Label: p.T("audit.when"), Sort: true, NoWrap: true, Cell: func(e row) templ.Component { return ui.When(p, e.At.Time) }},
		{Key: "actor_name", Label: p.T("audit.who"), Cell: func(e row) templ.Component { return ui.Either(p, who(p, e.Entry)) }},
		{Key: "action", Label: p.T("audit.action_label"), Cell: func(e row) templ.Component { return ui.Text(ActionWord(p, e.Action)) }},
		{Key: "record", Label: p.T("audit.record"), Cell: func(e row) templ.Component { return recordCell(p, e.Entry) }},
	}
	if p.Customer == nil {
		columns = append(columns, ui.Column[row]{Key: "customer", Label: p.T("audit.customer"), Cell: func(e row) templ.Component {
			if e.Slug == "" {
				return ui.None(p)
			}
			return ui.Text(web.CustomerName(p, string(e.Slug)))
		}})
	}
	columns = append(columns, ui.Column[row]{Key: "address", Label: p.T("audit.address"), NoWrap: true, Cell: func(e row) templ.Component { return ui.Code(e.Address) }})
	t := ui.NewTable(table, columns, found.Items, func(e row) ui.Row { return ui.Row{ID: e.ID, Href: "/audit/" + e.ID, Name: e.RecordName} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, p.With("format", "jsonl")))
	return nil
}

// lines writes what the list shows as JSON Lines: one entry a line, for programs and archives.
func (h pages) lines(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.AuditRead); err != nil {
		return err
	}
	spec := Spec
	spec.Pass = append(slices.Clip(spec.Pass), "customer", "format", "cols", "density")
	q, err := spec.Parse(p.Query)
	if err != nil {
		return err
	}
	if p.Customer != nil {
		q = q.Where("c.slug = ?", p.Customer.Slug)
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="audit.jsonl"`)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	err = h.l.db.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
		return list.Each(r.Context(), tx, spec, q, func(e row) error { return enc.Encode(e.line()) })
	})
	if err != nil {
		panic(http.ErrAbortHandler) // the file has begun: a half must not pass for the whole
	}
	return nil
}

// entryView is an entry as its page shows it.
type entryView struct {
	row
	href    string // page of the record
	changes []ui.Change
	proof   *Proof
	state   string // proven, waiting or broken
	size    int64
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v := entryView{}
	ctx := r.Context()
	err := h.l.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		if v.row, err = get(ctx, tx, r.PathValue("id")); err != nil {
			return err
		}
		if err := a.Require(permission.AuditRead); err != nil {
			return err
		}
		if found, err := h.find.Find(ctx, tx, v.RecordType, v.RecordID); err == nil {
			v.href = found.Href
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		return v.prove(ctx, tx)
	})
	if err != nil {
		return err
	}
	if err := web.Belongs(p, string(v.Slug)); err != nil {
		return err
	}
	v.changes = differences(p, v.Before.V, v.After.V)
	p.Title, p.Active = p.T("audit.entry_title", "action", ActionWord(p, v.Action), "record", v.RecordName), "audit"
	p.Crumbs = []ui.Link{{Label: p.T("audit.list"), Href: "/audit"}}
	ui.Render(w, r, http.StatusOK, entryPage(p, v))
	return nil
}

// prove tells how the entry stands in the log, by the database's own key: a verification with one that was kept elsewhere says more.
func (v *entryView) prove(ctx context.Context, tx *db.Tx) error {
	proof, err := prove(ctx, tx, v.CustomerID, v.ID)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Conflict {
		v.state = "waiting"
		return nil
	}
	if err != nil {
		return err
	}
	v.proof, v.state = &proof, "broken"
	if keys, err := Keys(proof.Key); err == nil {
		if c, err := proof.Check(keys); err == nil {
			v.state, v.size = "proven", c.Size
		}
	}
	return nil
}

// who names the actor; the system says what it was.
func who(p *ui.Page, e Entry) string {
	if e.ActorKind == string(permission.System) && e.Via != "" && e.Via != "job" {
		return e.ActorName + " · " + e.Via
	}
	return e.ActorName
}

// ActionWord says an action in the reader's language; one that nobody has put into words stands as it is. Some rooms write the type of the
// record before it, as in workload.change.
// i18n: audit.action.*
func ActionWord(p *ui.Page, action string) string {
	_, verb, cut := strings.Cut(action, ".")
	plain := strings.NewReplacer("_", " ", ".", " ").Replace(action)
	if cut {
		plain = p.Or("audit.action."+verb, plain)
	}
	return p.Or("audit.action."+action, plain)
}

// TypeWord says what a record is.
func TypeWord(p *ui.Page, kind string) string {
	return p.Or(subject.Label(kind), strings.ReplaceAll(kind, "_", " "))
}

// differences are the fields that a change has changed, in order of their names; those of a creation and a removal are all.
func differences(p *ui.Page, before, after any) (out []ui.Change) {
	old, new := fields(before), fields(after)
	var names []string
	for n := range old {
		names = append(names, n)
	}
	for n := range new {
		if _, both := old[n]; !both {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		a, b := value(old[n]), value(new[n])
		if a != b && n != "version" && n != "updated_at" {
			out = append(out, ui.Change{Field: strings.ReplaceAll(n, "_", " "), Before: a, After: b})
		}
	}
	return out
}

// fields gives the members of a record; a value that is none stands under one name.
func fields(v any) map[string]any {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		return v
	default:
		return map[string]any{"value": v}
	}
}

func value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// shownHistory is how many changes the panel of a record names.
const shownHistory = 5

// History is the part of every record's page that says who changed it last, for those who may read the trail.
func (l *Log) History() web.Part {
	return func(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (web.Activity, error) {
		if !a.May(permission.AuditRead) {
			return web.Activity{}, nil
		}
		q := Spec.All().Where("e.record_type = ? AND e.record_id = ?", kind, id)
		q.Limit = shownHistory
		var page list.Page[row]
		err := l.db.View(r.Context(), a.Scope(), func(tx *db.Tx) (err error) {
			page, err = list.Run[row](r.Context(), tx, Spec, q)
			return err
		})
		if err != nil || len(page.Items) == 0 {
			return web.Activity{}, err
		}
		return web.Activity{Panels: []ui.Panel{{Title: p.T("audit.history"), Href: "/audit?record_type=" + kind + "&record_id=" + id, Body: historyPanel(p, page.Items)}}}, nil
	}
}
