package remediation

import "time"

// Work is a measure as the burn-down sees it.
type Work struct {
	Hours   float64
	Created time.Time
	Due     time.Time // zero: without a date, open to the end
	Over    time.Time // when it was done or cancelled; zero while it is open
	Dropped bool      // cancelled: the plan no longer counts it
}

// Point is the end of a day: what the plan still leaves to do, and what is really left. Real stops today.
type Point struct {
	Day     time.Time `json:"day"`
	Planned float64   `json:"planned_hours"`
	Real    float64   `json:"real_hours"`
	Past    bool      `json:"past" doc:"What is really left is known."`
}

// Burndown draws from the first measure to the last due date, one point a day and at most most of them.
func Burndown(list []Work, now time.Time, most int) []Point {
	if len(list) == 0 || most < 2 {
		return nil
	}
	day := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	from, to := day(now), day(now)
	for _, w := range list {
		if d := day(w.Created); d.Before(from) {
			from = d
		}
		if !w.Dropped && !w.Due.IsZero() && day(w.Due).After(to) {
			to = day(w.Due)
		}
	}
	days := int(to.Sub(from).Hours()/24) + 1
	step := max(1, (days+most-2)/(most-1))
	var out []Point
	at := func(d time.Time) Point {
		p := Point{Day: d, Past: !d.After(day(now))}
		for _, w := range list {
			if !w.Dropped && (w.Due.IsZero() || day(w.Due).After(d)) {
				p.Planned += w.Hours
			}
			if p.Past && !day(w.Created).After(d) && (w.Over.IsZero() || day(w.Over).After(d)) {
				p.Real += w.Hours
			}
		}
		return p
	}
	for d := from; d.Before(to); d = d.AddDate(0, 0, step) {
		out = append(out, at(d))
	}
	return append(out, at(to))
}
