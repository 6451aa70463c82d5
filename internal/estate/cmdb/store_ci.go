package cmdb

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// insertCIs stores CIs that a person or a file describes, with terms, history and audit.
func insertCIs(ctx context.Context, tx *db.Tx, a permission.Actor, rows []record, action string) error {
	if _, err := tx.Insert(ctx, "ci", rows, ""); err != nil {
		return err
	}
	var terms []termRow
	var changes []changeRow
	for i := range rows {
		r := &rows[i]
		for _, t := range r.terms() {
			terms = append(terms, termRow{Term: t, CIID: r.ID})
		}
		changes = append(changes, changeBy(tx, a, r.ID, delta{Kind: Created, After: compact(r.Name)}))
		if err := audit.Write(ctx, tx, a, action, audit.Record{Type: "ci", ID: r.ID, Name: r.Name}, nil, r.summary()); err != nil {
			return err
		}
	}
	if _, err := tx.Insert(ctx, "ci_term", terms, "DO NOTHING"); err != nil {
		return err
	}
	_, err := tx.Insert(ctx, "ci_change", changes, "")
	return err
}

// changeBy makes the row of a change that a person caused.
func changeBy(tx *db.Tx, a permission.Actor, ci string, d delta) changeRow {
	return changeRow{ID: changeID(tx.Now()), CIID: ci, At: tx.Now(), ActorID: a.ID, ActorName: a.Name, Kind: d.Kind, Field: d.Field,
		Before: d.Before, After: d.After}
}

// updateCI stores a CI that a person changed, if anything differs.
func updateCI(ctx context.Context, tx *db.Tx, a permission.Actor, old, now record, deltas []delta, action string) error {
	pins := compact(old.Pinned.V) != compact(now.Pinned.V) || old.WorkloadBy != now.WorkloadBy
	if len(deltas) == 0 && !pins {
		return nil
	}
	now.Version, now.UpdatedAt = old.Version+1, tx.Now()
	if _, err := tx.Insert(ctx, "ci", now, overwrite); err != nil {
		return err
	}
	b := batch{oldTerms: old.terms(), changedIDs: []string{old.ID}}
	for _, t := range now.terms() {
		b.terms = append(b.terms, termRow{Term: t, CIID: now.ID})
	}
	if err := b.storeTerms(ctx, tx); err != nil {
		return err
	}
	var changes []changeRow
	for _, d := range deltas {
		changes = append(changes, changeBy(tx, a, now.ID, d))
	}
	if _, err := tx.Insert(ctx, "ci_change", changes, ""); err != nil {
		return err
	}
	before, after := changedFields(deltas)
	if pins {
		before["pinned"], after["pinned"] = old.Pinned.V, now.Pinned.V
	}
	return audit.Write(ctx, tx, a, action, audit.Record{Type: "ci", ID: now.ID, Name: now.Name}, before, after)
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
	in, p := texts(tx, "term", r.terms())
	if _, err := tx.Exec(ctx, `DELETE FROM {ci_term} WHERE `+in+` AND ci_id = ?`, p, r.ID); err != nil {
		return fmt.Errorf("delete terms: %w", err)
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
