package cmdb

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// maxRelations is how many relations the panels of a CI's page look at.
const maxRelations = 500

// recordView is a CI as its page shows it.
type recordView struct {
	CI
	relations []Relation
	names     accountNames
	write     bool
	panels    []ui.Panel
	activity  web.Activity
	tab       string
}

// open reads what every tab of a CI's page has.
func (h pages) open(r *http.Request, p *ui.Page, a permission.Actor, tab string) (v recordView, err error) {
	if v.CI, err = h.one(r, p, a); err != nil {
		return v, err
	}
	ctx := r.Context()
	v.tab, v.write = tab, a.May(permission.CIWrite)
	if v.relations, err = h.s.RelationsOf(ctx, a, v.ID, maxRelations); err != nil {
		return v, err
	}
	if v.names, err = h.accountNames(ctx, a); err != nil {
		return v, err
	}
	for _, offer := range h.panels {
		more, err := offer(ctx, p, a, v.CI)
		if err != nil {
			return v, err
		}
		v.panels = append(v.panels, more...)
	}
	if tab == "" {
		if v.activity, err = h.shell.Around(r, p, a, "ci", v.ID); err != nil {
			return v, err
		}
		v.panels = append(v.panels, v.activity.Panels...)
	}
	p.Title, p.Active = v.Name, "inventory"
	p.Crumbs = []ui.Link{{Label: p.T("estate.ci.list"), Href: "/cis"}, {Label: typeWord(p, v.Type), Href: "/cis?type=" + v.Type}}
	return v, nil
}

func (h pages) record(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.open(r, p, a, "")
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, recordPage(p, v, factsTab(p, v)))
	return nil
}

func (v recordView) tabs(p *ui.Page) (tabs []ui.Tab) {
	for _, t := range [][2]string{{"", p.T("estate.tab.facts")}, {"graph", p.T("estate.tab.graph")}, {"impact", p.T("estate.tab.impact")}, {"history", p.T("estate.tab.history")}} {
		href := "/cis/" + v.ID
		if t[0] != "" {
			href += "/" + t[0]
		}
		tabs = append(tabs, ui.Tab{Label: t[1], Href: href, Active: v.tab == t[0]})
	}
	return tabs
}

func (v recordView) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{}
	if wide(p) {
		facts = append(facts, ui.Fact{Label: p.T("estate.customer"), Value: ui.Text(web.CustomerName(p, v.Customer))})
	}
	if v.Account != "" {
		facts = append(facts, ui.Fact{Label: p.T("estate.ci.account"), Value: ui.Text(v.names.long(v.Account))})
	}
	if v.Region != "" {
		facts = append(facts, ui.Fact{Label: p.T("estate.ci.region"), Value: ui.Text(v.Region)})
	}
	return append(facts,
		ui.Fact{Label: p.T("estate.ci.environment"), Value: pinned(p, v.CI, FieldEnvironment, environmentWord(p, v.Environment))},
		ui.Fact{Label: p.T("estate.ci.criticality"), Value: pinned(p, v.CI, FieldCriticality, criticalityWord(p, v.Criticality))},
		ui.Fact{Label: p.T("estate.ci.owner"), Value: pinned(p, v.CI, FieldOwner, v.Owner)},
		ui.Fact{Label: p.T("estate.ci.last_seen"), Value: when(p, v.LastSeen)},
	)
}

// identity are the lines that say which thing this is.
func (v recordView) identityFacts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("estate.ci.aws_type"), Value: ui.Code(v.Type)},
		{Label: p.T("estate.ci.external_id"), Value: ui.Code(v.ExternalID)},
	}
	if v.ARN != "" {
		facts = append(facts, ui.Fact{Label: "ARN", Value: ui.Code(v.ARN)})
	}
	return append(facts,
		ui.Fact{Label: p.T("estate.ci.source"), Value: ui.Text(sourceWord(p, v.Source))},
		ui.Fact{Label: p.T("estate.ci.first_seen"), Value: ui.Exactly(p, v.FirstSeen.Time)},
		ui.Fact{Label: p.T("estate.ci.last_seen"), Value: ui.Exactly(p, v.LastSeen.Time)},
	)
}

