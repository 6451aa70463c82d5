package remediation

import (
	"math"
	"slices"
)

// Slot is when a task can be worked on, in days from the start of the plan.
type Slot struct {
	ID       string
	Start    int // the first day on which it can begin
	End      int // the day after its last
	Slack    int // by how many days it can be late without the whole being late
	Critical bool
}

// hoursADay is how much of a measure is done in a day.
const hoursADay = 8

// Days is how long a task takes.
func (t Task) Days() int { return int(math.Ceil(t.hours() / hoursADay)) }

// Schedule lays the tasks out, each as early as what it needs allows and never before its day in earliest, and finds the critical path: the chain that decides when all is done.
// Tasks in a circle have no place in time; they are left out and named.
func Schedule(tasks []Task, earliest map[string]int) (slots []Slot, path, circle []string) {
	byID := make(map[string]Task, len(tasks))
	for _, t := range tasks {
		byID[t.ID] = t
	}
	order, circle := topological(byID)
	start, end := map[string]int{}, map[string]int{}
	total := 0
	for _, id := range order {
		at := max(0, earliest[id])
		for _, n := range byID[id].Needs {
			at = max(at, end[n])
		}
		start[id], end[id] = at, at+byID[id].Days()
		total = max(total, end[id])
	}
	latest := map[string]int{} // by when a task must end
	for _, id := range order {
		latest[id] = total
	}
	for _, id := range slices.Backward(order) {
		for _, n := range byID[id].Needs {
			if _, known := latest[n]; known {
				latest[n] = min(latest[n], latest[id]-byID[id].Days())
			}
		}
	}
	for _, id := range order {
		slack := latest[id] - end[id]
		slots = append(slots, Slot{ID: id, Start: start[id], End: end[id], Slack: slack, Critical: slack == 0})
	}
	return slots, chain(byID, order, start, end, latest), circle
}

// chain follows one critical path from its end back to its beginning.
func chain(byID map[string]Task, order []string, start, end, latest map[string]int) []string {
	at := ""
	for _, id := range order {
		if at == "" || end[id] > end[at] {
			at = id
		}
	}
	var path []string
	for at != "" {
		path = append(path, at)
		next := ""
		for _, n := range sorted(byID[at].Needs) {
			if e, known := end[n]; known && e == start[at] && latest[n] == e {
				next = n
				break
			}
		}
		at = next
	}
	slices.Reverse(path)
	return path
}

// topological gives an order in which each task comes after what it needs; those in a circle, or behind one, are left over.
func topological(byID map[string]Task) (order, left []string) {
	open := map[string]int{}
	behind := map[string][]string{}
	for id, t := range byID {
		for _, n := range unique(t.Needs) {
			if _, known := byID[n]; known {
				open[id]++
				behind[n] = append(behind[n], id)
			}
		}
	}
	var ready []string
	for _, id := range sortedIDs(byID) {
		if open[id] == 0 {
			ready = append(ready, id)
		}
	}
	for len(ready) > 0 {
		id := ready[0]
		ready = ready[1:]
		order = append(order, id)
		for _, next := range sorted(behind[id]) {
			if open[next]--; open[next] == 0 {
				ready = append(ready, next)
			}
		}
	}
	for _, id := range sortedIDs(byID) {
		if open[id] > 0 {
			left = append(left, id)
		}
	}
	return order, left
}

// Cycle tells which circle the edge "from needs to" would close: the ids from "to" on to "from" again; nil for none.
func Cycle(needs map[string][]string, from, to string) []string {
	if from == to {
		return []string{from, from}
	}
	seen := map[string]bool{}
	var way []string
	var visit func(string) bool
	visit = func(at string) bool {
		if seen[at] {
			return false
		}
		seen[at] = true
		way = append(way, at)
		if at == from {
			return true
		}
		for _, n := range sorted(needs[at]) {
			if visit(n) {
				return true
			}
		}
		way = way[:len(way)-1]
		return false
	}
	if !visit(to) {
		return nil
	}
	return append([]string{from}, way...)
}

func unique(list []string) []string { return slices.Compact(sorted(list)) }
