package app

import (
	"context"
	"strings"

	"vigie/internal/platform/blob"
	"vigie/internal/platform/fault"
	"vigie/internal/record/file"
)

// checkFiles asks the store of uploads for one that nobody has: "not found" is the answer of a store that works.
func (a *App) checkFiles(ctx context.Context) error {
	_, err := a.blobs.Stat(ctx, strings.Repeat("0", 64))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// openFiles makes the room of attachments.
func (a *App) openFiles() {
	limits := file.DefaultLimits()
	if u := a.opts.Uploads; u.Max > 0 {
		limits = u
	}
	a.Files = file.New(file.Parts{DB: a.db, Clock: a.opts.Clock, Store: a.blobs, Secrets: a.Secrets, Subjects: a.Subjects, Limits: limits})
}

// sweepMinute is when in each hour contents that nobody names are looked for: a walk over the whole store is not for every minute.
const sweepMinute = 17

func (a *App) sweepFiles(ctx context.Context) error {
	now := a.opts.Clock.Now()
	if now.Minute() != sweepMinute {
		return nil
	}
	n, err := blob.Sweep(ctx, a.db, a.blobs, now)
	if n > 0 {
		a.opts.Telemetry.Log.InfoContext(ctx, "files removed that nothing names", "count", n)
	}
	return err
}
