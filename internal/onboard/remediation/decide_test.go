package remediation

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPriorityIsTheSumOfItsReasons(t *testing.T) {
	for _, c := range []struct {
		name string
		f    Facts
		want string
		keys []string
	}{
		{"a critical gap in production", Facts{Severity: "critical", Area: "backup", Environment: "production", Gaps: 1}, "urgent", []string{"severity", "environment", "launch"}},
		{"the same in a test", Facts{Severity: "high", Area: "backup", Environment: "test", Gaps: 1}, "normal", []string{"severity"}},
		{"a promise that it breaks", Facts{Severity: "high", Area: "backup", Environment: "production", Gaps: 1, Requirement: map[string]any{"rpo_minutes": 60}}, "high", []string{"severity", "environment", "rpo"}},
		{"a promise of another area", Facts{Severity: "high", Area: "cost", Environment: "test", Gaps: 1, Requirement: map[string]any{"rpo_minutes": 60}}, "normal", []string{"severity"}},
		{"strict security", Facts{Severity: "medium", Area: "security_waf", Gaps: 1, Requirement: map[string]any{"security_waf": "strict"}}, "normal", []string{"severity", "strict"}},
		{"a small thing", Facts{Severity: "low", Area: "cost", Gaps: 1}, "low", []string{"severity"}},
		{"many small things", Facts{Severity: "low", Area: "cost", Gaps: 500}, "low", []string{"severity", "gaps"}},
		{"exactly 99.9", Facts{Severity: "medium", Area: "availability", Gaps: 1, Requirement: map[string]any{"availability": 99.9}}, "normal", []string{"severity", "availability"}},
		{"just below", Facts{Severity: "medium", Area: "availability", Gaps: 1, Requirement: map[string]any{"availability": 99.89}}, "low", []string{"severity"}},
	} {
		got, points, why := Priority(c.f)
		var keys []string
		sum := 0
		for _, r := range why {
			keys = append(keys, r.Key)
			sum += r.Points
		}
		if got != c.want || !slices.Equal(keys, c.keys) || sum != points {
			t.Errorf("%s: %s of %d, %v (sum %d); want %s by %v", c.name, got, points, keys, sum, c.want, c.keys)
		}
	}
}

func TestEffortGrowsByAQuarter(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 0, 1: 2 * time.Hour, 2: 150 * time.Minute, 5: 4 * time.Hour} {
		if got := Effort(2*time.Hour, n); got != want {
			t.Errorf("%d gaps take %v, want %v", n, got, want)
		}
	}
}

func TestOrderTakesTheMostRiskPerHourFirst(t *testing.T) {
	ids := func(steps []Step) (out []string) {
		for _, s := range steps {
			out = append(out, s.ID)
		}
		return out
	}
	for _, c := range []struct {
		name  string
		tasks []Task
		want  []string
	}{
		{"by rate", []Task{{ID: "a", Hours: 10, Risk: 10}, {ID: "b", Hours: 1, Risk: 5}}, []string{"b", "a"}},
		{"what is worthless alone comes first where it leads to much", []Task{{ID: "a", Hours: 1, Risk: 5}, {ID: "big", Hours: 1, Risk: 100, Needs: []string{"door"}}, {ID: "door", Hours: 1}}, []string{"door", "big", "a"}},
		{"what is done already holds nothing up", []Task{{ID: "a", Hours: 1, Risk: 5, Needs: []string{"gone"}}}, []string{"a"}},
		{"a circle comes last", []Task{{ID: "a", Risk: 9, Hours: 1, Needs: []string{"b"}}, {ID: "b", Risk: 9, Hours: 1, Needs: []string{"a"}}, {ID: "c", Hours: 1}}, []string{"c", "a", "b"}},
	} {
		if got := ids(Order(c.tasks)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// acyclic draws tasks that need only those before them.
func acyclic(t *rapid.T) []Task {
	n := rapid.IntRange(0, 12).Draw(t, "n")
	tasks := make([]Task, n)
	for i := range tasks {
		tasks[i] = Task{ID: fmt.Sprintf("t%02d", i), Hours: float64(rapid.IntRange(0, 60).Draw(t, "hours")), Risk: rapid.IntRange(0, 80).Draw(t, "risk")}
		for j := range i {
			if rapid.IntRange(0, 3).Draw(t, "needs") == 0 {
				tasks[i].Needs = append(tasks[i].Needs, tasks[j].ID)
			}
		}
	}
	return tasks
}

func TestEveryOrderCanBeWorked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tasks := acyclic(t)
		at := map[string]int{}
		for i, s := range Order(tasks) {
			if _, twice := at[s.ID]; twice {
				t.Fatalf("%s stands twice", s.ID)
			}
			at[s.ID] = i
		}
		if len(at) != len(tasks) {
			t.Fatalf("%d of %d are in the order", len(at), len(tasks))
		}
		for _, task := range tasks {
			for _, n := range task.Needs {
				if at[n] > at[task.ID] {
					t.Fatalf("%s comes before %s, which it needs", task.ID, n)
				}
			}
		}
	})
}

func TestTheCriticalPathDecidesTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tasks := acyclic(t)
		byID := map[string]Task{}
		for _, task := range tasks {
			byID[task.ID] = task
		}
		slots, path, circle := Schedule(tasks, nil)
		if len(circle) > 0 || len(slots) != len(tasks) {
			t.Fatalf("%d slots for %d tasks, circle %v", len(slots), len(tasks), circle)
		}
		end, of := 0, map[string]Slot{}
		for _, s := range slots {
			of[s.ID] = s
			end = max(end, s.End)
			if s.Slack < 0 || s.End-s.Start != byID[s.ID].Days() || s.Critical != (s.Slack == 0) {
				t.Fatalf("slot %+v of %+v", s, byID[s.ID])
			}
		}
		sum := 0
		for i, id := range path {
			sum += byID[id].Days()
			if !of[id].Critical {
				t.Fatalf("%s is on the path and has slack", id)
			}
			if i > 0 && !slices.Contains(byID[id].Needs, path[i-1]) {
				t.Fatalf("%s does not need %s", id, path[i-1])
			}
		}
		if sum != end {
			t.Fatalf("the path takes %d days, the plan %d", sum, end)
		}
		// A day later at any critical task is a day later for all; within its slack it is not.
		for _, s := range slots {
			late, _, _ := Schedule(tasks, map[string]int{s.ID: s.Start + s.Slack + 1})
			over := 0
			for _, l := range late {
				over = max(over, l.End)
			}
			if over != end+1 {
				t.Fatalf("%s late by %d ends at %d, want %d", s.ID, s.Slack+1, over, end+1)
			}
		}
	})
}

func TestACycleIsNamed(t *testing.T) {
	needs := map[string][]string{"c": {"b"}, "b": {"a"}, "x": {"a"}}
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"a", "c", []string{"a", "c", "b", "a"}},
		{"a", "a", []string{"a", "a"}},
		{"c", "a", nil},
		{"x", "c", nil},
	} {
		if got := Cycle(needs, c.from, c.to); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s needs %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

func TestAnEdgeWithoutACycleLeavesAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		needs := map[string][]string{}
		n := rapid.IntRange(2, 8).Draw(t, "n")
		byID := map[string]Task{}
		for i := range n {
			byID[fmt.Sprint(i)] = Task{ID: fmt.Sprint(i)}
		}
		for range rapid.IntRange(0, 30).Draw(t, "edges") {
			from, to := fmt.Sprint(rapid.IntRange(0, n-1).Draw(t, "from")), fmt.Sprint(rapid.IntRange(0, n-1).Draw(t, "to"))
			if Cycle(needs, from, to) != nil {
				continue
			}
			needs[from] = append(needs[from], to)
			task := byID[from]
			task.Needs = needs[from]
			byID[from] = task
		}
		if _, left := topological(byID); len(left) > 0 {
			t.Fatalf("%v are in a circle", left)
		}
	})
}

func TestBurndown(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 9, 0, 0, 0, time.UTC) }
	list := []Work{
		{Hours: 8, Created: day(1), Due: day(3), Over: day(4)},
		{Hours: 4, Created: day(2), Due: day(5)},
		{Hours: 2, Created: day(1), Due: day(9), Over: day(2), Dropped: true},
	}
	got := Burndown(list, day(4), 60)
	want := []struct{ planned, real float64 }{{12, 10}, {12, 12}, {4, 12}, {4, 4}, {0, 0}}
	if len(got) != len(want) {
		t.Fatalf("%d points, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].Planned != w.planned || got[i].Real != w.real || got[i].Past != (i < 4) {
			t.Errorf("day %d: %+v, want %+v", i+1, got[i], w)
		}
	}
	if n := len(Burndown([]Work{{Hours: 1, Created: day(1), Due: day(1).AddDate(2, 0, 0)}}, day(1), 60)); n > 60 {
		t.Errorf("%d points, want 60 at most", n)
	}
	if Burndown(nil, day(1), 60) != nil {
		t.Error("nothing gives points")
	}
}
