package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Text is said in each language of the product.
type Text struct {
	EN string `yaml:"en" json:"en"`
	FR string `yaml:"fr" json:"fr"`
}

// In gives the words of a language.
func (t Text) In(language string) string {
	if language == "fr" {
		return t.FR
	}
	return t.EN
}

// Template is what plans are made from.
type Template struct {
	ID       string   `yaml:"id"`
	Version  string   `yaml:"version"`
	Title    Text     `yaml:"title"`
	Meetings []Slot   `yaml:"meetings"`
	Tasks    []Errand `yaml:"tasks"`
}

// Slot is one meeting of a template.
type Slot struct {
	ID     string   `yaml:"id"`
	Day    int      `yaml:"day"` // working day of the plan, from 1
	At     string   `yaml:"at"`
	Lasts  string   `yaml:"lasts"`
	Kind   string   `yaml:"kind"`
	Title  Text     `yaml:"title"`
	Goal   Text     `yaml:"goal"`
	Agenda []Text   `yaml:"agenda"`
	Feeds  []string `yaml:"feeds"`
}

// Errand is one line of a template's checklist.
type Errand struct {
	ID    string `yaml:"id"`
	Day   int    `yaml:"day"`
	Side  string `yaml:"side"`
	Title Text   `yaml:"title"`
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
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return t, err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err = d.Decode(&t); err == nil {
		err = t.check()
	}
	if err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

func (t Template) check() error {
	var errs []error
	that := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	text := func(x Text, at string) { that(x.EN != "" && x.FR != "", "%s: words in en and fr are needed", at) }
	that(t.ID != "" && t.Version != "" && len(t.Meetings) > 0, "id, version and meetings are needed")
	text(t.Title, "title")
	seen := map[string]bool{}
	for _, s := range t.Meetings {
		at := fmt.Sprintf("meeting %q", s.ID)
		that(s.ID != "" && !seen[s.ID], "%s: an id is needed, once", at)
		seen[s.ID] = true
		text(s.Title, at+": title")
		text(s.Goal, at+": goal")
		that(s.Day >= 1 && s.Day <= longest, "%s: day: want 1 to %d", at, longest)
		_, err := time.Parse("15:04", s.At)
		that(err == nil, "%s: at %q: want a time of day as 09:30", at, s.At)
		_, ok := duration(s.Lasts)
		that(ok, "%s: lasts %q: want a duration as PT1H30M", at, s.Lasts)
		that(slices.Contains(kinds, s.Kind), "%s: kind %q: want one of %v", at, s.Kind, kinds)
		for i, a := range s.Agenda {
			text(a, fmt.Sprintf("%s: agenda[%d]", at, i))
		}
	}
	for _, e := range t.Tasks {
		at := fmt.Sprintf("task %q", e.ID)
		text(e.Title, at+": title")
		that(e.Day >= 1 && e.Day <= longest, "%s: day: want 1 to %d", at, longest)
		that(slices.Contains(sides, e.Side), "%s: side %q: want one of %v", at, e.Side, sides)
	}
	return errors.Join(errs...)
}

// duration reads hours and minutes of ISO 8601: PT1H30M.
func duration(s string) (d time.Duration, ok bool) {
	var hours, minutes int
	switch { // a scan that fails may leave numbers behind: each case uses those that it has read
	case scan(s, "PT%dH%dM", &hours, &minutes):
		d = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	case scan(s, "PT%dH", &hours):
		d = time.Duration(hours) * time.Hour
	case scan(s, "PT%dM", &minutes):
		d = time.Duration(minutes) * time.Minute
	}
	return d, d > 0 && d <= 24*time.Hour
}

// scan takes the whole text or nothing.
func scan(s, format string, into ...any) bool {
	n, err := fmt.Sscanf(s, format, into...)
	if err != nil || n != len(into) {
		return false
	}
	values := make([]any, len(into))
	for i, p := range into {
		values[i] = *p.(*int)
	}
	return fmt.Sprintf(format, values...) == s
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
		lasts, _ := duration(s.Lasts)
		starts := time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, zone)
		out = append(out, Planned{s, starts.UTC(), starts.Add(lasts).UTC()})
	}
	slices.SortStableFunc(out, func(a, b Planned) int { return a.Starts.Compare(b.Starts) })
	return out
}
