package link

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Door is what links of one purpose open.
type Door struct {
	Purpose string // noun, kept with the link: a link opens no other door
	Path    string // before the secret: "/answers/"
	Actions []permission.Action
}

// State says whether a link still opens its door.
type State string

// The states.
const (
	Valid   State = "valid"
	Expired State = "expired"
	Revoked State = "revoked"
)

// Link is a link as stored. The secret itself is not.
type Link struct {
	CustomerID string            `db:"customer_id"`
	ID         string            `db:"id"`
	Hash       string            `db:"hash"`
	Purpose    string            `db:"purpose"`
	RecordType string            `db:"record_type"`
	RecordID   string            `db:"record_id"`
	Name       string            `db:"name"`
	Email      string            `db:"email"`
	Language   string            `db:"language"`
	Parts      db.JSON[[]string] `db:"parts"`
	ExpiresAt  db.Time           `db:"expires_at"`
	RevokedAt  db.Time           `db:"revoked_at"`
	RevokedBy  string            `db:"revoked_by"`
	Opened     int64             `db:"opened"`
	LastUsedAt db.Time           `db:"last_used_at"`
	CreatedBy  string            `db:"created_by"`
	CreatedAt  db.Time           `db:"created_at"`
}

// State is that at a moment.
func (l Link) State(now time.Time) State {
	switch {
	case !l.RevokedAt.IsZero():
		return Revoked
	case !now.Before(l.ExpiresAt.Time):
		return Expired
	}
	return Valid
}

// Has tells whether the link reaches a part of its record; one without parts reaches all of it.
func (l Link) Has(part string) bool {
	if len(l.Parts.V) == 0 {
		return true
	}
	for _, p := range l.Parts.V {
		if p == part {
			return true
		}
	}
	return false
}

// New is the input of Create.
type New struct {
	Door     Door
	Record   audit.Record // what it leads to
	Name     string       // whom it is given to: what is done by it is done under this name
	Email    string       // of whom, where it is mailed; may be empty
	Language string       // of the page until its reader chooses another
	// Parts narrow it to parts of the record, as its room calls them; none is all of it.
	Parts []string
	// ExpiresAt is at most MaxLife away; zero is Life.
	ExpiresAt time.Time
}

// How long a link works, unless it is said, and at most.
const (
	Life    = 14 * 24 * time.Hour
	MaxLife = 90 * 24 * time.Hour
)

const (
	maxName  = 100
	maxEmail = 254
)

// Validate fills in defaults and names every bad field.
func (n *New) Validate(now time.Time) error {
	var bad fault.Fields
	n.Name, n.Email = strings.TrimSpace(n.Name), strings.TrimSpace(n.Email)
	if c := utf8.RuneCountInString(n.Name); c < 1 || c > maxName || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl) {
		bad.Add("name", "link.field.name", "max", maxName)
	}
	if at, err := mail.ParseAddress(n.Email); n.Email != "" && (err != nil || at.Address != n.Email || len(n.Email) > maxEmail) {
		bad.Add("email", "link.field.email")
	}
	if n.Language != "en" && n.Language != "fr" {
		bad.Add("language", "link.field.language")
	}
	if n.ExpiresAt.IsZero() {
		n.ExpiresAt = now.Add(Life)
	}
	if !n.ExpiresAt.After(now) || n.ExpiresAt.Sub(now) > MaxLife {
		bad.Add("expires_at", "link.field.expires_at", "days", int(MaxLife/(24*time.Hour)))
	}
	return bad.Err()
}

// newSecret makes the word that opens a door.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// digest is what is stored of a secret. It needs no salt: nobody guesses 256 bits.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
