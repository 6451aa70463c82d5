package app

import (
	"context"
	"fmt"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/db"
	"vigie/internal/promise/requirement"
)

// promises are the rooms of what is asked for.
type promises struct {
	Requirements *requirement.Service
}

// wireRequirements opens the room of what is asked for.
func (a *App) wireRequirements() error {
	library, err := requirement.Load(a.data)
	if err != nil {
		return fmt.Errorf("requirements: %w", err)
	}
	a.Requirements = requirement.New(requirement.Parts{DB: a.db, Subjects: a.Subjects, Library: library, Estate: estateOf{}})
	return nil
}

// estateOf is the CMDB as requirements need it.
type estateOf struct{ cmdb cmdb.Gather }

// Facts implements requirement.Estate.
func (e estateOf) Facts(ctx context.Context, tx *db.Tx, workload, environment string) (f requirement.Facts, err error) {
	pieces, supports, err := e.cmdb.Pieces(ctx, tx, workload, environment)
	if err != nil {
		return f, err
	}
	seen, err := discovery.Complete(ctx, tx, "AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection")
	if err != nil {
		return f, err
	}
	for _, p := range pieces {
		f.Parts = append(f.Parts, requirement.Part{ID: p.ID, Name: p.Name, Type: p.Type, ARN: p.ARN, Account: p.Account, Region: p.Region, Own: string(p.WorkloadID) == workload,
			Gone: p.Status == cmdb.Gone, PlansSeen: seen[discovery.Place{Account: p.Account, Region: p.Region}], Tags: p.Tags.V, Attributes: p.Attributes.V})
	}
	for _, s := range supports {
		f.Needs = append(f.Needs, requirement.Need(s))
	}
	plans, err := e.cmdb.Plans(ctx, tx)
	for _, p := range plans {
		plan := requirement.Plan{Evidence: requirement.Evidence{ID: p.ID, Name: p.Name, Type: p.Type}, Account: p.Account, Region: p.Region}
		plan.Rules, _ = p.Attributes.V["BackupPlanRule"].([]any)
		for _, s := range p.Selections {
			plan.Selections = append(plan.Selections, requirement.Selection{Protects: s.Protects, Resources: texts(s.Attributes.V["Resources"]),
				NotResources: texts(s.Attributes.V["NotResources"]), Tags: texts(s.Attributes.V["ListOfTags"])})
		}
		f.Plans = append(f.Plans, plan)
	}
	return f, err
}

// texts reads a list of texts of an attribute.
func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Workloads implements requirement.Estate.
func (e estateOf) Workloads(ctx context.Context, tx *db.Tx) ([]requirement.Workload, error) {
	rows, err := e.cmdb.Workloads(ctx, tx)
	out := make([]requirement.Workload, len(rows))
	for i, w := range rows {
		out[i] = requirement.Workload(w)
	}
	return out, err
}
