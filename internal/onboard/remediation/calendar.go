package remediation

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/record/register"
)

// Mark is a milestone with how far the measures are that lead to it.
type Mark struct {
	Name      string        `db:"name"`
	Component string        `db:"component"`
	Workload  string        `db:"workload_name"`
	Due       register.Date `db:"due"`
	State     string        `db:"state"`
	Measures  int           `db:"measures"`
	Done      int           `db:"done"`
	Minutes   int64         `db:"minutes"` // of work that is left
}

// Calendar reads the milestones of the transaction's customer by their days, and the plan of its measures.
func (s *Service) Calendar(ctx context.Context, tx *db.Tx) (marks []Mark, plan Plan, err error) {
	err = tx.Select(ctx, &marks, `SELECT k.name, k.component, COALESCE(w.name, '') AS workload_name, k.due, k.state, COALESCE(x.measures, 0) AS measures, COALESCE(x.done, 0) AS done, COALESCE(x.minutes, 0) AS minutes
		FROM {milestone} k LEFT JOIN {workload} w ON w.customer_id = k.customer_id AND w.id = k.workload_id
		LEFT JOIN (SELECT m.customer_id, m.milestone_id, COUNT(*) AS measures, SUM(CASE WHEN m.state = 'done' THEN 1 ELSE 0 END) AS done,
			SUM(CASE WHEN m.state = 'done' THEN 0 ELSE COALESCE(m.effort_minutes, 0) END) AS minutes FROM {measure} m WHERE m.state <> 'cancelled' GROUP BY m.customer_id, m.milestone_id) x
			ON x.customer_id = k.customer_id AND x.milestone_id = k.id
		ORDER BY CASE WHEN k.due = '' THEN 1 ELSE 0 END, k.due, k.name`)
	if err != nil {
		return nil, plan, err
	}
	all, err := s.all(ctx, tx)
	if err != nil {
		return nil, plan, err
	}
	needs, err := s.needs(ctx, tx)
	if err != nil {
		return nil, plan, err
	}
	return marks, lay(all, needs, tx.Now().Time), nil
}
