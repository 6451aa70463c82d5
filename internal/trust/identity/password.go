package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"vigie/internal/platform/fault"
	"vigie/internal/platform/limit"
)

// The cost of a hash, as OWASP advises for argon2id: about 25 ms, and 19 MiB while it lasts.
const (
	hashMemory  = 19 * 1024
	hashTime    = 2
	hashThreads = 1
	hashSalt    = 16
	hashLength  = 32
)

// The length of a password, in characters. The upper bound keeps hashing cheap for us.
const (
	minPassword = 12
	maxPassword = 200
)

// HashShape bounds how many hashes run at once, and how many wait: sign-in must not be a way to fill the memory.
func HashShape(slots int) limit.Shape {
	return limit.Shape{Slots: slots, Queue: 16 * slots, Wait: 3 * time.Second}
}

// hasher shares the slots for hashes out by the address of who asks, so that one that floods the sign-in does not keep others out.
type hasher struct{ gate *limit.Gate }

func (s *Service) hashing() hasher {
	if s.Hashes != nil {
		return hasher{s.Hashes}
	}
	return s.hasher
}

// enter waits for a slot. Faults: limited, the same whoever's password is looked at.
func (h hasher) enter(ctx context.Context, from string) (leave func(), err error) {
	leave, err = h.gate.Enter(ctx, from, "")
	var no limit.Refusal
	if errors.As(err, &no) {
		return nil, fault.New(fault.Limited, "trust.sign_in.busy", "seconds", int(h.gate.Patience().Seconds())).Because(err)
	}
	return leave, err
}

// hash gives the PHC string of a password.
func (h hasher) hash(ctx context.Context, from, password string) (string, error) {
	leave, err := h.enter(ctx, from)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, hashSalt)
	_, _ = rand.Read(salt) // never fails
	sum := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads, b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// matches tells whether the password is the one of the PHC string; whoever asks has a slot of the hasher. The string's own cost is used, so
// that raising the cost does not lock people out.
func matches(phc, password string) (bool, error) {
	p, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	sum := argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, uint32(len(p.sum)))
	return subtle.ConstantTimeCompare(sum, p.sum) == 1, nil
}

type phc struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

func parsePHC(text string) (p phc, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, fmt.Errorf("password hash of an unknown kind")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return p, fmt.Errorf("password hash: %w", err)
	}
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return p, fmt.Errorf("password hash: %w", err)
	}
	if p.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(p.sum) == 0 || p.time == 0 || p.threads == 0 {
		return p, fmt.Errorf("password hash: broken")
	}
	return p, nil
}

// decoy is a hash that no password has: it is verified for e-mails that nobody has.
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// checkPassword names what is wrong with a new password. Length is what counts (NIST SP 800-63B): no rules of characters, but
// nothing that is guessed first.
func checkPassword(bad *fault.Fields, path, password, email, name string) {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	switch {
	case n < minPassword || n > maxPassword:
		bad.Add(path, "trust.password.length", "min", minPassword, "max", maxPassword)
	case len(local) > 3 && strings.Contains(lower, local), email != "" && strings.Contains(lower, strings.ToLower(email)),
		len(name) > 3 && strings.Contains(lower, strings.ToLower(name)):
		bad.Add(path, "trust.password.own_name")
	case common(lower):
		bad.Add(path, "trust.password.common")
	}
}

// words are the roots of what people choose when they must choose something long.
var words = []string{
	"password", "passw0rd", "motdepasse", "azertyuiop", "qwertyuiop", "qwerty", "azerty", "letmein", "welcome", "bienvenue", "administrator",
	"administrateur", "admin", "changeme", "changeit", "iloveyou", "vigie", "secret", "default", "football", "monkey", "dragon", "sunshine",
	"princess", "baseball", "superman", "trustno1", "master", "login", "test", "root", "abcdefghijkl", "abc", "1234567890", "12345", "123",
	"correcthorsebatterystaple",
}

// common tells passwords that are guessed first: one such word with digits and signs around it or repeated, and runs or
// repetitions of a few characters.
func common(lower string) bool {
	rest := lower
	for _, w := range words {
		rest = strings.ReplaceAll(rest, w, "")
	}
	letters := 0
	for _, c := range rest {
		if c >= 'a' && c <= 'z' || c > 127 {
			letters++
		}
	}
	if rest != lower && letters < 4 {
		return true
	}
	kinds := map[rune]bool{}
	runs, last := 0, rune(-1)
	for _, c := range lower {
		kinds[c] = true
		if c == last+1 || c == last-1 || c == last {
			runs++
		}
		last = c
	}
	return len(kinds) < 5 || runs*10 >= utf8.RuneCountInString(lower)*8
}
