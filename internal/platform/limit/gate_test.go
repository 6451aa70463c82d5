package limit_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/limit"
)

func TestGateLetsSoManyThrough(t *testing.T) {
	t.Parallel()
	g := limit.NewGate(clock.System{}, limit.Shape{Slots: 3, Queue: 1000, Wait: time.Minute})
	var now, most, ran atomic.Int64
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			leave, err := g.Enter(t.Context(), string(rune('a'+i%5)), "f")
			if err != nil {
				t.Error(err)
				return
			}
			for n := now.Add(1); ; {
				m := most.Load()
				if n <= m || most.CompareAndSwap(m, n) {
					break
				}
			}
			ran.Add(1)
			now.Add(-1)
			leave()
			leave() // again does nothing
		})
	}
	all.Wait()
	if most.Load() > 3 || ran.Load() != 200 || g.Load() != (limit.Load{}) {
		t.Errorf("%d at once, %d ran, %+v left", most.Load(), ran.Load(), g.Load())
	}
}

func TestGateRefuses(t *testing.T) {
	t.Parallel()
	g := limit.NewGate(clock.System{}, limit.Shape{Slots: 1, Queue: 1, Wait: time.Millisecond})
	leave, err := g.Enter(t.Context(), "a", "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Enter(t.Context(), "b", "1"); !errors.Is(err, limit.Slow) {
		t.Errorf("who waited for too long: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Enter(ctx, "b", "1"); !errors.Is(err, context.Canceled) && !errors.Is(err, limit.Slow) {
		t.Errorf("who left: %v", err)
	}
	leave()
	if g.Load() != (limit.Load{}) {
		t.Errorf("left: %+v", g.Load())
	}
	none := limit.NewGate(clock.System{}, limit.Shape{Slots: 1, Wait: time.Hour})
	if _, err := none.Enter(t.Context(), "a", "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := none.Enter(t.Context(), "a", "1"); !errors.Is(err, limit.Full) {
		t.Errorf("where nobody may wait: %v", err)
	}
}

// Who waits and is pushed out by the light flow of its class hears it at once, not when its patience ends.
func TestGateTellsWhoIsPushedOut(t *testing.T) {
	t.Parallel()
	g := limit.NewGate(clock.System{}, limit.Shape{Slots: 1, Queue: 1, Wait: time.Hour})
	leave, err := g.Enter(t.Context(), "a", "heavy")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	for _, flow := range []string{"heavy", "heavy"} {
		go func() {
			leave, err := g.Enter(t.Context(), "a", flow)
			if err == nil {
				leave()
			}
			ended <- err
		}()
	}
	if err := <-ended; !errors.Is(err, limit.Full) {
		t.Errorf("one of two that wait where one may: %v", err)
	}
	leave()
	if err := <-ended; err != nil {
		t.Errorf("the other: %v", err)
	}
}

func TestGateTakesTheSlotFromWhatIsLong(t *testing.T) {
	t.Parallel()
	g := limit.NewGate(clock.System{}, limit.Shape{Slots: 1, Queue: 5, Wait: time.Minute, Hold: time.Millisecond})
	stream, err := g.Enter(t.Context(), "a", "stream")
	if err != nil {
		t.Fatal(err)
	}
	other, err := g.Enter(t.Context(), "b", "1") // waits until the stream has held its slot for long enough
	if err != nil {
		t.Fatal(err)
	}
	if l := g.Load(); l.Long < 1 || l.Waiting != 0 {
		t.Errorf("%+v", l)
	}
	other()
	stream()
	if g.Load() != (limit.Load{}) {
		t.Errorf("left: %+v", g.Load())
	}
}
