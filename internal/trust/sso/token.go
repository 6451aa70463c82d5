package sso

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// skew is how far clocks may be apart.
const skew = 2 * time.Minute

// answer is a token response that was found to be good.
type answer struct {
	person  Person
	raw     string // the ID token
	sid     string
	subject string
	factor  bool // the provider has asked for a second factor, and is trusted in that
}

// claims are what we read of an ID token beyond what go-oidc checks.
type claims struct {
	Party    string   `json:"azp"`
	AuthTime *float64 `json:"auth_time"`
	Session  string   `json:"sid"`
	Means    means    `json:"amr"`
	Class    string   `json:"acr"`
}

// means are the ways by which somebody has signed in at the provider: texts, or, as some send it, one text.
type means []string

// UnmarshalJSON implements json.Unmarshaler. What is in no shape that counts is no factor, and no reason to refuse.
func (m *means) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*m = means{one}
		return nil
	}
	var all []any
	if json.Unmarshal(b, &all) == nil {
		for _, v := range all {
			if s, ok := v.(string); ok {
				*m = append(*m, s)
			}
		}
	}
	return nil
}

// redeem changes the code for tokens and checks the ID token: signature by a key of the provider with an asymmetric algorithm,
// issuer, audience, expiry and not-before (go-oidc); here the nonce, the authorised party, the moment of issue, the hash of the access
// token, and, where a fresh sign-in was asked for, when it was.
func (s *Service) redeem(ctx context.Context, r *remote, p provider, secret, code, verifier, nonce string, freshSince time.Time) (answer, error) {
	ctx = oidc.ClientContext(ctx, r.client)
	got, err := s.oauth(r, p, secret).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) { // its text has the whole answer of the provider
			return answer{}, fmt.Errorf("token endpoint: %d %.100s", refused.Response.StatusCode, refused.ErrorCode)
		}
		return answer{}, fmt.Errorf("token endpoint: %w", err)
	}
	raw, ok := got.Extra("id_token").(string)
	if !ok || raw == "" {
		return answer{}, errors.New("the answer has no id_token")
	}
	token, err := r.verifier.Verify(ctx, raw)
	if err != nil {
		return answer{}, err
	}
	var c claims
	all := map[string]any{}
	if err := errors.Join(token.Claims(&c), token.Claims(&all)); err != nil {
		return answer{}, fmt.Errorf("claims: %w", err)
	}
	if err := s.check(token, c, p.ClientID, nonce, freshSince); err != nil {
		return answer{}, err
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(got.AccessToken); err != nil {
			return answer{}, err
		}
	}
	if err := overage(all, p.GroupsClaim); err != nil {
		return answer{}, err
	}
	if _, has := find(all, p.GroupsClaim); (!has || all["email"] == nil) && r.meta.UserInfo != "" {
		info, err := r.UserInfo(ctx, oauth2.StaticTokenSource(got))
		if err != nil {
			return answer{}, fmt.Errorf("userinfo: %w", err)
		}
		if info.Subject != token.Subject {
			return answer{}, errors.New("userinfo is about somebody else")
		}
		more := map[string]any{}
		if err := info.Claims(&more); err != nil {
			return answer{}, fmt.Errorf("userinfo: %w", err)
		}
		for name, v := range more {
			if _, signed := all[name]; !signed { // what is signed wins
				all[name] = v
			}
		}
	}
	return answer{person: personOf(all, token.Subject, p.GroupsClaim), raw: raw, sid: c.Session, subject: token.Subject, factor: asserts(p, c)}, nil
}

func (s *Service) check(token *oidc.IDToken, c claims, client, nonce string, freshSince time.Time) error {
	switch {
	case token.Subject == "" || len(token.Subject) > 255:
		return errors.New("the subject is missing or too long")
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return errors.New("the nonce is another one")
	case len(token.Audience) > 1 && c.Party == "":
		return errors.New("several audiences and no azp")
	case c.Party != "" && c.Party != client:
		return fmt.Errorf("azp is %q", c.Party)
	case token.IssuedAt.After(s.clock.Now().Add(skew)):
		return errors.New("issued in the future")
	case freshSince.IsZero():
		return nil
	case c.AuthTime == nil:
		return errors.New("auth_time is missing, though max_age was asked for")
	}
	at := time.Unix(int64(*c.AuthTime), 0)
	if at.Before(freshSince.Add(-skew/4)) || at.After(s.clock.Now().Add(skew)) {
		return errors.New("the sign-in is not a fresh one")
	}
	return nil
}

// overage: Entra ID leaves groups out when there are too many, and says so. Whoever has too many must not be taken for one with
// none.
func overage(all map[string]any, claim string) error {
	names, _ := all["_claim_names"].(map[string]any)
	if _, there := names[claim]; there || all["hasgroups"] == true || all["hasgroups"] == "true" {
		return errors.New("the provider left the groups out because there are too many; send only those that are assigned to the application")
	}
	return nil
}

// personOf reads a person out of claims.
func personOf(all map[string]any, subject, groupsClaim string) Person {
	text := func(name string) string {
		v, _ := all[name].(string)
		return strings.TrimSpace(v)
	}
	p := Person{Subject: subject, ObjectID: text("oid"), Email: strings.ToLower(text("email")), Name: text("name"), Language: "en", Zone: text("zoneinfo")}
	if strings.HasPrefix(strings.ToLower(text("locale")), "fr") {
		p.Language = "fr"
	}
	if p.Name == "" {
		p.Name = strings.TrimSpace(text("given_name") + " " + text("family_name"))
	}
	if p.Name == "" {
		p.Name = p.Email
	}
	if v, there := all["email_verified"]; there {
		p.Verified = v == true || v == "true"
	} else if v, there := all["xms_edov"]; there { // Entra ID: the domain's owner has verified it
		p.Verified = v == true || v == "true" || v == "1" || v == float64(1)
	}
	if v, ok := find(all, groupsClaim); ok {
		p.Groups = names(v)
	}
	return p
}

// find looks a claim up by its name, otherwise by a path of names with dots, as Keycloak's realm_access.roles.
func find(all map[string]any, claim string) (any, bool) {
	if v, ok := all[claim]; ok {
		return v, true
	}
	head, rest, cut := strings.Cut(claim, ".")
	inner, ok := all[head].(map[string]any)
	if !cut || !ok {
		return nil, false
	}
	return find(inner, rest)
}

// names reads groups in the shapes in which providers send them: one text, texts, or objects with a name.
func names(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, e := range v {
			out = append(out, names(e)...)
		}
	case map[string]any:
		for _, key := range []string{"value", "id", "name", "displayName", "display"} {
			if s, ok := v[key].(string); ok {
				out = append(out, s)
			}
		}
	case json.Number:
		out = append(out, v.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}
