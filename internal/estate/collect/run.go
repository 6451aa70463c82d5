package collect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Place is one scope: what ends in exactly one outcome.
type Place struct {
	Account   string
	Region    string
	Collector Collector
}

// Sink takes what a run finds. Its methods are called from several goroutines at once; an error of it ends the run.
type Sink interface {
	// Items stores a batch of at most 500 items of one place.
	Items(ctx context.Context, p Place, items []Item) error
	// Done stores the end of a place, after its last Items.
	Done(ctx context.Context, p Place, r Result) error
}

// Account is one AWS account of a run, ready to be read.
type Account struct {
	ID        string
	Partition string
	// Manages: the account manages its organisation, so that OrganizationOnly collectors run in it.
	Manages bool
	// Regions to look at; those that are off for the account are in Off.
	Regions []string
	Off     []string
	Config  aws.Config
}

// Runner walks accounts with a fixed pool of workers.
type Runner struct {
	Collectors []Collector
	Source     Source
	Limits     *Limits
	Sink       Sink
	Workers    int // 0 is 8
	Log        *slog.Logger
	// Ended tells which places ended before, in a run that was interrupted; nil when none did.
	Ended func(Place) bool
}

// Places lists every scope of an account, in a fixed order. Pure.
func Places(collectors []Collector, a Account) []Place {
	var out []Place
	for _, c := range collectors {
		if c.Reach == Global {
			out = append(out, Place{a.ID, GlobalRegion, c})
		}
	}
	regions := slices.Concat(a.Regions, a.Off)
	slices.Sort(regions)
	for _, region := range slices.Compact(regions) {
		for _, c := range collectors {
			if c.Reach == Regional {
				out = append(out, Place{a.ID, region, c})
			}
		}
	}
	return out
}

// Account runs every collector in every place of the account. It returns only when the context ends or the sink fails: what
// goes wrong with AWS becomes an outcome.
func (r *Runner) Account(ctx context.Context, a Account) error {
	defer r.Limits.Forget(a.ID)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan Place)
	var pool sync.WaitGroup
	workers := r.Workers
	if workers == 0 {
		workers = 8
	}
	for range workers {
		pool.Go(func() {
			for p := range work {
				if err := r.place(ctx, a, p); err != nil {
					stop(err)
				}
			}
		})
	}
feed:
	for _, p := range Places(r.Collectors, a) {
		if r.Ended != nil && r.Ended(p) {
			continue
		}
		select {
		case work <- p:
		case <-ctx.Done():
			break feed
		}
	}
	close(work)
	pool.Wait()
	return context.Cause(ctx)
}

// Fail ends every place of an account that could not be entered with the same result.
func (r *Runner) Fail(ctx context.Context, a Account, err error) error {
	res := Classify(err)
	for _, p := range Places(r.Collectors, a) {
		if r.Ended != nil && r.Ended(p) {
			continue
		}
		if err := r.Sink.Done(ctx, p, res); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) place(ctx context.Context, a Account, p Place) error {
	switch {
	case slices.Contains(a.Off, p.Region):
		return r.Sink.Done(ctx, p, Result{Outcome: RegionOff, Message: "the region is not enabled for this account"})
	case p.Collector.OrganizationOnly && !a.Manages:
		return r.Sink.Done(ctx, p, Result{Outcome: Skipped, Message: "only asked in the account that manages the organisation"})
	}
	s := NewSession(a, p, r.Source, r.Limits, func(ctx context.Context, items []Item) error {
		if err := r.Sink.Items(ctx, p, items); err != nil {
			return &sinkError{err}
		}
		return nil
	})
	err := guarded(ctx, s)
	if err == nil {
		err = s.Flush(ctx)
	}
	var broken *sinkError
	if errors.As(err, &broken) {
		return broken.error
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) // cancelled: the place has no end yet and is done again on resume
	}
	if err != nil { // what came before the error is kept
		if ferr := s.Flush(ctx); ferr != nil {
			return ferr
		}
	} else {
		err = s.noted
	}
	res := Classify(err)
	res.Items, res.Calls = int(s.items.Load()), int(s.calls.Load())
	if err != nil {
		r.Log.InfoContext(ctx, "scope not complete", "account", p.Account, "region", p.Region, "type", p.Collector.Name(),
			"outcome", string(res.Outcome), "action", res.Action, "page", res.Page)
	}
	return r.Sink.Done(ctx, p, res)
}

// guarded turns a panic of one collector into its failure; the others go on.
func guarded(ctx context.Context, s *Session) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("collector %s broke: %v\n%s", s.collector.Name(), v, debug.Stack())
		}
	}()
	return s.collector.Collect(ctx, s)
}

// NewSession makes the session of one place; Runner does so for each, tests for one.
func NewSession(a Account, p Place, source Source, limits *Limits, sink func(context.Context, []Item) error) *Session {
	cfg := a.Config.Copy()
	cfg.Region = p.Region
	if p.Region == GlobalRegion {
		cfg.Region = homeRegion(a.Partition)
	}
	// Limits retries by itself, so that pauses adapt per action and each throttled answer is seen.
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return &Session{Account: p.Account, Region: p.Region, Partition: a.Partition, collector: p.Collector,
		source: source, config: cfg, limits: limits, sink: sink}
}

// homeRegion is where the global services of a partition answer.
func homeRegion(partition string) string {
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	return "us-east-1"
}

type sinkError struct{ error }

func (e *sinkError) Unwrap() error { return e.error }

// Live is the source that asks AWS.
type Live struct{}

// Answer implements Source.
func (Live) Answer(ctx context.Context, _ Key, _, _ any, live func(context.Context) (any, error)) (any, error) {
	return live(ctx)
}
