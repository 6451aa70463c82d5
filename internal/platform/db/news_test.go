package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
)

// ear collects what is heard; want waits until all of it has been.
type ear struct {
	lock  sync.Mutex
	texts []string
	news  chan struct{}
}

func listen(t *testing.T, d *db.DB) *ear {
	e := &ear{news: make(chan struct{}, 1)}
	t.Cleanup(d.Hear(func(texts []string) {
		e.lock.Lock()
		defer e.lock.Unlock()
		e.texts = append(e.texts, texts...)
		select {
		case e.news <- struct{}{}:
		default: // a word is waiting already: whoever says it must never be held up
		}
	}))
	return e
}

func (e *ear) heard() []string {
	e.lock.Lock()
	defer e.lock.Unlock()
	return slices.Clone(e.texts)
}

func (e *ear) waitFor(t *testing.T, text string) {
	t.Helper()
	for !slices.Contains(e.heard(), text) {
		select {
		case <-e.news:
		case <-t.Context().Done():
			t.Fatalf("%q was not heard: %v", text, e.heard())
		}
	}
}

func tell(t *testing.T, d *db.DB, texts ...string) {
	t.Helper()
	if err := d.InScope(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
		for _, text := range texts {
			tx.Tell(text)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestNewsAreToldOnceDurable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		e := listen(t, d)
		failed := errors.New("no")
		err := d.InScope(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
			tx.Tell("rolled back")
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		err = d.InScope(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
			tx.Tell("kept")
			if got := e.heard(); len(got) > 0 {
				t.Errorf("heard before the commit: %v", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.heard(); !slices.Equal(got, []string{"kept"}) {
			t.Errorf("heard %v", got)
		}
	})
}

// Two processes over one PostgreSQL hear one another, each text once, also more than one notification can carry.
func TestReplicasHearOneAnother(t *testing.T) {
	t.Parallel()
	address := dbtest.PostgresAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	var relays sync.WaitGroup
	open := func() *db.DB {
		d, err := db.Open(t.Context(), address, clock.NewManual(dbtest.Start))
		if err != nil {
			t.Fatal(err)
		}
		relays.Go(func() { d.Relay(ctx) })
		t.Cleanup(d.Close)
		return d
	}
	one, two := open(), open()
	t.Cleanup(func() { stop(); relays.Wait() })
	first, second := listen(t, one), listen(t, two)
	// Listening begins a moment after the start: until the first word has come through, it is said again.
	for i := 0; !slices.ContainsFunc(second.heard(), func(s string) bool { return strings.HasPrefix(s, "hello") }); i++ {
		tell(t, one, fmt.Sprint("hello ", i))
		if t.Context().Err() != nil {
			t.Fatal("the second replica never hears")
		}
	}
	var long []string
	for i := range 300 {
		long = append(long, fmt.Sprintf("%03d %s", i, strings.Repeat("x", 200)))
	}
	tell(t, one, long...)
	second.waitFor(t, long[299])
	for i, text := range long {
		if n := count(second.heard(), text); n != 1 {
			t.Errorf("text %d was heard %d times by the other", i, n)
		}
		if n := count(first.heard(), text); n != 1 {
			t.Errorf("text %d was heard %d times by the teller", i, n)
		}
	}
	tell(t, two, "back")
	first.waitFor(t, "back")
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
