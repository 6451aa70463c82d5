package question

import (
	"context"
	"encoding/json"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// get reads an assessment in the scope of the transaction. Faults: not_found.
func get(ctx context.Context, tx *db.Tx, ref, lock string) (r row, err error) {
	if !id.Valid(ref) {
		return r, fault.New(fault.NotFound, "fault.not_found")
	}
	if lock != "" { // PostgreSQL locks no join whose other side it cannot lock
		var held string
		if err := tx.Get(ctx, &held, `SELECT id FROM {assessment} WHERE id = ?`+lock, ref); err != nil {
			return r, err
		}
	}
	err = tx.Get(ctx, &r, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE s.id = ?`, ref)
	return r, err
}

// forms reads every version of the questionnaires that a customer's assessments have answers to.
func forms(ctx context.Context, tx *db.Tx, s Assessment) (map[int64]Questionnaire, error) {
	var rows []formRow
	err := tx.Select(ctx, &rows, `SELECT `+db.Columns[formRow]("")+` FROM {assessment_form} WHERE customer_id = ? AND questionnaire = ?`, s.CustomerID, s.Questionnaire)
	out := map[int64]Questionnaire{}
	for _, r := range rows {
		out[r.Version] = r.Body.V
	}
	return out, err
}

// keep stores a version of a questionnaire for the customer, once. A version that says something else than it did is refused: answers would
// change their meaning. Faults: conflict.
func keep(ctx context.Context, tx *db.Tx, q Questionnaire) error {
	r := formRow{Questionnaire: q.ID, Version: q.Version}
	r.Body.V = q
	n, err := tx.Insert(ctx, "assessment_form", r, "(customer_id, questionnaire, version) DO NOTHING")
	if err != nil {
		return fmt.Errorf("keep questionnaire: %w", err)
	}
	if n > 0 {
		return nil
	}
	var was formRow
	if err := tx.Get(ctx, &was, `SELECT `+db.Columns[formRow]("")+` FROM {assessment_form} WHERE questionnaire = ? AND version = ?`, q.ID, q.Version); err != nil {
		return fmt.Errorf("keep questionnaire: %w", err)
	}
	before, err := json.Marshal(was.Body.V)
	if err != nil {
		return err
	}
	now, err := json.Marshal(q)
	if err != nil {
		return err
	}
	if string(before) != string(now) {
		return fault.New(fault.Conflict, "question.edited", "id", q.ID, "version", q.Version)
	}
	return nil
}

// given reads the answers of an assessment, those that were taken away included.
func given(ctx context.Context, tx *db.Tx, assessment string) (map[string]Given, error) {
	var rows []Given
	err := tx.Select(ctx, &rows, `SELECT `+db.Columns[Given]("")+` FROM {assessment_answer} WHERE assessment_id = ?`, assessment)
	out := make(map[string]Given, len(rows))
	for _, r := range rows {
		out[r.Question] = r
	}
	return out, err
}

// values are the answers themselves.
func values(rows map[string]Given) Answers {
	out := Answers{}
	for name, r := range rows {
		if r.Value.V != nil {
			out[name] = r.Value.V
		}
	}
	return out
}

// put writes an answer.
func put(ctx context.Context, tx *db.Tx, g Given) error {
	if g.Version == 1 {
		_, err := tx.Insert(ctx, "assessment_answer", g, "")
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE {assessment_answer} SET value = ?, form_version = ?, by_kind = ?, by_id = ?, by_name = ?, at = ?, version = ? WHERE assessment_id = ? AND question = ?`,
		g.Value, g.FormVersion, g.ByKind, g.ByID, g.ByName, g.At, g.Version, g.AssessmentID, g.Question)
	return err
}

// store writes an assessment that has changed.
func store(ctx context.Context, tx *db.Tx, s *Assessment) error {
	s.Version++
	s.UpdatedAt = tx.Now()
	_, err := tx.Exec(ctx, `UPDATE {assessment} SET title = ?, form_version = ?, state = ?, answered = ?, shown = ?, missing = ?, reason = ?, handed_in_at = ?, handed_in_by = ?, reviewed_at = ?,
		reviewed_by = ?, remark = ?, updated_at = ?, version = ? WHERE id = ?`,
		s.Title, s.FormVersion, s.State, s.Answered, s.Shown, s.Missing, s.Reason, s.HandedInAt, s.HandedInBy, s.ReviewedAt, s.ReviewedBy, s.Remark, s.UpdatedAt, s.Version, s.ID)
	return err
}
