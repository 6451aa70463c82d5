package plan

import (
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Part shows on the page of any record what was said about it; nothing, where nothing was.
func (s *Service) Part() web.Part { return s.part }

func (s *Service) part(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (out web.Activity, err error) {
	if !a.May(permission.PlanRead) {
		return out, nil
	}
	said, err := s.Feeders(r.Context(), a, kind, id)
	if err != nil || len(said) == 0 {
		return out, err
	}
	return web.Activity{Panels: []ui.Panel{{Title: p.T("plans.said"), Count: p.Number(len(said)), Body: feederList(p, said)}}}, nil
}
