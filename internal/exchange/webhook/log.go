package webhook

import (
	"context"
	"fmt"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Delivery is one message to one webhook.
type Delivery struct {
	ID          string   `json:"id" doc:"The webhook-id of the message."`
	Customer    string   `json:"customer" doc:"Slug of whom it is about; instance for the instance itself."`
	Webhook     string   `json:"webhook_id"`
	WebhookName string   `json:"webhook"`
	Event       string   `json:"event"`
	State       string   `json:"state" enum:"queued,delivered,failed"`
	URL         string   `json:"url" doc:"Where the webhook leads now."`
	Headers     []Header `json:"headers" doc:"Of the last attempt; the signature is masked."`
	Body        string   `json:"body" doc:"What is sent."`
	Attempts    int64    `json:"attempts"`
	DueAt       db.Time  `json:"due_at" doc:"When it is tried next; null if it has ended."`
	Status      int64    `json:"status" doc:"HTTP status of the last answer; 0 if there was none."`
	Answer      string   `json:"answer" doc:"Beginning of the last answer."`
	Failure     string   `json:"failure" doc:"Why there was none."`
	Latency     int64    `json:"latency_ms" doc:"How long the last call took."`
	CreatedAt   db.Time  `json:"created_at"`
	TriedAt     db.Time  `json:"tried_at"`
}

type deliveryRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	WebhookID  string  `db:"webhook_id"`
	AboutID    db.Null `db:"about_id"` // of a message of the instance's webhook
	Event      string  `db:"event"`
	Body       string  `db:"body"`
	State      string  `db:"state"`
	DueAt      db.Time `db:"due_at"`
	Attempts   int64   `db:"attempts"`
	Status     int64   `db:"status"`
	Answer     string  `db:"answer"`
	Failure    string  `db:"failure"`
	Latency    int64   `db:"latency"` // milliseconds
	CreatedAt  db.Time `db:"created_at"`
	TriedAt    db.Time `db:"tried_at"`
}

type listedDelivery struct {
	deliveryRow
	Slug db.Null `db:"slug"`
	Hook string  `db:"hook"`
	URL  string  `db:"url"`
}

// masked stands for a signature, which is nobody's business but the receiver's.
const masked = "v1,••••••••"

func (r listedDelivery) shown() Delivery {
	return Delivery{ID: r.ID, Customer: slugOr(r.Slug), Webhook: r.WebhookID, WebhookName: r.Hook, Event: r.Event, State: r.State, URL: r.URL, Headers: headers(r.ID, r.TriedAt.Time, masked), Body: r.Body, Attempts: r.Attempts, DueAt: r.DueAt, Status: r.Status,
		Answer: r.Answer, Failure: r.Failure, Latency: r.Latency, CreatedAt: r.CreatedAt, TriedAt: r.TriedAt}
}

