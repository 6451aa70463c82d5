package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Op describes one operation. Path is below /api/v1: "/customers/{id}".
type Op struct {
	Path        string
	Tag         string // heading under which the documentation shows it: "Customers"
	Summary     string
	Description string
	Status      int // of success; 200, 201 for Post and 204 for Delete unless said otherwise
	// Secret marks an answer that shows a secret once: it is kept sealed for the repetition of an Idempotency-Key.
	Secret bool
	// MaxBody is the most that a request may carry, in bytes, where a file is taken in; 1 MiB unless said otherwise.
	MaxBody int64
}

// Versioned is implemented by a record's answer that has an ETag.
type Versioned interface{ Revision() int64 }

// Placed is implemented by a record's answer that has an address of its own, below /api/v1, for the Location of a POST.
type Placed interface{ Self() string }

type answer[T any] struct {
	Status   int
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     T
}

// Get registers a read of one record or of anything else that is no list.
func Get[I, T any](a *API, op Op, f func(context.Context, *I) (T, error)) {
	register(a, http.MethodGet, http.StatusOK, op, f)
}

// Post registers a creation or an action; the answer names the new record's place if T has one. f runs once per
// Idempotency-Key.
func Post[I, T any](a *API, op Op, f func(context.Context, *I) (T, error)) {
	register(a, http.MethodPost, http.StatusCreated, op, f)
}

// Put registers a replacement.
func Put[I, T any](a *API, op Op, f func(context.Context, *I) (T, error)) {
	register(a, http.MethodPut, http.StatusOK, op, f)
}

// Patch registers a change of some fields. I embeds Match.
func Patch[I, T any](a *API, op Op, f func(context.Context, *I) (T, error)) {
	register(a, http.MethodPatch, http.StatusOK, op, f)
}

// Delete registers a removal. I embeds Match.
func Delete[I any](a *API, op Op, f func(context.Context, *I) error) {
	o := a.operation(http.MethodDelete, http.StatusNoContent, op)
	huma.Register(a.huma, o, func(ctx context.Context, in *I) (*struct{}, error) {
		if err := f(ctx, in); err != nil {
			return nil, a.fail(ctx, err)
		}
		return nil, nil
	})
}

func register[I, T any](a *API, method string, status int, op Op, f func(context.Context, *I) (T, error)) {
	o := a.operation(method, status, op)
	huma.Register(a.huma, o, func(ctx context.Context, in *I) (*answer[T], error) {
		body, err := f(ctx, in)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		out := &answer[T]{Status: o.DefaultStatus, Body: body}
		if v, ok := any(body).(Versioned); ok {
			out.ETag = ETag(v.Revision())
		}
		if p, ok := any(body).(Placed); ok && method == http.MethodPost {
			out.Location = Base + p.Self()
		}
		return out, nil
	})
}

func (a *API) fail(ctx context.Context, err error) error {
	return NewProblem(ctx, a.cfg.Log, requestOf(ctx).printer, err)
}

func (a *API) operation(method string, status int, op Op) huma.Operation {
	if op.Status != 0 {
		status = op.Status
	}
	body := int64(maxBody)
	if op.MaxBody > 0 {
		body = op.MaxBody + 1
	}
	path := Base + op.Path
	a.bodies[method+" "+path] = body
	if op.Secret {
		a.secret[method+" "+path] = true
	}
	o := huma.Operation{
		OperationID: operationID(method, op.Path), Method: method, Path: path, Summary: op.Summary, Description: op.Description,
		DefaultStatus: status, Tags: []string{op.Tag}, MaxBodyBytes: body,
		Security: []map[string][]string{{"bearer": {}}},
		Responses: map[string]*huma.Response{"default": {Description: "Problem", Content: map[string]*huma.MediaType{
			problemType: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")},
		}}},
	}
	if method == http.MethodPost {
		o.Parameters = append(o.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "Chosen by the caller. The same key and body give the first answer again for 24 hours; another body gives 422."})
	}
	return o
}

func operationID(method, path string) string {
	var words []string
	for _, part := range strings.Split(path, "/") {
		if part != "" {
			words = append(words, strings.Trim(part, "{}"))
		}
	}
	return strings.ToLower(method) + "-" + strings.Join(words, "-")
}
