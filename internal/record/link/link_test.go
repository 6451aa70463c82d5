package link_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/record/link"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
	"vigie/locales"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

var (
	door  = link.Door{Purpose: "tea", Path: "/tea/", Actions: []permission.Action{permission.ContactRead}}
	other = link.Door{Purpose: "coffee", Path: "/coffee/", Actions: []permission.Action{permission.ContactRead}}
)

// house is one customer with a contact, to whom a link leads.
type house struct {
	t         *testing.T
	db        *db.DB
	clock     *clock.Manual
	links     *link.Service
	scope     db.Scope
	customer  string
	record    audit.Record
	site      http.Handler
	log       *strings.Builder
	seen      []permission.Actor
	addresses []string
	refuse    bool
}

func open(t *testing.T, d *db.DB, c *clock.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: c, log: &strings.Builder{}}
	root := permission.Grant(permission.Actor{Name: "root", Kind: permission.System}, permission.Admin, db.GrantAll())
	customers := customer.NewService(d)
	k, err := customers.CreateCustomer(t.Context(), root, customer.NewCustomer{Slug: "acme", Name: "Acme", TimeZone: "Europe/Paris"})
	check(t, err)
	p, err := customers.CreateContact(t.Context(), root, customer.NewContact{Customer: "acme", Name: "Secretive contact"})
	check(t, err)
	h.customer, h.scope = k.ID, db.Grant(k.ID)
	h.record = audit.Record{Type: "contact", ID: p.ID, Name: p.Name}
	h.links = link.Open(link.Parts{DB: d, Clock: c, Knock: func(*http.Request) error {
		if h.refuse {
			return fault.New(fault.Limited, "api.problem.limited", "seconds", 3)
		}
		return nil
	}})
	bundle, err := i18n.Load(locales.FS)
	check(t, err)
	shell := &web.Shell{Bundle: bundle, Clock: c, Log: slog.New(slog.NewTextHandler(io.MultiWriter(h.log), nil))}
	mux := http.NewServeMux()
	page := func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l link.Link) error {
		h.seen, h.addresses = append(h.seen, a), append(h.addresses, r.URL.String()+" "+r.RequestURI)
		if r.Method == http.MethodPost {
			return io.ErrUnexpectedEOF // which is logged whole
		}
		ui.Render(w, r, http.StatusOK, templ.Raw("for "+l.Name+" in "+p.Lang()+" of "+l.RecordID+" at "+p.Path))
		return nil
	}
	mux.Handle("GET /tea/{token}", h.links.Page(shell, door, page))
	mux.Handle("POST /tea/{token}", h.links.Page(shell, door, page))
	mux.Handle("GET /coffee/{token}", h.links.Page(shell, other, page))
	h.site = ui.SecurityHeaders(mux)
	return h
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// make makes a link as a manager would.
func (h *house) make(n link.New) (l link.Link, secret string) {
	h.t.Helper()
	manager := permission.Grant(permission.Actor{Name: "Marc", Kind: permission.Person}, permission.Manager, h.scope)
	n.Door, n.Record = door, h.record
	if n.Name == "" {
		n.Name = "Jeanne"
	}
	if n.Language == "" {
		n.Language = "fr"
	}
	check(h.t, h.db.InScope(h.t.Context(), h.scope, func(tx *db.Tx) (err error) {
		l, secret, err = link.Create(h.t.Context(), tx, manager, n)
		return err
	}))
	return l, secret
}

func (h *house) ask(method, path string) *httptest.ResponseRecorder {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, httptest.NewRequestWithContext(h.t.Context(), method, path, nil))
	return w
}

func (h *house) all() (out []link.Link) {
	h.t.Helper()
	check(h.t, h.db.View(h.t.Context(), h.scope, func(tx *db.Tx) (err error) {
		out, err = link.Of(h.t.Context(), tx, h.record.Type, h.record.ID)
		return err
	}))
	return out
}

func TestLinkLetsIn(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		l, secret := h.make(link.New{Parts: []string{"users"}})
		if len(secret) != 43 || strings.Contains(l.Hash, secret) {
			t.Fatalf("the secret has %d characters, or is stored", len(secret))
		}
		w := h.ask("GET", "/tea/"+secret)
		if want := "for Jeanne in fr of " + h.record.ID + " at /tea/" + secret; w.Code != 200 || w.Body.String() != want {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
		for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if w.Header().Values("Set-Cookie") != nil {
			t.Error("a link sets a cookie")
		}
		a := h.seen[0]
		if a.Kind != permission.Link || a.Name != "Jeanne" || a.Via != l.ID || a.Rate != link.Rate || a.TimeZone != "Europe/Paris" {
			t.Errorf("the actor is %+v", a)
		}
		if !a.May(permission.ContactRead) || a.May(permission.ContactWrite) || a.May(permission.CustomerRead) || !a.Role().Customer() || !a.Scope().Covers(h.customer) || a.Scope().All() {
			t.Error("the actor may more or less than its door says")
		}
		c.Advance(time.Hour)
		h.ask("GET", "/tea/"+secret)
		if got := h.all()[0]; got.Opened != 2 || !got.LastUsedAt.Equal(c.Now()) || !got.Has("users") || got.Has("hours") {
			t.Errorf("opened %d times, last at %v, parts %v", got.Opened, got.LastUsedAt, got.Parts.V)
		}
	})
}

