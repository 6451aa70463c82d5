package clock

import (
	"sync"
	"time"
)

// Clock tells the time. Implementations return UTC, so that a value that is
// printed, compared or stored looks the same on every machine.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock in UTC.
type System struct{}

// Now returns the current time in UTC. The monotonic reading is kept, so that
// durations between two readings survive an adjustment of the wall clock.
func (System) Now() time.Time { return time.Now().UTC() }

// Manual stands still until it is moved. It is safe for use by several
// goroutines; the zero value shows the zero time.
type Manual struct {
	mu  sync.RWMutex
	now time.Time
}

// NewManual returns a clock that shows t.
func NewManual(t time.Time) *Manual {
	return &Manual{now: t.UTC()}
}

// Now returns the time last set.
func (m *Manual) Now() time.Time {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.now
}

// Set moves the clock to t, forwards or backwards: a machine whose clock steps
// back is one of the things tests want to see.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = t.UTC()
}

// Advance moves the clock by d and returns the new time.
func (m *Manual) Advance(d time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	return m.now
}
