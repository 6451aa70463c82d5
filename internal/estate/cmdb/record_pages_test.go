package cmdb

import (
	"strconv"
	"testing"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/locales"
)

func page(t *testing.T) *ui.Page {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	return &ui.Page{Printer: bundle.Printer("en", time.UTC, time.Unix(0, 0))}
}

// A CI with many neighbours alike is drawn with one of them and the rest, on both sides, and every edge still says the truth.
func TestDrawing(t *testing.T) {
	t.Parallel()
	var c CI
	c.ID, c.Name, c.Type = "hub", "subnet", "AWS::EC2::Subnet"
	var relations []Relation
	relate := func(n int, typ string) {
		for range n {
			var r Relation
			id := "n" + strconv.Itoa(len(relations))
			r.ID, r.Type, r.FromID, r.ToID, r.Resolved = id, collect.RunsOn, db.Null(id), "hub", true
			r.FromName, r.FromType, r.ToName = db.Null(id), db.Null(typ), "subnet"
			relations = append(relations, r)
		}
	}
	relate(20, "AWS::EC2::Instance")
	relate(1, "AWS::ECS::Service")
	relate(2, "AWS::EKS::Cluster")
	g := drawing(page(t), c, relations)
	labels := map[string]ui.Node{}
	for _, n := range g.Nodes {
		labels[n.Label] = n
	}
	if len(g.Nodes) != 6 || labels["19 more"].Kind != "EC2 instance" || !labels["subnet"].Focus || labels["n20"].Kind != "ECS service" {
		t.Fatalf("nodes: %+v", g.Nodes)
	}
	left, right := 0, 0
	for _, e := range g.Edges {
		switch {
		case e.To == "hub" && e.Label == "runs on":
			left++
		case e.From == "hub" && e.Label == "runs":
			right++
		default:
			t.Errorf("edge %+v", e)
		}
	}
	if left != 3 || right != 2 {
		t.Errorf("%d neighbours before the CI and %d after it", left, right)
	}
}
