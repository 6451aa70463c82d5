package webhook

import (
	"context"
	"sync"
	"time"
)

// How many calls a process makes at once by Run. A receiver that is slow fills its own share, and its other messages wait for that.
const (
	together    = 32
	togetherOne = 8
)

// desk is who is being called now.
type desk struct {
	lock  sync.Mutex
	calls map[string]bool // by delivery
	hooks map[string]int  // by webhook
	left  bool            // there was more to do than places
}

// take tells whether the delivery may be called here and now.
func (d *desk) take(r dueRow) bool {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.calls[r.ID] {
		return false
	}
	if len(d.calls) >= together || d.hooks[r.WebhookID] >= togetherOne {
		d.left = true
		return false
	}
	d.calls[r.ID] = true
	d.hooks[r.WebhookID]++
	return true
}

// leave tells whether somebody waits for the place.
func (d *desk) leave(r dueRow) bool {
	d.lock.Lock()
	defer d.lock.Unlock()
	delete(d.calls, r.ID)
	if d.hooks[r.WebhookID]--; d.hooks[r.WebhookID] == 0 {
		delete(d.hooks, r.WebhookID)
	}
	left := d.left
	d.left = false
	return left
}

// full are the webhooks that have their share.
func (d *desk) full() (out []string) {
	d.lock.Lock()
	defer d.lock.Unlock()
	for hook, n := range d.hooks {
		if n >= togetherOne {
			out = append(out, hook)
		}
	}
	d.left = d.left || len(out) > 0
	return out
}

// Run sends what was changed as soon as it is told of it, until ctx ends; then it waits for the calls that are under way, which hang up.
// What it does not come to, the tick finds.
func (s *Service) Run(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	d := &desk{calls: map[string]bool{}, hooks: map[string]int{}}
	var again <-chan time.Time
	s.rouse() // for what was left when the last process stopped
	for {
		select {
		case <-ctx.Done():
			return
		case wait := <-s.soon:
			if again == nil {
				again = time.After(wait)
			}
			continue
		case <-again:
			again = nil
		case <-s.wake:
		}
		if err := s.work(ctx, d, &calls); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "webhooks", "error", err)
		}
	}
}

func (s *Service) work(ctx context.Context, d *desk, calls *sync.WaitGroup) error {
	if err := s.feedAll(ctx); err != nil {
		return err
	}
	due, err := s.due(ctx, d.full())
	if err != nil {
		return err
	}
	for _, r := range due {
		if !d.take(r) {
			continue
		}
		calls.Go(func() {
			if err := s.Deliver(ctx, r.CustomerID, r.ID); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "deliver a webhook", "delivery", r.ID, "error", err)
			}
			if d.leave(r) {
				s.rouse()
			}
		})
	}
	return nil
}
