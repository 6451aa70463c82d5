package sso

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

const (
	requestLasts = 10 * time.Minute
	// maxOpen is how many sign-ons may be open from one address: an office shares one.
	maxOpen = 200
	toSign  = "sign_in"
	toProve = "prove"
)

type requestRow struct {
	StateHash  string  `db:"state_hash"`
	ProviderID string  `db:"provider_id"`
	CookieHash string  `db:"cookie_hash"`
	Purpose    string  `db:"purpose"`
	UserID     db.Null `db:"user_id"`
	Via        string  `db:"via"`
	Next       string  `db:"next"`
	Address    string  `db:"address"`
	CreatedAt  db.Time `db:"created_at"`
	ExpiresAt  db.Time `db:"expires_at"`
}

func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// derive makes the nonce and the PKCE verifier out of the cookie, so that nothing that would help a reader of the database is
// stored there.
func derive(cookie, what string) string {
	m := hmac.New(sha256.New, []byte(cookie))
	m.Write([]byte(what))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// cookieName is one for each sign-on, so that two tabs do not disturb each other.
func (s *Service) cookieName(state string) string {
	name := "vigie-sign-on-" + digest(state)[:12]
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

func (s *Service) setCookie(w http.ResponseWriter, state, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(state), Value: value, Path: "/", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode, MaxAge: int(age.Seconds())})
}

