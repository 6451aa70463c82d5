package cmdb

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/estate/collect"
)

// drawn is a graph in memory.
type drawn []need

func (g drawn) pick(f func(need) bool) (out []need, err error) {
	for _, n := range g {
		if f(n) {
			out = append(out, n)
		}
	}
	return out, nil
}

func (g drawn) dependents(_ context.Context, of []string) ([]need, error) {
	return g.pick(func(n need) bool { return slices.Contains(of, n.Supporter) })
}

func (g drawn) groups(_ context.Context, of []string) ([]need, error) {
	return g.pick(func(n need) bool { return n.Group != "" && slices.Contains(of, n.Dependent) })
}

func (g drawn) supporters(_ context.Context, of []string) ([]need, error) {
	return g.pick(func(n need) bool { return slices.Contains(of, n.Dependent) })
}

func hitsOf(t interface{ Fatal(...any) }, walk func(context.Context, graph, string, int, int) (reach, error), g graph, origin string, depth int) map[string]hit {
	r, err := walk(context.Background(), g, origin, depth, maxHits)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]hit{}
	for _, h := range r.hits {
		out[h.id] = h
	}
	return out
}

func verdicts(m map[string]hit) map[string]string {
	out := map[string]string{}
	for id, h := range m {
		out[id] = fmt.Sprintf("%s %d", h.verdict, h.depth)
	}
	return out
}

func TestImpactOfKnownShapes(t *testing.T) {
	t.Parallel()
	on := func(dependent, supporter string) need {
		return need{Relation: dependent + supporter, Type: collect.DependsOn, Dependent: dependent, Supporter: supporter}
	}
	oneOf := func(dependent, supporter, group string, needed int) need {
		n := on(dependent, supporter)
		n.Group, n.Needed = group, needed
		return n
	}
	lost := func(n need) need { n.Lost = true; return n }
	farm := drawn{oneOf("lb", "w1", "targets", 1), oneOf("lb", "w2", "targets", 1), on("site", "lb"), on("w1", "net1"), on("w2", "net2")}
	for name, c := range map[string]struct {
		graph  drawn
		origin string
		want   map[string]string
	}{
		"nothing":                 {farm, "site", map[string]string{}},
		"chain":                   {drawn{on("b", "a"), on("c", "b"), on("d", "c")}, "a", map[string]string{"b": "down 1", "c": "down 2", "d": "down 3"}},
		"cycle":                   {drawn{on("b", "a"), on("a", "b")}, "a", map[string]string{"b": "down 1"}},
		"one of two":              {farm, "w1", map[string]string{"lb": "degraded 1"}},
		"one of two, further off": {farm, "net1", map[string]string{"w1": "down 1", "lb": "degraded 2"}},
		"both by one cause":       {append(farm, on("net1", "hub"), on("net2", "hub")), "hub", map[string]string{"net1": "down 1", "net2": "down 1", "w1": "down 2", "w2": "down 2", "lb": "down 3", "site": "down 4"}},
		"both, one later":         {append(farm, on("w2", "w1")), "w1", map[string]string{"w2": "down 1", "lb": "down 2", "site": "down 3"}},
		"two of three":            {drawn{oneOf("q", "1", "g", 2), oneOf("q", "2", "g", 2), oneOf("q", "3", "g", 2)}, "1", map[string]string{"q": "degraded 1"}},
		"three of three":          {drawn{oneOf("q", "1", "g", 3), oneOf("q", "2", "g", 3), oneOf("q", "3", "g", 3)}, "1", map[string]string{"q": "down 1"}},
		"the other is gone":       {drawn{oneOf("lb", "w1", "g", 1), lost(oneOf("lb", "w2", "g", 1)), on("site", "lb")}, "w1", map[string]string{"lb": "down 1", "site": "down 2"}},
		"redundant and single":    {append(farm, on("lb", "w1")), "w1", map[string]string{"lb": "down 1", "site": "down 2"}},
		"two groups":              {append(farm, oneOf("lb", "w1", "zones", 2), oneOf("lb", "w2", "zones", 2)), "w1", map[string]string{"lb": "down 1", "site": "down 2"}},
		"twice in one group":      {append(farm, need{Relation: "again", Type: collect.RoutesTo, Dependent: "lb", Supporter: "w1", Group: "targets", Needed: 1}), "w1", map[string]string{"lb": "degraded 1"}},
	} {
		if got := verdicts(hitsOf(t, affected, c.graph, c.origin, MaxDepth)); !maps.Equal(got, c.want) {
			t.Errorf("%s\n got %v\nwant %v", name, got, c.want)
		}
	}
	want := map[string]string{"lb": "down 1", "w1": "degraded 2", "w2": "degraded 2", "net1": "degraded 3", "net2": "degraded 3"}
	if got := verdicts(hitsOf(t, needed, farm, "site", MaxDepth)); !maps.Equal(got, want) {
		t.Errorf("depends on\n got %v\nwant %v", got, want)
	}
	want = map[string]string{"lb": "down 1", "w1": "down 2", "w2": "degraded 2", "net1": "down 3", "net2": "degraded 3"}
	if got := verdicts(hitsOf(t, needed, append(farm, on("lb", "w1")), "site", MaxDepth)); !maps.Equal(got, want) {
		t.Errorf("depends on, one surely\n got %v\nwant %v", got, want)
	}
}

