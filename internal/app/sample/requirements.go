package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/promise/requirement"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// requirements asks for quality of service as a manager would: a draft for each workload from the templates, some agreed on, and one in which
// sales has promised more than it should.
func requirements(ctx context.Context, a *app.App, op permission.Actor, customer string) error {
	made, err := a.Requirements.Propose(ctx, op, customer, func(environment string) string { return environment })
	if err != nil {
		return fmt.Errorf("sample requirements: %w", err)
	}
	for _, r := range made {
		switch r.Criticality {
		case "critical":
			_, err = a.Requirements.Requirements.Update(ctx, op, r.ID, 0, register.Set(func(r *requirement.Requirement) {
				r.Availability, r.Tier, r.Note = "99.99", "12x5", "Promised on the phone on Friday; support hours as in the old contract."
			}))
		case "high":
			_, err = a.Requirements.Agree(ctx, op, r.ID, 0)
		}
		if err != nil {
			return fmt.Errorf("sample requirement %s: %w", r.Name, err)
		}
	}
	return nil
}
