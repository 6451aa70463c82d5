package discovery

import (
	"context"
	"maps"
	"sync"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// writer is the sink of a run. Workers hand it batches at once; one goroutine commits what has gathered in one transaction
// (group commit), so that a thousand empty scopes do not cost a thousand syncs of the disk.
type writer struct {
	s     *Service
	scope db.Scope
	run   Run // owned by loop once it runs
	stop  context.CancelCauseFunc
	watch Progress

	ops    chan op
	total  chan int64
	ticks  *time.Ticker
	closed sync.WaitGroup
}

type op struct {
	do   func(ctx context.Context, tx *db.Tx, r *Run) error
	done chan error
	ctx  context.Context
}

func newWriter(s *Service, scope db.Scope, r Run, stop context.CancelCauseFunc, watch Progress) *writer {
	w := &writer{s: s, scope: scope, run: r, stop: stop, watch: watch, ops: make(chan op), total: make(chan int64), ticks: time.NewTicker(2 * time.Second)}
	if w.run.Outcomes.V == nil {
		w.run.Outcomes.V = map[collect.Outcome]int{}
	}
	w.run.ScopesTotal = w.run.ScopesDone
	w.closed.Go(w.loop)
	return w
}

// expect adds to the number of scopes that the run will have: a place is one for each of its collector's types.
func (w *writer) expect(places []collect.Place) {
	var n int64
	for _, p := range places {
		n += int64(len(p.Collector.Types))
	}
	w.total <- n
}

// close ends the loop after the last operation and waits for it.
func (w *writer) close() {
	close(w.ops)
	w.closed.Wait()
	w.ticks.Stop()
}

// Items implements collect.Sink.
func (w *writer) Items(ctx context.Context, p collect.Place, items []collect.Item) error {
	return w.submit(ctx, func(ctx context.Context, tx *db.Tx, r *Run) error {
		t, err := w.s.intake.Upsert(ctx, tx, r.ID, p.Account, items)
		r.Seen += int64(t.Seen)
		r.Added += int64(t.Added)
		r.Changed += int64(t.Changed)
		return err
	})
}

// Done implements collect.Sink.
func (w *writer) Done(ctx context.Context, p collect.Place, res collect.Result) error {
	return w.submit(ctx, func(ctx context.Context, tx *db.Tx, r *Run) error {
		region := p.Region
		if p.Collector.Reach == collect.Global && !p.Collector.OnlyGlobal {
			region = "" // a global list may tell of resources in any region
		}
		gone, _, err := w.s.intake.Close(ctx, tx, r.ID, p.Account, region, p.Collector.Types, res.Outcome == collect.Complete)
		if err != nil {
			return err
		}
		rows := make([]Coverage, len(p.Collector.Types))
		for i, typ := range p.Collector.Types {
			rows[i] = Coverage{ID: id.New(), AccountID: p.Account, Region: p.Region, Type: typ, RunID: r.ID, Outcome: res.Outcome, Action: res.Action,
				Message: res.Message, Items: int64(res.Items), Pages: int64(res.Page), At: tx.Now()}
		}
		r.Gone += int64(gone)
		r.Calls += int64(res.Calls)
		r.ScopesDone += int64(len(rows))
		r.Outcomes.V[res.Outcome] += len(rows)
		return storeCoverage(ctx, tx, rows)
	})
}

func (w *writer) submit(ctx context.Context, do func(context.Context, *db.Tx, *Run) error) error {
	o := op{do: do, done: make(chan error, 1), ctx: ctx}
	select {
	case w.ops <- o:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return <-o.done
}

func (w *writer) loop() {
	for {
		select {
		case o, ok := <-w.ops:
			if !ok {
				return
			}
			w.commit(w.gather(o))
		case n := <-w.total:
			w.run.ScopesTotal += n
		case <-w.ticks.C:
			w.commit(nil) // a heartbeat, and the moment to see that the run was cancelled
		}
	}
}

// gather takes what else is waiting, without waiting for it.
func (w *writer) gather(first op) []op {
	batch := []op{first}
	for len(batch) < 32 {
		select {
		case o, ok := <-w.ops:
			if !ok {
				return batch
			}
			batch = append(batch, o)
		default:
			return batch
		}
	}
	return batch
}

// commit does the batch under the lease. The counters count only what was committed.
func (w *writer) commit(batch []op) {
	ctx := context.Background()
	next := w.run
	next.Outcomes.V = maps.Clone(w.run.Outcomes.V)
	held, cancelled := true, false
	err := w.s.db.InScope(ctx, w.scope, func(tx *db.Tx) (err error) {
		for _, o := range batch {
			if err := o.do(ctx, tx, &next); err != nil {
				return err
			}
		}
		if held, cancelled, err = beat(ctx, tx, next); err == nil && !held {
			return errLeaseLost
		}
		return err
	})
	if err == nil {
		w.run = next
		if w.watch != nil {
			w.watch(next)
		}
	} else {
		w.stop(err)
	}
	if cancelled {
		w.stop(errCancelled)
	}
	for _, o := range batch {
		o.done <- err
	}
}
