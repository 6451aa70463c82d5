package limit

import (
	"cmp"
	"slices"
	"time"
)

// state is how far one request has come.
type state uint8

const (
	waiting state = iota
	working
	long
	refused
	gone
)

// ticket is one request in the queue.
type ticket struct {
	flow  *flow
	state state
	came  uint64 // order of arrival
	since time.Time
	cost  float64       // seconds that its class and flow were charged at its start
	wake  chan struct{} // closed when it is no longer waiting; nil where nobody waits for it
}

// share is what a class or a flow has had, in seconds of slots, on the scale of those it competes with.
type share struct {
	had                    float64
	waiting, working, long int
}

func (s share) idle() bool { return s.waiting+s.working+s.long == 0 }

type class struct {
	share
	name  string
	now   float64 // what the flow had that was served last
	flows map[string]*flow
}

type flow struct {
	share
	class *class
	name  string
	line  []*ticket // waiting, the oldest first
}

// queue decides who works. It is a value of its calls alone: whoever owns it says what time it is.
type queue struct {
	slots int // worked on at once
	most  int // waiting at once
	long  int // of one class beyond the time for which a slot may be held

	working, waiting int
	now              float64 // what the class had that was served last
	usual            float64 // seconds that a slot is held, as seen lately: charged at the start, and settled at the end
	came             uint64
	classes          map[string]*class
}

func newQueue(slots, most, long int) *queue {
	return &queue{slots: max(slots, 1), most: max(most, 0), long: max(long, 1), usual: least, classes: map[string]*class{}}
}

// least is what is charged at least, in seconds, so that requests that take no time count too.
const least = 50e-6

// arrive takes a request in. It may be working, waiting or refused on return; evicted is another that had to make room for it.
func (q *queue) arrive(className, flowName string, now time.Time) (t, evicted *ticket) {
	c := q.classes[className]
	if c == nil {
		q.tidy()
		c = &class{name: className, flows: map[string]*flow{}}
		q.classes[className] = c
	}
	if c.idle() {
		c.had = max(c.had, q.now) // nobody saves up
	}
	f := c.flows[flowName]
	if f == nil {
		c.tidy()
		f = &flow{class: c, name: flowName}
		c.flows[flowName] = f
	}
	if f.idle() {
		f.had = max(f.had, c.now)
	}
	q.came++
	t = &ticket{flow: f, came: q.came}
	if q.working < q.slots && c.long < q.long && q.waiting == 0 {
		q.start(t, now)
		return t, nil
	}
	t.state = waiting
	f.line = append(f.line, t)
	q.count(f, 1)
	// Whoever waits may be waiting for something else than a slot.
	q.next(now)
	if q.waiting > q.most {
		evicted = q.evict()
	}
	return t, evicted
}

func (q *queue) count(f *flow, by int) {
	q.waiting += by
	f.waiting += by
	f.class.waiting += by
}

// evict refuses the newest request of the longest line of the class with the longest ones.
func (q *queue) evict() *ticket {
	var from *class
	for _, c := range q.classes {
		if from == nil || c.waiting > from.waiting || c.waiting == from.waiting && c.name < from.name {
			from = c
		}
	}
	var line *flow
	for _, f := range from.flows {
		if line == nil || f.waiting > line.waiting || f.waiting == line.waiting && f.name < line.name {
			line = f
		}
	}
	last := line.line[len(line.line)-1]
	q.refuse(last)
	return last
}

// refuse takes a waiting request out.
func (q *queue) refuse(t *ticket) {
	f := t.flow
	if at := slices.Index(f.line, t); at >= 0 {
		f.line = slices.Delete(f.line, at, at+1)
		q.count(f, -1)
	}
	t.state = refused
	q.rest()
}

func (q *queue) start(t *ticket, now time.Time) {
	f, c := t.flow, t.flow.class
	t.state, t.since, t.cost = working, now, q.usual
	q.now, c.now = max(q.now, c.had), max(c.now, f.had)
	c.had += t.cost
	f.had += t.cost
	c.working++
	f.working++
	q.working++
}

// settle charges what a slot was really held for.
func (q *queue) settle(t *ticket, now time.Time) {
	held := max(now.Sub(t.since).Seconds(), least)
	t.flow.had += held - t.cost
	t.flow.class.had += held - t.cost
	q.usual += (held - q.usual) / 16
	t.flow.working--
	t.flow.class.working--
	q.working--
}

// overrun takes the slot from a request that has held it for too long, and gives those that work now.
func (q *queue) overrun(t *ticket, now time.Time) []*ticket {
	if t.state != working {
		return nil
	}
	q.settle(t, now)
	t.state = long
	t.flow.long++
	t.flow.class.long++
	return q.next(now)
}

// leave ends a request, however far it has come, and gives those that work now.
func (q *queue) leave(t *ticket, now time.Time) []*ticket {
	switch t.state {
	case waiting:
		q.refuse(t)
	case working:
		q.settle(t, now)
	case long:
		t.flow.long--
		t.flow.class.long--
	default:
		return nil
	}
	t.state = gone
	started := q.next(now)
	q.rest()
	return started
}

// next gives free slots to those who have had the least.
func (q *queue) next(now time.Time) (started []*ticket) {
	for q.working < q.slots && q.waiting > 0 {
		c := q.poorest()
		if c == nil {
			return started
		}
		f := c.poorest()
		t := f.line[0]
		f.line[0] = nil
		f.line = f.line[1:]
		q.count(f, -1)
		q.start(t, now)
		started = append(started, t)
	}
	return started
}

// poorest is the class to be served: with something waiting, and not too much that is long already.
func (q *queue) poorest() (best *class) {
	for _, c := range q.classes {
		if c.waiting > 0 && c.long < q.long && (best == nil || before(c.share, best.share, c.name, best.name)) {
			best = c
		}
	}
	return best
}

func (c *class) poorest() (best *flow) {
	for _, f := range c.flows {
		if f.waiting > 0 && (best == nil || before(f.share, best.share, f.name, best.name)) {
			best = f
		}
	}
	return best
}

// before decides between two; of equals, the one with less at work, and then by name, so that the answer is one.
func before(a, b share, nameA, nameB string) bool {
	return cmp.Or(cmp.Compare(a.had, b.had), cmp.Compare(a.working, b.working), cmp.Compare(nameA, nameB)) < 0
}

// rest forgets everything when there is nothing to be fair about.
func (q *queue) rest() {
	if q.waiting == 0 && q.working == 0 {
		for name, c := range q.classes {
			if c.idle() {
				delete(q.classes, name)
			}
		}
		if len(q.classes) == 0 {
			q.now = 0
		}
	}
}

// keep is how many idle ones may lie about before they are looked through.
const keep = 64

// tidy drops classes that are owed nothing and owe nothing: they would begin where everybody begins. Where very many still owe
// something, their debt is forgiven, as memory counts for more.
func (q *queue) tidy() { tidy(q.classes, q.now, func(c *class) share { return c.share }) }

func (c *class) tidy() { tidy(c.flows, c.now, func(f *flow) share { return f.share }) }

func tidy[T any](all map[string]T, now float64, of func(T) share) {
	if len(all) < keep {
		return
	}
	busy := 0
	for _, one := range all {
		if !of(one).idle() {
			busy++
		}
	}
	for _, owing := range []bool{false, true} {
		if len(all) < 2*busy+keep {
			return
		}
		for name, one := range all {
			if s := of(one); s.idle() && (owing || s.had <= now) {
				delete(all, name)
			}
		}
	}
}
