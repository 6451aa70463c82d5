package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// How long a session lasts: without use, and at all.
const (
	idleFor = 12 * time.Hour
	lastFor = 7 * 24 * time.Hour
	// touchAfter is how old "last seen" may grow before it is written again.
	touchAfter = time.Minute
)

type sessionRow struct {
	IDHash      string  `db:"id_hash"`
	ID          string  `db:"id"`
	UserID      string  `db:"user_id"`
	Address     string  `db:"address"`
	Agent       string  `db:"agent"`
	Method      string  `db:"method"`
	Factor      string  `db:"factor"`
	ProofMethod string  `db:"proof_method"`
	ProofAt     db.Time `db:"proof_at"`
	CreatedAt   db.Time `db:"created_at"`
	SeenAt      db.Time `db:"seen_at"`
	ExpiresAt   db.Time `db:"expires_at"`
}

// How somebody has shown who they are: the method of a session, its second factor, and of a proof. External means that somebody
// else vouched for them, who had their own rules.
const (
	byPassword = "password"
	byPasskey  = "passkey"
	byTOTP     = "totp"
	byRecovery = "recovery"
	external   = "external"
	byGlass    = "break_glass"
)

// newSecret gives 256 random bits as text.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// digest is what is stored of a secret. It needs no salt: nobody guesses 256 bits.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Visit is where a sign-in comes from.
type Visit struct {
	Address string
	Agent   string
	Session string // secret of the session so far, which ends
}

// begin makes the session of a person, in place of the one that the browser had.
func begin(ctx context.Context, tx *db.Tx, u user, v Visit, method, factor string) (secret string, err error) {
	if v.Session != "" {
		if _, err := tx.Exec(ctx, `DELETE FROM {session} WHERE id_hash = ?`, digest(v.Session)); err != nil {
			return "", err
		}
	}
	secret = newSecret()
	row := sessionRow{IDHash: digest(secret), ID: id.New(), UserID: u.ID, Address: v.Address, Agent: v.agent(), Method: method, Factor: factor,
		CreatedAt: tx.Now(), SeenAt: tx.Now(), ExpiresAt: db.At(tx.Now().Add(lastFor))}
	if _, err := tx.Insert(ctx, "session", row, ""); err != nil {
		return "", err
	}
	actor := permission.Actor{ID: u.ID, Name: u.Name, Email: u.Email, Kind: permission.Person, Via: row.ID, Address: v.Address}
	return secret, audit.Write(ctx, tx, actor, "sign_in", record(u), nil, map[string]string{"method": method, "factor": factor})
}

// agent is what the browser says that it is, at a length that can be kept.
func (v Visit) agent() string {
	return strings.ToValidUTF8(v.Agent[:min(len(v.Agent), 300)], "?")
}

func readable(s string) bool { return strings.ToValidUTF8(s, "") == s && !strings.ContainsRune(s, 0) }

// SignOut ends the session; one that has ended already is no fault.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	a, err := s.bySession(ctx, secret, "")
	if fault.Is(err, fault.Unauthorized) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM {session} WHERE id_hash = ?`, digest(secret)); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "sign_out", audit.Record{Type: "user", ID: a.ID, Name: a.Email}, nil, nil)
	})
}

// Sweep removes what has run out: sessions, and attempts that are forgotten.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		now := tx.Now()
		if _, err := tx.Exec(ctx, `DELETE FROM {session} WHERE expires_at < ? OR seen_at < ?`, now, db.At(now.Add(-idleFor))); err != nil {
			return err
		}
		for _, table := range []string{"sign_in_pending", "passkey_challenge", "sign_in_link"} {
			if _, err := tx.Exec(ctx, `DELETE FROM {`+table+`} WHERE expires_at < ?`, now); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {sign_in_request} WHERE created_at < ?`, db.At(now.Add(-time.Hour))); err != nil {
			return err
		}
		if err := s.sweepGlass(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM {sign_in_attempt} WHERE last_at < ?`, db.At(now.Add(-forgetAfter)))
		return err
	})
}
