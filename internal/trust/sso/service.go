package sso

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// Parts is what the room is made of.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Box      *seal.Box
	Identity *identity.Service
	// HTTP calls addresses that people have typed: it must come from package outbound.
	HTTP *http.Client
	// PublicURL is how browsers reach us; nil for commands.
	PublicURL *url.URL
	// Prove notes that the actor has signed in afresh.
	Prove func(ctx context.Context, tx *db.Tx, a permission.Actor, method string) error
}

// Service holds the rules of single sign-on.
type Service struct {
	// Section is a further part of a provider's page; nil for none. It is set before the first request.
	Section func(ctx context.Context, p *ui.Page, a permission.Actor, provider Provider) (templ.Component, error)

	db        *db.DB
	clock     clock.Clock
	log       *slog.Logger
	box       *seal.Box
	identity  *identity.Service
	accounts  identity.Accounts
	http      *http.Client
	at        *url.URL
	prove     func(ctx context.Context, tx *db.Tx, a permission.Actor, method string) error
	remotes   remotes
	directory Directory // nil where there is none
}

// New makes the service.
func New(p Parts) *Service {
	s := &Service{db: p.DB, clock: p.Clock, log: p.Log, box: p.Box, identity: p.Identity, accounts: p.Identity.Accounts(), http: boundedClient(p.HTTP), at: p.PublicURL,
		prove: p.Prove, remotes: remotes{held: map[string]*remote{}}}
	if s.at == nil {
		s.at = &url.URL{Scheme: "http", Host: "localhost"}
	}
	if s.prove == nil {
		s.prove = func(context.Context, *db.Tx, permission.Actor, string) error {
			return fault.New(fault.Forbidden, "fault.forbidden", "action", "prove")
		}
	}
	return s
}

func (s *Service) public(path string) string {
	return strings.TrimSuffix(s.at.Scheme+"://"+s.at.Host+s.at.Path, "/") + path
}

func (s *Service) secure() bool { return s.at.Scheme == "https" }

func recordOf(p provider) audit.Record {
	return audit.Record{Type: "identity_provider", ID: p.ID, Name: p.Slug}
}

// visible finds a provider that the actor covers: those of the instance are for who covers all.
func (s *Service) visible(ctx context.Context, tx *db.Tx, a permission.Actor, ref string) (p provider, err error) {
	column := "p.slug"
	if id.Valid(ref) {
		column = "p.id"
	}
	where := ""
	if !a.Scope().All() {
		where = " AND " + within
	}
	err = tx.Get(ctx, &p, `SELECT `+db.Columns[provider]("p.")+` FROM {identity_provider} p WHERE `+column+` = ?`+where, ref)
	return p, err
}

// Provider reads one. Faults: not_found, forbidden.
func (s *Service) Provider(ctx context.Context, a permission.Actor, ref string) (out Provider, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		p, err := s.visible(ctx, tx, a, ref)
		if err != nil {
			return err
		}
		out, err = s.show(ctx, tx, p)
		return err
	})
	if err != nil {
		return Provider{}, err
	}
	if err := a.Require(permission.SignOnRead); err != nil {
		return Provider{}, err
	}
	return out, nil
}

func (s *Service) show(ctx context.Context, tx *db.Tx, p provider) (Provider, error) {
	out, err := s.showAll(ctx, tx, []provider{p})
	if err != nil {
		return Provider{}, err
	}
	return out[0], nil
}

func (s *Service) showAll(ctx context.Context, tx *db.Tx, rows []provider) ([]Provider, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var held []struct {
		ProviderID string `db:"provider_id"`
		Domain     string `db:"domain"`
	}
	if err := tx.Select(ctx, &held, `SELECT provider_id, domain FROM {identity_domain} WHERE provider_id IN (`+db.Marks(len(ids))+`) ORDER BY domain`, db.Anys(ids)...); err != nil {
		return nil, err
	}
	names, err := slugsOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make([]Provider, len(rows))
	for i, r := range rows {
		var domains []string
		for _, h := range held {
			if h.ProviderID == r.ID {
				domains = append(domains, h.Domain)
			}
		}
		out[i] = s.shown(r, domains, names[string(r.CustomerID)])
	}
	return out, nil
}

