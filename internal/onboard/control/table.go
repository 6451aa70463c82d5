package control

import (
	"fmt"
	"slices"
	"time"

	"vigie/internal/estate/collect"
)

// Case is a line of a control's own test table.
type Case struct {
	Name        string         `yaml:"name"`
	CI          *CaseCI        `yaml:"ci"`
	Workload    map[string]any `yaml:"workload"`
	Account     map[string]any `yaml:"account"`
	Customer    map[string]any `yaml:"customer"`
	Requirement map[string]any `yaml:"requirement"`
	Relations   []CaseRelation `yaml:"relations"`  // of ci
	CIs         []CaseCI       `yaml:"cis"`        // what cis() finds
	Incomplete  []string       `yaml:"incomplete"` // types that were not all seen
	Now         string         `yaml:"now"`
	Want        Verdict        `yaml:"want"`
}

// CaseCI is a CI of a case.
type CaseCI struct {
	ID          string            `yaml:"id"`
	Type        string            `yaml:"type"`
	Name        string            `yaml:"name"`
	ExternalID  string            `yaml:"external_id"`
	ARN         string            `yaml:"arn"`
	Account     string            `yaml:"account"`
	Region      string            `yaml:"region"`
	Environment string            `yaml:"environment"`
	Criticality string            `yaml:"criticality"`
	Owner       string            `yaml:"owner"`
	Workload    string            `yaml:"workload"`
	Status      string            `yaml:"status"`
	Partial     bool              `yaml:"partial"`
	Tags        map[string]string `yaml:"tags"`
	Attributes  map[string]any    `yaml:"attributes"`
	Relations   []CaseRelation    `yaml:"relations"`
}

// CaseRelation hangs another CI on one. Without ci its other end is not known.
type CaseRelation struct {
	Type string  `yaml:"type"`
	To   string  `yaml:"to"` // the type at the other end, where that is not known
	CI   *CaseCI `yaml:"ci"`
}

func relations() []string {
	out := make([]string, 0, len(collect.Relations()))
	for _, r := range collect.Relations() {
		out = append(out, string(r))
	}
	return out
}

// cases demands one case of each verdict that a control can give, and that each names things that there are.
func (k *checker) cases() {
	c := k.c
	want := []Verdict{Pass, Fail, Unknown}
	for _, v := range want {
		if !slices.ContainsFunc(c.Tests, func(t Case) bool { return t.Want == v }) {
			k.refuse(k.line("tests"), "the tests have no case that wants %s", v)
		}
	}
	for i, t := range c.Tests {
		if !slices.Contains(append(want, NotApplicable), t.Want) {
			k.refuse(k.line("tests", i, "want"), "want %q is not known; known are pass, fail, unknown, not_applicable", t.Want)
		}
		if t.Name == "" {
			k.refuse(k.line("tests", i), "a case has a name")
		}
		if (c.Applies.To == OfCI) != (t.CI != nil) {
			k.refuse(k.line("tests", i), "a case has a ci if, and only if, the control judges CIs")
		}
		if t.CI != nil && !slices.Contains(c.Applies.Types, t.CI.Type) {
			k.refuse(k.line("tests", i, "ci", "type"), "the control does not judge CIs of the type %q", t.CI.Type)
		}
		for key := range t.Requirement {
			if RequirementKeys()[key] == "" {
				k.refuse(k.line("tests", i, "requirement", key), "requirement %q is not known", key)
			}
		}
		if _, err := t.now(); err != nil {
			k.refuse(k.line("tests", i, "now"), "now %q is no instant", t.Now)
		}
		for j, r := range t.Relations {
			if r.CI == nil && r.To == "" {
				k.refuse(k.line("tests", i, "relations", j), "a relation has a ci, or says to which type it goes")
			}
			if !slices.Contains(relations(), r.Type) {
				k.refuse(k.line("tests", i, "relations", j), "relation %q is not known", r.Type)
			}
		}
	}
}

func (t Case) now() (time.Time, error) {
	if t.Now == "" {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), nil
	}
	return time.Parse(time.RFC3339, t.Now)
}

