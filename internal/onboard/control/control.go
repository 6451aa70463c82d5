package control

import (
	"slices"
	"time"

	"vigie/catalogue"

	"cel.dev/cel-go/cel"
)

// Severity is how bad a failure is.
type Severity string

// Severities lists the severities, the worst first.
func Severities() []Severity { return []Severity{"critical", "high", "medium", "low"} }

// Area is the field of operations that a control belongs to.
type Area string

// Areas lists the areas in the order in which they are shown.
func Areas() []Area {
	return []Area{"availability", "backup", "disaster_recovery", "monitoring", "security_access", "security_antimalware", "security_waf", "security_pki",
		"security_encryption", "security_authentication", "security_firewall", "operations", "documents", "access", "cost"}
}

// Kind is what a control judges.
type Kind string

// The kinds of subjects.
const (
	OfCI       Kind = "ci"
	OfWorkload Kind = "workload"
	OfAccount  Kind = "account"
	OfCustomer Kind = "customer"
)

// Kinds lists the kinds of subjects.
func Kinds() []Kind { return []Kind{OfCI, OfWorkload, OfAccount, OfCustomer} }

// Verdict is what a control says of a subject.
type Verdict string

// The verdicts of the engine. That a failure is accepted is a decision of people, and stands elsewhere.
const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"
	Unknown       Verdict = "unknown"
	NotApplicable Verdict = "not_applicable"
)

// Control is one rule of the catalogue.
type Control struct {
	ID         string               `yaml:"id"`
	Title      catalogue.Text       `yaml:"title"`
	Rationale  catalogue.Text       `yaml:"rationale"`
	Area       Area                 `yaml:"area"`
	Applies    Applies              `yaml:"applies"`
	Parameters map[string]Parameter `yaml:"parameters"`
	Pass       string               `yaml:"pass"`
	Severity   Severity             `yaml:"severity"`
	Effort     string               `yaml:"effort"`
	Remedy     catalogue.Text       `yaml:"remedy"`
	Terraform  string               `yaml:"terraform"`
	CLI        string               `yaml:"cli"`
	Frameworks []Reference          `yaml:"frameworks"`
	Tests      []Case               `yaml:"tests"`

	// File and Line are where it was read.
	File string `yaml:"-"`
	Line int    `yaml:"-"`

	effort     time.Duration
	when, pass cel.Program
	looks      []string
}

// Applies says what a control judges.
type Applies struct {
	To    Kind     `yaml:"to"`
	Types []string `yaml:"types"`
	When  string   `yaml:"when"`
}

// Parameter takes its value from the requirement of the subject, else from Default. Without either it is not known.
type Parameter struct {
	Requirement string `yaml:"requirement"`
	Default     any    `yaml:"default"`
}

// Reference names a control of a framework that ours answers.
type Reference struct {
	Name    string `yaml:"name" json:"name"`
	Edition string `yaml:"edition" json:"edition"`
	ID      string `yaml:"id" json:"id"`
}

// Frameworks lists the frameworks that references may name.
func Frameworks() []string {
	return []string{"cis-aws-foundations", "aws-fsbp", "aws-well-architected"}
}

// EffortTime is the work that mending one failure takes.
func (c *Control) EffortTime() time.Duration { return c.effort }

// Looks lists the types of CIs that the expression asks for beside its subject.
func (c *Control) Looks() []string { return c.looks }

// JudgesType tells whether the control judges CIs of the type.
func (c *Control) JudgesType(typ string) bool {
	return c.Applies.To == OfCI && slices.Contains(c.Applies.Types, typ)
}

// Catalogue is a set of controls, in the order of area and id. It does not change after Load.
type Catalogue struct {
	controls []*Control
	byID     map[string]*Control
	byType   map[string][]*Control
	byKind   map[Kind][]*Control
	looks    []string
}

func newCatalogue(controls []*Control) *Catalogue {
	areas := Areas()
	slices.SortStableFunc(controls, func(a, b *Control) int {
		if d := slices.Index(areas, a.Area) - slices.Index(areas, b.Area); d != 0 {
			return d
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	c := &Catalogue{controls: controls, byID: map[string]*Control{}, byType: map[string][]*Control{}, byKind: map[Kind][]*Control{}}
	for _, one := range controls {
		c.byID[one.ID] = one
		c.byKind[one.Applies.To] = append(c.byKind[one.Applies.To], one)
		if one.Applies.To == OfCI {
			for _, t := range one.Applies.Types {
				c.byType[t] = append(c.byType[t], one)
			}
		}
		c.looks = append(c.looks, one.looks...)
	}
	slices.Sort(c.looks)
	c.looks = slices.Compact(c.looks)
	return c
}

// All lists the controls by area and id. The slice belongs to the catalogue.
func (c *Catalogue) All() []*Control { return c.controls }

// Find gives the control of an id, or nil.
func (c *Catalogue) Find(id string) *Control { return c.byID[id] }

// For lists the controls that judge CIs of a type.
func (c *Catalogue) For(typ string) []*Control { return c.byType[typ] }

// Of lists the controls that judge subjects of a kind.
func (c *Catalogue) Of(k Kind) []*Control { return c.byKind[k] }

// Types lists the types of CIs that some control judges.
func (c *Catalogue) Types() []string {
	out := make([]string, 0, len(c.byType))
	for t := range c.byType {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

// Looks lists the types of CIs that some expression asks for beside its subject.
func (c *Catalogue) Looks() []string { return c.looks }
