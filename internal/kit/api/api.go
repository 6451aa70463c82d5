package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Base is the path below which every operation lies.
const Base = "/api/v1"

// maxBody is the most that a request may carry. huma refuses a body that reaches its limit, hence the one.
const maxBody = 1<<20 + 1

// Config is what the API needs from the rest of the house.
type Config struct {
	DB      *db.DB
	Bundle  *i18n.Bundle
	Clock   clock.Clock
	Log     *slog.Logger
	Version string
	// Style is the address of the style sheet for /api/docs: ui.Asset("app.css").
	Style string
	// Authenticate tells who calls, by bearer token or session, and puts the actor into the context for the rooms. An
	// unauthorized fault is answered with 401.
	Authenticate func(*http.Request) (context.Context, Caller, error)
	// Customer finds the customer of a slug or id within the transaction's scope; not_found otherwise.
	Customer func(ctx context.Context, tx *db.Tx, slug string) (id string, err error)
	// Admit waits until the request, of whom Authenticate found, may be worked on; leave is called when it is done. It may say in the
	// answer's headers how much is left. A limited fault is answered with 429. Nil lets everybody through.
	Admit func(w http.ResponseWriter, r *http.Request) (leave func(), err error)
}

// API takes registrations of operations, and serves them.
type API struct {
	cfg    Config
	mux    *http.ServeMux
	huma   huma.API
	secret map[string]bool  // by pattern: whether the answer shows a secret
	bodies map[string]int64 // by pattern: the most that a request may carry
}

// New makes an API without operations.
func New(cfg Config) *API {
	a := &API{cfg: cfg, mux: http.NewServeMux(), secret: map[string]bool{}, bodies: map[string]int64{}}
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Vigie", Version: cfg.Version, Description: about},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer"}},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.transform},
	}
	c.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[db.Time](), reflect.TypeFor[time.Time]())
	a.huma = huma.NewAPI(c, humago.NewAdapter(a.mux, ""))
	return a
}

// OpenAPI is the description of all operations so far.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// Huma is the API underneath, for the rare operation that the registrars of this package do not fit.
func (a *API) Huma() huma.API { return a.huma }

// Handler serves /api/: mount it there once every operation is registered.
func (a *API) Handler() http.Handler {
	// huma describes its own error model, which transform replaces.
	delete(a.OpenAPI().Components.Schemas.Map(), schemaName(reflect.TypeFor[huma.ErrorModel](), ""))
	delete(a.OpenAPI().Components.Schemas.Map(), schemaName(reflect.TypeFor[huma.ErrorDetail](), ""))
	if bad := a.unbound(); len(bad) > 0 {
		panic("api: no exported field takes the path parameter of " + strings.Join(bad, ", "))
	}
	spec, err := json.MarshalIndent(a.OpenAPI(), "", "  ")
	if err != nil {
		panic(fmt.Errorf("openapi: %w", err)) // a programming fault, seen at start
	}
	front := http.NewServeMux()
	front.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(spec)
	})
	front.Handle("GET /api/docs", a.docs())
	front.Handle("/", a.authenticated(a.admitted(a.once(http.HandlerFunc(a.dispatch)))))
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.problem(w, r, fault.New(fault.Forbidden, "api.problem.cross_origin"))
	}))
	return a.guarded(csrf.Handler(front))
}

// unbound names operations whose input lacks a parameter of their path. It would always be empty: an embedded type that is not
// exported hides its fields from huma.
func (a *API) unbound() (bad []string) {
	for path, item := range a.OpenAPI().Paths {
		for _, op := range operations(item) {
			for _, m := range pathParameter.FindAllStringSubmatch(path, -1) {
				if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == m[1] }) {
					bad = append(bad, op.Method+" "+path)
				}
			}
		}
	}
	return bad
}

// operations lists those of one path.
func operations(item *huma.PathItem) (out []*huma.Operation) {
	for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
		if op != nil {
			out = append(out, op)
		}
	}
	return out
}

// guarded keeps a panic from reaching the caller, and marks answers as nobody else's.
func (a *API) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		seen := &observed{ResponseWriter: w, status: http.StatusOK}
		start := a.cfg.Clock.Now()
		defer func() {
			p := recover()
			if p == http.ErrAbortHandler {
				panic(p)
			}
			if p != nil {
				a.problem(seen, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
			a.note(r, seen, a.cfg.Clock.Now().Sub(start))
		}()
		next.ServeHTTP(seen, r)
	})
}

// note logs a request: changes and faults always, reads where somebody looks closely. The query is left out, as people search for
// names.
func (a *API) note(r *http.Request, seen *observed, took time.Duration) {
	level := slog.LevelInfo
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && seen.status < 500 {
		level = slog.LevelDebug
	}
	a.cfg.Log.LogAttrs(r.Context(), level, "api", slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", seen.status),
		slog.String("caller", seen.caller), slog.Duration("took", took))
}

// observed keeps what the log says of an answer.
type observed struct {
	http.ResponseWriter
	status int
	caller string
}

func (o *observed) WriteHeader(status int) {
	o.status = status
	o.ResponseWriter.WriteHeader(status)
}

// Unwrap implements the contract of http.ResponseController.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (a *API) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, caller, err := a.cfg.Authenticate(r)
		if err != nil {
			a.problem(w, r, err)
			return
		}
		if o, ok := w.(*observed); ok {
			o.caller = caller.ID
		}
		inner := withRequest(r.WithContext(ctx), &request{caller: caller, printer: a.printerFor(r, caller)})
		next.ServeHTTP(newConditional(w, r), inner)
		// The route as the metrics outside should name it.
		r.Pattern = inner.Pattern
	})
}

// dispatch runs the operation, or says in our words that there is none.
func (a *API) dispatch(w http.ResponseWriter, r *http.Request) {
	// No record has such an id, and the database would refuse the text.
	readable := utf8.ValidString(r.URL.Path) && !strings.ContainsRune(r.URL.Path, 0)
	h, pattern := a.mux.Handler(r)
	if pattern != "" && readable {
		a.mux.ServeHTTP(w, r)
		return
	}
	rec := &recorder{header: http.Header{}}
	h.ServeHTTP(rec, r)
	if rec.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", rec.header.Get("Allow"))
		a.problem(w, r, fault.New(notAllowed, "api.problem.method_not_allowed"))
		return
	}
	a.problem(w, r, fault.New(fault.NotFound, "api.problem.no_route"))
}

// schemaName keeps types of different rooms apart: cmdb.Change is CmdbChange, customer.Customer stays Customer.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, suffix := t.Name(), ""
	pkg := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	if name == "" {
		return capital(hint)
	}
	if outer, inner, ok := strings.Cut(name, "["); ok {
		suffix = outer
		if outer == "Listed" {
			suffix = "List"
		}
		inner = strings.TrimSuffix(inner, "]")
		at := strings.LastIndexByte(inner, '.')
		name = inner[at+1:]
		pkg = ""
		if at > 0 {
			pkg = inner[strings.LastIndexByte(inner[:at], '/')+1 : at]
		}
	}
	name = capital(name)
	if pkg == "api" || strings.HasPrefix(strings.ToLower(name), pkg) {
		return name + suffix
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name + suffix
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
