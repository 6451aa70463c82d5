package file

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// linkLife is how long a signed address is good for: long enough to begin a download.
const linkLife = 5 * time.Minute

// Variant is what of a file an address leads to.
type Variant string

// The variants.
const (
	Original Variant = "o"
	Preview  Variant = "p"
)

// link is what a signed address says.
type link struct {
	customer, file string
	variant        Variant
	expires        time.Time
}

// sign writes a link as a word that fits into a path. Whoever has it may read that one content until it expires.
func (l link) sign(key []byte) string {
	body := []byte(string(l.variant) + l.customer + l.file)
	body = binary.BigEndian.AppendUint64(body, uint64(l.expires.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(body, mac(key, body)...))
}

func mac(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("vigie file link 1\n"))
	h.Write(body)
	return h.Sum(nil)
}

const linkBody = 1 + 36 + 36 + 8

// parseLink reads a word that we signed and that is still good. Faults: not_found for every other one.
func parseLink(key []byte, word string, now time.Time) (link, error) {
	none := fault.New(fault.NotFound, "file.link_over")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(word)
	if err != nil || len(raw) != linkBody+sha256.Size {
		return link{}, none
	}
	body := raw[:linkBody]
	if !hmac.Equal(raw[linkBody:], mac(key, body)) {
		return link{}, none
	}
	l := link{variant: Variant(body[:1]), customer: string(body[1:37]), file: string(body[37:73]), expires: time.Unix(int64(binary.BigEndian.Uint64(body[73:])), 0).UTC()}
	if !now.Before(l.expires) || !id.Valid(l.customer) || !id.Valid(l.file) || !strings.Contains("op", string(l.variant)) {
		return link{}, none
	}
	return l, nil
}
