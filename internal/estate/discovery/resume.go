package discovery

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// RunNow carries out a run in this process: one that lost its process before, if there is such a one for the same accounts,
// else a new one. Codes as StartRun.
func (s *Service) RunNow(ctx context.Context, a permission.Actor, customer, account string, watch Progress) (Run, error) {
	scope, err := a.For(permission.DiscoveryRun, customer)
	if err != nil {
		return Run{}, err
	}
	var lost []string
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		return tx.Select(ctx, &lost, `SELECT id FROM {discovery_run} WHERE finished_at IS NULL AND state = 'running' AND trigger <> 'replay'
			AND account_filter = ? AND heartbeat_at < ?`, account, db.At(tx.Now().Add(-leaseTime)))
	})
	if err != nil {
		return Run{}, fmt.Errorf("look for a lost run: %w", err)
	}
	if len(lost) > 0 {
		return s.Execute(ctx, customer, lost[0], watch)
	}
	r, err := s.newRun(ctx, a, customer, account, Manual, "", false)
	if err != nil {
		return r, err
	}
	return s.Execute(ctx, customer, r.ID, watch)
}

// Recover is called by the one process that holds an embedded database: whatever still counts as running has lost its process,
// and need not wait for its lease to run out.
func (s *Service) Recover(ctx context.Context) error {
	return s.db.Across(ctx, "runs whose process is known to be gone", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE {discovery_run} SET heartbeat_at = 1 WHERE finished_at IS NULL AND state = 'running'`)
		return err
	})
}

// buryReplays ends replays that lost their process: their recording went with it, so they cannot go on.
func buryReplays(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE {discovery_run} SET state = 'failed', finished_at = ?, message = 'interrupted', version = version + 1
		WHERE finished_at IS NULL AND trigger = 'replay' AND (heartbeat_at IS NULL OR heartbeat_at < ?) AND created_at < ?`,
		tx.Now(), db.At(tx.Now().Add(-leaseTime)), tx.Now())
	return err
}
