package sso

import (
	"context"
	"net/url"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
)

// kept is what signing out at a provider needs, of a session or of a sign-in that still waits for its second factor.
type kept struct {
	ProviderID string `db:"provider_id"`
	Subject    string `db:"subject"`
	Sid        string `db:"sid"`
	IDToken    string `db:"id_token"` // sealed
}

type keptSession struct {
	Key string `db:"session_key"`
	kept
}

type keptPending struct {
	Key string `db:"pending_key"`
	kept
}

func tokenPlace(table, key string) seal.Place {
	return seal.Place{Table: table, Row: key, Column: "id_token"}
}

// remember keeps what signing out at the provider will need.
func (s *Service) remember(ctx context.Context, tx *db.Tx, p provider, step identity.Step, got answer) (err error) {
	key, table := identity.SessionKey(step.Secret), "sign_on_pending"
	if step.Stage == identity.SignedIn {
		table = "sign_on_session"
	}
	k := kept{ProviderID: p.ID, Subject: got.subject, Sid: got.sid}
	if k.IDToken, err = s.box.Seal(ctx, tx, tokenPlace(table, key), []byte(got.raw)); err != nil {
		return err
	}
	if step.Stage == identity.SignedIn {
		_, err = tx.Insert(ctx, table, keptSession{key, k}, "")
	} else {
		_, err = tx.Insert(ctx, table, keptPending{key, k}, "")
	}
	return err
}

// Finished goes on with a sign-on whose second factor has been shown: what was kept of it is the session's from now on.
func (s *Service) Finished(ctx context.Context, tx *db.Tx, pending, session string) error {
	var row keptPending
	err := tx.Get(ctx, &row, `SELECT `+db.Columns[keptPending]("")+` FROM {sign_on_pending} WHERE pending_key = ?`, pending)
	if fault.Is(err, fault.NotFound) {
		return nil // it began with a password
	}
	if err != nil {
		return err
	}
	token, err := s.box.Open(ctx, tx, tokenPlace("sign_on_pending", pending), row.IDToken)
	if err != nil {
		return err
	}
	if row.IDToken, err = s.box.Seal(ctx, tx, tokenPlace("sign_on_session", session), token); err != nil {
		return err
	}
	_, err = tx.Insert(ctx, "sign_on_session", keptSession{session, row.kept}, "")
	return err
}

// Leaving gives the address at the provider by which the session that is about to end is ended there too; empty where there is
// none. Signing out of Vigie never fails for it.
func (s *Service) Leaving(ctx context.Context, secret string) string {
	if secret == "" {
		return ""
	}
	key := identity.SessionKey(secret)
	var p provider
	var token []byte
	err := s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		var sealed string
		if err := tx.Get(ctx, &sealed, `SELECT id_token FROM {sign_on_session} WHERE session_key = ?`, key); err != nil {
			return err
		}
		err := tx.Get(ctx, &p, `SELECT `+db.Columns[provider]("p.")+` FROM {identity_provider} p JOIN {sign_on_session} x ON x.provider_id = p.id WHERE x.session_key = ?`, key)
		if err != nil {
			return err
		}
		token, err = s.box.Open(ctx, tx, tokenPlace("sign_on_session", key), sealed)
		return err
	})
	if err != nil {
		if !fault.Is(err, fault.NotFound) {
			s.log.ErrorContext(ctx, "sign out at the provider", "error", err)
		}
		return ""
	}
	far, err := s.discover(ctx, p.Issuer, p.ClientID)
	if err != nil || far.meta.EndSession == "" {
		return ""
	}
	to, err := url.Parse(far.meta.EndSession)
	if err != nil {
		return ""
	}
	q := to.Query()
	q.Set("id_token_hint", string(token))
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", s.public(identity.SignInPath))
	to.RawQuery = q.Encode()
	return to.String()
}

// endByToken is back-channel logout: the provider tells that a person, or one session of theirs, has ended.
func (s *Service) endByToken(ctx context.Context, p provider, raw, address string) error {
	far, err := s.discover(ctx, p.Issuer, p.ClientID)
	if err != nil {
		return fault.New(fault.Unavailable, "sso.away").Because(err)
	}
	token, err := far.verifier.VerifyLogout(ctx, raw)
	if err != nil || token.IssuedAt.After(s.clock.Now().Add(skew)) {
		return fault.New(fault.Invalid, "fault.invalid").Because(err)
	}
	return s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		type row struct {
			ProviderID string  `db:"provider_id"`
			TokenHash  string  `db:"token_hash"`
			ExpiresAt  db.Time `db:"expires_at"`
		}
		n, err := tx.Insert(ctx, "sign_on_logout", row{p.ID, digest(token.TokenID), db.At(token.Expiry.Add(skew))}, "(provider_id, token_hash) DO NOTHING")
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Invalid, "fault.invalid")
		}
		where, args := "subject = ?", []any{p.ID, token.Subject}
		if token.SessionID != "" {
			where, args = "sid = ?", []any{p.ID, token.SessionID}
			if token.Subject != "" {
				where, args = where+" AND subject = ?", append(args, token.Subject)
			}
		}
		_, err = tx.Exec(ctx, `DELETE FROM {sign_in_pending} WHERE id_hash IN (SELECT pending_key FROM {sign_on_pending} WHERE provider_id = ? AND `+where+`)`, args...)
		if err != nil {
			return err
		}
		ended, err := tx.Exec(ctx, `DELETE FROM {session} WHERE id_hash IN (SELECT session_key FROM {sign_on_session} WHERE provider_id = ? AND `+where+`)`, args...)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.vouching(p, address), "sign_out", recordOf(p), nil, map[string]any{"subject": token.Subject, "sessions": ended})
	})
}

// Sweep removes what has run out.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Across(ctx, "requests of nobody yet", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM {sign_on_request} WHERE expires_at < ?`, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM {sign_on_logout} WHERE expires_at < ?`, tx.Now())
		return err
	})
}
