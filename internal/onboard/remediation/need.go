package remediation

import (
	"context"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Need makes one measure wait for another of the same customer. Faults: not_found, forbidden, invalid (the other is not there), conflict (the
// circle that would close, by name).
func (s *Service) Need(ctx context.Context, a permission.Actor, ref, other string) error {
	return s.change(ctx, a, ref, 0, func(tx *db.Tx) error {
		m, err := s.measure(ctx, tx, ref)
		if err != nil {
			return err
		}
		before, err := s.measure(ctx, tx, other)
		if fault.Is(err, fault.NotFound) {
			var bad fault.Fields
			bad.Add("measure", "register.bad.ref")
			return bad.Err()
		}
		if err != nil {
			return err
		}
		needs, err := s.needs(ctx, tx)
		if err != nil {
			return err
		}
		if circle := Cycle(needs, m.ID, before.ID); circle != nil {
			names, err := s.titles(ctx, tx, circle)
			if err != nil {
				return err
			}
			return fault.New(fault.Conflict, "remediation.bad.circle", "circle", strings.Join(names, " → "))
		}
		if _, err := tx.Insert(ctx, "measure_need", need{ID: id.New(), MeasureID: m.ID, NeedsID: before.ID}, "DO NOTHING"); err != nil {
			return err
		}
		live.Changed(tx, "measure", m.ID)
		return audit.Write(ctx, tx, a, "measure.need", record(m), nil, map[string]any{"needs": before.Title, "needs_id": before.ID})
	})
}

// DropNeed takes that back; where it waited for nothing, nothing changes. Faults: not_found (also of the other), forbidden.
func (s *Service) DropNeed(ctx context.Context, a permission.Actor, ref, other string) error {
	return s.change(ctx, a, ref, 0, func(tx *db.Tx) error {
		m, err := s.measure(ctx, tx, ref)
		if err != nil {
			return err
		}
		before, err := s.measure(ctx, tx, other)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `DELETE FROM {measure_need} WHERE measure_id = ? AND needs_id = ?`, ref, other)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil // it waited for nothing
		}
		live.Changed(tx, "measure", m.ID)
		return audit.Write(ctx, tx, a, "measure.drop_need", record(m), map[string]any{"needs": before.Title, "needs_id": before.ID}, nil)
	})
}

// needs gives, for each measure of the transaction's customer, those that come before it.
func (s *Service) needs(ctx context.Context, tx *db.Tx) (map[string][]string, error) {
	var rows []need
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[need]("n.")+` FROM {measure_need} n ORDER BY n.id`); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, r := range rows {
		out[r.MeasureID] = append(out[r.MeasureID], r.NeedsID)
	}
	return out, nil
}

func (s *Service) titles(ctx context.Context, tx *db.Tx, ids []string) ([]string, error) {
	var rows []struct {
		ID    string `db:"id"`
		Title string `db:"title"`
	}
	distinct := unique(ids)
	if err := tx.Select(ctx, &rows, `SELECT id, title FROM {measure} WHERE id IN (`+db.Marks(len(distinct))+`)`, db.Anys(distinct)...); err != nil {
		return nil, err
	}
	of := map[string]string{}
	for _, r := range rows {
		of[r.ID] = r.Title
	}
	out := make([]string, len(ids))
	for i, x := range ids {
		out[i] = of[x]
	}
	return out, nil
}
