package list

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/kit/segment"
	"vigie/internal/platform/db"
)

// Finder is a condition that finds its rows by an index of its own. A planner cannot know whether a word is rare or common; Run
// asks first, and then goes one of three ways: from the few rows found, along the terms in the order of the list, or along the list,
// asking each row.
type Finder struct {
	// Check holds for the rows of From that are wanted. Empty: what Search, Extra or the field itself says.
	Check string
	Args  []any
	// Rows is a SELECT of customer_id and id of all rows wanted, each once, without an order.
	Rows    string
	RowArgs []any
	// Rough is Rows with a row more than once, where that is cheaper to begin: an engine that must tell rows apart may read all of them
	// before it gives one. With the parameters of Rows.
	Rough string
	// Terms are where the rows stand in Spec.Terms, if they do.
	Terms []Term
	// Bits are where the rows stand in Spec.Segment, if they do. A finder may have these alone, and no Rows; Not says that its rows are
	// all others.
	Bits []Term
	Not  bool
	// Between is where they stand in an order of Spec.Segment, if it has a column.
	Between segment.Between
	// Hints are terms of Spec.Segment that every row wanted has, beside others: Check decides.
	Hints []Term

	slugs []string // of the customers whose rows alone are wanted
}

// Term is a range of terms.
type Term = segment.Term

// Terms describes a table of terms, with the key (customer_id, term, the column of Sort, the id of the record).
type Terms struct {
	Table string // "ci_term"
	ID    string // "ci_id"
	Sort  string // field that the key is sorted by after the term, and its column there: "name"
}

const (
	// Up to so many rows found are read and sorted: about as dear as walking a list of a million for a page of what is more common.
	few = 5_000
	// Up to so many terms, of all customers in view, are followed side by side.
	mostTerms = 96
)

// few is how many rows are rather read and sorted than looked for along the list. With a second condition fewer rows of the list are
// wanted, and the walk is longer; without an index in its order a walk reads and sorts everything.
func (s Spec) few(q Query) int {
	n := s.base()
	switch {
	case q.sort.Unindexed:
		return 20 * n
	case len(q.finders) > 1:
		return 3 * n
	}
	return n
}

func (s Spec) base() int {
	if s.Few > 0 {
		return s.Few
	}
	return few
}

// find tells q which way to take.
func (s Spec) find(ctx context.Context, tx *db.Tx, q Query, desc bool, limit int) (Query, error) {
	if len(q.finders) == 0 && !s.grouped(q.sort) {
		return q, nil
	}
	if met, ok, err := s.meet(ctx, tx, q, desc, limit); err != nil || ok {
		return met, err
	}
	if q = s.indexed(q); len(q.finders) == 0 {
		return q, nil
	}
	best, err := s.rarest(ctx, tx, q, s.few(q))
	if err != nil {
		return q, err
	}
	if best >= 0 {
		return s.from(q, best), nil
	}
	if s.Terms == nil || q.sort.Name != s.Terms.Sort {
		return s.walk(ctx, tx, q, desc, limit)
	}
	for i, f := range q.finders {
		along, err := s.terms(ctx, tx, f)
		if err != nil {
			return q, err
		}
		if len(along) > 0 {
			return s.follow(q, i, along, desc, limit)
		}
	}
	return s.walk(ctx, tx, q, desc, limit)
}

// windows are how many rows of a list are walked before more are.
var windows = []int{500, 5_000, 50_000}

// walk goes along the list and asks each row. PostgreSQL takes conditions that it knows nothing of for rare ones, and would read and
// sort everything: it is given the list in pieces.
func (s Spec) walk(ctx context.Context, tx *db.Tx, q Query, desc bool, limit int) (Query, error) {
	checked := q.checked(-1)
	if tx.Engine() != db.Postgres || q.sort.Unindexed || q.sort.Lookup != "" {
		return checked, nil
	}
	along, piece := Query{sort: q.sort, cursor: q.cursor}, s
	if q.owner != "" {
		along = along.Where(s.ofOwner(), q.owner)
	}
	piece.Where, piece.Columns = "", s.alias()+"customer_id, "+s.Key+" AS id"
	for _, n := range windows {
		rows, args, err := piece.statement(tx.Engine(), along, desc, n)
		if err != nil {
			return q, err
		}
		window := s.join(checked, rows, args)
		if enough, err := s.reaches(ctx, tx, window, desc, limit); err != nil || enough {
			return window, err
		}
	}
	return checked, nil
}

// rarest gives the finder that finds least, -1 if each finds more than limit.
func (s Spec) rarest(ctx context.Context, tx *db.Tx, q Query, limit int) (int, error) {
	best, least := -1, limit+1
	for i, f := range q.finders {
		n, rows := 0, f.Rows
		if f.Rough != "" {
			rows = f.Rough
		}
		if err := tx.Get(ctx, &n, "SELECT COUNT(*) FROM ("+rows+" LIMIT "+strconv.Itoa(least)+") found", f.RowArgs...); err != nil {
			return -1, fmt.Errorf("list: find: %w", err)
		}
		if n < least {
			best, least = i, n
		}
	}
	return best, nil
}