// slugsOf names the customers of the transaction's scope.
func slugsOf(ctx context.Context, tx *db.Tx) (map[string]string, error) {
	var rows []struct {
		ID   string `db:"id"`
		Slug string `db:"slug"`
	}
	err := tx.Select(ctx, &rows, `SELECT id, slug FROM {customer}`)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Slug
	}
	return out, err
}

// customerID finds a customer by slug or id within the actor's scope; the fault names the field.
func customerID(ctx context.Context, tx *db.Tx, a permission.Actor, field, ref string) (string, error) {
	var got string
	err := tx.Get(ctx, &got, `SELECT CAST(id AS TEXT) FROM {customer} WHERE slug = ? OR CAST(id AS TEXT) = ?`, ref, ref)
	if fault.Is(err, fault.NotFound) || err == nil && !a.Scope().Covers(got) {
		var bad fault.Fields
		bad.Add(field, "api.field.customer", "value", ref)
		return "", bad.Err()
	}
	return got, err
}

const ofInstance = "providers belong to the instance or to a customer"

// CreateProvider adds a provider. Whoever is limited to some customers adds them for those. Faults: forbidden, invalid, conflict (slug
// or domain are taken).
func (s *Service) CreateProvider(ctx context.Context, a permission.Actor, in NewProvider) (out Provider, err error) {
	if err := a.Require(permission.SignOnWrite); err != nil {
		return out, err
	}
	err = s.db.Across(ctx, ofInstance, func(tx *db.Tx) error {
		p := provider{ID: id.New(), Slug: in.Slug, Enabled: true, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		if in.Customer != "" {
			c, err := customerID(ctx, tx, a, "customer", in.Customer)
			if err != nil {
				return err
			}
			p.CustomerID = db.Null(c)
		} else if !a.Scope().All() {
			var bad fault.Fields
			bad.Add("customer", "trust.field.limited")
			return bad.Err()
		}
		p, held := (ChangeProvider{Name: &in.Name, Button: &in.Button, Issuer: &in.Issuer, ClientID: &in.ClientID, GroupsClaim: &in.GroupsClaim, Scopes: &in.Scopes,
			Domains: &in.Domains, DefaultRole: &in.DefaultRole, SecondFactor: &in.SecondFactor, FactorValues: &in.FactorValues, Enabled: in.Enabled}).apply(p, nil)
		if err := validate(p, held, &in.ClientSecret); err != nil {
			return err
		}
		if err := s.sealInto(ctx, tx, &p, in.ClientSecret); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "identity_provider", p, ""); err != nil {
			return taken(err, "slug", "sso.slug_taken", p.Slug)
		}
		if err := setDomains(ctx, tx, p, held); err != nil {
			return err
		}
		if out, err = s.show(ctx, tx, p); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", recordOf(p), nil, out)
	})
	return out, err
}

func (s *Service) sealInto(ctx context.Context, tx *db.Tx, p *provider, secret string) (err error) {
	p.ClientSecret = ""
	if secret != "" {
		p.ClientSecret, err = s.box.Seal(ctx, tx, secretPlace(p.ID), []byte(secret))
	}
	return err
}

// taken makes a conflict name its field.
func taken(err error, field, key, value string) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	f := fault.New(fault.Conflict, key, "value", value)
	f.Fields = fault.Fields{{Path: field, Key: key, Args: f.Args}}
	return f.Because(err)
}

