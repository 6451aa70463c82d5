package api

import (
	"context"
	"net/http"
	"strings"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
)

// Caller is what this package must know about who calls. The room that authenticates keeps the rest in the context.
type Caller struct {
	ID       string // of the person, or another stable name
	Scope    db.Scope
	Language string // used where the request does not say
}

// request is what the middleware knows and the answers need.
type request struct {
	caller  Caller
	printer *i18n.Printer
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

func withRequest(r *http.Request, q *request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), requestKey{}, q))
}

// CallerOf tells who calls; the zero Caller where nobody was authenticated.
func CallerOf(ctx context.Context) Caller {
	if r := requestOf(ctx); r != nil {
		return r.caller
	}
	return Caller{}
}

// printerFor picks the language: the header of the request, otherwise the caller's own.
func (a *API) printerFor(r *http.Request, c Caller) *i18n.Printer {
	lang := c.Language
	if h := r.Header.Get("Accept-Language"); h != "" && !strings.HasPrefix(h, "*") || lang == "" {
		lang = a.cfg.Bundle.Negotiate(h)
	}
	return a.cfg.Bundle.Printer(lang, nil, a.cfg.Clock.Now())
}
