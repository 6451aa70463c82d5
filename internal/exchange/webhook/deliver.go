package webhook

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/outbound"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// TaskTopic is that of the task of one delivery.
const TaskTopic = "webhook"

const (
	lease     = 2 * time.Minute    // longer than the client's whole patience
	giveUp    = 5 * 24 * time.Hour // a webhook of which nothing is taken for so long is disabled
	maxAnswer = 1000
	maxWait   = 24 * time.Hour // however long a receiver asks to be left alone
	userAgent = "Vigie-Webhook/1"
	mediaType = "application/json"
)

// outcome is what an attempt came to.
type outcome struct {
	status  int
	answer  string // the beginning of it
	failure string // why there was none
	latency time.Duration
	after   time.Duration // how long the receiver asks to be left alone
}

func (o outcome) good() bool { return o.status >= 200 && o.status < 300 }

// waits is how long after each failed attempt the next one is made: the schedule of Standard Webhooks.
func waits() []time.Duration {
	return []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
}

// next is what becomes of a message after so many attempts: it is delivered, tried again after a while, or has failed. Up to a tenth of
// the wait is added by chance (of 0 to 1), so that a receiver that comes back is not met by all at once.
func next(attempts int64, active bool, o outcome, chance float64) (state string, wait time.Duration) {
	w := waits()
	switch {
	case o.good():
		return "delivered", 0
	case attempts > int64(len(w)), !active, o.status == http.StatusGone:
		return "failed", 0
	}
	wait = w[attempts-1]
	wait += time.Duration(chance * float64(wait) / 10)
	return "queued", max(wait, min(o.after, maxWait))
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
		secrets, err = s.secrets(ctx, tx, hook)
		return err
	})
	if err != nil {
		return fmt.Errorf("claim webhook delivery: %w", err)
	}
	if d.ID == "" {
		return nil
	}
	start := s.Clock.Now()
	o := s.send(ctx, hook, d, start, secrets)
	o.latency = s.Clock.Now().Sub(start)
	stopped := ctx.Err() != nil && !o.good()
	// The receiver has answered or not: that is written down even if we are told to stop now.
	err = s.DB.InScope(context.WithoutCancel(ctx), scope, func(tx *db.Tx) error {
		if stopped {
			// We hung up ourselves, which is no fault of the receiver: whoever works next tries again at once.
			_, err := tx.Exec(context.WithoutCancel(ctx), `UPDATE {webhook_delivery} SET due_at = ?, attempts = attempts - 1 WHERE id = ? AND attempts = ?`, tx.Now(), d.ID, d.Attempts)
			return err
		}
		return s.settle(context.WithoutCancel(ctx), tx, hook, d, o)
	})
	if err != nil {
		return fmt.Errorf("settle webhook delivery: %w", err)
	}
	return nil
}

// secrets are those that sign now, the newest first.
func (s *Service) secrets(ctx context.Context, tx *db.Tx, hook hookRow) (out []string, err error) {
	for _, sealed := range []struct{ column, text string }{{"secret", hook.Secret}, {"old_secret", hook.OldSecret}} {
		if sealed.text == "" || sealed.column == "old_secret" && !tx.Now().Before(hook.OldUntil.Time) {
			continue
		}
		plain, err := s.Seal.Open(ctx, tx, hook.place(sealed.column), sealed.text)
		if err != nil {
			return nil, err
		}
		out = append(out, string(plain))
	}
	return out, nil
}

// send makes the call.
func (s *Service) send(ctx context.Context, hook hookRow, d deliveryRow, at time.Time, secrets []string) outcome {
	if len(secrets) == 0 {
		return outcome{failure: "no_secret"}
	}
	signature, err := sign(secrets, d.ID, at, d.Body)
	if err != nil {
		return outcome{failure: "no_secret"}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, strings.NewReader(d.Body))
	if err != nil {
		return outcome{failure: "address"}
	}
	for _, h := range headers(d.ID, at, signature) {
		r.Header.Set(h.Name, h.Value)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		// What a name resolved to stays in our log: it would tell the customer of the inside.
		s.Log.Info("webhook not delivered", "delivery", d.ID, "error", err)
		if why, refused := outbound.Why(err); refused {
			return outcome{failure: string(why)}
		}
		return outcome{failure: "no_answer"}
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what came is enough for the log
	o := outcome{status: resp.StatusCode, answer: printable(string(text))}
	if o.status == http.StatusTooManyRequests || o.status == http.StatusServiceUnavailable {
		if seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 32); err == nil && seconds > 0 {
			o.after = time.Duration(seconds) * time.Second
		}
	}
	return o
}

