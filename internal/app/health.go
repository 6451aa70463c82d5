package app

import (
	"context"
	"net/http"
	"time"
)

// live answers /livez: the process runs.
func (a *App) live(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") }

// ready answers /readyz: the database answers, and the server is not about to stop.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch {
	case a.draining.Load():
		plain(w, http.StatusServiceUnavailable, "stopping")
	case a.db.Ping(ctx) != nil:
		plain(w, http.StatusServiceUnavailable, "database away")
	default:
		plain(w, http.StatusOK, "ok")
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
