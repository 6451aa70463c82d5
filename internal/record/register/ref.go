package register

import (
	"context"
	"slices"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/subject"
)

// reachable is the condition by which a user may be named in records of a customer: staff who cover the customer, and its own people.
const reachable = `u.disabled_at IS NULL AND (u.customer_id = ? OR u.customer_id IS NULL AND (NOT u.limited
	OR EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id = ?)))`

// lookUp tells whether a ref leads to a record of the customer of the transaction's scope, or to a user who may see it.
func (r *Register[T]) lookUp(ctx context.Context, tx *db.Tx) func(Field, string) (bool, error) {
	return func(f Field, ref string) (bool, error) {
		found, err := r.reach(ctx, tx, f, []string{ref})
		return len(found) > 0, err
	}
}

// reach gives those of the refs that may be named, by one statement.
func (r *Register[T]) reach(ctx context.Context, tx *db.Tx, f Field, refs []string) (map[string]subject.Subject, error) {
	refs = slices.DeleteFunc(distinct(refs), func(ref string) bool { return !id.Valid(ref) })
	if len(refs) == 0 {
		return nil, nil
	}
	if f.To != Person {
		found, err := r.parts.Subjects.FindAll(ctx, tx, f.To, refs)
		if fault.Is(err, fault.NotFound) { // a type that this instance has not
			return nil, nil
		}
		return found, err
	}
	owner, err := tx.Customer()
	if err != nil {
		return nil, err
	}
	out := map[string]subject.Subject{}
	for part := range slices.Chunk(refs, 500) {
		var ids []string
		if err := tx.Select(ctx, &ids, `SELECT u.id FROM {app_user} u WHERE u.id IN (`+db.Marks(len(part))+`) AND `+reachable, append(db.Anys(part), owner, owner)...); err != nil {
			return nil, err
		}
		for _, found := range ids {
			out[found] = subject.Subject{Kind: Person, ID: found}
		}
	}
	return out, nil
}

// names gives what the refs of rows lead to, by type and id, in one statement for each type.
func (r *Register[T]) names(ctx context.Context, tx *db.Tx, rows []T) (map[string]map[string]subject.Subject, error) {
	wanted := map[string][]string{}
	for _, f := range r.fields {
		if f.Kind != Ref {
			continue
		}
		for i := range rows {
			if ref := f.in(&rows[i]).String(); ref != "" {
				wanted[f.To] = append(wanted[f.To], ref)
			}
		}
	}
	out := map[string]map[string]subject.Subject{}
	for to, ids := range wanted {
		var err error
		if to == Person {
			out[to], err = people(ctx, tx, distinct(ids))
		} else {
			out[to], err = r.parts.Subjects.FindAll(ctx, tx, to, distinct(ids))
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// people names users. Whoever may read a record may read who is named in it.
func people(ctx context.Context, tx *db.Tx, ids []string) (map[string]subject.Subject, error) {
	var rows []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	out := map[string]subject.Subject{}
	err := tx.Select(ctx, &rows, `SELECT u.id, u.name FROM {app_user} u WHERE u.id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...)
	for _, row := range rows {
		out[row.ID] = subject.Subject{Kind: Person, ID: row.ID, Name: row.Name}
	}
	return out, err
}

// resolve gives, by field, the ids that texts stand for, whether they are the id or the name of one record alone.
func (r *Register[T]) resolve(ctx context.Context, tx *db.Tx, texts map[string][]string) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, f := range r.fields {
		if f.Kind != Ref || len(texts[f.Name]) == 0 {
			continue
		}
		found, err := r.reach(ctx, tx, f, texts[f.Name])
		if err != nil {
			return nil, err
		}
		ids := map[string]string{}
		for ref := range found {
			ids[ref] = ref
		}
		named, err := r.byName(ctx, tx, f, texts[f.Name])
		if err != nil {
			return nil, err
		}
		for name, refs := range named {
			if len(refs) == 1 {
				ids[name], ids[refs[0]] = refs[0], refs[0]
			}
		}
		out[f.Name] = ids
	}
	return out, nil
}

// maxPick is how many records a search for one to name gives.
const maxPick = 12

// candidates is the table of what a ref may name in the customer of the transaction's scope, with the columns id and name.
func (r *Register[T]) candidates(tx *db.Tx, f Field) (from string, args []any, err error) {
	if f.To == Person {
		owner, err := tx.Customer()
		return `(SELECT u.id AS id, u.name AS name FROM {app_user} u WHERE ` + reachable + `) t`, []any{owner, owner}, err
	}
	k, ok := r.parts.Subjects.Kind(f.To)
	if !ok {
		return "", nil, nil
	}
	return `(SELECT s.id AS id, s.` + k.Title + ` AS name FROM {` + k.Table + `} s) t`, nil, nil
}

// byName gives the ids of what has exactly these names.
func (r *Register[T]) byName(ctx context.Context, tx *db.Tx, f Field, names []string) (map[string][]string, error) {
	from, args, err := r.candidates(tx, f)
	if err != nil || from == "" {
		return nil, err
	}
	out := map[string][]string{}
	for part := range slices.Chunk(distinct(names), 500) {
		var rows []struct {
			ID   string `db:"id"`
			Name string `db:"name"`
		}
		if err := tx.Select(ctx, &rows, `SELECT t.id, t.name FROM `+from+` WHERE t.name IN (`+db.Marks(len(part))+`)`, append(slices.Clip(args), db.Anys(part)...)...); err != nil {
			return nil, err
		}
		for _, row := range rows {
			out[row.Name] = append(out[row.Name], row.ID)
		}
	}
	return out, nil
}

// pick finds records of the customer of the transaction's scope whose title has all of the words.
func (r *Register[T]) pick(ctx context.Context, tx *db.Tx, f Field, q string) (out []subject.Subject, err error) {
	from, args, err := r.candidates(tx, f)
	if err != nil || from == "" {
		return nil, err
	}
	query := `SELECT t.id, t.name FROM ` + from
	if where, words := list.Words("t.name")(q); where != "" {
		query, args = query+` WHERE `+where, append(args, words...)
	}
	var rows []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	if err := tx.Select(ctx, &rows, query+` ORDER BY t.name, t.id LIMIT ?`, append(args, maxPick)...); err != nil {
		return nil, err
	}
	for _, row := range rows {
		out = append(out, subject.Subject{Kind: f.To, ID: row.ID, Name: row.Name})
	}
	return out, nil
}

func distinct(ids []string) []string {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}