// Result is how a case went.
type Result struct {
	Control string    `json:"control"`
	Case    string    `json:"case"`
	Want    Verdict   `json:"want"`
	Got     Verdict   `json:"got"`
	OK      bool      `json:"ok"`
	Why     string    `json:"why,omitempty"`
	File    string    `json:"file"`
	Line    int       `json:"line"`
	Missing []Missing `json:"-"`
}

// Test carries out the test tables of all controls.
func (c *Catalogue) Test() []Result {
	var out []Result
	for _, one := range c.controls {
		for _, t := range one.Tests {
			out = append(out, one.test(t))
		}
	}
	return out
}

func (c *Control) test(t Case) Result {
	r := Result{Control: c.ID, Case: t.Name, Want: t.Want, File: c.File, Line: c.Line}
	now, _ := t.now()
	e := &caseEstate{incomplete: t.Incomplete, edges: map[string][]caseEdge{}}
	s := &Subject{Kind: c.Applies.To, ID: "subject", Name: t.Name, Requirement: t.Requirement, Now: now}
	switch s.Kind {
	case OfCI:
		own := *t.CI
		own.Relations = append(slices.Clone(own.Relations), t.Relations...)
		s.CI = e.ci(own)
		s.ID = s.CI.ID
	case OfWorkload:
		s.Fields = t.Workload
	case OfAccount:
		s.Fields = t.Account
		if id, ok := t.Account["id"].(string); ok {
			s.ID = id
		}
	case OfCustomer:
		s.Fields = t.Customer
	}
	for _, one := range t.CIs {
		e.members = append(e.members, e.ci(one))
	}
	o := c.Evaluate(s, e)
	r.Got, r.Missing = o.Verdict, o.Evidence.Missing
	r.OK = r.Got == r.Want && !o.Broken
	for _, m := range o.Evidence.Missing {
		if r.Why != "" {
			r.Why += "; "
		}
		r.Why += m.What
		if m.Name != "" {
			r.Why += " " + m.Name
		}
		if m.Why != "" {
			r.Why += ": " + m.Why
		}
	}
	return r
}

// caseEstate is the world of one case.
type caseEstate struct {
	incomplete []string
	members    []*CI
	edges      map[string][]caseEdge
	made       int
}

type caseEdge struct {
	relation, typ string
	to            *CI // nil: not known
}

func (e *caseEstate) ci(c CaseCI) *CI {
	e.made++
	out := &CI{ID: c.ID, Type: c.Type, Name: c.Name, ExternalID: c.ExternalID, ARN: c.ARN, Account: c.Account, Region: c.Region, Environment: c.Environment,
		Criticality: c.Criticality, Owner: c.Owner, Workload: c.Workload, Status: c.Status, Tags: c.Tags, Attributes: c.Attributes, Partial: c.Partial}
	if out.ID == "" {
		out.ID = fmt.Sprintf("ci-%d", e.made)
	}
	if out.Status == "" {
		out.Status = "active"
	}
	for _, r := range c.Relations {
		edge := caseEdge{relation: r.Type, typ: r.To}
		if r.CI != nil {
			edge.to = e.ci(*r.CI)
			edge.typ = edge.to.Type
			e.edges[edge.to.ID] = append(e.edges[edge.to.ID], caseEdge{r.Type, out.Type, out})
		}
		e.edges[out.ID] = append(e.edges[out.ID], edge)
	}
	return out
}

// Related implements Estate.
func (e *caseEstate) Related(ci *CI, relation, typ string) (list []*CI, unresolved int) {
	for _, edge := range e.edges[ci.ID] {
		if edge.typ != typ || relation != "" && edge.relation != relation {
			continue
		}
		if edge.to == nil {
			unresolved++
		} else {
			list = append(list, edge.to)
		}
	}
	return list, unresolved
}

// Members implements Estate.
func (e *caseEstate) Members(_ *Subject, typ string) []*CI {
	var out []*CI
	for _, ci := range e.members {
		if ci.Type == typ {
			out = append(out, ci)
		}
	}
	return out
}

// Unseen implements Estate.
func (e *caseEstate) Unseen(_ *Subject, _, typ string) string {
	if slices.Contains(e.incomplete, typ) {
		return "denied"
	}
	return ""
}
