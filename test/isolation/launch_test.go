package isolation

import (
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// seedLaunch plans the firm's launch, with a waiver and a tick.
func (h *house) seedLaunch(t *testing.T, f *firm) {
	t.Helper()
	check(t, h.db.InScope(t.Context(), db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		if _, err := tx.Insert(t.Context(), "launch", struct {
			CustomerID string `db:"customer_id"`
			ID         string `db:"id"`
			Title      string `db:"title"`
			TargetOn   string `db:"target_on"`
			Note       string `db:"note"`
			State      string `db:"state"`
			Evidence   string `db:"evidence"`
			SHA256     string `db:"sha256"`
			Reason     string `db:"reason"`
			CreatedBy  string `db:"created_by"`
			Version    int64  `db:"version"`
			CreatedAt  int64  `db:"created_at"`
			UpdatedAt  int64  `db:"updated_at"`
		}{ID: id.New(), Title: f.Word, State: "planned", Version: 1}, ""); err != nil {
			return err
		}
		if _, err := tx.Insert(t.Context(), "launch_waiver", struct {
			CustomerID string `db:"customer_id"`
			ID         string `db:"id"`
			Key        string `db:"condition_key"`
			Title      string `db:"title"`
			Reason     string `db:"reason"`
			Owner      string `db:"owner"`
			ExpiresAt  int64  `db:"expires_at"`
			ApprovalID string `db:"approval_id"`
			CreatedBy  string `db:"created_by"`
			Version    int64  `db:"version"`
			CreatedAt  int64  `db:"created_at"`
			UpdatedAt  int64  `db:"updated_at"`
		}{ID: id.New(), Title: f.Word, Reason: f.Word, ApprovalID: f.Refs["approval"], Version: 1}, ""); err != nil {
			return err
		}
		_, err := tx.Insert(t.Context(), "launch_tick", struct {
			CustomerID string `db:"customer_id"`
			ID         string `db:"id"`
			Key        string `db:"condition_key"`
			Note       string `db:"note"`
			By         string `db:"by_name"`
			At         int64  `db:"at"`
		}{ID: id.New(), Key: "x", Note: f.Word}, "")
		return err
	}))
}
