package requirement

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"vigie/catalogue"
	"vigie/internal/platform/lapse"
	"vigie/internal/record/register"
)

// Library is what the room knows as data.
type Library struct {
	Edition   string
	Templates map[string]Template // by criticality
	Levels    Levels
	// Strategies give the shortest recovery time of each recovery strategy, in minutes.
	Strategies map[string]int64
}

// Load reads the folder requirements of a catalogue. What it does not know is refused, with file and line: a slip in a name would otherwise
// fill nothing and tell nobody.
func Load(files fs.FS) (Library, error) {
	var l Library
	var templates struct {
		Edition   string              `yaml:"edition"`
		Templates map[string]Template `yaml:"templates"`
	}
	from, err := catalogue.Read(files, "requirements/templates.yaml", &templates)
	if err != nil {
		return l, err
	}
	l.Edition, l.Templates = templates.Edition, templates.Templates
	for _, name := range slices.Sorted(maps.Keys(l.Templates)) {
		if err := l.Templates[name].check(); err != nil {
			from.Fail("templates."+name, "%s", err)
		}
	}
	var levels struct {
		Levels Levels `yaml:"levels"`
	}
	figures, err := catalogue.Read(files, "requirements/availability.yaml", &levels)
	if err != nil {
		return l, err
	}
	l.Levels = levels.Levels
	for i, level := range l.Levels {
		if wrong := level.wrong(); wrong != "" {
			figures.Fail(fmt.Sprintf("levels[%d]", i), "%s", wrong)
		}
	}
	var strategies struct {
		Source     string            `yaml:"source"`
		Strategies map[string]string `yaml:"strategies"`
	}
	times, err := catalogue.Read(files, "requirements/strategies.yaml", &strategies)
	if err != nil {
		return l, err
	}
	l.Strategies = map[string]int64{}
	for _, name := range slices.Sorted(maps.Keys(strategies.Strategies)) {
		least, ok := lapse.Parse(strategies.Strategies[name])
		if !ok || !slices.Contains([]string{"backup_restore", "pilot_light", "warm_standby", "active_active"}, name) {
			times.Fail("strategies."+name, "%q: want a strategy with its shortest time, as PT4H", strategies.Strategies[name])
		}
		l.Strategies[name] = int64(least / time.Minute)
	}
	return l, catalogue.Err(from, figures, times)
}

// check holds a template to what the fields of a requirement take.
func (t Template) check() error {
	for name, v := range map[string]string{"rto": t.RTO, "rpo": t.RPO} {
		if _, ok := register.ReadDuration(v); !ok && v != "" {
			return fmt.Errorf("%s: %q is no duration", name, v)
		}
	}
	if t.Availability != nil && (*t.Availability <= 0 || *t.Availability > 100) {
		return fmt.Errorf("availability: %v is no share in per cent", *t.Availability)
	}
	var r Requirement
	fill(&r, t)
	for _, f := range Open(register.Parts{}).Fields() {
		value := f.Text(&r)
		if f.Kind == register.Choice && value != "" && !slices.Contains(f.Values, value) {
			return fmt.Errorf("%s: %q is not one of %v", f.Name, value, f.Values)
		}
	}
	return nil
}
