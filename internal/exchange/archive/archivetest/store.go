// Package archivetest has what tests of archives share.
package archivetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"sync"

	"vigie/internal/platform/db"
)

// Store keeps files in memory, by the hash of their content; every customer has each of them.
type Store struct {
	lock  sync.Mutex
	files map[string][]byte
}

// NewStore makes a store with files of these texts.
func NewStore(texts ...string) *Store {
	s := &Store{files: map[string][]byte{}}
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		s.files[hex.EncodeToString(sum[:])] = []byte(text)
	}
	return s
}

// Len is how many files there are.
func (s *Store) Len() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return len(s.files)
}

// Hashes gives the hashes of all files, sorted.
func (s *Store) Hashes(context.Context, *db.Tx) ([]string, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return slices.Sorted(maps.Keys(s.files)), nil
}

// Open reads a file; one that is not there is empty.
func (s *Store) Open(_ context.Context, hash string) (io.ReadCloser, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return io.NopCloser(bytes.NewReader(s.files[hash])), nil
}

// Put stores a file.
func (s *Store) Put(_ context.Context, hash string, r io.Reader) error {
	b, err := io.ReadAll(r)
	s.lock.Lock()
	defer s.lock.Unlock()
	s.files[hash] = b
	return err
}

// Keep notes that a customer has a file, which every customer has.
func (s *Store) Keep(context.Context, *db.Tx, string, int64) error { return nil }
