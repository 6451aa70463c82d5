package limit

import (
	"container/heap"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// source is a client of the simulation: it sends a request, and the next after a pause, whether or not it was answered.
type source struct {
	class, flow string
	pause       func() time.Duration
	work        func() time.Duration
	closed      bool // waits for its answer before the pause
	from, until time.Duration
}

// event is a moment of the simulation.
type event struct {
	at   time.Duration
	seq  int
	what func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// world drives a queue with clients, and looks at it after each step.
type world struct {
	t     rapid.TB
	q     *queue
	wait  time.Duration // how long one waits
	hold  time.Duration // how long a slot is held; 0 is for ever
	now   time.Duration
	seq   int
	todo  events
	done  map[*ticket]func(state) // what follows when a waiting one is decided
	asked map[*ticket]time.Duration

	served  map[string]time.Duration // slot time by class/flow, of what has ended or overrun
	longest map[string]time.Duration // wait by class/flow
	ended   map[string]int           // requests by class/flow that worked
	refused map[string]int
	peak    int // classes kept at once
}

func newWorld(t rapid.TB, q *queue, wait, hold time.Duration) *world {
	return &world{t: t, q: q, wait: wait, hold: hold, done: map[*ticket]func(state){}, asked: map[*ticket]time.Duration{}, served: map[string]time.Duration{},
		longest: map[string]time.Duration{}, ended: map[string]int{}, refused: map[string]int{}}
}

func (w *world) at(d time.Duration, f func()) {
	w.seq++
	heap.Push(&w.todo, event{w.now + d, w.seq, f})
}

func (w *world) clock() time.Time { return time.Unix(1_800_000_000, 0).Add(w.now) }

func (w *world) add(s source) {
	var send func()
	send = func() {
		if w.now > s.until {
			return
		}
		if !s.closed {
			w.at(s.pause(), send)
		}
		w.request(s, func() {
			if s.closed {
				w.at(s.pause(), send)
			}
		})
	}
	w.at(s.from, send)
}

func (w *world) request(s source, answered func()) {
	name := s.class + "/" + s.flow
	t, evicted := w.q.arrive(s.class, s.flow, w.clock())
	w.asked[t] = w.now
	decided := func(became state) {
		if became != working {
			w.refused[name]++
			answered()
			return
		}
		w.longest[name] = max(w.longest[name], w.now-w.asked[t])
		work := s.work()
		if w.hold > 0 && work > w.hold {
			w.at(w.hold, func() {
				w.served[name] += w.hold
				w.started(w.q.overrun(t, w.clock()))
			})
		}
		w.at(work, func() {
			if t.state == working {
				w.served[name] += work
			}
			w.started(w.q.leave(t, w.clock()))
			w.ended[name]++
			answered()
		})
	}
	switch t.state {
	case waiting:
		w.done[t] = decided
		w.at(w.wait, func() {
			if t.state == waiting {
				w.started(w.q.leave(t, w.clock()))
				w.decide(t)
			}
		})
	default:
		decided(t.state)
	}
	if evicted != nil && evicted != t {
		w.decide(evicted)
	}
}

func (w *world) started(all []*ticket) {
	for _, t := range all {
		w.decide(t)
	}
}

func (w *world) decide(t *ticket) {
	f := w.done[t]
	if f == nil {
		w.t.Fatalf("a request was decided twice, or never waited")
	}
	delete(w.done, t)
	f(t.state)
}

// run goes on until nothing is left to do.
func (w *world) run() {
	for len(w.todo) > 0 {
		e := heap.Pop(&w.todo).(event)
		w.now = e.at
		e.what()
		w.look()
	}
	if len(w.done) != 0 {
		w.t.Fatalf("%d requests were never decided", len(w.done))
	}
	if w.q.working != 0 || w.q.waiting != 0 || len(w.q.classes) != 0 {
		w.t.Fatalf("at rest: %d working, %d waiting, %d classes kept", w.q.working, w.q.waiting, len(w.q.classes))
	}
}

// look checks what must always hold.
func (w *world) look() {
	q := w.q
	work, wait, busy := 0, 0, 0
	free := false // somebody could work who waits
	for _, c := range q.classes {
		var sum share
		for _, f := range c.flows {
			if f.waiting != len(f.line) {
				w.t.Fatalf("%s/%s: %d wait, %d in line", c.name, f.name, f.waiting, len(f.line))
			}
			sum.waiting, sum.working, sum.long = sum.waiting+f.waiting, sum.working+f.working, sum.long+f.long
		}
		if sum.waiting != c.waiting || sum.working != c.working || sum.long != c.long {
			w.t.Fatalf("%s: counts %+v, its flows %+v", c.name, c.share, sum)
		}
		if !c.idle() {
			busy++
		}
		work, wait = work+c.working, wait+c.waiting
		free = free || c.waiting > 0 && c.long < q.long
		if c.long > q.long+q.slots {
			w.t.Fatalf("%s: %d long, the most is %d", c.name, c.long, q.long+q.slots)
		}
	}
	switch {
	case work != q.working || wait != q.waiting:
		w.t.Fatalf("counts %d, %d; classes %d, %d", q.working, q.waiting, work, wait)
	case q.working > q.slots:
		w.t.Fatalf("%d work in %d slots", q.working, q.slots)
	case q.waiting > q.most:
		w.t.Fatalf("%d wait, the most is %d", q.waiting, q.most)
	case q.working < q.slots && free:
		w.t.Fatalf("a slot is free and somebody waits for it")
	case len(q.classes) > 2*busy+keep+1:
		w.t.Fatalf("%d classes kept, %d of them busy", len(q.classes), busy)
	}
	w.peak = max(w.peak, len(q.classes))
}

func between(t *rapid.T, label string, low, high time.Duration) func() time.Duration {
	seed := rapid.Uint64().Draw(t, label)
	return func() time.Duration {
		// A generator of its own, since what is drawn must not depend on the order in which the simulation asks.
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return low + time.Duration(float64(high-low)*float64(seed>>11)/float64(1<<53))
	}
}

// Whatever comes: counts agree, no slot is idle while somebody may have it, everybody is decided, nothing is kept at rest.
func TestQueueHoldsWhateverComes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hold := rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond}).Draw(t, "hold")
		q := newQueue(rapid.IntRange(1, 6).Draw(t, "slots"), rapid.IntRange(0, 30).Draw(t, "queue"), rapid.IntRange(1, 4).Draw(t, "long"))
		w := newWorld(t, q, rapid.SampledFrom([]time.Duration{time.Millisecond, 200 * time.Millisecond}).Draw(t, "wait"), hold)
		for i := range rapid.IntRange(1, 12).Draw(t, "clients") {
			w.add(source{class: fmt.Sprint("c", rapid.IntRange(0, 5).Draw(t, "class")), flow: fmt.Sprint("f", i), closed: rapid.Bool().Draw(t, "closed"),
				pause: between(t, "pause", time.Millisecond, 40*time.Millisecond), work: between(t, "work", 0, 120*time.Millisecond), until: 600 * time.Millisecond})
		}
		w.run()
	})
}

