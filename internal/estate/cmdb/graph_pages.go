package cmdb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
)

func (h pages) graph(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.open(r, p, a, "graph")
	if err != nil {
		return err
	}
	g := graphView{depth: 1, direction: p.Query.Get("direction")}
	if p.Query.Get("depth") == "2" {
		g.depth = graphDepth
	}
	if g.direction != "in" && g.direction != "out" {
		g.direction = ""
	}
	relations, cut, err := h.around(r.Context(), a, v.CI, g.depth, g.direction)
	if err != nil {
		return err
	}
	g.picture, g.cut = drawing(p, v.CI, relations), cut
	ui.Render(w, r, http.StatusOK, recordPage(p, v, graphTab(p, v, g)))
	return nil
}

type graphView struct {
	depth     int
	direction string
	picture   ui.Graph
	cut       bool
}

// drawing turns relations into a picture with the CI in its middle.
func drawing(p *ui.Page, c CI, relations []Relation) ui.Graph {
	g := ui.Graph{ID: "graph", Label: p.T("estate.graph.label", "name", c.Name)}
	known := map[string]bool{c.ID: true}
	g.Nodes = append(g.Nodes, ui.Node{ID: c.ID, Label: c.Name, Kind: typeWord(p, c.Type), Focus: true, State: nodeTone(c.Status)})
	add := func(id, name, typ string, s Status) {
		if id != "" && !known[id] {
			known[id] = true
			g.Nodes = append(g.Nodes, ui.Node{ID: id, Label: name, Kind: typeWord(p, typ), Href: "/cis/" + id + "/graph", State: nodeTone(s)})
		}
	}
	for _, r := range relations {
		add(string(r.FromID), string(r.FromName), string(r.FromType), Status(r.FromStatus))
		add(string(r.ToID), string(r.ToName), string(r.ToType), Status(r.ToStatus))
		g.Edges = append(g.Edges, ui.Edge{From: string(r.FromID), To: string(r.ToID), Label: relationWord(p, r.Type, false)})
	}
	return balanced(p, folded(p, g))
}

func nodeTone(s Status) ui.Tone {
	switch s {
	case Stale:
		return ui.Soon
	case Gone:
		return ui.Off
	}
	return ""
}

// balanced turns some of the edges that end at the CI in the middle round, and their words with them ("A runs on B" is "B runs A"),
// so that its neighbours stand on both sides of it rather than in one tall column.
func balanced(p *ui.Page, g ui.Graph) ui.Graph {
	turned := map[string]string{}
	for _, r := range collect.Relations() {
		turned[relationWord(p, r, false)] = relationWord(p, r, true)
		turned[relationWord(p, r, true)] = relationWord(p, r, false)
	}
	focus, degree := g.Nodes[0].ID, map[string]int{}
	for _, e := range g.Edges {
		degree[e.From]++
		degree[e.To]++
	}
	var before, after []int // edges to leaves, by the side on which the leaf stands
	for i, e := range g.Edges {
		switch {
		case e.To == focus && degree[e.From] == 1:
			before = append(before, i)
		case e.From == focus && degree[e.To] == 1:
			after = append(after, i)
		}
	}
	many, few := before, after
	if len(many) < len(few) {
		many, few = few, many
	}
	for n := (len(many) - len(few)) / 2; n > 0; n-- {
		e := &g.Edges[many[len(many)-n]]
		if word, ok := turned[e.Label]; ok {
			e.From, e.To, e.Label = e.To, e.From, word
		}
	}
	return g
}

// folded draws leaves that are alike (same neighbour, relation, direction, type and state) as a few and one that stands for the rest.
func folded(p *ui.Page, g ui.Graph) ui.Graph {
	few := openLeaves
	if len(g.Nodes) > crowded {
		few = tightLeaves
	}
	degree := map[string]int{}
	for _, e := range g.Edges {
		degree[e.From]++
		degree[e.To]++
	}
	nodes := map[string]ui.Node{}
	for _, n := range g.Nodes {
		nodes[n.ID] = n
	}
	type group struct {
		hub, label, kind string
		state            ui.Tone
		back             bool
	}
	leaves := map[group][]string{}
	var order []group
	for _, e := range g.Edges {
		for _, leaf := range []string{e.From, e.To} {
			n := nodes[leaf]
			if degree[leaf] != 1 || n.Focus {
				continue
			}
			hub := e.From
			if leaf == e.From {
				hub = e.To
			}
			at := group{hub, e.Label, n.Kind, n.State, leaf == e.From}
			if leaves[at] == nil {
				order = append(order, at)
			}
			leaves[at] = append(leaves[at], leaf)
		}
	}
	hidden := map[string]bool{}
	for i, at := range order {
		all := leaves[at]
		if len(all) <= few+1 {
			continue
		}
		for _, id := range all[few:] {
			hidden[id] = true
		}
		rest := ui.Node{ID: "rest-" + strconv.Itoa(i), Label: p.N("estate.overview.more", len(all)-few), Kind: at.kind, State: at.state, Href: "/cis/" + at.hub}
		edge := ui.Edge{From: at.hub, To: rest.ID, Label: at.label}
		if at.back {
			edge.From, edge.To = rest.ID, at.hub
		}
		g.Nodes, g.Edges = append(g.Nodes, rest), append(g.Edges, edge)
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n ui.Node) bool { return hidden[n.ID] })
	g.Edges = slices.DeleteFunc(g.Edges, func(e ui.Edge) bool { return hidden[e.From] || hidden[e.To] })
	slices.SortStableFunc(g.Nodes[1:], func(a, b ui.Node) int { return strings.Compare(a.Kind, b.Kind) })
	return g
}
