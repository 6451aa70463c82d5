package cmdb

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"vigie/internal/platform/db"
)

// Gather reads what other rooms reckon with, within their transaction. It has no state; the zero value is ready.
type Gather struct{}

// Gathered is a workload as other rooms need it.
type Gathered struct {
	CustomerID  string `db:"customer_id"`
	ID          string `db:"id"`
	Name        string `db:"name"`
	Environment string `db:"environment"`
	Criticality string `db:"criticality"`
}

// Workloads gives the workloads of the transaction's scope, by name.
func (Gather) Workloads(ctx context.Context, tx *db.Tx) (out []Gathered, err error) {
	if err := tx.Select(ctx, &out, `SELECT `+db.Columns[Gathered]("w.")+` FROM {workload} w ORDER BY w.name, w.id`); err != nil {
		return nil, fmt.Errorf("workloads: %w", err)
	}
	return out, nil
}

// Piece is a CI as other rooms reckon with it.
type Piece struct {
	ID          string                     `db:"id"`
	Type        string                     `db:"type"`
	Name        string                     `db:"name"`
	ARN         string                     `db:"arn"`
	Account     string                     `db:"account"`
	Region      string                     `db:"region"`
	Environment string                     `db:"environment"`
	Status      Status                     `db:"status"`
	WorkloadID  db.Null                    `db:"workload_id"`
	Tags        db.JSON[map[string]string] `db:"tags"`
	Attributes  db.JSON[map[string]any]    `db:"attributes"`
}

// Support is "dependent needs supporter", by ids; a group of them is one need, of which as many as Needed must be well.
type Support struct {
	Dependent, Supporter, Group string
	Needed                      int
}

// maxPieces is how many CIs of one workload are reckoned with.
const maxPieces = maxHits

// Pieces gives the CIs of a workload in one environment and, level by level as impact does, what these need; those of the workload come
// first. CIs that say no environment belong to that of their workload. CIs that are gone are left out.
func (Gather) Pieces(ctx context.Context, tx *db.Tx, workload, environment string) (out []Piece, supports []Support, err error) {
	if err := tx.Select(ctx, &out, `SELECT `+db.Columns[Piece]("c.")+` FROM {ci} c JOIN {workload} w ON w.id = c.workload_id
		WHERE c.workload_id = ? AND c.status <> 'gone' AND (c.environment = ? OR c.environment = '' AND w.environment IN ('', ?)) ORDER BY c.type, c.name, c.id LIMIT ?`,
		workload, environment, environment, maxPieces); err != nil {
		return nil, nil, fmt.Errorf("CIs of workload %s: %w", workload, err)
	}
	known := map[string]bool{}
	frontier := make([]string, len(out))
	for i, p := range out {
		known[p.ID], frontier[i] = true, p.ID
	}
	g := stored{tx}
	for level := 0; level < MaxDepth && len(frontier) > 0 && len(known) < maxPieces; level++ {
		needs, err := g.supporters(ctx, frontier)
		if err != nil {
			return nil, nil, fmt.Errorf("what workload %s needs: %w", workload, err)
		}
		frontier = nil
		for _, n := range needs {
			if n.Lost {
				continue
			}
			supports = append(supports, Support{n.Dependent, n.Supporter, n.Group, n.Needed})
			if !known[n.Supporter] {
				known[n.Supporter] = true
				frontier = append(frontier, n.Supporter)
			}
		}
		more, err := pieces(ctx, tx, frontier)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, more...)
	}
	return out, supports, nil
}

func pieces(ctx context.Context, tx *db.Tx, list []string) (out []Piece, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	in, p := db.IDs(tx, "c.id", list)
	if err := tx.Select(ctx, &out, `SELECT `+db.Columns[Piece]("c.")+` FROM {ci} c WHERE `+in, p); err != nil {
		return nil, fmt.Errorf("CIs: %w", err)
	}
	return out, nil
}

// Plan is a backup plan with its selections, and the CIs that those name.
type Plan struct {
	Piece
	Selections []PlanSelection
}

