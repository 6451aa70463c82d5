package launch

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"vigie/catalogue"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
)

// Condition is one thing that must hold.
type Condition struct {
	Key        string             `yaml:"key"`
	Text       catalogue.Text     `yaml:"text"`
	Help       catalogue.Text     `yaml:"help"`
	Machine    bool               `yaml:"machine"`  // a check finds it out; nobody ticks it
	Waivable   bool               `yaml:"waivable"` // a customer approver may sign that the launch does without it
	Parameters map[string]float64 `yaml:"parameters"`
}

// Phase is how long a customer should stay in a phase.
type Phase struct {
	Phase string         `yaml:"phase"`
	Days  int            `yaml:"days"`
	Text  catalogue.Text `yaml:"text"`
}

// Rules are the conditions and the phases.
type Rules struct {
	Conditions []Condition
	Phases     []Phase
}

// LoadRules reads conditions.yaml and phases.yaml of the folder launch strictly. Whatever it does not know is refused with file and line.
func LoadRules(files fs.FS) (r Rules, err error) {
	conditions, err := catalogue.Read(files, "launch/conditions.yaml", &r.Conditions)
	if err != nil {
		return r, err
	}
	phases, err := catalogue.Read(files, "launch/phases.yaml", &r.Phases)
	if err != nil {
		return r, err
	}
	seen := map[string]bool{}
	for i, c := range r.Conditions {
		at := fmt.Sprintf("[%d]", i)
		if c.Key == "" || seen[c.Key] {
			conditions.Fail(at+".key", "%q: a key is needed, once", c.Key)
		}
		conditions.Words(at+".text", c.Text)
		conditions.Words(at+".help", c.Help)
		seen[c.Key] = true
	}
	for i, p := range r.Phases {
		at := fmt.Sprintf("[%d]", i)
		if p.Phase == "" || p.Days < 1 {
			phases.Fail(at, "a phase and its days are needed")
		}
		phases.Words(at+".text", p.Text)
	}
	for s, n := range map[*catalogue.Source]int{conditions: len(r.Conditions), phases: len(r.Phases)} {
		if n == 0 && s.Sound() {
			s.Fail("", "nothing is listed")
		}
	}
	return r, catalogue.Err(conditions, phases)
}

func (r Rules) condition(key string) (Condition, bool) {
	i := slices.IndexFunc(r.Conditions, func(c Condition) bool { return c.Key == key })
	if i < 0 {
		return Condition{}, false
	}
	return r.Conditions[i], true
}

func (r Rules) phase(name string) (Phase, bool) {
	i := slices.IndexFunc(r.Phases, func(p Phase) bool { return p.Phase == name })
	if i < 0 {
		return Phase{}, false
	}
	return r.Phases[i], true
}

// Status is what a check has found.
type Status string

// The states of a condition.
const (
	Met     Status = "met"
	Unmet   Status = "unmet"
	Unknown Status = "unknown" // nobody can tell yet, which is not met
)

// Item is one thing behind a finding: a key of the locales with its arguments, and where it can be mended.
type Item struct {
	Key     string
	Args    map[string]any
	Href    string
	Measure bool // it tells of measures alone
}

// words writes an item for a reader. Arguments that are texts in several languages are given in the reader's.
func (i Item) words(p *i18n.Printer) string {
	args := make(map[string]any, len(i.Args))
	for name, v := range i.Args {
		if w, ok := v.(interface{ In(language string) string }); ok {
			v = w.In(p.Lang())
		}
		args[name] = v
	}
	return p.T(i.Key, args)
}

// Finding is what a check has found. Facts and measures go into the evidence as they are: numbers, texts, lists and maps of them. Facts are what
// the status rests on; measures may be others at each look without anything being decided anew.
type Finding struct {
	Status   Status
	Items    []Item
	Facts    map[string]any
	Measures map[string]any
}

// Check finds out whether a condition holds for a customer, by reading alone.
type Check func(ctx context.Context, tx *db.Tx, customer string) (Finding, error)

// Judged is a condition as it stands for one customer.
type Judged struct {
	Condition
	Finding Finding
	Checked bool    // a check is hung, or somebody has ticked it
	Tick    *Tick   // of a condition that no machine checks
	Waiver  *Waiver // that lets the launch do without it
	Asked   *Waiver // that waits for its signature
}

// Passed tells whether the launch may go on as far as this condition is concerned.
func (j Judged) Passed() bool { return j.Finding.Status == Met || j.Waiver != nil }

// judge puts a condition together: what was found, what was ticked, what was signed. found is nil where no check is hung.
func judge(c Condition, found *Finding, ticks []Tick, waivers []Waiver, now db.Time) Judged {
	j := Judged{Condition: c, Finding: Finding{Status: Unknown}}
	switch {
	case c.Machine && found != nil:
		j.Finding, j.Checked = *found, true
	case c.Machine:
		j.Finding.Items = []Item{{Key: "launch.item.no_practice"}}
	default:
		j.Finding.Status = Unmet
		for i, t := range ticks {
			if t.Key == c.Key {
				j.Tick, j.Checked, j.Finding.Status = &ticks[i], true, Met
				j.Finding.Items = []Item{{Key: "launch.item.ticked", Args: map[string]any{"name": t.By, "note": t.Note}}}
			}
		}
		if j.Tick == nil {
			j.Finding.Items = []Item{{Key: "launch.item.not_ticked"}}
		}
	}
	for i, w := range waivers {
		switch {
		case w.Key != c.Key || !c.Waivable:
		case w.counts(now):
			j.Waiver = &waivers[i]
		case w.Status(now) == WaiverAsked:
			j.Asked = &waivers[i]
		}
	}
	return j
}

// missing are the conditions that do not pass.
func missing(all []Judged) (out []Judged) {
	for _, j := range all {
		if !j.Passed() {
			out = append(out, j)
		}
	}
	return out
}
