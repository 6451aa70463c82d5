package webhook

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux: the webhooks, and the log of what they were told.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /webhooks":                           h.list,
		"GET /webhooks/new":                       h.new,
		"POST /webhooks/new":                      h.create,
		"GET /webhooks/{id}":                      h.show,
		"GET /webhooks/{id}/edit":                 h.edit,
		"POST /webhooks/{id}/edit":                h.save,
		"POST /webhooks/{id}/state":               h.turn,
		"POST /webhooks/{id}/rotate":              h.rotate,
		"POST /webhooks/{id}/test":                h.test,
		"POST /webhooks/{id}/redeliver":           h.redeliverSpan,
		"POST /webhooks/{id}/delete":              h.remove,
		"GET /webhook-deliveries":                 h.log,
		"GET /webhook-deliveries/{id}":            h.delivery,
		"POST /webhook-deliveries/{id}/redeliver": h.redeliver,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct{ s *Service }

// tabs lead between the pages of the room.
func tabs(p *ui.Page, active string) []ui.Tab {
	out := []ui.Tab{{Label: p.T("webhook.list"), Href: "/webhooks"}, {Label: p.T("webhook.log"), Href: "/webhook-deliveries"}}
	for i := range out {
		out[i].Active = out[i].Href == active
	}
	return out
}

// i18n: webhook.state.*
func hookState(p *ui.Page, s State, failing bool) templ.Component {
	switch {
	case s == Disabled:
		return ui.Status(ui.Bad, p.T("webhook.state.disabled"))
	case s == Paused:
		return ui.Status(ui.Off, p.T("webhook.state.paused"))
	case failing:
		return ui.Status(ui.Soon, p.T("webhook.state.failing"))
	}
	return ui.Status(ui.Good, p.T("webhook.state.active"))
}

func owner(p *ui.Page, slug string) string {
	if slug == InstanceRef {
		return p.T("webhook.instance")
	}
	return web.CustomerName(p, slug)
}

// writes tells whether the reader may change the webhook.
func writes(a permission.Actor, customer string) bool {
	if customer == InstanceRef {
		return a.May(permission.WebhookInstance)
	}
	return a.May(permission.WebhookWrite)
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("webhook.list"), "webhooks"
	l := web.Lister{DB: h.s.DB, Need: permission.WebhookRead, Spec: Spec, Customer: "c.slug", Live: recordType}
	if done, err := web.Download(w, r, p, a, l, "webhooks", listed.shown); done {
		return err
	}
	found, err := web.ReadList[listed](r, p, a, l)
	if err != nil {
		return err
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("webhook.column.state"), Options: []ui.Option{{Value: string(Active), Label: p.T("webhook.state.active")},
		{Value: string(Paused), Label: p.T("webhook.state.paused")}, {Value: string(Disabled), Label: p.T("webhook.state.disabled")}}})
	table := found.List
	table.ID, table.Label, table.Search = "webhooks", p.Title, p.T("webhook.search")
	table.Empty = ui.Empty{Title: p.T("webhook.none"), Text: p.T("webhook.none_text")}
	if a.May(permission.WebhookWrite) {
		table.Empty.Action = ui.Link{Label: p.T("webhook.add"), Href: "/webhooks/new"}
	}
	columns := []ui.Column[listed]{
		{Key: "name", Label: p.T("webhook.column.name"), Sort: true, Cell: func(v listed) templ.Component { return ui.Text(v.Name) }},
		{Key: "state", Label: p.T("webhook.column.state"), NoWrap: true, Cell: func(v listed) templ.Component { return hookState(p, v.State, !v.FailingSince.IsZero()) }},
		{Key: "url", Label: p.T("webhook.column.url"), Cell: func(v listed) templ.Component { return ui.Breakable(v.URL) }},
		{Key: "events", Label: p.T("webhook.column.events"), Cell: func(v listed) templ.Component { return ui.Text(eventsShort(p, v.Events.V)) }},
	}
	if p.Customer == nil {
		columns = append(columns, ui.Column[listed]{Key: "customer", Label: p.T("webhook.column.customer"), Cell: func(v listed) templ.Component { return ui.Text(owner(p, slugOr(v.Slug))) }})
	}
	columns = append(columns, ui.Column[listed]{Key: "created_at", Label: p.T("webhook.column.since"), Sort: true, NoWrap: true, Cell: func(v listed) templ.Component { return ui.When(p, v.CreatedAt.Time) }})
	t := ui.NewTable(table, columns, found.Items, func(v listed) ui.Row { return ui.Row{ID: v.ID, Href: "/webhooks/" + v.ID, Name: v.Name} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, a.May(permission.WebhookWrite)))
	return nil
}

// eventsShort says what a webhook asks for in a line of a list.
func eventsShort(p *ui.Page, events []string) string {
	if slices.Contains(events, "*") {
		return p.T("webhook.all_events")
	}
	if len(events) <= 2 {
		return strings.Join(events, ", ")
	}
	return p.N("webhook.events_count", len(events))
}

func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Webhook, error) {
	v, err := h.s.Webhook(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return v, err
	}
	return v, web.Belongs(p, v.Customer)
}

