package cmdb

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Impact is what a CI's failure touches, or what the CI needs.
type Impact struct {
	Origin    ImpactCI       `json:"origin"`
	Direction Direction      `json:"direction"`
	Depth     int            `json:"depth"`
	Items     []ImpactCI     `json:"items" doc:"CIs by depth"`
	Workloads []ImpactOfWork `json:"workloads"`
	Down      int            `json:"down"`
	Degraded  int            `json:"degraded"`
	Truncated bool           `json:"truncated" doc:"There is more than an answer names"`
}

// ImpactCI is one CI of an impact with the path that explains it.
type ImpactCI struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Type        string       `json:"type"`
	Account     string       `json:"account"`
	Region      string       `json:"region"`
	Status      Status       `json:"status"`
	Environment string       `json:"environment"`
	Criticality string       `json:"criticality"`
	Workload    string       `json:"workload" doc:"Id of the workload"`
	Verdict     Verdict      `json:"verdict" enum:"down,degraded"`
	Depth       int          `json:"depth"`
	Group       string       `json:"redundancy,omitempty" doc:"The redundancy group that the last step belongs to"`
	Path        []ImpactStep `json:"path" doc:"From the origin to this CI"`
}

// ImpactStep is one relation on a path and the CI that it leads to. Reverse: the relation reads from that CI to the one before.
type ImpactStep struct {
	Relation collect.Relation `json:"relation"`
	Reverse  bool             `json:"reverse"`
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Type     string           `json:"type"`
}

// ImpactOfWork is a workload that is hit, with the people to tell.
type ImpactOfWork struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Criticality string    `json:"criticality"`
	Verdict     Verdict   `json:"verdict" enum:"down,degraded" doc:"The worst of its CIs; the failed one itself counts as degraded while everything that stands on it has a spare"`
	CIs         int       `json:"cis" doc:"How many of its CIs are hit"`
	Contacts    []Contact `json:"contacts"`
}

// Impact tells what suffers if the CI fails, or what it depends on, to a depth of 1 to MaxDepth. Codes: not_found, forbidden, invalid.
func (s *Service) Impact(ctx context.Context, a permission.Actor, ciID string, d Direction, depth int) (out Impact, err error) {
	var f fault.Fields
	if d != Impacts && d != DependsOn {
		f.Add("direction", "cmdb.fault.choice", "choices", "impacts, depends_on")
	}
	if depth < 1 || depth > MaxDepth {
		f.Add("depth", "cmdb.fault.range", "min", 1, "max", MaxDepth)
	}
	if err := f.Err(); err != nil {
		return out, err
	}
	err = s.viewRecord(ctx, a, permission.CIRead, "ci", ciID, func(tx *db.Tx) error {
		walk := affected
		if d == DependsOn {
			walk = needed
		}
		r, err := walk(ctx, stored{tx}, ciID, depth, maxHits)
		if err != nil {
			return err
		}
		out, err = explain(ctx, tx, ciID, r)
		out.Direction, out.Depth = d, depth
		return err
	})
	return out, err
}

// explain gives ids their names, paths and workloads.
func explain(ctx context.Context, tx *db.Tx, origin string, r reach) (Impact, error) {
	list := make([]string, 0, len(r.hits)+1)
	list = append(list, origin)
	for _, h := range r.hits {
		list = append(list, h.id)
	}
	nodes, err := loadNodes(ctx, tx, list)
	if err != nil {
		return Impact{}, err
	}
	out := Impact{Items: make([]ImpactCI, 0, len(r.hits)), Truncated: r.truncated, Origin: describe(nodes[origin], hit{id: origin, verdict: Down})}
	for _, h := range r.hits {
		c := describe(nodes[h.id], h)
		c.Path = pathTo(h, nodes)
		out.Items = append(out.Items, c)
		if h.verdict == Down {
			out.Down++
		} else {
			out.Degraded++
		}
	}
	out.Workloads, err = workloadsHit(ctx, tx, out)
	return out, err
}