func TestImpactIsCutShort(t *testing.T) {
	t.Parallel()
	var g drawn
	for i := range 50 {
		g = append(g, need{Relation: fmt.Sprint(i), Type: collect.RunsOn, Dependent: fmt.Sprintf("d%02d", i), Supporter: "a"})
	}
	for _, walk := range []func(context.Context, graph, string, int, int) (reach, error){affected, needed} {
		r, err := walk(context.Background(), g, "a", 10, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.hits) > 10 || (len(r.hits) == 10) != r.truncated {
			t.Errorf("%d hits, truncated %t", len(r.hits), r.truncated)
		}
	}
}

// drawGraph makes a small graph with cycles, groups and needs of several.
func drawGraph(t *rapid.T) drawn {
	nodes := rapid.IntRange(2, 9).Draw(t, "nodes")
	name := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("n%d", rapid.IntRange(0, nodes-1).Draw(t, "n")) })
	var g drawn
	for i := range rapid.IntRange(0, 24).Draw(t, "edges") {
		n := need{Relation: fmt.Sprintf("r%02d", i), Type: rapid.SampledFrom([]collect.Relation{collect.DependsOn, collect.Contains, collect.RunsOn}).Draw(t, "type"),
			Dependent: name.Draw(t, "dependent"), Supporter: name.Draw(t, "supporter")}
		if n.Dependent == n.Supporter {
			continue
		}
		if n.Group = rapid.SampledFrom([]string{"", "", "g", "h"}).Draw(t, "group"); n.Group != "" {
			n.Needed = rapid.IntRange(1, 3).Draw(t, "needed")
			n.Lost = rapid.IntRange(0, 9).Draw(t, "lost") == 0
		}
		g = append(g, n)
	}
	// Of one group all members agree on how many are needed, and of one supporter all relations on whether it is gone.
	asked, gone := map[group]int{}, map[string]bool{}
	for i := range g {
		k := group{g[i].Dependent, g[i].Group}
		if _, ok := asked[k]; !ok {
			asked[k] = g[i].Needed
		}
		gone[g[i].Supporter] = gone[g[i].Supporter] || g[i].Lost
		g[i].Needed = asked[k]
	}
	for i := range g {
		g[i].Lost = gone[g[i].Supporter]
	}
	return g
}

func down(m map[string]hit) map[string]bool {
	out := map[string]bool{}
	for id, h := range m {
		if h.verdict == Down {
			out[id] = true
		}
	}
	return out
}

func TestImpactProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		for _, walk := range []func(context.Context, graph, string, int, int) (reach, error){affected, needed} {
			before := map[string]hit{}
			for depth := 1; depth <= MaxDepth; depth++ {
				now := hitsOf(t, walk, g, "n0", depth)
				for id, h := range before { // monotone in depth: nothing found is lost or found milder
					if n, ok := now[id]; !ok || h.verdict == Down && (n.verdict != Down || n.depth != h.depth) {
						t.Fatalf("depth %d: %s was %+v, is %+v", depth, id, h, n)
					}
				}
				before = now
			}
			shuffled := slices.Clone(g)
			rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			again := hitsOf(t, walk, shuffled, "n0", MaxDepth)
			if !maps.Equal(verdicts(before), verdicts(again)) {
				t.Fatalf("order matters: %v and %v", verdicts(before), verdicts(again))
			}
			for id, h := range before {
				if h.via != again[id].via {
					t.Fatalf("order matters for the path to %s: %+v and %+v", id, h.via, again[id].via)
				}
				checkPath(t, g, h)
			}
		}
	})
}

// checkPath follows a path back to the origin over relations that exist, one level at a time.
func checkPath(t *rapid.T, g drawn, h hit) {
	steps := 0
	for at := &h; at.from != nil; at = at.from {
		steps++
		if !slices.Contains(g, at.via) {
			t.Fatalf("a path over a relation that does not exist: %+v", at.via)
		}
		ends := []string{at.via.Dependent, at.via.Supporter}
		if !slices.Contains(ends, at.id) || !slices.Contains(ends, at.from.id) || at.id == at.from.id {
			t.Fatalf("a step from %s to %s over %+v", at.from.id, at.id, at.via)
		}
	}
	if steps != h.depth || steps == 0 {
		t.Fatalf("%d steps to a CI at depth %d", steps, h.depth)
	}
}

// met makes every need one that is met while nothing has failed; of others one cannot say what more members would mean.
func met(g drawn) {
	well := map[group]map[string]bool{}
	for i := range g {
		g[i].Lost = false
		k := group{g[i].Dependent, g[i].Group}
		if well[k] == nil {
			well[k] = map[string]bool{}
		}
		well[k][g[i].Supporter] = true
	}
	for i := range g {
		g[i].Needed = min(g[i].Needed, len(well[group{g[i].Dependent, g[i].Group}]))
	}
}

func TestMoreRedundancyNeverHurts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		met(g)
		before := down(hitsOf(t, affected, g, "n0", MaxDepth))
		var more drawn
		switch rapid.SampledFrom([]string{"member", "group", "fewer"}).Draw(t, "how") {
		case "member": // another CI, well or not, meets a need that is met by several
			for _, n := range g {
				if n.Group != "" {
					extra := n
					extra.Relation, extra.Lost = "extra", false
					extra.Supporter = rapid.SampledFrom([]string{"spare", "n1", "n2"}).Draw(t, "supporter")
					if extra.Supporter != extra.Dependent {
						more = drawn{extra}
						break
					}
				}
			}
			more = append(more, g...)
		case "group": // a single need gets a spare
			for i, n := range g {
				if n.Group == "" {
					more = slices.Clone(g)
					more[i].Group, more[i].Needed = "new", 1
					more = append(more, need{Relation: "extra", Type: n.Type, Dependent: n.Dependent, Supporter: "spare", Group: "new", Needed: 1})
					break
				}
			}
		case "fewer": // a group needs fewer of its members
			more = slices.Clone(g)
			for i := range more {
				more[i].Needed = min(more[i].Needed, 1)
			}
		}
		if more == nil {
			return
		}
		for id := range down(hitsOf(t, affected, more, "n0", MaxDepth)) {
			if !before[id] {
				t.Fatalf("%s goes down only with more redundancy", id)
			}
		}
	})
}
