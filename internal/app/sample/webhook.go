package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/exchange/webhook"
	"vigie/internal/trust/permission"
)

// webhooks gives the sample's main customer one. It is paused, so that a demo calls nobody.
func webhooks(ctx context.Context, a *app.App, op permission.Actor) error {
	w, err := a.Webhooks.Create(ctx, op, webhook.NewWebhook{Customer: "meridian", Name: "Ticketing of Meridian", URL: "https://tickets.meridian.example/hooks",
		Events: []string{"account.*", "contact.*", "workload.change"}})
	if err == nil {
		paused := webhook.Paused
		_, err = a.Webhooks.Update(ctx, op, w.ID, w.Version, webhook.ChangeWebhook{State: &paused})
	}
	if err != nil {
		return fmt.Errorf("sample webhook: %w", err)
	}
	return nil
}
