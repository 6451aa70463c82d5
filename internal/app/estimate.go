package app

import (
	"context"

	"vigie/internal/onboard/estimate"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// wireEstimates opens the room of estimates.
func (a *App) wireEstimates() (err error) {
	a.Estimates, err = estimate.New(estimate.Parts{DB: a.db, Catalogue: a.data, Assessments: assessed{}, Bundle: a.bundle, Clock: a.opts.Clock})
	return err
}

// assessed are assessments as estimates need them. This instance keeps none: answers come with the estimate itself.
type assessed struct{}

// Answers implements estimate.Assessments.
func (assessed) Answers(context.Context, *db.Tx, string) (estimate.Assessed, error) {
	return estimate.Assessed{}, fault.New(fault.NotFound, "fault.not_found")
}

// CustomerOf implements estimate.Assessments.
func (assessed) CustomerOf(context.Context, *db.Tx, string) (string, error) {
	return "", fault.New(fault.NotFound, "fault.not_found")
}
