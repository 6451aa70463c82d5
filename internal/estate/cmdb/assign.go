package cmdb

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
)

// assignBatch is how many CIs are looked at together.
const assignBatch = 5000

// Assign applies the rules of workloads to every CI that was not put into one by hand, and tells how many moved. It is needed
// when a workload changes; Upsert applies the rules to what it writes.
func (Intake) Assign(ctx context.Context, tx *db.Tx) (int, error) {
	rules, err := loadRules(ctx, tx)
	if err != nil {
		return 0, err
	}
	if len(rules) == 0 {
		n, err := tx.Exec(ctx, `UPDATE {ci} SET workload_id = NULL, workload_by = '', version = version + 1, updated_at = ?
			WHERE workload_id IS NOT NULL AND workload_by = ?`, tx.Now(), byRule)
		return int(n), err
	}
	total, after := 0, ""
	for {
		var rows []record
		where, args := `c.workload_by <> ?`, []any{byHand}
		if after != "" {
			where, args = where+` AND c.id > ?`, append(args, after)
		}
		err := tx.Select(ctx, &rows, `SELECT c.id, c.name, c.type, c.account, c.region, c.environment, c.tags, c.workload_id FROM {ci} c
			WHERE `+where+` ORDER BY c.id LIMIT `+fmt.Sprint(assignBatch), args...)
		if err != nil {
			return total, fmt.Errorf("assign workloads: %w", err)
		}
		moves := map[string][]string{}
		for i := range rows {
			if to := belongs(rules, rows[i].candidate()); to != string(rows[i].WorkloadID) {
				moves[to] = append(moves[to], rows[i].ID)
			}
		}
		for _, to := range keysOf(moves) {
			by := byRule
			if to == "" {
				by = ""
			}
			in, p := db.IDs(tx, "id", moves[to])
			n, err := tx.Exec(ctx, `UPDATE {ci} SET workload_id = ?, workload_by = ?, version = version + 1, updated_at = ? WHERE `+in,
				db.Null(to), by, tx.Now(), p)
			if err != nil {
				return total, fmt.Errorf("assign workloads: %w", err)
			}
			total += int(n)
		}
		if len(rows) < assignBatch {
			return total, nil
		}
		after = rows[len(rows)-1].ID
	}
}
