package plan

import (
	"context"

	"vigie/internal/platform/db"
)

// Standing is how far a full assessment is.
type Standing struct {
	Plan     Plan // without an id: there is none
	Meetings []Meeting
	Tasks    []Task
}

// Stands reads the newest full assessment of the transaction's customer that was not cancelled, with its meetings and its tasks in their order.
func Stands(ctx context.Context, tx *db.Tx) (out Standing, err error) {
	var found []Plan
	if err := tx.Select(ctx, &found, `SELECT `+db.Columns[Plan]("p.")+` FROM {plan} p WHERE p.state <> ? ORDER BY p.starts_on DESC, p.id DESC LIMIT 1`, Cancelled); err != nil || len(found) == 0 {
		return out, err
	}
	out.Plan = found[0]
	if err := tx.Select(ctx, &out.Meetings, `SELECT `+db.Columns[Meeting]("m.")+` FROM {plan_meeting} m WHERE m.plan_id = ? ORDER BY m.starts_at, m.id`, out.Plan.ID); err != nil {
		return out, err
	}
	err = tx.Select(ctx, &out.Tasks, `SELECT `+db.Columns[Task]("t.")+` FROM {plan_task} t WHERE t.plan_id = ? ORDER BY CASE WHEN t.done_at IS NULL THEN 0 ELSE 1 END, t.due_on, t.id`, out.Plan.ID)
	return out, err
}
