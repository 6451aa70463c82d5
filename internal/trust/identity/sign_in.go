package identity

import (
	"context"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Stage is how far somebody has come who signs in:
//
//	password, or a provider's word ──> factor ──> session      who has a second factor
//	                               ──> enrol  ──> session      whose role needs one, and who has none yet
//	                               ──> session                 everybody else
//	passkey that has verified its user, or a provider that has asked for a second factor itself ──> session
//
// For whom a provider vouches, neither password nor passkey leads anywhere (see Voucher). Between the first step and the session there is a
// row of sign_in_pending, whose secret opens nothing but the next step.
type Stage string

// The stages.
const (
	SignedIn Stage = "session"
	AskCode  Stage = "factor"
	Enrol    Stage = "enrol"
)

// Step is what a step of signing in has led to: a session if Stage is SignedIn, otherwise the secret for the next step.
type Step struct {
	Stage  Stage
	Secret string
}

// How long somebody may take for the second factor, and how often they may mistype it before the password is asked for again.
const (
	pendingFor   = 10 * time.Minute
	pendingTries = 5
)

type pendingRow struct {
	IDHash    string  `db:"id_hash"`
	UserID    string  `db:"user_id"`
	Stage     Stage   `db:"stage"`
	Method    string  `db:"method"`
	Failures  int64   `db:"failures"`
	Address   string  `db:"address"`
	Agent     string  `db:"agent"`
	CreatedAt db.Time `db:"created_at"`
	ExpiresAt db.Time `db:"expires_at"`
}

// glass tells a break-glass administrator.
func (u user) glass() bool { return !u.ExpiresAt.IsZero() }

// standing tells whether the person may be signed in at all.
func (u user) standing(now db.Time) bool {
	return u.DisabledAt.IsZero() && (u.ExpiresAt.IsZero() || now.Before(u.ExpiresAt.Time))
}

// SignIn checks e-mail and password. Faults: unauthorized (whatever was wrong), limited.
func (s *Service) SignIn(ctx context.Context, email, password string, v Visit) (step Step, err error) {
	email = strings.ToLower(strings.TrimSpace(email))
	wrong := fault.New(fault.Unauthorized, "trust.sign_in.wrong")
	if len(email) > 254 || len(password) > 4*maxPassword || !readable(email) {
		return step, wrong
	}
	// The slot comes before the count of attempts: whoever was not let through has not guessed.
	leave, err := s.hashing().enter(ctx, v.Address)
	if err != nil {
		return step, err
	}
	defer leave()
	keys := attemptKeys(email, v.Address)
	if err := s.attempt(ctx, keys); err != nil {
		return step, err
	}
	var u user
	elsewhere := false
	err = s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) (err error) {
		if u, err = getUser(ctx, tx, "email", email); err == nil {
			elsewhere, err = vouched(ctx, tx, u.ID)
		}
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return step, err
	}
	known := err == nil
	if !known || elsewhere {
		u.PasswordHash = decoy
	}
	ok, err := matches(u.PasswordHash, password)
	if err != nil {
		return step, err
	}
	actor := permission.Actor{ID: u.ID, Name: u.Name, Email: u.Email, Kind: permission.Person, Address: v.Address}
	err = s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		if !known || !ok || !u.standing(tx.Now()) {
			// Written for unknown e-mails as well, without what was typed: the time of a write must not tell who is known.
			return audit.Write(ctx, tx, actor, "sign_in_failed", record(u), nil, nil)
		}
		if err := forget(ctx, tx, keys); err != nil {
			return err
		}
		step, err = s.afterPassword(ctx, tx, u, v)
		return err
	})
	if err == nil && step.Secret == "" {
		err = wrong
	}
	return step, err
}

// afterPassword decides what comes after a password that was right.
func (s *Service) afterPassword(ctx context.Context, tx *db.Tx, u user, v Visit) (Step, error) {
	if u.glass() {
		return s.breakIn(ctx, tx, u, v)
	}
	stage, err := nextStage(ctx, tx, u)
	if err != nil {
		return Step{}, err
	}
	if stage == SignedIn {
		secret, err := begin(ctx, tx, u, v, byPassword, "")
		return Step{stage, secret}, err
	}
	return suspend(ctx, tx, u, v, byPassword, stage)
}

// nextStage is what follows a first factor.
func nextStage(ctx context.Context, tx *db.Tx, u user) (Stage, error) {
	f, err := factorsOf(ctx, tx, u.ID)
	switch {
	case err != nil:
		return "", err
	case f.any():
		return AskCode, nil
	}
	need, err := factorRequired(ctx, tx, u.Role)
	if err == nil && need {
		return Enrol, nil
	}
	return SignedIn, err
}

