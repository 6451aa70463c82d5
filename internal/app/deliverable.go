package app

import (
	"context"

	"vigie/internal/onboard/deliverable"
	"vigie/internal/onboard/launch"
	"vigie/internal/onboard/workshop"
	"vigie/internal/trust/approval"
)

// serviceStart is what leads a customer into service: its deliverables, the workshop, and the launch.
type serviceStart struct {
	Deliverables *deliverable.Service
	Launches     *launch.Service
	Workshop     *workshop.Service
}

// wireDeliverables makes the room of deliverables, and tells it of signatures.
func (a *App) wireDeliverables() error {
	templates, err := deliverable.LoadTemplates(a.data)
	if err != nil {
		return err
	}
	a.Deliverables = deliverable.New(deliverable.Parts{DB: a.db, Bundle: a.bundle, Clock: a.opts.Clock, Customers: a.Customers, Approvals: a.Approvals, Templates: templates})
	a.Approvals.On(deliverable.Purpose, func(ctx context.Context, v approval.Approval) error {
		return a.Deliverables.Told(ctx, system(v.CustomerID), v)
	})
	return nil
}