// attributes are what discovery saw, as a description list.
func (v recordView) attributes() []ui.Fact {
	facts := []ui.Fact{}
	for _, key := range keysOf(v.Attributes.V) {
		facts = append(facts, ui.Fact{Label: key, Value: value(v.Attributes.V[key])})
	}
	return facts
}

// scalar writes what is no list and no map.
func scalar(v any) string {
	switch x := v.(type) {
	case nil:
		return "–"
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// Other is the far end of a relation as a CI's page lists it.
type far struct {
	ID, Name, Type string
	Status         Status
	Waiting        bool // nobody knows yet which CI it is
}

func (r Relation) farFrom(ciID string) far {
	switch {
	case string(r.FromID) == ciID && r.Resolved:
		return far{string(r.ToID), string(r.ToName), string(r.ToType), Status(r.ToStatus), false}
	case r.Resolved:
		return far{string(r.FromID), string(r.FromName), string(r.FromType), Status(r.FromStatus), false}
	}
	return far{"", r.OtherKey, r.OtherType, "", true}
}

// side is a group of relations that read alike from one CI.
type side struct {
	relation collect.Relation
	back     bool
	ends     []far
}

// sides groups the relations of a CI by type and direction.
func sides(ciID string, relations []Relation) (out []side) {
	for _, r := range relations {
		back := string(r.ToID) == ciID && (r.Resolved || r.Inbound)
		at := slices.IndexFunc(out, func(s side) bool { return s.relation == r.Type && s.back == back })
		if at < 0 {
			out = append(out, side{relation: r.Type, back: back})
			at = len(out) - 1
		}
		out[at].ends = append(out[at].ends, r.farFrom(ciID))
	}
	order := collect.Relations()
	slices.SortStableFunc(out, func(a, b side) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.relation), slices.Index(order, b.relation)), strings.Compare(strconv.FormatBool(a.back), strconv.FormatBool(b.back)))
	})
	return out
}

// shownEnds is how many far ends of a group stand open in a panel.
const shownEnds = 6

// beside are the panels: the workload, the relations, and what other rooms offer. The tabs that are tables or pictures take the
// whole width instead.
func (v recordView) beside(p *ui.Page) []ui.Panel {
	if v.tab != "" {
		return nil
	}
	out := []ui.Panel{}
	if v.WorkloadID != "" {
		out = append(out, ui.Panel{Title: p.T("estate.ci.workload"), Body: workloadPanel(p, v.CI)})
	}
	for _, s := range sides(v.ID, v.relations) {
		out = append(out, ui.Panel{Title: capital(relationWord(p, s.relation, s.back)), Count: p.Number(len(s.ends)), Href: "/cis/" + v.ID + "/graph", Body: farEnds(p, s.ends)})
	}
	if len(v.relations) == 0 {
		out = append(out, ui.Panel{Title: p.T("estate.relations.title"), Body: muted(p.T("estate.relations.none"))})
	}
	return append(out, v.panels...)
}

func capital(s string) string {
	letters := []rune(s)
	if len(letters) == 0 {
		return s
	}
	return strings.ToUpper(string(letters[:1])) + string(letters[1:])
}

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

// pinned is a field of a CI with a word beside it where a person set it.
func pinned(p *ui.Page, c CI, field, word string) templ.Component {
	return pinnedValue(p, word, c.Source == Discovered && c.IsPinned(field))
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

// empty stands for a list without members.
const empty = "[]"

// reference is the identifier that people know a CI by, where its name is another.
func reference(c CI) string {
	if c.ExternalID == c.Name || len(c.ExternalID) > 40 {
		return ""
	}
	return c.ExternalID
}

// shown writes the value of a field that differs.
func shown(p *ui.Page, field, v string) string {
	switch {
	case v == "":
		return p.T("estate.ci.nothing")
	case field == FieldEnvironment:
		return environmentWord(p, v)
	case field == FieldCriticality:
		return criticalityWord(p, v)
	}
	return v
}

// tagHref is the inventory of everything with the same tag.
func tagHref(key, v string) string {
	if v == "" {
		v = "*"
	}
	return "/cis?" + url.Values{"tag." + key: {list.Join(v)}}.Encode()
}

// Of many leaves that are alike so many are drawn: a star of forty is a wall, not a picture.
const (
	openLeaves  = 4
	tightLeaves = 1  // in a picture that is crowded all the same
	crowded     = 14 // nodes
)

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