// Classes that always have something waiting get the same time of slots, whatever the number of their clients and the length of
// their requests; and so do the flows of one class.
func TestQueueIsFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const longest, span = 20 * time.Millisecond, 4 * time.Second
		slots := rapid.IntRange(1, 4).Draw(t, "slots")
		w := newWorld(t, newQueue(slots, 10_000, 1), time.Hour, 0)
		classes := rapid.IntRange(2, 4).Draw(t, "classes")
		flows := map[int]int{}
		for c := range classes {
			flows[c] = rapid.IntRange(1, 3).Draw(t, "flows")
			most := rapid.SampledFrom([]time.Duration{2 * time.Millisecond, 8 * time.Millisecond, longest}).Draw(t, "length")
			for f := range flows[c] {
				// Each flow keeps more in line than there are slots: it always has something waiting.
				for range slots + rapid.IntRange(1, 8).Draw(t, "clients") {
					w.add(source{class: fmt.Sprint(c), flow: fmt.Sprint(f), closed: true, pause: func() time.Duration { return 0 }, work: between(t, "work", time.Millisecond, most), until: span})
				}
			}
		}
		for len(w.todo) > 0 && w.todo[0].at < span {
			e := heap.Pop(&w.todo).(event)
			w.now = e.at
			e.what()
			w.look()
		}
		class := map[int]time.Duration{}
		least, most := time.Duration(math.MaxInt64), time.Duration(0)
		for c := range classes {
			low, high := time.Duration(math.MaxInt64), time.Duration(0)
			for f := range flows[c] {
				had := w.served[fmt.Sprint(c, "/", f)]
				class[c] += had
				low, high = min(low, had), max(high, had)
			}
			if bound := time.Duration(3*(slots+1)) * longest; high-low > bound {
				t.Fatalf("flows of class %d had %v to %v, more than %v apart", c, low, high, bound)
			}
			least, most = min(least, class[c]), max(most, class[c])
		}
		// What is at work was charged what is usual, and may come to the longest: that, for each slot, is what may be between two.
		if bound := time.Duration(3*(slots+1)) * longest; most-least > bound {
			t.Fatalf("classes had %v to %v, more than %v apart: %v", least, most, bound, class)
		}
	})
}

