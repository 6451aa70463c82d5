package webhook

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// recent are the last messages of a webhook, and how many have failed.
func (s *Service) recent(ctx context.Context, a permission.Actor, hook string, n int) (out []Delivery, failed int64, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var rows []listedDelivery
		if err := tx.Select(ctx, &rows, `SELECT `+DeliverySpec.Columns+` FROM `+DeliverySpec.From+` WHERE d.webhook_id = ? ORDER BY d.id DESC LIMIT `+strconv.Itoa(n), hook); err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, r.shown())
		}
		return tx.Get(ctx, &failed, `SELECT COUNT(*) FROM {webhook_delivery} WHERE webhook_id = ? AND state = 'failed'`, hook)
	})
	return out, failed, err
}

// about names whom a message is about: a customer, or the instance itself.
func about(p *ui.Page, slug string) string {
	if slug == InstanceRef {
		return p.T("webhook.itself")
	}
	return web.CustomerName(p, slug)
}

// i18n: webhook.delivery.*
func deliveryState(p *ui.Page, d Delivery) templ.Component {
	tone := map[string]ui.Tone{"queued": ui.Busy, "delivered": ui.Good, "failed": ui.Bad}[d.State]
	word := p.T("webhook.delivery." + d.State)
	if d.State == "queued" && d.DueAt.IsZero() {
		tone, word = ui.Off, p.T("webhook.delivery.held")
	} else if d.State == "queued" && d.Attempts > 0 {
		tone, word = ui.Soon, p.T("webhook.delivery.again")
	}
	return ui.Status(tone, word)
}

// answerWord is what the receiver said, or why it said nothing.
func answerWord(p *ui.Page, d Delivery) string {
	switch {
	case d.Status != 0:
		return strings.TrimSpace(strconv.FormatInt(d.Status, 10) + " " + http.StatusText(int(d.Status)))
	case d.Failure != "":
		return p.Or("webhook.failure."+d.Failure, d.Failure) // i18n: webhook.failure.*
	}
	return ""
}

func latencyWord(p *ui.Page, d Delivery) string {
	if d.Status == 0 && d.Failure == "" {
		return ""
	}
	return p.T("webhook.ms", "n", p.Number(int(d.Latency)))
}

func (h pages) log(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("webhook.log_title"), "webhooks"
	l := web.Lister{DB: h.s.DB, Need: permission.WebhookRead, Spec: DeliverySpec, Customer: "c.slug"}
	if done, err := web.Download(w, r, p, a, l, "webhook-deliveries", listedDelivery.shown); done {
		return err
	}
	found, err := web.ReadList[listedDelivery](r, p, a, l)
	if err != nil {
		return err
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("webhook.column.state"), Options: []ui.Option{{Value: "queued", Label: p.T("webhook.delivery.queued")},
		{Value: "delivered", Label: p.T("webhook.delivery.delivered")}, {Value: "failed", Label: p.T("webhook.delivery.failed")}}}, ui.Filter{Name: "event", Label: p.T("webhook.column.event")})
	for i, f := range found.List.Filter {
		if f.Name == "webhook_id" {
			found.List.Filter[i].Label = p.T("webhook.kind")
			for _, d := range found.Items {
				found.List.Filter[i].Options = []ui.Option{{Value: d.WebhookID, Label: d.Hook}}
			}
		}
	}
	table := found.List
	table.ID, table.Label, table.Search = "webhook-deliveries", p.Title, p.T("webhook.search_event")
	table.Empty = ui.Empty{Title: p.T("webhook.no_deliveries"), Text: p.T("webhook.no_deliveries_text")}
	d := func(cell func(Delivery) templ.Component) func(listedDelivery) templ.Component {
		return func(v listedDelivery) templ.Component { return cell(v.shown()) }
	}
	columns := []ui.Column[listedDelivery]{
		{Key: "event", Label: p.T("webhook.column.event"), Cell: func(v listedDelivery) templ.Component { return ui.Text(v.Event) }},
		{Key: "state", Label: p.T("webhook.column.state"), NoWrap: true, Cell: d(func(v Delivery) templ.Component { return deliveryState(p, v) })},
		{Key: "webhook", Label: p.T("webhook.kind"), Cell: func(v listedDelivery) templ.Component { return ui.Text(v.Hook) }},
		{Key: "answer", Label: p.T("webhook.column.answer"), Cell: d(func(v Delivery) templ.Component { return ui.Either(p, answerWord(p, v)) })},
		{Key: "attempts", Label: p.T("webhook.column.attempts"), Number: true, Cell: func(v listedDelivery) templ.Component { return ui.Text(p.Number(int(v.Attempts))) }},
		{Key: "latency", Label: p.T("webhook.column.latency"), Number: true, NoWrap: true, Cell: d(func(v Delivery) templ.Component { return ui.Either(p, latencyWord(p, v)) })},
		{Key: "created_at", Label: p.T("webhook.column.at"), Sort: true, NoWrap: true, Cell: func(v listedDelivery) templ.Component { return ui.When(p, v.CreatedAt.Time) }},
	}
	if p.Customer == nil {
		columns = append(columns, ui.Column[listedDelivery]{Key: "customer", Label: p.T("webhook.column.about"), Cell: func(v listedDelivery) templ.Component { return ui.Text(about(p, slugOr(v.Slug))) }})
	}
	t := ui.NewTable(table, columns, found.Items, func(v listedDelivery) ui.Row {
		return ui.Row{ID: v.ID, Href: "/webhook-deliveries/" + v.ID, Name: v.Event}
	})
	ui.Render(w, r, http.StatusOK, logPage(p, t))
	return nil
}

