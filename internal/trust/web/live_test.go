package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// desk is a server of streams whose reader the test can change or sign out.
type desk struct {
	url string
	db  *db.DB
	hub *live.Hub

	lock  sync.Mutex
	actor permission.Actor
	in    bool
}

func (d *desk) is(a permission.Actor, in bool) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.actor, d.in = a, in
}

func newDesk(t *testing.T) *desk {
	c := clock.NewManual(dbtest.Start)
	d := &desk{db: dbtest.SQLite(t, c), hub: live.NewHub(c)}
	d.db.Hear(d.hub.Receive)
	shell := &web.Shell{Clock: c, Actor: func(*http.Request) (permission.Actor, bool) {
		d.lock.Lock()
		defer d.lock.Unlock()
		return d.actor, d.in
	}}
	l := web.Live{Hub: d.hub, Subjects: subject.New(customer.Kinds()...), CustomerID: func(_ context.Context, a permission.Actor, slug string) (string, error) {
		if !a.Scope().Covers(slug) {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		return slug, nil
	}}
	srv := httptest.NewServer(l.Handler(shell))
	t.Cleanup(srv.Close)
	t.Cleanup(d.hub.Close) // before the server, which waits for its requests
	d.url = srv.URL
	return d
}

// change tells that a record of the customer has changed.
func (d *desk) change(t *testing.T, customer, kind, record string, staff bool) {
	t.Helper()
	err := d.db.InScope(t.Context(), db.Grant(customer), func(tx *db.Tx) error {
		if staff {
			live.ChangedForStaff(tx, kind, record)
		} else {
			live.Changed(tx, kind, record)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// open begins a stream and gives its lines once the server has said hello.
func (d *desk) open(t *testing.T, query string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+ui.LivePath+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", query, res.Status)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	for line := range lines {
		if strings.HasPrefix(line, ": hello") {
			break
		}
	}
	return lines
}

// data gives what comes until a record is told of.
func data(t *testing.T, lines <-chan string, until string) (out []string) {
	t.Helper()
	for line := range lines {
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			out = append(out, text)
			if strings.Contains(text, until) {
				return out
			}
		}
	}
	t.Fatalf("the stream ended without %q: %v", until, out)
	return nil
}

// A stream tells what its reader may know at that moment: their customers, kinds that their role reads, nothing internal for a
// customer's people.
func TestStreamTellsWhatIsAllowed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	acme, bolt := id.New(), id.New()
	all := permission.Grant(permission.Actor{ID: "staff"}, permission.Engineer, db.GrantAll())
	viewer := permission.Grant(permission.Actor{ID: "viewer"}, permission.Viewer, db.Grant(acme))
	d.is(all, true)
	wide := d.open(t, "")
	narrow := d.open(t, "?customer="+bolt)
	d.is(viewer, true)
	own := d.open(t, "")
	d.is(all, true) // the sessions of the first two
	for _, c := range []string{acme, bolt} {
		d.change(t, c, "contact", "public-of-"+c, false)
		d.change(t, c, "contact", "internal-of-"+c, true)
		d.change(t, c, "secret_kind", "never", false)
	}
	d.change(t, bolt, "contact", "last", false)
	if got := data(t, wide, "last"); len(got) != 5 {
		t.Errorf("staff across customers: %v", got)
	}
	if got := data(t, narrow, "last"); len(got) != 3 {
		t.Errorf("staff who look at bolt: %v", got)
	}
	for line := range own {
		if strings.Contains(line, "event: end") {
			break // another person holds the session now: nothing more is told under the old rights
		}
		if strings.Contains(line, "data: ") {
			t.Errorf("told under the rights of another: %s", line)
		}
	}
	d.is(viewer, true)
	own = d.open(t, "")
	d.change(t, bolt, "contact", "not-mine", false)
	d.change(t, acme, "contact", "internal", true)
	d.change(t, acme, "contact", "mine", false)
	if got := data(t, own, "mine"); len(got) != 1 {
		t.Errorf("a viewer of acme's: %v", got)
	}
}

func TestRevokedSessionEndsItsStream(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	acme := id.New()
	d.is(permission.Grant(permission.Actor{ID: "p"}, permission.Viewer, db.Grant(acme)), true)
	lines := d.open(t, "")
	d.is(permission.Actor{}, false)
	d.change(t, acme, "contact", "after", false)
	ended := false
	for line := range lines {
		if strings.Contains(line, "after") {
			t.Error("told to a session that was revoked")
		}
		ended = ended || line == "event: end"
	}
	if !ended {
		t.Error("the tab was not told that its session ended")
	}
	if res, err := http.Get(d.url + ui.LivePath); err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a new stream without a session: %v, %v", res, err)
	}
}

func TestStreamComesBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	acme := id.New()
	d.is(permission.Grant(permission.Actor{ID: "p"}, permission.Viewer, db.Grant(acme)), true)
	lines := d.open(t, "")
	d.change(t, acme, "contact", "one", false)
	last := ""
	for line := range lines {
		if at, ok := strings.CutPrefix(line, "id: "); ok {
			last = at
			break
		}
	}
	d.change(t, acme, "contact", "two", false)
	if got := data(t, d.open(t, "?last="+last), "two"); len(got) != 1 {
		t.Errorf("after coming back: %v", got)
	}
	if got := data(t, d.open(t, "?last="+id.New()), "{}"); len(got) != 1 {
		t.Errorf("after an unknown message: %v", got)
	}
	d.hub.Close()
	for range lines { // ends, or the test runs into its time limit
	}
}
