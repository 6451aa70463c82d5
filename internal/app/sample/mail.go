package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/exchange/mail"
	"vigie/internal/trust/permission"
)

// letters gives one customer a look of its own, and a message that waits: the demo has no mail server.
func letters(ctx context.Context, a *app.App, op permission.Actor) error {
	name, logo, color, footer := "Meridian Freight · Vigie", "Meridian Freight", "#0b5d5b", "Meridian Freight\n14 quai de la Joliette, 13002 Marseille"
	if _, err := a.Mail.UpdateSetting(ctx, op, mail.InstanceRef, 0, mail.ChangeSetting{FromName: ptr("Vigie"), FromEmail: ptr("vigie@vigie.example")}); err != nil {
		return fmt.Errorf("sample mail settings: %w", err)
	}
	if _, err := a.Mail.UpdateSetting(ctx, op, "meridian", 0, mail.ChangeSetting{FromName: &name, Logo: &logo, Color: &color, Footer: &footer}); err != nil {
		return fmt.Errorf("sample mail settings: %w", err)
	}
	if _, err := a.Mail.SendTest(ctx, op, "meridian", mail.NewTest{To: "claire@meridian.example", Language: "fr"}); err != nil {
		return fmt.Errorf("sample mail: %w", err)
	}
	return nil
}

func ptr[T any](v T) *T { return &v }
