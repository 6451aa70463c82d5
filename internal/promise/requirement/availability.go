package requirement

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Part is one CI that a workload rests on.
type Part struct {
	ID, Name, Type, ARN, Account, Region string
	Own                                  bool // it belongs to the workload itself, rather than being something that it needs
	Gone                                 bool
	PlansSeen                            bool // discovery could look at the backup plans of its account and region
	Tags                                 map[string]string
	Attributes                           map[string]any
}

// Need is "dependent needs supporter". Needs of one dependent with the same group are one need, of which as many as Needed must be well.
type Need struct {
	Dependent, Supporter, Group string
	Needed                      int
}

// Line is one step of a derivation: what the availability was multiplied by, and why.
type Line struct {
	Kind    LineKind
	Part    Part     // the serial part, or whose need a group is
	Group   string   // the name of the group, as the estate has it
	Needed  int      // of the members
	Members []Member // of a group
	Level   Level    // of a serial part
	Factor  float64  // from 0 to 1
}

// LineKind says what a line is about.
type LineKind string

// The kinds: a part that is always needed; one that several parts can give; that
// the supplier undertakes no more for several of a kind together; and a part of which nobody undertakes anything, and which counts
// as never failing.
const (
	Serial    LineKind = "serial"
	Redundant LineKind = "redundant"
	Together  LineKind = "together"
	Unsaid    LineKind = "unsaid"
)

// Member is one of several that can give the same.
type Member struct {
	Part  Part
	Share float64 // of the time that it and what only it needs are there
}

// Composed is what the parts of a workload can give together.
type Composed struct {
	Share float64 // of the time, from 0 to 1
	Known bool    // whether anything is undertaken for any part; otherwise Share says nothing
	Lines []Line
}

// Percent is the share in per cent.
func (c Composed) Percent() float64 { return c.Share * 100 }

// Compose reckons the availability that a workload's parts can give. A part of the workload counts as needed, and so does all that it needs,
// unless it is one of several that can give the same (a group of the estate's relations): of those as many as needed must be there. What all
// members of a group need is needed always; beyond that, members count as failing independently of one another, which flatters groups whose
// members share some parts and not others. Parts that are gone give nothing, and are left out of
// their groups; a group with fewer members than it needs needs all it has.
//
// A part more that is always needed never raises the result, and a member more of its kind in a group never lowers it.
func Compose(parts []Part, needs []Need, levels Levels) Composed {
	g := newGraph(parts, needs, levels)
	always := map[string]bool{}
	for _, p := range g.roots() {
		g.require(p, always)
	}
	out := Composed{Share: 1}
	names := make([]string, 0, len(always))
	for id := range always {
		names = append(names, id)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(g.parts[a].Type, g.parts[b].Type), cmp.Compare(g.parts[a].Name, g.parts[b].Name), cmp.Compare(a, b))
	})
	for _, id := range names {
		line := Line{Kind: Unsaid, Part: g.parts[id], Factor: 1}
		if level, ok := levels.of(g.parts[id]); ok {
			line.Kind, line.Level, line.Factor = Serial, level, level.Figure/100
			out.Known = true
		}
		out.Lines = append(out.Lines, line)
	}
	redundant := g.redundant(names, always)
	out.Known = out.Known || len(redundant) > 0
	out.Lines = append(out.Lines, redundant...)
	out.Lines = append(out.Lines, g.together(redundant)...)
	for _, l := range out.Lines {
		out.Share *= l.Factor
	}
	slices.SortStableFunc(out.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Factor, b.Factor), cmp.Compare(boolInt(a.Kind == Unsaid), boolInt(b.Kind == Unsaid)))
	})
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// group is one need of a part that several can meet.
type group struct {
	name    string
	needed  int
	members []string
}

type graph struct {
	parts  map[string]Part
	alone  map[string][]string // dependent -> supporters that it cannot do without
	groups map[string][]group
	member map[string]bool // is one of several, of a group with more than one
	levels Levels
}

func newGraph(parts []Part, needs []Need, levels Levels) *graph {
	g := &graph{parts: map[string]Part{}, alone: map[string][]string{}, groups: map[string][]group{}, member: map[string]bool{}, levels: levels}
	for _, p := range parts {
		if !p.Gone {
			g.parts[p.ID] = p
		}
	}
	gathered := map[string]map[string]*group{}
	for _, n := range needs {
		_, from := g.parts[n.Dependent]
		_, to := g.parts[n.Supporter]
		if !from || !to || n.Dependent == n.Supporter {
			continue
		}
		if n.Group == "" {
			g.alone[n.Dependent] = append(g.alone[n.Dependent], n.Supporter)
			continue
		}
		if gathered[n.Dependent] == nil {
			gathered[n.Dependent] = map[string]*group{}
		}
		x := gathered[n.Dependent][n.Group]
		if x == nil {
			x = &group{name: n.Group, needed: 1}
			gathered[n.Dependent][n.Group] = x
		}
		x.needed = max(x.needed, n.Needed)
		if !slices.Contains(x.members, n.Supporter) {
			x.members = append(x.members, n.Supporter)
		}
	}
	for dependent, all := range gathered {
		for _, x := range all {
			if len(x.members) <= x.needed { // all of them are needed: no spare
				g.alone[dependent] = append(g.alone[dependent], x.members...)
				continue
			}
			slices.Sort(x.members)
			for _, m := range x.members {
				g.member[m] = true
			}
			g.groups[dependent] = append(g.groups[dependent], *x)
		}
		slices.SortFunc(g.groups[dependent], func(a, b group) int { return cmp.Compare(a.name, b.name) })
	}
	return g
}

