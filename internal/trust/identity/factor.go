package identity

import (
	"context"
	"crypto/rand"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Factors is what somebody has besides a password.
type Factors struct {
	Provider string    `json:"provider" doc:"Name of the identity provider that vouches for the person, who has no password then; empty for none."`
	Password bool      `json:"password" doc:"Whether the person has set a password."`
	TOTP     bool      `json:"totp" doc:"Whether the person has an authenticator app."`
	Passkeys []Passkey `json:"passkeys" nullable:"false"`
	Recovery int       `json:"recovery_codes" doc:"How many recovery codes are left."`
	Required bool      `json:"required" doc:"Whether the role needs a second factor."`
}

func (f Factors) any() bool { return f.TOTP || len(f.Passkeys) > 0 }

func factorsOf(ctx context.Context, tx *db.Tx, userID string) (f Factors, err error) {
	var n int
	if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {totp} WHERE user_id = ? AND confirmed_at IS NOT NULL`, userID); err != nil {
		return f, err
	}
	f.TOTP = n > 0
	if err := tx.Get(ctx, &f.Recovery, `SELECT COUNT(*) FROM {recovery_code} WHERE user_id = ? AND used_at IS NULL`, userID); err != nil {
		return f, err
	}
	rows, err := passkeysOf(ctx, tx, userID)
	f.Passkeys = []Passkey{}
	for _, r := range rows {
		f.Passkeys = append(f.Passkeys, r.shown())
	}
	return f, err
}

// Factors tells what a person has to sign in: of oneself, or of anybody in sight for who may read users. Faults: not_found, forbidden.
func (s *Service) Factors(ctx context.Context, a permission.Actor, userID string) (f Factors, err error) {
	if _, err := s.User(ctx, a, userID); err != nil {
		return f, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, "id", userID)
		if err != nil {
			return err
		}
		if f, err = factorsOf(ctx, tx, userID); err != nil {
			return err
		}
		by, err := vouchersOf(ctx, tx, userID)
		if err != nil {
			return err
		}
		if f.Password = u.PasswordHash != decoy; len(by) > 0 {
			f.Provider, f.Password = by[0].Name, false
		}
		f.Required, err = factorRequired(ctx, tx, u.Role)
		return err
	})
	return f, err
}

// FactorRule says whether a role needs a second factor.
type FactorRule struct {
	Role     permission.Role `json:"role"`
	Required bool            `json:"required"`
}

func factorRequired(ctx context.Context, tx *db.Tx, r permission.Role) (required bool, err error) {
	var n int
	err = tx.Get(ctx, &n, `SELECT COUNT(*) FROM {factor_rule} WHERE role = ? AND required`, string(r))
	return n > 0, err
}

// FactorRules lists the rule of every role. Faults: forbidden.
func (s *Service) FactorRules(ctx context.Context, a permission.Actor) (out []FactorRule, err error) {
	if err := a.Require(permission.SignInRule); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		out, err = factorRules(ctx, tx)
		return err
	})
	return out, err
}

func factorRules(ctx context.Context, tx *db.Tx) (out []FactorRule, err error) {
	for _, r := range permission.Roles() {
		need, err := factorRequired(ctx, tx, r)
		if err != nil {
			return nil, err
		}
		out = append(out, FactorRule{r, need})
	}
	return out, nil
}

// SetFactorRules says which roles need a second factor; the others do not. It holds at once: whoever is signed in without one signs in
// anew, and is led to make one. Faults: forbidden (also for who is limited to some customers), invalid.
func (s *Service) SetFactorRules(ctx context.Context, a permission.Actor, required []permission.Role) (out []FactorRule, err error) {
	if err := a.Require(permission.SignInRule); err != nil || !a.Scope().All() {
		return nil, fault.New(fault.Forbidden, "fault.forbidden").Because(err)
	}
	var bad fault.Fields
	for _, r := range required {
		checkRole(&bad, r)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	type row struct {
		Role      string  `db:"role"`
		Required  bool    `db:"required"`
		UpdatedAt db.Time `db:"updated_at"`
	}
	err = s.db.Across(ctx, "the rules are the instance's", func(tx *db.Tx) error {
		before, err := factorRules(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {factor_rule} WHERE 1 = 1`); err != nil {
			return err
		}
		for _, r := range required {
			if _, err := tx.Insert(ctx, "factor_rule", row{string(r), true, tx.Now()}, "(role) DO NOTHING"); err != nil {
				return err
			}
		}
		if out, err = factorRules(ctx, tx); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", audit.Record{Type: "sign_in_rule", ID: "factor", Name: "second factor"}, before, out)
	})
	return out, err
}

