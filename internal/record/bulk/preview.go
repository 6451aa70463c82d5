package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
)

// Preview is what an edit would do.
type Preview struct {
	Kind   Kind
	Fields []Field
	Input  Input
	Parts  []PartPreview // by slug
	// Missing are chosen records that are not there (any more).
	Missing     int
	Fingerprint string
}

// PartPreview is what an edit would do to one customer's records.
type PartPreview struct {
	CustomerID, Customer string
	Rows                 []Row
	ids                  []string
	print                string
	missing              int
}

// Counts are how many records an edit changes, finds as they shall be, and refuses.
type Counts struct{ Changed, Equal, Refused int }

func count(rows []Row) (c Counts) {
	for _, r := range rows {
		switch {
		case len(r.Refused) > 0:
			c.Refused++
		case len(r.Diffs) > 0:
			c.Changed++
		default:
			c.Equal++
		}
	}
	return c
}

// Counts adds up those of all customers.
func (p Preview) Counts() (c Counts) {
	for _, part := range p.Parts {
		n := count(part.Rows)
		c.Changed, c.Equal, c.Refused = c.Changed+n.Changed, c.Equal+n.Equal, c.Refused+n.Refused
	}
	c.Refused += p.Missing
	return c
}

// Preview tells what an edit would do, and writes nothing. Faults: not_found (no such list, or none of the records is there),
// forbidden, invalid.
func (s *Service) Preview(ctx context.Context, a permission.Actor, in Input) (Preview, error) {
	e, err := s.editable(a, in.List)
	if err != nil {
		return Preview{}, err
	}
	return s.preview(ctx, a, e, in)
}

func (s *Service) preview(ctx context.Context, a permission.Actor, e Editable, in Input) (out Preview, err error) {
	out.Kind, out.Input = e.Kind(), in
	var keys []list.Key
	slugs := map[string]string{}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if keys, err = choose(ctx, tx, out.Kind, in); err != nil {
			return err
		}
		slugs, err = slugsOf(ctx, tx, keys)
		return err
	})
	if err != nil {
		return out, err
	}
	if out.Fields, err = s.fieldsOf(ctx, a, e, slices.Sorted(keysOf(slugs))); err != nil {
		return out, err
	}
	_, removable := e.(Removable)
	if err := out.Input.Validate(out.Fields, removable); err != nil {
		return out, err
	}
	switch {
	case len(keys) > Limit:
		var bad fault.Fields
		bad.Add("ids", "bulk.fault.limit", "max", Limit)
		return out, bad.Err()
	case len(keys) == 0 && !in.Everything:
		return out, fault.New(fault.NotFound, "fault.not_found")
	}
	if !in.Everything {
		out.Missing = len(in.IDs) - len(keys)
	}
	byCustomer := map[string][]string{}
	for _, k := range keys {
		byCustomer[k.Customer] = append(byCustomer[k.Customer], k.ID)
	}
	for customer, ids := range byCustomer {
		out.Parts = append(out.Parts, PartPreview{CustomerID: customer, Customer: slugs[customer], ids: ids})
	}
	slices.SortFunc(out.Parts, func(x, y PartPreview) int { return strings.Compare(x.Customer, y.Customer) })
	sum := sha256.New()
	for i := range out.Parts {
		p := &out.Parts[i]
		scope, err := a.For(out.Kind.Write, p.CustomerID)
		if err != nil {
			return out, err
		}
		err = s.db.View(ctx, scope, func(tx *db.Tx) error {
			_, err := p.plan(ctx, tx, a, e, out.Input)
			return err
		})
		if err != nil {
			return out, err
		}
		out.Missing += p.missing
		sum.Write([]byte(p.print))
	}
	out.Fingerprint = hex.EncodeToString(sum.Sum(nil)[:16])
	return out, nil
}

// plan decides the part anew, in the scope of its customer.
func (p *PartPreview) plan(ctx context.Context, tx *db.Tx, a permission.Actor, e Editable, in Input) (plan Plan, err error) {
	if in.Delete {
		plan, err = e.(Removable).Remove(ctx, tx, a, p.ids)
	} else {
		asks := make([]Ask, len(p.ids))
		for i, ref := range p.ids {
			asks[i] = Ask{ID: ref, Changes: in.Changes}
		}
		plan, err = e.Plan(ctx, tx, a, asks)
	}
	if err != nil {
		return plan, err
	}
	p.Rows, p.missing = inOrder(plan.Rows, p.ids), len(p.ids)-len(plan.Rows)
	p.print = fingerprint(p.CustomerID, in, plan.Rows)
	return plan, nil
}

