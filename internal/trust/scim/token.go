package scim

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// prefix makes our tokens known to whoever scans for leaked secrets.
const prefix = "vigscim_"

// tokenRow is a row of scim_token.
type tokenRow struct {
	ID         string  `db:"id"`
	ProviderID string  `db:"provider_id"`
	Name       string  `db:"name"`
	Hash       string  `db:"hash"`
	CreatedBy  string  `db:"created_by"`
	CreatedAt  db.Time `db:"created_at"`
	ExpiresAt  db.Time `db:"expires_at"`
	UsedAt     db.Time `db:"used_at"`
	RevokedAt  db.Time `db:"revoked_at"`
}

// DirectoryToken lets a directory in; its secret is shown once, when it is made.
type DirectoryToken struct {
	ID         string     `json:"id"`
	ProviderID string     `json:"provider_id" doc:"Identity provider whose people and groups it may keep."`
	Name       string     `json:"name"`
	CreatedBy  string     `json:"created_by" doc:"Who made it."`
	CreatedAt  db.Time    `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	UsedAt     *time.Time `json:"used_at" doc:"To the minute."`
	RevokedAt  *time.Time `json:"revoked_at"`
}

// Self is the record's address below /api/v1.
func (t DirectoryToken) Self() string { return "/scim-tokens/" + t.ID }

// Revision makes the ETag: the one thing that happens to a token is that it is revoked.
func (t DirectoryToken) Revision() int64 {
	if t.RevokedAt != nil {
		return 2
	}
	return 1
}

func (r tokenRow) shown() DirectoryToken {
	return DirectoryToken{ID: r.ID, ProviderID: r.ProviderID, Name: r.Name, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt.Ptr(), UsedAt: r.UsedAt.Ptr(), RevokedAt: r.RevokedAt.Ptr()}
}

func shownTokens(_ context.Context, _ *db.Tx, rows []tokenRow) ([]DirectoryToken, error) {
	out := make([]DirectoryToken, len(rows))
	for i, r := range rows {
		out[i] = r.shown()
	}
	return out, nil
}

// NewToken is the input of CreateToken.
type NewToken struct {
	Provider string        // id or short name of the identity provider
	Name     string        // what it is for
	Lifetime time.Duration // zero: until revoked
}

// TokenSpec is how tokens are listed.
var TokenSpec = list.Spec{
	From: "{scim_token} t JOIN {identity_provider} p ON p.id = t.provider_id", Columns: db.Columns[tokenRow]("t."), Key: "t.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "provider_id", Column: "t.provider_id", Kind: list.ID, Filter: true},
		{Name: "name", Column: "t.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "created_at", Column: "t.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "expires_at", Column: "t.expires_at", Kind: list.Time, Filter: true, Nullable: true},
		{Name: "used_at", Column: "t.used_at", Kind: list.Time, Sort: true, Filter: true, Nullable: true},
		{Name: "revoked_at", Column: "t.revoked_at", Kind: list.Time, Filter: true, Nullable: true},
	},
	Search: list.Words("t.name"),
}

// within is the condition by which somebody who is limited to some customers sees tokens: those of their providers.
const within = `p.customer_id IN (SELECT id FROM {customer})`

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func tokenRecord(t tokenRow) audit.Record {
	return audit.Record{Type: "scim_token", ID: t.ID, Name: t.Name}
}

// CreateToken makes a token for the directory of an identity provider. The secret is given once. Faults: not_found, forbidden, invalid.
func (s *Service) CreateToken(ctx context.Context, a permission.Actor, in NewToken) (out DirectoryToken, secret string, err error) {
	p, err := s.signOn.Provider(ctx, a, in.Provider)
	if err == nil {
		err = a.Require(permission.SignOnWrite)
	}
	if err != nil {
		return out, "", err
	}
	var bad fault.Fields
	in.Name = strings.TrimSpace(in.Name)
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 100 {
		bad.Add("name", "sso.field.length", "min", 1, "max", 100)
	}
	if in.Lifetime < 0 {
		bad.Add("expires_at", "trust.field.past")
	}
	if len(p.Domains) == 0 {
		bad.Add("provider", "scim.no_domain")
	}
	if err := bad.Err(); err != nil {
		return out, "", err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret = prefix + base64.RawURLEncoding.EncodeToString(raw)
	err = s.change(ctx, func(tx *db.Tx) error {
		row := tokenRow{ID: id.New(), ProviderID: p.ID, Name: in.Name, Hash: digest(secret), CreatedBy: a.Name, CreatedAt: tx.Now()}
		if in.Lifetime > 0 {
			row.ExpiresAt = db.At(tx.Now().Add(in.Lifetime))
		}
		if _, err := tx.Insert(ctx, "scim_token", row, ""); err != nil {
			return err
		}
		out = row.shown()
		return audit.Write(ctx, tx, a, "create", tokenRecord(row), nil, out)
	})
	return out, secret, err
}

// Token reads one. Faults: not_found, forbidden.
func (s *Service) Token(ctx context.Context, a permission.Actor, ref string) (out DirectoryToken, err error) {
	if !id.Valid(ref) {
		return out, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var row tokenRow
		err := tx.Get(ctx, &row, `SELECT `+db.Columns[tokenRow]("")+` FROM {scim_token} WHERE id = ?`, ref)
		out = row.shown()
		return err
	})
	if err != nil {
		return DirectoryToken{}, err
	}
	// One of a provider that the actor does not see does not exist for them.
	if _, err := s.signOn.Provider(ctx, a, out.ProviderID); err != nil {
		return DirectoryToken{}, err
	}
	return out, nil
}

// Tokens are those of a provider, the latest first. Faults: not_found, forbidden.
func (s *Service) Tokens(ctx context.Context, a permission.Actor, provider string) (out []DirectoryToken, err error) {
	p, err := s.signOn.Provider(ctx, a, provider)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var rows []tokenRow
		if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[tokenRow]("")+` FROM {scim_token} WHERE provider_id = ? ORDER BY created_at DESC, id LIMIT 200`, p.ID); err != nil {
			return err
		}
		out, err = shownTokens(ctx, tx, rows)
		return err
	})
	return out, err
}

// RevokeToken ends a token at once; version 0 takes any. Faults: not_found, forbidden, stale.
func (s *Service) RevokeToken(ctx context.Context, a permission.Actor, ref string, version int64) error {
	t, err := s.Token(ctx, a, ref)
	if err == nil {
		err = a.Require(permission.SignOnWrite)
	}
	if err != nil {
		return err
	}
	if version != 0 && version != t.Revision() {
		return fault.New(fault.Stale, "fault.stale")
	}
	return s.change(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE {scim_token} SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL`, tx.Now(), t.ID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Write(ctx, tx, a, "revoke", audit.Record{Type: "scim_token", ID: t.ID, Name: t.Name}, nil, nil)
	})
}

