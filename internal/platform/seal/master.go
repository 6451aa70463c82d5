package seal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Master wraps data keys. Its id says which it is and nothing about it; the database keeps the id.
type Master interface {
	ID() string
	Wrap(ctx context.Context, key, bound []byte) ([]byte, error)
	Unwrap(ctx context.Context, wrapped, bound []byte) ([]byte, error)
}

// KMS makes the Master of an AWS KMS key.
type KMS func(ctx context.Context, key string) (Master, error)

const (
	keySize   = 32
	kmsPrefix = "awskms:"
)

// NewKey gives the text of a fresh master key: 32 random bytes in base64, as `openssl rand -base64 32` does.
func NewKey() string {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

// parse reads master keys, one a line or word: base64 of 32 bytes, or awskms: and the ARN of a key. "#" begins a comment. The
// first is the newest: the one that a rotation goes to.
func parse(ctx context.Context, text string, kms KMS) ([]Master, error) {
	var ring []Master
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' }) {
			m, err := one(ctx, word, kms)
			if err != nil {
				// The word is not repeated: it may be most of a key.
				return nil, fmt.Errorf("master key %d: %w", len(ring)+1, err)
			}
			ring = append(ring, m)
		}
	}
	if len(ring) == 0 {
		return nil, errors.New("master key: empty")
	}
	return ring, nil
}

func one(ctx context.Context, word string, kms KMS) (Master, error) {
	if arn, ok := strings.CutPrefix(word, kmsPrefix); ok {
		if kms == nil {
			return nil, errors.New("AWS KMS is not available here")
		}
		return kms(ctx, arn)
	}
	key, err := base64.StdEncoding.DecodeString(word)
	if err != nil || len(key) != keySize {
		return nil, errors.New("want 32 bytes in base64, or awskms: and the ARN of a key")
	}
	return newLocal(key)
}

// local is a master key that this process holds.
type local struct {
	id   string
	aead tink.AEAD
}

func newLocal(key []byte) (*local, error) {
	a, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	// A fingerprint that gives nothing away: whoever has it would have to guess all of the key.
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("vigie: id of a master key"))
	return &local{id: "local:" + hex.EncodeToString(mac.Sum(nil)[:8]), aead: a}, nil
}

func (l *local) ID() string { return l.id }

func (l *local) Wrap(_ context.Context, key, bound []byte) ([]byte, error) {
	return l.aead.Encrypt(key, bound)
}

func (l *local) Unwrap(_ context.Context, wrapped, bound []byte) ([]byte, error) {
	return l.aead.Decrypt(wrapped, bound)
}
