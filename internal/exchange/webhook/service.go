package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
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
	Topics  []Topic // what can be asked for
	Resolve func(ctx context.Context, tx *db.Tx, slug string) (string, error)
	Mailer  Mailer // nil where nobody is to be written to
	// Hand gives a delivery to the workers, if there are any.
	Hand func(ctx context.Context, customer, delivery string) error
}

// Service is the room.
type Service struct {
	Parts
	client *http.Client
	chance func() float64
	wake   chan struct{}
	soon   chan time.Duration
}

// patience is how long a receiver may take, as Standard Webhooks asks for.
const patience = 20 * time.Second

// New makes the service.
func New(p Parts) *Service {
	p.Policy.Timeout = patience
	return &Service{Parts: p, client: outbound.New(p.Policy), chance: rand.Float64, wake: make(chan struct{}, 1), soon: make(chan time.Duration, 1)}
}

// overlap is how long the old secret signs beside the new one.
const overlap = 24 * time.Hour

// Secret is what a receiver verifies signatures with.
type Secret struct {
	Secret   string  `json:"secret" doc:"whsec_ and base64, as libraries of Standard Webhooks take it."`
	OldUntil db.Time `json:"old_until" doc:"Until then messages carry a second signature by the secret before; null if there is none."`
}

// Created is a new webhook with its secret, which is not shown again.
type Created struct {
	Webhook
	Secret string `json:"secret" doc:"whsec_ and base64, as libraries of Standard Webhooks take it. It is not shown again."`
}

// writer is the scope of a change to a webhook of the customer, or of the instance, for who may.
func writer(a permission.Actor, customer string) (db.Scope, error) {
	if customer == Instance {
		return a.For(permission.WebhookInstance, customer)
	}
	return a.For(permission.WebhookWrite, customer)
}

// customerOf finds whom a new webhook belongs to. Faults: not_found.
func (s *Service) customerOf(ctx context.Context, a permission.Actor, ref string) (customer string, err error) {
	if ref == InstanceRef {
		if !a.Scope().All() {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		return Instance, nil
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		customer, err = s.Resolve(ctx, tx, ref)
		return err
	})
	return customer, err
}

// Create adds a webhook with a secret of its own. Faults: invalid, forbidden, conflict.
func (s *Service) Create(ctx context.Context, a permission.Actor, in NewWebhook) (out Created, err error) {
	if err := a.Require(permission.WebhookWrite); err != nil {
		return out, err
	}
	customer, err := s.customerOf(ctx, a, in.Customer)
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", in.Customer)
		return out, bad.Err()
	}
	if err != nil {
		return out, err
	}
	scope, err := writer(a, customer)
	if err != nil {
		return out, err
	}
	row, err := ChangeWebhook{Name: &in.Name, URL: &in.URL, Events: &in.Events}.apply(hookRow{CustomerID: customer, ID: id.New(), State: Active, Version: 1}, s.Policy, s.Topics)
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
		out.Secret = newSecret()
		if row.Secret, err = s.Seal.Seal(ctx, tx, row.place("secret"), []byte(out.Secret)); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "webhook", row, ""); err != nil {
			return fmt.Errorf("create webhook: %w", err)
		}
		if err := follow(ctx, tx, row); err != nil {
			return err
		}
		found, err := find(ctx, tx, row.ID)
		if err != nil {
			return err
		}
		out.Webhook = found.shown()
		return audit.Write(ctx, tx, a, "create", record(row), nil, out.Webhook)
	})
	return out, err
}

// All lists the webhooks of a customer by slug (InstanceRef for those of the instance), or all that the actor covers. Faults: not_found, forbidden.
func (s *Service) All(ctx context.Context, a permission.Actor, customer string) (out []Webhook, err error) {
	of := ""
	if customer != "" {
		if of, err = s.customerOf(ctx, a, customer); err != nil {
			return nil, err
		}
	}
	if err := a.Require(permission.WebhookRead); err != nil {
		return nil, err
	}
	out = []Webhook{}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var rows []listed
		err := tx.Select(ctx, &rows, `SELECT `+Spec.Columns+` FROM `+Spec.From+` ORDER BY w.name, w.id`)
		for _, r := range rows {
			if of == "" || r.CustomerID == of {
				out = append(out, r.shown())
			}
		}
		return err
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
		after, err := in.apply(before.hookRow, s.Policy, s.Topics)
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
		gone := before.hookRow
		gone.State = Paused
		if err := follow(ctx, tx, gone); err != nil {
			return err
		}
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

func (s *Service) store(ctx context.Context, tx *db.Tx, a permission.Actor, action string, before listed, after hookRow) (Webhook, error) {
	after.Version, after.UpdatedAt = before.Version+1, tx.Now()
	n, err := tx.Exec(ctx, `UPDATE {webhook} SET name = ?, url = ?, events = ?, state = ?, secret = ?, old_secret = ?, old_until = ?, failing_since = ?, disabled_why = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
		after.Name, after.URL, after.Events, string(after.State), after.Secret, after.OldSecret, after.OldUntil, after.FailingSince, after.DisabledWhy, after.Version, after.UpdatedAt, after.ID, before.Version)
	if err != nil {
		return Webhook{}, fmt.Errorf("%s webhook: %w", action, err)
	}
	if n == 0 {
		return Webhook{}, fault.New(fault.Stale, "fault.stale")
	}
	if after.State != before.State {
		if err := follow(ctx, tx, after); err != nil {
			return Webhook{}, err
		}
		tx.AfterCommit(s.rouse)
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
	scope, err := writer(a, found.CustomerID)
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

// recordType is what the trail calls a webhook.
const recordType = "webhook"

func record(r hookRow) audit.Record { return audit.Record{Type: recordType, ID: r.ID, Name: r.Name} }