// message of a delivery's page: its webhook decides who may send it again.
func (h pages) found(r *http.Request, p *ui.Page, a permission.Actor) (d Delivery, hook Webhook, err error) {
	if d, err = h.s.Delivery(r.Context(), a, r.PathValue("id")); err != nil {
		return d, hook, err
	}
	if err = web.Belongs(p, d.Customer); err != nil {
		return d, hook, err
	}
	hook, err = h.s.Webhook(r.Context(), a, d.Webhook)
	return d, hook, err
}

func (h pages) delivery(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	d, hook, err := h.found(r, p, a)
	if err != nil {
		return err
	}
	p.Title, p.Active = d.Event, "webhooks"
	p.Crumbs = []ui.Link{{Label: p.T("webhook.log"), Href: "/webhook-deliveries"}}
	ui.Render(w, r, http.StatusOK, deliveryPage(p, d, hook, writes(a, hook.Customer)))
	return nil
}

func (d Delivery) facts(p *ui.Page, hook Webhook) []ui.Fact {
	out := []ui.Fact{{Label: p.T("webhook.kind"), Value: ui.Anchor(p.In("/webhooks/"+hook.ID), hook.Name)}, {Label: p.T("webhook.column.about"), Value: ui.Text(about(p, d.Customer))},
		{Label: p.T("webhook.column.at"), Value: ui.When(p, d.CreatedAt.Time)}, {Label: p.T("webhook.column.attempts"), Value: ui.Text(p.Number(int(d.Attempts)))}}
	if !d.TriedAt.IsZero() {
		out = append(out, ui.Fact{Label: p.T("webhook.column.tried"), Value: ui.Exactly(p, d.TriedAt.Time)})
	}
	if d.State == "queued" && !d.DueAt.IsZero() {
		out = append(out, ui.Fact{Label: p.T("webhook.column.due"), Value: ui.When(p, d.DueAt.Time)})
	}
	if t := latencyWord(p, d); t != "" {
		out = append(out, ui.Fact{Label: p.T("webhook.column.latency"), Value: ui.Text(t)})
	}
	return out
}

// request is the last attempt as it went over the line, but for the signature.
func (d Delivery) request() string {
	var b strings.Builder
	b.WriteString("POST " + d.URL + "\n")
	for _, h := range d.Headers {
		if d.TriedAt.IsZero() && h.Name == "webhook-timestamp" {
			continue
		}
		b.WriteString(h.Name + ": " + h.Value + "\n")
	}
	return b.String()
}

// pretty indents a body for reading; one that is no JSON stands as it is.
func pretty(body string) string {
	var v json.RawMessage
	if json.Unmarshal([]byte(body), &v) != nil {
		return body
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return body
	}
	return string(out)
}

func (h pages) redeliver(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	d, _, err := h.found(r, p, a)
	if err != nil {
		return err
	}
	if d, err = h.s.Redeliver(r.Context(), a, d.ID); err != nil {
		return web.Refused(w, r, p, "/webhook-deliveries/"+r.PathValue("id"), err)
	}
	return told(w, r, p, d)
}
