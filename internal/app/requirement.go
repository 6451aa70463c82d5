package app

import (
	"context"
	"fmt"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/discovery"
	"vigie/internal/onboard/access"
	"vigie/internal/onboard/gap"
	"vigie/internal/onboard/inventory"
	"vigie/internal/platform/db"
	"vigie/internal/promise/requirement"
)

// promises are the rooms of what is asked for.
type promises struct {
	Requirements *requirement.Service
	Access       *access.Service
	Inventory    *inventory.Service
}

// wireRequirements opens the room of what is asked for.
func (a *App) wireRequirements() error {
	library, err := requirement.Load(a.data)
	if err != nil {
		return fmt.Errorf("requirements: %w", err)
	}
	a.Requirements = requirement.New(requirement.Parts{DB: a.db, Subjects: a.Subjects, Library: library, Estate: estateOf{},
		Agreed: func(ctx context.Context, tx *db.Tx) error { return a.Gaps.Ask(ctx, tx, gap.AfterRequirement, "") }})
	return nil
}

// asked gives gaps what the customer of the transaction asks for. What says no environment counts as the workload's own, or as the only one that
// anything is asked for.
func (a *App) asked(ctx context.Context, tx *db.Tx) (gap.Requirements, error) {
	customer, err := tx.Customer()
	if err != nil {
		return nil, err
	}
	all, err := a.Requirements.Of(ctx, tx, customer)
	if err != nil {
		return nil, err
	}
	workloads, err := (cmdb.Gather{}).Workloads(ctx, tx)
	if err != nil {
		return nil, err
	}
	own := map[string]string{}
	for _, w := range workloads {
		own[w.ID] = w.Environment
	}
	out := gap.Requirements{}
	for workload, environments := range all {
		for environment, rules := range environments {
			out[gap.Place{Workload: workload, Environment: environment}] = rules
			if environment == own[workload] || own[workload] == "" && len(environments) == 1 {
				out[gap.Place{Workload: workload}] = rules
			}
		}
	}
	return out, nil
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
