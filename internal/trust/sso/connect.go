package sso

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// maxAnswer is far above what metadata, keys and tokens need.
	maxAnswer = 1 << 20
	// keepFor is how long metadata and keys are kept: a key that a provider has withdrawn is trusted no longer than that.
	keepFor = 15 * time.Minute
)

// bounded cuts answers: the libraries read them whole.
type bounded struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.inner.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

func boundedClient(c *http.Client) *http.Client {
	inner := c.Transport
	if inner == nil {
		inner = http.DefaultTransport
	}
	out := *c
	out.Transport = bounded{inner}
	return &out
}

// remote is a provider as it describes itself.
type remote struct {
	*oidc.Provider
	verifier *oidc.IDTokenVerifier
	meta     metadata
	client   *http.Client
	until    time.Time
}

type metadata struct {
	Issuer      string   `json:"issuer"`
	Authorize   string   `json:"authorization_endpoint"`
	Token       string   `json:"token_endpoint"`
	Keys        string   `json:"jwks_uri"`
	EndSession  string   `json:"end_session_endpoint"`
	UserInfo    string   `json:"userinfo_endpoint"`
	TellsIssuer bool     `json:"authorization_response_iss_parameter_supported"`
	Auth        []string `json:"token_endpoint_auth_methods_supported"`
	Challenges  []string `json:"code_challenge_methods_supported"`
}

// remotes keeps what providers say of themselves.
type remotes struct {
	mu   sync.Mutex
	held map[string]*remote
}

// discover reads a provider's metadata, unless it is known. The key holds all that it depends on.
func (s *Service) discover(ctx context.Context, issuer, clientID string) (*remote, error) {
	key := issuer + "\x00" + clientID
	now := s.clock.Now()
	s.remotes.mu.Lock()
	r, ok := s.remotes.held[key]
	s.remotes.mu.Unlock()
	if ok && now.Before(r.until) {
		return r, nil
	}
	r, err := s.ask(ctx, issuer, clientID)
	if err != nil {
		return nil, err
	}
	s.remotes.mu.Lock()
	defer s.remotes.mu.Unlock()
	if len(s.remotes.held) > 1000 {
		clear(s.remotes.held)
	}
	s.remotes.held[key] = r
	return r, nil
}

func (s *Service) ask(ctx context.Context, issuer, clientID string) (*remote, error) {
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, s.http), issuer)
	if err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	r := &remote{Provider: p, client: s.http, until: s.clock.Now().Add(keepFor)}
	if err := p.Claims(&r.meta); err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	if r.meta.Authorize == "" || r.meta.Token == "" || r.meta.Keys == "" {
		return nil, errors.New("discover: the metadata lacks authorization_endpoint, token_endpoint or jwks_uri")
	}
	// Endpoints of a provider on https stay there: a plain one would carry the code and the client's secret in the open.
	if strings.HasPrefix(issuer, "https:") {
		for _, endpoint := range []string{r.meta.Authorize, r.meta.Token, r.meta.Keys, r.meta.UserInfo, r.meta.EndSession} {
			if endpoint != "" && !strings.HasPrefix(endpoint, "https:") {
				return nil, fmt.Errorf("discover: the endpoint %q is not on https", endpoint)
			}
		}
	}
	// Only asymmetric algorithms pass: go-oidc drops "none" and the HMAC family from what the metadata offers.
	r.verifier = p.Verifier(&oidc.Config{ClientID: clientID, Now: s.clock.Now})
	return r, nil
}

// oauth is the client of a provider. How it shows its secret is read from the metadata: trying both ways would use the code up.
func (s *Service) oauth(r *remote, p provider, secret string) *oauth2.Config {
	e := r.Endpoint()
	e.AuthStyle = oauth2.AuthStyleInHeader
	if secret == "" || len(r.meta.Auth) > 0 && !slices.Contains(r.meta.Auth, "client_secret_basic") && slices.Contains(r.meta.Auth, "client_secret_post") {
		e.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: secret, Endpoint: e, RedirectURL: s.public(ReturnPath + p.Slug), Scopes: strings.Fields(p.Scopes)}
}
