package outbox

import (
	"context"
	"fmt"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
)

// Outbox writes and delivers.
type Outbox struct {
	db    *db.DB
	queue inserter
}

// inserter is the queue, as far as the outbox needs it.
type inserter interface {
	Insert(ctx context.Context, t jobs.Task) error
}

// New makes an outbox that delivers to the queue; a nil queue (a command without workers) leaves the rows to the servers.
func New(d *db.DB, q *jobs.Queue) *Outbox {
	o := &Outbox{db: d}
	if q != nil {
		o.queue = q
	}
	return o
}

type row struct {
	ID         string             `db:"id"`
	Topic      string             `db:"topic"`
	UniqueKey  string             `db:"unique_key"`
	CustomerID db.Null            `db:"customer_id"`
	Payload    db.JSON[jobs.Task] `db:"payload"`
	CreatedAt  db.Time            `db:"created_at"`
	DueAt      db.Time            `db:"due_at"`
	DoneAt     db.Time            `db:"done_at"`
	Attempts   int64              `db:"attempts"`
	LastError  string             `db:"last_error"`
}

// Put adds a task to the transaction. unique makes a second Put of the same topic do nothing.
func (o *Outbox) Put(ctx context.Context, tx *db.Tx, unique string, t jobs.Task) error {
	r := row{ID: id.New(), Topic: t.Topic, UniqueKey: unique, CustomerID: db.Null(t.Customer), CreatedAt: tx.Now(), DueAt: tx.Now()}
	r.Payload.V = t
	if _, err := tx.Insert(ctx, "outbox", r, "(topic, unique_key) DO NOTHING"); err != nil {
		return fmt.Errorf("outbox %s: %w", t.Topic, err)
	}
	tx.AfterCommit(func() { _ = o.deliver(context.WithoutCancel(ctx), r) })
	return nil
}

// Sweep delivers what was left behind and forgets what was delivered a day ago. It hangs on the tick.
func (o *Outbox) Sweep(ctx context.Context) error {
	var left []row
	err := o.db.Across(ctx, "outbox rows of all customers", func(tx *db.Tx) error {
		old := db.At(tx.Now().Add(-24 * time.Hour))
		if _, err := tx.Exec(ctx, `DELETE FROM {outbox} WHERE done_at < ?`, old); err != nil {
			return err
		}
		return tx.Select(ctx, &left, `SELECT `+db.Columns[row]("")+` FROM {outbox} WHERE done_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT 500`, tx.Now())
	})
	if err != nil {
		return fmt.Errorf("sweep outbox: %w", err)
	}
	for _, r := range left {
		if err := o.deliver(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) deliver(ctx context.Context, r row) error {
	if o.queue == nil {
		return nil
	}
	if err := o.queue.Insert(ctx, r.Payload.V); err != nil {
		return err
	}
	return o.db.Across(ctx, "mark an outbox row done", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE {outbox} SET done_at = ?, attempts = attempts + 1 WHERE id = ?`, tx.Now(), r.ID)
		return err
	})
}