func describe(n node, h hit) ImpactCI {
	return ImpactCI{ID: h.id, Name: n.Name, Type: n.Type, Account: n.Account, Region: n.Region, Status: n.Status, Environment: n.Environment,
		Criticality: n.Criticality, Workload: string(n.WorkloadID), Verdict: h.verdict, Depth: h.depth, Group: h.via.Group, Path: []ImpactStep{}}
}

// pathTo follows a hit back to the origin.
func pathTo(h hit, nodes map[string]node) []ImpactStep {
	path := make([]ImpactStep, 0, h.depth)
	for at := &h; at.from != nil; at = at.from {
		// "dependent runs_on supporter" reads backwards when we come from the supporter; "supporter contains dependent" does not.
		reverse := (at.via.Type.Travel() == collect.Backward) == (at.id == at.via.Dependent)
		n := nodes[at.id]
		path = append(path, ImpactStep{Relation: at.via.Type, Reverse: reverse, ID: at.id, Name: n.Name, Type: n.Type})
	}
	slices.Reverse(path)
	return path
}

// weightOfOrigin is what the failed CI itself means to its workload: one of several, on which only things with a spare stand, takes
// no workload down.
func (i Impact) weightOfOrigin() Verdict {
	if len(i.Items) > 0 && i.Down == 0 {
		return Degraded
	}
	return Down
}

// workloadsHit counts by workload, the origin's own included, and names who is to be told.
func workloadsHit(ctx context.Context, tx *db.Tx, i Impact) ([]ImpactOfWork, error) {
	hit := map[string]*ImpactOfWork{}
	origin := i.Origin
	origin.Verdict = i.weightOfOrigin()
	for _, c := range append([]ImpactCI{origin}, i.Items...) {
		if c.Workload == "" {
			continue
		}
		w := hit[c.Workload]
		if w == nil {
			w = &ImpactOfWork{ID: c.Workload, Verdict: Degraded, Contacts: []Contact{}}
			hit[c.Workload] = w
		}
		w.CIs++
		if c.Verdict == Down {
			w.Verdict = Down
		}
	}
	out := []ImpactOfWork{}
	if len(hit) == 0 {
		return out, nil
	}
	in, p := db.IDs(tx, "w.id", keysOf(hit))
	var rows []struct {
		ID          string `db:"id"`
		Name        string `db:"name"`
		Criticality string `db:"criticality"`
	}
	if err := tx.Select(ctx, &rows, `SELECT w.id, w.name, w.criticality FROM {workload} w WHERE `+in, p); err != nil {
		return nil, err
	}
	contacts, err := contactsOf(ctx, tx, keysOf(hit))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		w := hit[r.ID]
		w.Name, w.Criticality = r.Name, r.Criticality
		if c := contacts[r.ID]; c != nil {
			w.Contacts = c
		}
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b ImpactOfWork) int {
		return cmp.Or(strings.Compare(string(b.Verdict), string(a.Verdict)), cmp.Compare(b.CIs, a.CIs), strings.Compare(a.Name, b.Name))
	})
	return out, nil
}

// contactsOf gives the contacts of workloads.
func contactsOf(ctx context.Context, tx *db.Tx, workloads []string) (map[string][]Contact, error) {
	in, p := db.IDs(tx, "x.workload_id", workloads)
	var rows []Contact
	err := tx.Select(ctx, &rows, `SELECT x.workload_id, p.id, p.name, p.email, p.phone, p.job FROM {workload_contact} x
		JOIN {contact} p ON p.id = x.contact_id WHERE `+in+` ORDER BY p.name, p.id`, p)
	if err != nil {
		return nil, err
	}
	out := map[string][]Contact{}
	for _, c := range rows {
		out[c.WorkloadID] = append(out[c.WorkloadID], c)
	}
	return out, nil
}