// from reads the rows that finder i finds; the others only check.
func (s Spec) from(q Query, i int) Query {
	f := q.finders[i]
	return s.join(q.checked(i), f.Rows, f.RowArgs)
}

func (s Spec) join(q Query, rows string, args []any) Query {
	q.from, q.fromArgs = "("+rows+") found CROSS JOIN ", args
	alias := s.alias()
	return q.Where(alias + "customer_id = found.customer_id AND " + s.Key + " = found.id")
}

// checked makes conditions of all finders except one (-1: of all).
func (q Query) checked(except int) Query {
	for i, f := range q.finders {
		if i != except {
			q = q.Where(f.Check, f.Args...)
		}
	}
	q.finders = nil
	return q
}

// alias is that of the listed table, with its dot.
func (s Spec) alias() string { return s.Key[:strings.LastIndexByte(s.Key, '.')+1] }

// place is one term of one customer.
type place struct {
	Customer string `db:"customer_id"`
	Term     string `db:"term"`
}

// terms gives the terms that a finder stands for, none if they are too many to follow. Each step of the recursion is one look into
// the index, whatever lies between two terms.
func (s Spec) terms(ctx context.Context, tx *db.Tx, f Finder) ([]place, error) {
	var out []place
	table := "{" + s.Terms.Table + "}"
	for _, t := range f.Terms {
		var found []place
		limit := strconv.Itoa(mostTerms + 1 - len(out))
		var err error
		if t.Whole {
			err = tx.Select(ctx, &found, `SELECT l.id AS customer_id, CAST(? AS TEXT) AS term FROM {customer} l
				WHERE EXISTS (SELECT 1 FROM `+table+` t WHERE t.customer_id = l.id AND t.term = ?) LIMIT `+limit, t.Prefix, t.Prefix)
		} else {
			below := t.Below()
			err = tx.Select(ctx, &found, `WITH RECURSIVE step(customer_id, term) AS (
				SELECT l.id, (SELECT MIN(t.term) FROM `+table+` t WHERE t.customer_id = l.id AND t.term >= ? AND t.term < ?) FROM {customer} l
				UNION ALL
				SELECT p.customer_id, (SELECT MIN(t.term) FROM `+table+` t WHERE t.customer_id = p.customer_id AND t.term > p.term AND t.term < ?)
				FROM step p WHERE p.term IS NOT NULL
			) SELECT customer_id, term FROM step WHERE term IS NOT NULL LIMIT `+limit, t.Prefix, below, below)
		}
		if err != nil {
			return nil, fmt.Errorf("list: terms: %w", err)
		}
		if out = append(out, found...); len(out) > mostTerms {
			return nil, nil
		}
	}
	return out, nil
}

// follow takes the first rows of each term in the order of the list; the list then puts them together.
func (s Spec) follow(q Query, i int, along []place, desc bool, limit int) (Query, error) {
	q = q.checked(i)
	dir, than := "ASC", ">"
	if desc {
		dir, than = "DESC", "<"
	}
	order := "o." + s.Terms.Sort + " " + dir + ", o." + s.Terms.ID + " " + dir
	where, args := "", []any(nil)
	inner := ""
	if conditions := s.conditions(q, ""); conditions != "" {
		inner = " CROSS JOIN " + s.From
		where = conditions + " AND " + s.alias() + "customer_id = o.customer_id AND " + s.Key + " = o." + s.Terms.ID + " AND "
		args = slices.Clip(q.args)
	} else {
		where = " WHERE "
	}
	where += "o.customer_id = ? AND o.term = ?"
	var keyset []any
	if c := q.cursor; c != nil {
		value, err := q.sort.fromCursor(c.Value)
		if err != nil {
			return q, err
		}
		where += " AND (o." + s.Terms.Sort + ", o." + s.Terms.ID + ") " + than + " (?, ?)"
		keyset = []any{value, c.Key}
	}
	branch := "(SELECT o.customer_id, o." + s.Terms.ID + " AS id FROM {" + s.Terms.Table + "} o" + inner + where + " ORDER BY " + order + " LIMIT " + strconv.Itoa(limit) + ")"
	branches, all := make([]string, len(along)), []any(nil)
	for i, p := range along {
		branches[i] = "SELECT * FROM " + branch + " b" + strconv.Itoa(i)
		all = append(append(append(all, args...), p.Customer, p.Term), keyset...)
	}
	return s.join(q, "SELECT DISTINCT u.customer_id, u.id FROM ("+strings.Join(branches, " UNION ALL ")+") u", all), nil
}

// Way tells how a list is read: "all" of it in its order, from what was "found", along its "terms", or in its order with each row
// "checked", or at the rows where all conditions "met". For tests of speed and plans.
func Way(ctx context.Context, tx *db.Tx, s Spec, q Query) (string, error) {
	if len(q.finders) == 0 {
		return "all", nil
	}
	planned, err := s.find(ctx, tx, q, q.desc, q.Limit+1)
	switch {
	case err == nil && planned.met:
		return "met", nil
	case err != nil || planned.from == "":
		return "checked", err
	case strings.Contains(planned.from, "UNION ALL") || strings.Contains(planned.from, " b0"):
		return "terms", nil
	}
	return "found", nil
}