// How recovery codes look: ten of them, each ten characters out of 32 that are not mistaken for one another, which is 50 bits.
const (
	recoveryCodes   = 10
	recoveryLength  = 10
	recoveryLetters = "abcdefghjkmnpqrstuvwxyz23456789w"
)

type recoveryRow struct {
	UserID    string  `db:"user_id"`
	Hash      string  `db:"hash"`
	CreatedAt db.Time `db:"created_at"`
	UsedAt    db.Time `db:"used_at"`
}

// makeRecovery gives new recovery codes; the ones before work no more. They are hashed with the person's id: each is tried against
// one person's only.
func makeRecovery(ctx context.Context, tx *db.Tx, userID string) ([]string, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM {recovery_code} WHERE user_id = ?`, userID); err != nil {
		return nil, err
	}
	codes, rows := make([]string, recoveryCodes), make([]recoveryRow, recoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryLength)
		_, _ = rand.Read(raw) // never fails
		for j := range raw {
			raw[j] = recoveryLetters[raw[j]%32]
		}
		codes[i] = string(raw[:5]) + "-" + string(raw[5:])
		rows[i] = recoveryRow{UserID: userID, Hash: digest(userID + ":" + string(raw)), CreatedAt: tx.Now()}
	}
	_, err := tx.Insert(ctx, "recovery_code", rows, "")
	return codes, err
}

// useCode takes a code of the app, or a recovery code, and tells which; empty for neither.
func (s *Service) useCode(ctx context.Context, tx *db.Tx, userID, code string) (factor string, err error) {
	code = strings.ToLower(digits(strings.TrimSpace(code)))
	if len(code) == totpDigits {
		ok, err := s.useTOTP(ctx, tx, userID, code)
		if err != nil || !ok {
			return "", err
		}
		return byTOTP, nil
	}
	n, err := tx.Exec(ctx, `UPDATE {recovery_code} SET used_at = ? WHERE user_id = ? AND hash = ? AND used_at IS NULL`, tx.Now(), userID, digest(userID+":"+code))
	if err != nil || n == 0 {
		return "", err
	}
	return byRecovery, nil
}

// afterFactor gives recovery codes to who has just got a first factor and has none; otherwise nothing.
func afterFactor(ctx context.Context, tx *db.Tx, userID string) ([]string, error) {
	f, err := factorsOf(ctx, tx, userID)
	if err != nil || f.Recovery > 0 {
		return nil, err
	}
	return makeRecovery(ctx, tx, userID)
}

// BeginTOTP begins to add an authenticator app to one's own account. Faults: forbidden, conflict.
func (s *Service) BeginTOTP(ctx context.Context, a permission.Actor) (out Authenticator, err error) {
	return out, s.own(ctx, a, func(tx *db.Tx, u user) error {
		out, err = s.beginTOTP(ctx, tx, u)
		return err
	})
}

// own works on the account of who is signed in, as a person.
func (s *Service) own(ctx context.Context, a permission.Actor, f func(*db.Tx, user) error) error {
	if err := a.Require(permission.ProfileOwn); err != nil {
		return err
	}
	// A token must not be able to make itself a way to sign in.
	if a.Kind != permission.Person {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, "id", a.ID)
		if err != nil {
			return err
		}
		return f(tx, u)
	})
}

// ConfirmTOTP takes the first code of the app, and uses up a proof: a session that somebody left open gets no new factor. codes are the
// recovery codes of a first factor. Faults: forbidden, invalid, conflict.
func (s *Service) ConfirmTOTP(ctx context.Context, a permission.Actor, code string) (codes []string, err error) {
	return codes, s.own(ctx, a, func(tx *db.Tx, u user) error {
		ok, err := s.confirmTOTP(ctx, tx, a, u, code)
		if err != nil {
			return err
		}
		if !ok {
			var bad fault.Fields
			bad.Add("code", "trust.factor.wrong")
			return bad.Err()
		}
		if _, err := s.TakeProof(ctx, tx, a); err != nil {
			return err
		}
		if codes, err = afterFactor(ctx, tx, u.ID); err != nil {
			return err
		}
		return strengthen(ctx, tx, a, byTOTP)
	})
}

// strengthen notes that the session has shown a second factor now.
func strengthen(ctx context.Context, tx *db.Tx, a permission.Actor, factor string) error {
	_, err := tx.Exec(ctx, `UPDATE {session} SET factor = ? WHERE id = ? AND factor = ''`, factor, a.Via)
	return err
}

// RenewRecovery gives new recovery codes in place of all before, and uses up a proof. Faults: forbidden, conflict (there is no second
// factor to recover from).
func (s *Service) RenewRecovery(ctx context.Context, a permission.Actor) (codes []string, err error) {
	return codes, s.own(ctx, a, func(tx *db.Tx, u user) error {
		f, err := factorsOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if !f.any() {
			return fault.New(fault.Conflict, "trust.factor.none")
		}
		if _, err := s.TakeProof(ctx, tx, a); err != nil {
			return err
		}
		if codes, err = makeRecovery(ctx, tx, u.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "renew_recovery_codes", record(u), nil, nil)
	})
}

// RemoveTOTP takes the authenticator app away, and uses up a proof. The last factor of a role that needs one stays. Faults: forbidden,
// not_found, conflict.
func (s *Service) RemoveTOTP(ctx context.Context, a permission.Actor) error {
	return s.removeFactor(ctx, a, "remove_totp", func(tx *db.Tx, u user) (int64, error) {
		return tx.Exec(ctx, `DELETE FROM {totp} WHERE user_id = ? AND confirmed_at IS NOT NULL`, u.ID)
	})
}

func (s *Service) removeFactor(ctx context.Context, a permission.Actor, action string, remove func(*db.Tx, user) (int64, error)) error {
	return s.own(ctx, a, func(tx *db.Tx, u user) error {
		n, err := remove(tx, u)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		f, err := factorsOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if !f.any() {
			need, err := factorRequired(ctx, tx, u.Role)
			if err != nil {
				return err
			}
			if need {
				return fault.New(fault.Conflict, "trust.factor.last")
			}
			if _, err := tx.Exec(ctx, `DELETE FROM {recovery_code} WHERE user_id = ?`, u.ID); err != nil {
				return err
			}
		}
		if _, err := s.TakeProof(ctx, tx, a); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, action, record(u), nil, nil)
	})
}

// ResetFactors takes every second factor from somebody who has lost theirs, and ends their sessions. Faults: not_found, forbidden.
func (s *Service) ResetFactors(ctx context.Context, a permission.Actor, userID string) error {
	u, err := s.User(ctx, a, userID)
	if err != nil {
		return err
	}
	if err := a.Require(permission.UserWrite); err != nil {
		return err
	}
	if u.ID == a.ID {
		return fault.New(fault.Conflict, "trust.factor.own")
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		for _, table := range []string{"totp", "passkey", "recovery_code", "session", "sign_in_pending"} {
			if _, err := tx.Exec(ctx, `DELETE FROM {`+table+`} WHERE user_id = ?`, userID); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, a, "reset_factors", audit.Record{Type: "user", ID: u.ID, Name: u.Email}, nil, nil)
	})
}

// EnrolTOTP begins an authenticator app for somebody whose role needs a second factor, on the way to their session. Faults: unauthorized.
func (s *Service) EnrolTOTP(ctx context.Context, pending string) (out Authenticator, err error) {
	return out, s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		p, err := pendingOf(ctx, tx, pending)
		if err != nil || p.Stage != Enrol {
			return unauthorized().Because(err)
		}
		out, err = s.beginTOTP(ctx, tx, p.user)
		return err
	})
}

// EnrolByCode takes the first code of that app, and gives the session and the recovery codes. Faults: unauthorized, invalid, limited.
func (s *Service) EnrolByCode(ctx context.Context, pending, code string, v Visit) (secret string, codes []string, err error) {
	wrong := false
	err = s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		p, err := pendingOf(ctx, tx, pending)
		if err != nil || p.Stage != Enrol {
			return unauthorized().Because(err)
		}
		ok, err := s.confirmTOTP(ctx, tx, p.actor(), p.user, code)
		if err != nil {
			return err
		}
		if !ok {
			wrong = true
			return p.fail(ctx, tx)
		}
		if codes, err = afterFactor(ctx, tx, p.user.ID); err != nil {
			return err
		}
		secret, err = s.finish(ctx, tx, p, v, byTOTP)
		return err
	})
	if err == nil && wrong {
		var bad fault.Fields
		bad.Add("code", "trust.factor.wrong")
		err = bad.Err()
	}
	return secret, codes, err
}
