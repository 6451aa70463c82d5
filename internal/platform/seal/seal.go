package seal

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/tink"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// Instance stands for the customer of secrets of the instance itself.
const Instance = "00000000-0000-0000-0000-000000000000"

// version begins every sealed value.
const version = "v1:"

// mostOpened bounds the unwrapped data keys that a process keeps.
const mostOpened = 10_000

// ErrNoMaster is returned where a secret must be sealed or opened and no master key was given or made.
var ErrNoMaster = errors.New("no master key: give VIGIE_MASTER_KEY or --master-key-file, or start the server once so that it makes one in its data folder")

// Place is where a sealed value stands. It opens nowhere else.
type Place struct{ Table, Row, Column string }

func (p Place) String() string { return p.Table + "." + p.Column + " of " + p.Row }

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	source  Source
	columns []Column
	// step is called after each step of a rotation, and may end it there; for tests.
	step func() error

	mu     sync.Mutex
	ring   []Master
	opened map[string]tink.AEAD
}

// New reads the master keys of the source. It makes none and asks the database nothing: see Ready.
func New(ctx context.Context, s Source) (*Box, error) { return newBox(ctx, s, Columns()) }

func newBox(ctx context.Context, s Source, columns []Column) (*Box, error) {
	ring, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	return &Box{source: s, columns: columns, step: func() error { return nil }, ring: ring, opened: map[string]tink.AEAD{}}, nil
}

// Ready compares our master keys with the one that the database names, and refuses if that is not among them. With serving, a
// database that names none gets one (made in the data folder if none was given), and having none is an error; without, that
// is left to the first secret.
func (b *Box) Ready(ctx context.Context, d *db.DB, serving bool) error {
	return d.Across(ctx, "the instance's master key and its own data key", func(tx *db.Tx) error {
		var name string
		err := tx.Get(ctx, &name, `SELECT id FROM {master_key} WHERE state = 'current'`)
		unnamed := fault.Is(err, fault.NotFound)
		if err != nil && !unnamed {
			return fmt.Errorf("read the master key's id: %w", err)
		}
		_, have := b.newest()
		switch {
		case !have && !serving:
			return nil
		case !have && !unnamed:
			return fmt.Errorf("this database is sealed with master key %s, and none was given: %w", name, ErrNoMaster)
		case !have:
			if err := b.make(ctx); err != nil {
				return err
			}
		case !unnamed:
			if _, err := b.master(ctx, name); err != nil {
				return err
			}
		}
		_, err = b.currentKey(ctx, tx, Instance)
		return err
	})
}

// MasterID names the newest master key that was given, for manifests of backups; empty if there is none.
func (b *Box) MasterID() string {
	if m, ok := b.newest(); ok {
		return m.ID()
	}
	return ""
}

// make writes a first master key into the data folder.
func (b *Box) make(ctx context.Context) error {
	if !b.source.ours() {
		return ErrNoMaster
	}
	if err := b.source.write(NewKey() + "\n"); err != nil {
		return err
	}
	return b.reload(ctx)
}

func (b *Box) reload(ctx context.Context) error {
	ring, err := b.source.read(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ring = ring
	return nil
}

func (b *Box) newest() (Master, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ring) == 0 {
		return nil, false
	}
	return b.ring[0], true
}

// master gives a master key by its id. One that is not known is looked for in the file once more: an operator may have added it
// while we run.
func (b *Box) master(ctx context.Context, name string) (Master, error) {
	if m, ok := b.held(name); ok {
		return m, nil
	}
	if err := b.reload(ctx); err != nil {
		return nil, err
	}
	if m, ok := b.held(name); ok {
		return m, nil
	}
	have, ok := b.newest()
	if !ok {
		return nil, ErrNoMaster
	}
	return nil, fmt.Errorf("this database is sealed with master key %s, but %s was given: start with the master key that the other servers of this database have", name, have.ID())
}

func (b *Box) held(name string) (Master, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.ring {
		if m.ID() == name {
			return m, true
		}
	}
	return nil, false
}

