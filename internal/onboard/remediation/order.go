package remediation

import (
	"cmp"
	"slices"
	"strconv"
)

// Task is a measure as the plan sees it.
type Task struct {
	ID    string
	Hours float64  // work; 0 counts as a quarter of an hour
	Risk  int      // what it takes away
	Needs []string // ids of tasks that come before; others are none of the plan's
}

// Step is a place in the suggested order, with its reason: the group that it belongs to takes away Rate points of risk for each hour.
type Step struct {
	ID   string  `json:"id"`
	Rate float64 `json:"risk_per_hour" doc:"Of the group: the measure and what it needs first."`
	// For is the measure whose worth puts this one here; its own id unless it only leads to another.
	For string `json:"for"`
}

const leastHours = 0.25

func (t Task) hours() float64 { return max(t.Hours, leastHours) }

// Order suggests in which order to work: by risk taken away per hour, where a measure counts together with what it needs first. Of all groups that
// begin with what can be done, the best comes next. What needs each other in a circle comes last, as it is.
func Order(tasks []Task) []Step {
	byID := make(map[string]Task, len(tasks))
	for _, t := range tasks {
		byID[t.ID] = t
	}
	placed := map[string]bool{}
	var out []Step
	for len(out) < len(byID) {
		var best []string
		bestRate, bestID := -1.0, ""
		for _, id := range sortedIDs(byID) {
			if placed[id] {
				continue
			}
			group, whole := closure(byID, placed, id)
			if !whole {
				continue
			}
			risk, hours := 0, 0.0
			for _, m := range group {
				risk += byID[m].Risk
				hours += byID[m].hours()
			}
			if rate := float64(risk) / hours; rate > bestRate {
				best, bestRate, bestID = group, rate, id
			}
		}
		if best == nil {
			for _, id := range sortedIDs(byID) {
				if !placed[id] {
					placed[id] = true
					out = append(out, Step{ID: id, For: id})
				}
			}
			return out
		}
		for _, m := range best {
			placed[m] = true
			out = append(out, Step{ID: m, Rate: bestRate, For: bestID})
		}
	}
	return out
}

// closure is the task with all that it needs and that is not placed, in an order that can be worked; whole is false in a circle.
func closure(byID map[string]Task, placed map[string]bool, id string) (group []string, whole bool) {
	state := map[string]int{} // 1 open, 2 closed
	whole = true
	var visit func(string)
	visit = func(at string) {
		state[at] = 1
		for _, n := range sorted(byID[at].Needs) {
			if _, known := byID[n]; !known || placed[n] {
				continue
			}
			switch state[n] {
			case 0:
				visit(n)
			case 1:
				whole = false
			}
		}
		state[at] = 2
		group = append(group, at)
	}
	visit(id)
	return group, whole
}

func sortedIDs(m map[string]Task) []string {
	out := make([]string, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.SortFunc(out, cmp.Compare[string])
	return out
}

func trim(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
