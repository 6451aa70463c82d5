package canary

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// provider is an OpenID provider that lets everybody in, and says in its refusals what it was told, as bad ones do.
type provider struct {
	*httptest.Server
	secret string // the client secret that it expects

	mu     sync.Mutex
	nonces map[string]string // by code
	who    string            // e-mail of who signs in next
	tokens []string          // that it gave out
}

func newProvider(t *testing.T, secret string) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	check(t, err)
	p := &provider{secret: secret, nonces: map[string]string{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "end_session_endpoint": p.URL + "/end"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		p.mu.Lock()
		p.nonces["code"+q.Get("nonce")] = q.Get("nonce")
		p.mu.Unlock()
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {"code" + q.Get("nonce")}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		_, told, basic := r.BasicAuth()
		if told, _ = url.QueryUnescape(told); !basic {
			told = r.PostFormValue("client_secret")
		}
		if told != p.secret {
			answer(w, 401, map[string]any{"error": "invalid_client", "error_description": "the secret " + told + " is wrong"})
			return
		}
		now := time.Now()
		claims, _ := json.Marshal(map[string]any{"iss": p.URL, "aud": "vigie", "sub": p.who, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": p.nonces[r.PostFormValue("code")],
			"email": p.who, "email_verified": true, "name": "Somebody", "groups": []string{"all"}})
		signed, err := signer.Sign(claims)
		if err != nil {
			answer(w, 500, nil)
			return
		}
		token, _ := signed.CompactSerialize()
		p.tokens = append(p.tokens, token)
		answer(w, 200, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 3600, "id_token": token})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}
