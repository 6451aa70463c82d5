package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// How guessing is slowed down. Beyond so many failures each further one doubles the wait; a day without any forgets all.
const (
	freeByBoth    = 5  // one e-mail from one address: whoever guesses from elsewhere does not lock the owner out
	freeByEmail   = 50 // one e-mail from everywhere
	freeByAddress = 30 // an office of people shares one
	maxWait       = 15 * time.Minute
	forgetAfter   = 24 * time.Hour
)

type attemptRow struct {
	Key          string  `db:"key"`
	Failures     int64   `db:"failures"`
	LastAt       db.Time `db:"last_at"`
	BlockedUntil db.Time `db:"blocked_until"`
}

type attemptKey struct {
	key  string
	free int64
}

// attemptKeys name what is slowed down. E-mails are hashed: what people type there by mistake is often a password.
func attemptKeys(email, address string) []attemptKey {
	sum := sha256.Sum256([]byte(email))
	hash := hex.EncodeToString(sum[:])
	return []attemptKey{{"both:" + hash + ":" + address, freeByBoth}, {"email:" + hash, freeByEmail}, {"address:" + address, freeByAddress}}
}

// wait is how long to wait after so many failures.
func wait(failures, free int64) time.Duration {
	if failures < free {
		return 0
	}
	return min(time.Second<<min(failures-free, 20), maxWait)
}

// attempt counts an attempt as failed before it is made, so that many at once do not slip through; forget takes it back. While
// blocked it is a fault of code limited, for e-mails that exist and for those that do not.
func (s *Service) attempt(ctx context.Context, keys []attemptKey) error {
	return s.db.Across(ctx, "sign-in comes before any customer is known", func(tx *db.Tx) error {
		now := tx.Now()
		rows := make([]attemptRow, len(keys))
		for i, k := range keys {
			// The row exists and is locked before it is read, so that attempts at the same time are all counted.
			if _, err := tx.Insert(ctx, "sign_in_attempt", attemptRow{Key: k.key, LastAt: now}, "(key) DO NOTHING"); err != nil {
				return err
			}
			err := tx.Get(ctx, &rows[i], `SELECT key, failures, last_at, blocked_until FROM {sign_in_attempt} WHERE key = ?`+tx.ForUpdate(), k.key)
			if err != nil {
				return err
			}
			if left := rows[i].BlockedUntil.Sub(now.Time); !rows[i].BlockedUntil.IsZero() && left > 0 {
				return fault.New(fault.Limited, "trust.sign_in.wait", "seconds", int((left+time.Second-1)/time.Second))
			}
			if now.Sub(rows[i].LastAt.Time) > forgetAfter {
				rows[i].Failures = 0
			}
			rows[i].Failures++
			rows[i].LastAt, rows[i].BlockedUntil = now, db.Time{}
			if w := wait(rows[i].Failures, k.free); w > 0 {
				rows[i].BlockedUntil = db.At(now.Add(w))
			}
		}
		_, err := tx.Insert(ctx, "sign_in_attempt", rows,
			`(key) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, blocked_until = excluded.blocked_until`)
		return err
	})
}

// forget takes back what attempt counted, after it went well: the e-mail begins anew at this address, and the rest is as it was,
// since an attacker may have one account of their own.
func forget(ctx context.Context, tx *db.Tx, keys []attemptKey) error {
	if _, err := tx.Exec(ctx, `DELETE FROM {sign_in_attempt} WHERE key = ?`, keys[0].key); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE {sign_in_attempt} SET failures = failures - 1, blocked_until = NULL WHERE key IN (?, ?)`, keys[1].key, keys[2].key)
	return err
}
