package live

import (
	"sync"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/fault"
)

// What a hub keeps and allows.
const (
	kept     = 8192            // messages for tabs that come back
	overlap  = 5 * time.Second // replicas hear in different orders: who comes back is told a little twice
	waiting  = 256             // messages that a stream may lag behind
	perOwner = 40              // streams of one person: many tabs, but not without end
	most     = 20_000          // streams of one process
)

// Hub gives messages to streams.
type Hub struct {
	clock clock.Clock

	lock    sync.Mutex
	ring    []heard   // the newest last
	whole   time.Time // since when the ring has everything
	streams map[*Stream]struct{}
	owners  map[string]int
	closed  bool
}

type heard struct {
	Message
	at time.Time
}

// NewHub makes a hub. Give its Receive to db.DB.Hear.
func NewHub(c clock.Clock) *Hub {
	return &Hub{clock: c, whole: c.Now(), streams: map[*Stream]struct{}{}, owners: map[string]int{}}
}

// Stream is what one tab hears. Wait on Messages; when it is closed the stream has ended, because it lagged or the hub stops.
type Stream struct {
	hub   *Hub
	owner string
	wants func(Message) bool
	ch    chan Message
	ended chan struct{}
	done  bool // under the hub's lock
}

// Messages gives them in the order in which they were heard.
func (s *Stream) Messages() <-chan Message { return s.ch }

// Ended is closed when nothing more will come, also while a reader still has messages to take.
func (s *Stream) Ended() <-chan struct{} { return s.ended }

// From is what a tab knows already.
type From struct {
	Last string    // id of the message that it heard last, if it was here before
	Made time.Time // else when its page was made: what has changed since then is not on it
}

// Open begins a stream for a person, with what the tab has missed. wants says for each message whether the stream may carry it; it is called while the hub is locked and must be quick. Faults: limited, unavailable.
func (h *Hub) Open(owner string, from From, wants func(Message) bool) (*Stream, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	switch {
	case h.closed || len(h.streams) >= most:
		return nil, fault.New(fault.Unavailable, "fault.busy")
	case h.owners[owner] >= perOwner:
		return nil, fault.New(fault.Limited, "fault.busy")
	}
	s := &Stream{hub: h, owner: owner, wants: wants, ch: make(chan Message, waiting), ended: make(chan struct{})}
	h.streams[s] = struct{}{}
	h.owners[owner]++
	switch {
	case from.Last != "":
		h.replay(s, from.Last)
	case !from.Made.IsZero():
		h.catchUp(s, from.Made)
	}
	return s, nil
}

// catchUp gives a stream what came since its page was made: a task that ends before the tab listens would be lost on it.
func (h *Hub) catchUp(s *Stream, made time.Time) {
	if made.Before(h.whole) {
		h.give(s, Message{Resync: true})
		return
	}
	from := len(h.ring)
	for from > 0 && !h.ring[from-1].at.Before(made) {
		from--
	}
	h.again(s, from, -1)
}

// replay gives a stream what came after its last message, and a little before.
func (h *Hub) replay(s *Stream, last string) {
	at := len(h.ring) - 1
	for at >= 0 && h.ring[at].ID != last {
		at--
	}
	if at < 0 {
		h.give(s, Message{ID: last, Resync: true})
		return
	}
	from := at
	for from > 0 && h.ring[at].at.Sub(h.ring[from-1].at) <= overlap {
		from--
	}
	h.again(s, from, at)
}

// again gives a stream the messages of the ring from one on, but for the one that it has.
func (h *Hub) again(s *Stream, from, at int) {
	missed := 0
	for i, m := range h.ring[from:] {
		if from+i != at && s.wants(m.Message) {
			missed++
		}
	}
	if missed > waiting/2 { // asking for everything once is cheaper than for each
		h.give(s, Message{ID: h.ring[len(h.ring)-1].ID, Resync: true})
		return
	}
	for i, m := range h.ring[from:] {
		if from+i != at {
			h.give(s, m.Message)
		}
	}
}

// Receive takes what transactions tell.
func (h *Hub) Receive(texts []string) {
	h.lock.Lock()
	defer h.lock.Unlock()
	now := h.clock.Now()
	for _, text := range texts {
		m, ok := parse(text)
		if !ok {
			continue
		}
		if len(h.ring) >= 2*kept {
			h.ring = append(h.ring[:0], h.ring[len(h.ring)-kept:]...)
			h.whole = h.ring[0].at
		}
		h.ring = append(h.ring, heard{m, now})
		for s := range h.streams {
			h.give(s, m)
		}
	}
}

func (h *Hub) give(s *Stream, m Message) {
	if s.done || !m.Resync && !s.wants(m) {
		return
	}
	select {
	case s.ch <- m:
	default:
		h.end(s) // it lags
	}
}

// end takes a stream off; the hub is locked.
func (h *Hub) end(s *Stream) {
	if s.done {
		return
	}
	s.done = true
	delete(h.streams, s)
	if h.owners[s.owner]--; h.owners[s.owner] <= 0 {
		delete(h.owners, s.owner)
	}
	close(s.ch)
	close(s.ended)
}

// Close ends the stream.
func (s *Stream) Close() {
	s.hub.lock.Lock()
	defer s.hub.lock.Unlock()
	s.hub.end(s)
}

// Close ends all streams, and refuses new ones: the process stops.
func (h *Hub) Close() {
	h.lock.Lock()
	defer h.lock.Unlock()
	h.closed = true
	for s := range h.streams {
		h.end(s)
	}
}

// Streams counts them, for the metrics.
func (h *Hub) Streams() int {
	h.lock.Lock()
	defer h.lock.Unlock()
	return len(h.streams)
}
