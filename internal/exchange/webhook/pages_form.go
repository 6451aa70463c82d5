package webhook

import (
	"net/http"
	"slices"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// form is the form of a webhook as it was typed.
type form struct {
	Customer, Name, URL string
	Events              []string

	id        string // empty for a new one
	version   int64
	customers []ui.Option // to choose from, for a new one
	groups    []group
	summary   []ui.FieldFault
	errors    map[string]string
}

// group are the events of one type of record.
type group struct {
	record  string
	label   string
	options []ui.Option
	open    bool // some of its events are chosen one by one
}

func (h pages) new(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.WebhookWrite); err != nil {
		return err
	}
	h.form(w, r, p, a, http.StatusOK, form{Customer: web.Customer(p), Events: []string{"*"}})
	return nil
}

func (h pages) form(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f form) {
	p.Active = "webhooks"
	p.Crumbs = []ui.Link{{Label: p.T("webhook.list"), Href: "/webhooks"}}
	if f.id == "" {
		p.Title = p.T("webhook.add")
		f.customers = ownersOf(p, a)
	} else {
		p.Title = p.T("webhook.edit_title", "name", f.Name)
		p.Crumbs = append(p.Crumbs, ui.Link{Label: f.Name, Href: "/webhooks/" + f.id})
	}
	f.groups = groups(p, h.s.Topics, a, f)
	ui.Render(w, r, status, formPage(p, f))
}

// ownersOf are whom the reader may make a webhook for; none where one customer is chosen.
func ownersOf(p *ui.Page, a permission.Actor) (out []ui.Option) {
	if p.Customer != nil {
		return nil
	}
	out = append(out, ui.Option{Label: p.T("ui.form.choose")})
	if a.May(permission.WebhookInstance) && a.Scope().All() {
		out = append(out, ui.Option{Value: InstanceRef, Label: p.T("webhook.instance")})
	}
	for _, c := range p.Customers {
		out = append(out, ui.Option{Value: c.Slug, Label: c.Name})
	}
	return out
}

// groups are the events to choose from. Those that only the instance hears of are offered where the webhook is, or may become, the instance's.
func groups(p *ui.Page, topics []Topic, a permission.Actor, f form) (out []group) {
	instance := f.Customer == InstanceRef || f.id == "" && p.Customer == nil && a.May(permission.WebhookInstance) && a.Scope().All()
	for _, t := range topics {
		if t.Instance && !instance {
			continue
		}
		g := group{record: t.Record, label: audit.TypeWord(p, t.Record)}
		for _, action := range t.Actions {
			event := t.Record + "." + action
			g.options = append(g.options, ui.Option{Value: event, Label: audit.ActionWord(p, action)})
			g.open = g.open || slices.Contains(f.Events, event)
		}
		out = append(out, g)
	}
	return out
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.WebhookWrite); err != nil {
		return err
	}
	f := typed(r)
	if f.Customer == "" {
		f.Customer = web.Customer(p)
	} else if err := web.Belongs(p, f.Customer); err != nil {
		return err
	}
	made, err := h.s.Create(r.Context(), a, NewWebhook{Customer: f.Customer, Name: f.Name, URL: f.URL, Events: f.Events})
	if err != nil {
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, label(p)); !ok {
			return err
		}
		h.form(w, r, p, a, web.Status(err), f)
		return nil
	}
	h.secret(w, r, p, made.Webhook, Secret{Secret: made.Secret})
	return nil
}

func typed(r *http.Request) form {
	return form{Customer: r.PostFormValue("customer"), Name: strings.TrimSpace(r.PostFormValue("name")), URL: strings.TrimSpace(r.PostFormValue("url")), Events: r.PostForm["events"]}
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := a.Require(need(v.Customer)); err != nil {
		return err
	}
	h.form(w, r, p, a, http.StatusOK, form{Customer: v.Customer, Name: v.Name, URL: v.URL, Events: v.Events, id: v.ID, version: v.Version})
	return nil
}

func need(customer string) permission.Action {
	if customer == InstanceRef {
		return permission.WebhookInstance
	}
	return permission.WebhookWrite
}

func (h pages) save(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f := typed(r)
	f.Customer, f.id, f.version = v.Customer, v.ID, web.Version(r)
	if _, err := h.s.Update(r.Context(), a, v.ID, f.version, ChangeWebhook{Name: &f.Name, URL: &f.URL, Events: &f.Events}); err != nil {
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, label(p)); !ok {
			return err
		}
		h.form(w, r, p, a, web.Status(err), f)
		return nil
	}
	return web.Done(w, r, p, "/webhooks/"+v.ID, p.T("webhook.done_save"))
}
