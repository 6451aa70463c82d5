package deliverable

import (
	"slices"

	"vigie/internal/platform/fault"
)

// Flow says which issues there are and how they are worked on: a state machine for each type.
type Flow struct {
	About struct {
		Introduction string `json:"introduction" form:"long"`
	} `json:"about"`
	Types       []IssueType  `json:"types"`
	Priorities  []Priority   `json:"priorities"`
	States      []State      `json:"states"`
	Transitions []Transition `json:"transitions"`
}

// IssueType is one kind of ticket.
type IssueType struct {
	Key         string `json:"key" form:"key required"`
	Name        string `json:"name" form:"title required"`
	Description string `json:"description" form:"long required"`
}

// Priority is how urgent a ticket is; rank 1 comes first.
type Priority struct {
	Key     string `json:"key" form:"key required"`
	Rank    int    `json:"rank" form:"required"`
	Name    string `json:"name" form:"title required"`
	Meaning string `json:"meaning" form:"long required"`
}

// The places of a state in the life of a ticket.
const (
	Initial = "initial"
	Work    = "work"
	Final   = "final"
)

// State is where a ticket stands.
type State struct {
	Key     string `json:"key" form:"key required"`
	Name    string `json:"name" form:"title required"`
	Place   string `json:"place" form:"choice=initial|work|final required"`
	Paused  bool   `json:"paused"` // the clocks of the service stand still
	Meaning string `json:"meaning" form:"long"`
}

// Transition leads from one state to another.
type Transition struct {
	ID    string   `json:"id" form:"hidden key"`
	From  string   `json:"from" form:"required"`
	To    string   `json:"to" form:"required"`
	Name  string   `json:"name" form:"title required"`
	Who   string   `json:"who" form:"choice=provider|customer|anybody required"`
	Types []string `json:"types"` // empty: of all types
}

// of tells whether a transition is one of a type.
func (t Transition) of(issueType string) bool {
	return len(t.Types) == 0 || slices.Contains(t.Types, issueType)
}

// Next lists where a ticket of a type may go from a state.
func (f *Flow) Next(issueType, state string) (out []Transition) {
	for _, t := range f.Transitions {
		if t.From == state && t.of(issueType) {
			out = append(out, t)
		}
	}
	return out
}

// check: one state to begin with, every state reached by some type, and from wherever a ticket of a type can come a way to an end.
func (f *Flow) check(_ Known, bad *fault.Fields) {
	for _, part := range []struct {
		name string
		n    int
	}{{"types", len(f.Types)}, {"priorities", len(f.Priorities)}, {"states", len(f.States)}, {"transitions", len(f.Transitions)}} {
		if part.n == 0 {
			bad.Add(part.name, "deliverable.bad.none")
		}
	}
	ranks := map[int]bool{}
	for i, p := range f.Priorities {
		if p.Rank < 1 || ranks[p.Rank] {
			bad.Add(at("priorities", i, "rank"), "deliverable.bad.rank")
		}
		ranks[p.Rank] = true
	}
	var initial []string
	state := map[string]State{}
	for i, s := range f.States {
		if s.Place == Initial {
			if initial = append(initial, s.Key); len(initial) > 1 {
				bad.Add(at("states", i, "place"), "deliverable.bad.two_beginnings", "other", f.name(initial[0]))
			}
		}
		state[s.Key] = s
	}
	if len(initial) == 0 && len(f.States) > 0 {
		bad.Add("states", "deliverable.bad.no_beginning")
	}
	sound := len(initial) == 1
	for i, t := range f.Transitions {
		for _, end := range []struct{ field, key string }{{"from", t.From}, {"to", t.To}} {
			if _, ok := state[end.key]; !ok && end.key != "" {
				bad.Add(at("transitions", i, end.field), "deliverable.bad.no_state", "key", end.key)
				sound = false
			}
		}
		if state[t.From].Place == Final {
			bad.Add(at("transitions", i, "from"), "deliverable.bad.after_end")
		}
		for _, k := range t.Types {
			if !slices.ContainsFunc(f.Types, func(i IssueType) bool { return i.Key == k }) {
				bad.Add(at("transitions", i, "types"), "deliverable.bad.no_type", "key", k)
			}
		}
	}
	if sound {
		f.machines(initial[0], bad)
	}
}

// machines walks the state machine of each type.
func (f *Flow) machines(initial string, bad *fault.Fields) {
	somewhere := map[string]bool{}
	stuck := map[string]string{} // state -> first type that cannot end from it
	for _, t := range f.Types {
		reached := closure([]string{initial}, func(s string) (to []string) {
			for _, x := range f.Next(t.Key, s) {
				to = append(to, x.To)
			}
			return to
		})
		var ends []string
		for s := range reached {
			somewhere[s] = true
			if f.place(s) == Final {
				ends = append(ends, s)
			}
		}
		ending := closure(ends, func(s string) (from []string) {
			for _, x := range f.Transitions {
				if x.To == s && x.of(t.Key) {
					from = append(from, x.From)
				}
			}
			return from
		})
		for s := range reached {
			if _, told := stuck[s]; !ending[s] && !told {
				stuck[s] = t.Name
			}
		}
	}
	for i, s := range f.States {
		if !somewhere[s.Key] && len(f.Types) > 0 {
			bad.Add(at("states", i, "key"), "deliverable.bad.unreached", "state", s.Name)
		} else if kind, is := stuck[s.Key]; is {
			bad.Add(at("states", i, "key"), "deliverable.bad.stuck", "state", s.Name, "type", kind)
		}
	}
}

func (f *Flow) place(key string) string {
	for _, s := range f.States {
		if s.Key == key {
			return s.Place
		}
	}
	return ""
}

func (f *Flow) name(key string) string {
	for _, s := range f.States {
		if s.Key == key {
			return s.Name
		}
	}
	return key
}

// closure is all that is reached from some places.
func closure(from []string, next func(string) []string) map[string]bool {
	out := map[string]bool{}
	for len(from) > 0 {
		s := from[len(from)-1]
		from = from[:len(from)-1]
		if !out[s] {
			out[s] = true
			from = append(from, next(s)...)
		}
	}
	return out
}
