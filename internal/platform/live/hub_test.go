package live

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func everything(Message) bool { return true }

func tell(h *Hub, ids ...string) {
	for _, id := range ids {
		h.Receive([]string{Message{ID: id, Customer: "c", Kind: "ci", Record: "r" + id}.text()})
	}
}

// taken is what waits in a stream now.
func taken(s *Stream) (ids []string) {
	for {
		select {
		case m, ok := <-s.Messages():
			if !ok {
				return ids
			}
			if m.Resync {
				ids = append(ids, "resync")
			} else {
				ids = append(ids, m.ID)
			}
		default:
			return ids
		}
	}
}

func TestTextComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z0-9_]{0,8}`)
		m := Message{ID: rapid.StringMatching(`[a-z0-9]{1,8}`).Draw(t, "id"), Customer: word.Draw(t, "customer"), Kind: word.Draw(t, "kind"),
			Record: word.Draw(t, "record"), Staff: rapid.Bool().Draw(t, "staff")}
		if got, ok := parse(m.text()); !ok || got != m {
			t.Fatalf("%+v came back as %+v, %v", m, got, ok)
		}
	})
	if m, ok := parse(db.Missed); !ok || !m.Resync {
		t.Error("lost news are no resync")
	}
	for _, other := range []string{"webhook 1 2 3 4 5", "live", "live 1 2"} {
		if _, ok := parse(other); ok {
			t.Errorf("%q was taken for a message", other)
		}
	}
}

// Whatever order two replicas hear messages in, a tab that moves from one to the other is told of each: by itself, or by a resync.
func TestNothingIsLostBetweenReplicas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := clock.NewManual(start)
		one, two := NewHub(c), NewHub(c)
		n := rapid.IntRange(1, 30).Draw(t, "messages")
		order := make([]string, n)
		for i := range order {
			order[i] = fmt.Sprint(i)
		}
		shuffled := slices.Clone(order)
		// Neighbours may change places: replicas hear within moments of one another.
		for range rapid.IntRange(0, n).Draw(t, "swaps") {
			if i := rapid.IntRange(0, n-1).Draw(t, "at"); i > 0 {
				shuffled[i-1], shuffled[i] = shuffled[i], shuffled[i-1]
			}
		}
		a, err := one.Open("p", From{}, everything)
		if err != nil {
			t.Fatal(err)
		}
		seenUpTo := rapid.IntRange(1, n).Draw(t, "seen")
		tell(one, order[:seenUpTo]...)
		tell(two, shuffled...)
		got := taken(a)
		b, err := two.Open("p", From{Last: got[len(got)-1]}, everything)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, taken(b)...)
		if slices.Contains(got, "resync") {
			return
		}
		for _, id := range order {
			if !slices.Contains(got, id) {
				t.Fatalf("%s was never told: %v then %v, seen %d: %v", id, order, shuffled, seenUpTo, got)
			}
		}
	})
}

func TestReplay(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(start)
	h := NewHub(c)
	tell(h, "1", "2")
	c.Advance(time.Minute)
	tell(h, "3", "4", "5")
	for last, want := range map[string][]string{"": nil, "2": {"1", "3", "4", "5"}, "5": {"3", "4"}, "unknown": {"resync"}} {
		s, err := h.Open("p", From{Last: last}, everything)
		if err != nil {
			t.Fatal(err)
		}
		if got := taken(s); !slices.Equal(got, want) {
			t.Errorf("after %q: %v, want %v", last, got, want)
		}
		s.Close()
	}
	if n := h.Streams(); n != 0 {
		t.Errorf("%d streams are left", n)
	}
	for i := range waiting {
		tell(h, fmt.Sprint("more", i))
	}
	s, err := h.Open("p", From{Last: "5"}, everything)
	if err != nil {
		t.Fatal(err)
	}
	if got := taken(s); !slices.Equal(got, []string{"resync"}) {
		t.Errorf("after very many: %d messages, want one resync", len(got))
	}
}

func TestSlowReaderIsEnded(t *testing.T) {
	t.Parallel()
	h := NewHub(clock.NewManual(start))
	slow, _ := h.Open("p", From{}, everything)
	quick, _ := h.Open("p", From{}, everything)
	for i := range waiting + 1 {
		tell(h, fmt.Sprint(i))
		taken(quick)
	}
	select {
	case <-slow.Ended():
	default:
		t.Error("a reader who takes nothing goes on")
	}
	select {
	case <-quick.Ended():
		t.Error("the quick reader was ended with the slow one")
	default:
	}
	if got := len(taken(slow)); got != waiting {
		t.Errorf("%d messages were kept for the slow one, want %d", got, waiting)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	h := NewHub(clock.NewManual(start))
	var all []*Stream
	for range perOwner {
		s, err := h.Open("p", From{}, everything)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if _, err := h.Open("p", From{}, everything); !fault.Is(err, fault.Limited) {
		t.Errorf("one stream too many: %v", err)
	}
	if _, err := h.Open("other", From{}, everything); err != nil {
		t.Errorf("another person: %v", err)
	}
	all[0].Close()
	all[0].Close()
	if _, err := h.Open("p", From{}, everything); err != nil {
		t.Errorf("after one was closed: %v", err)
	}
	h.Close()
	if _, err := h.Open("p", From{}, everything); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after the end: %v", err)
	}
	for _, s := range all {
		<-s.Ended()
	}
	for i := range 3 * kept {
		tell(h, fmt.Sprint(i))
	}
	if len(h.ring) > 2*kept {
		t.Errorf("%d messages are kept", len(h.ring))
	}
}

// What changes while a page is on its way is told as soon as its tab listens; what the page has already is not.
func TestNothingIsLostBeforeTheStreamOpens(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(start)
	h := NewHub(now)
	open := func(made time.Time) []string {
		s, err := h.Open("p", From{Made: made}, everything)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return taken(s)
	}
	now.Advance(time.Second)
	tell(h, "1")
	now.Advance(time.Second)
	made := now.Now()
	tell(h, "2")
	now.Advance(time.Second)
	tell(h, "3")
	if got := open(made); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("told %v", got)
	}
	if got := open(now.Now().Add(time.Second)); got != nil {
		t.Errorf("a page that has everything is told %v", got)
	}
	// Nobody remembers what was before the process began.
	if got := open(start.Add(-time.Second)); !slices.Equal(got, []string{"resync"}) {
		t.Errorf("an old page is told %v", got)
	}
}
