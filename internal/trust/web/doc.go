// Package web is what every page handler needs around it: who is signed in, the page shell in that person's language, and what
// becomes of an error. Rooms declare their handlers as Handler and hang them on the mux with Shell.Page:
//
//	mux.Handle("GET /cis/{id}", shell.Page(func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
//		ci, err := h.service.Get(r.Context(), a, r.PathValue("id"))
//		if err != nil {
//			return err                      // becomes the 404, 403, ... page, or the 500 with an id
//		}
//		p.Title, p.Active = ci.Name, "inventory"
//		ui.Render(w, r, http.StatusOK, ciPage(p, ci))
//		return nil
//	}))
//
// The customer that the reader has chosen is web.Customer(p): its slug, "" for all. A form that was refused is drawn again with
// the messages of Faults(p, err).
package web
