package register

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Remove implements bulk.Removable.
func (e editable[T]) Remove(ctx context.Context, tx *db.Tx, _ permission.Actor, ids []string) (plan bulk.Plan, err error) {
	rows, err := e.load(ctx, tx, ids)
	if err != nil {
		return plan, err
	}
	held, err := e.held(ctx, tx, ids)
	if err != nil {
		return plan, err
	}
	var gone []T
	for i := range rows {
		row := e.goneRow(&rows[i])
		if held[row.ID] {
			row.Refuse("", "register.bad.in_use", "name", row.Name)
		} else {
			gone = append(gone, rows[i])
		}
		plan.Rows = append(plan.Rows, row)
	}
	plan.Apply = func(ctx context.Context, tx *db.Tx, a permission.Actor) error { return e.r.removeAll(ctx, tx, a, gone) }
	return plan, nil
}

// goneRow is a record that goes, with all that it was.
func (e editable[T]) goneRow(rec *T) bulk.Row {
	state, err := json.Marshal(rec)
	if err != nil {
		panic(fmt.Sprintf("register: %s: %v", e.r.Name, err)) // records of ours always marshal
	}
	return bulk.Row{ID: head(rec).ID, Name: e.r.name(rec), Version: tail(rec).Version,
		Diffs: []bulk.Diff{{Before: bulk.Cell{State: string(state), Text: e.r.name(rec)}}}}
}

// held are those that other records name.
func (e editable[T]) held(ctx context.Context, tx *db.Tx, ids []string) (map[string]bool, error) {
	by, err := tx.Referrers(ctx, e.r.Name)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, x := range by {
		var found []string
		if err := tx.Select(ctx, &found, `SELECT DISTINCT x.`+x.Column+` FROM {`+x.Table+`} x WHERE x.`+x.Column+` IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...); err != nil {
			return nil, fmt.Errorf("what names %s: %w", e.r.Name, err)
		}
		for _, ref := range found {
			out[ref] = true
		}
	}
	return out, nil
}

func (r *Register[T]) removeAll(ctx context.Context, tx *db.Tx, a permission.Actor, gone []T) error {
	if len(gone) == 0 {
		return nil
	}
	ids, acts := make([]string, len(gone)), make([]audit.Act, len(gone))
	for i := range gone {
		ids[i] = head(&gone[i]).ID
		acts[i] = audit.Act{Action: "delete", Record: r.record(&gone[i]), Before: gone[i]}
	}
	n, err := tx.Exec(ctx, `DELETE FROM {`+r.Name+`} WHERE id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...)
	if err != nil {
		return fmt.Errorf("delete %s: %w", r.Name, err)
	}
	if n != int64(len(gone)) {
		return fault.New(fault.Stale, "fault.stale")
	}
	if err := field.Forget(ctx, tx, r.Name, ids...); err != nil {
		return err
	}
	return audit.WriteAll(ctx, tx, a, acts)
}

// Revive implements bulk.Removable. A record comes back with its id, so that what hangs on it is there again.
func (e editable[T]) Revive(ctx context.Context, tx *db.Tx, _ permission.Actor, states map[string]string) (plan bulk.Plan, err error) {
	owner, err := tx.Customer()
	if err != nil {
		return plan, err
	}
	var rows []T
	texts := map[string][]string{}
	for ref, state := range states {
		var rec T
		if err := json.Unmarshal([]byte(state), &rec); err != nil {
			return plan, fmt.Errorf("put back %s: %w", e.r.Name, err)
		}
		head(&rec).CustomerID, head(&rec).ID = owner, ref
		for _, f := range e.r.fields {
			if v := f.in(&rec); f.Kind == Ref && !v.IsZero() {
				texts[f.Name] = append(texts[f.Name], v.String())
			}
		}
		rows = append(rows, rec)
	}
	refs, err := e.r.resolve(ctx, tx, texts)
	if err != nil {
		return plan, err
	}
	var back []T
	for i := range rows {
		row := bulk.Row{ID: head(&rows[i]).ID, Name: e.r.name(&rows[i]), Version: tail(&rows[i]).Version, Diffs: []bulk.Diff{{After: bulk.Cell{State: states[head(&rows[i]).ID]}}}}
		for _, f := range e.r.fields {
			if v := f.in(&rows[i]); f.Kind == Ref && !v.IsZero() && refs[f.Name][v.String()] == "" {
				row.Refuse(f.Name, "register.bad.ref")
			}
		}
		if row.Writes() {
			back = append(back, rows[i])
		}
		plan.Rows = append(plan.Rows, row)
	}
	plan.Apply = func(ctx context.Context, tx *db.Tx, a permission.Actor) error { return e.r.reviveAll(ctx, tx, a, back) }
	return plan, nil
}

// putBack gives records what they had in custom fields, as far as there are still such fields, and what they name.
func (r *Register[T]) putBack(ctx context.Context, tx *db.Tx, back []T) error {
	set, err := field.Of(ctx, tx, r.Name, "")
	if err != nil {
		return err
	}
	refs, err := field.NamesOf(ctx, tx, set, customs(back)...)
	if err != nil {
		return err
	}
	stored := make([]field.Stored, len(back))
	for i := range back {
		var gone fault.Fields
		stored[i] = field.Stored{ID: head(&back[i]).ID, After: set.Check(nil, tail(&back[i]).Custom, refs, &gone, field.Restored)}
	}
	return field.StoreAll(ctx, tx, set, stored)
}

func (r *Register[T]) reviveAll(ctx context.Context, tx *db.Tx, a permission.Actor, back []T) error {
	if len(back) == 0 {
		return nil
	}
	for i := range back {
		t := tail(&back[i])
		t.Version, t.UpdatedAt = t.Version+1, tx.Now()
	}
	if _, err := tx.Insert(ctx, r.Name, back, ""); err != nil {
		return fmt.Errorf("put back %s: %w", r.Name, err)
	}
	if err := r.putBack(ctx, tx, back); err != nil {
		return err
	}
	if err := r.fill(ctx, tx, back); err != nil {
		return err
	}
	acts := make([]audit.Act, len(back))
	for i := range back {
		acts[i] = audit.Act{Action: "restore", Record: r.record(&back[i]), After: back[i]}
	}
	return audit.WriteAll(ctx, tx, a, acts)
}

// KeepIn notes a change that a page of the room has made in this transaction, so that its message can offer to undo it.
func KeepIn[T any](ctx context.Context, tx *db.Tx, a permission.Actor, r *Register[T], before, after T) (string, error) {
	return r.keep(ctx, tx, a, before, after)
}

// keep notes a change that a page has made, so that its message can offer to undo it.
func (r *Register[T]) keep(ctx context.Context, tx *db.Tx, a permission.Actor, before, after T) (string, error) {
	if reflect.DeepEqual(before, after) {
		return "", nil
	}
	e := editable[T]{r}
	names, err := r.names(ctx, tx, []T{before, after})
	if err != nil {
		return "", err
	}
	custom, err := bulk.Customs(ctx, tx, r.Name, nil, tail(&before).Custom, tail(&after).Custom)
	if err != nil {
		return "", err
	}
	return bulk.Keep(ctx, tx, a, r.list(), bulk.Row{ID: head(&after).ID, Name: r.name(&after), Version: tail(&after).Version, Diffs: e.differ(custom, &before, &after, names)})
}
