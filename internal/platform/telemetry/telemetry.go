package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Telemetry is what a process tells about itself.
type Telemetry struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	requests *prometheus.HistogramVec
	traces   *sdktrace.TracerProvider // nil when nobody asked for traces
}

// New makes telemetry that logs to w, as "text" or "json", from the level on ("debug", "info", "warn", "error"). Traces go out
// by OTLP over HTTP when OTEL_EXPORTER_OTLP_ENDPOINT (or its TRACES form) is set, by the standard OTEL_* variables.
func New(ctx context.Context, w io.Writer, format, level string) (*Telemetry, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: want debug, info, warn or error", level)
	}
	opts := &slog.HandlerOptions{Level: l}
	t := &Telemetry{Log: slog.New(slog.NewTextHandler(w, opts)), Registry: prometheus.NewRegistry()}
	if format == "json" {
		t.Log = slog.New(slog.NewJSONHandler(w, opts))
	}
	t.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "vigie_http_request_seconds", Help: "Server time of requests.",
		Buckets: []float64{.001, .0025, .005, .01, .02, .03, .05, .1, .25, .5, 1, 2.5, 5}}, []string{"route", "method", "status"})
	t.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), t.requests)
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" {
		exp, err := otlptracehttp.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("traces: %w", err)
		}
		t.traces = sdktrace.NewTracerProvider(sdktrace.WithBatcher(exp))
		otel.SetTracerProvider(t.traces)
		otel.SetTextMapPropagator(propagation.TraceContext{})
	}
	return t, nil
}

// Metrics serves the Prometheus format.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(t.Registry, promhttp.HandlerOpts{})
}

// Middleware measures and traces every request. seconds is the injected stopwatch: it starts now and gives the seconds since.
func (t *Telemetry) Middleware(stopwatch func() func() float64, next http.Handler) http.Handler {
	measured := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		since := stopwatch()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		route := r.Pattern
		if route == "" {
			route = "other"
		}
		t.requests.WithLabelValues(route, r.Method, strconv.Itoa(rec.status)).Observe(since())
	})
	if t.traces == nil {
		return measured
	}
	return traced(measured)
}

// traced gives every request a span, which holds its path: with an ellipsis in the place of what is a secret there, as the token of a file's
// address or of a private link.
func traced(next http.Handler) http.Handler {
	type asked struct{}
	h := otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := r
		if at, ok := r.Context().Value(asked{}).(*url.URL); ok {
			seen = r.WithContext(r.Context())
			seen.URL, seen.RequestURI = at, at.RequestURI()
		}
		next.ServeHTTP(w, seen)
		r.Pattern = seen.Pattern
	}), "http")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, found := masked(r.URL.Path)
		if !found {
			h.ServeHTTP(w, r)
			return
		}
		shown := *r.URL
		shown.Path, shown.RawPath = path, ""
		outside := r.WithContext(context.WithValue(r.Context(), asked{}, r.URL))
		outside.URL, outside.RequestURI = &shown, shown.RequestURI()
		h.ServeHTTP(w, outside)
	})
}

// secretLength is from how many characters on a part of a path is taken for a secret: 256 bits are 43 of them, an id is 36.
const secretLength = 40

// masked gives a path without its secrets.
func masked(path string) (string, bool) {
	parts, found := strings.Split(path, "/"), false
	for i, p := range parts {
		if len(p) >= secretLength {
			parts[i], found = "…", true
		}
	}
	return strings.Join(parts, "/"), found
}

// Close sends what traces are left.
func (t *Telemetry) Close(ctx context.Context) error {
	if t.traces == nil {
		return nil
	}
	return t.traces.Shutdown(ctx)
}

// recorder keeps the status; Unwrap lets http.ResponseController reach the flusher.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap implements the contract of http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
