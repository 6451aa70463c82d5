package access

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"vigie/internal/record/register"
)

// Text is a text in both languages.
type Text struct {
	EN string `yaml:"en"`
	FR string `yaml:"fr"`
}

func (t Text) in(language string) string {
	if language == "fr" {
		return t.FR
	}
	return t.EN
}

// Usual is a check that customers usually need.
type Usual struct {
	ID        string `yaml:"id"`
	Name      Text   `yaml:"name"`
	Area      string `yaml:"area"`
	Proof     string `yaml:"proof"`
	Needed    Text   `yaml:"needed"`
	DueDays   int    `yaml:"due_days"`
	ValidDays int64  `yaml:"valid_days"`
}

func (u Usual) check(language string, now time.Time) Check {
	c := Check{Name: u.Name.in(language), Area: u.Area, State: Asked, Proof: u.Proof, Needed: u.Needed.in(language), Template: u.ID,
		DueOn: register.Date(now.AddDate(0, 0, u.DueDays).Format(time.DateOnly))}
	if u.ValidDays > 0 {
		c.ValidDays = &u.ValidDays
	}
	return c
}

// Library is what is usually asked.
type Library []Usual

// missing are those whose id is not there yet.
func (l Library) missing(have []string) (out []Usual) {
	for _, u := range l {
		if !slices.Contains(have, u.ID) {
			out = append(out, u)
		}
	}
	return out
}

// Load reads the folder access of a catalogue, strictly: unknown keys, values that the register does not take and texts in one language only are
// refused.
func Load(files fs.FS) (Library, error) {
	const name = "access/checks.yaml"
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	var all struct {
		Checks Library `yaml:"checks"`
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	fields := Open(register.Parts{}).Fields()
	seen := map[string]bool{}
	for i, u := range all.Checks {
		fail := func(why string) error { return fmt.Errorf("%s: check %d (%s): %s", name, i+1, u.ID, why) }
		if u.ID == "" || seen[u.ID] {
			return nil, fail("an id of its own is needed")
		}
		seen[u.ID] = true
		if u.Name.EN == "" || u.Name.FR == "" || u.Needed.EN == "" || u.Needed.FR == "" {
			return nil, fail("name and needed must be there in English and French")
		}
		for _, f := range fields {
			if f.Name == "area" && !slices.Contains(f.Values, u.Area) || f.Name == "proof" && !slices.Contains(f.Values, u.Proof) {
				return nil, fail(f.Name + " must be one of " + fmt.Sprint(f.Values))
			}
		}
	}
	return all.Checks, nil
}
