package isolation

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/ui"
)

// streams opens the live stream of every caller, changes a record of bolt's and then one of acme's: whoever is limited to acme hears of
// the second alone, and cannot ask for bolt's.
func (h *house) streams(t *testing.T) {
	srv := httptest.NewServer(h.app.Handler())
	t.Cleanup(srv.Close)
	t.Cleanup(h.app.Drain) // before the server, which waits for its streams
	open := func(c *caller, query string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+ui.LivePath+query, nil)
		check(t, err)
		if c != nil {
			r.AddCookie(&http.Cookie{Name: "vigie", Value: c.session})
		}
		h.requests++
		res, err := http.DefaultClient.Do(r)
		check(t, err)
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	if res := open(nil, ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody: %s", res.Status)
	}
	bodies := map[*caller]*bufio.Scanner{}
	for _, c := range h.callers {
		res := open(c, "")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", c.name, res.Status)
		}
		bodies[c] = bufio.NewScanner(res.Body)
		for bodies[c].Scan() && !strings.HasPrefix(bodies[c].Text(), ": hello") {
		}
		if c.limited {
			bolt, none := open(c, "?customer="+h.bolt.Slug), open(c, "?customer="+h.nobody.Slug)
			if bolt.StatusCode != http.StatusNotFound || none.StatusCode != bolt.StatusCode {
				t.Errorf("%s: the stream of bolt answers %s, that of nobody %s", c.name, bolt.Status, none.Status)
			}
		}
	}
	for _, f := range []*firm{h.bolt, h.acme} {
		_, err := h.app.Customers.UpdateCustomer(t.Context(), h.operator(), f.Slug, 0, customer.ChangeCustomer{Country: ptr("FR")})
		check(t, err)
	}
	bolt, acme := h.bolt.Refs["customer_id"], h.acme.Refs["customer_id"]
	for c, body := range bodies {
		heard := ""
		for body.Scan() && !strings.Contains(heard, acme) {
			heard += body.Text() + "\n"
		}
		if !strings.Contains(heard, acme) {
			t.Errorf("%s: did not hear of acme: %q", c.name, heard)
		}
		if c.limited == strings.Contains(heard, bolt) {
			t.Errorf("%s: heard %q", c.name, heard)
		}
	}
}
