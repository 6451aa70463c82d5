package webhook

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Mailer takes the mails about webhooks that were disabled, in the transaction that disables them.
type Mailer interface {
	Disabled(ctx context.Context, tx *db.Tx, m Mail) error
}

// Mail tells one person who can mend it that a webhook was disabled.
type Mail struct {
	To       Keeper
	Customer string // name; empty for a webhook of the instance
	Webhook  string
	Host     string  // where it led: the rest of an address may be a secret
	Why      string  // Gone or Failing
	Since    db.Time // when a message was first not taken, or when 410 was answered
	Path     string  // of the page
	Unique   string
}

// Keeper is somebody who manages webhooks.
type Keeper struct {
	ID       string          `db:"id"`
	Name     string          `db:"name"`
	Email    string          `db:"email"`
	Role     permission.Role `db:"role"`
	Language string          `db:"language"`
	TimeZone string          `db:"time_zone"`
	Limited  bool            `db:"limited"`
}

// keeps tells whether somebody may enable a webhook again. Those of the instance are for who covers everything.
func (k Keeper) keeps(customer string) bool {
	if customer == Instance {
		return permission.Allowed(k.Role, permission.WebhookInstance) && !k.Limited
	}
	return permission.Allowed(k.Role, permission.WebhookWrite)
}

// tell writes to everybody who can enable the webhook again. Who disables it does so once, in the same transaction; the key of the mail
// names the version of the webhook, so that one that is disabled again is told again.
func (s *Service) tell(ctx context.Context, tx *db.Tx, hook hookRow, why string) error {
	if s.Mailer == nil {
		return nil
	}
	var people []Keeper
	// Who has an end is there for an emergency, and reads no mail.
	err := tx.Select(ctx, &people, `SELECT u.id, u.name, u.email, u.role, u.language, u.time_zone, u.limited FROM {app_user} u
		WHERE u.disabled_at IS NULL AND u.expires_at IS NULL AND (u.customer_id = ? OR (u.customer_id IS NULL AND (NOT u.limited OR EXISTS
			(SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id = ?)))) ORDER BY u.id`, hook.CustomerID, hook.CustomerID)
	if err != nil {
		return fmt.Errorf("who manages a webhook: %w", err)
	}
	m := Mail{Webhook: hook.Name, Why: why, Since: hook.FailingSince, Path: "/webhooks/" + hook.ID}
	if why == Gone {
		m.Since = tx.Now()
	}
	if hook.CustomerID != Instance {
		if err := tx.Get(ctx, &m.Customer, `SELECT name FROM {customer} WHERE id = ?`, hook.CustomerID); err != nil {
			return err
		}
	}
	if at, err := url.Parse(hook.URL); err == nil {
		m.Host = at.Host
	}
	for _, k := range people {
		if !k.keeps(hook.CustomerID) {
			continue
		}
		m.To, m.Unique = k, "webhook_disabled:"+hook.ID+":"+strconv.FormatInt(hook.Version, 10)+":"+k.ID
		err := s.Mailer.Disabled(ctx, tx, m)
		if fault.Is(err, fault.Invalid) {
			// An address that takes no mail must not keep a dead webhook alive.
			s.Log.WarnContext(ctx, "webhook disabled, and one of its managers has no address for mail", "webhook", hook.ID, "user", k.ID)
			continue
		}
		if err != nil {
			return fmt.Errorf("tell of a webhook that was disabled: %w", err)
		}
	}
	return nil
}
