package isolation

import (
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/record/link"
	"vigie/internal/trust/audit"
)

// seedLink gives the customer a private link to its contact, for a door that nobody has.
func (h *house) seedLink(t *testing.T, f *firm) {
	t.Helper()
	check(t, h.db.InScope(t.Context(), db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		_, _, err := link.Create(t.Context(), tx, h.operator(), link.New{Door: link.Door{Purpose: "none"}, Record: audit.Record{Type: "contact", ID: f.Refs["contact"], Name: f.Word},
			Name: f.Word + " guest", Language: "en"})
		return err
	}))
}
