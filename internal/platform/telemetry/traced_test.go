package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// A span holds the path of its request, and goes to another system: what is a secret there must not.
func TestSpansHoldNoSecretOfAPath(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	was := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	t.Cleanup(func() { otel.SetTracerProvider(was) })
	secret := strings.Repeat("s", 43)
	seen := ""
	h := traced(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen, r.Pattern = r.URL.Path, "GET /tea/{token}" }))
	for _, path := range []string{"/tea/" + secret + "/milk", "/cis/0195f3a2-7c1e-7d3a-9b1e-2f4c5d6e7f80"} {
		spans.Reset()
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if seen != path {
			t.Errorf("the handler saw %s", seen)
		}
		found := spans.GetSpans()
		if len(found) != 1 {
			t.Fatalf("%d spans", len(found))
		}
		for _, a := range found[0].Attributes {
			if strings.Contains(a.Value.String(), secret) {
				t.Errorf("the span has %s = %s", a.Key, a.Value.String())
			}
			if a.Key == "url.path" && strings.Contains(path, "/cis/") && a.Value.String() != path {
				t.Errorf("the span hides an id: %s", a.Value.String())
			}
		}
	}
}
