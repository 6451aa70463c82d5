package limit

import (
	"math"
	"sync"
	"time"
)

// bucket holds tokens: so many come in a second, up to twice that.
type bucket struct {
	tokens float64
	at     time.Time
	rate   float64
}

// burst is how many tokens a bucket holds at most.
func burst(rate float64) float64 { return max(1, 2*rate) }

// refill gives the bucket as it is at a time. A clock that steps back brings nothing and takes nothing.
func (b bucket) refill(rate float64, now time.Time) bucket {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.tokens += passed * b.rate
		b.at = now
	}
	if rate != b.rate {
		// What was spent under the old rate stays spent.
		b.tokens += burst(rate) - burst(b.rate)
		b.rate = rate
	}
	b.tokens = min(b.tokens, burst(rate))
	return b
}

// take takes a token if there is one, or tells for how long there is none.
func (b bucket) take() (bucket, time.Duration) {
	if b.tokens >= 1 {
		b.tokens--
		return b, 0
	}
	return b, max(time.Duration((1-b.tokens)/b.rate*float64(time.Second)), time.Millisecond)
}

func (b bucket) full() bool { return b.tokens >= burst(b.rate) }

// Buckets are token buckets by name. Full ones are dropped: they are as those that are not there.
type Buckets struct {
	mu    sync.Mutex
	all   map[string]bucket
	sweep int // look for full ones at this number
}

// NewBuckets makes buckets, all full.
func NewBuckets() *Buckets { return &Buckets{all: map[string]bucket{}, sweep: keep} }

// Allowance is what a bucket says to one request.
type Allowance struct {
	Wait time.Duration // zero if the request may go on
	Left int           // requests that may follow at once
}

// Take asks for one request of a name that may make rate a second for long, and twice that at once. A rate of zero has no limit.
func (b *Buckets) Take(name string, rate float64, now time.Time) Allowance {
	if rate <= 0 {
		return Allowance{Left: math.MaxInt32}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.all[name]
	if !ok {
		b.tidy(now)
		one = bucket{tokens: burst(rate), at: now, rate: rate}
	}
	one, wait := one.refill(rate, now).take()
	b.all[name] = one
	return Allowance{Wait: wait, Left: int(max(one.tokens, 0))}
}

func (b *Buckets) tidy(now time.Time) {
	if len(b.all) < b.sweep {
		return
	}
	for name, one := range b.all {
		if one.refill(one.rate, now).full() {
			delete(b.all, name)
		}
	}
	b.sweep = max(keep, 2*len(b.all))
}

// Len tells how many buckets are not full.
func (b *Buckets) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.all)
}