// begin opens a sign-on and gives the address at the provider where it goes on. purpose is toSign, or toProve with the second factor that
// was shown before, as prove+totp.
func (s *Service) begin(ctx context.Context, w http.ResponseWriter, p provider, purpose string, a permission.Actor, next, address string) (string, error) {
	r, err := s.discover(ctx, p.Issuer, p.ClientID)
	if err != nil {
		return "", fault.New(fault.Unavailable, "sso.away").Because(err)
	}
	state, cookie := newSecret(), newSecret()
	err = s.db.Across(ctx, "who signs on is not known yet", func(tx *db.Tx) error {
		var n int
		if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {sign_on_request} WHERE address = ? AND expires_at > ?`, address, tx.Now()); err != nil {
			return err
		}
		if n >= maxOpen {
			return fault.New(fault.Limited, "sso.many")
		}
		_, err := tx.Insert(ctx, "sign_on_request", requestRow{StateHash: digest(state), ProviderID: p.ID, CookieHash: digest(cookie), Purpose: purpose,
			UserID: db.Null(a.ID), Via: a.Via, Next: next, Address: address, CreatedAt: tx.Now(), ExpiresAt: db.At(tx.Now().Add(requestLasts))}, "")
		return err
	})
	if err != nil {
		return "", err
	}
	s.setCookie(w, state, cookie, requestLasts)
	options := []oauth2.AuthCodeOption{oidc.Nonce(derive(cookie, "nonce")), oauth2.S256ChallengeOption(derive(cookie, "verifier"))}
	if purpose != toSign {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return s.oauth(r, p, "").AuthCodeURL(state, options...), nil
}

// refusal is a sign-on that is not let in: the reason goes to the trail, the page says little.
type refusal struct {
	reason Reason
	cause  error
}

func (r *refusal) Error() string { return fmt.Sprintf("refused (%s): %v", r.reason, r.cause) }
func (r *refusal) Unwrap() error { return r.cause }

// Further reasons, of sign-ons that come to no decision.
const (
	BadState     Reason = "state"
	BadIssuer    Reason = "iss"
	SaidNo       Reason = "provider_error"
	BadToken     Reason = "token"
	NotTheSame   Reason = "another_person"
	LastAdmin    Reason = "last_administrator"
	EmailTaken   Reason = "email_taken"
	OneFactor    Reason = "one_factor"
	ProviderAway Reason = "provider_away"
)

// outcome is a sign-on that came through.
type outcome struct {
	step identity.Step // zero for a proof
	next string
}

// finish takes the answer that a browser brings back from a provider.
func (s *Service) finish(w http.ResponseWriter, r *http.Request, slug string) (outcome, provider, error) {
	ctx, q := r.Context(), r.URL.Query()
	bad := func(why Reason, err error) error { return &refusal{why, err} }
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(q[name]) > 1 {
			return outcome{}, provider{}, bad(BadState, fmt.Errorf("%s is given more than once", name))
		}
	}
	state := q.Get("state")
	cookie, err := r.Cookie(s.cookieName(state))
	if state == "" || err != nil || cookie.Value == "" {
		return outcome{}, provider{}, bad(BadState, errors.New("this browser has not begun it"))
	}
	p, req, err := s.take(ctx, slug, state, cookie.Value)
	if err != nil {
		return outcome{}, p, err
	}
	s.setCookie(w, state, "", -time.Second)
	out, err := s.judge(r, p, req, cookie.Value)
	out.next = req.Next
	if err != nil {
		err = errors.Join(err, s.note(ctx, p, req, err))
	}
	return out, p, err
}

// take finds the request that was begun, and uses it up: whatever comes of it, it works once.
func (s *Service) take(ctx context.Context, slug, state, cookie string) (p provider, req requestRow, err error) {
	err = s.db.Across(ctx, "who signs on is not known yet", func(tx *db.Tx) error {
		err := tx.Get(ctx, &req, `SELECT `+db.Columns[requestRow]("")+` FROM {sign_on_request} WHERE state_hash = ?`, digest(state))
		if fault.Is(err, fault.NotFound) {
			return &refusal{BadState, errors.New("not begun, or used already")}
		}
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(req.CookieHash), []byte(digest(cookie))) != 1 {
			return &refusal{BadState, errors.New("begun in another browser")}
		}
		if err := tx.Get(ctx, &p, `SELECT `+db.Columns[provider]("")+` FROM {identity_provider} WHERE id = ?`, req.ProviderID); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `DELETE FROM {sign_on_request} WHERE state_hash = ?`, req.StateHash)
		if err == nil && n == 0 {
			err = &refusal{BadState, errors.New("used already")}
		}
		return err
	})
	switch {
	case err != nil:
		return provider{}, requestRow{}, err
	case p.Slug != slug:
		return p, req, &refusal{BadState, errors.New("it came back to the address of another provider")}
	case !s.clock.Now().Before(req.ExpiresAt.Time):
		return p, req, &refusal{BadState, errors.New("it took too long")}
	case !p.Enabled:
		return p, req, &refusal{BadState, errors.New("the provider is switched off")}
	}
	return p, req, nil
}

func (s *Service) judge(r *http.Request, p provider, req requestRow, cookie string) (out outcome, err error) {
	ctx, q := r.Context(), r.URL.Query()
	far, err := s.discover(ctx, p.Issuer, p.ClientID)
	if err != nil {
		return out, &refusal{ProviderAway, err}
	}
	// RFC 9207: the answer of one provider must not be taken for another's.
	if iss := q.Get("iss"); q.Has("iss") && iss != p.Issuer || far.meta.TellsIssuer && !q.Has("iss") {
		return out, &refusal{BadIssuer, fmt.Errorf("iss is %.200q", iss)}
	}
	if code := q.Get("error"); code != "" {
		return out, &refusal{SaidNo, fmt.Errorf("%.100q", code)}
	}
	if q.Get("code") == "" {
		return out, &refusal{BadToken, errors.New("no code")}
	}
	secret, err := s.secretOf(ctx, p)
	if err != nil {
		return out, err
	}
	fresh := time.Time{}
	if req.Purpose != toSign {
		fresh = req.CreatedAt.Time
	}
	got, err := s.redeem(ctx, far, p, secret, q.Get("code"), derive(cookie, "verifier"), derive(cookie, "nonce"), fresh)
	if err != nil {
		return out, &refusal{BadToken, err}
	}
	if req.Purpose != toSign {
		return out, s.proven(r, p, req, got)
	}
	return s.enter(r, p, got)
}

func (s *Service) secretOf(ctx context.Context, p provider) (string, error) {
	if p.ClientSecret == "" {
		return "", nil
	}
	var plain []byte
	err := s.db.Across(ctx, "the secret is sealed for the instance", func(tx *db.Tx) (err error) {
		plain, err = s.box.Open(ctx, tx, secretPlace(p.ID), p.ClientSecret)
		return err
	})
	return string(plain), err
}

func secretPlace(id string) seal.Place {
	return seal.Place{Table: "identity_provider", Row: id, Column: "client_secret"}
}

// enter decides on a person, keeps the account as the decision says, and begins the session: all or nothing.
func (s *Service) enter(r *http.Request, p provider, got answer) (out outcome, err error) {
	ctx := r.Context()
	actor := s.vouching(p, identity.Address(r))
	var no Verdict
	err = s.db.Across(ctx, "who signs on is not known yet", func(tx *db.Tx) error {
		v, entry, err := s.decide(ctx, tx, p, got.person)
		if err != nil {
			return err
		}
		if v.Refused != "" {
			no = v
			if !v.Bar {
				return nil
			}
			return s.bar(ctx, tx, actor, p, v.Account)
		}
		account, err := s.keep(ctx, tx, actor, p, got.person, v, entry)
		if err != nil {
			return err
		}
		out.step, err = s.accounts.Enter(ctx, tx, account.ID, identity.Visit{Address: identity.Address(r), Agent: r.UserAgent(), Session: s.identity.SessionSecret(r)},
			identity.Vouched{Provider: p.Slug, Factor: got.factor})
		if err != nil {
			return err
		}
		return s.remember(ctx, tx, p, out.step, got)
	})
	var f *fault.Error
	switch {
	case no.Refused != "" && (err == nil || fault.Is(err, fault.Conflict)):
		return outcome{}, &refusal{no.Refused, nil}
	case errors.As(err, &f) && f.Key == "trust.last_admin":
		return outcome{}, &refusal{LastAdmin, err}
	case fault.Is(err, fault.Conflict):
		return outcome{}, &refusal{EmailTaken, err}
	case fault.Is(err, fault.Unauthorized):
		return outcome{}, &refusal{IsDisabled, err}
	case fault.Is(err, fault.Invalid):
		return outcome{}, &refusal{NoEmail, err}
	}
	return out, err
}

// vouching is the actor of what a provider's word changes.
func (s *Service) vouching(p provider, address string) permission.Actor {
	return permission.Actor{Name: p.Name, Kind: permission.System, Via: "sign-on " + p.Slug, Address: address}
}

// note writes a refusal to the trail.
func (s *Service) note(ctx context.Context, p provider, req requestRow, err error) error {
	var no *refusal
	if !errors.As(err, &no) {
		return nil
	}
	what := map[string]string{"reason": string(no.reason)}
	if no.cause != nil {
		what["detail"] = fmt.Sprintf("%.300s", no.cause)
	}
	return s.db.Across(ctx, "who signs on is not known", func(tx *db.Tx) error {
		return audit.Write(ctx, tx, s.vouching(p, req.Address), "sign_in_failed", recordOf(p), nil, what)
	})
}

// proven ends a fresh sign-in for a signature: it must be the same person, in the same session.
func (s *Service) proven(r *http.Request, p provider, req requestRow, got answer) error {
	ctx := r.Context()
	a, ok := s.identity.Visitor(r)
	if !ok || a.ID != string(req.UserID) || a.Via != req.Via {
		return &refusal{NotTheSame, errors.New("the session is another one")}
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		var n int
		err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {identity_link} WHERE provider_id = ? AND issuer = ? AND subject = ? AND user_id = ?`, p.ID, p.Issuer, got.subject, a.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return &refusal{NotTheSame, errors.New("somebody else signed in at the provider")}
		}
		// A proof is never weaker than signing in.
		_, shown, _ := strings.Cut(req.Purpose, "+")
		if got.factor {
			shown = "external"
		}
		if shown == "" {
			need, err := s.accounts.NeedsFactor(ctx, tx, a.ID)
			if err != nil {
				return err
			}
			if need {
				return &refusal{OneFactor, errors.New("no second factor was shown, here or there")}
			}
			return s.prove(ctx, tx, a, "sso:"+p.Slug)
		}
		return s.prove(ctx, tx, a, "sso:"+p.Slug+"+"+shown)
	})
}

