package remediation

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	s.Measures.Pages(mux, shell)
	s.Milestones.Pages(mux, shell)
	for pattern, h := range map[string]web.Handler{
		"GET /measures/propose":         s.showProposals,
		"POST /measures/propose":        s.postProposals,
		"POST /measures/{id}/close":     s.postClose,
		"POST /measures/{id}/need":      s.postNeed,
		"POST /measures/{id}/drop-need": s.postDropNeed,
		"GET /remediation":              s.showPlan,
	} {
		mux.Handle(pattern, shell.Page(h))
	}
}

// whole says of a refusal only its sentence: its fields are many, and stand on the page already.
func whole(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Conflict {
		c := *f
		c.Fields = nil
		return &c
	}
	return err
}

type board struct {
	slug       string
	groups     []group
	gaps       int
	hours      float64
	risk       int
	may        bool
	milestones []ui.Option
	due        string
	milestone  string
	picked     []string
	summary    []ui.FieldFault
	errors     map[string]string
}

type group struct {
	priority string
	list     []Proposal
}

func (s *Service) showProposals(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return s.board(w, r, p, a, http.StatusOK, board{slug: web.Chosen(r, p)})
}

func (s *Service) board(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, b board) error {
	if err := a.Require(permission.MeasureRead); err != nil {
		return err
	}
	p.Title, p.Active = p.T("remediation.propose"), "measure"
	p.Crumbs = []ui.Link{{Label: p.T("register.measure.many"), Href: "/measures"}}
	b.may = a.May(permission.MeasureWrite)
	if b.slug != "" {
		all, err := s.Proposals(r.Context(), a, b.slug)
		if err != nil {
			return err
		}
		for _, x := range all {
			b.gaps += len(x.Gaps)
			b.hours += float64(x.Effort) / 60
			b.risk += x.Risk
			if n := len(b.groups); n == 0 || b.groups[n-1].priority != x.Priority {
				b.groups = append(b.groups, group{priority: x.Priority})
			}
			g := &b.groups[len(b.groups)-1]
			g.list = append(g.list, x)
		}
		if b.milestones, err = s.milestoneOptions(r, a, b.slug); err != nil {
			return err
		}
	}
	ui.Render(w, r, status, proposalsPage(p, b))
	return nil
}

// offered is how many milestones a form offers.
const offered = 200

func (s *Service) milestoneOptions(r *http.Request, a permission.Actor, slug string) (out []ui.Option, err error) {
	q := s.Milestones.Spec().All().Where("k.slug = ? AND r.state = 'planned'", slug)
	q.Limit = offered
	page, err := s.Milestones.List(r.Context(), a, q)
	for _, m := range page.Items {
		out = append(out, ui.Option{Value: m.ID, Label: m.Name + " · " + string(m.Due)})
	}
	return out, err
}

func (s *Service) postProposals(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.MeasureWrite); err != nil {
		return err
	}
	b := board{slug: web.Chosen(r, p), due: strings.TrimSpace(r.PostFormValue("due")), milestone: r.PostFormValue("milestone"), picked: r.PostForm["proposal"]}
	if b.slug == "" {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	var err error
	if len(b.picked) == 0 {
		var bad fault.Fields
		bad.Add("proposal", "remediation.bad.none")
		err = bad.Err()
	}
	var made []Measure
	if err == nil {
		made, err = s.Make(r.Context(), a, b.slug, Take{Proposals: b.picked, Due: register.Date(b.due), Milestone: b.milestone})
	}
	if err != nil {
		var ok bool
		if b.summary, b.errors, ok = web.Faults(p, err, func(field string) string {
			switch field {
			case "due", "milestone":
				return p.T("register.measure.field." + field) // i18n: register.*
			}
			return p.T("remediation.propose")
		}); !ok {
			return err
		}
		return s.board(w, r, p, a, web.Status(err), b)
	}
	return web.Done(w, r, p, "/measures", p.N("remediation.made", len(made)))
}

type planView struct {
	slug  string
	plan  Plan
	chart ui.Chart
	title map[string]string
	today time.Time
}

func (s *Service) showPlan(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.MeasureRead); err != nil {
		return err
	}
	p.Title, p.Active = p.T("remediation.plan"), "remediation"
	v := planView{slug: web.Chosen(r, p), title: map[string]string{}, today: p.Now()}
	if v.slug != "" {
		var err error
		if v.plan, err = s.Plan(r.Context(), a, v.slug); err != nil {
			return err
		}
		for _, l := range v.plan.Lines {
			v.title[l.ID] = l.Title
		}
		v.chart = burndownChart(p, v.plan.Burndown)
		web.Watch(p, "measure")
	}
	ui.Render(w, r, http.StatusOK, planPage(p, v))
	return nil
}

func burndownChart(p *ui.Page, points []Point) ui.Chart {
	c := ui.Chart{ID: "burndown", Label: p.T("remediation.burndown"), Unit: "h"}
	planned, left := ui.Series{Label: p.T("remediation.planned")}, ui.Series{Label: p.T("remediation.real")}
	for _, x := range points {
		c.Times = append(c.Times, x.Day)
		planned.Values = append(planned.Values, &x.Planned)
		if x.Past {
			left.Values = append(left.Values, &x.Real)
		} else {
			left.Values = append(left.Values, nil)
		}
	}
	c.Series = []ui.Series{planned, left}
	return c
}

// at and width place a bar of the Gantt in a thousand parts.
func (v planView) at(day int) string { return v.part(day) }

func (v planView) width(l Line) string { return v.part(max(l.to-l.from, 1)) }

func (v planView) part(days int) string {
	if v.plan.Days == 0 {
		return "0"
	}
	return strconv.FormatFloat(float64(days)*1000/float64(v.plan.Days), 'f', 1, 64)
}

func (v planView) fill(l Line) string {
	if l.Critical {
		return "v-fill v-fill-amber"
	}
	return "v-fill"
}

// end is the last day of the plan.
func (v planView) end() time.Time { return v.plan.begin.AddDate(0, 0, max(v.plan.Days-1, 0)) }

func hours(p *ui.Page, h float64) string {
	return p.Duration(time.Duration(h * float64(time.Hour)).Round(time.Minute))
}