// DeliverySpec is how deliveries are listed.
var DeliverySpec = list.Spec{
	From: `{webhook_delivery} d JOIN {webhook} w ON w.customer_id = d.customer_id AND w.id = d.webhook_id
		LEFT JOIN {customer} c ON c.id = COALESCE(d.about_id, d.customer_id)`, Columns: db.Columns[deliveryRow]("d.") + ", c.slug, w.name AS hook, w.url", Key: "d.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "d.id", Kind: list.ID, Filter: true},
		{Name: "webhook_id", Column: "d.webhook_id", Kind: list.ID, Filter: true},
		{Name: "event", Column: "d.event", Kind: list.Text, Filter: true},
		{Name: "state", Column: "d.state", Kind: list.Choice, Filter: true, Values: []string{"queued", "delivered", "failed"}},
		{Name: "status", Column: "d.status", Kind: list.Number, Filter: true},
		{Name: "created_at", Column: "d.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("d.event"),
}

// testEvent is the type of a test message.
const testEvent = "webhook.test"

// Test sends a message of the type "webhook.test" at once. Faults: not_found, forbidden.
func (s *Service) Test(ctx context.Context, a permission.Actor, ref string) (Delivery, error) {
	var made string
	err := s.change(ctx, a, ref, 0, func(tx *db.Tx, r listed) (err error) {
		if made, err = queue(ctx, tx, r.hookRow, r.CustomerID, testEvent, tx.Now(), map[string]string{"customer": slugOr(r.Slug), "webhook": r.Name}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "test", record(r.hookRow), nil, nil)
	})
	if err != nil {
		return Delivery{}, err
	}
	return s.now(ctx, a, made)
}

// Redeliver sends a message again that has ended, at once, with the same id. Faults: not_found, forbidden, conflict (it is still queued).
func (s *Service) Redeliver(ctx context.Context, a permission.Actor, ref string) (Delivery, error) {
	d, err := s.delivery(ctx, a, ref)
	if err != nil {
		return Delivery{}, err
	}
	err = s.change(ctx, a, d.WebhookID, 0, func(tx *db.Tx, r listed) error {
		n, err := tx.Exec(ctx, `UPDATE {webhook_delivery} SET state = 'queued', due_at = ?, attempts = 0 WHERE id = ? AND due_at IS NULL`, tx.Now(), d.ID)
		if err != nil {
			return fmt.Errorf("redeliver: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Conflict, "webhook.queued")
		}
		return audit.Write(ctx, tx, a, "redeliver", record(r.hookRow), nil, map[string]string{"delivery": d.ID, "event": d.Event})
	})
	if err != nil {
		return Delivery{}, err
	}
	return s.now(ctx, a, d.ID)
}

// Span is which failed messages are sent again.
type Span struct {
	Since db.Time `json:"since" doc:"Made at that moment or later."`
	Until db.Time `json:"until,omitempty" doc:"Made before that moment; until now if left out."`
}

// RedeliverFailed sends all messages of a span again that have failed, and tells how many. Faults: not_found, forbidden, invalid.
func (s *Service) RedeliverFailed(ctx context.Context, a permission.Actor, ref string, in Span) (n int64, err error) {
	err = s.change(ctx, a, ref, 0, func(tx *db.Tx, r listed) error {
		var bad fault.Fields
		if in.Since.IsZero() {
			bad.Add("since", "webhook.bad.since")
		}
		if in.Until.IsZero() {
			in.Until = tx.Now()
		}
		if in.Until.Before(in.Since.Time) {
			bad.Add("until", "webhook.bad.until")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		n, err = tx.Exec(ctx, `UPDATE {webhook_delivery} SET state = 'queued', due_at = ?, attempts = 0 WHERE webhook_id = ? AND state = 'failed' AND created_at >= ? AND created_at < ?`,
			tx.Now(), r.ID, in.Since, in.Until)
		if err != nil {
			return fmt.Errorf("redeliver: %w", err)
		}
		tx.Tell(audit.Fed)
		return audit.Write(ctx, tx, a, "redeliver", record(r.hookRow), nil, map[string]any{"since": in.Since, "until": in.Until, "messages": n})
	})
	return n, err
}

func (s *Service) now(ctx context.Context, a permission.Actor, ref string) (Delivery, error) {
	d, err := s.delivery(ctx, a, ref)
	if err != nil {
		return Delivery{}, err
	}
	if err := s.Deliver(ctx, d.CustomerID, ref); err != nil {
		return Delivery{}, err
	}
	return s.Delivery(ctx, a, ref)
}

// Delivery reads one. Faults: not_found, forbidden.
func (s *Service) Delivery(ctx context.Context, a permission.Actor, ref string) (Delivery, error) {
	d, err := s.delivery(ctx, a, ref)
	if err != nil {
		return Delivery{}, err
	}
	if err := a.Require(permission.WebhookRead); err != nil {
		return Delivery{}, err
	}
	return d.shown(), nil
}

func (s *Service) delivery(ctx context.Context, a permission.Actor, ref string) (d listedDelivery, err error) {
	if !id.Valid(ref) {
		return d, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &d, `SELECT `+DeliverySpec.Columns+` FROM `+DeliverySpec.From+` WHERE d.id = ?`, ref)
	})
	return d, err
}