// view is a webhook as its page shows it.
type view struct {
	Webhook
	write    bool
	recent   []Delivery
	failed   int64
	problems []ui.FieldFault
	errors   map[string]string
	since    string
	until    string
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.page(w, r, p, a, http.StatusOK, view{})
}

// shownDeliveries is how many of the last messages stand on a webhook's own page.
const shownDeliveries = 10

func (h pages) page(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, v view) (err error) {
	if v.Webhook, err = h.one(r, p, a); err != nil {
		return err
	}
	v.write = writes(a, v.Customer)
	if v.recent, v.failed, err = h.s.recent(r.Context(), a, v.ID, shownDeliveries); err != nil {
		return err
	}
	if v.since == "" {
		v.since = p.LocalTime(p.Now().AddDate(0, 0, -1))
	}
	p.Title, p.Active, p.Self = v.Name, "webhooks", "/webhooks/"+v.ID
	p.Crumbs = []ui.Link{{Label: p.T("webhook.list"), Href: "/webhooks"}}
	ui.Render(w, r, status, hookPage(p, v))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	out := []ui.Fact{{Label: p.T("webhook.column.url"), Value: ui.Breakable(v.URL)}, {Label: p.T("webhook.column.customer"), Value: ui.Text(owner(p, v.Customer))},
		{Label: p.T("webhook.column.since"), Value: ui.When(p, v.CreatedAt.Time)}}
	if !v.OldUntil.IsZero() && p.Now().Before(v.OldUntil.Time) {
		out = append(out, ui.Fact{Label: p.T("webhook.old_until"), Value: ui.Exactly(p, v.OldUntil.Time)})
	}
	return out
}

func (h pages) turn(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	to := State(r.PostFormValue("state"))
	if _, err := h.s.Update(r.Context(), a, v.ID, web.Version(r), ChangeWebhook{State: &to}); err != nil {
		return web.Refused(w, r, p, "/webhooks/"+v.ID, err)
	}
	done := p.T("webhook.done_resume")
	if to == Paused {
		done = p.T("webhook.done_pause")
	}
	return web.Done(w, r, p, "/webhooks/"+v.ID, done)
}

func (h pages) rotate(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	s, err := h.s.Rotate(r.Context(), a, v.ID, web.Version(r))
	if err != nil {
		return web.Refused(w, r, p, "/webhooks/"+v.ID, err)
	}
	h.secret(w, r, p, v, s)
	return nil
}

// secret shows a secret, in this answer and nowhere else: neither an address nor a cookie may hold it.
func (h pages) secret(w http.ResponseWriter, r *http.Request, p *ui.Page, v Webhook, s Secret) {
	w.Header().Set("Cache-Control", "no-store")
	p.Title, p.Active = p.T("webhook.secret_of", "name", v.Name), "webhooks"
	p.Crumbs = []ui.Link{{Label: p.T("webhook.list"), Href: "/webhooks"}, {Label: v.Name, Href: "/webhooks/" + v.ID}}
	ui.Render(w, r, http.StatusOK, secretPage(p, v, s))
}

func (h pages) test(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	d, err := h.s.Test(r.Context(), a, v.ID)
	if err != nil {
		return err
	}
	return told(w, r, p, d)
}

// told goes to a delivery that was just tried, with what came of it.
func told(w http.ResponseWriter, r *http.Request, p *ui.Page, d Delivery) error {
	toast := ui.Toast{Tone: ui.Good, Text: p.T("webhook.done_sent")}
	if d.State != "delivered" {
		toast = ui.Toast{Tone: ui.Bad, Text: p.T("webhook.done_not_sent")}
	}
	ui.Flash(w, r, toast)
	ui.Redirect(w, r, p.In("/webhook-deliveries/"+d.ID))
	return nil
}

func (h pages) redeliverSpan(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	form := view{since: r.PostFormValue("since"), until: r.PostFormValue("until")}
	var bad fault.Fields
	span := Span{Since: moment(p, form.since, "since", &bad), Until: moment(p, form.until, "until", &bad)}
	if err = bad.Err(); err == nil {
		var n int64
		if n, err = h.s.RedeliverFailed(r.Context(), a, v.ID, span); err == nil {
			return web.Done(w, r, p, "/webhooks/"+v.ID, p.N("webhook.done_span", int(n)))
		}
	}
	var ok bool
	if form.problems, form.errors, ok = web.Faults(p, err, label(p)); !ok {
		return err
	}
	return h.page(w, r, p, a, web.Status(err), form)
}

func moment(p *ui.Page, text, field string, bad *fault.Fields) db.Time {
	if text == "" {
		return db.Time{}
	}
	at, err := p.ParseLocalTime(text)
	if err != nil {
		bad.Add(field, "webhook.bad."+field) // i18n: webhook.bad.*
	}
	return db.At(at)
}

func label(p *ui.Page) func(string) string {
	return func(field string) string { return p.Or("webhook.column."+field, field) } // i18n: webhook.column.*
}

func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := h.s.Delete(r.Context(), a, v.ID, web.Version(r)); err != nil {
		var f *fault.Error
		if errors.As(err, &f) && f.Code == fault.Stale {
			return web.Refused(w, r, p, "/webhooks/"+v.ID, fault.New(fault.Conflict, "fault.stale"))
		}
		return err
	}
	return web.Done(w, r, p, "/webhooks", p.T("webhook.done_delete", "name", v.Name))
}
