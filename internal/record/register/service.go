package register

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Change sets fields of a record, and notes what it could not read. Of the custom fields it puts those that change into Custom, which is empty
// before.
type Change[T any] func(rec *T, bad *fault.Fields)

// As is the change that makes a record's fields those of v.
func As[T any](v T) Change[T] {
	return func(rec *T, _ *fault.Fields) {
		h, t := *head(rec), *tail(rec)
		*rec, t.Custom = v, tail(&v).Custom
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

// CreateIn is Create in the transaction of another change; that the actor may, the caller has asked.
func CreateIn[T any](ctx context.Context, tx *db.Tx, a permission.Actor, r *Register[T], c Change[T]) (T, error) {
	return r.create(ctx, tx, a, c)
}

// UpdateIn is Update, likewise, of a record that was read in the same transaction.
func UpdateIn[T any](ctx context.Context, tx *db.Tx, a permission.Actor, r *Register[T], before T, c Change[T]) (T, error) {
	return r.update(ctx, tx, a, before, c)
}

// GetIn reads a record in a transaction. Faults: not_found.
func GetIn[T any](ctx context.Context, tx *db.Tx, r *Register[T], ref string) (T, error) {
	return r.get(ctx, tx, ref)
}

// create works in the scope of the one customer.
func (r *Register[T]) create(ctx context.Context, tx *db.Tx, a permission.Actor, c Change[T]) (rec T, err error) {
	r.defaults(&rec)
	before := rec
	set, err := field.Of(ctx, tx, r.Name, "")
	if err != nil {
		return rec, err
	}
	if err := r.prepare(&before, &rec, c, r.leads(ctx, tx, set, field.Created)); err != nil {
		return rec, err
	}
	return r.insert(ctx, tx, a, set, rec)
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
func (r *Register[T]) insert(ctx context.Context, tx *db.Tx, a permission.Actor, set field.Set, rec T) (_ T, err error) {
	head(&rec).ID = id.New()
	*tail(&rec) = Tail{Custom: tail(&rec).Custom, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if _, err := tx.Insert(ctx, r.Name, rec, ""); err != nil {
		return rec, r.taken("create", err)
	}
	if err := field.Store(ctx, tx, set, head(&rec).ID, nil, tail(&rec).Custom); err != nil {
		return rec, err
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

// leads is what a change needs to know of other records: whether a ref leads to one of the customer, and what custom fields may have.
type leads struct {
	ref    func(Field, string) (bool, error)
	custom func(before, change field.Values, bad *fault.Fields) (field.Values, error)
}

// leads looks things up as they are asked for, in the scope of the one customer.
func (r *Register[T]) leads(ctx context.Context, tx *db.Tx, set field.Set, when field.Moment) leads {
	return leads{r.lookUp(ctx, tx), func(before, change field.Values, bad *fault.Fields) (field.Values, error) {
		return field.Check(ctx, tx, set, before, change, bad, when)
	}}
}

// prepare makes the change and names everything that is wrong with what comes of it. A change puts the custom fields that it changes into
// Custom.
func (r *Register[T]) prepare(before, rec *T, c Change[T], leads leads) (err error) {
	var bad fault.Fields
	tail(rec).Custom = field.Values{}
	c(rec, &bad)
	if tail(rec).Custom, err = leads.custom(tail(before).Custom, tail(rec).Custom, &bad); err != nil {
		return err
	}
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
				ok, err := leads.ref(f, v.String())
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
	if len(bad) == 0 && r.Settle != nil {
		r.Settle(*before, rec)
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
	out, _, err = r.change(ctx, a, ref, version, c, false)
	return out, err
}

// change is Update, which its page may want to offer to undo.
func (r *Register[T]) change(ctx context.Context, a permission.Actor, ref string, version int64, c Change[T], undo bool) (out T, edit string, err error) {
	err = r.at(ctx, a, ref, version, func(tx *db.Tx, before T) error {
		if out, err = r.update(ctx, tx, a, before, c); err == nil && undo {
			edit, err = r.keep(ctx, tx, a, before, out)
		}
		return err
	})
	return out, edit, err
}

// update works in the scope of the one customer. A change that changes nothing leaves no trace.
func (r *Register[T]) update(ctx context.Context, tx *db.Tx, a permission.Actor, before T, c Change[T]) (T, error) {
	after := before
	set, err := field.Of(ctx, tx, r.Name, "")
	if err != nil {
		return after, err
	}
	if err := r.prepare(&before, &after, c, r.leads(ctx, tx, set, field.Changed)); err != nil {
		return after, err
	}
	return r.write(ctx, tx, a, set, before, after)
}

// write stores a changed record, and the trail of it.
func (r *Register[T]) write(ctx context.Context, tx *db.Tx, a permission.Actor, set field.Set, before, after T) (T, error) {
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
		return after, r.taken("update", err)
	}
	if n == 0 {
		return after, fault.New(fault.Stale, "fault.stale")
	}
	if err := field.Store(ctx, tx, set, head(&after).ID, tail(&before).Custom, tail(&after).Custom); err != nil {
		return after, err
	}
	return after, audit.Write(ctx, tx, a, "update", r.record(&after), before, after)
}

// taken says what the table refuses.
func (r *Register[T]) taken(did string, err error) error {
	if r.Taken != "" && fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, r.Taken).Because(err)
	}
	return fmt.Errorf("%s %s: %w", did, r.Name, err)
}

// Delete removes a record. Faults: not_found, forbidden, stale, conflict (other records name it).
func (r *Register[T]) Delete(ctx context.Context, a permission.Actor, ref string, version int64) error {
	_, err := r.remove(ctx, a, ref, version, false)
	return err
}

// remove is Delete, which its page may want to offer to undo.
func (r *Register[T]) remove(ctx context.Context, a permission.Actor, ref string, version int64, undo bool) (edit string, err error) {
	err = r.at(ctx, a, ref, version, func(tx *db.Tx, before T) error {
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
		if err := field.Forget(ctx, tx, r.Name, head(&before).ID); err != nil {
			return err
		}
		if undo {
			if edit, err = bulk.KeepGone(ctx, tx, a, r.list(), editable[T]{r}.goneRow(&before)); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, a, "delete", r.record(&before), before, nil)
	})
	return edit, err
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
	ids, records := make([]string, len(rows)), make([]string, len(rows))
	for i := range rows {
		ids[i], records[i] = head(&rows[i]).CustomerID, head(&rows[i]).ID
	}
	slugs, err := slugsOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	custom, err := field.Read(ctx, tx, r.Name, records)
	for i := range rows {
		h := head(&rows[i])
		h.Customer, h.path = slugs[h.CustomerID], r.Path
		tail(&rows[i]).Custom = custom[h.ID]
	}
	return err
}

// custom gives the custom fields of a customer's records; of those of all customers that the actor sees, for no slug.
func (r *Register[T]) custom(ctx context.Context, a permission.Actor, slug string) (set field.Set, err error) {
	err = r.parts.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		set, err = field.Of(ctx, tx, r.Name, slug)
		return err
	})
	return set, err
}

// customs are what rows have in them.
func customs[T any](rows []T) []field.Values {
	out := make([]field.Values, len(rows))
	for i := range rows {
		out[i] = tail(&rows[i]).Custom
	}
	return out
}

// extend is the register's list with the custom fields that records in the scope have.
func (r *Register[T]) extend(ctx context.Context, tx *db.Tx, spec list.Spec, query url.Values) (list.Spec, []string, error) {
	set, err := field.Of(ctx, tx, r.Name, "")
	return set.List(spec, "r.customer_id", "r.id", query), set.Names(), err
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
