package field

import (
	"context"
	"fmt"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// Shared gives the fields of the house that records of all these customers have, and those that only some of them have, or each for itself.
func Shared(ctx context.Context, tx *db.Tx, recordType string, customers []string) (shared, others Set, err error) {
	var found []Field
	err = tx.Select(ctx, &found, `SELECT `+columns+`, f.customer, f.customer_id FROM `+everywhere+` f WHERE f.record_type = ? AND (f.customer_id = '' OR f.customer_id IN (`+
		db.Marks(len(customers))+`)) ORDER BY f.position, f.key, f.id`, append([]any{recordType}, db.Anys(customers)...)...)
	if err != nil {
		return shared, others, fmt.Errorf("custom fields of %s: %w", recordType, err)
	}
	own := map[string]bool{}
	for _, f := range found {
		own[f.Key] = own[f.Key] || !f.House()
	}
	var all, some []Field
	for _, f := range found {
		if own[f.Key] {
			some = append(some, f)
		} else {
			all = append(all, f)
		}
	}
	return merge(recordType, all, false), merge(recordType, some, false), nil
}

// Every gives the fields of all types of record in the scope of the transaction, to name what happened in the past.
func Every(ctx context.Context, tx *db.Tx) (map[string]Set, error) {
	var found []Field
	if err := tx.Select(ctx, &found, `SELECT `+columns+`, f.customer, f.customer_id FROM `+everywhere+` f ORDER BY f.position, f.key, f.id`); err != nil {
		return nil, fmt.Errorf("custom fields: %w", err)
	}
	by := map[string][]Field{}
	for _, f := range found {
		by[f.RecordType] = append(by[f.RecordType], f)
	}
	out := make(map[string]Set, len(by))
	for recordType, fields := range by {
		out[recordType] = merge(recordType, fields, false)
	}
	return out, nil
}

// Archived are the fields that are shown nowhere.
func (s Set) Archived() []Defined { return s.archived }

// Propose gives the names of people or CIs that records of the transaction's customer may name: some, in their order.
func Propose(ctx context.Context, tx *db.Tx, k Kind, limit int) ([]string, error) {
	from, args, err := candidates(tx, k)
	if err != nil {
		return nil, err
	}
	var names []string
	if err := tx.Select(ctx, &names, `SELECT DISTINCT t.name FROM `+from+` ORDER BY t.name LIMIT ?`, append(args, limit)...); err != nil {
		return nil, fmt.Errorf("propose what custom fields may name: %w", err)
	}
	return names, nil
}

// Identify puts ids in the place of the names of people and CIs in changes, where one alone has the name.
func (s Set) Identify(ctx context.Context, tx *db.Tx, changes ...Values) error {
	names := map[Kind][]string{}
	each := func(do func(Defined, Values, string)) {
		for _, d := range s.Fields {
			if d.Kind != Person && d.Kind != CI {
				continue
			}
			for _, v := range changes {
				if text := strings.TrimSpace(v[d.Key].Text); text != "" && !id.Valid(strings.ToLower(text)) {
					do(d, v, text)
				}
			}
		}
	}
	each(func(d Defined, _ Values, text string) { names[d.Kind] = append(names[d.Kind], text) })
	ids := map[Kind]map[string]string{}
	for kind, texts := range names { // two at most
		found, err := byName(ctx, tx, kind, texts)
		if err != nil {
			return err
		}
		ids[kind] = found
	}
	each(func(d Defined, v Values, text string) {
		if found := ids[d.Kind][text]; found != "" {
			v[d.Key] = V(found)
		}
	})
	return nil
}

// Wrong tells what is wrong with a value for whatever record: that it is none of the field's kind. People and CIs may be named.
func (d Defined) Wrong(text string) (fault.Field, bool) {
	if d.Kind == Person || d.Kind == CI {
		return fault.Field{}, false
	}
	_, key := d.take(V(text))
	if key == "" {
		return fault.Field{}, false
	}
	var bad fault.Fields
	d.fail(&bad, key)
	return bad[0], true
}
