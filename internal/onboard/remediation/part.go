package remediation

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// around is what the room shows on a measure's own page.
type around struct {
	Measure
	reasons []Reason
	gaps    []Finding
	needs   []Measure // that come before
	others  []ui.Option
	write   bool
	proofs  int
}

// standing counts the gaps that keep the measure open.
func (v around) standing() int {
	n := 0
	for _, g := range v.gaps {
		if stillWrong(g.Verdict) {
			n++
		}
	}
	return n
}

// Part shows, on the page of a measure, its gaps, its reasons, what comes before it, and how it closes.
func (s *Service) Part() web.Part {
	return func(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (out web.Activity, err error) {
		if kind != "measure" {
			return out, nil
		}
		v := around{write: a.May(permission.MeasureWrite)}
		if v.Measure, err = s.Measures.Get(r.Context(), a, id); err != nil {
			return out, err
		}
		scope, err := a.Scope().Narrow(v.CustomerID)
		if err != nil {
			return out, err
		}
		if err := s.db.View(r.Context(), scope, func(tx *db.Tx) error {
			if v.gaps, err = s.parts.Gaps.Under(r.Context(), tx, id); err != nil {
				return err
			}
			if v.proofs, err = s.parts.Proofs(r.Context(), tx, id); err != nil {
				return err
			}
			needs, err := s.needs(r.Context(), tx)
			if err != nil {
				return err
			}
			all, err := s.all(r.Context(), tx)
			if err != nil {
				return err
			}
			for _, m := range all {
				switch {
				case slices.Contains(needs[id], m.ID):
					v.needs = append(v.needs, m)
				case m.Open() && Cycle(needs, id, m.ID) == nil:
					v.others = append(v.others, ui.Option{Value: m.ID, Label: m.Title})
				}
			}
			return nil
		}); err != nil {
			return out, err
		}
		v.reasons = v.Why.V
		order := []string{"fail", "unknown", "accepted", "not_applicable", "pass"}
		slices.SortStableFunc(v.gaps, func(x, y Finding) int {
			return cmp.Compare(slices.Index(order, x.Verdict), slices.Index(order, y.Verdict))
		})
		out.Main = []templ.Component{measureBlock(p, v)}
		if v.write && v.Open() {
			out.Actions = []templ.Component{closeButton(p, v)}
		}
		return out, nil
	}
}

// verdictTone is how a verdict looks.
func verdictTone(verdict string) ui.Tone {
	switch verdict {
	case "fail":
		return ui.Bad
	case "unknown":
		return ui.Soon
	case "pass":
		return ui.Good
	}
	return ui.Off
}

func (s *Service) postClose(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := s.named(r, p, a)
	if err != nil {
		return err
	}
	if m, err = s.Close(r.Context(), a, m.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/measures/"+r.PathValue("id"), whole(err))
	}
	return web.Done(w, r, p, "/measures/"+m.ID, p.T("remediation.closed", "name", m.Title))
}

func (s *Service) postNeed(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := s.named(r, p, a)
	if err != nil {
		return err
	}
	if err := s.Need(r.Context(), a, m.ID, r.PostFormValue("measure")); err != nil {
		return web.Refused(w, r, p, "/measures/"+m.ID, err)
	}
	return web.Done(w, r, p, "/measures/"+m.ID, p.T("remediation.need_added"))
}

func (s *Service) postDropNeed(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := s.named(r, p, a)
	if err != nil {
		return err
	}
	if err := s.DropNeed(r.Context(), a, m.ID, r.PostFormValue("measure")); err != nil {
		return web.Refused(w, r, p, "/measures/"+m.ID, err)
	}
	return web.Done(w, r, p, "/measures/"+m.ID, p.T("remediation.need_dropped"))
}

// named reads the measure of the address, and refuses one of another customer than the one chosen.
func (s *Service) named(r *http.Request, p *ui.Page, a permission.Actor) (Measure, error) {
	m, err := s.Measures.Get(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return m, err
	}
	if err := web.Belongs(p, m.Customer); err != nil {
		return m, err
	}
	return m, a.Require(permission.MeasureWrite)
}
