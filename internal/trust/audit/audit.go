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
	ids, err := write(ctx, tx, a, []Act{{action, r, before, after}})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// Act is what happened to one record, out of many.
type Act struct {
	Action string
	Record
	Before, After any
}

// WriteAll is Write for many records, in a number of statements that does not grow with theirs.
func WriteAll(ctx context.Context, tx *db.Tx, a permission.Actor, acts []Act) error {
	_, err := write(ctx, tx, a, acts)
	return err
}

// crowd is from how many records of a type on one message stands for all of them.
const crowd = 50

func write(ctx context.Context, tx *db.Tx, a permission.Actor, acts []Act) ([]string, error) {
	if len(acts) == 0 {
		return nil, nil
	}
	customer, ok := tx.Scope().One()
	if !ok {
		customer = Instance
	}
	entries, waiting, ids := make([]Entry, len(acts)), make([]pending, len(acts)), make([]string, len(acts))
	for i, l := range acts {
		e := Entry{
			CustomerID: customer, ID: id.New(), At: tx.Now(),
			ActorKind: string(a.Kind), ActorID: a.ID, ActorName: a.Name, Via: a.Via, Address: a.Address,
			Action: l.Action, RecordType: l.Type, RecordID: l.ID, RecordName: l.Name,
		}
		var err error
		if e.Before.V, err = plain(l.Before); err != nil {
			return nil, fmt.Errorf("audit %s: %w", l.Action, err)
		}
		if e.After.V, err = plain(l.After); err != nil {
			return nil, fmt.Errorf("audit %s: %w", l.Action, err)
		}
		entries[i], waiting[i], ids[i] = e, pending{e.ID, customer}, e.ID
	}
	if _, err := tx.Insert(ctx, "audit_entry", entries, ""); err != nil {
		return nil, fmt.Errorf("audit %s: %w", acts[0].Action, err)
	}
	if _, err := tx.Insert(ctx, "audit_pending", waiting, ""); err != nil {
		return nil, fmt.Errorf("audit %s: %w", acts[0].Action, err)
	}
	if err := feed(ctx, tx, ok, customer, ids); err != nil {
		return nil, fmt.Errorf("audit %s: %w", acts[0].Action, err)
	}
	tell(tx, acts)
	return ids, nil
}

// tell says which records have changed; of a crowd, only which types.
func tell(tx *db.Tx, acts []Act) {
	many := map[string]int{}
	for _, l := range acts {
		many[l.Type]++
	}
	for _, l := range acts {
		switch n := many[l.Type]; {
		case n < 0: // said
		case n < crowd:
			live.Changed(tx, l.Type, l.ID)
		default:
			live.Changed(tx, l.Type, "")
			many[l.Type] = -1
		}
	}
}

// Fed is told (Tx.Tell) when there is something new in the feed.
const Fed = "audit.feed"

// feed keeps the entries for whoever asked to be told of changes, a webhook of the customer or of the instance, and says so once the
// change is durable. one tells that the transaction is that of one customer.
func feed(ctx context.Context, tx *db.Tx, one bool, customer string, ids []string) error {
	wanted := `SELECT COUNT(*) FROM {webhook_instance}`
	if one {
		wanted = `SELECT (SELECT COUNT(*) FROM {webhook} WHERE state = 'active') + (SELECT COUNT(*) FROM {webhook_instance})`
	}
	var active int64
	if err := tx.Get(ctx, &active, wanted); err != nil || active == 0 {
		return err
	}
	rows := make([]fed, len(ids))
	for i, entry := range ids {
		rows[i] = fed{customer, entry}
	}
	_, err := tx.Insert(ctx, "audit_feed", rows, "")
	tx.Tell(Fed)
	return err
}

type fed struct {
	CustomerID string `db:"customer_id"`
	EntryID    string `db:"entry_id"`
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
