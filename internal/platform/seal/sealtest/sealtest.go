// Package sealtest gives tests a Box with a master key of its own. It is for tests only.
package sealtest

import (
	"testing"

	"vigie/internal/platform/seal"
)

// New gives a Box with a fresh master key; the first secret tells the database of it.
func New(t testing.TB) *seal.Box {
	t.Helper()
	b, err := seal.New(t.Context(), seal.Source{Text: seal.NewKey()})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
