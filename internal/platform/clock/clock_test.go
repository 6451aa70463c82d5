package clock_test

import (
	"sync"
	"testing"
	"time"

	"vigie/internal/platform/clock"
)

func TestSystemIsUTCAndCurrent(t *testing.T) {
	t.Parallel()
	before := time.Now()
	got := clock.System{}.Now()
	after := time.Now()
	if got.Location() != time.UTC {
		t.Errorf("location = %v, want UTC", got.Location())
	}
	if got.Before(before) || got.After(after) {
		t.Errorf("Now() = %v, want between %v and %v", got, before, after)
	}
}

func TestManualMovesOnlyByHand(t *testing.T) {
	t.Parallel()
	paris := time.FixedZone("CET", 3600)
	start := time.Date(2026, 3, 29, 1, 30, 0, 0, paris)
	m := clock.NewManual(start)

	if got := m.Now(); !got.Equal(start) || got.Location() != time.UTC {
		t.Fatalf("Now() = %v, want %v in UTC", got, start)
	}
	if got, want := m.Advance(90*time.Minute), start.Add(90*time.Minute); !got.Equal(want) || !m.Now().Equal(want) {
		t.Errorf("after Advance: returned %v, Now %v, want %v", got, m.Now(), want)
	}
	back := start.Add(-time.Hour)
	m.Set(back)
	if got := m.Now(); !got.Equal(back) || got.Location() != time.UTC {
		t.Errorf("after Set: %v, want %v in UTC", got, back)
	}
}

func TestManualIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := clock.NewManual(start)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				m.Advance(time.Second)
				_ = m.Now()
			}
		})
	}
	wg.Wait()
	if got, want := m.Now(), start.Add(800*time.Second); !got.Equal(want) {
		t.Errorf("Now() = %v, want %v", got, want)
	}
}
