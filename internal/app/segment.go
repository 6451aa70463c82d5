package app

import (
	"context"
	"errors"

	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/segment"
	"vigie/internal/platform/jobs"
)

// SegmentTopic names the task that builds the segment of a customer's list.
const SegmentTopic = "segment"

// wireSegments looks every minute for lists that have changed so much that they are to be indexed anew, and for large estates that are
// to be counted anew.
func (a *App) wireSegments() {
	source := *cmdb.CISpec.Segment
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error {
		wanting, err := segment.Wanting(ctx, a.db, source)
		for _, customer := range wanting {
			err = errors.Join(err, a.queue.Insert(ctx, jobs.Task{Topic: SegmentTopic, Customer: customer, Key: source.List}))
		}
		return err
	})
	a.queue.Handle(SegmentTopic, func(ctx context.Context, t jobs.Task) error { return segment.Build(ctx, a.db, t.Customer, source) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.CMDB.KeepFigures(ctx) })
}