func setDomains(ctx context.Context, tx *db.Tx, p provider, held []string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM {identity_domain} WHERE provider_id = ?`, p.ID); err != nil {
		return err
	}
	type row struct {
		Domain     string `db:"domain"`
		ProviderID string `db:"provider_id"`
	}
	for _, d := range held {
		if _, err := tx.Insert(ctx, "identity_domain", row{d, p.ID}, ""); err != nil {
			return taken(err, "domains", "sso.domain_taken", d)
		}
	}
	return nil
}

// change opens a transaction for a change of a provider: found, allowed, and of the expected version.
func (s *Service) change(ctx context.Context, a permission.Actor, ref string, version int64, f func(tx *db.Tx, p provider, before Provider) error) error {
	before, err := s.Provider(ctx, a, ref)
	if err != nil {
		return err
	}
	if err := a.Require(permission.SignOnWrite); err != nil {
		return err
	}
	return s.db.Across(ctx, ofInstance, func(tx *db.Tx) error {
		p, err := s.visibleAcross(ctx, tx, a, before.ID)
		if err != nil {
			return err
		}
		if version != 0 && version != p.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		if before, err = s.show(ctx, tx, p); err != nil {
			return err
		}
		return f(tx, p, before)
	})
}

// UpdateProvider changes some fields; version 0 takes any. Another issuer makes the provider forget whom it has vouched for by
// subject. Faults: not_found, forbidden, invalid, stale, conflict.
func (s *Service) UpdateProvider(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeProvider) (out Provider, err error) {
	err = s.change(ctx, a, ref, version, func(tx *db.Tx, p provider, before Provider) error {
		after, held := in.apply(p, before.Domains)
		if err := validate(after, held, in.ClientSecret); err != nil {
			return err
		}
		if in.ClientSecret != nil {
			if err := s.sealInto(ctx, tx, &after, *in.ClientSecret); err != nil {
				return err
			}
		}
		after.Version++
		after.UpdatedAt = tx.Now()
		if err := store(ctx, tx, p, after); err != nil {
			return err
		}
		if err := setDomains(ctx, tx, after, held); err != nil {
			return err
		}
		if out, err = s.show(ctx, tx, after); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", recordOf(after), before, out)
	})
	return out, err
}

func store(ctx context.Context, tx *db.Tx, before, after provider) error {
	n, err := tx.Exec(ctx, `UPDATE {identity_provider} SET name = ?, button = ?, issuer = ?, client_id = ?, client_secret = ?, scopes = ?, groups_claim = ?,
		default_role = ?, second_factor = ?, factor_values = ?, enabled = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`, after.Name, after.Button,
		after.Issuer, after.ClientID, after.ClientSecret, after.Scopes, after.GroupsClaim, after.DefaultRole, after.SecondFactor, after.FactorValues, after.Enabled, after.Version, after.UpdatedAt, after.ID, before.Version)
	if err == nil && n == 0 {
		err = fault.New(fault.Stale, "fault.stale")
	}
	return err
}

// DeleteProvider removes a provider with its rules and links. The accounts stay, without a way in until an invitation gives them a
// password. Faults: not_found, forbidden, stale.
func (s *Service) DeleteProvider(ctx context.Context, a permission.Actor, ref string, version int64) error {
	return s.change(ctx, a, ref, version, func(tx *db.Tx, p provider, before Provider) error {
		var linked []string
		if err := tx.Select(ctx, &linked, `SELECT CAST(user_id AS TEXT) FROM {identity_link} WHERE provider_id = ?`, p.ID); err != nil {
			return err
		}
		for _, ref := range linked { // one linked before passwords were taken away has one still
			if err := s.accounts.TakePassword(ctx, tx, a, ref); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {session} WHERE id_hash IN (SELECT session_key FROM {sign_on_session} WHERE provider_id = ?)`, p.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {identity_provider} WHERE id = ?`, p.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "delete", recordOf(p), before, nil)
	})
}

// Checked is what a test of a provider found.
type Checked struct {
	Works         bool     `json:"works"`
	Problem       string   `json:"problem" doc:"What went wrong; empty if it works."`
	Keys          int      `json:"keys" doc:"Signing keys found."`
	Algorithms    []string `json:"algorithms" nullable:"false"`
	SignOut       bool     `json:"sign_out" doc:"Whether signing out there is offered."`
	TellsIssuer   bool     `json:"tells_issuer" doc:"Whether answers name the issuer (RFC 9207)."`
	Authorization string   `json:"authorization_endpoint"`
}

// CheckProvider asks the provider for its metadata and keys. Faults: not_found, forbidden.
func (s *Service) CheckProvider(ctx context.Context, a permission.Actor, ref string) (Checked, error) {
	p, err := s.Provider(ctx, a, ref)
	if err == nil {
		err = a.Require(permission.SignOnWrite)
	}
	if err != nil {
		return Checked{}, err
	}
	return s.look(ctx, p.Issuer, p.ClientID), nil
}
