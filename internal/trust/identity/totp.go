package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 as authenticator apps have it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// What every authenticator app understands: SHA-1, six digits, a step of 30 seconds.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpDrift  = 1 // steps that a clock may be off, either way
	totpBytes  = 20
)

// totpCode is RFC 6238: the code of a secret at a step.
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// totpMatch finds the step of a code around now. Steps up to the last one that was used are refused: each code works once.
func totpMatch(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	current := now.Unix() / int64(totpStep/time.Second)
	for s := current - totpDrift; s <= current+totpDrift; s++ {
		// All are compared, so that the time does not tell which was near.
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, s)), []byte(code)) == 1 && s > last && !ok {
			step, ok = s, true
		}
	}
	return step, ok
}

func base32Text(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// totpURI is what the app reads from the picture.
func totpURI(email string, secret []byte) string {
	q := url.Values{"secret": {base32Text(secret)}, "issuer": {"Vigie"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	return "otpauth://totp/" + url.PathEscape("Vigie:"+email) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

type totpRow struct {
	UserID      string  `db:"user_id"`
	Secret      string  `db:"secret"` // sealed
	LastStep    int64   `db:"last_step"`
	CreatedAt   db.Time `db:"created_at"`
	ConfirmedAt db.Time `db:"confirmed_at"`
}

func (r totpRow) place() seal.Place {
	return seal.Place{Table: "totp", Row: r.UserID, Column: "secret"}
}

// Authenticator is what an app is told, once: Text is typed where the picture of URI cannot be read.
type Authenticator struct{ URI, Text string }

// getTOTP reads a secret, locked so that one code is not used twice at the same time.
func (s *Service) getTOTP(ctx context.Context, tx *db.Tx, userID string) (row totpRow, secret []byte, err error) {
	err = tx.Get(ctx, &row, `SELECT `+db.Columns[totpRow]("")+` FROM {totp} WHERE user_id = ?`+tx.ForUpdate(), userID)
	if err == nil {
		secret, err = s.Secrets.Open(ctx, tx, row.place(), row.Secret)
	}
	return row, secret, err
}

// beginTOTP makes a secret that waits for its first code, or gives the one that waits already.
func (s *Service) beginTOTP(ctx context.Context, tx *db.Tx, u user) (Authenticator, error) {
	if s.Secrets == nil {
		return Authenticator{}, fault.New(fault.Conflict, "trust.factor.unavailable")
	}
	row, secret, err := s.getTOTP(ctx, tx, u.ID)
	switch {
	case err == nil && !row.ConfirmedAt.IsZero():
		return Authenticator{}, fault.New(fault.Conflict, "trust.factor.have_totp")
	case fault.Is(err, fault.NotFound):
		secret = make([]byte, totpBytes)
		_, _ = rand.Read(secret) // never fails
		row = totpRow{UserID: u.ID, CreatedAt: tx.Now()}
		if row.Secret, err = s.Secrets.Seal(ctx, tx, row.place(), secret); err == nil {
			_, err = tx.Insert(ctx, "totp", row, "")
		}
	}
	return Authenticator{URI: totpURI(u.Email, secret), Text: base32Text(secret)}, err
}

// confirmTOTP takes the first code of a new app. ok is false for a wrong one.
func (s *Service) confirmTOTP(ctx context.Context, tx *db.Tx, a permission.Actor, u user, code string) (ok bool, err error) {
	row, secret, err := s.getTOTP(ctx, tx, u.ID)
	if fault.Is(err, fault.NotFound) || err == nil && !row.ConfirmedAt.IsZero() {
		return false, fault.New(fault.Conflict, "trust.factor.have_totp").Because(err)
	}
	if err != nil {
		return false, err
	}
	step, ok := totpMatch(secret, digits(code), tx.Now().Time, row.LastStep)
	if !ok {
		return false, nil
	}
	if _, err := tx.Exec(ctx, `UPDATE {totp} SET confirmed_at = ?, last_step = ? WHERE user_id = ?`, tx.Now(), step, u.ID); err != nil {
		return false, err
	}
	return true, audit.Write(ctx, tx, a, "add_totp", record(u), nil, nil)
}

// useTOTP takes a code. ok is false for a wrong one, and for one that was used.
func (s *Service) useTOTP(ctx context.Context, tx *db.Tx, userID, code string) (ok bool, err error) {
	row, secret, err := s.getTOTP(ctx, tx, userID)
	if fault.Is(err, fault.NotFound) || err == nil && row.ConfirmedAt.IsZero() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	step, ok := totpMatch(secret, code, tx.Now().Time, row.LastStep)
	if !ok {
		return false, nil
	}
	_, err = tx.Exec(ctx, `UPDATE {totp} SET last_step = ? WHERE user_id = ?`, step, userID)
	return err == nil, err
}

// digits leaves out the blanks that people and apps put into codes.
func digits(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, code)
}