// inOrder puts rows into the order in which the list has them.
func inOrder(rows []Row, ids []string) []Row {
	at := make(map[string]int, len(ids))
	for i, ref := range ids {
		at[ref] = i
	}
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(x, y Row) int { return at[x.ID] - at[y.ID] })
	return out
}

// fingerprint stands for the records as they are, and for what is to be done to them.
func fingerprint(customer string, in Input, rows []Row) string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprint(r.ID, " ", r.Version)
	}
	slices.Sort(lines)
	changes, err := json.Marshal(in.Changes)
	if err != nil {
		panic(err) // texts always marshal
	}
	h := sha256.New()
	fmt.Fprintln(h, in.List, in.kind(), customer, string(changes))
	fmt.Fprint(h, strings.Join(lines, "\n"))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// choose finds the records that an input means, and no more than one above the limit.
func choose(ctx context.Context, tx *db.Tx, k Kind, in Input) ([]list.Key, error) {
	spec := k.Spec
	q := spec.All()
	if in.Everything {
		values, err := url.ParseQuery(strings.TrimPrefix(in.Query, "?"))
		if err != nil {
			var bad fault.Fields
			bad.Add("query", "bulk.fault.query")
			return nil, bad.Err()
		}
		if in.Customer == "" {
			in.Customer = values.Get("customer")
		}
		for _, name := range foreign {
			values.Del(name)
		}
		if k.Custom {
			set, err := field.Of(ctx, tx, k.Type, "")
			if err != nil {
				return nil, err
			}
			spec = set.List(spec, k.Owner, spec.Key, values)
		}
		if q, err = spec.Parse(values); err != nil {
			return nil, err
		}
	} else {
		ids := slices.DeleteFunc(slices.Clone(in.IDs), func(ref string) bool { return !id.Valid(ref) })
		if len(ids) > Limit {
			ids = ids[:Limit]
		}
		q = q.Where(k.Spec.Key+" IN ("+db.Marks(len(ids))+")", db.Anys(ids)...)
	}
	if in.Customer != "" {
		column := k.Slug
		if id.Valid(in.Customer) {
			column = k.Owner
		}
		var there int
		where := "slug = ?"
		if id.Valid(in.Customer) {
			where = "id = ?"
		}
		if err := tx.Get(ctx, &there, `SELECT COUNT(*) FROM {customer} WHERE `+where, in.Customer); err != nil {
			return nil, err
		}
		if there == 0 {
			var bad fault.Fields
			bad.Add("customer", "api.field.customer", "value", in.Customer)
			return nil, bad.Err()
		}
		q = q.Where(column+" = ?", in.Customer)
	}
	return list.Keys(ctx, tx, spec, q, k.Owner, Limit+1)
}

func slugsOf(ctx context.Context, tx *db.Tx, keys []list.Key) (map[string]string, error) {
	out := map[string]string{}
	for _, k := range keys {
		out[k.Customer] = ""
	}
	ids := slices.Collect(keysOf(out))
	var rows []struct {
		ID   string `db:"id"`
		Slug string `db:"slug"`
	}
	if err := tx.Select(ctx, &rows, `SELECT id, slug FROM {customer} WHERE id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...); err != nil {
		return nil, fmt.Errorf("customers of a selection: %w", err)
	}
	for _, r := range rows {
		out[r.ID] = r.Slug
	}
	return out, nil
}

// selection gives the records that an input means and the fields that they have, for the form. Faults: not_found, invalid.
func (s *Service) selection(ctx context.Context, a permission.Actor, e Editable, in Input) (keys []list.Key, fields []Field, err error) {
	customers := map[string]string{}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		keys, err = choose(ctx, tx, e.Kind(), in)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(keys) > Limit || len(in.IDs) > Limit:
		return nil, nil, fault.New(fault.Conflict, "bulk.fault.limit", "max", Limit)
	case len(in.IDs) == 0 && !in.Everything:
		return nil, nil, fault.New(fault.Conflict, "bulk.fault.none")
	case len(keys) == 0:
		return nil, nil, fault.New(fault.NotFound, "fault.not_found")
	}
	for _, k := range keys {
		customers[k.Customer] = ""
	}
	fields, err = s.fieldsOf(ctx, a, e, slices.Sorted(keysOf(customers)))
	return keys, fields, err
}
