package identity

import (
	"context"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// AskPasskey begins a sign-in by passkey alone: it must know its user, and verify them.
func (s *Service) AskPasskey(ctx context.Context, site Site) (out Challenge, err error) {
	w, ok := s.party(site)
	if !ok {
		return out, noParty()
	}
	options, data, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return out, err
	}
	out.PublicKey = options.Response
	return out, s.db.Across(ctx, "who signs in is not known yet", func(tx *db.Tx) error {
		out.ID, err = keepChallenge(ctx, tx, toSignIn, "", "", data)
		return err
	})
}

// SignInByPasskey signs in whom the passkey names: it is both factors in one. Faults: unauthorized (whatever was wrong), limited.
func (s *Service) SignInByPasskey(ctx context.Context, site Site, in Answer, v Visit) (secret string, err error) {
	w, ok := s.party(site)
	if !ok {
		return "", noParty()
	}
	wrong := fault.New(fault.Unauthorized, "trust.factor.passkey")
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(in.Credential))
	if err != nil {
		return "", wrong.Because(err)
	}
	keys := []attemptKey{{"passkey:" + v.Address, freeByAddress}, {"passkey:", 1 << 40}, {"passkey-address:" + v.Address, freeByAddress}}
	if err := s.attempt(ctx, keys[:1]); err != nil {
		return "", err
	}
	err = s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		data, err := takeChallenge(ctx, tx, in.Challenge, toSignIn, "")
		if err != nil {
			return err
		}
		var u user
		used, err := w.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
			if !id.Valid(string(handle)) {
				return nil, wrong
			}
			if u, err = getUser(ctx, tx, "id", string(handle)); err != nil {
				return nil, err
			}
			rows, err := passkeysOf(ctx, tx, u.ID)
			return holder{u, rows}, err
		}, data, parsed)
		if err != nil {
			return wrong.Because(err)
		}
		elsewhere, err := vouched(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if elsewhere || !u.standing(tx.Now()) || !used.Flags.UserVerified {
			return wrong
		}
		if err := keepUse(ctx, tx, used); err != nil {
			return err
		}
		if err := forget(ctx, tx, keys); err != nil {
			return err
		}
		secret, err = begin(ctx, tx, u, v, byPasskey, byPasskey)
		return err
	})
	if fault.Is(err, fault.Invalid) {
		err = wrong.Because(err)
	}
	return secret, err
}

// AskPendingPasskey asks the passkeys of who has given the password, or, where the role needs a factor and there is none, for a new one.
func (s *Service) AskPendingPasskey(ctx context.Context, site Site, pending string) (out Challenge, err error) {
	return out, s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		p, err := pendingOf(ctx, tx, pending)
		if err != nil {
			return err
		}
		if p.Stage == Enrol {
			out, err = s.askNew(ctx, tx, site, p.user, toEnrol, p.row.IDHash)
		} else {
			out, err = s.askFor(ctx, tx, site, p.user, toFinish, p.row.IDHash)
		}
		return err
	})
}

// FinishByPasskey takes the answer to AskPendingPasskey, and gives the session, with recovery codes after a first factor. Faults:
// unauthorized, invalid, limited.
func (s *Service) FinishByPasskey(ctx context.Context, site Site, pending string, in Answer, v Visit) (secret string, codes []string, err error) {
	err = s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		p, err := pendingOf(ctx, tx, pending)
		if err != nil {
			return err
		}
		if p.Stage == Enrol {
			if err := s.takeNew(ctx, tx, p.actor(), site, p.user, toEnrol, p.row.IDHash, in); err != nil {
				return err
			}
			if codes, err = afterFactor(ctx, tx, p.user.ID); err != nil {
				return err
			}
		} else if err := s.takeFrom(ctx, tx, site, p.user, toFinish, p.row.IDHash, in); err != nil {
			return err
		}
		secret, err = s.finish(ctx, tx, p, v, byPasskey)
		return err
	})
	return secret, codes, err
}

// AskNewPasskey begins to add a passkey to one's own account. Faults: forbidden, conflict.
func (s *Service) AskNewPasskey(ctx context.Context, a permission.Actor, site Site) (out Challenge, err error) {
	return out, s.own(ctx, a, func(tx *db.Tx, u user) error {
		out, err = s.askNew(ctx, tx, site, u, toAdd, a.Via)
		return err
	})
}

// AddPasskey keeps it, and uses up a proof. codes are the recovery codes of a first factor. Faults: forbidden, invalid.
func (s *Service) AddPasskey(ctx context.Context, a permission.Actor, site Site, in Answer) (codes []string, err error) {
	return codes, s.own(ctx, a, func(tx *db.Tx, u user) error {
		if err := s.takeNew(ctx, tx, a, site, u, toAdd, a.Via, in); err != nil {
			return err
		}
		if _, err := s.TakeProof(ctx, tx, a); err != nil {
			return err
		}
		if codes, err = afterFactor(ctx, tx, u.ID); err != nil {
			return err
		}
		return strengthen(ctx, tx, a, byPasskey)
	})
}

// RemovePasskey takes one of one's own passkeys away, and uses up a proof. The last factor of a role that needs one stays. Faults:
// forbidden, not_found, conflict.
func (s *Service) RemovePasskey(ctx context.Context, a permission.Actor, ref string) error {
	return s.removeFactor(ctx, a, "remove_passkey", func(tx *db.Tx, u user) (int64, error) {
		if !id.Valid(ref) {
			return 0, nil
		}
		return tx.Exec(ctx, `DELETE FROM {passkey} WHERE id = ? AND user_id = ?`, ref, u.ID)
	})
}

// AskProof asks one's own passkeys for a proof. Faults: forbidden, conflict.
func (s *Service) AskProof(ctx context.Context, a permission.Actor, site Site) (out Challenge, err error) {
	return out, s.own(ctx, a, func(tx *db.Tx, u user) error {
		out, err = s.askFor(ctx, tx, site, u, toProve, a.Via)
		return err
	})
}

// ProveByPasskey takes the answer as a proof. Faults: forbidden, invalid.
func (s *Service) ProveByPasskey(ctx context.Context, a permission.Actor, site Site, in Answer) error {
	return s.own(ctx, a, func(tx *db.Tx, u user) error {
		if err := s.takeFrom(ctx, tx, site, u, toProve, a.Via, in); err != nil {
			return err
		}
		return s.GiveProof(ctx, tx, a, byPasskey)
	})
}
