package ui

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tile is one figure of a page's head.
type Tile struct {
	Label string
	Value string // already written: p.Number(1234)
	Href  string // where the rows behind the figure are; empty for none
	Note  string // "of 1,204", "since yesterday"
	Tone  Tone   // Bad and Soon add their shape; empty is plain
	Trend []Point
}

// Point is one value of a small line.
type Point struct {
	Label string // when, as written
	Text  string // the value as written
	Value float64
}

// Bar is one row of a bar table. Value is drawn against the largest.
type Bar struct {
	Label, Href, Text string // Text is the value as written
	Value             float64
	Tone              Tone // Bad and Soon change colour and should be explained by the label
}

// Area is one field of a treemap.
type Area struct {
	Label, Href, Text string
	Value             float64
}

// Slot is one piece of an availability strip, in order.
type Slot struct {
	Label string // when, as written
	Text  string // what was then, in words
	Tone  Tone
}

// Series is one line over time; a nil value is a gap.
type Series struct {
	Label  string     `json:"label"`
	Values []*float64 `json:"values"`
}

// Chart is a line chart with its table.
type Chart struct {
	ID, Label, Unit string
	Times           []time.Time
	Series          []Series
}

// Graph is nodes and edges, drawn by Cytoscape with a table beside. Give Nodes and Edges, or URL that answers them
// as JSON {"nodes":[…],"edges":[…]} for a large one.
type Graph struct {
	ID, Label string
	URL       string
	Down      bool // from top to bottom; otherwise from left to right
	Nodes     []Node
	Edges     []Edge
}

// Node is one thing of a graph.
type Node struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Kind  string `json:"kind,omitempty"`  // second line
	Href  string `json:"href,omitempty"`  // page that a click opens
	State Tone   `json:"state,omitempty"` // Bad, Soon or Off
	Focus bool   `json:"focus,omitempty"` // the one that the page is about
}

// Edge leads from one node to another.
type Edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Label string `json:"label,omitempty"`
}

// data is what graph.js reads. Edges to nodes that are not given would break the drawing and are left out.
func (g Graph) data(p *Page) (string, error) {
	known := map[string]bool{}
	nodes := make([]Node, len(g.Nodes))
	for i, n := range g.Nodes {
		known[n.ID] = true
		nodes[i] = n
		if n.Href != "" {
			nodes[i].Href = p.In(n.Href)
		}
	}
	edges := []Edge{}
	for _, e := range g.Edges {
		if known[e.From] && known[e.To] {
			edges = append(edges, e)
		}
	}
	text, err := json.Marshal(map[string]any{"nodes": nodes, "edges": edges})
	return string(text), err
}

// size is the class of the frame: its height must stand before the script has drawn, or the page would jump.
func (g Graph) size() string {
	switch n := len(g.Nodes); {
	case g.URL != "" || n > 20:
		return "v-graph-large"
	case n <= 5:
		return "v-graph-small"
	}
	return ""
}

func (g Graph) direction() string {
	if g.Down {
		return "TB"
	}
	return "LR"
}

// links are the edges of one node for the table: "contains: subnet-a".
func (g Graph) links(id string) []Fact {
	labels := map[string]Node{}
	for _, n := range g.Nodes {
		labels[n.ID] = n
	}
	var facts []Fact
	for _, e := range g.Edges {
		if e.From == id {
			if to, ok := labels[e.To]; ok {
				facts = append(facts, Fact{Label: e.Label, Value: Text(to.Label)})
			}
		}
	}
	return facts
}

func (c Chart) data(p *Page) (string, error) {
	seconds := make([]int64, len(c.Times))
	for i, t := range c.Times {
		seconds[i] = t.Unix()
	}
	text, err := json.Marshal(map[string]any{"times": seconds, "series": c.Series, "unit": c.Unit, "time": p.T("ui.picture.time")})
	return string(text), err
}

func largest(bars []Bar) float64 {
	top := 0.0
	for _, b := range bars {
		top = max(top, b.Value)
	}
	return top
}

// width is the share of the longest bar in the units of a 0…1000 view box; what is not nothing is seen.
func (b Bar) width(top float64) string {
	if top <= 0 || b.Value <= 0 {
		return "0"
	}
	return svgNumber(max(4, 1000*b.Value/top))
}

func (b Bar) fill() string {
	switch b.Tone {
	case Bad:
		return "v-fill v-fill-red"
	case Soon:
		return "v-fill v-fill-amber"
	}
	return "v-fill"
}

// sparkPoints are the corners of a line in a 100 by 20 box, with a pixel of air.
func sparkPoints(values []Point) string {
	if len(values) < 2 {
		return ""
	}
	low, high := values[0].Value, values[0].Value
	for _, v := range values {
		low, high = min(low, v.Value), max(high, v.Value)
	}
	points := make([]string, len(values))
	for i, v := range values {
		y := 10.0
		if high > low {
			y = 19 - 18*(v.Value-low)/(high-low)
		}
		points[i] = fmt.Sprintf("%s,%s", svgNumber(100*float64(i)/float64(len(values)-1)), svgNumber(y))
	}
	return strings.Join(points, " ")
}

func svgNumber(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
