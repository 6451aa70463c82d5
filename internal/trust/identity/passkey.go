package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// challengeFor is how long a passkey may take to answer.
const challengeFor = 5 * time.Minute

// Purposes of a challenge: an answer to one is none to another.
const (
	toSignIn = "sign_in"
	toFinish = "factor"
	toEnrol  = "enrol"
	toAdd    = "add"
	toProve  = "prove"
)

// Passkey is a passkey as its owner sees it.
type Passkey struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt db.Time    `json:"created_at"`
	UsedAt    *time.Time `json:"used_at"`
}

type passkeyRow struct {
	ID           string                       `db:"id"`
	UserID       string                       `db:"user_id"`
	Name         string                       `db:"name"`
	CredentialID string                       `db:"credential_id"`
	Credential   db.JSON[webauthn.Credential] `db:"credential"`
	CreatedAt    db.Time                      `db:"created_at"`
	UsedAt       db.Time                      `db:"used_at"`
}

func (r passkeyRow) shown() Passkey {
	return Passkey{ID: r.ID, Name: r.Name, CreatedAt: r.CreatedAt, UsedAt: r.UsedAt.Ptr()}
}

func passkeysOf(ctx context.Context, tx *db.Tx, userID string) (rows []passkeyRow, err error) {
	err = tx.Select(ctx, &rows, `SELECT `+db.Columns[passkeyRow]("")+` FROM {passkey} WHERE user_id = ? ORDER BY created_at, id`, userID)
	return rows, err
}

// holder is a person as the library knows one.
type holder struct {
	user
	keys []passkeyRow
}

// WebAuthnID implements webauthn.User: the id, of which a passkey learns nothing.
func (h holder) WebAuthnID() []byte { return []byte(h.ID) }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.Email }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return h.Name }

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(h.keys))
	for i, k := range h.keys {
		out[i] = k.Credential.V
	}
	return out
}

// Site is the host by which a browser has reached us, as passkeys are bound to it.
type Site string

// party is who passkeys are made for: the host of the public address. Passkeys know names only, so for a server on loopback it is
// localhost, at whatever port it is seen. ok is false where there can be none.
func (s *Service) party(site Site) (w *webauthn.WebAuthn, ok bool) {
	if s.PublicURL == nil {
		return nil, false
	}
	name, origin := s.PublicURL.Hostname(), s.PublicURL.Scheme+"://"+s.PublicURL.Host
	if ip := net.ParseIP(name); ip != nil || name == "localhost" {
		host, _, err := net.SplitHostPort(string(site))
		if err != nil {
			host = string(site)
		}
		if ip != nil && !ip.IsLoopback() || host != "localhost" {
			return nil, false
		}
		name, origin = "localhost", s.PublicURL.Scheme+"://"+string(site)
	}
	w, err := webauthn.New(&webauthn.Config{RPID: name, RPDisplayName: "Vigie", RPOrigins: []string{origin}, AttestationPreference: protocol.PreferNoAttestation})
	return w, err == nil
}

// PasskeysAt tells whether passkeys can be used by this address.
func (s *Service) PasskeysAt(site Site) bool {
	_, ok := s.party(site)
	return ok
}

// Challenge is what the browser hands to the passkey, and the name by which the answer comes back.
type Challenge struct {
	ID        string `json:"id"`
	PublicKey any    `json:"publicKey"`
}

type challengeRow struct {
	IDHash    string                        `db:"id_hash"`
	Purpose   string                        `db:"purpose"`
	BoundTo   string                        `db:"bound_to"`
	UserID    db.Null                       `db:"user_id"`
	Data      db.JSON[webauthn.SessionData] `db:"data"`
	ExpiresAt db.Time                       `db:"expires_at"`
}

func keepChallenge(ctx context.Context, tx *db.Tx, purpose, bound, userID string, data *webauthn.SessionData) (string, error) {
	name := newSecret()
	row := challengeRow{IDHash: digest(name), Purpose: purpose, BoundTo: bound, UserID: db.Null(userID), ExpiresAt: db.At(tx.Now().Add(challengeFor))}
	row.Data.V = *data
	_, err := tx.Insert(ctx, "passkey_challenge", row, "")
	return name, err
}

// takeChallenge gives a challenge once, to whom and for what it was made.
func takeChallenge(ctx context.Context, tx *db.Tx, name, purpose, bound string) (webauthn.SessionData, error) {
	var row challengeRow
	err := tx.Get(ctx, &row, `SELECT `+db.Columns[challengeRow]("")+` FROM {passkey_challenge} WHERE id_hash = ? AND purpose = ? AND bound_to = ? AND expires_at > ?`+tx.ForUpdate(),
		digest(name), purpose, bound, tx.Now())
	if fault.Is(err, fault.NotFound) {
		return row.Data.V, refusedKey(err)
	}
	if err != nil {
		return row.Data.V, err
	}
	n, err := tx.Exec(ctx, `DELETE FROM {passkey_challenge} WHERE id_hash = ?`, row.IDHash)
	if err == nil && n == 0 {
		err = refusedKey(nil)
	}
	return row.Data.V, err
}

