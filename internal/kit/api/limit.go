package api

import "net/http"

// admitted lets a request go on once it is its turn, and tells when it is done.
func (a *API) admitted(next http.Handler) http.Handler {
	if a.cfg.Admit == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, err := a.cfg.Admit(w, r)
		if err != nil {
			a.problem(w, r, err)
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}
