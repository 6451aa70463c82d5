package limit

import (
	"context"
	"sync"
	"time"

	"vigie/internal/platform/clock"
)

// Shape is how a Gate lets through.
type Shape struct {
	Slots int           // worked on at once
	Queue int           // waiting at once
	Wait  time.Duration // the longest that one waits
	Hold  time.Duration // the longest that one counts against the slots; 0 is for ever
	Long  int           // of one class beyond Hold; 0 is as many as there are slots
}

// Gate lets so many requests work at once, the others wait for their share.
type Gate struct {
	shape Shape
	clock clock.Clock

	mu    sync.Mutex
	queue *queue
}

// NewGate makes a gate.
func NewGate(c clock.Clock, s Shape) *Gate {
	if s.Long == 0 {
		s.Long = s.Slots
	}
	return &Gate{shape: s, clock: c, queue: newQueue(s.Slots, s.Queue, s.Long)}
}

// Refusal is why a request was not let through.
type Refusal string

// The reasons.
const (
	Full Refusal = "full" // too many wait already
	Slow Refusal = "slow" // it waited for as long as one may
)

// Error implements error.
func (r Refusal) Error() string { return "limit: " + string(r) }

// Patience is the longest that somebody waits at the gate.
func (g *Gate) Patience() time.Duration { return g.shape.Wait }

// Enter waits for a slot. leave must be called when the work is done, and may be called earlier and again. The error is a Refusal, or that
// of ctx.
func (g *Gate) Enter(ctx context.Context, class, flow string) (leave func(), err error) {
	g.mu.Lock()
	t, evicted := g.queue.arrive(class, flow, g.clock.Now())
	if evicted != nil && evicted.wake != nil {
		close(evicted.wake)
	}
	state := t.state
	if state == waiting {
		t.wake = make(chan struct{})
	}
	g.mu.Unlock()
	switch state {
	case refused:
		return nil, Full
	case waiting:
		if err := g.await(ctx, t); err != nil {
			return nil, err
		}
	}
	return g.hold(t), nil
}

// await waits until the ticket works.
func (g *Gate) await(ctx context.Context, t *ticket) error {
	patience := time.NewTimer(g.shape.Wait)
	defer patience.Stop()
	why := error(Full)
	select {
	case <-t.wake:
	case <-patience.C:
		why = Slow
	case <-ctx.Done():
		why = ctx.Err()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.state == working {
		return nil // it may have come at the last moment
	}
	if t.state == waiting {
		g.started(g.queue.leave(t, g.clock.Now()))
	}
	return why
}

// hold makes the leave of a ticket that works.
func (g *Gate) hold(t *ticket) func() {
	if g.shape.Hold == 0 {
		return func() { g.leave(t) }
	}
	over := time.AfterFunc(g.shape.Hold, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.started(g.queue.overrun(t, g.clock.Now()))
	})
	return func() {
		over.Stop()
		g.leave(t)
	}
}

func (g *Gate) leave(t *ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started(g.queue.leave(t, g.clock.Now()))
}

func (*Gate) started(all []*ticket) {
	for _, t := range all {
		if t.wake != nil {
			close(t.wake)
		}
	}
}

// Load is what a gate has to do.
type Load struct{ Working, Waiting, Long int }

// Load tells it for now.
func (g *Gate) Load() (l Load) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.Working, l.Waiting = g.queue.working, g.queue.waiting
	for _, c := range g.queue.classes {
		l.Long += c.long
	}
	return l
}
