package field

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// ref is a person or CI that a value names.
type ref struct {
	kind Kind
	id   string
}

// Refs are people and CIs with their names.
type Refs map[ref]string

// Name is what people call a person or CI; empty for one that is not known.
func (r Refs) Name(k Kind, id string) string { return r[ref{k, id}] }

// reachable is the condition by which a user may be named in records of a customer: staff who cover the customer, and its own people.
const reachable = `u.disabled_at IS NULL AND (u.customer_id = ? OR u.customer_id IS NULL AND (NOT u.limited
	OR EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id = ?)))`

// wanted gathers what values name, by kind.
func (s Set) wanted(all []Values) map[Kind][]string {
	out := map[Kind][]string{}
	for _, d := range s.Fields {
		if d.Kind != Person && d.Kind != CI || d.Mixed {
			continue
		}
		for _, v := range all {
			if text := strings.ToLower(strings.TrimSpace(v[d.Key].Text)); id.Valid(text) {
				out[d.Kind] = append(out[d.Kind], text)
			}
		}
	}
	for k, ids := range out {
		slices.Sort(ids)
		out[k] = slices.Compact(ids)
	}
	return out
}

// FindRefs gives those people and CIs of changes that records of the transaction's customer may name, in one statement for each of the two kinds.
func FindRefs(ctx context.Context, tx *db.Tx, s Set, changes ...Values) (Refs, error) {
	wanted := s.wanted(changes)
	if len(wanted) == 0 {
		return nil, nil
	}
	owner, err := tx.Customer()
	if err != nil {
		return nil, err
	}
	return find(ctx, tx, wanted, ` AND `+reachable, owner, owner)
}

// NamesOf names the people and CIs in values. Whoever may read a record may read who is named in it.
func NamesOf(ctx context.Context, tx *db.Tx, s Set, values ...Values) (Refs, error) {
	return find(ctx, tx, s.wanted(values), "")
}

func find(ctx context.Context, tx *db.Tx, wanted map[Kind][]string, person string, args ...any) (Refs, error) {
	out := Refs{}
	for kind, ids := range wanted {
		from, more := `{ci} u WHERE u.id IN (`, []any(nil)
		tail := ""
		if kind == Person {
			from, tail, more = `{app_user} u WHERE u.id IN (`, person, args
		}
		for part := range slices.Chunk(ids, 500) {
			if err := out.read(ctx, tx, kind, `SELECT u.id, u.name FROM `+from+db.Marks(len(part))+`)`+tail, append(db.Anys(part), more...)...); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (r Refs) read(ctx context.Context, tx *db.Tx, kind Kind, query string, args ...any) error {
	var rows []named
	if err := tx.Select(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("find what custom fields name: %w", err)
	}
	for _, row := range rows {
		r[ref{kind, row.ID}] = row.Name
	}
	return nil
}

type named struct {
	ID   string `db:"id"`
	Name string `db:"name"`
}

// candidates is the table of what a field may name in the customer of the transaction's scope.
func candidates(tx *db.Tx, k Kind) (from string, args []any, err error) {
	if k == CI {
		return `(SELECT s.id AS id, s.name AS name FROM {ci} s WHERE s.status <> 'gone') t`, nil, nil
	}
	owner, err := tx.Customer()
	return `(SELECT u.id AS id, u.name AS name FROM {app_user} u WHERE ` + reachable + `) t`, []any{owner, owner}, err
}

// maxPick is how many people or CIs a search for one gives.
const maxPick = 12

// pick finds those of which the name has all of the words.
func pick(ctx context.Context, tx *db.Tx, k Kind, q string) (rows []named, err error) {
	from, args, err := candidates(tx, k)
	if err != nil {
		return nil, err
	}
	query := `SELECT t.id, t.name FROM ` + from
	if where, words := list.Words("t.name")(q); where != "" {
		query, args = query+` WHERE `+where, append(args, words...)
	}
	return rows, tx.Select(ctx, &rows, query+` ORDER BY t.name, t.id LIMIT ?`, append(args, maxPick)...)
}

// byName gives the ids of people or CIs of exactly these names, where a name is that of one alone.
func byName(ctx context.Context, tx *db.Tx, k Kind, names []string) (map[string]string, error) {
	from, args, err := candidates(tx, k)
	if err != nil {
		return nil, err
	}
	out, twice := map[string]string{}, map[string]bool{}
	slices.Sort(names)
	for part := range slices.Chunk(slices.Compact(names), 500) {
		var rows []named
		if err := tx.Select(ctx, &rows, `SELECT t.id, t.name FROM `+from+` WHERE t.name IN (`+db.Marks(len(part))+`)`, append(slices.Clip(args), db.Anys(part)...)...); err != nil {
			return nil, err
		}
		for _, row := range rows {
			_, there := out[row.Name]
			twice[row.Name] = twice[row.Name] || there
			out[row.Name] = row.ID
		}
	}
	for name, is := range twice {
		if is {
			delete(out, name)
		}
	}
	return out, nil
}

func slugOf(ctx context.Context, tx *db.Tx, customer string) (slug string, err error) {
	return slug, tx.Get(ctx, &slug, `SELECT k.slug FROM {customer} k WHERE k.id = ?`, customer)
}
