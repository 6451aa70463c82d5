package sso

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// provider is a row of identity_provider.
type provider struct {
	ID           string  `db:"id"`
	Slug         string  `db:"slug"`
	Name         string  `db:"name"`
	Button       string  `db:"button"`
	Issuer       string  `db:"issuer"`
	ClientID     string  `db:"client_id"`
	ClientSecret string  `db:"client_secret"` // sealed
	Scopes       string  `db:"scopes"`
	GroupsClaim  string  `db:"groups_claim"`
	CustomerID   db.Null `db:"customer_id"`
	DefaultRole  string  `db:"default_role"`
	SecondFactor string  `db:"second_factor"`
	FactorValues string  `db:"factor_values"`
	Enabled      bool    `db:"enabled"`
	Version      int64   `db:"version"`
	CreatedAt    db.Time `db:"created_at"`
	UpdatedAt    db.Time `db:"updated_at"`
}

// Provider is an identity provider as administrators see it.
type Provider struct {
	ID          string   `json:"id"`
	Slug        string   `json:"slug" doc:"Stands in the return address; never changes."`
	Name        string   `json:"name"`
	Button      string   `json:"button" doc:"Words on the button of the sign-in page; empty for the name."`
	Issuer      string   `json:"issuer"`
	ClientID    string   `json:"client_id"`
	HasSecret   bool     `json:"has_secret" doc:"Whether a client secret is kept. It is never shown."`
	Scopes      []string `json:"scopes" nullable:"false"`
	GroupsClaim string   `json:"groups_claim" doc:"Claim that holds the groups; a dot leads into objects."`
	Customer    string   `json:"customer" doc:"Slug; empty for a provider of the instance."`
	Domains     []string `json:"domains" nullable:"false" doc:"Domains of e-mail addresses that the provider speaks for."`
	DefaultRole string   `json:"default_role" doc:"Role where no rule matches; empty refuses."`
	// SecondFactor and FactorValues say whether its word counts as one.
	SecondFactor string   `json:"second_factor" enum:"ask,asserted,always" doc:"Whether a sign-in there counts as one with a second factor: ask (Vigie asks for its own), asserted (if amr or acr of the ID token has one of factor_values), always."`
	FactorValues []string `json:"factor_values" nullable:"false" doc:"Values of amr or acr that count; without any, mfa."`
	Enabled      bool     `json:"enabled"`
	Return       string   `json:"return_url" doc:"Register it with the provider as redirect URI."`
	BackChannel  string   `json:"back_channel_logout_url"`
	Version      int64    `json:"version"`
	CreatedAt    db.Time  `json:"created_at"`
	UpdatedAt    db.Time  `json:"updated_at"`
}

// Revision makes the ETag.
func (p Provider) Revision() int64 { return p.Version }

// Self is the record's address below /api/v1.
func (p Provider) Self() string { return "/identity-providers/" + p.ID }

// NewProvider is the input of CreateProvider.
type NewProvider struct {
	Slug         string   `json:"slug" doc:"2 to 40 lower-case letters, digits and hyphens."`
	Name         string   `json:"name"`
	Button       string   `json:"button,omitempty"`
	Issuer       string   `json:"issuer" doc:"URL, exactly as the provider's metadata has it."`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret,omitempty" doc:"Empty for a public client. Never shown again."`
	Scopes       []string `json:"scopes,omitempty" doc:"Default openid, email and profile."`
	GroupsClaim  string   `json:"groups_claim,omitempty" doc:"Default groups."`
	Customer     string   `json:"customer,omitempty" doc:"Slug; empty for a provider of the instance."`
	Domains      []string `json:"domains,omitempty"`
	DefaultRole  string   `json:"default_role,omitempty"`
	SecondFactor string   `json:"second_factor,omitempty" doc:"ask, asserted or always; default ask."`
	FactorValues []string `json:"factor_values,omitempty"`
	Enabled      *bool    `json:"enabled,omitempty" doc:"Default true."`
}

// ChangeProvider is the input of UpdateProvider: what is nil stays. Slug and customer never change.
type ChangeProvider struct {
	Name         *string   `json:"name,omitempty"`
	Button       *string   `json:"button,omitempty"`
	Issuer       *string   `json:"issuer,omitempty"`
	ClientID     *string   `json:"client_id,omitempty"`
	ClientSecret *string   `json:"client_secret,omitempty" doc:"Empty takes it away."`
	Scopes       *[]string `json:"scopes,omitempty"`
	GroupsClaim  *string   `json:"groups_claim,omitempty"`
	Domains      *[]string `json:"domains,omitempty" doc:"Replaces all."`
	DefaultRole  *string   `json:"default_role,omitempty"`
	SecondFactor *string   `json:"second_factor,omitempty" doc:"ask, asserted or always."`
	FactorValues *[]string `json:"factor_values,omitempty"`
	Enabled      *bool     `json:"enabled,omitempty"`
}

var (
	slugs   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$`)
	domains = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	scopes  = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]{1,100}$`)
)

