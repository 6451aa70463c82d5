package link

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Rate is how many requests a second one link may make for long; twice that may come at once.
const Rate = 10

// touchAfter is how old the last use must be before it is written again, so that a form which saves each field writes it once a minute.
const touchAfter = time.Minute

// Parts is what a Service is made of.
type Parts struct {
	DB        *db.DB
	Clock     clock.Clock
	PublicURL *url.URL // nil for a command that serves nobody: addresses are paths then
	// Knock counts a request by its address, before it is known whether its link is good; nil lets everybody through. Faults: limited.
	Knock func(*http.Request) error
}

// Service lets people in by their links.
type Service struct{ Parts }

// Open makes the service.
func Open(p Parts) *Service { return &Service{p} }

// Address is the whole address of a link, for whom it was made.
func (s *Service) Address(d Door, secret string) string {
	base := ""
	if s.PublicURL != nil {
		base = strings.TrimSuffix(s.PublicURL.String(), "/")
	}
	return base + d.Path + secret
}

// Create makes a link in the caller's transaction, and tells its secret, which nobody can read again. That the actor may, the caller has
// asked. Faults: invalid.
func Create(ctx context.Context, tx *db.Tx, a permission.Actor, n New) (Link, string, error) {
	if err := n.Validate(tx.Now().Time); err != nil {
		return Link{}, "", err
	}
	customer, err := tx.Customer()
	if err != nil {
		return Link{}, "", fmt.Errorf("create link: %w", err)
	}
	secret := newSecret()
	l := Link{CustomerID: customer, ID: id.New(), Hash: digest(secret), Purpose: n.Door.Purpose, RecordType: n.Record.Type, RecordID: n.Record.ID, Name: n.Name, Email: n.Email,
		Language: n.Language, ExpiresAt: db.At(n.ExpiresAt), CreatedBy: a.Name, CreatedAt: tx.Now()}
	l.Parts.V = n.Parts
	if l.Parts.V == nil {
		l.Parts.V = []string{}
	}
	if _, err := tx.Insert(ctx, "private_link", l, ""); err != nil {
		return Link{}, "", fmt.Errorf("create link: %w", err)
	}
	return l, secret, audit.Write(ctx, tx, a, "create_link", n.Record, nil, shown(l))
}

// Of lists the links to a record, the newest first.
func Of(ctx context.Context, tx *db.Tx, recordType, recordID string) (out []Link, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Link]("")+` FROM {private_link} WHERE record_type = ? AND record_id = ? ORDER BY id DESC`, recordType, recordID)
	return out, err
}

// Revoke ends a link to the record at once; one that has ended already stays as it is. That the actor may, the caller has asked. Faults:
// not_found, also for a link to another record.
func Revoke(ctx context.Context, tx *db.Tx, a permission.Actor, r audit.Record, link string) (l Link, err error) {
	none := fault.New(fault.NotFound, "fault.not_found")
	if !id.Valid(link) {
		return l, none
	}
	err = tx.Get(ctx, &l, `SELECT `+db.Columns[Link]("")+` FROM {private_link} WHERE id = ? AND record_type = ? AND record_id = ?`+tx.ForUpdate(), link, r.Type, r.ID)
	if err != nil || l.State(tx.Now().Time) == Revoked {
		return l, err
	}
	before := shown(l)
	l.RevokedAt, l.RevokedBy = tx.Now(), a.Name
	if _, err := tx.Exec(ctx, `UPDATE {private_link} SET revoked_at = ?, revoked_by = ? WHERE id = ?`, l.RevokedAt, l.RevokedBy, l.ID); err != nil {
		return l, fmt.Errorf("revoke link: %w", err)
	}
	return l, audit.Write(ctx, tx, a, "revoke_link", r, before, shown(l))
}

// shown is what the trail says of a link: never its hash.
func shown(l Link) map[string]any {
	out := map[string]any{"link": l.ID, "name": l.Name, "email": l.Email, "parts": l.Parts.V, "expires_at": l.ExpiresAt}
	if !l.RevokedAt.IsZero() {
		out["revoked_at"] = l.RevokedAt
	}
	return out
}

// visit is a link that is good, with what is known of its customer.
type visit struct {
	Link
	TimeZone string `db:"time_zone"`
}

// find gives the link of a secret. Faults: not_found for every one that does not open this door now, whatever the reason.
func (s *Service) find(ctx context.Context, d Door, secret string) (v visit, err error) {
	none := fault.New(fault.NotFound, "fault.not_found")
	if len(secret) > 200 {
		return v, none
	}
	err = s.DB.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		err := tx.Get(ctx, &v, `SELECT `+db.Columns[Link]("l.")+`, c.time_zone FROM {private_link} l JOIN {customer} c ON c.id = l.customer_id WHERE l.hash = ?`, digest(secret))
		if err == nil && (v.Purpose != d.Purpose || v.State(tx.Now().Time) != Valid) {
			return none
		}
		return err
	})
	if err != nil {
		return visit{}, err
	}
	return v, nil
}

// used writes down that somebody has come by the link: every opening of a page, other requests once a minute.
func (s *Service) used(ctx context.Context, l Link, opened bool) error {
	if !opened && s.Clock.Now().Sub(l.LastUsedAt.Time) < touchAfter {
		return nil
	}
	n := 0
	if opened {
		n = 1
	}
	return s.DB.InScope(ctx, db.Grant(l.CustomerID), func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE {private_link} SET opened = opened + ?, last_used_at = ? WHERE id = ?`, n, tx.Now(), l.ID)
		return err
	})
}

// actor is who comes by a link.
func (v visit) actor(d Door, address string) permission.Actor {
	return permission.GrantLink(permission.Actor{Name: v.Name, Email: v.Email, Kind: permission.Link, Via: v.ID, Address: address, Language: v.Language, TimeZone: v.TimeZone, Rate: Rate},
		db.Grant(v.CustomerID), d.Actions...)
}
