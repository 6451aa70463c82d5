package register

import (
	"context"
	"encoding/json"
	"slices"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/record/field"
)

// maxHistory is how far back a record's page looks; the audit trail has all of it.
const maxHistory = 50

// history tells what happened to a record, newest first, from the audit trail. Whoever reads the record reads it; addresses and
// sessions stay with the trail.
func (r *Register[T]) history(ctx context.Context, tx *db.Tx, p *ui.Page, ref, slug string) ([]ui.Entry, error) {
	var rows []struct {
		At     db.Time                             `db:"at"`
		Actor  string                              `db:"actor_name"`
		Action string                              `db:"action"`
		Before db.JSON[map[string]json.RawMessage] `db:"before"`
		After  db.JSON[map[string]json.RawMessage] `db:"after"`
	}
	err := tx.Select(ctx, &rows, `SELECT e.at, e.actor_name, e.action, e.before, e.after FROM {audit_entry} e WHERE e.record_type = ? AND e.record_id = ?
		ORDER BY e.id DESC LIMIT ?`, r.Name, ref, maxHistory)
	if err != nil {
		return nil, err
	}
	out := make([]ui.Entry, len(rows))
	befores, afters := make([]*T, len(rows)), make([]*T, len(rows))
	var all []T
	for i, row := range rows {
		befores[i], afters[i] = r.was(row.Before.V), r.was(row.After.V)
		all = append(all, *befores[i], *afters[i])
	}
	names, err := r.names(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	set, err := field.Of(ctx, tx, r.Name, slug)
	if err != nil {
		return nil, err
	}
	called, err := field.NamesOf(ctx, tx, set, customs(all)...)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		e := ui.Entry{Icon: "edit", Actor: row.Actor, Text: p.T("register.common.did_update"), At: row.At.Time}
		if row.Action == "create" {
			e.Icon, e.Text = "plus", p.T("register.common.did_create")
		}
		if row.Action == "restore" {
			e.Icon, e.Text = "arrow-back-up", p.T("register.common.did_restore")
		}
		if row.Action == "delete" {
			e.Icon, e.Text = "trash", p.T("register.common.did_delete")
		}
		if key, ok := r.Did[row.Action]; ok {
			e.Icon, e.Text = "check", p.T(key)
		}
		if row.Action == "update" {
			for _, f := range r.fields {
				before, after := r.told(p, f, befores[i], names), r.told(p, f, afters[i], names)
				if before != after {
					e.Changes = append(e.Changes, ui.Change{Field: r.label(p, f), Before: before, After: after})
				}
			}
			e.Changes = append(e.Changes, set.Changes(p, tail(befores[i]).Custom, tail(afters[i]).Custom, called)...)
		}
		out[i] = e
	}
	return slices.Clip(out), nil
}

// was reads a record as the trail has it; what the trail had under other names is left out.
func (r *Register[T]) was(members map[string]json.RawMessage) *T {
	rec := new(T)
	for _, f := range r.fields {
		if raw, ok := members[f.Name]; ok {
			_ = json.Unmarshal(raw, f.in(rec).Addr().Interface()) // a value of an older form shows as none
		}
	}
	if raw, ok := members["custom"]; ok {
		_ = json.Unmarshal(raw, &tail(rec).Custom) // likewise
	}
	return rec
}

func (r *Register[T]) told(p *ui.Page, f Field, rec *T, names named) string {
	v := f.in(rec)
	if f.Kind != Ref || v.IsZero() {
		return r.words(p, f, v)
	}
	if s, ok := names[f.To][v.String()]; ok {
		return s.Name
	}
	return v.String()
}
