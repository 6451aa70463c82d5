// Package id makes the identifiers of records: UUIDv7 (RFC 9562), which sort by the time they were made.
package id

import "github.com/google/uuid"

// New returns a fresh UUIDv7 in its canonical text form.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Valid tells whether s is a UUID in canonical form (36 characters, lower case).
func Valid(s string) bool {
	if len(s) != 36 {
		return false
	}
	u, err := uuid.Parse(s)
	return err == nil && u.String() == s
}
