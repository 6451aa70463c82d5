package identity

import (
	"context"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// ProvePath is the page that asks people to show once more who they are; next says where they go afterwards.
const ProvePath = "/prove"

// proofLasts is how old a proof may be when it is used.
const proofLasts = 5 * time.Minute

// TakeProof uses up the proof that the actor has just given of who they are, and says by which method: each signature needs a proof
// of its own. It goes with the transaction: what is rolled back leaves the proof as it was. Faults: forbidden, of key
// "trust.proof.needed", when there is none younger than five minutes; API tokens never have one.
func (s *Service) TakeProof(ctx context.Context, tx *db.Tx, a permission.Actor) (method string, err error) {
	needed := fault.New(fault.Forbidden, "trust.proof.needed")
	if a.Kind != permission.Person || a.ID == "" {
		return "", needed
	}
	err = tx.Get(ctx, &method, `SELECT proof_method FROM {session} WHERE id = ? AND user_id = ? AND proof_at > ?`+tx.ForUpdate(), a.Via, a.ID, db.At(tx.Now().Add(-proofLasts)))
	if fault.Is(err, fault.NotFound) {
		return "", needed
	}
	if err != nil {
		return "", err
	}
	n, err := tx.Exec(ctx, `UPDATE {session} SET proof_at = NULL, proof_method = '' WHERE id = ? AND proof_at IS NOT NULL`, a.Via)
	if err == nil && n == 0 {
		err = needed
	}
	return method, err
}

// HasProof tells whether TakeProof would find one now.
func (s *Service) HasProof(ctx context.Context, a permission.Actor) (ok bool, err error) {
	if a.Kind != permission.Person || a.ID == "" {
		return false, nil
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var n int
		err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {session} WHERE id = ? AND user_id = ? AND proof_at > ?`, a.Via, a.ID, db.At(tx.Now().Add(-proofLasts)))
		ok = n > 0
		return err
	})
	return ok, err
}

// GiveProof notes that the person of this session has just shown who they are: for whoever has checked it, in the transaction of the
// check. Faults: unauthorized.
func (s *Service) GiveProof(ctx context.Context, tx *db.Tx, a permission.Actor, method string) error {
	if a.Kind != permission.Person {
		return unauthorized()
	}
	n, err := tx.Exec(ctx, `UPDATE {session} SET proof_method = ?, proof_at = ? WHERE id = ? AND user_id = ?`, method, tx.Now(), a.Via, a.ID)
	if err == nil && n == 0 {
		return unauthorized()
	}
	if err != nil {
		return err
	}
	return audit.Write(ctx, tx, a, "prove", audit.Record{Type: "user", ID: a.ID, Name: a.Email}, nil, map[string]string{"method": method})
}

// ProveByPassword checks the password of the person who is signed in, and a code where they have a second factor: a proof is never
// weaker than signing in. Faults: unauthorized, invalid, limited.
func (s *Service) ProveByPassword(ctx context.Context, a permission.Actor, password, code string) error {
	if password == "" { // nothing was guessed
		var bad fault.Fields
		bad.Add("password", "trust.password.wrong")
		return bad.Err()
	}
	u, keys, err := s.checkOwnPassword(ctx, a, password, "password")
	if err != nil {
		return err
	}
	more := factorKeys(u.ID, a.Address)
	if err := s.attempt(ctx, more); err != nil {
		return err
	}
	wrong := false
	err = s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		f, err := factorsOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		method := byPassword
		if f.any() {
			factor, err := s.useCode(ctx, tx, u.ID, code)
			if err != nil {
				return err
			}
			if wrong = factor == ""; wrong {
				return audit.Write(ctx, tx, a, "factor_failed", record(u), nil, nil)
			}
			method += "+" + factor
		}
		for _, k := range [][]attemptKey{keys, more} {
			if err := forget(ctx, tx, k); err != nil {
				return err
			}
		}
		return s.GiveProof(ctx, tx, a, method)
	})
	if err == nil && wrong {
		var bad fault.Fields
		bad.Add("code", "trust.factor.wrong")
		return bad.Err()
	}
	return err
}

// showCode takes a code of one's own second factor, before the rest of a proof is given elsewhere, and tells which factor it was. Faults:
// forbidden, invalid, limited.
func (s *Service) showCode(ctx context.Context, a permission.Actor, code string) (factor string, err error) {
	keys := factorKeys(a.ID, a.Address)
	if err := s.attempt(ctx, keys); err != nil {
		return "", err
	}
	err = s.own(ctx, a, func(tx *db.Tx, u user) error {
		if factor, err = s.useCode(ctx, tx, u.ID, code); err != nil {
			return err
		}
		if factor == "" {
			return audit.Write(ctx, tx, a, "factor_failed", record(u), nil, nil)
		}
		return forget(ctx, tx, keys)
	})
	if err == nil && factor == "" {
		var bad fault.Fields
		bad.Add("code", "trust.factor.wrong")
		err = bad.Err()
	}
	return factor, err
}

// checkOwnPassword compares the password of the person who is signed in. A session that somebody left open must not be a way to
// guess: keys count the attempt, and forget takes it back.
func (s *Service) checkOwnPassword(ctx context.Context, a permission.Actor, password, field string) (u user, keys []attemptKey, err error) {
	elsewhere := false
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		if u, err = s.visible(ctx, tx, a, a.ID); err == nil {
			elsewhere, err = vouched(ctx, tx, u.ID)
		}
		return err
	})
	if err != nil {
		return u, nil, unauthorized().Because(err)
	}
	if elsewhere {
		u.PasswordHash = decoy
	}
	leave, err := s.hashing().enter(ctx, a.Address)
	if err != nil {
		return u, nil, err
	}
	defer leave()
	keys = attemptKeys(u.Email, a.Address)
	if err := s.attempt(ctx, keys); err != nil {
		return u, nil, err
	}
	ok, err := matches(u.PasswordHash, password)
	if err != nil {
		return u, nil, err
	}
	if !ok {
		var bad fault.Fields
		bad.Add(field, "trust.password.wrong")
		return u, nil, bad.Err()
	}
	return u, keys, nil
}
