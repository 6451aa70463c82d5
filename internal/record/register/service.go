package register

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Change sets fields of a record, and notes what it could not read.
type Change[T any] func(rec *T, bad *fault.Fields)

// As is the change that makes a record's fields those of v.
func As[T any](v T) Change[T] {
	return func(rec *T, _ *fault.Fields) {
		h, t := *head(rec), *tail(rec)
		*rec = v
		*head(rec), *tail(rec) = h, t
	}
}

// Set is the change that f makes to the fields of a record.
func Set[T any](f func(rec *T)) Change[T] { return func(rec *T, _ *fault.Fields) { f(rec) } }

func head[T any](rec *T) *Head { return any(rec).(record).head() }
func tail[T any](rec *T) *Tail { return any(rec).(record).tail() }

// Create adds a record for the customer, who is named by slug or id. Faults: forbidden, invalid (also for a customer whom the actor
// does not see).
func (r *Register[T]) Create(ctx context.Context, a permission.Actor, customer string, c Change[T]) (out T, err error) {
	if err := a.Require(r.Write); err != nil {
		return out, err
	}
	owner, err := r.customer(ctx, a, customer)
	if err != nil {
		return out, err
	}
	scope, err := a.For(r.Write, owner)
	if err != nil {
		return out, err
	}
	err = r.parts.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		out, err = r.create(ctx, tx, a, c)
		return err
	})
	return out, err
}

// create works in the scope of the one customer.
func (r *Register[T]) create(ctx context.Context, tx *db.Tx, a permission.Actor, c Change[T]) (rec T, err error) {
	r.defaults(&rec)
	before := rec
	if err := r.prepare(&before, &rec, c, r.lookUp(ctx, tx)); err != nil {
		return rec, err
	}
	return r.insert(ctx, tx, a, rec)
}

// defaults sets what a new record has before anybody says otherwise.
func (r *Register[T]) defaults(rec *T) {
	for _, f := range r.fields {
		if f.Default != "" {
			f.set(f.in(rec), f.Default, nil)
		}
	}
}

// insert writes a new record, and the trail of it.
func (r *Register[T]) insert(ctx context.Context, tx *db.Tx, a permission.Actor, rec T) (_ T, err error) {
	head(&rec).ID = id.New()
	*tail(&rec) = Tail{Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if _, err := tx.Insert(ctx, r.Name, rec, ""); err != nil {
		return rec, fmt.Errorf("create %s: %w", r.Name, err)
	}
	if head(&rec).CustomerID, err = tx.Customer(); err != nil {
		return rec, err
	}
	one := []T{rec}
	if err := r.fill(ctx, tx, one); err != nil {
		return rec, err
	}
	return one[0], audit.Write(ctx, tx, a, "create", r.record(&rec), nil, one[0])
}

// prepare makes the change and names everything that is wrong with what comes of it. leads tells whether a ref leads to a record of
// the customer.
func (r *Register[T]) prepare(before, rec *T, c Change[T], leads func(Field, string) (bool, error)) error {
	var bad fault.Fields
	c(rec, &bad)
	unread := map[string]bool{}
	for _, f := range bad {
		unread[f.Path] = true
	}
	for _, f := range r.fields {
		v := f.in(rec)
		f.tidy(v)
		if unread[f.Name] {
			continue
		}
		if f.Kind == Ref && !v.IsZero() {
			if v.String() != f.in(before).String() {
				ok, err := leads(f, v.String())
				if err != nil {
					return err
				}
				if !ok {
					bad.Add(f.Name, "register.bad.ref")
				}
			}
			continue
		}
		f.check(v, &bad)
	}
	if r.Check != nil {
		r.Check(*rec, &bad)
	}
	return bad.Err()
}

// Get reads one record. Faults: not_found, forbidden.
func (r *Register[T]) Get(ctx context.Context, a permission.Actor, ref string) (out T, err error) {
	err = r.parts.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		out, err = r.get(ctx, tx, ref)
		return err
	})
	if err != nil {
		return out, err
	}
	return out, a.Require(r.Read)
}

func (r *Register[T]) get(ctx context.Context, tx *db.Tx, ref string) (T, error) {
	one := make([]T, 1)
	if !id.Valid(ref) {
		return one[0], fault.New(fault.NotFound, "fault.not_found")
	}
	if err := tx.Get(ctx, &one[0], `SELECT `+db.Columns[T]("r.")+` FROM {`+r.Name+`} r WHERE r.id = ?`, ref); err != nil {
		return one[0], err
	}
	return one[0], r.fill(ctx, tx, one)
}

// List reads a page of the records that the actor may see. Faults: forbidden, invalid.
func (r *Register[T]) List(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[T], err error) {
	if err := a.Require(r.Read); err != nil {
		return page, err
	}
	err = r.parts.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if page, err = list.Run[T](ctx, tx, r.spec, q); err != nil {
			return err
		}
		return r.fill(ctx, tx, page.Items)
	})
	return page, err
}