// Header is a line of a request.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// headers are those of an attempt, in the order in which people read them.
func headers(id string, at time.Time, signature string) []Header {
	return []Header{{"Content-Type", mediaType}, {"User-Agent", userAgent}, {"webhook-id", id}, {"webhook-timestamp", strconv.FormatInt(at.Unix(), 10)}, {"webhook-signature", signature}}
}

// printable makes a text fit for every database.
func printable(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	return strings.ReplaceAll(s, "\x00", string(utf8.RuneError))
}

// settle writes down what an attempt came to. The webhook is read again: it may have been paused meanwhile.
func (s *Service) settle(ctx context.Context, tx *db.Tx, hook hookRow, d deliveryRow, o outcome) error {
	read := `SELECT ` + db.Columns[hookRow]("") + ` FROM {webhook} WHERE id = ?`
	if err := tx.Get(ctx, &hook, read, hook.ID); err != nil {
		return err
	}
	if !o.good() || !hook.FailingSince.IsZero() { // before its deliveries, which wait for each other otherwise
		if err := tx.Get(ctx, &hook, read+tx.ForUpdate(), hook.ID); err != nil {
			return err
		}
	}
	state, wait := next(d.Attempts, hook.State == Active, o, s.chance())
	due := db.Time{}
	if state == "queued" {
		due = db.At(tx.Now().Add(wait))
		tx.AfterCommit(func() { s.remind(wait) })
	}
	if _, err := tx.Exec(ctx, `UPDATE {webhook_delivery} SET state = ?, due_at = ?, status = ?, answer = ?, failure = ?, latency = ? WHERE id = ? AND attempts = ?`,
		state, due, o.status, o.answer, o.failure, o.latency.Milliseconds(), d.ID, d.Attempts); err != nil {
		return err
	}
	why := ""
	switch {
	case o.good() && hook.FailingSince.IsZero():
		return nil
	case o.good():
		_, err := tx.Exec(ctx, `UPDATE {webhook} SET failing_since = NULL WHERE id = ?`, hook.ID)
		return err
	case o.status == http.StatusGone:
		why = Gone
	case !hook.FailingSince.IsZero() && tx.Now().Sub(hook.FailingSince.Time) >= giveUp:
		why = Failing
	}
	if hook.FailingSince.IsZero() {
		if _, err := tx.Exec(ctx, `UPDATE {webhook} SET failing_since = ? WHERE id = ? AND failing_since IS NULL`, tx.Now(), hook.ID); err != nil {
			return err
		}
	}
	if why == "" {
		return nil
	}
	n, err := tx.Exec(ctx, `UPDATE {webhook} SET state = 'disabled', disabled_why = ?, version = version + 1, updated_at = ? WHERE id = ? AND state <> 'disabled'`, why, tx.Now(), hook.ID)
	if err != nil || n == 0 {
		return err
	}
	before := hook.State
	hook.State = Disabled
	hook.Version++
	if err := s.tell(ctx, tx, hook, why); err != nil {
		return err
	}
	if err := follow(ctx, tx, hook); err != nil {
		return err
	}
	system := permission.Actor{Name: "Vigie", Kind: permission.System, Via: "job"}
	return audit.Write(ctx, tx, system, "disable", record(hook), map[string]any{"state": before}, map[string]any{"state": Disabled, "disabled_why": why})
}

// follow does what the state of a webhook means for what hangs on it: what is queued waits while it is not active, and goes on then.
func follow(ctx context.Context, tx *db.Tx, hook hookRow) (err error) {
	if hook.State == Active {
		_, err = tx.Exec(ctx, `UPDATE {webhook_delivery} SET due_at = ? WHERE webhook_id = ? AND state = 'queued' AND due_at IS NULL`, tx.Now(), hook.ID)
	} else {
		_, err = tx.Exec(ctx, `UPDATE {webhook_delivery} SET due_at = NULL WHERE webhook_id = ? AND state = 'queued'`, hook.ID)
	}
	if err != nil || hook.CustomerID != Instance {
		return err
	}
	if _, err = tx.Exec(ctx, `DELETE FROM {webhook_instance} WHERE id = ?`, hook.ID); err == nil && hook.State == Active {
		_, err = tx.Insert(ctx, "webhook_instance", struct {
			ID string `db:"id"`
		}{hook.ID}, "")
	}
	return err
}
