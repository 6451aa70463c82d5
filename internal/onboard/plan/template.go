package plan

import (
	"fmt"
	"io/fs"
	"slices"
	"time"

	"vigie/catalogue"
	"vigie/internal/platform/lapse"
)

// Template is what plans are made from.
type Template struct {
	ID       string         `yaml:"id"`
	Version  string         `yaml:"version"`
	Title    catalogue.Text `yaml:"title"`
	Meetings []Slot         `yaml:"meetings"`
	Tasks    []Errand       `yaml:"tasks"`
}

// Slot is one meeting of a template.
type Slot struct {
	ID     string           `yaml:"id"`
	Day    int              `yaml:"day"` // working day of the plan, from 1
	At     string           `yaml:"at"`
	Lasts  string           `yaml:"lasts"`
	Kind   string           `yaml:"kind"`
	Title  catalogue.Text   `yaml:"title"`
	Goal   catalogue.Text   `yaml:"goal"`
	Agenda []catalogue.Text `yaml:"agenda"`
	Feeds  []string         `yaml:"feeds"`
}

// Errand is one line of a template's checklist.
type Errand struct {
	ID    string         `yaml:"id"`
	Day   int            `yaml:"day"`
	Side  string         `yaml:"side"`
	Title catalogue.Text `yaml:"title"`
}

// Kinds of meetings, and sides that owe something.
var (
	kinds = []string{"interview", "workshop", "remote"}
	sides = []string{"provider", "customer"}
)

// longest is how many working days a plan may have.
const longest = 60

// Load reads a template and refuses one that is not whole.
func Load(files fs.FS, name string) (t Template, err error) {
	s, err := catalogue.Read(files, name, &t)
	if err != nil {
		return t, err
	}
	if s.Sound() {
		t.check(s)
	}
	return t, catalogue.Err(s)
}

// check notes what a template lacks, beside the form.
func (t Template) check(s *catalogue.Source) {
	that := func(ok bool, at, format string, args ...any) {
		if !ok {
			s.Fail(at, format, args...)
		}
	}
	that(t.ID != "" && t.Version != "" && len(t.Meetings) > 0, "", "id, version and meetings are needed")
	s.Words("title", t.Title)
	seen := map[string]bool{}
	for i, m := range t.Meetings {
		at := fmt.Sprintf("meetings[%d]", i)
		that(m.ID != "" && !seen[m.ID], at+".id", "an id is needed, once")
		seen[m.ID] = true
		s.Words(at+".title", m.Title)
		s.Words(at+".goal", m.Goal)
		that(m.Day >= 1 && m.Day <= longest, at+".day", "want 1 to %d", longest)
		_, err := time.Parse("15:04", m.At)
		that(err == nil, at+".at", "%q: want a time of day as 09:30", m.At)
		lasts, ok := lapse.Parse(m.Lasts)
		that(ok && lasts > 0 && lasts <= lapse.Day, at+".lasts", "%q: want a duration as PT1H30M, of a day at most", m.Lasts)
		that(slices.Contains(kinds, m.Kind), at+".kind", "%q: want one of %v", m.Kind, kinds)
		for j, a := range m.Agenda {
			s.Words(fmt.Sprintf("%s.agenda[%d]", at, j), a)
		}
	}
	for i, e := range t.Tasks {
		at := fmt.Sprintf("tasks[%d]", i)
		s.Words(at+".title", e.Title)
		that(e.Day >= 1 && e.Day <= longest, at+".day", "want 1 to %d", longest)
		that(slices.Contains(sides, e.Side), at+".side", "%q: want one of %v", e.Side, sides)
	}
}

// Workday is the n-th working day from a date on, which is the first if it is one: Saturdays and Sundays are passed over.
func Workday(from time.Time, n int) time.Time {
	day := from
	for {
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			if n--; n <= 0 {
				return day
			}
		}
		day = day.AddDate(0, 0, 1)
	}
}

// Planned is a meeting of a template with its instants.
type Planned struct {
	Slot
	Starts, Ends time.Time
}

// Schedule lays the meetings of a template on the calendar, in a zone. On a day on which clocks change, a time of day that does not exist is
// moved as Go's time.Date moves it.
func (t Template) Schedule(from time.Time, zone *time.Location) (out []Planned) {
	for _, s := range t.Meetings {
		day := Workday(from, s.Day)
		at, _ := time.Parse("15:04", s.At)
		lasts, _ := lapse.Parse(s.Lasts)
		starts := time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, zone)
		out = append(out, Planned{s, starts.UTC(), starts.Add(lasts).UTC()})
	}
	slices.SortStableFunc(out, func(a, b Planned) int { return a.Starts.Compare(b.Starts) })
	return out
}
