package webhook

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type changeInput struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body ChangeWebhook
}

type matched struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

type spanInput struct {
	ID   string `path:"id" doc:"Id."`
	Body Span
}

// Redelivered tells how many messages are sent again.
type Redelivered struct {
	Messages int64 `json:"messages"`
}

// Topics are what webhooks can ask for.
type Topics struct {
	Items []Topic `json:"items"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Webhooks"
	api.List(a, api.Listing[listed, Webhook]{
		Op: api.Op{Path: "/webhooks", Tag: tag, Summary: "List webhooks"}, Spec: Spec, Allow: permission.Need(permission.WebhookRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []listed) ([]Webhook, error) {
			out := make([]Webhook, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/webhooks/{id}", Tag: tag, Summary: "Get a webhook"}, func(ctx context.Context, in *byID) (Webhook, error) {
		return s.Webhook(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/webhooks", Tag: tag, Summary: "Create a webhook", Description: "Messages are signed as Standard Webhooks says, with the secret of the answer, which is not shown again.", Secret: true},
		func(ctx context.Context, in *struct{ Body NewWebhook }) (Created, error) {
			return s.Create(ctx, permission.From(ctx), in.Body)
		})
	api.Patch(a, api.Op{Path: "/webhooks/{id}", Tag: tag, Summary: "Change a webhook"}, func(ctx context.Context, in *changeInput) (Webhook, error) {
		return s.Update(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
	})
	api.Delete(a, api.Op{Path: "/webhooks/{id}", Tag: tag, Summary: "Delete a webhook and its log"}, func(ctx context.Context, in *matched) error {
		return s.Delete(ctx, permission.From(ctx), in.ID, in.Expected())
	})
	api.Post(a, api.Op{Path: "/webhooks/{id}/rotate", Tag: tag, Summary: "Make a new secret; the old one signs as well for a day", Status: 200, Secret: true},
		func(ctx context.Context, in *byID) (Secret, error) {
			return s.Rotate(ctx, permission.From(ctx), in.ID, 0)
		})
	api.Post(a, api.Op{Path: "/webhooks/{id}/test", Tag: tag, Summary: "Send a test message at once", Status: 200}, func(ctx context.Context, in *byID) (Delivery, error) {
		return s.Test(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/webhooks/{id}/redeliver", Tag: tag, Summary: "Send all failed messages of a span again", Status: 200}, func(ctx context.Context, in *spanInput) (Redelivered, error) {
		n, err := s.RedeliverFailed(ctx, permission.From(ctx), in.ID, in.Body)
		return Redelivered{n}, err
	})
	api.Get(a, api.Op{Path: "/webhook-topics", Tag: tag, Summary: "What webhooks can ask for"}, func(ctx context.Context, _ *struct{}) (Topics, error) {
		return Topics{s.Topics}, permission.From(ctx).Require(permission.WebhookRead)
	})
	api.List(a, api.Listing[listedDelivery, Delivery]{
		Op: api.Op{Path: "/webhook-deliveries", Tag: tag, Summary: "List deliveries"}, Spec: DeliverySpec, Allow: permission.Need(permission.WebhookRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []listedDelivery) ([]Delivery, error) {
			out := make([]Delivery, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/webhook-deliveries/{id}", Tag: tag, Summary: "Get a delivery"}, func(ctx context.Context, in *byID) (Delivery, error) {
		return s.Delivery(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/webhook-deliveries/{id}/redeliver", Tag: tag, Summary: "Send a message again", Status: 200}, func(ctx context.Context, in *byID) (Delivery, error) {
		return s.Redeliver(ctx, permission.From(ctx), in.ID)
	})
}
