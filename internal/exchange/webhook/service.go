package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/outbound"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Parts is what the room stands on. Resolve finds the customer of a slug or id within the transaction's scope.
type Parts struct {
	DB      *db.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Seal    *seal.Box
	Policy  outbound.Policy
	Resolve func(ctx context.Context, tx *db.Tx, slug string) (string, error)
	// Hand gives a delivery to the workers, if there are any.
	Hand func(ctx context.Context, customer, delivery string) error
}

// Service is the room.
type Service struct {
	Parts
	client *http.Client
}

// New makes the service.
func New(p Parts) *Service { return &Service{Parts: p, client: outbound.New(p.Policy)} }

// overlap is how long the old secret signs beside the new one.
const overlap = 24 * time.Hour

// Secret is what a receiver verifies signatures with.
type Secret struct {
	Secret   string  `json:"secret" doc:"whsec_ and base64, as libraries of Standard Webhooks take it."`
	OldUntil db.Time `json:"old_until" doc:"Until then messages carry a second signature by the secret before; null if there is none."`
}

// Create adds a webhook with a secret of its own. Faults: invalid, forbidden, conflict.
func (s *Service) Create(ctx context.Context, a permission.Actor, in NewWebhook) (out Webhook, err error) {
	if err := a.Require(permission.WebhookWrite); err != nil {
		return out, err
	}
	var customer string
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		customer, err = s.Resolve(ctx, tx, in.Customer)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", in.Customer)
		return out, bad.Err()
	}
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.WebhookWrite, customer)
	if err != nil {
		return out, err
	}
	row, err := ChangeWebhook{Name: &in.Name, URL: &in.URL, Events: &in.Events}.apply(hookRow{CustomerID: customer, ID: id.New(), State: Active, Version: 1}, s.Policy)
	if err != nil {
		return out, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		var n int64
		if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {webhook}`); err != nil {
			return err
		}
		if n >= maxHooks {
			return fault.New(fault.Conflict, "webhook.many", "max", maxHooks)
		}
		row.CreatedAt, row.UpdatedAt = tx.Now(), tx.Now()
		var err error
		if row.Secret, err = s.Seal.Seal(ctx, tx, row.place("secret"), []byte(newSecret())); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "webhook", row, ""); err != nil {
			return fmt.Errorf("create webhook: %w", err)
		}
		found, err := find(ctx, tx, row.ID)
		out = found.shown()
		return errors.Join(err, audit.Write(ctx, tx, a, "create", record(row), nil, out))
	})
	return out, err
}

// Webhook reads one. Faults: not_found, forbidden.
func (s *Service) Webhook(ctx context.Context, a permission.Actor, ref string) (out Webhook, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		r, err := find(ctx, tx, ref)
		out = r.shown()
		return err
	})
	if err != nil {
		return Webhook{}, err
	}
	if err := a.Require(permission.WebhookRead); err != nil {
		return Webhook{}, err
	}
	return out, nil
}

// Update changes some fields; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (s *Service) Update(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeWebhook) (out Webhook, err error) {
	err = s.change(ctx, a, ref, version, func(tx *db.Tx, before listed) error {
		after, err := in.apply(before.hookRow, s.Policy)
		if err != nil {
			return err
		}
		out, err = s.store(ctx, tx, a, "update", before, after)
		return err
	})
	return out, err
}

// Delete removes a webhook with its log. Faults: not_found, forbidden, stale.
func (s *Service) Delete(ctx context.Context, a permission.Actor, ref string, version int64) error {
	return s.change(ctx, a, ref, version, func(tx *db.Tx, before listed) error {
		if _, err := tx.Exec(ctx, `DELETE FROM {webhook} WHERE id = ?`, before.ID); err != nil {
			return fmt.Errorf("delete webhook: %w", err)
		}
		return audit.Write(ctx, tx, a, "delete", record(before.hookRow), before.shown(), nil)
	})
}

// Rotate makes a new secret; for a day messages are signed with the old one as well. Faults: not_found, forbidden, stale.
func (s *Service) Rotate(ctx context.Context, a permission.Actor, ref string, version int64) (out Secret, err error) {
	err = s.change(ctx, a, ref, version, func(tx *db.Tx, before listed) error {
		after := before.hookRow
		if before.Secret != "" {
			old, err := s.Seal.Open(ctx, tx, before.place("secret"), before.Secret)
			if err != nil {
				return err
			}
			if after.OldSecret, err = s.Seal.Seal(ctx, tx, before.place("old_secret"), old); err != nil {
				return err
			}
			after.OldUntil = db.At(tx.Now().Add(overlap))
		}
		out = Secret{Secret: newSecret(), OldUntil: after.OldUntil}
		var err error
		if after.Secret, err = s.Seal.Seal(ctx, tx, before.place("secret"), []byte(out.Secret)); err != nil {
			return err
		}
		_, err = s.store(ctx, tx, a, "rotate_secret", before, after)
		return err
	})
	return out, err
}

// Reveal gives the secret to who may change the webhook, and says so in the trail. Faults: not_found, forbidden.
func (s *Service) Reveal(ctx context.Context, a permission.Actor, ref string) (out Secret, err error) {
	err = s.change(ctx, a, ref, 0, func(tx *db.Tx, r listed) error {
		if r.Secret == "" {
			return fault.New(fault.Conflict, "webhook.no_secret")
		}
		plain, err := s.Seal.Open(ctx, tx, r.place("secret"), r.Secret)
		if err != nil {
			return err
		}
		out = Secret{Secret: string(plain), OldUntil: r.OldUntil}
		return audit.Write(ctx, tx, a, "show_secret", record(r.hookRow), nil, nil)
	})
	return out, err
}

func (s *Service) store(ctx context.Context, tx *db.Tx, a permission.Actor, action string, before listed, after hookRow) (Webhook, error) {
	after.Version, after.UpdatedAt = before.Version+1, tx.Now()
	n, err := tx.Exec(ctx, `UPDATE {webhook} SET name = ?, url = ?, events = ?, state = ?, secret = ?, old_secret = ?, old_until = ?, failing_since = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
		after.Name, after.URL, after.Events, string(after.State), after.Secret, after.OldSecret, after.OldUntil, after.FailingSince, after.Version, after.UpdatedAt, after.ID, before.Version)
	if err != nil {
		return Webhook{}, fmt.Errorf("%s webhook: %w", action, err)
	}
	if n == 0 {
		return Webhook{}, fault.New(fault.Stale, "fault.stale")
	}
	out := listed{after, before.Slug}.shown()
	return out, audit.Write(ctx, tx, a, action, record(after), before.shown(), out)
}

// change finds the webhook, checks the right and the version, and changes it in the scope of its customer.
func (s *Service) change(ctx context.Context, a permission.Actor, ref string, version int64, f func(*db.Tx, listed) error) error {
	var found listed
	err := s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		found, err = find(ctx, tx, ref)
		return err
	})
	if err != nil {
		return err
	}
	scope, err := a.For(permission.WebhookWrite, found.CustomerID)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		r, err := find(ctx, tx, ref)
		if err != nil {
			return err
		}
		if version != 0 && version != r.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		return f(tx, r)
	})
}

func find(ctx context.Context, tx *db.Tx, ref string) (r listed, err error) {
	if !id.Valid(ref) {
		return r, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &r, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE w.id = ?`, ref)
	return r, err
}

func record(r hookRow) audit.Record { return audit.Record{Type: "webhook", ID: r.ID, Name: r.Name} }
