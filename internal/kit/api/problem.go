package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// Problem is an error answer (RFC 9457). Programs decide by Type, which never changes; people read the rest in their language.
type Problem struct {
	Type     string         `json:"type" doc:"Stable name of the class: urn:vigie:problem:CODE." example:"urn:vigie:problem:not_found"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Instance string         `json:"instance,omitempty" doc:"Names this occurrence in the server's log."`
	Errors   []ProblemField `json:"errors,omitempty" doc:"Each bad field."`

	header http.Header
}

// ProblemField is one bad field of the request.
type ProblemField struct {
	Field   string `json:"field" doc:"As the caller wrote it: a member of the body such as name or regions[2], or a parameter."`
	In      string `json:"in,omitempty" doc:"Where it stands." enum:"body,query,path,header"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty" doc:"Stable name of the reason."`
}

// Error implements error for huma.
func (p *Problem) Error() string { return p.Type }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// statuses is the one mapping of faults to HTTP.
var statuses = map[fault.Code]int{
	fault.Invalid:      http.StatusUnprocessableEntity,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden:    http.StatusForbidden,
	fault.NotFound:     http.StatusNotFound,
	fault.Conflict:     http.StatusConflict,
	fault.Stale:        http.StatusPreconditionFailed,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.Limited:      http.StatusTooManyRequests,
	fault.Unavailable:  http.StatusServiceUnavailable,
	fault.Unsupported:  http.StatusUnsupportedMediaType,
	fault.Precondition: http.StatusPreconditionRequired,
	fault.Internal:     http.StatusInternalServerError,
	malformed:          http.StatusBadRequest,
	notAllowed:         http.StatusMethodNotAllowed,
	notAcceptable:      http.StatusNotAcceptable,
	tooSlow:            http.StatusRequestTimeout,
}

// Codes that only HTTP knows.
const (
	malformed     fault.Code = "malformed"
	notAllowed    fault.Code = "method_not_allowed"
	notAcceptable fault.Code = "not_acceptable"
	tooSlow       fault.Code = "too_slow"
)

func codeOf(status int) fault.Code {
	for code, s := range statuses {
		if s == status {
			return code
		}
	}
	return fault.Internal
}

// Status tells the HTTP status of an error, for pages.
func Status(err error) int { return statuses[fault.CodeOf(err)] }

// NewProblem turns any error into the answer. What is no fault, or an internal one, is logged whole and shown as an id.
func NewProblem(ctx context.Context, log *slog.Logger, p *i18n.Printer, err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Code == fault.Internal {
		switch {
		case errors.Is(err, context.Canceled):
			f = fault.New(fault.Unavailable, "api.problem.cancelled")
		case errors.Is(err, context.DeadlineExceeded):
			f = fault.New(fault.Unavailable, "api.problem.deadline")
		default:
			return internal(ctx, log, p, err)
		}
	}
	// i18n: api.title.*
	out := &Problem{
		Type: "urn:vigie:problem:" + string(f.Code), Title: p.T("api.title." + string(f.Code)), Status: statuses[f.Code],
		Detail: p.T(f.Key, f.Args), header: http.Header{},
	}
	for _, field := range f.Fields {
		out.Errors = append(out.Errors, ProblemField{Field: field.Path, Message: p.T(field.Key, field.Args), Code: field.Key})
	}
	switch f.Code {
	case fault.Unauthorized:
		out.header.Set("WWW-Authenticate", `Bearer realm="vigie"`)
	case fault.Limited, fault.Unavailable:
		seconds, ok := f.Args["seconds"].(int)
		if !ok {
			seconds = 1
		}
		out.header.Set("Retry-After", strconv.Itoa(max(seconds, 1)))
	}
	return out
}

func internal(ctx context.Context, log *slog.Logger, p *i18n.Printer, err error) *Problem {
	ref := id.New()
	log.ErrorContext(ctx, "request failed", "id", ref, "error", err.Error())
	return &Problem{
		Type: "urn:vigie:problem:internal", Title: p.T("api.title.internal"), Status: http.StatusInternalServerError,
		Detail: p.T("api.problem.internal", "id", ref), Instance: "urn:uuid:" + ref,
	}
}

// write sends a problem outside of huma.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// problem answers a request that did not reach its operation.
func (a *API) problem(w http.ResponseWriter, r *http.Request, err error) {
	q := requestOf(r.Context())
	if q == nil {
		q = &request{printer: a.printerFor(r, Caller{})}
	}
	NewProblem(r.Context(), a.cfg.Log, q.printer, err).write(w)
}

// transform turns huma's own errors into problems, in the words of the caller.
func (a *API) transform(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := requestOf(ctx.Context()).printer
	if m.Status >= 500 {
		return internal(ctx.Context(), a.cfg.Log, p, errors.New(m.Detail+" "+errorText(m.Errors))), nil
	}
	code := codeOf(m.Status)
	// i18n: api.problem.*
	out := &Problem{Type: "urn:vigie:problem:" + string(code), Title: p.T("api.title." + string(code)), Status: m.Status}
	switch {
	case m.Status == http.StatusBadRequest && len(m.Errors) == 0:
		out.Detail = p.T("api.problem.body_missing")
	default:
		out.Detail = p.T("api.problem." + string(code))
	}
	for _, e := range m.Errors {
		field, key, args := explain(e.Location, e.Message)
		in, name := place(field)
		if code == fault.Unsupported || strings.HasPrefix(key, "api.body.") {
			out.Detail = p.T(key, args)
		}
		out.Errors = append(out.Errors, ProblemField{Field: name, In: in, Message: p.T(key, args), Code: key})
	}
	return out, nil
}

func errorText(details []*huma.ErrorDetail) string {
	var all []string
	for _, d := range details {
		all = append(all, d.Error())
	}
	return strings.Join(all, "; ")
}

// place splits huma's location: "body.regions[2]" is regions[2] in the body.
func place(location string) (in, name string) {
	in, name, found := strings.Cut(location, ".")
	switch in {
	case "body", "query", "path", "header":
		if !found {
			return in, in
		}
		return in, name
	}
	return "", location
}