// suspend keeps a sign-in that waits for its second factor.
func suspend(ctx context.Context, tx *db.Tx, u user, v Visit, method string, stage Stage) (Step, error) {
	secret := newSecret()
	row := pendingRow{IDHash: digest(secret), UserID: u.ID, Stage: stage, Method: method, Address: v.Address, Agent: v.agent(), CreatedAt: tx.Now(),
		ExpiresAt: db.At(tx.Now().Add(pendingFor))}
	_, err := tx.Insert(ctx, "sign_in_pending", row, "")
	return Step{stage, secret}, err
}

// Pending is somebody between password and session.
type Pending struct {
	Stage    Stage
	Email    string
	Language string
	TOTP     bool // has an authenticator app
	Passkeys bool // has a passkey
	user     user
	row      pendingRow
}

// actor is who is written into the trail. It has no role and no scope, and may do nothing.
func (p Pending) actor() permission.Actor {
	return permission.Actor{ID: p.user.ID, Name: p.user.Name, Email: p.user.Email, Kind: permission.Person, Via: "sign-in", Address: p.row.Address}
}

// PendingSignIn reads how far a sign-in has come. Faults: unauthorized, when it has run out or never began.
func (s *Service) PendingSignIn(ctx context.Context, secret string) (p Pending, err error) {
	err = s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		p, err = pendingOf(ctx, tx, secret)
		return err
	})
	return p, err
}

func pendingOf(ctx context.Context, tx *db.Tx, secret string) (p Pending, err error) {
	if secret == "" {
		return p, unauthorized()
	}
	err = tx.Get(ctx, &p.row, `SELECT `+db.Columns[pendingRow]("")+` FROM {sign_in_pending} WHERE id_hash = ? AND expires_at > ?`, digest(secret), tx.Now())
	if err == nil {
		p.user, err = getUser(ctx, tx, "id", p.row.UserID)
	}
	if fault.Is(err, fault.NotFound) || err == nil && !p.user.standing(tx.Now()) {
		return p, unauthorized()
	}
	if err != nil {
		return p, err
	}
	f, err := factorsOf(ctx, tx, p.user.ID)
	p.Stage, p.Email, p.Language, p.TOTP, p.Passkeys = p.row.Stage, p.user.Email, p.user.Language, f.TOTP, len(f.Passkeys) > 0
	return p, err
}

// finish turns a pending sign-in into a session.
func (s *Service) finish(ctx context.Context, tx *db.Tx, p Pending, v Visit, factor string) (string, error) {
	secret, err := begin(ctx, tx, p.user, v, p.row.Method, factor)
	if err != nil {
		return "", err
	}
	if s.Finished != nil {
		if err := s.Finished(ctx, tx, p.row.IDHash, digest(secret)); err != nil {
			return "", err
		}
	}
	n, err := tx.Exec(ctx, `DELETE FROM {sign_in_pending} WHERE id_hash = ?`, p.row.IDHash)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", unauthorized() // finished by another request meanwhile
	}
	return secret, nil
}

// SignInByCode goes on with a code of the authenticator app or a recovery code, and gives the secret of the session. Faults:
// unauthorized (the sign-in must begin anew), invalid (a wrong code), limited.
func (s *Service) SignInByCode(ctx context.Context, pending, code string, v Visit) (secret string, err error) {
	p, err := s.PendingSignIn(ctx, pending)
	if err != nil {
		return "", err
	}
	if p.Stage != AskCode {
		return "", unauthorized()
	}
	keys := factorKeys(p.user.ID, v.Address)
	if err := s.attempt(ctx, keys); err != nil {
		return "", err
	}
	wrong := false
	err = s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		factor, err := s.useCode(ctx, tx, p.user.ID, code)
		if err != nil {
			return err
		}
		if factor == "" {
			wrong = true
			return p.fail(ctx, tx)
		}
		if err := forget(ctx, tx, keys); err != nil {
			return err
		}
		secret, err = s.finish(ctx, tx, p, v, factor)
		return err
	})
	if err == nil && wrong {
		var bad fault.Fields
		bad.Add("code", "trust.factor.wrong")
		err = bad.Err()
	}
	return secret, err
}

// fail counts a wrong second factor; after a few the password is asked for again.
func (p Pending) fail(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `UPDATE {sign_in_pending} SET failures = failures + 1 WHERE id_hash = ?`, p.row.IDHash); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM {sign_in_pending} WHERE id_hash = ? AND failures >= ?`, p.row.IDHash, pendingTries); err != nil {
		return err
	}
	return audit.Write(ctx, tx, p.actor(), "factor_failed", record(p.user), nil, nil)
}

// factorKeys slow down guessing of second factors: apart from passwords, since whoever guesses here knows the password.
func factorKeys(userID, address string) []attemptKey {
	return []attemptKey{{"factor:" + userID + ":" + address, 5}, {"factor:" + userID, 15}, {"factor-address:" + address, freeByAddress}}
}
