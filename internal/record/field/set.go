package field

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Set is the fields that one type of record has, in the order in which they are shown.
type Set struct {
	Type     string
	Fields   []Defined // the active ones
	archived []Defined
}

// Defined is a field in force. Where several customers are looked at, one key may stand for the fields of several of them.
type Defined struct {
	Field
	// Mixed tells that the key is of different kinds for different customers: it can be shown, and nothing else.
	Mixed bool
	ids   []string
}

const columns = `f.id, f.record_type, f.key, f.label_en, f.label_fr, f.help_en, f.help_fr, f.kind, f.choices, f.required, f.position, f.version, f.archived_at, f.created_at, f.updated_at`

// everywhere is every field that somebody defined, as one table: those of customers, and those of the house with no customer.
const everywhere = `(SELECT ` + columns + `, k.slug AS customer, CAST(k.id AS TEXT) AS customer_id FROM {custom_field} f JOIN {customer} k ON k.id = f.customer_id WHERE f.house_id IS NULL
	UNION ALL SELECT ` + columns + `, '' AS customer, '' AS customer_id FROM {house_field} f)`

// Of gives the fields of a type of record: those of the customer of the slug and of the house; with no slug, those of all customers in the
// scope of the transaction.
func Of(ctx context.Context, tx *db.Tx, recordType, slug string) (Set, error) {
	query, args := `SELECT `+columns+`, f.customer, f.customer_id FROM `+everywhere+` f WHERE f.record_type = ?`, []any{recordType}
	if slug != "" {
		query, args = query+` AND f.customer IN ('', ?)`, append(args, slug)
	}
	var found []Field
	if err := tx.Select(ctx, &found, query+` ORDER BY f.position, f.key, f.id`, args...); err != nil {
		return Set{}, fmt.Errorf("custom fields of %s: %w", recordType, err)
	}
	_, one := tx.Scope().One()
	return merge(recordType, found, one || slug != ""), nil
}

// Nobody is a slug that no customer has: Of gives the fields of the house for it.
const Nobody = "-"

// merge puts fields of one key together. For one customer its own field takes the place of the house's; else one key stands for all of them.
func merge(recordType string, found []Field, one bool) Set {
	s := Set{Type: recordType}
	slices.SortStableFunc(found, func(a, b Field) int { // active before archived, own before the house's
		return cmp.Or(order(!a.ArchivedAt.IsZero(), !b.ArchivedAt.IsZero()), order(a.House(), b.House()))
	})
	own := map[string]bool{}
	if one {
		for _, f := range found {
			own[f.Key] = own[f.Key] || !f.House()
		}
	}
	at := map[string]int{}
	for _, f := range found {
		f = f.shown()
		if f.House() && own[f.Key] {
			continue
		}
		d := Defined{Field: f, ids: []string{f.ID}}
		if f.State == Archived {
			s.archived = append(s.archived, d)
			continue
		}
		i, known := at[f.Key]
		if !known {
			at[f.Key] = len(s.Fields)
			s.Fields = append(s.Fields, d)
			continue
		}
		e := &s.Fields[i]
		e.ids = append(e.ids, f.ID)
		e.Mixed = e.Mixed || e.Kind != f.Kind
		e.Required = e.Required && f.Required
		options := slices.Clone(e.Options.V)
		for _, o := range f.Options.V {
			if _, there := e.option(o.Key); !there {
				options = append(options, o)
			}
		}
		e.Options.V, e.Choices = options, options
	}
	slices.SortStableFunc(s.Fields, func(a, b Defined) int { return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.Key, b.Key)) })
	return s
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Field finds an active field by its key.
func (s Set) Field(key string) (Defined, bool) {
	i := slices.IndexFunc(s.Fields, func(d Defined) bool { return d.Key == key })
	if i < 0 {
		return Defined{}, false
	}
	return s.Fields[i], true
}

// ever finds a field by its key, whether it is active or archived: for what happened in the past.
func (s Set) ever(key string) (Defined, bool) {
	if d, ok := s.Field(key); ok {
		return d, true
	}
	i := slices.IndexFunc(s.archived, func(d Defined) bool { return d.Key == key })
	if i < 0 {
		return Defined{}, false
	}
	return s.archived[i], true
}

// Names are the columns that files have for the fields: x.KEY.
func (s Set) Names() []string {
	out := make([]string, len(s.Fields))
	for i, d := range s.Fields {
		out[i] = Prefix + d.Key
	}
	return out
}

// Prefix stands before a key in lists, columns and files.
const Prefix = "x."

// Moment says what a change of values is part of. Only a new record must have all that is required; one that goes back to what it had may be
// without what is required now, and have a choice that is not offered any more, as records do that nobody has touched.
type Moment int

// The moments.
const (
	Changed Moment = iota
	Created
	Restored
)

// Check makes a change of a record's values and notes what is wrong with it, by custom.KEY. It is Refs and Set.Check for one record.
func Check(ctx context.Context, tx *db.Tx, s Set, before, change Values, bad *fault.Fields, when Moment) (Values, error) {
	refs, err := FindRefs(ctx, tx, s, change)
	if err != nil {
		return nil, err
	}
	return s.Check(before, change, refs, bad, when), nil
}

// Check makes a change of a record's values and notes what is wrong with it, by custom.KEY. refs are the people and CIs that the change may
// name.
func (s Set) Check(before, change Values, refs Refs, bad *fault.Fields, when Moment) Values {
	after := Values{}
	for key, v := range before {
		after[key] = v
	}
	for _, key := range change.keys() {
		d, ok := s.Field(key)
		if !ok {
			bad.Add("custom."+key, "field.bad.unknown")
			continue
		}
		v, fault := d.take(change[key])
		old := before[key]
		switch {
		case fault != "":
		case v.Text == "":
			delete(after, key)
			if d.Required && (when == Created || when == Changed && old.Text != "") {
				fault = "field.bad.needed"
			}
		case v.Text == old.Text:
			after[key] = v
		case d.Kind == Choice && when != Restored && d.closed(v.Text):
			fault = "field.bad.choice"
		case (d.Kind == Person || d.Kind == CI) && refs[ref{d.Kind, v.Text}] == "":
			fault = "field.bad.ref"
		default:
			after[key] = v
		}
		if fault != "" {
			d.fail(bad, fault)
		}
	}
	if when == Created {
		for _, d := range s.Fields {
			if _, given := change[d.Key]; !given && d.Required && after[d.Key].Text == "" {
				d.fail(bad, "field.bad.needed")
			}
		}
	}
	return after
}

// closed tells that a choice is not offered any more.
func (f Field) closed(key string) bool {
	o, ok := f.option(key)
	return !ok || o.Archived
}
