package launch

import (
	"net/http"
	"slices"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Part shows on the page of a customer how far it has come: its phase, its launch, and the rooms of onboarding.
func (s *Service) Part() web.Part {
	return func(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (out web.Activity, err error) {
		if kind != "customer" || !a.May(permission.LaunchRead) {
			return out, nil
		}
		scope, err := a.Scope().Narrow(id)
		if err != nil {
			return out, err
		}
		var v panelView
		err = s.DB.View(r.Context(), scope, func(tx *db.Tx) error {
			q := Spec.All().Where("l.customer_id = ? AND l.state <> 'cancelled'", id)
			q.Limit = list.DefaultLimit
			found, err := list.Run[Launch](r.Context(), tx, Spec, q)
			if err != nil {
				return err
			}
			for _, l := range found.Items {
				if v.launch == nil || l.State.Open() || !v.launch.State.Open() && l.CreatedAt.After(v.launch.CreatedAt.Time) {
					v.launch = &l
				}
			}
			if err := tx.Get(r.Context(), &v.slug, `SELECT slug FROM {customer} WHERE id = ?`, id); err != nil {
				return err
			}
			if v.launch == nil || v.launch.State.Open() {
				v.conditions, err = s.judged(r.Context(), tx, id)
			}
			return err
		})
		if err != nil {
			return out, err
		}
		for _, section := range p.Nav {
			if slices.ContainsFunc(section.Items, func(i ui.NavItem) bool { return i.ID == "board" }) {
				for _, item := range section.Items {
					if item.ID != "board" {
						v.links = append(v.links, ui.Link{Label: item.Label, Href: item.Href + "?customer=" + v.slug})
					}
				}
			}
		}
		v.write = a.May(permission.LaunchWrite)
		out.Panels = []ui.Panel{{Title: p.T("launch.panel"), Href: "/onboarding?customer=" + v.slug, Body: panel(p, v)}}
		return out, nil
	}
}

type panelView struct {
	slug       string
	launch     *Launch
	conditions []Judged
	links      []ui.Link
	write      bool
}