// roots are the workload's own parts that are not one of several.
func (g *graph) roots() (out []string) {
	for id, p := range g.parts {
		if p.Own && !g.member[id] {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// require adds a part and all that it cannot do without: its lone supporters, and what every member of each of its groups needs.
func (g *graph) require(id string, into map[string]bool) {
	if into[id] {
		return
	}
	into[id] = true
	for _, s := range g.alone[id] {
		g.require(s, into)
	}
	for _, x := range g.groups[id] {
		for _, shared := range g.shared(x) {
			g.require(shared, into)
		}
	}
}

// shared are the parts without which no member of a group is there.
func (g *graph) shared(x group) (out []string) {
	count := map[string]int{}
	for _, m := range x.members {
		for id := range g.closure(m, map[string]bool{}) {
			count[id]++
		}
	}
	for id, n := range count {
		if n == len(x.members) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// closure is a part and its lone supporters, and theirs.
func (g *graph) closure(id string, into map[string]bool) map[string]bool {
	if into[id] {
		return into
	}
	into[id] = true
	for _, s := range g.alone[id] {
		g.closure(s, into)
	}
	return into
}

// redundant reckons the groups of what is always needed. A group that is met whenever another one is says nothing more.
func (g *graph) redundant(of []string, always map[string]bool) (out []Line) {
	type owned struct {
		id string
		group
	}
	var all []owned
	for _, id := range of {
		for _, x := range g.groups[id] {
			all = append(all, owned{id, x})
		}
	}
	slices.SortStableFunc(all, func(a, b owned) int { // the harder ones first
		return cmp.Or(cmp.Compare(len(a.members)-a.needed, len(b.members)-b.needed), cmp.Compare(len(a.members), len(b.members)))
	})
	var kept []group
	for _, x := range all {
		if slices.ContainsFunc(kept, x.follows) {
			continue
		}
		if line, known := g.group(x.id, x.group, always, map[string]bool{}); known {
			kept = append(kept, x.group)
			out = append(out, line)
		}
	}
	return out
}

// follows tells that a group is met whenever other is: it asks for no more, of more.
func (x group) follows(other group) bool {
	return x.needed <= other.needed && !slices.ContainsFunc(other.members, func(m string) bool { return !slices.Contains(x.members, m) })
}

// group reckons one need that several can meet, without what is counted already. known is false where nothing is undertaken for any of them.
func (g *graph) group(of string, x group, counted, above map[string]bool) (line Line, known bool) {
	line = Line{Kind: Redundant, Part: g.parts[of], Group: x.name, Needed: x.needed}
	shares := make([]float64, len(x.members))
	for i, m := range x.members {
		shares[i] = 1
		for id := range g.closure(m, map[string]bool{}) {
			if counted[id] {
				continue
			}
			if level, ok := g.levels.of(g.parts[id]); ok {
				shares[i] *= level.Figure / 100
				known = true
			}
			if above[id] { // a circle: what stands on itself adds nothing
				continue
			}
			within := maps.Clone(above)
			within[id] = true
			for _, below := range g.groups[id] {
				if inner, ok := g.group(id, below, counted, within); ok {
					shares[i] *= inner.Factor
					known = true
				}
			}
		}
		line.Members = append(line.Members, Member{Part: g.parts[m], Share: shares[i]})
	}
	line.Factor = atLeast(shares, x.needed)
	return line, known
}

// together holds groups of one kind to what the supplier undertakes for many of that kind at once, as several fail together when a region does.
func (g *graph) together(lines []Line) (out []Line) {
	product, level, first := map[string]float64{}, map[string]Level{}, map[string]Part{}
	for _, l := range lines {
		kind := l.Members[0].Part.Type
		if slices.ContainsFunc(l.Members, func(m Member) bool { return m.Part.Type != kind }) {
			continue
		}
		if found, ok := g.levels.of(l.Members[0].Part); ok && found.Together > 0 {
			if product[kind] == 0 {
				product[kind], level[kind], first[kind] = 1, found, l.Members[0].Part
			}
			product[kind] *= l.Factor
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(product)) {
		if most := level[kind].Together / 100; product[kind] > most {
			out = append(out, Line{Kind: Together, Part: first[kind], Level: level[kind], Factor: most / product[kind]})
		}
	}
	return out
}

// atLeast is the chance that at least k of independent members are there.
func atLeast(shares []float64, k int) float64 {
	ways := make([]float64, len(shares)+1) // that exactly i of those looked at are there
	ways[0] = 1
	for n, s := range shares {
		for i := n + 1; i > 0; i-- {
			ways[i] = ways[i]*(1-s) + ways[i-1]*s
		}
		ways[0] *= 1 - s
	}
	sum := 0.0
	for i := k; i < len(ways); i++ {
		sum += ways[i]
	}
	return math.Min(1, sum)
}