// Seal gives the text to keep in the column. The transaction must be one that writes.
func (b *Box) Seal(ctx context.Context, tx *db.Tx, p Place, plain []byte) (string, error) {
	customer, err := b.owner(tx, p)
	if err != nil {
		return "", err
	}
	k, err := b.currentKey(ctx, tx, customer)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", p, err)
	}
	return b.seal(ctx, k, p, plain)
}

func (b *Box) seal(ctx context.Context, k keyRow, p Place, plain []byte) (string, error) {
	a, err := b.primitive(ctx, k)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", p, err)
	}
	sealed, err := a.Encrypt(plain, p.bound(k.CustomerID))
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", p, err)
	}
	return version + k.ID + ":" + base64.RawStdEncoding.EncodeToString(sealed), nil
}

// Open gives what was sealed at this very place, for this very customer.
func (b *Box) Open(ctx context.Context, tx *db.Tx, p Place, sealed string) ([]byte, error) {
	customer, err := b.owner(tx, p)
	if err != nil {
		return nil, err
	}
	return b.open(ctx, tx, customer, p, sealed)
}

func (b *Box) open(ctx context.Context, tx *db.Tx, customer string, p Place, sealed string) ([]byte, error) {
	name, text, ok := cut(sealed)
	if !ok {
		return nil, fmt.Errorf("open %s: not a sealed value", p)
	}
	var k keyRow
	err := tx.Get(ctx, &k, `SELECT `+db.Columns[keyRow]("")+` FROM {data_key} WHERE customer_id = ? AND id = ?`, customer, name)
	if fault.Is(err, fault.NotFound) {
		// Not a fault of the caller's request: it must not be answered as if the record were absent.
		return nil, fmt.Errorf("open %s: its data key %s is not one of customer %s", p, name, customer)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", p, err)
	}
	a, err := b.primitive(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", p, err)
	}
	plain, err := a.Decrypt(text, p.bound(customer))
	if err != nil {
		return nil, fmt.Errorf("open %s: the value was changed, or sealed for another place: %w", p, err)
	}
	return plain, nil
}

// Prepare makes the data key of the transaction's customer, if there is none yet.
func (b *Box) Prepare(ctx context.Context, tx *db.Tx) error {
	_, err := b.currentKey(ctx, tx, customerOf(tx))
	return err
}

func customerOf(tx *db.Tx) string {
	if one, ok := tx.Scope().One(); ok {
		return one
	}
	return Instance
}

// owner gives the customer whose key is used, and refuses a place that rotation would not find.
func (b *Box) owner(tx *db.Tx, p Place) (string, error) {
	c, ok := find(b.columns, p)
	if !ok {
		return "", fmt.Errorf("%s.%s is not listed in seal.Columns", p.Table, p.Column)
	}
	customer := customerOf(tx)
	if c.Customer == "" && customer != Instance {
		return "", fmt.Errorf("%s.%s is sealed for the instance, but the transaction is of one customer", p.Table, p.Column)
	}
	return customer, nil
}

// bound is the associated data of a sealed value.
func (p Place) bound(customer string) []byte {
	return pack("vigie sealed value", customer, p.Table, p.Row, p.Column)
}

// pack joins words so that no two lists give the same bytes.
func pack(words ...string) []byte {
	var out []byte
	for _, w := range words {
		out = binary.AppendUvarint(out, uint64(len(w)))
		out = append(out, w...)
	}
	return out
}

// cut takes a sealed value apart: v1, the id of its data key, and the ciphertext.
func cut(sealed string) (key string, text []byte, ok bool) {
	rest, ok := strings.CutPrefix(sealed, version)
	if !ok {
		return "", nil, false
	}
	key, b64, ok := strings.Cut(rest, ":")
	if !ok || !id.Valid(key) {
		return "", nil, false
	}
	text, err := base64.RawStdEncoding.Strict().DecodeString(b64)
	return key, text, err == nil
}

func fresh() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	return key
}