// refusedKey is what is said of every answer of a passkey that does not hold. The reason is for the log.
func refusedKey(why error) error {
	var bad fault.Fields
	bad.Add("credential", "trust.factor.passkey")
	f := &fault.Error{Code: fault.Invalid, Key: "trust.factor.passkey", Fields: bad}
	return f.Because(why)
}

func noParty() error { return fault.New(fault.Conflict, "trust.factor.no_passkeys") }

// askNew begins to make a passkey.
func (s *Service) askNew(ctx context.Context, tx *db.Tx, site Site, u user, purpose, bound string) (out Challenge, err error) {
	w, ok := s.party(site)
	if !ok {
		return out, noParty()
	}
	keys, err := passkeysOf(ctx, tx, u.ID)
	if err != nil {
		return out, err
	}
	h := holder{u, keys}
	var known []protocol.CredentialDescriptor
	for _, c := range h.WebAuthnCredentials() {
		known = append(known, c.Descriptor())
	}
	options, data, err := w.BeginRegistration(h, webauthn.WithExclusions(known), webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
		ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred}))
	if err != nil {
		return out, err
	}
	out.PublicKey = options.Response
	out.ID, err = keepChallenge(ctx, tx, purpose, bound, u.ID, data)
	return out, err
}

// takeNew keeps a passkey that has just been made.
func (s *Service) takeNew(ctx context.Context, tx *db.Tx, a permission.Actor, site Site, u user, purpose, bound string, in Answer) error {
	w, ok := s.party(site)
	if !ok {
		return noParty()
	}
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" {
		in.Name = "Passkey"
	}
	var bad fault.Fields
	if utf8.RuneCountInString(in.Name) > 100 {
		bad.Add("name", "trust.field.name")
		return bad.Err()
	}
	data, err := takeChallenge(ctx, tx, in.Challenge, purpose, bound)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(in.Credential))
	if err != nil {
		return refusedKey(err)
	}
	keys, err := passkeysOf(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	made, err := w.CreateCredential(holder{u, keys}, data, parsed)
	if err != nil {
		return refusedKey(err)
	}
	row := passkeyRow{ID: id.New(), UserID: u.ID, Name: in.Name, CredentialID: base64.RawURLEncoding.EncodeToString(made.ID), CreatedAt: tx.Now()}
	row.Credential.V = *made
	if _, err := tx.Insert(ctx, "passkey", row, ""); err != nil {
		if fault.Is(err, fault.Conflict) {
			return refusedKey(err)
		}
		return err
	}
	return audit.Write(ctx, tx, a, "add_passkey", record(u), nil, row.shown())
}

// Answer is what a passkey has answered: the JSON of the browser, to the challenge of this name. Name is what a new one is called.
type Answer struct{ Challenge, Credential, Name string }

// askFor asks a person's passkeys.
func (s *Service) askFor(ctx context.Context, tx *db.Tx, site Site, u user, purpose, bound string) (out Challenge, err error) {
	w, ok := s.party(site)
	if !ok {
		return out, noParty()
	}
	keys, err := passkeysOf(ctx, tx, u.ID)
	if err != nil {
		return out, err
	}
	if len(keys) == 0 {
		return out, fault.New(fault.Conflict, "trust.factor.none")
	}
	options, data, err := w.BeginLogin(holder{u, keys})
	if err != nil {
		return out, err
	}
	out.PublicKey = options.Response
	out.ID, err = keepChallenge(ctx, tx, purpose, bound, u.ID, data)
	return out, err
}

// takeFrom checks the answer of one of a person's passkeys.
func (s *Service) takeFrom(ctx context.Context, tx *db.Tx, site Site, u user, purpose, bound string, in Answer) error {
	w, ok := s.party(site)
	if !ok {
		return noParty()
	}
	data, err := takeChallenge(ctx, tx, in.Challenge, purpose, bound)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(in.Credential))
	if err != nil {
		return refusedKey(err)
	}
	keys, err := passkeysOf(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	used, err := w.ValidateLogin(holder{u, keys}, data, parsed)
	if err != nil {
		return refusedKey(err)
	}
	return keepUse(ctx, tx, used)
}

// keepUse notes the counter of a passkey. One that goes back tells of a copy, and is refused.
func keepUse(ctx context.Context, tx *db.Tx, used *webauthn.Credential) error {
	if used.Authenticator.CloneWarning {
		return refusedKey(nil)
	}
	text, err := json.Marshal(used)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE {passkey} SET credential = ?, used_at = ? WHERE credential_id = ?`, string(text), tx.Now(), base64.RawURLEncoding.EncodeToString(used.ID))
	return err
}
