package register

import (
	"context"
	"slices"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/subject"
)

// reachable is the condition by which a user may be named in records of a customer: staff who cover the customer, and its own people.
const reachable = `u.disabled_at IS NULL AND (u.customer_id = ? OR u.customer_id IS NULL AND (NOT u.limited
	OR EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id = ?)))`

// checkRef names a ref that leads nowhere within the customer of the transaction's scope.
func (r *Register[T]) checkRef(ctx context.Context, tx *db.Tx, f Field, ref string, bad *fault.Fields) error {
	if !id.Valid(ref) {
		bad.Add(f.Name, "register.bad.ref")
		return nil
	}
	var err error
	if f.To == Person {
		owner, e := tx.Customer()
		if e != nil {
			return e
		}
		var found string
		err = tx.Get(ctx, &found, `SELECT u.id FROM {app_user} u WHERE u.id = ? AND `+reachable, ref, owner, owner)
	} else {
		_, err = r.parts.Subjects.Find(ctx, tx, f.To, ref)
	}
	if fault.Is(err, fault.NotFound) {
		bad.Add(f.Name, "register.bad.ref")
		return nil
	}
	return err
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

// maxPick is how many records a search for one to name gives.
const maxPick = 12

// pick finds records of the customer of the transaction's scope whose title has all of the words.
func (r *Register[T]) pick(ctx context.Context, tx *db.Tx, f Field, q string) (out []subject.Subject, err error) {
	query, args := "", []any{}
	if f.To == Person {
		owner, err := tx.Customer()
		if err != nil {
			return nil, err
		}
		query, args = `SELECT t.id, t.name FROM (SELECT u.id AS id, u.name AS name FROM {app_user} u WHERE `+reachable+`) t WHERE 1 = 1`, []any{owner, owner}
	} else {
		k, ok := r.parts.Subjects.Kind(f.To)
		if !ok {
			return nil, nil
		}
		query = `SELECT t.id, t.name FROM (SELECT s.id AS id, s.` + k.Title + ` AS name FROM {` + k.Table + `} s) t WHERE 1 = 1`
	}
	for _, word := range strings.Fields(q) {
		query += ` AND lower(t.name) LIKE ? ESCAPE '!'`
		args = append(args, "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(word))+"%")
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