func TestDeadLinksLookAlike(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		revoked, gone := h.make(link.New{})
		_, stale := h.make(link.New{ExpiresAt: c.Now().Add(time.Hour)})
		_, live := h.make(link.New{})
		check(t, d.InScope(t.Context(), h.scope, func(tx *db.Tx) error {
			_, err := link.Revoke(t.Context(), tx, permission.Actor{Name: "Marc"}, h.record, revoked.ID)
			return err
		}))
		c.Advance(time.Hour)
		unknown := h.ask("GET", "/tea/"+strings.Repeat("A", 43))
		if unknown.Code != http.StatusNotFound || !strings.Contains(unknown.Body.String(), "This link does not work") {
			t.Fatalf("%d %s", unknown.Code, unknown.Body)
		}
		for what, path := range map[string]string{"revoked": "/tea/" + gone, "expired": "/tea/" + stale, "of another door": "/coffee/" + live, "too long": "/tea/" + strings.Repeat("A", 4000)} {
			if w := h.ask("GET", path); w.Code != unknown.Code || plain(w) != plain(unknown) {
				t.Errorf("%s: %d %s", what, w.Code, w.Body)
			}
		}
		if len(h.seen) != 0 {
			t.Error("a dead link came through")
		}
		if w := h.ask("GET", "/tea/"+live); w.Code != 200 {
			t.Errorf("the link beside them: %d", w.Code)
		}
	})
}

// plain is an answer without what differs from request to request: the nonce, and the address that the page comes back to.
func plain(w *httptest.ResponseRecorder) string {
	var out []string
	for _, line := range strings.Split(w.Body.String(), "<") {
		if !strings.Contains(line, "nonce=") && !strings.Contains(line, `name="back"`) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "<")
}

func TestSecretStaysOutOfLogsAndTrail(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		_, secret := h.make(link.New{})
		if w := h.ask("POST", "/tea/"+secret); w.Code != http.StatusInternalServerError {
			t.Fatalf("%d", w.Code)
		}
		if !strings.Contains(h.log.String(), "page failed") || strings.Contains(h.log.String(), secret) {
			t.Errorf("the log says %s", h.log)
		}
		if strings.Contains(strings.Join(h.addresses, " "), secret) {
			t.Errorf("the handler's request has the secret: %v", h.addresses)
		}
		var entries []audit.Entry
		check(t, d.View(t.Context(), h.scope, func(tx *db.Tx) error {
			return tx.Select(t.Context(), &entries, `SELECT `+db.Columns[audit.Entry]("")+` FROM {audit_entry} WHERE action = 'create_link'`)
		}))
		if len(entries) != 1 || entries[0].RecordID != h.record.ID {
			t.Fatalf("%+v", entries)
		}
		if after, _ := entries[0].After.V.(map[string]any); after["name"] != "Jeanne" || after["hash"] != nil {
			t.Errorf("the trail says %v", after)
		}
	})
}

func TestLinksAreHeldToTheirRecord(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		l, _ := h.make(link.New{})
		err := d.InScope(t.Context(), h.scope, func(tx *db.Tx) error {
			_, err := link.Revoke(t.Context(), tx, permission.Actor{}, audit.Record{Type: "contact", ID: h.customer}, l.ID)
			return err
		})
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a link was revoked by another record: %v", err)
		}
		h.refuse = true
		if w := h.ask("GET", "/tea/x"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "3" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
}

func TestNewNamesEveryBadField(t *testing.T) {
	t.Parallel()
	now := dbtest.Start
	for field, n := range map[string]link.New{
		"name":       {Language: "en", Name: " "},
		"email":      {Language: "en", Name: "x", Email: "no address"},
		"language":   {Name: "x", Language: "de"},
		"expires_at": {Name: "x", Language: "en", ExpiresAt: now.Add(link.MaxLife + time.Second)},
	} {
		err := n.Validate(now)
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Path != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	n := link.New{Name: "x", Language: "en"}
	if err := n.Validate(now); err != nil || !n.ExpiresAt.Equal(now.Add(link.Life)) {
		t.Errorf("%v %v", err, n.ExpiresAt)
	}
}
