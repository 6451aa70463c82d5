package db

import (
	"context"
	"strings"
	"sync"
	"time"

	"vigie/internal/platform/id"
)

// News are short texts that a transaction tells to every replica once it is durable. They are a hint, not a record: a process that
// dies between its commit and the telling tells nobody, and a replica that was cut off hears Missed instead. Whoever must not miss a
// thing keeps a row.
//
// PostgreSQL's NOTIFY is not sent inside of the transaction: each such commit takes a lock of the whole server, which would make all
// writers wait for one another. One sender a process gathers what was told and sends it a moment later.
type news struct {
	self string // of this process, so that it does not hear itself twice

	lock    sync.Mutex
	ears    map[int]func([]string)
	next    int
	pending []string
	lost    bool // more was told than could be kept
	wake    chan struct{}
}

// Missed is heard where texts may have been lost: act as if anything had been told.
const Missed = ""

const (
	newsChannel = "vigie_news"
	newsKept    = 20_000
	newsPayload = 7_500 // PostgreSQL takes 8,000 bytes
	newsGather  = 30 * time.Millisecond
	newsRetry   = time.Second
)

func newNews() *news {
	return &news{self: id.New(), ears: map[int]func([]string){}, wake: make(chan struct{}, 1)}
}

// Tell tells a text (one line, at most 500 bytes) to all replicas once the transaction is durable; nothing if it is rolled back.
func (t *Tx) Tell(text string) { t.told = append(t.told, text) }

// Hear calls f with what transactions tell, on any replica, until stop is called. f must not block.
func (d *DB) Hear(f func(texts []string)) (stop func()) {
	n := d.news
	n.lock.Lock()
	defer n.lock.Unlock()
	key := n.next
	n.next++
	n.ears[key] = f
	return func() {
		n.lock.Lock()
		defer n.lock.Unlock()
		delete(n.ears, key)
	}
}

// say gives texts to the ears of this process, and keeps them for the others.
func (n *news) say(texts []string, relay bool) {
	if len(texts) == 0 {
		return
	}
	n.hear(texts)
	if !relay {
		return
	}
	n.lock.Lock()
	if len(n.pending)+len(texts) > newsKept {
		n.pending, n.lost = nil, true
	} else {
		n.pending = append(n.pending, texts...)
	}
	n.lock.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *news) hear(texts []string) {
	n.lock.Lock()
	ears := make([]func([]string), 0, len(n.ears))
	for _, f := range n.ears {
		ears = append(ears, f)
	}
	n.lock.Unlock()
	for _, f := range ears {
		f(texts)
	}
}

// Relay carries news between the replicas of a PostgreSQL instance until ctx ends. An embedded database has one process and needs
// none.
func (d *DB) Relay(ctx context.Context) {
	if d.engine != Postgres {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { d.sendNews(ctx) })
	both.Go(func() { d.receiveNews(ctx) })
	both.Wait()
}

func (d *DB) sendNews(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.news.wake:
		}
		if !pause(ctx, newsGather) {
			return
		}
		d.flushNews(ctx)
	}
}

// lastNews sends what is left, as the changes of a command that ends.
func (d *DB) lastNews() {
	if d.engine != Postgres {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), newsRetry)
	defer cancel()
	d.flushNews(ctx)
}

func (d *DB) flushNews(ctx context.Context) {
	d.news.lock.Lock()
	texts, lost := d.news.pending, d.news.lost
	d.news.pending, d.news.lost = nil, false
	d.news.lock.Unlock()
	if lost {
		texts = []string{Missed}
	}
	for _, payload := range payloads(d.news.self, texts) {
		if _, err := d.pool.Exec(ctx, `SELECT pg_notify($1, $2)`, newsChannel, payload); err != nil {
			return // the others see the change with their next page
		}
	}
}

// payloads packs texts into as few notifications as may be, each with the sender's name first.
func payloads(self string, texts []string) (out []string) {
	var b strings.Builder
	for _, text := range texts {
		if b.Len() > 0 && b.Len()+1+len(text) > newsPayload {
			out = append(out, b.String())
			b.Reset()
		}
		if b.Len() == 0 {
			b.WriteString(self)
		}
		b.WriteByte('\n')
		b.WriteString(text)
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

func (d *DB) receiveNews(ctx context.Context) {
	for first := true; ctx.Err() == nil; first = false {
		if !first {
			d.news.hear([]string{Missed})
		}
		_ = d.listen(ctx)
		if !pause(ctx, newsRetry) {
			return
		}
	}
}

// listen hears on one connection of its own until that breaks.
func (d *DB) listen(ctx context.Context) error {
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := c.Hijack() // it is not given back: it listens
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+newsChannel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		from, rest, _ := strings.Cut(n.Payload, "\n")
		if from != d.news.self {
			d.news.hear(strings.Split(rest, "\n"))
		}
	}
}

// pause waits, and tells whether there is still something to wait for.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
