package cmdb

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/field"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// insertCIs stores CIs that a person or a file describes, with terms, history and audit.
func insertCIs(ctx context.Context, tx *db.Tx, a permission.Actor, set field.Set, rows []record, custom []field.Values, action string) error {
	var terms []termRow
	for i := range rows {
		terms = append(terms, rows[i].index()...)
	}
	if _, err := tx.Insert(ctx, "ci", rows, ""); err != nil {
		return err
	}
	var changes []changeRow
	stored := make([]field.Stored, len(rows))
	for i := range rows {
		r := &rows[i]
		stored[i] = field.Stored{ID: r.ID, After: custom[i]}
		changes = append(changes, changeBy(tx, a, r.ID, delta{Kind: Created, After: compact(r.Name)}))
		if err := audit.Write(ctx, tx, a, action, audit.Record{Type: "ci", ID: r.ID, Name: r.Name}, nil, r.summary(custom[i])); err != nil {
			return err
		}
	}
	if _, err := tx.Insert(ctx, "ci_term", terms, "DO NOTHING"); err != nil {
		return err
	}
	if _, err := tx.Insert(ctx, "ci_change", changes, ""); err != nil {
		return err
	}
	return field.StoreAll(ctx, tx, set, stored)
}

// changeBy makes the row of a change that a person caused.
func changeBy(tx *db.Tx, a permission.Actor, ci string, d delta) changeRow {
	return changeRow{ID: changeID(tx.Now()), CIID: ci, At: tx.Now(), ActorID: a.ID, ActorName: a.Name, Kind: d.Kind, Field: d.Field,
		Before: d.Before, After: d.After}
}

// updateCI stores a CI that a person changed, if anything differs.
func updateCI(ctx context.Context, tx *db.Tx, a permission.Actor, old, now record, deltas []delta, action string) error {
	return updateCIs(ctx, tx, a, []ciUpdate{{old: old, now: now, deltas: deltas}}, action)
}

// pins tells whether who set the fields has changed.
func (u ciUpdate) pins() bool {
	return compact(u.old.Pinned.V) != compact(u.now.Pinned.V) || u.old.WorkloadBy != u.now.WorkloadBy
}

// updateCIs stores those that differ, in a number of statements that does not grow with theirs.
func updateCIs(ctx context.Context, tx *db.Tx, a permission.Actor, all []ciUpdate, action string) error {
	var rows []record
	var b batch
	var changes []changeRow
	var acts []audit.Act
	for _, u := range all {
		if len(u.deltas) == 0 && !u.pins() {
			continue
		}
		now := u.now
		now.Version, now.UpdatedAt = u.old.Version+1, tx.Now()
		b.retell(&u.old, &now)
		rows = append(rows, now)
		for _, d := range u.deltas {
			changes = append(changes, changeBy(tx, a, now.ID, d))
		}
		before, after := changedFields(u.deltas)
		if u.pins() {
			before["pinned"], after["pinned"] = u.old.Pinned.V, now.Pinned.V
		}
		acts = append(acts, audit.Act{Action: action, Record: audit.Record{Type: "ci", ID: now.ID, Name: now.Name}, Before: before, After: after})
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.Insert(ctx, "ci", rows, overwrite); err != nil {
		return err
	}
	if err := b.storeTerms(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Insert(ctx, "ci_change", changes, ""); err != nil {
		return err
	}
	return audit.WriteAll(ctx, tx, a, acts)
}

// deleteCI takes a CI out. What it told of goes with it; what others told of it waits again.
func deleteCI(ctx context.Context, tx *db.Tx, r record) error {
	for _, text := range []string{
		`DELETE FROM {relation} WHERE owner_id = ? AND (from_id = ? OR to_id = ?)`,
		`DELETE FROM {relation} WHERE source <> 'discovered' AND owner_id <> ? AND (from_id = ? OR to_id = ?)`,
	} {
		if _, err := tx.Exec(ctx, text, r.ID, r.ID, r.ID); err != nil {
			return fmt.Errorf("delete relations: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE {relation} SET from_id = NULL, resolved = FALSE, version = version + 1 WHERE from_id = ?`, r.ID); err != nil {
		return fmt.Errorf("unresolve relations: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE {relation} SET to_id = NULL, resolved = FALSE, version = version + 1 WHERE to_id = ?`, r.ID); err != nil {
		return fmt.Errorf("unresolve relations: %w", err)
	}
	if err := deleteTerms(ctx, tx, r.index()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM {ci} WHERE id = ?`, r.ID); err != nil {
		return fmt.Errorf("delete CI: %w", err)
	}
	return nil
}

// findWorkload gives the id of a workload named by id or name; one that is not there is a bad field.
func findWorkload(ctx context.Context, tx *db.Tx, ref string) (string, error) {
	var found, where string
	where = `w.name = ?`
	if id.Valid(ref) {
		where = `w.id = ?`
	}
	err := tx.Get(ctx, &found, `SELECT w.id FROM {workload} w WHERE `+where, ref)
	if fault.Is(err, fault.NotFound) {
		var f fault.Fields
		f.Add("workload", "cmdb.fault.workload")
		return "", f.Err()
	}
	return found, err
}
