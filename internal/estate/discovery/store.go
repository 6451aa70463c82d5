package discovery

import (
	"context"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
)

var (
	accountColumns  = db.Columns[Account]("")
	runColumns      = db.Columns[Run]("")
	scheduleColumns = db.Columns[Schedule]("")
)

func notFound() error { return fault.New(fault.NotFound, "fault.not_found") }

func loadRun(ctx context.Context, tx *db.Tx, runID string) (r Run, err error) {
	if !id.Valid(runID) {
		return r, notFound()
	}
	return r, tx.Get(ctx, &r, `SELECT `+runColumns+` FROM {discovery_run} WHERE id = ?`, runID)
}

func lockRun(ctx context.Context, tx *db.Tx, runID string) error {
	var locked string
	return tx.Get(ctx, &locked, `SELECT r.id FROM {discovery_run} r WHERE r.id = ?`+tx.ForUpdate(), runID)
}

func openRuns(ctx context.Context, tx *db.Tx) (ids []string, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT id FROM {discovery_run} WHERE state IN ('queued', 'running') AND finished_at IS NULL`)
}

func storeRunState(ctx context.Context, tx *db.Tx, r *Run) error {
	n, err := tx.Exec(ctx, `UPDATE {discovery_run} SET state = ?, cancel_requested = ?, finished_at = ?, message = ?, version = version + 1 WHERE id = ? AND version = ?`,
		r.State, r.CancelRequested, r.FinishedAt, r.Message, r.ID, r.Version)
	if err == nil && n == 0 {
		return fault.New(fault.Stale, "fault.stale")
	}
	r.Version++
	return err
}

// claim takes the lease of a run that is queued, or whose holder has been silent for too long.
func claim(ctx context.Context, tx *db.Tx, runID string) (r Run, ok bool, err error) {
	n, err := tx.Exec(ctx, `UPDATE {discovery_run} SET state = 'running', attempt = attempt + 1, started_at = COALESCE(started_at, ?), heartbeat_at = ?, version = version + 1
		WHERE id = ? AND finished_at IS NULL AND (state = 'queued' OR (state = 'running' AND heartbeat_at < ?))`,
		tx.Now(), tx.Now(), runID, db.At(tx.Now().Add(-leaseTime)))
	if err != nil || n == 0 {
		return r, false, err
	}
	r, err = loadRun(ctx, tx, runID)
	return r, err == nil, err
}

// beat writes the counters under the lease; ok is false when the lease is lost.
func beat(ctx context.Context, tx *db.Tx, r Run) (ok, cancelled bool, err error) {
	n, err := tx.Exec(ctx, `UPDATE {discovery_run} SET scopes_total = ?, scopes_done = ?, seen = ?, added = ?, changed = ?, gone = ?, calls = ?, outcomes = ?,
		heartbeat_at = ?, version = version + 1 WHERE id = ? AND attempt = ? AND state = 'running'`,
		r.ScopesTotal, r.ScopesDone, r.Seen, r.Added, r.Changed, r.Gone, r.Calls, r.Outcomes, tx.Now(), r.ID, r.Attempt)
	if err != nil || n == 0 {
		return false, false, err
	}
	live.Changed(tx, "discovery_run", r.ID)
	return true, cancelled, tx.Get(ctx, &cancelled, `SELECT cancel_requested FROM {discovery_run} WHERE id = ?`, r.ID)
}

func finishRun(ctx context.Context, tx *db.Tx, r Run, end State, message string) error {
	_, err := tx.Exec(ctx, `UPDATE {discovery_run} SET state = ?, message = ?, finished_at = ?, version = version + 1 WHERE id = ? AND attempt = ? AND state = 'running'`,
		end, message, tx.Now(), r.ID, r.Attempt)
	live.Changed(tx, "discovery_run", r.ID)
	// What it found has no entry of its own in the audit trail: one message stands for all of it.
	live.Changed(tx, "ci", "")
	live.Changed(tx, "account", "")
	return err
}

func storeCoverage(ctx context.Context, tx *db.Tx, rows []Coverage) error {
	_, err := tx.Insert(ctx, "coverage", rows, `(customer_id, account_id, region, type) DO UPDATE SET run_id = excluded.run_id, outcome = excluded.outcome,
		action = excluded.action, message = excluded.message, items = excluded.items, pages = excluded.pages, at = excluded.at`)
	return err
}

// endedPlaces lists the scopes that the run has ended before, as account + region + type.
func endedPlaces(ctx context.Context, tx *db.Tx, runID string) (map[[3]string]bool, error) {
	var rows []struct {
		AccountID string `db:"account_id"`
		Region    string `db:"region"`
		Type      string `db:"type"`
	}
	if err := tx.Select(ctx, &rows, `SELECT account_id, region, type FROM {coverage} WHERE run_id = ?`, runID); err != nil {
		return nil, err
	}
	out := make(map[[3]string]bool, len(rows))
	for _, r := range rows {
		out[[3]string{r.AccountID, r.Region, r.Type}] = true
	}
	return out, nil
}

func countReadable(ctx context.Context, tx *db.Tx, account string) (n int, err error) {
	if account != "" {
		return n, tx.Get(ctx, &n, `SELECT count(*) FROM {account} WHERE account_id = ? AND status <> 'recorded'`, account)
	}
	return n, tx.Get(ctx, &n, `SELECT count(*) FROM {account} WHERE status <> 'recorded'`)
}

func listAccounts(ctx context.Context, tx *db.Tx) (rows []Account, err error) {
	return rows, tx.Select(ctx, &rows, `SELECT `+accountColumns+` FROM {account} ORDER BY account_id`)
}

func loadAccount(ctx context.Context, tx *db.Tx, key string) (a Account, err error) {
	if id.Valid(key) {
		return a, tx.Get(ctx, &a, `SELECT `+accountColumns+` FROM {account} WHERE id = ?`, key)
	}
	return a, notFound()
}

func storeAccount(ctx context.Context, tx *db.Tx, a *Account) error {
	n, err := tx.Exec(ctx, `UPDATE {account} SET name = ?, role_arn = ?, regions = ?, organization = ?, accept_open_role = ?, status = ?, message = ?,
		checked_at = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?`,
		a.Name, a.RoleARN, a.Regions, a.Organization, a.AcceptOpenRole, a.Status, a.Message, a.CheckedAt, tx.Now(), a.ID, a.Version)
	if err == nil && n == 0 {
		return fault.New(fault.Stale, "fault.stale")
	}
	a.Version++
	a.UpdatedAt = tx.Now()
	return err
}

func missingActions(ctx context.Context, tx *db.Tx) (actions []string, err error) {
	return actions, tx.Select(ctx, &actions, `SELECT DISTINCT action FROM {coverage} WHERE outcome = ? AND action <> '' ORDER BY action`, collect.Denied)
}
