package app

import (
	"context"
	"slices"

	"vigie/internal/platform/jobs"
	"vigie/internal/record/bulk"
)

// wireBulk gathers the lists whose records can be changed many at once.
func (a *App) wireBulk() {
	a.Bulk = bulk.New(a.db, a.bundle, slices.Concat(a.CMDB.Editables(), a.Customers.Editables(), a.Remediation.Editables(), a.Discovery.Editables(), a.Requirements.Editables(), a.Access.Editables(), a.Inventory.Editables(), []bulk.Editable{a.Documents.List.Editable()})...)
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Bulk.Sweep(ctx) })
}
