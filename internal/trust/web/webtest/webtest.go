// Package webtest serves the pages of a room to tests, over its real service and without sign-in: who asks is said by the test.
package webtest

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
	"vigie/locales"
)

// Site is the pages of some rooms.
type Site struct {
	Mux   *http.ServeMux
	Shell *web.Shell
}

type actorKey struct{}

// New makes a site; hang the room's pages on Mux with Shell. Its rail leads to discovery and coverage for those who may.
func New(t testing.TB, d *db.DB, c clock.Clock) *Site {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{Mux: http.NewServeMux()}
	s.Shell = &web.Shell{Bundle: bundle, Clock: c, Log: slog.New(slog.DiscardHandler),
		Actor: func(r *http.Request) (permission.Actor, bool) {
			a, ok := r.Context().Value(actorKey{}).(permission.Actor)
			return a, ok
		},
		Customers: func(ctx context.Context, a permission.Actor) (out []ui.Customer, err error) {
			var rows []struct {
				Slug string `db:"slug"`
				Name string `db:"name"`
			}
			err = d.View(ctx, a.Scope(), func(tx *db.Tx) error {
				return tx.Select(ctx, &rows, `SELECT slug, name FROM {customer} ORDER BY name, slug`)
			})
			for _, row := range rows {
				out = append(out, ui.Customer{Slug: row.Slug, Name: row.Name})
			}
			return out, err
		},
		Nav: func(_ *ui.Page, a permission.Actor) []ui.NavSection {
			var items []ui.NavItem
			if a.May(permission.DiscoveryRead) {
				items = []ui.NavItem{{ID: "discovery", Label: "Discovery", Href: "/discovery"}, {ID: "coverage", Label: "Coverage", Href: "/coverage"}}
			}
			return []ui.NavSection{{Items: items}}
		},
	}
	return s
}

// Visitor is somebody who looks at the site.
type Visitor struct {
	site  *Site
	actor permission.Actor
}

// As is the site as this actor sees it.
func (s *Site) As(a permission.Actor) *Visitor { return &Visitor{s, a} }

// Page is an answer. Body has entities as the characters that they stand for, so that tests look for what people read.
type Page struct {
	Method, Path string
	Status       int
	Body         string
	Header       http.Header
}

// Get asks for a page.
func (v *Visitor) Get(t testing.TB, path string) Page {
	t.Helper()
	return v.do(t, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
}

// Post sends a form: name, value, name, value.
func (v *Visitor) Post(t testing.TB, path string, pairs ...string) Page {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(t, r)
}

func (v *Visitor) do(t testing.TB, r *http.Request) Page {
	t.Helper()
	w := httptest.NewRecorder()
	v.site.Mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, v.actor)))
	return Page{r.Method, r.URL.RequestURI(), w.Code, html.UnescapeString(w.Body.String()), w.Header()}
}

// Want fails the test unless the status is this one.
func (p Page) Want(t testing.TB, status int) Page {
	t.Helper()
	if p.Status != status {
		t.Fatalf("%s %s: status %d, want %d\n%s", p.Method, p.Path, p.Status, status, p.main())
	}
	return p
}

// To fails the test unless the answer sends on to an address that begins so.
func (p Page) To(t testing.TB, prefix string) string {
	t.Helper()
	to := p.Want(t, http.StatusSeeOther).Header.Get("Location")
	if !strings.HasPrefix(to, prefix) {
		t.Fatalf("%s %s: sent to %q, want %q", p.Method, p.Path, to, prefix)
	}
	return to
}

// Has fails the test for every text that the page lacks.
func (p Page) Has(t testing.TB, texts ...string) Page {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			t.Errorf("%s %s lacks %q in\n%s", p.Method, p.Path, text, p.main())
		}
	}
	return p
}

// Lacks fails the test for every text that the page has.
func (p Page) Lacks(t testing.TB, texts ...string) Page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			t.Errorf("%s %s has %q", p.Method, p.Path, text)
		}
	}
	return p
}

// main is the part of the page that the room has written.
func (p Page) main() string {
	if at := strings.Index(p.Body, `<main`); at >= 0 {
		return p.Body[at:min(len(p.Body), at+6000)]
	}
	return p.Body
}
