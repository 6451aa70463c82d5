package field

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Service holds the rules of definitions.
type Service struct {
	db       *db.DB
	subjects *subject.Registry
}

// New makes the service; the types of record that have fields are those of which the registry says so.
func NewService(d *db.DB, subjects *subject.Registry) *Service { return &Service{d, subjects} }

// Types lists the types of record that have custom fields.
func (s *Service) Types() (out []string) {
	for _, t := range s.subjects.Types() {
		if k, _ := s.subjects.Kind(t); k.Fields {
			out = append(out, t)
		}
	}
	return out
}

// Has tells whether records of the type have custom fields.
func (s *Service) Has(recordType string) bool {
	k, ok := s.subjects.Kind(recordType)
	return ok && k.Fields
}

// Spec is how definitions are listed.
func (s *Service) Spec() list.Spec {
	kinds := []string{}
	for _, k := range Kinds() {
		kinds = append(kinds, string(k))
	}
	return list.Spec{From: everywhere + " f", Columns: columns + ", f.customer, f.customer_id", Key: "f.id", Sort: "record_type",
		Fields: []list.Field{
			{Name: "id", Column: "f.id", Kind: list.ID, Filter: true},
			{Name: "record_type", Column: "f.record_type", Kind: list.Choice, Values: s.Types(), Sort: true, Filter: true},
			{Name: "key", Column: "f.key", Kind: list.Text, Sort: true, Filter: true},
			{Name: "kind", Column: "f.kind", Kind: list.Choice, Values: kinds, Filter: true},
			{Name: "position", Column: "f.position", Kind: list.Number, Sort: true},
			{Name: "archived_at", Column: "f.archived_at", Kind: list.Time, Filter: true, Nullable: true},
			{Name: "updated_at", Column: "f.updated_at", Kind: list.Time, Sort: true, Filter: true},
		},
		Search: list.Words("f.key", "f.label_en", "f.label_fr")}
}

// Fields lists the definitions of one type of record, archived ones included: those of a customer, or of the house for an empty slug, in their
// order. Faults: forbidden, not_found.
func (s *Service) Fields(ctx context.Context, a permission.Actor, recordType, slug string) (out []Field, err error) {
	if err := a.Require(permission.FieldRead); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		out, err = siblings(ctx, tx, recordType, slug)
		return err
	})
	return out, err
}

// siblings are the fields among which one has its place.
func siblings(ctx context.Context, tx *db.Tx, recordType, slug string) (out []Field, err error) {
	err = tx.Select(ctx, &out, `SELECT `+columns+`, f.customer, f.customer_id FROM `+everywhere+` f WHERE f.record_type = ? AND f.customer = ? ORDER BY f.position, f.key`, recordType, slug)
	for i := range out {
		out[i] = out[i].shown()
	}
	return out, err
}

// Field gives one definition. Faults: not_found, forbidden.
func (s *Service) Field(ctx context.Context, a permission.Actor, ref string) (f Field, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		f, err = get(ctx, tx, ref)
		return err
	})
	if err != nil {
		return Field{}, err
	}
	return f, a.Require(permission.FieldRead)
}

func get(ctx context.Context, tx *db.Tx, ref string) (f Field, err error) {
	if !id.Valid(ref) {
		return f, fault.New(fault.NotFound, "fault.not_found")
	}
	var found []Field // where a customer came back that had a field of the house, its own is the first
	if err := tx.Select(ctx, &found, `SELECT `+columns+`, f.customer, f.customer_id FROM `+everywhere+` f WHERE f.id = ? ORDER BY f.customer DESC`, ref); err != nil {
		return f, err
	}
	if len(found) == 0 {
		return f, fault.New(fault.NotFound, "fault.not_found")
	}
	return found[0].shown(), nil
}

// Uses tells how many records have a value in the field. Faults: not_found, forbidden.
func (s *Service) Uses(ctx context.Context, a permission.Actor, ref string) (n int, err error) {
	f, err := s.Field(ctx, a, ref)
	if err != nil {
		return 0, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		n, err = uses(ctx, tx, f)
		return err
	})
	return n, err
}

func uses(ctx context.Context, tx *db.Tx, f Field) (n int, err error) {
	where, args := within(f)
	return n, tx.Get(ctx, &n, `SELECT COUNT(*) FROM {custom_value} v WHERE v.`+where, args...)
}

// within is whose values are in a field: those of its customer, or of all who took it on from the house.
func within(f Field) (where string, args []any) {
	if f.House() {
		return `field_id = ? AND customer_id IN (SELECT x.customer_id FROM {custom_field} x WHERE x.house_id = ?)`, []any{f.ID, f.ID}
	}
	return `field_id = ? AND customer_id = ?`, []any{f.ID, f.CustomerID}
}

// change opens the transaction in which a definition is changed: that of its customer, or across all of them for a field of the house, whose
// values these have.
func (s *Service) change(ctx context.Context, a permission.Actor, f Field, work func(*db.Tx) error) error {
	if f.House() {
		if err := mayHouse(a); err != nil {
			return err
		}
		return s.db.Across(ctx, "a field of the house has values of all customers", work)
	}
	scope, err := a.For(permission.FieldWrite, f.CustomerID)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, work)
}

