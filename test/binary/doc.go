// Package binary gives tests the program that people run: one vigie, built as `make build` builds it.
//
// scripts/test builds it once for all packages and names it in VIGIE_BINARY; a package that is tested alone builds its own.
package binary
