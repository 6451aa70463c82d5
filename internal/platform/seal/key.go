package seal

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// The states of master keys and data keys: one is current, and seals; the others only open.
const (
	current = "current"
	retired = "retired"
)

type masterRow struct {
	ID    string  `db:"id"`
	State string  `db:"state"`
	Since db.Time `db:"since"`
}

type keyRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Wrapped    string  `db:"wrapped"`
	MasterID   string  `db:"master_id"`
	State      string  `db:"state"`
	CreatedAt  db.Time `db:"created_at"`
	RetiredAt  db.Time `db:"retired_at"`
}

// bound is what a wrapped data key is bound to: it is no key of another customer.
func (k keyRow) bound() []byte { return pack("vigie data key", k.CustomerID, k.ID) }

// currentKey gives the key that seals for the customer, and makes the first. On PostgreSQL it is held until the transaction
// ends, so that a rotation, which changes the row, waits for values that are sealed and not yet committed.
func (b *Box) currentKey(ctx context.Context, tx *db.Tx, customer string) (keyRow, error) {
	hold := ""
	if tx.Engine() == db.Postgres {
		hold = " FOR SHARE"
	}
	query := `SELECT ` + db.Columns[keyRow]("") + ` FROM {data_key} WHERE customer_id = ? AND state = 'current'` + hold
	var k keyRow
	err := tx.Get(ctx, &k, query, customer)
	if !fault.Is(err, fault.NotFound) {
		return k, err
	}
	m, err := b.currentMaster(ctx, tx)
	if err != nil {
		return k, err
	}
	k = keyRow{CustomerID: customer, ID: id.New(), MasterID: m.ID(), State: current, CreatedAt: tx.Now()}
	if err := wrap(ctx, m, &k, fresh()); err != nil {
		return k, err
	}
	// Another process may make the customer's first key at the same moment: the one that stands is used.
	if _, err := tx.Insert(ctx, "data_key", k, "DO NOTHING"); err != nil {
		return k, err
	}
	err = tx.Get(ctx, &k, query, customer)
	return k, err
}

func wrap(ctx context.Context, m Master, k *keyRow, key []byte) error {
	w, err := m.Wrap(ctx, key, k.bound())
	if err != nil {
		return fmt.Errorf("wrap a data key with %s: %w", m.ID(), err)
	}
	k.Wrapped = base64.StdEncoding.EncodeToString(w)
	return nil
}

// currentMaster gives the master key that the database names, and lets it name ours if it names none.
func (b *Box) currentMaster(ctx context.Context, tx *db.Tx) (Master, error) {
	// Held likewise, so that a rotation waits for data keys that are wrapped and not yet committed.
	query := `SELECT id, state, since FROM {master_key} WHERE state = 'current'`
	if tx.Engine() == db.Postgres {
		query += " FOR SHARE"
	}
	var row masterRow
	err := tx.Get(ctx, &row, query)
	if fault.Is(err, fault.NotFound) {
		first, ok := b.newest()
		if !ok {
			return nil, ErrNoMaster
		}
		row = masterRow{ID: first.ID(), State: current, Since: tx.Now()}
		if _, err := tx.Insert(ctx, "master_key", row, "DO NOTHING"); err != nil {
			return nil, err
		}
		err = tx.Get(ctx, &row, query)
	}
	if err != nil {
		return nil, err
	}
	return b.master(ctx, row.ID)
}

// primitive unwraps a data key, once in a process.
func (b *Box) primitive(ctx context.Context, k keyRow) (tink.AEAD, error) {
	// The wrapped text is part of the name: a row that was changed is never answered from memory.
	name := k.CustomerID + " " + k.ID + " " + k.Wrapped
	b.mu.Lock()
	a, ok := b.opened[name]
	b.mu.Unlock()
	if ok {
		return a, nil
	}
	m, err := b.master(ctx, k.MasterID)
	if err != nil {
		return nil, err
	}
	key, err := unwrap(ctx, m, k)
	if err != nil {
		return nil, err
	}
	if a, err = subtle.NewAESGCM(key); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.opened) >= mostOpened {
		clear(b.opened)
	}
	b.opened[name] = a
	return a, nil
}

func unwrap(ctx context.Context, m Master, k keyRow) ([]byte, error) {
	w, err := base64.StdEncoding.DecodeString(k.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("data key %s: %w", k.ID, err)
	}
	key, err := m.Unwrap(ctx, w, k.bound())
	if err != nil {
		return nil, fmt.Errorf("unwrap data key %s with %s: %w", k.ID, m.ID(), err)
	}
	return key, nil
}
