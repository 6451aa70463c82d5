package api

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"vigie/internal/platform/fault"
)

// limiter gives every caller a token bucket. It is per process: its job is to keep one runaway script from the rest.
type limiter struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// maxBuckets bounds the memory; beyond it all buckets begin anew, full.
const maxBuckets = 10_000

func newLimiter(perSecond float64) *limiter {
	if perSecond <= 0 {
		perSecond = 2000
	}
	return &limiter{rate: rate.Limit(perSecond), burst: max(1, int(2*perSecond)), buckets: map[string]*rate.Limiter{}}
}

// wait tells how long the caller should wait; zero if the request may go on.
func (l *limiter) wait(caller string, now time.Time) time.Duration {
	l.mu.Lock()
	b := l.buckets[caller]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			clear(l.buckets)
		}
		b = rate.NewLimiter(l.rate, l.burst)
		l.buckets[caller] = b
	}
	l.mu.Unlock()
	if b.AllowN(now, 1) {
		return 0
	}
	r := b.ReserveN(now, 1)
	defer r.CancelAt(now)
	return max(r.DelayFrom(now), time.Millisecond)
}

func (a *API) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d := a.limiter.wait(CallerOf(r.Context()).ID, a.cfg.Clock.Now()); d > 0 {
			a.problem(w, r, fault.New(fault.Limited, "api.problem.limited", "seconds", int((d+time.Second-1)/time.Second)))
			return
		}
		next.ServeHTTP(w, r)
	})
}