// BeginProof sends somebody who is signed in to their provider, to sign in there afresh; they come back to next with the proof given.
// shown is the second factor that they have shown here before, empty for none. Faults: not_found, where no provider vouches for them.
func (s *Service) BeginProof(w http.ResponseWriter, r *http.Request, a permission.Actor, next, shown string) (onward string, err error) {
	p, err := s.providerOf(r.Context(), a)
	if err != nil {
		return "", err
	}
	purpose := toProve
	if shown != "" {
		purpose += "+" + shown
	}
	return s.begin(r.Context(), w, p, purpose, a, ui.LocalPath(next), identity.Address(r))
}

// MayProve tells whether a provider vouches for the actor: the page that asks for proof offers it then.
func (s *Service) MayProve(ctx context.Context, a permission.Actor) (at identity.Elsewhere, ok bool) {
	p, err := s.providerOf(ctx, a)
	return identity.Elsewhere{Name: p.Name, Factor: err == nil && p.SecondFactor != factorAsk}, err == nil
}

func (s *Service) providerOf(ctx context.Context, a permission.Actor) (p provider, err error) {
	if a.Kind != permission.Person || a.ID == "" {
		return p, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		return tx.Get(ctx, &p, `SELECT `+db.Columns[provider]("p.")+` FROM {identity_provider} p JOIN {identity_link} l ON l.provider_id = p.id
			WHERE l.user_id = ? AND l.subject <> '' AND p.enabled ORDER BY l.used_at DESC LIMIT 1`, a.ID)
	})
	return p, err
}
