package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal"
)

// signer is the key that signs checkpoints. Its name is the log's origin.
type signer struct {
	note.Signer
	public string
}

type keyRow struct {
	ID        string  `db:"id"`
	Public    string  `db:"public"`
	Sealed    string  `db:"sealed"`
	CreatedAt db.Time `db:"created_at"`
}

// place is where the secret half of a key stands.
func place(key string) seal.Place {
	return seal.Place{Table: "audit_key", Row: key, Column: "sealed"}
}

// signingKey opens the newest key, and makes the first one. The transaction must hold the head of the log, so that only one is made.
func (l *Log) signingKey(ctx context.Context, tx *db.Tx) (*signer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rows []keyRow
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[keyRow]("")+` FROM {audit_key} ORDER BY created_at DESC, id LIMIT 1`); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		row, err := l.newKey(ctx, tx)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if l.key != nil && l.key.public == rows[0].Public {
		return l.key, nil
	}
	secret, err := l.secrets.Open(ctx, tx, place(rows[0].ID), rows[0].Sealed)
	if err != nil {
		return nil, fmt.Errorf("open the audit key: %w", err)
	}
	s, err := note.NewSigner(string(secret))
	if err != nil {
		return nil, fmt.Errorf("open the audit key: %w", err)
	}
	l.key = &signer{s, rows[0].Public}
	return l.key, nil
}

func (l *Log) newKey(ctx context.Context, tx *db.Tx) (keyRow, error) {
	var mark [4]byte
	_, _ = rand.Read(mark[:]) // never fails
	secret, public, err := note.GenerateKey(rand.Reader, "vigie-audit/"+hex.EncodeToString(mark[:]))
	if err != nil {
		return keyRow{}, fmt.Errorf("make the audit key: %w", err)
	}
	sum := sha256.Sum256([]byte(public))
	row := keyRow{ID: hex.EncodeToString(sum[:8]), Public: public, CreatedAt: tx.Now()}
	if row.Sealed, err = l.secrets.Seal(ctx, tx, place(row.ID), []byte(secret)); err != nil {
		return keyRow{}, fmt.Errorf("seal the audit key: %w", err)
	}
	_, err = tx.Insert(ctx, "audit_key", row, "")
	return row, err
}

// PublicKey is the key by which checkpoints are verified, in the form of note's verifiers. It is made if there is none yet.
func (l *Log) PublicKey(ctx context.Context) (public string, err error) {
	err = l.db.Across(ctx, "the log's key is the instance's", func(tx *db.Tx) error {
		if _, err := lockHead(ctx, tx); err != nil {
			return err
		}
		k, err := l.signingKey(ctx, tx)
		if err == nil {
			public = k.public
		}
		return err
	})
	return public, err
}

// publicKeys are those that the database names, for verifying without a key that was kept elsewhere.
func publicKeys(ctx context.Context, tx *db.Tx) (out []string, err error) {
	err = tx.Select(ctx, &out, `SELECT public FROM {audit_key} ORDER BY created_at, id`)
	return out, err
}

// Keys reads the public keys of a text, one a line; lines that begin with # are left out. Faults: invalid.
func Keys(text string) (note.Verifiers, error) {
	var list []note.Verifier
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, badKey(err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, badKey(nil)
	}
	return note.VerifierList(list...), nil
}

func badKey(err error) error {
	var bad fault.Fields
	bad.Add("key", "audit.field.key")
	f, _ := bad.Err().(*fault.Error)
	return f.Because(err)
}
