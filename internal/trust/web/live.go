package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/live"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// How a stream breathes.
const (
	liveBeat   = 20 * time.Second       // proxies end connections that are silent
	liveGather = 150 * time.Millisecond // a burst becomes one write and one look at the reader's rights
	liveMost   = 15 * time.Minute       // the browser comes back by itself, perhaps to another replica
)

// Live is the one stream of each tab: "this has changed", for what its reader may see.
type Live struct {
	Hub      *live.Hub
	Subjects *subject.Registry
	// CustomerID finds the customer of a slug in the actor's scope.
	CustomerID func(ctx context.Context, a permission.Actor, slug string) (string, error)
}

// Handler answers GET ui.LivePath. The parameters are customer (slug) to hear of that one only, made, when the page was made (milliseconds), and
// last, the id of the last message, for a stream that is opened anew; browsers that reconnect by themselves say it in Last-Event-ID.
func (l Live) Handler(s *Shell) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.Actor(r)
		if !ok {
			http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
			return
		}
		leave, err := s.admit(r, a)
		if err != nil {
			w.Header().Set("Retry-After", "5")
			http.Error(w, http.StatusText(Status(err)), Status(err))
			return
		}
		leave() // a stream counts as a request when it begins; while it lasts the hub counts it
		t := tab{Live: l, actor: func() (permission.Actor, bool) { return s.Actor(r) }, now: a, w: w, flush: http.NewResponseController(w)}
		if slug := r.URL.Query().Get("customer"); slug != "" {
			id, err := l.CustomerID(r.Context(), a, slug)
			if err != nil {
				http.Error(w, http.StatusText(Status(err)), Status(err))
				return
			}
			t.customer = id
		}
		from := live.From{Last: cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("last"))}
		if made, err := strconv.ParseInt(r.URL.Query().Get("made"), 10, 64); err == nil {
			from.Made = time.UnixMilli(made)
		}
		// The stream takes all that the role and scope of now may carry; each message is looked at again before it is sent.
		stream, err := l.Hub.Open(a.ID, from, func(m live.Message) bool { return t.allowed(a, m) })
		if err != nil {
			if fault.Is(err, fault.Limited) {
				w.Header().Set("Retry-After", "30")
			}
			http.Error(w, http.StatusText(Status(err)), Status(err))
			return
		}
		defer stream.Close()
		t.run(r.Context(), stream)
	})
}

// tab is one stream that is being written.
type tab struct {
	Live
	actor    func() (permission.Actor, bool)
	now      permission.Actor
	customer string
	w        http.ResponseWriter
	flush    *http.ResponseController
}

// allowed tells whether an actor may know that the record has changed.
func (t *tab) allowed(a permission.Actor, m live.Message) bool {
	switch {
	case m.Customer == "" || !a.Scope().Covers(m.Customer), t.customer != "" && m.Customer != t.customer:
		return false
	case m.Staff && a.Role().Customer():
		return false
	}
	return t.Subjects.MayRead(a, m.Kind)
}

func (t *tab) run(ctx context.Context, stream *live.Stream) {
	// A write to a reader who takes nothing would wait for ever: once the stream has ended, because it lagged or the server stops, the
	// write fails by a deadline that is long past.
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-stream.Ended():
			_ = t.flush.SetWriteDeadline(time.Unix(1, 0))
		case <-stop:
		}
	}()
	head := t.w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx
	t.w.WriteHeader(http.StatusOK)
	if !t.write("retry: 2000\n: hello\n\n") {
		return
	}
	beat, most := time.NewTicker(liveBeat), time.NewTimer(liveMost)
	defer beat.Stop()
	defer most.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-most.C:
			return
		case <-beat.C:
			if !t.still() || !t.write(": beat\n\n") {
				return
			}
		case m, ok := <-stream.Messages():
			if !ok || !t.send(ctx, gather(ctx, m, stream)) {
				return
			}
		}
	}
}

// gather takes what else comes within a moment.
func gather(ctx context.Context, first live.Message, stream *live.Stream) []live.Message {
	batch := []live.Message{first}
	timer := time.NewTimer(liveGather)
	defer timer.Stop()
	for {
		select {
		case m, ok := <-stream.Messages():
			if !ok {
				return batch
			}
			batch = append(batch, m)
		case <-timer.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
}

// still asks who the reader is now: a session that was revoked ends its streams.
func (t *tab) still() bool {
	a, ok := t.actor()
	if !ok || a.ID != t.now.ID {
		t.write("event: end\ndata: {}\n\n")
		return false
	}
	t.now = a
	return true
}

// send writes a batch, each change once, as far as the reader may know of it now.
func (t *tab) send(_ context.Context, batch []live.Message) bool {
	if !t.still() {
		return false
	}
	type change struct {
		Kind string `json:"kind"`
		ID   string `json:"id,omitempty"`
	}
	text := ""
	told := map[change]bool{}
	for _, m := range batch {
		if m.Resync {
			text += fmt.Sprintf("id: %s\nevent: resync\ndata: {}\n\n", m.ID)
			continue
		}
		c := change{m.Kind, m.Record}
		if told[c] || !t.allowed(t.now, m) {
			continue
		}
		told[c] = true
		data, err := json.Marshal(c)
		if err != nil {
			return false
		}
		text += fmt.Sprintf("id: %s\nevent: changed\ndata: %s\n\n", m.ID, data)
	}
	return text == "" || t.write(text)
}

func (t *tab) write(text string) bool {
	if _, err := t.w.Write([]byte(text)); err != nil {
		return false
	}
	return t.flush.Flush() == nil
}

// Watch makes the part of a page that shows a record, or a list, live: it is fetched again when one of these has changed. marks are
// "kind:id" for a record and "kind" for all of them.
func Watch(p *ui.Page, marks ...string) { p.Live = append(p.Live, marks...) }
