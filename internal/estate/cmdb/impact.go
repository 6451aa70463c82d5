package cmdb

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
)

// Direction says which way impact is asked for.
type Direction string

// The directions: what suffers if this fails, and what this needs.
const (
	Impacts   Direction = "impacts"
	DependsOn Direction = "depends_on"
)

// Verdict says how badly a CI is hit.
type Verdict string

// down: it fails with the origin (or, looking the other way, the origin fails with it). degraded: it goes on with less
// redundancy than it had, so nothing that hangs on it is hit.
const (
	Down     Verdict = "down"
	Degraded Verdict = "degraded"
)

// MaxDepth is how far impact is followed.
const MaxDepth = 10

// maxHits is how many CIs an answer names before it is cut short, and says so.
const maxHits = 5000

// need is one relation seen as "dependent needs supporter", whichever way it was told. Needs of one dependent with the same group
// are one need, of which as many as Needed must be well.
type need struct {
	Relation  string           `db:"id"`
	Type      collect.Relation `db:"type"`
	Dependent string           `db:"dependent"`
	Supporter string           `db:"supporter"`
	Group     string           `db:"redundancy"`
	Needed    int              `db:"needed"`
	// Lost says that the supporter is gone already: it does not count as well.
	Lost bool `db:"lost"`
}

func (n need) compare(m need) int {
	return cmp.Or(strings.Compare(n.Dependent, m.Dependent), strings.Compare(n.Group, m.Group), strings.Compare(n.Supporter, m.Supporter),
		strings.Compare(string(n.Type), string(m.Type)), strings.Compare(n.Relation, m.Relation))
}

// graph is what impact is computed over: a database, or a map in tests.
type graph interface {
	// dependents gives the needs whose supporter is one of these. CIs that are gone need nothing.
	dependents(ctx context.Context, of []string) ([]need, error)
	// groups gives all needs with a group of these dependents; an end that nobody knows yet is a supporter with a name of its own.
	groups(ctx context.Context, of []string) ([]need, error)
	// supporters gives all needs of these dependents, as far as both ends are known.
	supporters(ctx context.Context, of []string) ([]need, error)
}

// hit is one CI that impact reaches, the need through which it was reached, and the hit at its other end (nil: the origin has
// none). That other hit is kept as it was then: a CI that turns out worse later gets a new one.
type hit struct {
	id      string
	verdict Verdict
	depth   int
	via     need
	from    *hit
}

// reach is the answer in ids: hits by depth, then id.
type reach struct {
	hits      []hit
	truncated bool
}

// group is one need of a dependent that several supporters meet.
type group struct{ dependent, name string }

// members of a group: who is well and who has failed.
type members struct {
	needed int
	well   map[string]bool
}

// affected computes what suffers when the origin fails. Level by level, what failed is taken out of the groups it belongs to; a
// dependent fails when a need of its own cannot be met. What has failed stays so: the walk ends on any graph, and the result
// does not depend on the order of relations.
func affected(ctx context.Context, g graph, origin string, depth, limit int) (reach, error) {
	found := map[string]*hit{origin: {id: origin, verdict: Down}}
	groups := map[group]*members{}
	loaded := map[string]bool{} // dependents whose groups are known
	frontier := []string{origin}
	var out reach
	for level := 1; level <= depth && len(frontier) > 0 && !out.truncated; level++ {
		needs, err := g.dependents(ctx, frontier)
		if err != nil {
			return out, err
		}
		slices.SortFunc(needs, need.compare)
		if err := loadGroups(ctx, g, needs, found, loaded, groups); err != nil {
			return out, err
		}
		for _, n := range needs { // all failures of this level first, so that their order does not matter
			if n.Group != "" {
				if m := groups[group{n.Dependent, n.Group}]; m != nil {
					delete(m.well, n.Supporter)
				}
			}
		}
		frontier = frontier[:0]
		for _, n := range needs {
			verdict := Down
			if n.Group != "" {
				if m := groups[group{n.Dependent, n.Group}]; m != nil && len(m.well) >= m.needed {
					verdict = Degraded
				}
			}
			h := found[n.Dependent]
			switch {
			case h == nil && len(found) > limit:
				out.truncated = true
				continue
			case h == nil:
				h = &hit{id: n.Dependent}
				found[n.Dependent] = h
			case h.verdict == Down || verdict == Degraded:
				continue
			}
			h.verdict, h.depth, h.via, h.from = verdict, level, n, found[n.Supporter]
			if verdict == Down {
				frontier = append(frontier, h.id)
			}
		}
	}
	out.collect(found, origin)
	return out, nil
}

