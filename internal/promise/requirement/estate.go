package requirement

import (
	"context"

	"vigie/internal/platform/db"
)

// Estate is the CMDB as this room needs it. app gives it.
type Estate interface {
	// Workloads gives those of the transaction's scope, by name.
	Workloads(ctx context.Context, tx *db.Tx) ([]Workload, error)
	// Facts gives the parts of a workload in one environment, what these need, and the backup plans of its customer.
	Facts(ctx context.Context, tx *db.Tx, workload, environment string) (Facts, error)
}

// Workload is what requirements are of.
type Workload struct{ CustomerID, ID, Name, Environment, Criticality string }