// Whatever a heavy class sends, a client that sends now and then waits for a slot to be freed, and no longer.
func TestQueueLetsALightClientThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const longest = 30 * time.Millisecond
		slots := rapid.IntRange(1, 4).Draw(t, "slots")
		w := newWorld(t, newQueue(slots, rapid.IntRange(20, 200).Draw(t, "queue"), 1), time.Hour, 0)
		heavy := rapid.IntRange(1, 3).Draw(t, "heavy classes")
		for c := range heavy {
			for f := range rapid.IntRange(1, 60).Draw(t, "heavy clients") {
				w.add(source{class: fmt.Sprint("heavy", c), flow: fmt.Sprint(f % 7), closed: rapid.Bool().Draw(t, "closed"), pause: between(t, "pause", time.Millisecond, 5*time.Millisecond),
					work: between(t, "work", time.Millisecond, longest), until: 500 * time.Millisecond})
			}
		}
		w.add(source{class: "light", flow: "one", closed: true, pause: between(t, "light pause", 60*time.Millisecond, 90*time.Millisecond), work: func() time.Duration { return time.Millisecond },
			from: 50 * time.Millisecond, until: 500 * time.Millisecond})
		w.run()
		// One slot must be freed, and at most one request of each heavy class that has had no more stands before.
		if bound := time.Duration(1+heavy) * longest; w.longest["light/one"] > bound {
			t.Fatalf("waited %v, more than %v", w.longest["light/one"], bound)
		}
		if w.refused["light/one"] > 0 || w.ended["light/one"] == 0 {
			t.Fatalf("%d refused, %d worked", w.refused["light/one"], w.ended["light/one"])
		}
	})
}

// The same inside of a class: one token that floods does not keep another of its customer out, nor push it out of the queue.
func TestQueueLetsALightFlowThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const longest = 30 * time.Millisecond
		slots := rapid.IntRange(1, 4).Draw(t, "slots")
		w := newWorld(t, newQueue(slots, rapid.IntRange(2, 50).Draw(t, "queue"), 1), time.Hour, 0)
		for range rapid.IntRange(1, 80).Draw(t, "heavy clients") {
			w.add(source{class: "one", flow: "heavy", pause: between(t, "pause", time.Millisecond, 20*time.Millisecond), work: between(t, "work", time.Millisecond, longest), until: 400 * time.Millisecond})
		}
		w.add(source{class: "one", flow: "light", closed: true, pause: between(t, "light pause", 60*time.Millisecond, 90*time.Millisecond), work: func() time.Duration { return time.Millisecond },
			from: 50 * time.Millisecond, until: 400 * time.Millisecond})
		w.run()
		if w.longest["one/light"] > 2*longest || w.refused["one/light"] > 0 {
			t.Fatalf("waited %v, %d refused", w.longest["one/light"], w.refused["one/light"])
		}
	})
}