func loadGroups(ctx context.Context, g graph, needs []need, found map[string]*hit, loaded map[string]bool, groups map[group]*members) error {
	var ask []string
	for _, n := range needs {
		if h := found[n.Dependent]; n.Group != "" && !loaded[n.Dependent] && (h == nil || h.verdict != Down) {
			loaded[n.Dependent] = true
			ask = append(ask, n.Dependent)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	all, err := g.groups(ctx, ask)
	if err != nil {
		return err
	}
	fresh := map[group]*members{}
	for _, n := range all {
		k := group{n.Dependent, n.Group}
		m := fresh[k]
		if m == nil {
			m = &members{needed: 1, well: map[string]bool{}}
			fresh[k] = m
		}
		m.needed = max(m.needed, n.Needed)
		if !n.Lost {
			m.well[n.Supporter] = true
		}
	}
	for k, m := range fresh {
		// A need that is not met even before anything failed tells more than is so: then each that is left is needed.
		m.needed = max(1, min(m.needed, len(m.well)))
		// What failed on an earlier level, before the group was of interest, is not well either.
		for s := range m.well {
			if h := found[s]; h != nil && h.verdict == Down {
				delete(m.well, s)
			}
		}
		groups[k] = m
	}
	return nil
}

// needed computes what the origin depends on. A supporter counts as down if the origin would fail with it along needs that know
// no redundancy, as degraded if something on the way could do without it.
func needed(ctx context.Context, g graph, origin string, depth, limit int) (reach, error) {
	found := map[string]*hit{origin: {id: origin, verdict: Down}}
	of := map[string][]need{} // needs by dependent
	frontier := []string{origin}
	var out reach
	for level := 1; level <= depth && len(frontier) > 0 && !out.truncated; level++ {
		if err := loadNeeds(ctx, g, frontier, of); err != nil {
			return out, err
		}
		best := map[string]hit{}
		for _, dependent := range frontier {
			spare := spares(of[dependent])
			for _, n := range of[dependent] {
				h := hit{id: n.Supporter, verdict: found[dependent].verdict, depth: level, via: n, from: found[dependent]}
				if n.Group != "" && spare[n.Group] {
					h.verdict = Degraded
				}
				if b, ok := best[h.id]; !ok || h.betterThan(b) {
					best[h.id] = h
				}
			}
		}
		frontier = frontier[:0]
		for _, s := range keysOf(best) {
			h := best[s]
			switch f := found[s]; {
			case f == nil && len(found) > limit:
				out.truncated = true
				continue
			case f == nil, f.verdict == Degraded && h.verdict == Down:
				found[s] = &h
				if !h.via.Lost {
					frontier = append(frontier, s)
				}
			}
		}
	}
	out.collect(found, origin)
	return out, nil
}

func loadNeeds(ctx context.Context, g graph, frontier []string, of map[string][]need) error {
	var ask []string
	for _, f := range frontier {
		if _, known := of[f]; !known {
			of[f] = nil
			ask = append(ask, f)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	all, err := g.supporters(ctx, ask)
	for _, n := range all {
		of[n.Dependent] = append(of[n.Dependent], n)
	}
	return err
}

// spares tells the groups that have more well members than they need.
func spares(needs []need) map[string]bool {
	groups := map[string]*members{}
	for _, n := range needs {
		if n.Group == "" {
			continue
		}
		m := groups[n.Group]
		if m == nil {
			m = &members{needed: 1, well: map[string]bool{}}
			groups[n.Group] = m
		}
		m.needed = max(m.needed, n.Needed)
		if !n.Lost {
			m.well[n.Supporter] = true
		}
	}
	out := map[string]bool{}
	for name, m := range groups {
		out[name] = len(m.well) > m.needed
	}
	return out
}

// betterThan prefers what is surely needed, then the smaller names, so that the order of relations does not matter.
func (h hit) betterThan(b hit) bool {
	if h.verdict != b.verdict {
		return h.verdict == Down
	}
	return h.via.compare(b.via) < 0
}

func (r *reach) collect(found map[string]*hit, origin string) {
	for id, h := range found {
		if id != origin {
			r.hits = append(r.hits, *h)
		}
	}
	slices.SortFunc(r.hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.depth, b.depth), strings.Compare(a.id, b.id)) })
}
