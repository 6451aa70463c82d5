package requirement

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v3"

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
	if err := read(files, "requirements/templates.yaml", &templates); err != nil {
		return l, err
	}
	l.Edition, l.Templates = templates.Edition, templates.Templates
	for name, t := range l.Templates {
		if err := t.check(); err != nil {
			return l, fmt.Errorf("requirements/templates.yaml: template %s: %w", name, err)
		}
	}
	var levels struct {
		Levels Levels `yaml:"levels"`
	}
	if err := read(files, "requirements/availability.yaml", &levels); err != nil {
		return l, err
	}
	l.Levels = levels.Levels
	if err := l.Levels.check(); err != nil {
		return l, fmt.Errorf("requirements/availability.yaml: %w", err)
	}
	var strategies struct {
		Source     string            `yaml:"source"`
		Strategies map[string]string `yaml:"strategies"`
	}
	if err := read(files, "requirements/strategies.yaml", &strategies); err != nil {
		return l, err
	}
	l.Strategies = map[string]int64{}
	for name, least := range strategies.Strategies {
		d, ok := register.ReadDuration(least)
		if !ok || !slices.Contains([]string{"backup_restore", "pilot_light", "warm_standby", "active_active"}, name) {
			return l, fmt.Errorf("requirements/strategies.yaml: %s: %s", name, least)
		}
		l.Strategies[name], _ = d.Minutes()
	}
	return l, nil
}

func read(files fs.FS, name string, into any) error {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
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
