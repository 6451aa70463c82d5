package crossing

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vigie/internal/trust/permission"
)

type whoKey struct{}

// faulty is a house of two records, one of each customer, with at most one hole in its walls.
type faulty struct{ hole string }

const (
	acme, bolt       = "01a21a91-36ee-71b7-9676-6a3283390001", "01a21a91-36ee-71b7-9676-6a3283390002"
	ourThing, theirs = "01a21a91-36ee-71b7-9676-6a3283390011", "01a21a91-36ee-71b7-9676-6a3283390012"
)

func (f faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	customer, _ := r.Context().Value(whoKey{}).(string)
	mine, others := ourThing, theirs
	if customer == bolt {
		mine, others = theirs, ourThing
	}
	missing := func() { http.Error(w, "there is no such record", http.StatusNotFound) }
	hole := func(name string) bool { return f.hole == name && customer == acme }
	switch at := r.URL.Path; {
	case at == "/api/openapi.json":
		fmt.Fprint(w, `{"paths":{"/api/v1/things":{"get":{"responses":{"200":{"content":{"text/csv":{}}}}}},"/api/v1/things/{id}":{"get":{},"delete":{}}}}`)
	case at == "/api/v1/things":
		if r.URL.Query().Has("customer") && !strings.Contains(r.URL.RawQuery, customer) {
			missing()
			return
		}
		fmt.Fprintf(w, `{"items":[{"id":%q}`, mine)
		if hole("list") || hole("export") && r.URL.Query().Has("format") {
			fmt.Fprintf(w, `,{"id":%q}`, others)
		}
		fmt.Fprint(w, `]}`)
	case at == "/api/v1/things/"+mine && r.Method == http.MethodGet:
		fmt.Fprint(w, `{}`)
	case at == "/api/v1/things/"+others && (hole("read") || hole("remove") && r.Method == http.MethodDelete):
		fmt.Fprint(w, `{}`)
	case at == "/api/v1/things/"+others && hole("forbidden"):
		http.Error(w, "you may not", http.StatusForbidden) // tells that it is there
	case at == "/":
		fmt.Fprintf(w, `<a href="/things/%s">`, mine)
	case at == "/things/"+mine, at == "/things/"+others && hole("page"):
		fmt.Fprint(w, "the thing")
	case at == "/palette":
		if hole("palette") {
			fmt.Fprint(w, others)
		}
	case at == "/live":
		if c := r.URL.Query().Get("customer"); c != "acme" && !hole("stream") {
			missing()
			return
		}
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
	default:
		missing()
	}
}

func run(t *testing.T, hole string) Result {
	t.Helper()
	prints := 0
	r, err := Run(t.Context(), House{Handler: faulty{hole}, Change: true,
		As: func(ctx context.Context, _ permission.Role, customer string) context.Context {
			return context.WithValue(ctx, whoKey{}, customer)
		},
		Own: Customer{acme, "acme", "Acme Retail"}, Other: Customer{bolt, "bolt-works", "Bolt Works"},
		Jobs: map[string]func(context.Context) (bool, error){"work": func(context.Context) (bool, error) { return hole == "job", nil }},
		Fingerprint: func(context.Context, string) (string, error) {
			if hole == "rows" {
				prints++
			}
			return fmt.Sprint(prints), nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each hole is found; without one nothing is.
func TestEachHoleIsFound(t *testing.T) {
	t.Parallel()
	if r := run(t, ""); !r.Good() {
		t.Fatalf("without a hole: %+v", r)
	}
	for _, hole := range []string{"list", "export", "read", "remove", "forbidden", "page", "palette", "stream", "job", "rows"} {
		if r := run(t, hole); r.Good() {
			t.Errorf("the hole %q was not found: %+v", hole, r)
		}
	}
}

// A house that refuses everything passes no test.
func TestBlindTestFails(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), House{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/openapi.json" {
			fmt.Fprint(w, `{"paths":{}}`)
			return
		}
		http.NotFound(w, r)
	}), As: func(ctx context.Context, _ permission.Role, _ string) context.Context { return ctx },
		Own: Customer{acme, "acme", "Acme Retail"}, Other: Customer{bolt, "bolt-works", "Bolt Works"}})
	if err != nil || r.Good() {
		t.Errorf("%+v, %v", r, err)
	}
}
