package cmdb

import (
	"net/http"
	"slices"
	"strconv"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
)

// How deep the page looks unless told otherwise, how many CIs it lists and how many it draws.
const (
	impactDepth = 5
	impactRows  = 200
	openHits    = 30 // lines that stand open; the others are folded
	impactNodes = 60
)

func (h pages) impact(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.open(r, p, a, "impact")
	if err != nil {
		return err
	}
	i := impactView{direction: Impacts, depth: impactDepth, id: v.ID}
	if p.Query.Get("direction") == string(DependsOn) {
		i.direction = DependsOn
	}
	if n, err := strconv.Atoi(p.Query.Get("depth")); err == nil && n >= 1 && n <= MaxDepth {
		i.depth = n
	}
	if i.Impact, err = h.s.Impact(r.Context(), a, v.ID, i.direction, i.depth); err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, recordPage(p, v, impactTab(p, i)))
	return nil
}

// impactView is an impact as the page shows it.
type impactView struct {
	Impact
	id        string
	direction Direction
	depth     int
}

// people counts those who would have to be told, each once.
func (i impactView) people() int {
	seen := map[string]bool{}
	for _, w := range i.Workloads {
		for _, c := range w.Contacts {
			seen[c.ID] = true
		}
	}
	return len(seen)
}

func (i impactView) tiles(p *ui.Page) []ui.Tile {
	tone := func(n int, t ui.Tone) ui.Tone {
		if n == 0 || i.direction == DependsOn {
			return ""
		}
		return t
	}
	down, degraded := p.T("estate.impact.down"), p.T("estate.impact.degraded")
	if i.direction == DependsOn {
		down, degraded = p.T("estate.impact.needed"), p.T("estate.impact.spare")
	}
	tiles := []ui.Tile{
		{Label: down, Value: p.Number(i.Down), Tone: tone(i.Down, ui.Bad)},
		{Label: degraded, Value: p.Number(i.Degraded), Tone: tone(i.Degraded, ui.Soon)},
	}
	if i.direction == DependsOn {
		return tiles // nobody is hit by what something needs
	}
	return append(tiles,
		ui.Tile{Label: p.T("estate.impact.workloads"), Value: p.Number(len(i.Workloads))},
		ui.Tile{Label: p.T("estate.impact.people"), Value: p.Number(i.people())})
}

// picture draws the nearest CIs that are hit, each by the last step of the path that explains it.
func (i impactView) picture(p *ui.Page) ui.Graph {
	g := ui.Graph{ID: "impact", Label: p.T("estate.impact.label", "name", i.Origin.Name)}
	g.Nodes = append(g.Nodes, ui.Node{ID: i.Origin.ID, Label: i.Origin.Name, Kind: typeWord(p, i.Origin.Type), Focus: true})
	for _, c := range i.Items[:min(len(i.Items), impactNodes)] {
		n := ui.Node{ID: c.ID, Label: c.Name, Kind: typeWord(p, c.Type), Href: "/cis/" + c.ID + "/impact"}
		if i.direction == Impacts {
			n.State = map[Verdict]ui.Tone{Down: ui.Bad, Degraded: ui.Soon}[c.Verdict]
		}
		g.Nodes = append(g.Nodes, n)
		before := i.Origin.ID
		if len(c.Path) > 1 {
			before = c.Path[len(c.Path)-2].ID
		}
		step := c.Path[len(c.Path)-1]
		e := ui.Edge{From: before, To: c.ID, Label: relationWord(p, step.Relation, step.Reverse)}
		g.Edges = append(g.Edges, e)
	}
	return folded(p, g)
}

// drawn tells whether every CI that is hit is in the picture.
func (i impactView) drawn() bool { return len(i.Items) <= impactNodes }

func depths(p *ui.Page) (out []ui.Option) {
	for _, n := range []int{1, 2, 3, impactDepth, MaxDepth} {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Label: p.Number(n)})
	}
	return out
}

// worst gives the items with those that are down first, each depth in order.
func (i impactView) worst() []ImpactCI {
	rows := slices.Clone(i.Items)
	slices.SortStableFunc(rows, func(a, b ImpactCI) int {
		if a.Verdict == b.Verdict {
			return 0
		}
		if a.Verdict == Down {
			return -1
		}
		return 1
	})
	return rows[:min(len(rows), impactRows)]
}
