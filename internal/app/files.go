package app

import (
	"context"
	"strings"

	"vigie/internal/platform/fault"
)

// checkFiles asks the store of uploads for one that nobody has: "not found" is the answer of a store that works.
func (a *App) checkFiles(ctx context.Context) error {
	_, err := a.blobs.Stat(ctx, strings.Repeat("0", 64))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
