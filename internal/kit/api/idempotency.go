package api

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// keepAnswers is how long the same Idempotency-Key gives the first answer again.
const keepAnswers = 24 * time.Hour

// remembered is a row of the table idempotency. Status 0: the work has begun, and its end is not known here.
type remembered struct {
	ActorID     string  `db:"actor_id"`
	Key         string  `db:"key"`
	RequestHash string  `db:"request_hash"`
	Status      int64   `db:"status"`
	Header      string  `db:"header"`
	Body        string  `db:"body"`
	CreatedAt   db.Time `db:"created_at"`
}

// sealed is the header entry by which an answer with a secret in it is known.
const sealed = "Vigie-Sealed"

// once runs a POST with an Idempotency-Key at most once.
//
// The key is claimed in a transaction of its own before the work begins, and the answer is written behind it. A success is
// given again to whoever repeats the request; a refusal (4xx, and 503) did nothing, as services are all or nothing, and sets
// the key free. Where the end is unknown, because the server died or failed in between, the claim stays and the repetition is
// answered with 409: better a person looks than that something is done twice.
func (a *API) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if r.Method != http.MethodPost || key == "" {
			next.ServeHTTP(w, r)
			return
		}
		if len(key) > 255 || strings.ContainsFunc(key, func(c rune) bool { return c < 0x20 || c > 0x7e }) {
			var bad fault.Fields
			bad.Add("Idempotency-Key", "api.idempotency.key")
			a.problem(w, r, bad.Err())
			return
		}
		_, pattern := a.mux.Handler(r)
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, max(a.bodies[pattern], maxBody)))
		if err != nil {
			var large *http.MaxBytesError
			if errors.As(err, &large) {
				err = fault.New(fault.TooLarge, "api.problem.too_large")
			} else {
				err = fault.New(malformed, "api.problem.malformed").Because(err)
			}
			a.problem(w, r, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c := claim{api: a, pattern: pattern, caller: CallerOf(r.Context()), key: key, hash: requestHash(r, body)}
		first, err := c.take(r.Context())
		switch {
		case err != nil:
			a.problem(w, r, err)
		case first != nil:
			c.again(w, r, first)
		default:
			c.run(w, r, next)
		}
	})
}

func requestHash(r *http.Request, body []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

type claim struct {
	api       *API
	caller    Caller
	pattern   string // of the operation
	key, hash string
}

// take claims the key. It gives the row of the first request if there was one.
func (c claim) take(ctx context.Context) (first *remembered, err error) {
	err = c.api.cfg.DB.InScope(ctx, c.caller.Scope, func(tx *db.Tx) error {
		// Old answers go as new ones come: there are never more than a day's.
		old := db.At(tx.Now().Add(-keepAnswers))
		if _, err := tx.Exec(ctx, `DELETE FROM {idempotency} WHERE created_at < ?`, old); err != nil {
			return err
		}
		row := remembered{ActorID: c.caller.ID, Key: c.key, RequestHash: c.hash, CreatedAt: tx.Now()}
		n, err := tx.Insert(ctx, "idempotency", row, "(actor_id, key) DO NOTHING")
		if err != nil || n == 1 {
			return err
		}
		first = &remembered{}
		return tx.Get(ctx, first, `SELECT `+db.Columns[remembered]("")+` FROM {idempotency} WHERE actor_id = ? AND key = ?`, c.caller.ID, c.key)
	})
	return first, err
}

// again gives the first answer, if it is known and the request is the same.
func (c claim) again(w http.ResponseWriter, r *http.Request, first *remembered) {
	if first.RequestHash != c.hash {
		var bad fault.Fields
		bad.Add("Idempotency-Key", "api.idempotency.other_body")
		c.api.problem(w, r, bad.Err())
		return
	}
	header := map[string]string{}
	if first.Status == 0 || json.Unmarshal([]byte(first.Header), &header) != nil {
		c.api.problem(w, r, fault.New(fault.Conflict, "api.idempotency.open"))
		return
	}
	body := []byte(first.Body)
	if header[sealed] != "" {
		delete(header, sealed)
		var err error
		if body, err = c.unseal(r, first.Body); err != nil {
			c.api.problem(w, r, fault.New(fault.Conflict, "api.idempotency.sealed"))
			return
		}
	}
	for name, value := range header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Idempotent-Replayed", "true")
	w.WriteHeader(int(first.Status))
	_, _ = w.Write(body)
}

func (c claim) run(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	next.ServeHTTP(rec, r)
	// The client may have gone away; what was done is remembered all the same.
	if err := c.remember(context.WithoutCancel(r.Context()), r, rec); err != nil {
		c.api.cfg.Log.ErrorContext(r.Context(), "remember answer", "error", err)
	}
	for name, values := range rec.header {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes())
}

func (c claim) remember(ctx context.Context, r *http.Request, rec *recorder) error {
	return c.api.cfg.DB.InScope(ctx, c.caller.Scope, func(tx *db.Tx) error {
		switch {
		case rec.status >= 400 && rec.status < 500, rec.status == http.StatusServiceUnavailable:
			_, err := tx.Exec(ctx, `DELETE FROM {idempotency} WHERE actor_id = ? AND key = ?`, c.caller.ID, c.key)
			return err
		case rec.status >= 400:
			return nil // the end is unknown: the claim stays
		}
		header := map[string]string{}
		for _, name := range []string{"Content-Type", "Location", "ETag"} {
			if v := rec.header.Get(name); v != "" {
				header[name] = v
			}
		}
		body := rec.body.String()
		if c.api.secret[c.pattern] {
			header[sealed] = "1"
			var err error
			if body, err = c.seal(r, rec.body.Bytes()); err != nil {
				return err
			}
		}
		text, err := json.Marshal(header)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE {idempotency} SET status = ?, header = ?, body = ? WHERE actor_id = ? AND key = ?`,
			rec.status, string(text), body, c.caller.ID, c.key)
		return err
	})
}

// An answer that shows a secret is kept encrypted under the caller's own bearer token, which the database does not know.
func (c claim) cipher(r *http.Request) (cipher.AEAD, error) {
	credential := r.Header.Get("Authorization")
	if credential == "" {
		return nil, errors.New("no bearer token to seal with")
	}
	key, err := hkdf.Key(sha256.New, []byte(credential), []byte(c.key), "vigie idempotent answer", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (c claim) seal(r *http.Request, body []byte) (string, error) {
	aead, err := c.cipher(r)
	if err != nil {
		return "", nil //nolint:nilerr // by session: the repetition is told that the answer cannot be shown again
	}
	return base64.StdEncoding.EncodeToString(aead.Seal(nil, nil, body, []byte(c.hash))), nil
}

func (c claim) unseal(r *http.Request, text string) ([]byte, error) {
	aead, err := c.cipher(r)
	if err != nil {
		return nil, err
	}
	box, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, box, []byte(c.hash))
}

// recorder keeps an answer until it is remembered.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
