package gap

import (
	"net/http"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// controlsView is the catalogue as its page shows it.
type controlsView struct {
	areas []areaView
}

type areaView struct {
	area     control.Area
	controls []controlLine
}

type controlLine struct {
	*control.Control
	tally Tally
}

func (h pages) controls(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("gap.catalogue.title"), "controls"
	tallies, err := h.s.byControl(r.Context(), a, web.Customer(p))
	if err != nil {
		return err
	}
	var v controlsView
	for _, c := range h.s.catalogue.All() {
		if n := len(v.areas); n == 0 || v.areas[n-1].area != c.Area {
			v.areas = append(v.areas, areaView{area: c.Area})
		}
		last := &v.areas[len(v.areas)-1]
		last.controls = append(last.controls, controlLine{c, tallies[c.ID]})
	}
	ui.Render(w, r, http.StatusOK, controlsPage(p, v, len(h.s.catalogue.All())))
	return nil
}

func (h pages) control(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c := h.s.catalogue.Find(r.PathValue("id"))
	if c == nil {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	p.Title, p.Active = c.Title.In(p.Lang()), "controls"
	p.Crumbs = []ui.Link{{Label: p.T("gap.catalogue.title"), Href: "/controls"}}
	l := h.lister("g.control = '" + c.ID + "'") // an id of the catalogue: letters, digits and dashes
	done, err := web.Download(w, r, p, a, l, c.ID, answer)
	if done {
		return err
	}
	t, err := h.table(r, p, a, l, c.ID)
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, controlPage(p, c, t))
	return nil
}

// typeNames are the types that a control judges, in words.
func typeNames(p *ui.Page, c *control.Control) string {
	if len(c.Applies.Types) == 0 {
		return kindWord(p, c.Applies.To)
	}
	out := make([]string, len(c.Applies.Types))
	for i, t := range c.Applies.Types {
		out[i] = name(p, t)
	}
	return strings.Join(out, ", ")
}
