package ui

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

// SecurityHeaders wraps every page: it makes the nonce of the request, puts it into the context (where
// templ.GetNonce finds it) and sets the headers. A handler that needs less, as one that serves a file,
// overwrites them.
//
// Scripts run only with the nonce, or when such a script loads them ('strict-dynamic'): a file that
// somebody uploaded cannot run although it comes from the same origin. Nothing is inline, nothing evaluates text.
func SecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		head := w.Header()
		head.Set("Content-Security-Policy", contentPolicy(nonce))
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		inner := r.WithContext(templ.WithNonce(r.Context(), nonce))
		next.ServeHTTP(w, inner)
		// The route, as the metrics outside should name it.
		r.Pattern = inner.Pattern
	})
}

func contentPolicy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'nonce-" + nonce + "' 'strict-dynamic'",
		"style-src 'self'",
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src 'self'",
		"frame-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"object-src 'none'",
	}, "; ")
}
