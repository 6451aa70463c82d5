package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vigie/internal/kit/api"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/limit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Limits is how much of this process anybody may have. Rates are requests a second for long, twice that may come at once; 0 is no limit.
type Limits struct {
	Token    int           // of one token or session
	Customer int           // of all that acts for one customer only
	Address  int           // of one address, of requests that nobody is signed in for
	Slots    int           // requests worked on at once
	Queue    int           // requests that wait for a slot
	Wait     time.Duration // the longest that one waits
	Hold     time.Duration // the longest that a request counts against the slots
	Hashes   int           // passwords hashed at once
}

// DefaultLimits are far above what people and honest programs do: what is shared out under load are the slots.
func DefaultLimits() Limits {
	return Limits{Token: 1000, Customer: 2000, Address: 200, Slots: max(16, 4*runtime.GOMAXPROCS(0)), Queue: 512, Wait: 5 * time.Second, Hold: time.Second,
		Hashes: max(2, runtime.GOMAXPROCS(0))}
}

// limits applies them.
type limits struct {
	Limits
	clock   clock.Clock
	gate    *limit.Gate
	buckets *limit.Buckets
	rate    func(ctx context.Context, customer string) int // what a customer was given; 0 is the default

	waiting *prometheus.GaugeVec
	waited  *prometheus.HistogramVec
	refused *prometheus.CounterVec
}

// The classes as metrics name them: never a customer.
const (
	ofStaff    = "staff"
	ofCustomer = "customer"
	ofVisitor  = "visitor"
)

// noRates are limits for the self-test, which is one caller that asks as fast as it can.
func noRates() Limits {
	l := DefaultLimits()
	l.Token, l.Customer, l.Address = 0, 0, 0
	return l
}

func newLimits(l Limits, c clock.Clock) *limits {
	return &limits{Limits: l, clock: c, buckets: limit.NewBuckets(), rate: func(context.Context, string) int { return 0 },
		gate:    limit.NewGate(c, limit.Shape{Slots: l.Slots, Queue: l.Queue, Wait: l.Wait, Hold: l.Hold}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "vigie_limit_waiting", Help: "Requests that wait for a slot."}, []string{"class"}),
		waited: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "vigie_limit_wait_seconds", Help: "Time that requests waited for a slot.",
			Buckets: []float64{.001, .005, .025, .1, .5, 1, 2.5, 5, 10}}, []string{"class"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vigie_limit_refused_total", Help: "Requests refused: rate (too many a second), full (too many waiting), slow (waited for too long)."},
			[]string{"class", "reason"})}
}

// show puts the figures among the metrics of the process.
func (l *limits) show(to *prometheus.Registry) {
	to.MustRegister(l.waiting, l.waited, l.refused,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vigie_limit_working", Help: "Requests that hold a slot."}, func() float64 { return float64(l.gate.Load().Working) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vigie_limit_long", Help: "Requests that are worked on for longer than a slot may be held."}, func() float64 { return float64(l.gate.Load().Long) }))
}

// asker is who asks, as far as limits are concerned.
type asker struct {
	kind, class, flow string
	rates             []limitRate
}

// limitRate is a bucket that a request is taken from.
type limitRate struct {
	name string
	rate int
}

// askerOf sorts an actor. Whoever acts for one customer only counts as that customer, whether they are its people or a token of the provider
// for it; everybody else is staff.
func (l *limits) askerOf(ctx context.Context, a permission.Actor) asker {
	out := asker{kind: ofStaff, class: ofStaff, flow: a.Via, rates: []limitRate{{"caller:" + a.Via, l.Token}}}
	if a.Rate > 0 {
		out.rates[0].rate = a.Rate
	}
	if s := a.Scope(); !s.All() && len(s.Customers()) == 1 {
		id := s.Customers()[0]
		rate := l.Customer
		if own := l.rate(ctx, id); own > 0 {
			rate = own
		}
		out.kind, out.class = ofCustomer, "customer:"+id
		out.rates = append(out.rates, limitRate{out.class, rate})
	}
	return out
}

func (l *limits) visitor(r *http.Request) asker {
	from := identity.Network(r)
	return asker{kind: ofVisitor, class: ofVisitor, flow: from, rates: []limitRate{{"address:" + from, l.Address}}}
}

// knockRate is how many requests a second one address may make by private links, good or not: several people of one office, and no search for
// links that others have.
const knockRate = 20

// knock counts a request by a private link, before it is known whose it is.
func (l *limits) knock(r *http.Request) error {
	who := l.visitor(r)
	who.rates = append(who.rates, limitRate{"knock:" + who.flow, min(l.Address, knockRate)})
	_, err := l.take(who)
	return err
}

// take counts a request, and is a limited fault if there were too many. The allowance is that of the asker itself.
func (l *limits) take(who asker) (own limit.Allowance, err error) {
	for i, r := range who.rates {
		got := l.buckets.Take(r.name, float64(r.rate), l.clock.Now())
		if i == 0 {
			own = got
		}
		if got.Wait > 0 {
			l.refused.WithLabelValues(who.kind, "rate").Inc()
			return got, fault.New(fault.Limited, "api.problem.limited", "seconds", seconds(got.Wait))
		}
	}
	return own, nil
}