// mayHouse: whoever is limited to some customers may not change what all have.
func mayHouse(a permission.Actor) error {
	if err := a.Require(permission.FieldHouse); err != nil || !a.Scope().All() {
		return fault.New(fault.Forbidden, "fault.forbidden").Because(err)
	}
	return nil
}

// Create defines a field, behind the others. Faults: forbidden, invalid, conflict (the key is taken).
func (s *Service) Create(ctx context.Context, a permission.Actor, in New) (out Field, err error) {
	f := in.field()
	var bad fault.Fields
	if in.Customer != "" {
		if err := a.Require(permission.FieldWrite); err != nil {
			return out, err
		}
		if f.CustomerID, f.Customer, err = s.customer(ctx, a, in.Customer); err != nil {
			return out, err
		}
	}
	if !s.Has(f.RecordType) {
		bad.Add("record_type", "field.bad.type", "values", strings.Join(s.Types(), ", "))
	}
	s.check(f, &bad)
	err = s.change(ctx, a, f, func(tx *db.Tx) error {
		if err := bad.Err(); err != nil {
			return err
		}
		all, err := siblings(ctx, tx, f.RecordType, f.Customer)
		if err != nil {
			return err
		}
		if len(all) >= MaxFields {
			return fault.New(fault.Conflict, "field.bad.many", "max", MaxFields)
		}
		house := all
		if !f.House() {
			if house, err = siblings(ctx, tx, f.RecordType, ""); err != nil {
				return err
			}
		}
		if taken(all, f.Key) || taken(house, f.Key) {
			e := fault.New(fault.Conflict, "field.bad.taken", "key", f.Key)
			e.Fields = fault.Fields{{Path: "key", Key: "field.bad.taken", Args: e.Args}}
			return e
		}
		f.ID, f.CreatedAt, f.UpdatedAt, f.Position = id.New(), tx.Now(), tx.Now(), 1
		if n := len(all); n > 0 {
			f.Position = all[n-1].Position + 1
		}
		if f.House() {
			_, err = tx.Insert(ctx, "house_field", f.row().houseRow, "")
		} else {
			_, err = tx.Insert(ctx, "custom_field", f.row(), "")
		}
		if err != nil {
			return fmt.Errorf("create custom field: %w", err)
		}
		out = f.shown()
		return audit.Write(ctx, tx, a, "create", record(f), nil, out)
	})
	return out, err
}

// check is the field's own, and that nothing is asked for which nobody can give: a customer who is new has no people and CIs yet.
func (s *Service) check(f Field, bad *fault.Fields) {
	f.check(bad)
	k, _ := s.subjects.Kind(f.RecordType)
	if f.Required && k.Table == "customer" && (f.Kind == Person || f.Kind == CI) {
		bad.Add("required", "field.bad.required_ref")
	}
}

func taken(all []Field, key string) bool {
	return slices.ContainsFunc(all, func(f Field) bool { return f.Key == key })
}

func record(f Field) audit.Record {
	return audit.Record{Type: "custom_field", ID: f.ID, Name: f.LabelEN}
}

// customer finds the customer that an input names by slug or id; one that the actor does not see is a bad field.
func (s *Service) customer(ctx context.Context, a permission.Actor, ref string) (string, string, error) {
	where := "slug = ?"
	if id.Valid(ref) {
		where = "id = ?"
	}
	var found struct {
		ID   string `db:"id"`
		Slug string `db:"slug"`
	}
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &found, `SELECT id, slug FROM {customer} WHERE `+where, ref)
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", ref)
		return "", "", bad.Err()
	}
	return found.ID, found.Slug, err
}