// How often it is noted that a token was used, and how long a request waits for that.
const (
	touchAfter    = time.Minute
	touchPatience = 200 * time.Millisecond
)

// byToken finds who speaks. Faults: not_found, for a token that never was, has run out or is revoked.
func (s *Service) byToken(ctx context.Context, secret, address string) (d directory, err error) {
	none := fault.New(fault.NotFound, "fault.not_found")
	if !strings.HasPrefix(secret, prefix) {
		return d, none
	}
	touch := false
	err = s.read(ctx, func(tx *db.Tx) error {
		var row struct {
			tokenRow
			Provider string  `db:"provider"`
			Customer db.Null `db:"customer_id"`
		}
		err := tx.Get(ctx, &row, `SELECT `+db.Columns[tokenRow]("t.")+`, p.slug AS provider, p.customer_id FROM {scim_token} t JOIN {identity_provider} p ON p.id = t.provider_id WHERE t.hash = ?`, digest(secret))
		if err != nil {
			return err
		}
		if !row.RevokedAt.IsZero() || !row.ExpiresAt.IsZero() && !tx.Now().Before(row.ExpiresAt.Time) {
			return none
		}
		touch = row.UsedAt.IsZero() || tx.Now().Sub(row.UsedAt.Time) >= touchAfter
		d = directory{id: row.ProviderID, customer: string(row.Customer), actor: permission.Actor{Name: row.Provider + ": " + row.Name, Kind: permission.Token, Via: row.ID, Address: address}}
		return nil
	})
	if err != nil || !touch {
		return d, err
	}
	ctx, cancel := context.WithTimeout(ctx, touchPatience)
	defer cancel()
	_ = s.change(ctx, func(tx *db.Tx) error { // a busy writer means that it is noted at the next request
		_, err := tx.Exec(ctx, `UPDATE {scim_token} SET used_at = ? WHERE id = ?`, tx.Now(), d.actor.Via)
		return err
	})
	return d, nil
}
