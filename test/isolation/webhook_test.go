package isolation

import (
	"testing"

	"vigie/internal/exchange/webhook"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// seedWebhook gives the customer a webhook whose address answers nobody, and one delivery to it. What is changed afterwards waits in
// the feed.
func (h *house) seedWebhook(t *testing.T, f *firm) {
	t.Helper()
	w, err := h.app.Webhooks.Create(t.Context(), h.operator(), webhook.NewWebhook{Customer: f.Slug, Name: f.Word + " hook", URL: "https://127.0.0.1:1/" + f.Word})
	check(t, err)
	f.Refs["webhook"] = w.ID
	d, err := h.app.Webhooks.Test(t.Context(), h.operator(), w.ID)
	check(t, err)
	f.Refs["delivery"] = d.ID
}

var webhookRules = map[string]rule{
	"GET /webhooks":                           {action: permission.WebhookRead, shows: true},
	"GET /webhooks/{id}":                      {action: permission.WebhookRead, shows: true},
	"POST /webhooks":                          {action: permission.WebhookWrite, ok: []int{201, 409}, body: func(f *firm) any { return values{"customer": f.Slug, "name": "x", "url": "https://127.0.0.1:1/"} }},
	"PATCH /webhooks/{id}":                    {action: permission.WebhookWrite, body: func(*firm) any { return values{"name": "taken over"} }},
	"DELETE /webhooks/{id}":                   {action: permission.WebhookWrite},
	"POST /webhooks/{id}/redeliver":           {action: permission.WebhookWrite, ok: []int{200}, body: func(*firm) any { return values{"since": "2020-01-01T00:00:00Z"} }},
	"GET /webhook-topics":                     {action: permission.WebhookRead},
	"POST /webhooks/{id}/rotate":              {action: permission.WebhookWrite, ok: []int{200}},
	"POST /webhooks/{id}/test":                {action: permission.WebhookWrite, ok: []int{200}},
	"GET /webhook-deliveries":                 {action: permission.WebhookRead, shows: true},
	"GET /webhook-deliveries/{id}":            {action: permission.WebhookRead, shows: true},
	"POST /webhook-deliveries/{id}/redeliver": {action: permission.WebhookWrite, ok: []int{200, 409}},
}

var webhookPages = map[string]pageRule{
	"GET /webhooks":                           {action: permission.WebhookRead, shows: true},
	"GET /webhooks/new":                       {action: permission.WebhookWrite},
	"POST /webhooks/new":                      {action: permission.WebhookWrite, form: made("name", "x", "url", "http://no")},
	"GET /webhooks/{id}":                      {action: permission.WebhookRead, shows: true},
	"GET /webhooks/{id}/edit":                 {action: permission.WebhookWrite, shows: true},
	"POST /webhooks/{id}/edit":                {action: permission.WebhookWrite, form: taken("name")},
	"POST /webhooks/{id}/state":               {action: permission.WebhookWrite, form: taken("name")},
	"POST /webhooks/{id}/rotate":              {action: permission.WebhookWrite, form: taken("name")},
	"POST /webhooks/{id}/test":                {action: permission.WebhookWrite, form: taken("name")},
	"POST /webhooks/{id}/redeliver":           {action: permission.WebhookWrite, form: fixedForm("since", "2030-01-01T00:00", "until", "2029-01-01T00:00")},
	"POST /webhooks/{id}/delete":              {action: permission.WebhookWrite, form: taken("name")},
	"GET /webhook-deliveries":                 {action: permission.WebhookRead, shows: true},
	"GET /webhook-deliveries/{id}":            {action: permission.WebhookRead, shows: true},
	"POST /webhook-deliveries/{id}/redeliver": {action: permission.WebhookWrite, form: taken("name")},
}

var webhookActorless = map[string]string{
	"webhook.Register": "hangs operations on the API: walked there",
	"webhook.Pages":    "hangs pages on the mux: walked there",
	"webhook.Heard":    "takes a hint that there is something to send, and no data",
	"webhook.Run":      "works for all customers by Deliver: walked by jobs",
	"webhook.Sweep":    "works for all customers: walked by jobs",
	"webhook.Deliver":  "takes a customer from a job's row: walked by jobs",
}

var webhookCalls = map[string]call{
	"webhook.Create": {action: permission.WebhookWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.Create(ctx, a, webhook.NewWebhook{Customer: f.Slug, Name: "x", URL: "https://127.0.0.1:1/"}))
	}},
	"webhook.All": {action: permission.WebhookRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.All(ctx, a, f.Slug))
	}},
	"webhook.Webhook": {action: permission.WebhookRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.Webhook(ctx, a, f.Refs["webhook"]))
	}},
	"webhook.Update": {action: permission.WebhookWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.Update(ctx, a, f.Refs["webhook"], f.Version, webhook.ChangeWebhook{Name: ptr("taken over")}))
	}},
	"webhook.Delete": {action: permission.WebhookWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Webhooks.Delete(ctx, a, f.Refs["webhook"], f.Version))
	}},
	"webhook.Rotate": {action: permission.WebhookWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.Rotate(ctx, a, f.Refs["webhook"], f.Version))
	}},
	"webhook.RedeliverFailed": {action: permission.WebhookWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.RedeliverFailed(ctx, a, f.Refs["webhook"], webhook.Span{Since: db.At(h.clock.Now())}))
	}},
	"webhook.Test": {action: permission.WebhookWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.Test(ctx, a, f.Refs["webhook"]))
	}},
	"webhook.Delivery": {action: permission.WebhookRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.Delivery(ctx, a, f.Refs["delivery"]))
	}},
	"webhook.Redeliver": {action: permission.WebhookWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Webhooks.Redeliver(ctx, a, f.Refs["delivery"]))
	}},
}

// deliveryOfAnother gives a task of acme's the delivery of bolt's: nothing is sent, nothing happens.
func (h *house) deliveryOfAnother(t *testing.T) {
	before, own := h.footprint(t, h.bolt), h.footprint(t, h.acme)
	check(t, h.app.Webhooks.Deliver(t.Context(), h.acme.Refs["customer_id"], h.bolt.Refs["delivery"]))
	h.untouched(t, h.bolt, before, "a delivery under another's name")
	h.untouched(t, h.acme, own, "a delivery under another's name")
}
