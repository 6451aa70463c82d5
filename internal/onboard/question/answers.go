package question

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Sheet is what other rooms read of an assessment: answers to the questions that are shown.
type Sheet struct {
	Assessment    string // id
	Title         string
	Kind          string
	State         State
	HandedInAt    db.Time
	Version       int64
	Questionnaire Questionnaire // the version that the answers are given to
	Answers       Answers       // as JSON has them; what has no answer is not in it
}

// Of reads the answers of an assessment in the scope of the transaction. Faults: not_found.
func Of(ctx context.Context, tx *db.Tx, assessment string) (Sheet, error) {
	w, err := read(ctx, tx, assessment, "")
	if err != nil {
		return Sheet{}, err
	}
	_, live := w.Form.Shown(values(w.Given))
	return Sheet{Assessment: w.ID, Title: w.Title, Kind: w.Kind, State: w.State, HandedInAt: w.HandedInAt, Version: w.Version, Questionnaire: w.Form, Answers: live}, nil
}

// Latest reads the newest assessment of a customer that was handed in and not opened again, of the kind, or of any where it is empty. Faults: not_found.
func Latest(ctx context.Context, tx *db.Tx, customer, kind string) (Sheet, error) {
	var found []string
	err := tx.Select(ctx, &found, `SELECT id FROM {assessment} WHERE customer_id = ? AND (kind = ? OR ? = '') AND state IN ('handed_in', 'reviewed') ORDER BY handed_in_at DESC, id DESC LIMIT 1`,
		customer, kind, kind)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return Sheet{}, err
	}
	return Of(ctx, tx, found[0])
}

// CustomerOf is the id of the customer whose an assessment is. Faults: not_found.
func CustomerOf(ctx context.Context, tx *db.Tx, assessment string) (string, error) {
	r, err := get(ctx, tx, assessment, "")
	return r.CustomerID, err
}
