package list

import (
	"context"
	"fmt"
	"math"
	"slices"

	"vigie/internal/kit/segment"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// meet finds the rows by a segment, if there is one and its answer is short: the first rows of the page where it has the order, else
// all rows, if they are few.
func (s Spec) meet(ctx context.Context, tx *db.Tx, q Query, desc bool, limit int) (Query, bool, error) {
	narrow := slices.ContainsFunc(q.finders, func(f Finder) bool { return len(f.Bits) > 0 && !f.Not || len(f.Hints) > 0 || f.Between.Column != "" })
	grouped := s.grouped(q.sort)
	if !narrow && !grouped {
		return q, false, nil // the order itself is as good
	}
	m, rest, err := s.matches(ctx, tx, q, grouped)
	if err != nil || m == nil {
		return q, false, err
	}
	order, ordered := s.ordered(q.sort)
	if !grouped && (s.Terms == nil || q.sort.Name != s.Terms.Sort) && (!ordered || m.Short(limit)) {
		if m.Most+len(m.Loose) > s.few(q) {
			return q, false, nil
		}
		places, err := m.All(ctx, tx)
		return s.at(tx, q, append(places, m.Loose...)), err == nil, err
	}
	// What the segment does not know is asked of the first rows, and of more where too few of them will do.
	for n := limit; n <= 4*s.base(); n *= 4 {
		places, ok, err := s.first(ctx, tx, m, order, q, desc, n)
		if err != nil || !ok {
			return q, false, err
		}
		met := s.at(tx, q, append(slices.Clip(places), m.Loose...))
		if !rest || len(places) < n {
			return met, true, nil
		}
		if enough, err := s.reaches(ctx, tx, met, desc, limit); err != nil || enough {
			return met, enough, err
		}
	}
	return q, false, nil
}

// grouped tells a field whose values a segment knows, and in whose order no index is: its rows stand by value, then in the order of the
// segment.
func (s Spec) grouped(f Field) bool {
	return s.Segment != nil && s.Terms != nil && f.Unindexed && slices.Contains(s.Segment.Facets, f.Name)
}

// ordered tells a field in whose order a segment has its rows.
func (s Spec) ordered(f Field) (segment.Order, bool) {
	if s.Segment != nil {
		for _, o := range s.Segment.Orders {
			if f.Column == s.alias()+o.Column {
				return o, true
			}
		}
	}
	return segment.Order{}, false
}

// between is what a segment knows of a condition on a moment.
func (s Spec) between(f Field, op string, args []any) (w segment.Between) {
	o, ok := s.ordered(f)
	if !ok || len(args) != 1 {
		return w
	}
	at, ok := args[0].(int64)
	switch {
	case !ok:
	case op == "after":
		w = segment.Between{Column: o.Column, From: at, To: math.MaxInt64}
	case op == "before":
		w = segment.Between{Column: o.Column, From: math.MinInt64, To: at}
	}
	return w
}

// first gives the first n rows of a segment beyond the cursor of the query, in its order. Not ok: it no longer knows that order.
func (s Spec) first(ctx context.Context, tx *db.Tx, m *segment.Matches, o segment.Order, q Query, desc bool, n int) (out []segment.Place, ok bool, err error) {
	from, value, c := segment.From{Back: desc}, "", q.cursor
	switch {
	case o.Column != "":
		since := segment.Since{Back: desc}
		if c != nil {
			at, err := q.sort.fromCursor(c.Value)
			if err != nil {
				return nil, false, err
			}
			if !id.Valid(c.Key) {
				return nil, false, badCursor()
			}
			since.At, since.ID = at.(int64), c.Key
		}
		return m.Ordered(ctx, tx, o, since, n)
	case s.grouped(q.sort):
		if c != nil {
			value, from.Name, from.ID = c.Value, c.Then, c.Key
		}
		out, err = m.Grouped(ctx, tx, q.sort.Name, value, from, n)
	default:
		if c != nil {
			from.Name, from.ID = c.Value, c.Key
		}
		out, err = m.First(ctx, tx, from, n)
	}
	return out, true, err
}

// reaches tells whether the query has so many rows beyond its cursor.
func (s Spec) reaches(ctx context.Context, tx *db.Tx, q Query, desc bool, limit int) (bool, error) {
	s.Columns = "1 AS one"
	text, args, err := s.statement(tx.Engine(), q, desc, limit)
	if err != nil {
		return false, err
	}
	var n int
	if err := tx.Get(ctx, &n, "SELECT COUNT(*) FROM ("+text+") reached", args...); err != nil {
		return false, fmt.Errorf("list: meet: %w", err)
	}
	return n >= limit, nil
}

// matches asks the segment; nil if it is of no help, as without a condition where not all rows are wanted. rest tells that there are conditions beside those that it knows.
func (s Spec) matches(ctx context.Context, tx *db.Tx, q Query, all bool) (m *segment.Matches, rest bool, err error) {
	rest = len(q.where) > 0 || s.Where != ""
	var sets []segment.Set
	var slugs []string
	for _, f := range q.finders {
		switch {
		case len(f.slugs) > 0 && slugs == nil:
			slugs = f.slugs
		case len(f.Bits) > 0:
			sets = append(sets, segment.Set{Terms: f.Bits, Not: f.Not})
		case f.Between.Column != "":
			sets = append(sets, segment.Set{Between: f.Between})
		default:
			rest = true
			for _, t := range f.Hints {
				sets = append(sets, segment.Set{Terms: []Term{t}})
			}
		}
	}
	if s.Segment == nil || len(sets) == 0 && !all {
		return nil, rest, nil
	}
	r, err := segment.Open(ctx, tx, *s.Segment, slugs)
	if err != nil || r == nil {
		return nil, rest, err
	}
	m, err = r.Match(ctx, tx, sets)
	if err != nil || m == nil || len(m.Loose) > s.base() {
		return nil, rest, err
	}
	return m, rest, nil
}

// at lists these rows, as far as all conditions hold for them.
func (s Spec) at(tx *db.Tx, q Query, places []segment.Place) Query {
	customers, ids := db.Set{Name: "customer_id", Kind: "uuid"}, db.Set{Name: "id", Kind: "uuid"}
	seen := make(map[segment.Place]bool, len(places))
	for _, p := range places {
		if !seen[p] {
			seen[p] = true
			customers.Values, ids.Values = append(customers.Values, p.Customer), append(ids.Values, p.ID)
		}
	}
	rows, args := db.Unnest(tx, customers, ids)
	q = s.join(q.checked(-1), rows, args)
	q.met = true
	return q
}

// indexed makes conditions of the finders that only a segment knows. Of a large list the one customer who is asked for is named by id: an
// index that begins with it then has the order, which a planner does not see in a slug.
func (s Spec) indexed(q Query) Query {
	all := q.finders
	q.finders = nil
	for _, f := range all {
		if f.Rows != "" {
			q.finders = append(q.finders, f)
			continue
		}
		q = q.Where(f.Check, f.Args...)
		if s.Segment != nil && len(f.slugs) == 1 && q.owner == "" {
			q.owner = f.slugs[0]
			q = q.Where(s.ofOwner(), q.owner)
		}
	}
	return q
}

func (s Spec) ofOwner() string {
	return s.alias() + "customer_id = (SELECT id FROM {customer} WHERE slug = ?)"
}

// countMet counts by a segment, no further than limit; ok is false where it is of no help.
func (s Spec) countMet(ctx context.Context, tx *db.Tx, q Query, limit int) (n int, ok bool, err error) {
	m, rest, err := s.matches(ctx, tx, q, false)
	switch {
	case err != nil || m == nil:
		return 0, false, err
	case !rest && (len(m.Loose) == 0 || m.Most-len(m.Loose) >= limit):
		return min(m.Most, limit), true, nil
	}
	// What the segment does not know is asked of as many rows as may do.
	most := limit + s.base()
	places, err := m.First(ctx, tx, segment.From{}, most)
	if err != nil {
		return 0, false, err
	}
	n, err = s.count(ctx, tx, s.at(tx, q, append(places, m.Loose...)), limit)
	return n, len(places) < most || n >= limit, err
}
