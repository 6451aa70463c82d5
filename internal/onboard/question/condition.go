package question

import (
	"encoding/json"
	"slices"
)

// Answers are values by question, as JSON has them.
type Answers map[string]any

// Condition says when a question is shown: one test of another question's answer, or several conditions together.
type Condition struct {
	Question string      `yaml:"question" json:"question,omitempty"`
	Is       any         `yaml:"is" json:"is,omitempty"`
	In       []any       `yaml:"in" json:"in,omitempty"`
	Has      string      `yaml:"has" json:"has,omitempty" doc:"A choice that is among those chosen."`
	Answered *bool       `yaml:"answered" json:"answered,omitempty"`
	AtLeast  *float64    `yaml:"at_least" json:"at_least,omitempty"`
	AtMost   *float64    `yaml:"at_most" json:"at_most,omitempty"`
	All      []Condition `yaml:"all" json:"all,omitempty"`
	Any      []Condition `yaml:"any" json:"any,omitempty"`
	Not      *Condition  `yaml:"not" json:"not,omitempty"`
}

// Holds tells whether the condition is met. A question without an answer meets no test but answered: false.
func (c Condition) Holds(a Answers) bool {
	v, answered := a[c.Question]
	answered = answered && v != nil
	switch {
	case len(c.All) > 0:
		return !slices.ContainsFunc(c.All, func(x Condition) bool { return !x.Holds(a) })
	case len(c.Any) > 0:
		return slices.ContainsFunc(c.Any, func(x Condition) bool { return x.Holds(a) })
	case c.Not != nil:
		return !c.Not.Holds(a)
	case c.Answered != nil:
		return answered == *c.Answered
	case !answered:
		return false
	case c.Is != nil:
		return same(v, c.Is)
	case len(c.In) > 0:
		return slices.ContainsFunc(c.In, func(x any) bool { return same(v, x) })
	case c.Has != "":
		list, _ := v.([]any)
		return slices.Contains(list, any(c.Has))
	}
	n, ok := v.(float64)
	return ok && (c.AtLeast == nil || n >= *c.AtLeast) && (c.AtMost == nil || n <= *c.AtMost)
}

// same compares values of which one may come from YAML, which knows whole numbers.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// Shown tells which questions are shown to whoever has given these answers, and gives the answers to them. The answer to a question that is not shown counts as none for
// those that ask about it; conditions ask about questions before their own, so that one pass is enough.
func (q Questionnaire) Shown(a Answers) (shown map[string]bool, live Answers) {
	shown, live = map[string]bool{}, Answers{}
	for _, s := range q.Sections {
		for _, x := range s.Questions {
			if x.ShownIf != nil && !x.ShownIf.Holds(live) {
				continue
			}
			shown[x.ID] = true
			if v, ok := a[x.ID]; ok && v != nil {
				live[x.ID] = v
			}
		}
	}
	return shown, live
}
