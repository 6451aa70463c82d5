package field

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
)

// valueRow is one row of custom_value.
type valueRow struct {
	CustomerID string  `db:"customer_id"`
	RecordType string  `db:"record_type"`
	RecordID   string  `db:"record_id"`
	FieldID    string  `db:"field_id"`
	Word       db.Null `db:"word"`
	Text       db.Null `db:"text"`
	Number     *int64  `db:"number"`
	Day        db.Null `db:"day"`
	PersonID   db.Null `db:"person_id"`
	CIID       db.Null `db:"ci_id"`
}

// maxWord is how much of a text its index holds: PostgreSQL takes no more than about 2,700 bytes for one entry.
const maxWord = 200

func word(text string) string {
	if r := []rune(text); len(r) > maxWord {
		return string(r[:maxWord])
	}
	return text
}

// put lays a value that was checked into the column of its kind.
func (r *valueRow) put(k Kind, v Value) {
	switch k {
	case Text:
		r.Word, r.Text = db.Null(word(v.Text)), db.Null(v.Text)
	case Choice:
		r.Word = db.Null(v.Text)
	case Number:
		n, _ := millionths(v.Text)
		r.Number = &n
	case Date:
		r.Day = db.Null(v.Text)
	case Person:
		r.PersonID = db.Null(v.Text)
	case CI:
		r.CIID = db.Null(v.Text)
	}
}

// value takes it out again.
func (r valueRow) value(k Kind) Value {
	switch k {
	case Text:
		return Value{Text: string(r.Text)}
	case Choice:
		return Value{Text: string(r.Word)}
	case Number:
		if r.Number != nil {
			return Value{Text: decimal(*r.Number), number: true}
		}
	case Date:
		return Value{Text: string(r.Day)}
	case Person:
		return Value{Text: string(r.PersonID)}
	case CI:
		return Value{Text: string(r.CIID)}
	}
	return Value{}
}

// Read gives what records have in their active fields, by id, in one statement for 500 records. A record without any has an empty Values.
func Read(ctx context.Context, tx *db.Tx, recordType string, ids []string) (map[string]Values, error) {
	out := make(map[string]Values, len(ids))
	for _, id := range ids {
		out[id] = Values{}
	}
	for part := range slices.Chunk(ids, 500) {
		var rows []struct {
			valueRow
			Key  string `db:"key"`
			Kind Kind   `db:"kind"`
		}
		err := tx.Select(ctx, &rows, `SELECT `+db.Columns[valueRow]("v.")+`, f.key, f.kind FROM {custom_value} v JOIN {custom_field} f ON f.customer_id = v.customer_id AND f.id = v.field_id
			WHERE v.record_id IN (`+db.Marks(len(part))+`) AND v.record_type = ? AND f.archived_at IS NULL`, append(db.Anys(part), recordType)...)
		if err != nil {
			return nil, fmt.Errorf("read custom fields: %w", err)
		}
		for _, r := range rows {
			if v := r.value(r.Kind); v.Text != "" { // a person of another instance is none
				out[r.RecordID][r.Key] = v
			}
		}
	}
	return out, nil
}

// ReadOne is Read of one record.
func ReadOne(ctx context.Context, tx *db.Tx, recordType, id string) (Values, error) {
	all, err := Read(ctx, tx, recordType, []string{id})
	return all[id], err
}

// Stored is what Store writes of one record.
type Stored struct {
	ID            string
	Before, After Values
}

// Store writes what differs between before and after, which Check gave, in the scope of the record's customer.
func Store(ctx context.Context, tx *db.Tx, s Set, id string, before, after Values) error {
	return StoreAll(ctx, tx, s, []Stored{{id, before, after}})
}

// StoreAll is Store for many records; the number of its statements does not depend on theirs, but for one for 500 that are emptied.
func StoreAll(ctx context.Context, tx *db.Tx, s Set, records []Stored) error {
	var rows []valueRow
	used, gone := map[string]Field{}, map[string][]string{}
	for _, r := range records {
		for _, d := range s.Fields {
			was, is := r.Before[d.Key], r.After[d.Key]
			switch {
			case was.Text == is.Text:
			case is.Text == "":
				gone[d.ID] = append(gone[d.ID], r.ID)
			default:
				row := valueRow{RecordType: s.Type, RecordID: r.ID, FieldID: d.ID}
				row.put(d.Kind, is)
				rows, used[d.ID] = append(rows, row), d.Field
			}
		}
	}
	for _, d := range s.Fields {
		for part := range slices.Chunk(gone[d.ID], 500) {
			if _, err := tx.Exec(ctx, `DELETE FROM {custom_value} WHERE record_type = ? AND field_id = ? AND record_id IN (`+db.Marks(len(part))+`)`, append([]any{s.Type, d.ID}, db.Anys(part)...)...); err != nil {
				return fmt.Errorf("empty custom fields: %w", err)
			}
		}
	}
	var anchors []fieldRow
	for _, f := range used {
		if f.House() {
			r := f.row()
			r.HouseID = db.Null(f.ID)
			anchors = append(anchors, r)
		}
	}
	if _, err := tx.Insert(ctx, "custom_field", anchors, "DO NOTHING"); err != nil {
		return fmt.Errorf("take on a field of the house: %w", err)
	}
	_, err := tx.Insert(ctx, "custom_value", rows, `(customer_id, record_type, record_id, field_id) DO UPDATE SET word = excluded.word, text = excluded.text,
		number = excluded.number, day = excluded.day, person_id = excluded.person_id, ci_id = excluded.ci_id`)
	if err != nil {
		return fmt.Errorf("set custom fields: %w", err)
	}
	return nil
}

// Forget takes out what records had, archived fields included, in the transaction that deletes them.
func Forget(ctx context.Context, tx *db.Tx, recordType string, ids ...string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM {custom_value} WHERE record_type = ? AND record_id IN (`+db.Marks(len(ids))+`)`, append([]any{recordType}, db.Anys(ids)...)...); err != nil {
		return fmt.Errorf("forget custom fields: %w", err)
	}
	return nil
}

// fieldRow is a row of custom_field.
type fieldRow struct {
	CustomerID string  `db:"customer_id"`
	HouseID    db.Null `db:"house_id"`
	houseRow
}

// houseRow is a row of house_field.
type houseRow struct {
	ID         string            `db:"id"`
	RecordType string            `db:"record_type"`
	Key        string            `db:"key"`
	LabelEN    string            `db:"label_en"`
	LabelFR    string            `db:"label_fr"`
	HelpEN     string            `db:"help_en"`
	HelpFR     string            `db:"help_fr"`
	Kind       Kind              `db:"kind"`
	Choices    db.JSON[[]Option] `db:"choices"`
	Required   bool              `db:"required"`
	Position   int64             `db:"position"`
	ArchivedAt db.Time           `db:"archived_at"`
	Version    int64             `db:"version"`
	CreatedAt  db.Time           `db:"created_at"`
	UpdatedAt  db.Time           `db:"updated_at"`
}

func (f Field) row() fieldRow {
	return fieldRow{houseRow: houseRow{ID: f.ID, RecordType: f.RecordType, Key: f.Key, LabelEN: f.LabelEN, LabelFR: f.LabelFR, HelpEN: f.HelpEN, HelpFR: f.HelpFR, Kind: f.Kind,
		Choices: f.Options, Required: f.Required, Position: f.Position, ArchivedAt: f.ArchivedAt, Version: f.Version, CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt}}
}
