package cmdb

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
)

// Close ends a scope of a run: the CIs of these types in the account and region (region "" stands for any, as global collectors
// need) that the run did not see are gone if the scope was seen completely, else stale. It tells how many became so now.
func (Intake) Close(ctx context.Context, tx *db.Tx, run, account, region string, types []string, complete bool) (gone, stale int, err error) {
	if len(types) == 0 {
		return 0, 0, nil
	}
	to, kind := Stale, BecameStale
	from := []string{string(Active)}
	if complete {
		to, kind, from = Gone, BecameGone, []string{string(Active), string(Stale)}
	}
	n, err := retire(ctx, tx, run, account, region, types, from, to, kind)
	if err != nil {
		return 0, 0, fmt.Errorf("close %s %s: %w", account, region, err)
	}
	if complete {
		return n, 0, nil
	}
	return 0, n, nil
}

func retire(ctx context.Context, tx *db.Tx, run, account, region string, types, from []string, to Status, kind ChangeKind) (int, error) {
	ofType, p1 := db.Texts(tx, "type", types)
	ofStatus, p2 := db.Texts(tx, "status", from)
	where := `account = ? AND ` + ofType + ` AND ` + ofStatus + ` AND source = ? AND run_id <> ?`
	args := []any{account, p1, p2, Discovered, run}
	if region != "" {
		where += ` AND region = ?`
		args = append(args, region)
	}
	var missing []struct {
		ID     string `db:"id"`
		Status Status `db:"status"`
	}
	if err := tx.Select(ctx, &missing, `SELECT id, status FROM {ci} c WHERE `+where, args...); err != nil || len(missing) == 0 {
		return 0, err
	}
	changes := make([]changeRow, len(missing))
	for i, m := range missing {
		changes[i] = changeRow{ID: changeID(tx.Now()), CIID: m.ID, At: tx.Now(), RunID: db.Null(run), Kind: kind, Field: "status",
			Before: compact(m.Status), After: compact(to)}
	}
	if _, err := tx.Insert(ctx, "ci_change", changes, ""); err != nil {
		return 0, err
	}
	args = append([]any{to, tx.Now()}, args...)
	n, err := tx.Exec(ctx, `UPDATE {ci} SET status = ?, version = version + 1, updated_at = ? WHERE `+where, args...)
	return int(n), err
}
