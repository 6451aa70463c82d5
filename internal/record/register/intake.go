package register

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/field"
	"vigie/internal/record/intake"
	"vigie/internal/trust/permission"
)

// Intake is the register as a list that takes files in: what it exports comes back, and refs may be given by name.
func (r *Register[T]) Intake() intake.Target { return target[T]{r} }

type target[T any] struct{ r *Register[T] }

// Kind implements intake.Target.
func (t target[T]) Kind() intake.Kind {
	r := t.r
	aside := []string{"customer", "version", "created_at", "updated_at"}
	for _, f := range r.fields {
		if f.Fixed {
			aside = append(aside, f.Name)
		}
	}
	return intake.Kind{List: strings.TrimPrefix(r.Path, "/"), Title: r.key("many"), Tag: r.Tag, Group: "registers", Need: r.Write,
		Keys:  []intake.Key{{Name: r.title.Name, Label: r.key("field." + r.title.Name)}, {Name: "id", Label: "register.common.id"}},
		Aside: aside}
}

// Fields implements intake.Target.
func (t target[T]) Fields(ctx context.Context, tx *db.Tx) ([]intake.Field, error) {
	out := []intake.Field{{Name: "id", Label: "register.common.id"}}
	for _, f := range t.r.fields {
		if f.Fixed {
			continue
		}
		out = append(out, intake.Field{Name: f.Name, Label: t.r.key("field." + f.Name), Required: f.Name == t.r.title.Name})
	}
	set, err := field.Of(ctx, tx, t.r.Name, "")
	return append(out, set.Columns()...), err
}

// row is what a line comes to: a record as it was, if there was one, and as it will be.
type row[T any] struct {
	before, after T
	fresh         bool
}

// Check implements intake.Target. All that lines refer to is read before they are looked at, by a few statements.
func (t target[T]) Check(ctx context.Context, tx *db.Tx, _ permission.Actor, sheet *intake.Sheet) (intake.Plan, error) {
	r := t.r
	there, err := t.there(ctx, tx, sheet)
	if err != nil {
		return intake.Plan{}, err
	}
	refs, err := t.refs(ctx, tx, sheet)
	if err != nil {
		return intake.Plan{}, err
	}
	set, err := field.Of(ctx, tx, r.Name, "")
	if err != nil {
		return intake.Plan{}, err
	}
	custom, err := set.Take(ctx, tx, sheet)
	if err != nil {
		return intake.Plan{}, err
	}
	var rows []row[T]
	var plan intake.Plan
	seen := map[string]int{}
	for _, line := range sheet.Rows {
		key := line.Get(sheet.Key)
		if first, twice := seen[key]; twice && key != "" {
			sheet.Bad(line.Line, sheet.Key, "register.bad.twice", "line", first)
			continue
		}
		seen[key] = line.Line
		x := row[T]{fresh: true}
		switch found := there[key]; {
		case len(found) > 1:
			sheet.Bad(line.Line, sheet.Key, "register.bad.several")
			continue
		case len(found) == 1:
			x = row[T]{before: found[0], after: found[0]}
		case sheet.Key == "id" && key != "":
			sheet.Bad(line.Line, "id", "register.bad.ref")
			continue
		default:
			r.defaults(&x.after)
		}
		known := leads{func(f Field, ref string) (bool, error) { return refs[f.Name][ref] == ref, nil },
			func(before, change field.Values, bad *fault.Fields) (field.Values, error) {
				when := field.Changed
				if x.fresh {
					when = field.Created
				}
				return set.Check(before, change, custom.Refs, bad, when), nil
			}}
		err := r.prepare(&x.before, &x.after, t.change(line, refs, custom.Rows[line.Line]), known)
		var bad *fault.Error
		if errors.As(err, &bad) && bad.Code == fault.Invalid {
			sheet.Take(line.Line, field.InFile(bad.Fields))
			continue
		}
		if err != nil {
			return plan, err
		}
		switch {
		case x.fresh:
			plan.Created++
		case reflect.DeepEqual(x.before, x.after):
			plan.Unchanged++
			continue
		default:
			plan.Updated++
		}
		rows = append(rows, x)
	}
	plan.Apply = func(ctx context.Context, tx *db.Tx, a permission.Actor) (err error) {
		for _, x := range rows {
			if x.fresh {
				_, err = r.insert(ctx, tx, a, set, x.after)
			} else {
				_, err = r.write(ctx, tx, a, set, x.before, x.after)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return plan, nil
}

// change sets what the line has; cells that are empty leave their field alone.
func (t target[T]) change(line intake.Row, refs map[string]map[string]string, custom field.Values) Change[T] {
	return func(rec *T, bad *fault.Fields) {
		tail(rec).Custom = custom
		for _, f := range t.r.fields {
			text := line.Get(f.Name)
			if text == "" || f.Fixed {
				continue
			}
			if f.Kind == Ref {
				if found, ok := refs[f.Name][text]; ok {
					text = found
				}
			}
			if key := f.set(f.in(rec), text, time.UTC); key != "" {
				bad.Add(f.Name, key)
			}
		}
	}
}

// there gives the customer's records by the key of the sheet.
func (t target[T]) there(ctx context.Context, tx *db.Tx, sheet *intake.Sheet) (map[string][]T, error) {
	column := t.r.title.Column
	if sheet.Key == "id" {
		column = "id"
	}
	var keys []string
	for _, line := range sheet.Rows {
		if k := line.Get(sheet.Key); k != "" && (sheet.Key != "id" || id.Valid(k)) {
			keys = append(keys, k)
		}
	}
	out := map[string][]T{}
	for part := range slices.Chunk(distinct(keys), 500) {
		var rows []T
		if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[T]("r.")+` FROM {`+t.r.Name+`} r WHERE r.`+column+` IN (`+db.Marks(len(part))+`)`, db.Anys(part)...); err != nil {
			return nil, fmt.Errorf("take in %s: %w", t.r.Name, err)
		}
		if err := t.r.fill(ctx, tx, rows); err != nil {
			return nil, err
		}
		for _, rec := range rows {
			key := t.r.name(&rec)
			if sheet.Key == "id" {
				key = head(&rec).ID
			}
			out[key] = append(out[key], rec)
		}
	}
	return out, nil
}

// refs gives, by field, the ids that cells stand for.
func (t target[T]) refs(ctx context.Context, tx *db.Tx, sheet *intake.Sheet) (map[string]map[string]string, error) {
	texts := map[string][]string{}
	for _, f := range t.r.fields {
		if f.Kind != Ref {
			continue
		}
		for _, line := range sheet.Rows {
			if text := line.Get(f.Name); text != "" {
				texts[f.Name] = append(texts[f.Name], text)
			}
		}
	}
	return t.r.resolve(ctx, tx, texts)
}
