package access

import (
	"fmt"
	"io/fs"
	"slices"
	"time"

	"vigie/catalogue"
	"vigie/internal/record/register"
)

// Usual is a check that customers usually need.
type Usual struct {
	ID        string         `yaml:"id"`
	Name      catalogue.Text `yaml:"name"`
	Area      string         `yaml:"area"`
	Proof     string         `yaml:"proof"`
	Needed    catalogue.Text `yaml:"needed"`
	DueDays   int            `yaml:"due_days"`
	ValidDays int64          `yaml:"valid_days"`
}

func (u Usual) check(language string, now time.Time) Check {
	c := Check{Name: u.Name.In(language), Area: u.Area, State: Asked, Proof: u.Proof, Needed: u.Needed.In(language), Template: u.ID,
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
	var all struct {
		Checks Library `yaml:"checks"`
	}
	from, err := catalogue.Read(files, "access/checks.yaml", &all)
	if err != nil {
		return nil, err
	}
	fields := Open(register.Parts{}).Fields()
	seen := map[string]bool{}
	for i, u := range all.Checks {
		at := fmt.Sprintf("checks[%d]", i)
		if u.ID == "" || seen[u.ID] {
			from.Fail(at+".id", "an id of its own is needed")
		}
		seen[u.ID] = true
		from.Words(at+".name", u.Name)
		from.Words(at+".needed", u.Needed)
		for _, f := range fields {
			if value, ours := map[string]string{"area": u.Area, "proof": u.Proof}[f.Name]; ours && !slices.Contains(f.Values, value) {
				from.Fail(at+"."+f.Name, "%q: want one of %v", value, f.Values)
			}
		}
	}
	return all.Checks, catalogue.Err(from)
}