// PlanSelection is one selection of a plan, and the CIs that it names in full.
type PlanSelection struct {
	Piece
	Protects []string
}

// Plans gives the backup plans of a customer's accounts, in three statements.
func (Gather) Plans(ctx context.Context, tx *db.Tx) (out []Plan, err error) {
	var rows []Piece
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[Piece]("c.")+` FROM {ci} c WHERE c.type IN ('AWS::Backup::BackupPlan', 'AWS::Backup::BackupSelection')
		AND c.status <> 'gone' ORDER BY c.type, c.name, c.id`); err != nil {
		return nil, fmt.Errorf("backup plans: %w", err)
	}
	var edges []struct {
		From string `db:"from_id"`
		To   string `db:"to_id"`
		Type string `db:"type"`
	}
	if len(rows) > 0 {
		if err := tx.Select(ctx, &edges, `SELECT r.from_id, r.to_id, r.type FROM {relation} r JOIN {ci} s ON s.id = r.from_id
			WHERE s.type IN ('AWS::Backup::BackupPlan', 'AWS::Backup::BackupSelection') AND r.type IN ('contains', 'protects') AND r.to_id IS NOT NULL`); err != nil {
			return nil, fmt.Errorf("what backup plans protect: %w", err)
		}
	}
	selections := map[string]PlanSelection{}
	for _, r := range rows {
		if r.Type == "AWS::Backup::BackupSelection" {
			selections[r.ID] = PlanSelection{Piece: r}
		}
	}
	for _, e := range edges {
		if s, ok := selections[e.From]; ok && e.Type == "protects" {
			s.Protects = append(s.Protects, e.To)
			selections[e.From] = s
		}
	}
	for _, r := range rows {
		if r.Type != "AWS::Backup::BackupPlan" {
			continue
		}
		plan := Plan{Piece: r}
		for _, e := range edges {
			if s, ok := selections[e.To]; ok && e.From == r.ID && e.Type == "contains" {
				plan.Selections = append(plan.Selections, s)
			}
		}
		out = append(out, plan)
	}
	return slices.Clip(out), nil
}

// CountTypes counts the CIs of these types that are not gone, in one statement.
func (Gather) CountTypes(ctx context.Context, tx *db.Tx, types []string) (map[string]int64, error) {
	var rows []struct {
		Type string `db:"type"`
		N    int64  `db:"n"`
	}
	if err := tx.Select(ctx, &rows, `SELECT c.type, COUNT(*) AS n FROM {ci} c WHERE c.type IN (`+db.Marks(len(types))+`) AND c.status <> 'gone' GROUP BY c.type`, db.Anys(types)...); err != nil {
		return nil, fmt.Errorf("count CIs: %w", err)
	}
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Type] = r.N
	}
	return out, nil
}

// Mark is who a CI is, and what tells whether it has changed.
type Mark struct {
	ID          string `db:"id"`
	Type        string `db:"type"`
	ExternalID  string `db:"external_id"`
	Account     string `db:"account"`
	Region      string `db:"region"`
	Environment string `db:"environment"`
	Name        string `db:"name"`
	Fingerprint string `db:"fingerprint"`
	Version     int64  `db:"version"`
}

// Print tells whether a CI has changed: the fingerprint of all that discovery says of it, or the version of the row where people keep it.
func (m Mark) Print() string {
	if m.Fingerprint != "" {
		return m.Fingerprint
	}
	return "v" + strconv.FormatInt(m.Version, 10)
}

// Fingerprints gives the marks of all CIs of the transaction's scope that are not gone.
func (Gather) Fingerprints(ctx context.Context, tx *db.Tx) (out []Mark, err error) {
	if err := tx.Select(ctx, &out, `SELECT `+db.Columns[Mark]("c.")+` FROM {ci} c WHERE c.status <> 'gone'`); err != nil {
		return nil, fmt.Errorf("fingerprints: %w", err)
	}
	return out, nil
}
