package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
)

const (
	keep     = 30 * 24 * time.Hour // how far the log goes back
	perSweep = 500
)

// message is the body of a delivery, as Standard Webhooks has it.
type message struct {
	Type      string  `json:"type"`
	Timestamp db.Time `json:"timestamp"`
	Data      any     `json:"data"`
}

type change struct {
	Customer   string `json:"customer"`
	RecordType string `json:"record_type"`
	RecordID   string `json:"record_id"`
	RecordName string `json:"record_name"`
	Action     string `json:"action"`
	Actor      string `json:"actor"`
	Before     any    `json:"before"`
	After      any    `json:"after"`
}

// queue makes a delivery that is due at once. about is whom it is about, where that is another than the webhook's own customer.
func queue(ctx context.Context, tx *db.Tx, hook hookRow, about, event string, at db.Time, data any) (string, error) {
	body, err := json.Marshal(message{event, at, data})
	if err != nil {
		return "", fmt.Errorf("queue webhook: %w", err)
	}
	d := deliveryRow{CustomerID: hook.CustomerID, ID: id.New(), WebhookID: hook.ID, Event: event, Body: string(body), State: "queued", DueAt: tx.Now(), CreatedAt: tx.Now()}
	if about != hook.CustomerID {
		d.AboutID = db.Null(about)
	}
	_, err = tx.Insert(ctx, "webhook_delivery", d, "")
	return d.ID, err
}

// Sweep makes deliveries of what was changed, hands on those that are due, and forgets old ones. It hangs on the tick, for what no
// process was there to send at once.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.feedAll(ctx); err != nil {
		return err
	}
	err := s.DB.Across(ctx, "deliveries of all customers that are old", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM {webhook_delivery} WHERE created_at < ? AND due_at IS NULL`, db.At(tx.Now().Add(-keep)))
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep webhooks: %w", err)
	}
	due, err := s.due(ctx, nil)
	if err != nil {
		return err
	}
	for _, d := range due {
		if err := s.Hand(ctx, d.CustomerID, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// dueRow names a delivery whose time has come.
type dueRow struct {
	CustomerID string `db:"customer_id"`
	ID         string `db:"id"`
	WebhookID  string `db:"webhook_id"`
}

// due are the deliveries whose time has come, but for those of some webhooks.
func (s *Service) due(ctx context.Context, without []string) (due []dueRow, err error) {
	but := ""
	if len(without) > 0 {
		but = ` AND webhook_id NOT IN (` + db.Marks(len(without)) + `)`
	}
	err = s.DB.Across(ctx, "deliveries of all customers that are due", func(tx *db.Tx) error {
		return tx.Select(ctx, &due, `SELECT customer_id, id, webhook_id FROM {webhook_delivery} WHERE due_at <= ?`+but+` ORDER BY due_at, id LIMIT `+strconv.Itoa(perSweep),
			append([]any{tx.Now()}, db.Anys(without)...)...)
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks that are due: %w", err)
	}
	return due, nil
}

func (s *Service) feedAll(ctx context.Context) error {
	for {
		n, err := s.feed(ctx)
		if err != nil {
			return fmt.Errorf("feed webhooks: %w", err)
		}
		if n < perSweep {
			return nil
		}
	}
}

type fedRow struct {
	audit.Entry
	Slug db.Null `db:"slug"`
}

// feed turns entries of the trail into deliveries, each once: both are one transaction.
func (s *Service) feed(ctx context.Context) (n int, err error) {
	err = s.DB.Across(ctx, "changes of all customers go to their own webhooks, and to the instance's", func(tx *db.Tx) error {
		var entries []fedRow
		err := tx.Select(ctx, &entries, `SELECT `+db.Columns[audit.Entry]("e.")+`, c.slug FROM {audit_feed} f JOIN {audit_entry} e ON e.customer_id = f.customer_id AND e.id = f.entry_id
			LEFT JOIN {customer} c ON c.id = f.customer_id ORDER BY f.entry_id LIMIT `+strconv.Itoa(perSweep))
		if err != nil || len(entries) == 0 {
			return err
		}
		var hooks []hookRow
		if err := tx.Select(ctx, &hooks, `SELECT `+db.Columns[hookRow]("")+` FROM {webhook} WHERE state = 'active' ORDER BY id`); err != nil {
			return err
		}
		n = len(entries)
		for _, e := range entries {
			// Whoever takes the row makes the deliveries: another process finds it gone.
			took, err := tx.Exec(ctx, `DELETE FROM {audit_feed} WHERE customer_id = ? AND entry_id = ?`, e.CustomerID, e.ID)
			if err != nil {
				return err
			}
			if took == 0 {
				continue
			}
			event := Event(e.RecordType, e.Action)
			data := change{Customer: slugOr(e.Slug), RecordType: e.RecordType, RecordID: e.RecordID, RecordName: e.RecordName, Action: e.Action, Actor: e.ActorName, Before: e.Before.V, After: e.After.V}
			for _, h := range hooks {
				if h.CustomerID != e.CustomerID && h.CustomerID != Instance || !h.wants(event) {
					continue
				}
				if _, err := queue(ctx, tx, h, e.CustomerID, event, e.At, data); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return n, err
}

// Heard takes what transactions tell (db.DB.Hear): that there is something to send.
func (s *Service) Heard(texts []string) {
	if slices.Contains(texts, audit.Fed) || slices.Contains(texts, db.Missed) {
		s.rouse()
	}
}

// rouse makes Run look, or look once more.
func (s *Service) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// remind makes Run look after a short wait; a longer one is left to the tick.
func (s *Service) remind(wait time.Duration) {
	if wait > time.Minute {
		return
	}
	select {
	case s.soon <- wait:
	default: // the tick comes too
	}
}