// apply gives the row as it will be, and its domains; the secret is the service's.
func (c ChangeProvider) apply(p provider, held []string) (provider, []string) {
	for to, from := range map[*string]*string{&p.Name: c.Name, &p.Button: c.Button, &p.Issuer: c.Issuer, &p.ClientID: c.ClientID, &p.GroupsClaim: c.GroupsClaim, &p.DefaultRole: c.DefaultRole,
		&p.SecondFactor: c.SecondFactor} {
		if from != nil {
			*to = strings.TrimSpace(*from)
		}
	}
	if c.Scopes != nil {
		p.Scopes = strings.Join(*c.Scopes, " ")
	}
	if c.FactorValues != nil {
		p.FactorValues = strings.Join(*c.FactorValues, " ")
	}
	if c.Enabled != nil {
		p.Enabled = *c.Enabled
	}
	if c.Domains != nil {
		held = []string{}
		for _, d := range *c.Domains {
			if d = strings.ToLower(strings.TrimSpace(d)); d != "" && !slices.Contains(held, d) {
				held = append(held, d)
			}
		}
		slices.Sort(held)
	}
	if p.Scopes == "" {
		p.Scopes = "openid email profile"
	}
	if p.GroupsClaim == "" {
		p.GroupsClaim = "groups"
	}
	if p.SecondFactor == "" {
		p.SecondFactor = factorAsk
	}
	return p, held
}

// validate names every bad field of a provider as it would be.
func validate(p provider, held []string, secret *string) error {
	var bad fault.Fields
	if !slugs.MatchString(p.Slug) || strings.Contains(p.Slug, "--") {
		bad.Add("slug", "sso.field.slug")
	}
	text := func(field, value string, least, most int) {
		if n := utf8.RuneCountInString(value); n < least || n > most || strings.ContainsAny(value, "\x00\r\n") {
			bad.Add(field, "sso.field.length", "min", least, "max", most)
		}
	}
	text("name", p.Name, 1, 100)
	text("button", p.Button, 0, 100)
	if u, err := url.Parse(p.Issuer); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(p.Issuer) > 500 {
		bad.Add("issuer", "sso.field.issuer")
	}
	text("client_id", p.ClientID, 1, 300)
	if secret != nil {
		text("client_secret", *secret, 0, 2000)
	}
	words := strings.Fields(p.Scopes)
	if !slices.Contains(words, "openid") || len(words) > 30 || slices.ContainsFunc(words, func(s string) bool { return !scopes.MatchString(s) }) {
		bad.Add("scopes", "sso.field.scopes")
	}
	text("groups_claim", p.GroupsClaim, 1, 200)
	checkFactor(&bad, p)
	if len(held) > 200 || slices.ContainsFunc(held, func(d string) bool { return len(d) > 253 || !domains.MatchString(d) }) {
		bad.Add("domains", "sso.field.domains")
	}
	if p.CustomerID != "" && len(held) == 0 {
		bad.Add("domains", "sso.field.domains_needed")
	}
	if p.DefaultRole != "" {
		switch r := permission.Role(p.DefaultRole); {
		case !r.Valid(), p.CustomerID != "" && !r.Customer(), p.CustomerID == "" && r.Customer():
			bad.Add("default_role", roleFault(p))
		}
	}
	return bad.Err()
}

// i18n: sso.field.role_customer sso.field.role_instance
func roleFault(p provider) string {
	if p.CustomerID != "" {
		return "sso.field.role_customer"
	}
	return "sso.field.role_instance"
}

func (s *Service) shown(p provider, domains []string, customer string) Provider {
	if domains == nil {
		domains = []string{}
	}
	return Provider{ID: p.ID, Slug: p.Slug, Name: p.Name, Button: p.Button, Issuer: p.Issuer, ClientID: p.ClientID, HasSecret: p.ClientSecret != "",
		Scopes: strings.Fields(p.Scopes), GroupsClaim: p.GroupsClaim, Customer: customer, Domains: domains, DefaultRole: p.DefaultRole,
		SecondFactor: p.SecondFactor, FactorValues: append([]string{}, strings.Fields(p.FactorValues)...), Enabled: p.Enabled,
		Return: s.public(ReturnPath + p.Slug), BackChannel: s.public(BackChannelPath + p.Slug),
		Version: p.Version, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

// Spec is how providers are listed.
var Spec = list.Spec{
	From: "{identity_provider} p", Columns: db.Columns[provider]("p."), Key: "p.id", Sort: "name",
	Fields: []list.Field{
		{Name: "id", Column: "p.id", Kind: list.ID, Filter: true},
		{Name: "slug", Column: "p.slug", Kind: list.Text, Sort: true, Filter: true},
		{Name: "name", Column: "p.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "issuer", Column: "p.issuer", Kind: list.Text, Sort: true, Filter: true},
		{Name: "enabled", Column: "p.enabled", Kind: list.Bool, Filter: true},
		{Name: "created_at", Column: "p.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("p.name", "p.slug", "p.issuer"),
}

// within is the condition by which somebody who is limited to some customers sees providers: those of the same.
const within = `p.customer_id IN (SELECT id FROM {customer})`
