package field

import (
	"net/http"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Part is the block of custom fields on the page of any record that has some.
func (s *Service) Part() web.Part {
	return func(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (out web.Activity, err error) {
		if !s.Has(kind) {
			return out, nil
		}
		err = s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
			on, err := s.subjects.Open(r.Context(), tx, a, kind, id)
			if err != nil {
				return err
			}
			slug, err := slugOf(r.Context(), tx, on.CustomerID)
			if err != nil {
				return err
			}
			set, err := Of(r.Context(), tx, kind, slug)
			if err != nil || len(set.Fields) == 0 {
				return err
			}
			values, err := ReadOne(r.Context(), tx, kind, id)
			if err != nil {
				return err
			}
			names, err := NamesOf(r.Context(), tx, set, values)
			if err != nil {
				return err
			}
			out.Main = []templ.Component{block(p, kind+":"+id, set.Facts(p, values, names))}
			return nil
		})
		return out, err
	}
}
