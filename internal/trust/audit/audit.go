package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/trust/permission"
)

// Instance stands for the customer of entries about the instance itself (people, settings). Only All covers it.
const Instance = "00000000-0000-0000-0000-000000000000"

// Record names what was changed.
type Record struct {
	Type string // noun: "account"
	ID   string
	Name string // what people call it, kept because the record may go
}

// Entry is one line of the trail.
type Entry struct {
	CustomerID string       `db:"customer_id"`
	ID         string       `db:"id"`
	At         db.Time      `db:"at"`
	ActorKind  string       `db:"actor_kind"`
	ActorID    string       `db:"actor_id"`
	ActorName  string       `db:"actor_name"`
	Via        string       `db:"via"`
	Address    string       `db:"address"`
	Action     string       `db:"action"`
	RecordType string       `db:"record_type"`
	RecordID   string       `db:"record_id"`
	RecordName string       `db:"record_name"`
	Before     db.JSON[any] `db:"before"`
	After      db.JSON[any] `db:"after"`
}

// Write adds an entry to the trail of the transaction's customer, or, in a transaction across customers, of the instance.
// before and after are the record's fields as they were and are (nil for creation and deletion); secrets must not be in them. Whoever
// looks at the record is told that it has changed (package live).
func Write(ctx context.Context, tx *db.Tx, a permission.Actor, action string, r Record, before, after any) error {
	_, err := WriteEntry(ctx, tx, a, action, r, before, after)
	return err
}

// WriteEntry is Write for who needs the entry's id, as a signature does for its receipt.
func WriteEntry(ctx context.Context, tx *db.Tx, a permission.Actor, action string, r Record, before, after any) (string, error) {
	customer, ok := tx.Scope().One()
	if !ok {
		customer = Instance
	}
	e := Entry{
		CustomerID: customer, ID: id.New(), At: tx.Now(),
		ActorKind: string(a.Kind), ActorID: a.ID, ActorName: a.Name, Via: a.Via, Address: a.Address,
		Action: action, RecordType: r.Type, RecordID: r.ID, RecordName: r.Name,
	}
	var err error
	if e.Before.V, err = plain(before); err != nil {
		return "", fmt.Errorf("audit %s: %w", action, err)
	}
	if e.After.V, err = plain(after); err != nil {
		return "", fmt.Errorf("audit %s: %w", action, err)
	}
	if _, err := tx.Insert(ctx, "audit_entry", e, ""); err != nil {
		return "", fmt.Errorf("audit %s: %w", action, err)
	}
	if _, err := tx.Insert(ctx, "audit_pending", pending{e.ID, customer}, ""); err != nil {
		return "", fmt.Errorf("audit %s: %w", action, err)
	}
	if ok {
		// Whoever asked to be told of changes finds the entry here, once the change is durable.
		_, err := tx.Exec(ctx, `INSERT INTO {audit_feed} (customer_id, entry_id) SELECT {scope}, ? FROM {webhook} WHERE state = 'active' LIMIT 1`, e.ID)
		if err != nil {
			return "", fmt.Errorf("audit %s: %w", action, err)
		}
	}
	live.Changed(tx, r.Type, r.ID)
	return e.ID, nil
}

// plain cuts a value loose from its type, so that what is stored is what JSON shows.
func plain(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(b, &out)
}
