package isolation

import (
	"testing"

	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/segment"
	"vigie/internal/platform/db"
)

// triggers that SQLite may have, since all that they write is of the customer of the row that they hang on. Those of PostgreSQL stand
// behind its wall.
var triggers = map[string]string{
	"trigger ci_touch_insert": "notes that a CI is fresh",
	"trigger ci_touch_delete": "notes that a CI is gone",
	"trigger ci_touch_change": "notes that a CI has changed",
}

// seedSegments indexes the customer's CIs, of which one was written since; what a tick counts of large estates is put there by hand.
func (h *house) seedSegments(t *testing.T, f *firm) {
	t.Helper()
	check(t, segment.Build(t.Context(), h.db, f.Refs["customer_id"], *cmdb.CISpec.Segment))
	check(t, h.db.InScope(t.Context(), db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		if _, err := tx.Insert(t.Context(), "segment_fresh", struct {
			CustomerID string `db:"customer_id"`
			List       string `db:"list"`
			RecordID   string `db:"record_id"`
			Mark       int64  `db:"mark"`
		}{List: "ci", RecordID: f.Refs["ci"], Mark: 1}, ""); err != nil {
			return err
		}
		_, err := tx.Insert(t.Context(), "ci_figures", struct {
			CustomerID string            `db:"customer_id"`
			At         int64             `db:"at"`
			Updated    int64             `db:"updated"`
			Accuracy   db.JSON[struct{}] `db:"accuracy"`
			Counts     db.JSON[[]string] `db:"counts"`
		}{At: 1}, "")
		return err
	}))
}

// segmentOfAnother builds acme's: bolt's stays as it was, and a list of bolt's too.
func (h *house) segmentOfAnother(t *testing.T) {
	before := h.footprint(t, h.bolt)
	check(t, segment.Build(t.Context(), h.db, h.acme.Refs["customer_id"], *cmdb.CISpec.Segment))
	h.untouched(t, h.bolt, before, "a segment of acme's")
}
