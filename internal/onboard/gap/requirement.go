package gap

import (
	"context"

	"vigie/internal/platform/db"
)

// Requirements are what a customer asks for, by workload and environment. The environment "" stands for a workload's own where it has none
// for the environment of a CI, and the workload "" for the customer's own.
type Requirements map[Place]map[string]any

// Place is what a requirement is for.
type Place struct{ Workload, Environment string }

// Of finds the requirement that counts for a CI or workload: that of its workload and environment, else the workload's, else the customer's for the
// environment, else the customer's.
func (r Requirements) Of(workload, environment string) map[string]any {
	for _, p := range []Place{{workload, environment}, {workload, ""}, {"", environment}, {"", ""}} {
		if found := r[p]; found != nil {
			return found
		}
	}
	return nil
}

// RequirementsOf gives the requirements of the customer of the transaction; app wires the room that keeps them.
type RequirementsOf func(ctx context.Context, tx *db.Tx) (Requirements, error)
