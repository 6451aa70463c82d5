package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/outbound"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Topic is that of the task of one delivery.
const Topic = "webhook"

const (
	lease     = 2 * time.Minute     // longer than the client's whole patience
	giveUp    = 5 * 24 * time.Hour  // a webhook of which nothing is taken for so long is disabled
	keep      = 30 * 24 * time.Hour // how far the log goes back
	maxAnswer = 1000
	perSweep  = 500
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

// Test sends a message of the type "webhook.test" at once. Faults: not_found, forbidden.
func (s *Service) Test(ctx context.Context, a permission.Actor, ref string) (Delivery, error) {
	var made string
	err := s.change(ctx, a, ref, 0, func(tx *db.Tx, r listed) (err error) {
		made, err = queue(ctx, tx, r.hookRow, "webhook.test", map[string]string{"customer": r.Slug, "webhook": r.Name})
		return errors.Join(err, audit.Write(ctx, tx, a, "test", record(r.hookRow), nil, nil))
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

func queue(ctx context.Context, tx *db.Tx, hook hookRow, event string, data any) (string, error) {
	body, err := json.Marshal(message{event, tx.Now(), data})
	if err != nil {
		return "", fmt.Errorf("queue webhook: %w", err)
	}
	d := deliveryRow{CustomerID: hook.CustomerID, ID: id.New(), WebhookID: hook.ID, Event: event, Body: string(body), State: "queued", DueAt: tx.Now(), CreatedAt: tx.Now()}
	_, err = tx.Insert(ctx, "webhook_delivery", d, "")
	return d.ID, err
}

// Sweep makes deliveries of what was changed, hands on those that are due, and forgets old ones. It hangs on the tick.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		n, err := s.feed(ctx)
		if err != nil {
			return fmt.Errorf("feed webhooks: %w", err)
		}
		if n < perSweep {
			break
		}
	}
	var due []deliveryRow
	err := s.DB.Across(ctx, "deliveries of all customers that are due", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM {webhook_delivery} WHERE created_at < ? AND due_at IS NULL`, db.At(tx.Now().Add(-keep))); err != nil {
			return err
		}
		return tx.Select(ctx, &due, `SELECT `+db.Columns[deliveryRow]("")+` FROM {webhook_delivery} WHERE due_at <= ? ORDER BY due_at LIMIT `+strconv.Itoa(perSweep), tx.Now())
	})
	if err != nil {
		return fmt.Errorf("sweep webhooks: %w", err)
	}
	for _, d := range due {
		if err := s.Hand(ctx, d.CustomerID, d.ID); err != nil {
			return err
		}
	}
	return nil
}

type fedRow struct {
	audit.Entry
	Slug string `db:"slug"`
}

// feed turns entries of the trail into deliveries, each once: both are one transaction.
func (s *Service) feed(ctx context.Context) (n int, err error) {
	err = s.DB.Across(ctx, "changes of all customers go to their own webhooks", func(tx *db.Tx) error {
		var entries []fedRow
		err := tx.Select(ctx, &entries, `SELECT `+db.Columns[audit.Entry]("e.")+`, c.slug FROM {audit_feed} f JOIN {audit_entry} e ON e.customer_id = f.customer_id AND e.id = f.entry_id
			JOIN {customer} c ON c.id = f.customer_id ORDER BY f.entry_id LIMIT `+strconv.Itoa(perSweep))
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
			event := e.RecordType + "." + e.Action
			for _, h := range hooks {
				if took == 0 || h.CustomerID != e.CustomerID || !h.wants(event) {
					continue
				}
				data := change{Customer: e.Slug, RecordType: e.RecordType, RecordID: e.RecordID, RecordName: e.RecordName, Action: e.Action, Actor: e.ActorName, Before: e.Before.V, After: e.After.V}
				if _, err := queue(ctx, tx, h, event, data); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return n, err
}

// Deliver makes one attempt at a delivery. One that is not due, has ended, or that another process is at is left alone.
func (s *Service) Deliver(ctx context.Context, customer, delivery string) error {
	var d deliveryRow
	var hook hookRow
	var secrets []string
	scope := db.Grant(customer)
	err := s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE {webhook_delivery} SET due_at = ?, attempts = attempts + 1, tried_at = ? WHERE id = ? AND due_at <= ?`, db.At(tx.Now().Add(lease)), tx.Now(), delivery, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		if err := tx.Get(ctx, &d, `SELECT `+db.Columns[deliveryRow]("")+` FROM {webhook_delivery} WHERE id = ?`, delivery); err != nil {
			return err
		}
		if err := tx.Get(ctx, &hook, `SELECT `+db.Columns[hookRow]("")+` FROM {webhook} WHERE id = ?`, d.WebhookID); err != nil {
			return err
		}
		for column, sealed := range map[string]string{"secret": hook.Secret, "old_secret": hook.OldSecret} {
			if sealed == "" || column == "old_secret" && !tx.Now().Before(hook.OldUntil.Time) {
				continue
			}
			plain, err := s.Seal.Open(ctx, tx, hook.place(column), sealed)
			if err != nil {
				return err
			}
			if column == "secret" {
				secrets = append([]string{string(plain)}, secrets...)
			} else {
				secrets = append(secrets, string(plain))
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("claim webhook delivery: %w", err)
	}
	if d.ID == "" {
		return nil
	}
	status, answer, failure := s.send(ctx, hook, d, secrets)
	// The receiver has answered or not: that is written down even if we are told to stop now.
	err = s.DB.InScope(context.WithoutCancel(ctx), scope, func(tx *db.Tx) error { return settle(ctx, tx, hook, d, status, answer, failure) })
	if err != nil {
		return fmt.Errorf("settle webhook delivery: %w", err)
	}
	return nil
}

// send makes the call.
func (s *Service) send(ctx context.Context, hook hookRow, d deliveryRow, secrets []string) (status int, answer, failure string) {
	if len(secrets) == 0 {
		return 0, "", "no_secret"
	}
	at := s.Clock.Now()
	signature, err := sign(secrets, d.ID, at, d.Body)
	if err != nil {
		return 0, "", "no_secret"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, strings.NewReader(d.Body))
	if err != nil {
		return 0, "", "address"
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "Vigie-Webhook/1", "webhook-id": d.ID,
		"webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": signature} {
		r.Header.Set(name, value)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		// What a name resolved to stays in our log: it would tell the customer of the inside.
		s.Log.Info("webhook not delivered", "delivery", d.ID, "error", err)
		if why, refused := outbound.Why(err); refused {
			return 0, "", string(why)
		}
		return 0, "", "no_answer"
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what came is enough for the log
	return resp.StatusCode, printable(string(text)), ""
}

// printable makes a text fit for every database.
func printable(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	return strings.ReplaceAll(s, "\x00", string(utf8.RuneError))
}

// settle writes down what an attempt came to.
func settle(ctx context.Context, tx *db.Tx, hook hookRow, d deliveryRow, status int, answer, failure string) error {
	state, due := "delivered", db.Time{}
	good := status >= 200 && status < 300
	if !good {
		state = "failed"
		if w := waits(); d.Attempts <= int64(len(w)) && hook.State == Active && status != http.StatusGone {
			state, due = "queued", db.At(tx.Now().Add(w[d.Attempts-1]))
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE {webhook_delivery} SET state = ?, due_at = ?, status = ?, answer = ?, failure = ? WHERE id = ? AND attempts = ?`,
		state, due, status, answer, failure, d.ID, d.Attempts); err != nil {
		return err
	}
	switch {
	case good && hook.FailingSince.IsZero():
		return nil
	case good:
		_, err := tx.Exec(ctx, `UPDATE {webhook} SET failing_since = NULL WHERE id = ?`, hook.ID)
		return err
	case hook.FailingSince.IsZero():
		_, err := tx.Exec(ctx, `UPDATE {webhook} SET failing_since = ? WHERE id = ? AND failing_since IS NULL`, tx.Now(), hook.ID)
		return err
	case tx.Now().Sub(hook.FailingSince.Time) < giveUp && status != http.StatusGone:
		return nil
	}
	n, err := tx.Exec(ctx, `UPDATE {webhook} SET state = 'disabled', version = version + 1, updated_at = ? WHERE id = ? AND state = 'active'`, tx.Now(), hook.ID)
	if err != nil || n == 0 {
		return err
	}
	system := permission.Actor{Name: "Vigie", Kind: permission.System, Via: "job"}
	return audit.Write(ctx, tx, system, "disable", record(hook), map[string]any{"state": Active}, map[string]any{"state": Disabled})
}