// Update changes a definition; version 0 takes any. Faults: not_found, forbidden, invalid, stale, conflict (the change would take a meaning
// from values that are there).
func (s *Service) Update(ctx context.Context, a permission.Actor, ref string, version int64, in Change) (out Field, err error) {
	f, err := s.Field(ctx, a, ref)
	if err != nil {
		return out, err
	}
	err = s.change(ctx, a, f, func(tx *db.Tx) error {
		before, err := s.again(ctx, tx, f, version)
		if err != nil {
			return err
		}
		var bad fault.Fields
		after := in.apply(before, tx.Now(), &bad)
		s.check(after, &bad)
		if err := s.keepsMeaning(ctx, tx, before, after, &bad); err != nil {
			return err
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if in.Position != nil && *in.Position != before.Position {
			if after.Position, err = reorder(ctx, tx, before, *in.Position); err != nil {
				return err
			}
		}
		after.Version, after.UpdatedAt = before.Version+1, tx.Now()
		if err := write(ctx, tx, after); err != nil {
			return err
		}
		out = after.shown()
		return audit.Write(ctx, tx, a, "update", record(after), before, out)
	})
	return out, err
}

// again reads the definition in the transaction that changes it.
func (s *Service) again(ctx context.Context, tx *db.Tx, f Field, version int64) (Field, error) {
	all, err := siblings(ctx, tx, f.RecordType, f.Customer)
	if err != nil {
		return f, err
	}
	i := slices.IndexFunc(all, func(x Field) bool { return x.ID == f.ID })
	if i < 0 {
		return f, fault.New(fault.NotFound, "fault.not_found")
	}
	if version != 0 && version != all[i].Version {
		return f, fault.New(fault.Stale, "fault.stale")
	}
	return all[i], nil
}

// keepsMeaning refuses another kind, and the loss of a choice, where records have values.
func (s *Service) keepsMeaning(ctx context.Context, tx *db.Tx, before, after Field, bad *fault.Fields) error {
	if after.Kind != before.Kind {
		n, err := uses(ctx, tx, before)
		if err != nil {
			return err
		}
		if n > 0 {
			bad.Add("kind", "field.bad.kind_used", "count", n)
		}
		return nil
	}
	for _, o := range before.Options.V {
		if _, kept := after.option(o.Key); kept {
			continue
		}
		var n int
		where, args := within(before)
		if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {custom_value} v WHERE v.word = ? AND v.`+where, append([]any{o.Key}, args...)...); err != nil {
			return err
		}
		if n > 0 {
			bad.Add("choices", "field.bad.choice_used", "value", o.Key, "count", n)
		}
	}
	return nil
}

// write stores a definition, and with one of the house what customers keep of it.
func write(ctx context.Context, tx *db.Tx, f Field) error {
	const set = ` SET label_en = ?, label_fr = ?, help_en = ?, help_fr = ?, kind = ?, choices = ?, required = ?, position = ?, archived_at = ?, version = ?, updated_at = ? WHERE `
	args := []any{f.LabelEN, f.LabelFR, f.HelpEN, f.HelpFR, string(f.Kind), f.Options, f.Required, f.Position, f.ArchivedAt, f.Version, f.UpdatedAt}
	if !f.House() {
		n, err := tx.Exec(ctx, `UPDATE {custom_field}`+set+`id = ? AND version = ?`, append(args, f.ID, f.Version-1)...)
		return lost(n, err)
	}
	n, err := tx.Exec(ctx, `UPDATE {house_field}`+set+`id = ? AND version = ?`, append(slices.Clip(args), f.ID, f.Version-1)...)
	if err = lost(n, err); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE {custom_field}`+set+`house_id = ?`, append(args, f.ID)...)
	return err
}

func lost(n int64, err error) error {
	if err != nil {
		return fmt.Errorf("update custom field: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Stale, "fault.stale")
	}
	return nil
}

// reorder puts a field at a place, counted from 1, and the others around it.
func reorder(ctx context.Context, tx *db.Tx, f Field, to int64) (int64, error) {
	all, err := siblings(ctx, tx, f.RecordType, f.Customer)
	if err != nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(x Field) bool { return x.ID == f.ID })
	place := int(min(max(to, 1), int64(len(all)+1))) - 1
	table := map[bool]string{true: "{house_field}", false: "{custom_field}"}[f.House()]
	for i, x := range all { // at most 50, and only those that move
		want := int64(i + 1)
		if i >= place {
			want++
		}
		if x.Position != want {
			if _, err := tx.Exec(ctx, `UPDATE `+table+` SET position = ? WHERE id = ?`, want, x.ID); err != nil {
				return 0, fmt.Errorf("order custom fields: %w", err)
			}
		}
	}
	return int64(place + 1), nil
}

// Delete removes a definition with the values in it. values is how many these are, which the caller must know. Faults: not_found, forbidden,
// stale, conflict (there are so many).
func (s *Service) Delete(ctx context.Context, a permission.Actor, ref string, version int64, values int) error {
	f, err := s.Field(ctx, a, ref)
	if err != nil {
		return err
	}
	return s.change(ctx, a, f, func(tx *db.Tx) error {
		before, err := s.again(ctx, tx, f, version)
		if err != nil {
			return err
		}
		n, err := uses(ctx, tx, before)
		if err != nil {
			return err
		}
		if n != values {
			e := fault.New(fault.Conflict, "field.bad.confirm", "count", n)
			e.Fields = fault.Fields{{Path: "values", Key: "field.bad.confirm", Args: e.Args}}
			return e
		}
		where, args := within(before)
		if _, err := tx.Exec(ctx, `DELETE FROM {custom_value} WHERE `+where, args...); err != nil {
			return fmt.Errorf("delete custom field: %w", err)
		}
		column := map[bool]string{true: "house_id", false: "id"}[before.House()]
		if _, err := tx.Exec(ctx, `DELETE FROM {custom_field} WHERE `+column+` = ?`, before.ID); err != nil {
			return fmt.Errorf("delete custom field: %w", err)
		}
		if before.House() {
			if _, err := tx.Exec(ctx, `DELETE FROM {house_field} WHERE id = ?`, before.ID); err != nil {
				return fmt.Errorf("delete custom field: %w", err)
			}
		}
		return audit.Write(ctx, tx, a, "delete", record(before), map[string]any{"field": before, "values": n}, nil)
	})
}