// What holds its slot for longer than one may goes on without it: others wait no longer than that, and the class that sends such
// requests is held to so many of them.
func TestQueueTakesSlotsFromWhatIsLong(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const hold = 20 * time.Millisecond
		q := newQueue(rapid.IntRange(1, 4).Draw(t, "slots"), 100, rapid.IntRange(1, 4).Draw(t, "long"))
		w := newWorld(t, q, 200*time.Millisecond, hold)
		for range rapid.IntRange(4, 30).Draw(t, "streams") {
			w.add(source{class: "streams", flow: "s", closed: true, pause: func() time.Duration { return time.Millisecond }, work: between(t, "work", time.Second, 5*time.Second), until: 500 * time.Millisecond})
		}
		w.add(source{class: "light", flow: "one", closed: true, pause: func() time.Duration { return 30 * time.Millisecond }, work: func() time.Duration { return time.Millisecond },
			from: 10 * time.Millisecond, until: 500 * time.Millisecond})
		w.run()
		if w.longest["light/one"] > 2*hold || w.refused["light/one"] > 0 {
			t.Fatalf("waited %v, %d refused", w.longest["light/one"], w.refused["light/one"])
		}
	})
}

// Ten thousand classes that each send one request leave nothing behind.
func TestQueueForgetsTheIdle(t *testing.T) {
	t.Parallel()
	q := newQueue(2, 50, 1)
	now := time.Unix(1_800_000_000, 0)
	steady, _ := q.arrive("steady", "one", now)
	for i := range 10_000 {
		for range 2 {
			one, _ := q.arrive(fmt.Sprint("class", i), fmt.Sprint("flow", i%3), now)
			q.leave(one, now.Add(time.Millisecond))
		}
		flow, _ := q.arrive("many", fmt.Sprint("flow", i), now)
		q.leave(flow, now.Add(time.Millisecond))
		now = now.Add(2 * time.Millisecond)
		if len(q.classes) > 2*keep || len(q.classes["many"].flows) > 2*keep {
			t.Fatalf("%d classes, %d flows kept", len(q.classes), len(q.classes["many"].flows))
		}
	}
	q.leave(steady, now)
	if len(q.classes) != 0 {
		t.Errorf("%d classes at rest", len(q.classes))
	}
}

// Who was silent has saved nothing up: from when it comes, it gets its share and the others theirs.
func TestQueueOwesNothingToTheSilent(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"class", "flow"} {
		w := newWorld(t, newQueue(2, 1000, 1), time.Hour, 0)
		for i, name := range []string{"old", "new"} {
			s := source{class: name, flow: "f", closed: true, pause: func() time.Duration { return 0 }, work: func() time.Duration { return 5 * time.Millisecond },
				from: time.Duration(i) * 2 * time.Second, until: 4 * time.Second}
			if by == "flow" {
				s.class, s.flow = "c", name
			}
			for range 6 {
				w.add(s)
			}
		}
		old := "old/f"
		if by == "flow" {
			old = "c/old"
		}
		var before time.Duration
		w.at(2*time.Second, func() { before = w.served[old] })
		var after time.Duration
		w.at(3*time.Second, func() { after = w.served[old] })
		w.run()
		if got := after - before; got < 900*time.Millisecond || got > 1100*time.Millisecond {
			t.Errorf("%s: the old one had %v of 2 s of slots once the new one came, want half", by, got)
		}
	}
}
