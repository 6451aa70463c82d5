package bulk

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Edit is an edit that was applied, as far as the actor may see it.
type Edit struct {
	ID, List, Kind string
	Parts          []PartRow
	Items          []item // the first ones; what was refused or left alone before the others
	kind           Kind
	fields         []Field
	slugs          map[string]string // by part
}

// shownItems is how many records a page of an edit names.
const shownItems = 500

// Edit reads one edit. Faults: not_found, forbidden.
func (s *Service) Edit(ctx context.Context, a permission.Actor, ref string) (Edit, error) {
	return s.read(ctx, a, ref)
}

func (s *Service) read(ctx context.Context, a permission.Actor, ref string) (out Edit, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if out.Parts, err = partsOf(ctx, tx, ref); err != nil || len(out.Parts) == 0 {
			return err
		}
		out.Items, err = itemsOf(ctx, tx, out.Parts, "", `CASE i.outcome WHEN 'refused' THEN 0 WHEN 'left' THEN 0 WHEN 'partly' THEN 0 ELSE 1 END, i.part_id, i.place`, shownItems)
		return err
	})
	if err != nil {
		return out, err
	}
	if len(out.Parts) == 0 {
		return out, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := a.Require(permission.BulkRead); err != nil {
		return Edit{}, err
	}
	out.ID, out.List, out.Kind = out.Parts[0].ID, out.Parts[0].List, out.Parts[0].Kind
	e, ok := s.find(out.List)
	if !ok {
		return Edit{}, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := a.Require(e.Kind().Need); err != nil {
		return Edit{}, err
	}
	out.kind = e.Kind()
	out.slugs = map[string]string{}
	var customers []string
	for _, p := range out.Parts {
		out.slugs[p.PartID] = p.Customer
		customers = append(customers, p.CustomerID)
	}
	out.fields, err = s.fieldsOf(ctx, a, e, customers)
	return out, err
}

// Undo gives every field that still holds what the edit wrote its former value back, for each customer whom the actor covers. Faults:
// not_found, forbidden, conflict (it was undone before, or the time for it is over).
func (s *Service) Undo(ctx context.Context, a permission.Actor, ref string) (Edit, error) {
	edit, err := s.read(ctx, a, ref)
	if err != nil {
		return edit, err
	}
	e, err := s.editable(a, edit.List)
	if err != nil {
		return Edit{}, err
	}
	done := 0
	for _, p := range edit.Parts {
		if p.State != Applied || p.Changed == 0 {
			continue
		}
		if err := s.undoPart(ctx, a, e, p.part); err != nil {
			return Edit{}, err
		}
		done++
	}
	if done == 0 {
		return Edit{}, fault.New(fault.Conflict, "bulk.fault.undone")
	}
	return s.read(ctx, a, ref)
}

func (s *Service) undoPart(ctx context.Context, a permission.Actor, e Editable, p part) error {
	scope, err := a.For(e.Kind().Write, p.CustomerID)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE {bulk_edit} SET state = ?, undone_at = ?, undone_by = ?, version = version + 1 WHERE part_id = ? AND state = ? AND undo_until > ?`,
			Undone, tx.Now(), a.Name, p.PartID, Applied, tx.Now())
		if err != nil {
			return fmt.Errorf("undo: %w", err)
		}
		if n == 0 {
			if tx.Now().Before(p.UndoUntil.Time) {
				return fault.New(fault.Conflict, "bulk.fault.undone")
			}
			return fault.New(fault.Conflict, "bulk.fault.late")
		}
		items, err := itemsOf(ctx, tx, []PartRow{{part: p}}, ` AND i.outcome = 'changed'`, `i.place`, Limit)
		if err != nil {
			return err
		}
		ids := make([]string, len(items))
		for i, it := range items {
			ids[i] = it.RecordID
		}
		if err := lock(ctx, tx, e.Kind().Table, ids); err != nil {
			return err
		}
		plan, err := reverse(ctx, tx, a, e, p, items, ids)
		if err != nil {
			return err
		}
		settle(items, plan.Rows)
		restored, kept := 0, 0
		for _, it := range items {
			if it.Outcome != outLeft {
				restored++
			}
			if it.Outcome != outRestored {
				kept++
			}
		}
		if restored > 0 {
			if err := plan.Apply(ctx, tx, a); err != nil {
				return err
			}
		}
		if _, err := tx.Insert(ctx, "bulk_edit_item", items, "(customer_id, part_id, place) DO UPDATE SET outcome = excluded.outcome, faults = excluded.faults"); err != nil {
			return fmt.Errorf("undo: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE {bulk_edit} SET restored = ?, kept = ? WHERE part_id = ?`, restored, kept, p.PartID); err != nil {
			return fmt.Errorf("undo: %w", err)
		}
		return audit.Write(ctx, tx, a, "undo", record(p), nil, map[string]any{"list": p.List, "restored": restored, "left": kept})
	})
}

// reverse plans the way back, and notes with each item what is to be left alone.
func reverse(ctx context.Context, tx *db.Tx, a permission.Actor, e Editable, p part, items []item, ids []string) (Plan, error) {
	there, err := e.Read(ctx, tx, ids)
	if err != nil {
		return Plan{}, err
	}
	now := make(map[string]Record, len(there))
	for _, r := range there {
		now[r.ID] = r
	}
	if p.deleted() {
		states := map[string]string{}
		for i, it := range items {
			if _, back := now[it.RecordID]; back || len(it.Cells.V) == 0 {
				items[i].leave("", "bulk.left.there")
				continue
			}
			states[it.RecordID] = it.Cells.V[0].Before.State
		}
		return e.(Removable).Revive(ctx, tx, a, states)
	}
	var asks []Ask
	for i, it := range items {
		r, ok := now[it.RecordID]
		if !ok {
			items[i].leave("", "bulk.left.gone")
			continue
		}
		ask := Ask{ID: it.RecordID, States: map[string]string{}}
		for _, d := range it.Cells.V {
			if r.Cell(d.Field).State != d.After.State {
				items[i].leave(d.Field, "bulk.left.changed")
				continue
			}
			ask.States[d.Field] = d.Before.State
		}
		if len(ask.States) > 0 {
			asks = append(asks, ask)
		}
	}
	return e.Plan(ctx, tx, a, asks)
}

func (it *item) leave(field, key string) {
	it.Faults.V = append(it.Faults.V, fieldFault{Field: field, Key: key})
}

// settle says for each item what becomes of it.
func settle(items []item, rows []Row) {
	planned := make(map[string]Row, len(rows))
	for _, r := range rows {
		planned[r.ID] = r
	}
	for i := range items {
		it := &items[i]
		r, ok := planned[it.RecordID]
		if ok && len(r.Refused) > 0 {
			it.Faults.V = append(it.Faults.V, kept(r.Refused)...)
			ok = false
		}
		switch {
		case !ok:
			it.Outcome = outLeft
		case len(it.Faults.V) > 0:
			it.Outcome = outPartly
		default:
			it.Outcome = outRestored
		}
	}
}
