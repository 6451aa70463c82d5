package remediation

import (
	"context"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Line is an open measure in the plan.
type Line struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	State    string    `json:"state"`
	Priority string    `json:"priority"`
	Side     string    `json:"side"`
	Hours    float64   `json:"hours"`
	Risk     int64     `json:"risk"`
	Needs    []string  `json:"needs" doc:"Ids of the measures that come before."`
	Starts   time.Time `json:"starts" doc:"The earliest day on which it can be begun."`
	Ends     time.Time `json:"ends" doc:"The last day of its work."`
	Due      string    `json:"due"`
	Late     bool      `json:"late" doc:"It cannot be done by its due date."`
	Slack    int       `json:"slack_days"`
	Critical bool      `json:"critical" doc:"A day lost here is a day lost for all."`

	from, to int // days from the start of the plan
}

// Plan is how a customer's open measures lie in time.
type Plan struct {
	Customer string   `json:"customer" doc:"Slug."`
	Begin    string   `json:"begin" doc:"The first day of the plan: today, or that of the measure that can begin first."`
	Days     int      `json:"days" doc:"How long all takes."`
	Lines    []Line   `json:"lines"`
	Path     []string `json:"critical_path" doc:"Ids, in order."`
	Order    []Step   `json:"order" doc:"In which order to work: by risk taken away per hour."`
	Burndown []Point  `json:"burndown" doc:"Hours left, planned and real."`
	Hours    float64  `json:"hours"`
	Risk     int64    `json:"risk"`
	Open     int      `json:"open"`
	Done     int      `json:"done"`

	begin time.Time
}

// drawnDays bounds the points of the burn-down.
const drawnDays = 60

// Plan lays a customer's measures out. Faults: forbidden, not_found.
func (s *Service) Plan(ctx context.Context, a permission.Actor, customer string) (out Plan, err error) {
	scope, _, err := s.scopeOf(ctx, a, permission.MeasureRead, customer)
	if err != nil {
		return out, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		needs, err := s.needs(ctx, tx)
		if err != nil {
			return err
		}
		out = lay(all, needs, tx.Now().Time)
		return tx.Get(ctx, &out.Customer, `SELECT slug FROM {customer}`)
	})
	return out, err
}

// lay makes the plan of measures and what they need of each other. Pure.
func lay(all []Measure, needs map[string][]string, now time.Time) Plan {
	begin := now.UTC().Truncate(24 * time.Hour)
	out := Plan{Begin: begin.Format(time.DateOnly), begin: begin, Lines: []Line{}, Path: []string{}, Order: []Step{}, Burndown: []Point{}}
	var tasks []Task
	var work []Work
	earliest := map[string]int{}
	of := map[string]Measure{}
	for _, m := range all {
		w := Work{Hours: m.hours(), Created: m.CreatedAt.Time, Due: dayOf(m.Due), Over: m.ClosedAt.Time, Dropped: m.State == Cancelled}
		if w.Dropped {
			w.Over = m.UpdatedAt.Time
		}
		work = append(work, w)
		if m.State == Done {
			out.Done++
		}
		if !m.Open() {
			continue
		}
		of[m.ID] = m
		out.Open++
		out.Risk += m.Risk
		out.Hours += m.hours()
		tasks = append(tasks, Task{ID: m.ID, Hours: m.hours(), Risk: int(m.Risk), Needs: needs[m.ID]})
		if d := dayOf(m.StartsOn); d.After(begin) {
			earliest[m.ID] = int(d.Sub(begin).Hours() / 24)
		}
	}
	slots, path, _ := Schedule(tasks, earliest)
	for _, slot := range slots {
		m := of[slot.ID]
		l := Line{ID: m.ID, Title: m.Title, State: m.State, Priority: m.Priority, Side: m.Side, Hours: m.hours(), Risk: m.Risk, Needs: open(needs[m.ID], of), Due: string(m.Due), Slack: slot.Slack, Critical: slot.Critical,
			Starts: begin.AddDate(0, 0, slot.Start), Ends: begin.AddDate(0, 0, slot.End-1), from: slot.Start, to: slot.End}
		l.Late = m.Due.Valid() && l.Ends.After(dayOf(m.Due))
		out.Lines = append(out.Lines, l)
		out.Days = max(out.Days, slot.End)
	}
	if path != nil {
		out.Path = path
	}
	if order := Order(tasks); order != nil {
		out.Order = order
	}
	if points := Burndown(work, now, drawnDays); points != nil {
		out.Burndown = points
	}
	return out
}

// open keeps the ids that are among the open measures.
func open(ids []string, of map[string]Measure) []string {
	out := []string{}
	for _, x := range ids {
		if _, there := of[x]; there {
			out = append(out, x)
		}
	}
	return out
}
