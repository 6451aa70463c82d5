package app

import (
	"context"

	"vigie/internal/onboard/estimate"
	"vigie/internal/onboard/question"
	"vigie/internal/platform/db"
)

// wireEstimates opens the room of estimates.
func (a *App) wireEstimates() (err error) {
	a.Estimates, err = estimate.New(estimate.Parts{DB: a.db, Catalogue: a.data, Assessments: assessed{}, Bundle: a.bundle, Clock: a.opts.Clock})
	return err
}

// assessed are assessments as estimates need them.
type assessed struct{}

// Answers implements estimate.Assessments.
func (assessed) Answers(ctx context.Context, tx *db.Tx, ref string) (estimate.Assessed, error) {
	read := question.Of
	if ref == "" {
		customer, err := tx.Customer()
		if err != nil {
			return estimate.Assessed{}, err
		}
		ref = customer
		read = func(ctx context.Context, tx *db.Tx, customer string) (question.Sheet, error) {
			return question.Latest(ctx, tx, customer, "")
		}
	}
	sheet, err := read(ctx, tx, ref)
	return estimate.Assessed{ID: sheet.Assessment, Answers: estimate.Answers(sheet.Answers)}, err
}

// CustomerOf implements estimate.Assessments.
func (assessed) CustomerOf(ctx context.Context, tx *db.Tx, ref string) (string, error) {
	return question.CustomerOf(ctx, tx, ref)
}
