package app

import (
	"context"
	"time"

	"vigie/internal/platform/jobs"
	"vigie/internal/trust/audit"
)

// Checkpoints says where the checkpoints of the audit log are written besides the database, and how often.
type Checkpoints struct {
	Dir   string
	S3    string // BUCKET or BUCKET/PREFIX
	Every time.Duration
}

func (c Checkpoints) places(ctx context.Context) (out []audit.Place, err error) {
	if c.Dir != "" {
		out = append(out, audit.Folder(c.Dir))
	}
	if c.S3 != "" {
		b, err := audit.NewBucket(ctx, c.S3)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// wireAudit makes the log over the trail, and hangs it on the tick.
func (a *App) wireAudit(ctx context.Context) error {
	places, err := a.opts.Checkpoints.places(ctx)
	if err != nil {
		return err
	}
	a.Audit = audit.NewLog(audit.Parts{DB: a.db, Secrets: a.Secrets, Places: places, Every: a.opts.Checkpoints.Every})
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Audit.Tick(ctx) })
	return nil
}
