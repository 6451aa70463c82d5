package scim

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/sso"
)

// Path is where directories speak to us.
const Path = "/scim/v2"

// Parts is what the room is made of.
type Parts struct {
	DB     *db.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Bundle *i18n.Bundle
	SignOn *sso.Service
	// PublicURL is how directories reach us; nil for commands.
	PublicURL *url.URL
}

// Service holds the rules of provisioning.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	log    *slog.Logger
	bundle *i18n.Bundle
	signOn *sso.Service
	vouch  sso.Provisioning
	base   string
}

// New makes the service.
func New(p Parts) *Service {
	s := &Service{db: p.DB, clock: p.Clock, log: p.Log, bundle: p.Bundle, signOn: p.SignOn, vouch: p.SignOn.Provisioning(), base: "http://localhost" + Path}
	if p.PublicURL != nil {
		s.base = strings.TrimSuffix(p.PublicURL.String(), "/") + Path
	}
	return s
}

// Address is what is entered at a directory.
func (s *Service) Address() string { return s.base }

// directory is who speaks: the provider of a token.
type directory struct {
	id       string
	customer string           // that the provider belongs to; empty for the instance's
	actor    permission.Actor // without role and scope: what it may is decided here and by sso
}

const ofProvider = "directories belong to identity providers, and those to the instance or to a customer"

// change runs f for a directory; what the database refuses as taken is named.
func (s *Service) change(ctx context.Context, f func(tx *db.Tx) error) error {
	return s.db.Across(ctx, ofProvider, f)
}

// read runs f in a transaction that only reads; what is read names the provider in each statement.
func (s *Service) read(ctx context.Context, f func(tx *db.Tx) error) error {
	return s.db.View(ctx, db.GrantAll(), f)
}

// revised tells whether a resource is the one that the caller has seen; an empty tag, or *, is any.
func revised(match string, version int64) error {
	match = strings.TrimSpace(match)
	if match == "" || match == "*" {
		return nil
	}
	for _, tag := range strings.Split(match, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == strings.TrimPrefix(tagOf(version), "W/") {
			return nil
		}
	}
	return &refusal{http.StatusPreconditionFailed, "", "scim.stale", nil}
}

// Known implements sso.Directory.
func (s *Service) Known(ctx context.Context, tx *db.Tx, providerID string, who sso.Person, account string) (e sso.Entry, err error) {
	u, err := findKnown(ctx, tx, providerID, who, account)
	if fault.Is(err, fault.NotFound) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	return entryOf(ctx, tx, u)
}

func findKnown(ctx context.Context, tx *db.Tx, providerID string, who sso.Person, account string) (u userRow, err error) {
	none := fault.New(fault.NotFound, "fault.not_found")
	err = none
	if account != "" {
		return getUser(ctx, tx, providerID, "user_id", account)
	}
	for _, external := range []string{who.Subject, who.ObjectID} {
		if fault.Is(err, fault.NotFound) && external != "" {
			u, err = getUser(ctx, tx, providerID, "external_id", external)
		}
	}
	if fault.Is(err, fault.NotFound) && who.Email != "" && who.Verified {
		u, err = getUser(ctx, tx, providerID, "email", who.Email)
	}
	return u, err
}

// entryOf gathers what the directory says of a user.
func entryOf(ctx context.Context, tx *db.Tx, u userRow) (e sso.Entry, err error) {
	e = sso.Entry{ID: u.ID, Account: string(u.UserID), Active: u.Active}
	var all []struct {
		Name   string `db:"name"`
		Ext    string `db:"external_id"`
		Member int    `db:"member"`
	}
	err = tx.Select(ctx, &all, `SELECT g.name, g.external_id, (SELECT COUNT(*) FROM {scim_member} m WHERE m.group_id = g.id AND m.member_id = ?) AS member
		FROM {scim_group} g WHERE g.provider_id = ?`, u.ID, u.ProviderID)
	for _, g := range all {
		for _, name := range []string{g.Name, g.Ext} {
			if name == "" {
				continue
			}
			if e.Pushed = append(e.Pushed, name); g.Member > 0 {
				e.Groups = append(e.Groups, name)
			}
		}
	}
	return e, err
}

// Bind implements sso.Directory.
func (s *Service) Bind(ctx context.Context, tx *db.Tx, entry, account string) error {
	_, err := tx.Exec(ctx, `UPDATE {scim_user} SET user_id = ? WHERE id = ?`, account, entry)
	return err
}

// settle makes the account of a user what the directory, and the rules, say; the row learns which account it is.
func (s *Service) settle(ctx context.Context, tx *db.Tx, d directory, u userRow) error {
	e, err := entryOf(ctx, tx, u)
	if err != nil {
		return err
	}
	account, err := s.vouch.Provision(ctx, tx, d.actor, d.id, u.provision(e))
	if err != nil {
		var taken *fault.Error
		if fault.Is(err, fault.Conflict) && asFault(err, &taken) && taken.Key == "trust.email_taken" {
			return takenBecause("emails", u.Email, err)
		}
		return err
	}
	if account == string(u.UserID) {
		return nil
	}
	return s.Bind(ctx, tx, u.ID, account)
}

func userRecord(u userRow) audit.Record {
	return audit.Record{Type: "scim_user", ID: u.ID, Name: u.Resource.V.name("userName")}
}

func groupRecord(g groupRow) audit.Record {
	return audit.Record{Type: "scim_group", ID: g.ID, Name: g.Name}
}
