package cmdb

import (
	"fmt"
	"strings"

	"vigie/internal/platform/fault"
)

// Rule says which CIs belong to a workload: those that meet any group, and within a group every condition. An empty rule meets
// nothing: such a workload is filled by hand.
type Rule struct {
	Any []Group `json:"any" doc:"A CI belongs when it meets any of these groups"`
}

// Group is met when every condition is.
type Group struct {
	All []Condition `json:"all" doc:"All of these must hold"`
}

// Condition compares one field. Values are or-ed; in each, * stands for any text and ? for one character; case does not matter,
// except for tags.
type Condition struct {
	Field  string   `json:"field" enum:"tag,account,region,type,name,environment" doc:"What is compared"`
	Key    string   `json:"key,omitempty" doc:"Which tag, for field tag"`
	Values []string `json:"values" doc:"One of these; * is any text, ? one character; [\"*\"] asks only that it is there"`
}

// candidate is what a rule looks at.
type candidate struct {
	Account, Region, Type, Name, Environment string
	Tags                                     map[string]string
}

func (r *record) candidate() candidate {
	return candidate{r.Account, r.Region, r.Type, r.Name, r.Environment, r.Tags.V}
}

// Matches tells whether the CI belongs.
func (r Rule) matches(s candidate) bool {
	for _, g := range r.Any {
		if g.matches(s) {
			return true
		}
	}
	return false
}

func (g Group) matches(s candidate) bool {
	for _, c := range g.All {
		if !c.matches(s) {
			return false
		}
	}
	return len(g.All) > 0
}

func (c Condition) matches(s candidate) bool {
	value, there := "", true
	switch c.Field {
	case "tag":
		if value, there = s.Tags[c.Key]; !there {
			return false
		}
		for _, v := range c.Values {
			if glob(v, value) {
				return true
			}
		}
		return false
	case "account":
		value = s.Account
	case "region":
		value = s.Region
	case "type":
		value = s.Type
	case "name":
		value = s.Name
	case "environment":
		value = s.Environment
	default:
		return false
	}
	for _, v := range c.Values {
		if glob(strings.ToLower(v), strings.ToLower(value)) {
			return true
		}
	}
	return false
}

// glob matches * and ? in time linear in both texts' product at worst, never exponential.
func glob(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// Limits of a rule.
const (
	maxGroups     = 20
	maxConditions = 20
	maxChoices    = 100
)

// validate notes what is wrong with the rule.
func (r Rule) validate(f *fault.Fields) {
	if len(r.Any) > maxGroups {
		f.Add("rule.any", "cmdb.fault.too_many", "max", maxGroups)
		return
	}
	for i, g := range r.Any {
		path := fmt.Sprintf("rule.any[%d].all", i)
		if len(g.All) == 0 {
			f.Add(path, "cmdb.fault.required")
		}
		if len(g.All) > maxConditions {
			f.Add(path, "cmdb.fault.too_many", "max", maxConditions)
			continue
		}
		for j, c := range g.All {
			c.validate(fmt.Sprintf("%s[%d]", path, j), f)
		}
	}
}

func (c Condition) validate(path string, f *fault.Fields) {
	switch c.Field {
	case "tag":
		if c.Key == "" {
			f.Add(path+".key", "cmdb.fault.required")
		}
	case "account", "region", "type", "name", "environment":
		if c.Key != "" {
			f.Add(path+".key", "cmdb.fault.only_tag")
		}
	default:
		f.Add(path+".field", "cmdb.fault.choice", "choices", "tag, account, region, type, name, environment")
	}
	if len(c.Values) == 0 {
		f.Add(path+".values", "cmdb.fault.required")
	}
	if len(c.Values) > maxChoices {
		f.Add(path+".values", "cmdb.fault.too_many", "max", maxChoices)
	}
	for i, v := range c.Values {
		if len(v) > 256 {
			f.Add(fmt.Sprintf("%s.values[%d]", path, i), "cmdb.fault.too_long", "max", 256)
		}
	}
}

// ruled is a workload as far as its rule goes.
type ruled struct {
	ID   string
	Rule Rule
}

// belongs gives the first workload, in the order of the list (by name), whose rule the CI meets; "" for none.
func belongs(list []ruled, s candidate) string {
	for _, w := range list {
		if w.Rule.matches(s) {
			return w.ID
		}
	}
	return ""
}