// Update changes a record; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (r *Register[T]) Update(ctx context.Context, a permission.Actor, ref string, version int64, c Change[T]) (out T, err error) {
	err = r.at(ctx, a, ref, version, func(tx *db.Tx, before T) error {
		out, err = r.update(ctx, tx, a, before, c)
		return err
	})
	return out, err
}

// update works in the scope of the one customer. A change that changes nothing leaves no trace.
func (r *Register[T]) update(ctx context.Context, tx *db.Tx, a permission.Actor, before T, c Change[T]) (T, error) {
	after := before
	if err := r.prepare(&before, &after, c, r.lookUp(ctx, tx)); err != nil {
		return after, err
	}
	return r.write(ctx, tx, a, before, after)
}

// write stores a changed record, and the trail of it.
func (r *Register[T]) write(ctx context.Context, tx *db.Tx, a permission.Actor, before, after T) (T, error) {
	if reflect.DeepEqual(before, after) {
		return after, nil
	}
	t := tail(&after)
	t.Version++
	t.UpdatedAt = tx.Now()
	sets := make([]string, 0, len(r.fields)+2)
	args := make([]any, 0, len(r.fields)+4)
	for _, f := range r.fields {
		sets = append(sets, f.Column+" = ?")
		args = append(args, f.in(&after).Interface())
	}
	args = append(args, t.Version, t.UpdatedAt, head(&after).ID, tail(&before).Version)
	n, err := tx.Exec(ctx, `UPDATE {`+r.Name+`} SET `+strings.Join(sets, ", ")+`, version = ?, updated_at = ? WHERE id = ? AND version = ?`, args...)
	if err != nil {
		return after, fmt.Errorf("update %s: %w", r.Name, err)
	}
	if n == 0 {
		return after, fault.New(fault.Stale, "fault.stale")
	}
	return after, audit.Write(ctx, tx, a, "update", r.record(&after), before, after)
}

// Delete removes a record. Faults: not_found, forbidden, stale, conflict (other records name it).
func (r *Register[T]) Delete(ctx context.Context, a permission.Actor, ref string, version int64) error {
	return r.at(ctx, a, ref, version, func(tx *db.Tx, before T) error {
		n, err := tx.Exec(ctx, `DELETE FROM {`+r.Name+`} WHERE id = ? AND version = ?`, head(&before).ID, tail(&before).Version)
		if fault.Is(err, fault.Conflict) {
			return fault.New(fault.Conflict, "register.bad.in_use", "name", r.name(&before)).Because(err)
		}
		if err != nil {
			return fmt.Errorf("delete %s: %w", r.Name, err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		return audit.Write(ctx, tx, a, "delete", r.record(&before), before, nil)
	})
}

// at finds the record, checks right and version, and works on it in the scope of its customer.
func (r *Register[T]) at(ctx context.Context, a permission.Actor, ref string, version int64, f func(*db.Tx, T) error) error {
	var found T
	err := r.parts.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		found, err = r.get(ctx, tx, ref)
		return err
	})
	if err != nil {
		return err
	}
	scope, err := a.For(r.Write, head(&found).CustomerID)
	if err != nil {
		return err
	}
	return r.parts.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		before, err := r.get(ctx, tx, ref)
		if err != nil {
			return err
		}
		if version != 0 && version != tail(&before).Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		return f(tx, before)
	})
}

// name is what people call a record.
func (r *Register[T]) name(rec *T) string { return r.title.in(rec).String() }

func (r *Register[T]) record(rec *T) audit.Record {
	return audit.Record{Type: r.Name, ID: head(rec).ID, Name: r.name(rec)}
}

// fill adds to rows as stored what their answers show besides.
func (r *Register[T]) fill(ctx context.Context, tx *db.Tx, rows []T) error {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = head(&rows[i]).CustomerID
	}
	slugs, err := slugsOf(ctx, tx, ids)
	for i := range rows {
		h := head(&rows[i])
		h.Customer, h.path = slugs[h.CustomerID], r.Path
	}
	return err
}

// customer finds the customer that an input names by slug or id; one that the actor does not see is a bad field "customer".
func (r *Register[T]) customer(ctx context.Context, a permission.Actor, ref string) (found string, err error) {
	where := "slug = ?"
	if id.Valid(ref) {
		where = "id = ?"
	}
	err = r.parts.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &found, `SELECT id FROM {customer} WHERE `+where, ref)
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", ref)
		return "", bad.Err()
	}
	return found, err
}

// slugsOf names customers, in one query.
func slugsOf(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	unique := distinct(ids)
	out := make(map[string]string, len(unique))
	if len(unique) == 0 {
		return out, nil
	}
	var rows []struct {
		ID   string `db:"id"`
		Slug string `db:"slug"`
	}
	err := tx.Select(ctx, &rows, `SELECT id, slug FROM {customer} WHERE id IN (`+db.Marks(len(unique))+`)`, db.Anys(unique)...)
	for _, row := range rows {
		out[row.ID] = row.Slug
	}
	return out, err
}
