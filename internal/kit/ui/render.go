package ui

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"

	"github.com/a-h/templ"
)

// Render writes a component as the answer. It renders whole first: a fault in the middle of a page becomes a
// clean 500 rather than half a page with status 200.
//
// One rule for htmx: a request with the header HX-Request gets, from Layout, only the <title> and <main>, to be
// swapped into #main; everybody else gets the document. Fragments smaller than that have their own addresses and
// are rendered without Layout.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	ctx := r.Context()
	if IsPartial(r) {
		ctx = context.WithValue(ctx, partialKey{}, true)
	}
	var page bytes.Buffer
	if err := c.Render(ctx, &page); err != nil {
		slog.ErrorContext(ctx, "render page", "path", r.URL.Path, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	// Pages show customers' data: no shared or private cache keeps them, and after signing out "back" shows nothing.
	head.Set("Cache-Control", "no-store")
	head.Add("Vary", "HX-Request")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

// IsPartial tells whether htmx asks for a part of a page. Going back in history asks for the whole.
func IsPartial(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

// Redirect sends the reader on after a change: by the 303 that browsers know, or as htmx wants it.
func Redirect(w http.ResponseWriter, r *http.Request, to string) {
	if IsPartial(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

type partialKey struct{}

func partial(ctx context.Context) bool {
	on, _ := ctx.Value(partialKey{}).(bool)
	return on
}
