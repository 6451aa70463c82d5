package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Editable is the register as a list whose records can be changed and deleted many at once.
func (r *Register[T]) Editable() bulk.Removable { return editable[T]{r} }

type editable[T any] struct{ r *Register[T] }

// list is how the register is called in addresses.
func (r *Register[T]) list() string { return strings.TrimPrefix(r.Path, "/") }

// Kind implements bulk.Editable.
func (e editable[T]) Kind() bulk.Kind {
	r := e.r
	k := bulk.Kind{List: r.list(), Title: r.key("many"), Type: r.Name, Table: r.Name, Active: r.Name, Need: r.Read, Write: r.Write, Spec: r.spec,
		Custom: true, Owner: "r.customer_id", Slug: "k.slug", Page: func(id string) string { return r.Path + "/" + id }}
	for _, f := range r.fields {
		if f.Kind == Ref && f.To == Person {
			k.Assignee = f.Name
			break
		}
	}
	return k
}

// common tells whether several records may well have the same value of a field; a name or an address is one record's own.
func (e editable[T]) common(f Field) bool {
	return f.Name != e.r.title.Name && !f.Fixed && e.r.Options[f.Name] == nil && !slices.Contains([]Kind{List, Email, Phone, URL}, f.Kind)
}

// Fields implements bulk.Editable.
func (e editable[T]) Fields(ctx context.Context, tx *db.Tx) (out []bulk.Field, err error) {
	forms := map[Kind]bulk.Form{Text: bulk.Text, Long: bulk.Long, Number: bulk.Number, Percent: bulk.Number, Amount: bulk.Text, Day: bulk.Day, Instant: bulk.Moment,
		Choice: bulk.Choice, YesNo: bulk.YesNo, Language: bulk.Choice, Country: bulk.Text, Zone: bulk.Text, Several: bulk.Some, Ref: bulk.Pick, Span: bulk.Text, Fraction: bulk.Text}
	_, alone := tx.Scope().One()
	for _, f := range e.r.fields {
		if !e.common(f) {
			continue
		}
		x := bulk.Field{Name: f.Name, Label: e.r.key("field." + f.Name), Form: forms[f.Kind], Keep: f.Required}
		if f.Help {
			x.Help = e.r.key("help." + f.Name)
		}
		for _, v := range f.Values {
			x.Options = append(x.Options, bulk.Option{Value: v, Label: e.r.key("value." + f.Name + "." + v)})
		}
		if f.Kind == Language {
			x.Options = []bulk.Option{{Value: "en", Title: "English"}, {Value: "fr", Title: "Français"}}
		}
		if f.Kind == Ref && alone {
			proposed, err := e.r.pick(ctx, tx, f, "")
			if err != nil {
				return nil, err
			}
			for _, s := range proposed {
				x.Options = append(x.Options, bulk.Option{Value: s.Name, Title: s.Name})
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// Word implements bulk.Editable.
func (e editable[T]) Word(field string) string {
	if slices.Contains(e.fieldNames(), field) {
		return e.r.key("field." + field)
	}
	return ""
}

func (e editable[T]) load(ctx context.Context, tx *db.Tx, ids []string) (rows []T, err error) {
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[T]("r.")+` FROM {`+e.r.Name+`} r WHERE r.id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...); err != nil {
		return nil, fmt.Errorf("read %s: %w", e.r.Name, err)
	}
	return rows, e.r.fill(ctx, tx, rows)
}

// Read implements bulk.Editable.
func (e editable[T]) Read(ctx context.Context, tx *db.Tx, ids []string) ([]bulk.Record, error) {
	rows, err := e.load(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	custom, err := bulk.Customs(ctx, tx, e.r.Name, nil)
	if err != nil {
		return nil, err
	}
	out := make([]bulk.Record, len(rows))
	for i := range rows {
		out[i] = bulk.Record{ID: head(&rows[i]).ID, Name: e.r.name(&rows[i]), Version: tail(&rows[i]).Version,
			Cell: custom.Cells(tail(&rows[i]).Custom, e.cell(&rows[i], nil))}
	}
	return out, nil
}

// cell gives a field as JSON, which is exact, and as people read it.
func (e editable[T]) cell(rec *T, names named) func(string) bulk.Cell {
	return func(field string) bulk.Cell {
		i := slices.IndexFunc(e.r.fields, func(f Field) bool { return f.Name == field })
		if i < 0 {
			return bulk.Cell{}
		}
		f := e.r.fields[i]
		v := f.in(rec)
		state, err := json.Marshal(v.Interface())
		if err != nil {
			panic(fmt.Sprintf("register: %s.%s: %v", e.r.Name, f.Name, err)) // kinds of ours always marshal
		}
		c := bulk.Cell{State: string(state), Text: f.text(v)}
		if s, ok := names[f.To][v.String()]; ok && f.Kind == Ref {
			c.Text = s.Name
		}
		return c
	}
}

func (e editable[T]) fieldNames() []string {
	out := make([]string, len(e.r.fields))
	for i, f := range e.r.fields {
		out[i] = f.Name
	}
	return out
}

// Plan implements bulk.Editable.
func (e editable[T]) Plan(ctx context.Context, tx *db.Tx, _ permission.Actor, asks []bulk.Ask) (plan bulk.Plan, err error) {
	ids := make([]string, len(asks))
	for i, a := range asks {
		ids[i] = a.ID
	}
	rows, err := e.load(ctx, tx, ids)
	if err != nil {
		return plan, err
	}
	there := make(map[string]*T, len(rows))
	for i := range rows {
		there[head(&rows[i]).ID] = &rows[i]
	}
	refs, err := e.refs(ctx, tx, asks)
	if err != nil {
		return plan, err
	}
	custom, err := bulk.Customs(ctx, tx, e.r.Name, asks, customs(rows)...)
	if err != nil {
		return plan, err
	}
	var before, after []T
	for _, ask := range asks {
		old, ok := there[ask.ID]
		if !ok {
			continue
		}
		now := *old
		row := bulk.Row{ID: ask.ID, Name: e.r.name(old), Version: tail(old).Version}
		err := e.r.prepare(old, &now, e.change(ask, refs), leads{func(f Field, ref string) (bool, error) { return refs[f.Name][ref] == ref, nil },
			func(had, _ field.Values, bad *fault.Fields) (field.Values, error) {
				return custom.After(ask, had, bad), nil
			}})
		var bad *fault.Error
		switch {
		case errors.As(err, &bad) && bad.Code == fault.Invalid:
			row.Refused = bad.Fields
		case err != nil:
			return plan, err
		}
		before, after = append(before, *old), append(after, now)
		plan.Rows = append(plan.Rows, row)
	}
	names, err := e.r.names(ctx, tx, slices.Concat(before, after))
	if err != nil {
		return plan, err
	}
	var olds, news []T
	for i := range plan.Rows {
		row := &plan.Rows[i]
		row.Diffs = e.differ(custom, &before[i], &after[i], names)
		if row.Writes() {
			olds, news = append(olds, before[i]), append(news, after[i])
		}
	}
	plan.Apply = func(ctx context.Context, tx *db.Tx, a permission.Actor) error {
		stored := make([]field.Stored, len(news))
		for i := range news {
			stored[i] = field.Stored{ID: head(&news[i]).ID, Before: tail(&olds[i]).Custom, After: tail(&news[i]).Custom}
		}
		if err := custom.Store(ctx, tx, stored); err != nil {
			return err
		}
		return e.r.writeAll(ctx, tx, a, olds, news)
	}
	return plan, nil
}

// differ gives the fields that differ, custom ones too.
func (e editable[T]) differ(custom bulk.Custom, before, after *T, names named) []bulk.Diff {
	return bulk.Differ(slices.Concat(e.fieldNames(), custom.Names()), custom.Cells(tail(before).Custom, e.cell(before, names)), custom.Cells(tail(after).Custom, e.cell(after, names)))
}

// change makes of what is asked for a change as any other.
func (e editable[T]) change(ask bulk.Ask, refs map[string]map[string]string) Change[T] {
	return func(rec *T, bad *fault.Fields) {
		for _, f := range e.r.fields {
			if f.Fixed {
				continue
			}
			v := f.in(rec)
			if state, ok := ask.States[f.Name]; ok {
				v.SetZero()
				if err := json.Unmarshal([]byte(state), v.Addr().Interface()); err != nil {
					bad.Add(f.Name, f.unreadable())
				}
			}
			for _, c := range ask.Changes {
				if c.Field != f.Name {
					continue
				}
				if f.Kind == Several {
					v.Set(valueOf(Choices(c.With(v.Interface().(Choices)))))
					continue
				}
				text := c.Value
				if found, ok := refs[f.Name][text]; ok {
					text = found
				}
				if c.Op == bulk.Clear {
					text = ""
				}
				if key := f.set(v, text, time.UTC); key != "" {
					bad.Add(f.Name, key)
				}
			}
		}
	}
}

// refs gives, by field, the ids of what changes and states name.
func (e editable[T]) refs(ctx context.Context, tx *db.Tx, asks []bulk.Ask) (map[string]map[string]string, error) {
	texts := map[string][]string{}
	note := func(field, text string) {
		if text != "" && !slices.Contains(texts[field], text) {
			texts[field] = append(texts[field], text)
		}
	}
	for _, ask := range asks {
		for _, c := range ask.Changes {
			note(c.Field, c.Value)
		}
		for field, state := range ask.States {
			var ref string
			if json.Unmarshal([]byte(state), &ref) == nil {
				note(field, ref)
			}
		}
	}
	return e.r.resolve(ctx, tx, texts)
}

// writeAll is write for many records, each of which differs.
func (r *Register[T]) writeAll(ctx context.Context, tx *db.Tx, a permission.Actor, before, after []T) error {
	if len(after) == 0 {
		return nil
	}
	sets := []string{"version = excluded.version", "updated_at = excluded.updated_at"}
	for _, f := range r.fields {
		sets = append(sets, f.Column+" = excluded."+f.Column)
	}
	acts := make([]audit.Act, len(after))
	for i := range after {
		t := tail(&after[i])
		t.Version, t.UpdatedAt = tail(&before[i]).Version+1, tx.Now()
		acts[i] = audit.Act{Action: "update", Record: r.record(&after[i]), Before: before[i], After: after[i]}
	}
	n, err := tx.Insert(ctx, r.Name, after, "(customer_id, id) DO UPDATE SET "+strings.Join(sets, ", ")+" WHERE "+r.Name+".version = excluded.version - 1")
	if err != nil {
		return r.taken("update", err)
	}
	if n != int64(len(after)) {
		return fault.New(fault.Stale, "fault.stale")
	}
	return audit.WriteAll(ctx, tx, a, acts)
}
