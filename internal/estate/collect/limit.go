package collect

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"golang.org/x/time/rate"
)

// Limits holds an adaptive rate for each (account, region, service, action): it falls by half when AWS throttles and climbs
// back with each success, so that Vigie takes what is left over and never the customer's share.
type Limits struct {
	// Start, Floor and Ceiling are calls per second.
	Start, Floor, Ceiling float64
	// Patience is how many throttled answers one call bears before its scope ends throttled out; Tries is the same for
	// broken answers (5xx, connections cut).
	Patience, Tries int
	// Pause is the first back-off; it doubles up to 32 times itself.
	Pause time.Duration

	mu    sync.Mutex
	rates map[Key]*rate.Limiter
}

// NewLimits gives limits that suit AWS's default quotas.
func NewLimits() *Limits {
	return &Limits{Start: 40, Floor: 0.5, Ceiling: 200, Patience: 8, Tries: 4, Pause: 200 * time.Millisecond}
}

func (l *Limits) limiter(k Key) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rates == nil {
		l.rates = map[Key]*rate.Limiter{}
	}
	r, ok := l.rates[k]
	if !ok {
		r = rate.NewLimiter(rate.Limit(l.Start), max(1, int(l.Start/2)))
		l.rates[k] = r
	}
	return r
}

// Forget drops the rates of an account that is done, so that memory does not grow with accounts.
func (l *Limits) Forget(account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.rates {
		if k.Account == account {
			delete(l.rates, k)
		}
	}
}

// run makes a call within its rate, and again after throttled and broken answers, with a growing, jittered pause.
func (l *Limits) run(ctx context.Context, k Key, call func(context.Context) (any, error)) (any, error) {
	r := l.limiter(k)
	throttled, broken := 0, 0
	for {
		if err := r.Wait(ctx); err != nil {
			return nil, context.Cause(ctx)
		}
		out, err := call(ctx)
		switch {
		case err == nil:
			r.SetLimit(min(rate.Limit(l.Ceiling), r.Limit()+1))
			return out, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case throttling(errorCode(err)):
			r.SetLimit(max(rate.Limit(l.Floor), r.Limit()/2))
			if throttled++; throttled > l.Patience {
				return nil, err
			}
		case transient(err):
			if broken++; broken >= l.Tries {
				return nil, err
			}
		default:
			return nil, err
		}
		if err := pause(ctx, l.Pause<<min(throttled+broken-1, 5)); err != nil {
			return nil, err
		}
	}
}

// transient: worth another try. Timeouts, cut connections and 5xx are; what AWS refuses is not.
func transient(err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) {
		return true // in the middle of an answer too, whose status was fine
	}
	var resp *awshttp.ResponseError
	if errors.As(err, &resp) && resp.HTTPStatusCode() != http.StatusOK {
		return resp.HTTPStatusCode() >= 500
	}
	if absentService(err) {
		return false
	}
	var ne net.Error
	return errors.As(err, &ne)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
