package sso

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"vigie/internal/platform/outbound"
)

// look asks a provider for what a sign-on needs. What it says of an address inside of our network is no more than that it is refused.
func (s *Service) look(ctx context.Context, issuer, clientID string) Checked {
	c := Checked{Algorithms: []string{}}
	r, err := s.ask(ctx, issuer, clientID)
	var other *oidc.IssuerMismatchError
	switch reason, refused := outbound.Why(err); {
	case refused:
		c.Problem = "address: " + string(reason)
		return c
	case errors.As(err, &other):
		c.Problem = fmt.Sprintf("issuer: the metadata says %.200q", other.Discovered)
		return c
	case err != nil:
		c.Problem = "metadata: no OpenID Connect metadata could be read at " + strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
		s.log.WarnContext(ctx, "identity provider", "issuer", issuer, "error", err)
		return c
	}
	c.SignOut, c.TellsIssuer, c.Authorization = r.meta.EndSession != "", r.meta.TellsIssuer, r.meta.Authorize
	var meta struct {
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	_ = r.Claims(&meta) // read before
	for _, a := range meta.Algorithms {
		if a != "none" && !strings.HasPrefix(a, "HS") {
			c.Algorithms = append(c.Algorithms, a)
		}
	}
	if c.Keys, err = s.countKeys(ctx, r.meta.Keys); err != nil || c.Keys == 0 {
		c.Problem = "keys: none could be read at " + r.meta.Keys
		return c
	}
	if len(r.meta.Challenges) > 0 && !slices.Contains(r.meta.Challenges, "S256") {
		c.Problem = "pkce: S256 is not offered"
		return c
	}
	c.Works = true
	return c
}

func (s *Service) countKeys(ctx context.Context, address string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	res, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	var set struct {
		Keys []struct {
			Use string `json:"use"`
			Kty string `json:"kty"`
		} `json:"keys"`
	}
	if res.StatusCode != http.StatusOK {
		return 0, errors.New(res.Status)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&set); err != nil {
		return 0, err
	}
	n := 0
	for _, k := range set.Keys {
		if (k.Use == "" || k.Use == "sig") && k.Kty != "oct" {
			n++
		}
	}
	return n, nil
}