// enter waits for a slot.
func (l *limits) enter(ctx context.Context, who asker) (leave func(), err error) {
	l.waiting.WithLabelValues(who.kind).Inc()
	start := l.clock.Now()
	leave, err = l.gate.Enter(ctx, who.class, who.flow)
	l.waiting.WithLabelValues(who.kind).Dec()
	l.waited.WithLabelValues(who.kind).Observe(l.clock.Now().Sub(start).Seconds())
	var why limit.Refusal
	if errors.As(err, &why) {
		l.refused.WithLabelValues(who.kind, string(why)).Inc()
		return nil, fault.New(fault.Limited, "api.problem.busy", "seconds", seconds(l.gate.Patience())).Because(err)
	}
	return leave, err
}

func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// api admits a request of the API, and says in its headers (draft-ietf-httpapi-ratelimit-headers) what its token may.
func (l *limits) api(w http.ResponseWriter, r *http.Request) (func(), error) {
	who := l.askerOf(r.Context(), permission.From(r.Context()))
	left, err := l.take(who)
	if rate := who.rates[0].rate; rate > 0 {
		w.Header().Set("RateLimit-Policy", fmt.Sprintf(`"caller";q=%d;w=2`, 2*rate))
		w.Header().Set("RateLimit", `"caller";r=`+strconv.Itoa(left.Left)+`;t=1`)
	}
	if err != nil {
		return nil, err
	}
	return l.enter(r.Context(), who)
}

// page admits a request of a page.
func (l *limits) page(r *http.Request, a permission.Actor) (func(), error) {
	who := l.askerOf(r.Context(), a)
	if _, err := l.take(who); err != nil {
		return nil, err
	}
	return l.enter(r.Context(), who)
}

// directory admits a request of a directory, by its token and the customer of its provider; of nobody's where the token is empty.
func (l *limits) directory(r *http.Request, token, customer string) (func(), error) {
	who := l.visitor(r)
	if token != "" {
		who = asker{kind: ofStaff, class: ofStaff, flow: token, rates: []limitRate{{"caller:" + token, l.Token}}}
	}
	if customer != "" {
		rate := l.Customer
		if own := l.rate(r.Context(), customer); own > 0 {
			rate = own
		}
		who.kind, who.class = ofCustomer, "customer:"+customer
		who.rates = append(who.rates, limitRate{who.class, rate})
	}
	if _, err := l.take(who); err != nil {
		return nil, err
	}
	return l.enter(r.Context(), who)
}

// unknown counts requests of the API that nobody could be found for by their address.
func (l *limits) unknown(authenticate func(*http.Request) (context.Context, api.Caller, error)) func(*http.Request) (context.Context, api.Caller, error) {
	return func(r *http.Request) (context.Context, api.Caller, error) {
		ctx, caller, err := authenticate(r)
		if fault.Is(err, fault.Unauthorized) {
			if _, refused := l.take(l.visitor(r)); refused != nil {
				err = refused
			}
		}
		return ctx, caller, err
	}
}

// open admits to what needs no sign-in.
func (l *limits) open(shell *web.Shell, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.Readable(r) {
			shell.Refuse(w, r, "", fault.New(fault.NotFound, "fault.not_found"))
			return
		}
		who := l.visitor(r)
		_, err := l.take(who)
		leave := func() {}
		if err == nil {
			leave, err = l.enter(r.Context(), who)
		}
		if err != nil {
			shell.Refuse(w, r, "", err)
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// either serves what front has a pattern for, and all else by rest.
func either(front *http.ServeMux, served, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := front.Handler(r); pattern != "" {
			served.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// remembered keeps what a look-up gave for a moment, as it is asked for at every request.
type remembered struct {
	clock clock.Clock
	ask   func(ctx context.Context, key string) (int, error)

	mu  sync.Mutex
	all map[string]rememberedValue
}

type rememberedValue struct {
	value int
	until time.Time
}

// requestRate is how many requests a second a customer was given; 0 for none of its own.
func (a *App) requestRate(ctx context.Context, customer string) (rate int, err error) {
	err = a.db.View(ctx, db.Grant(customer), func(tx *db.Tx) error {
		return tx.Get(ctx, &rate, `SELECT request_rate FROM {customer} WHERE id = ?`, customer)
	})
	return rate, err
}

// How long what was looked up is taken for true, and how many are kept.
const (
	rememberFor  = 5 * time.Second
	rememberMost = 10_000
)

func (m *remembered) get(ctx context.Context, key string) int {
	now := m.clock.Now()
	m.mu.Lock()
	v, ok := m.all[key]
	m.mu.Unlock()
	if ok && now.Before(v.until) {
		return v.value
	}
	value, err := m.ask(ctx, key)
	if err != nil {
		return v.value // as it was known last: a limit is no reason to fail
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) >= rememberMost {
		clear(m.all)
	}
	m.all[key] = rememberedValue{value, now.Add(rememberFor)}
	return value
}
