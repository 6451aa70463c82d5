package segment

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"vigie/internal/platform/db"
)

// mostFresh is how many rows written since a list still looks at one by one.
const mostFresh = 3_000

// Reader answers for one list, within one transaction.
type Reader struct {
	src   Source
	slugs []string // of the customers that alone are asked for; nil for all of the scope
	force map[string]inForce
	fresh []Place
	known map[Place]bool // that are looked at one by one
	moved bool           // what was written since is among them
}

// inForce is a customer's segment.
type inForce struct {
	Customer   string `db:"customer_id"`
	Generation int64  `db:"generation"`
	Records    int64  `db:"records"`
}

// Place is a row of a customer.
type Place struct {
	Customer string `db:"customer_id"`
	ID       string `db:"id"`
}

// Open reads what is in force in the scope of the transaction, for the customers of these slugs if there are any; nil where so much was
// written since that another way is better.
func Open(ctx context.Context, tx *db.Tx, src Source, slugs []string) (*Reader, error) {
	r := &Reader{src: src, slugs: slugs, force: map[string]inForce{}, known: map[Place]bool{}}
	of, args := r.of(tx)
	// Before the generations: what a build takes away in between is in the one it put in force.
	if err := tx.Select(ctx, &r.fresh, `SELECT f.customer_id, f.record_id AS id FROM {customer} k CROSS JOIN {segment_fresh} f
		WHERE f.customer_id = k.id AND f.list = ?`+of+` LIMIT `+strconv.Itoa(mostFresh+1), append([]any{src.List}, args...)...); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	if len(r.fresh) > mostFresh {
		return nil, nil
	}
	var rows []inForce
	if err := tx.Select(ctx, &rows, `SELECT s.customer_id, s.generation, s.records FROM {customer} k CROSS JOIN {segment} s
		WHERE s.customer_id = k.id AND s.list = ? AND s.records > 0`+of, append([]any{src.List}, args...)...); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	for _, s := range rows {
		r.force[s.Customer] = s
	}
	for _, f := range r.fresh {
		r.known[f] = true
	}
	return r, nil
}

// of narrows a statement to the customers that are asked for.
func (r *Reader) of(tx *db.Tx) (string, []any) {
	if r.slugs == nil {
		return "", nil
	}
	in, p := db.Texts(tx, "k.slug", r.slugs)
	return " AND " + in, []any{p}
}

// Set is a condition: a row has one of the terms, or none of them; or its moment lies between two, where that has a column.
type Set struct {
	Terms   []Term
	Not     bool
	Between Between
}

// Matches are the rows that meet all of several conditions.
type Matches struct {
	r    *Reader
	rows map[string]*roaring.Bitmap // by customer, never empty
	// Loose are rows that may meet them, and are to be looked at: fresh ones, and those of terms too rare for a bitmap.
	Loose []Place
	// Most is how many rows there are in the bitmaps: those that are fresh now are among them.
	Most int
}

// Match finds the rows that meet all conditions; nil where so much was written since that another way is better. Conditions with Not ask
// for facets, which always have a bitmap.
func (r *Reader) Match(ctx context.Context, tx *db.Tx, sets []Set) (*Matches, error) {
	m := &Matches{r: r, rows: map[string]*roaring.Bitmap{}, Loose: slices.Clone(r.fresh)}
	for customer, s := range r.force {
		all := roaring.New()
		all.AddRange(0, uint64(s.Records))
		m.rows[customer] = all
	}
	for _, set := range sets {
		any, ok, err := m.meeting(ctx, tx, set)
		if err != nil || !ok {
			return nil, err
		}
		for customer, rows := range m.rows {
			switch b := any[customer]; {
			case b == nil && !set.Not:
				delete(m.rows, customer)
			case b == nil:
			case set.Not:
				rows.AndNot(b)
			default:
				rows.And(b)
			}
		}
	}
	for customer, b := range m.rows {
		if b.IsEmpty() {
			delete(m.rows, customer)
			continue
		}
		m.Most += int(b.GetCardinality())
	}
	return m, nil
}

func (m *Matches) meeting(ctx context.Context, tx *db.Tx, set Set) (of map[string]*roaring.Bitmap, ok bool, err error) {
	if set.Between.Column != "" {
		return m.between(ctx, tx, set.Between)
	}
	of, err = m.any(ctx, tx, set.Terms)
	return of, true, err
}

// any gives the rows of each customer that have one of the terms.
func (m *Matches) any(ctx context.Context, tx *db.Tx, terms []Term) (map[string]*roaring.Bitmap, error) {
	of := map[string]*roaring.Bitmap{}
	for _, t := range terms {
		found, err := m.r.bits(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		var lacking []string
		for customer := range m.rows {
			switch b := found[customer]; {
			case b == nil:
				lacking = append(lacking, customer)
			case of[customer] == nil:
				of[customer] = b
			default:
				of[customer].Or(b)
			}
		}
		loose, err := m.r.rare(ctx, tx, t, lacking)
		if err != nil {
			return nil, err
		}
		m.Loose = append(m.Loose, loose...)
	}
	return of, nil
}

// bits reads the bitmap of a term for each customer that has one. The first term that begins with a prefix is the beginning that all
// of them share.
func (r *Reader) bits(ctx context.Context, tx *db.Tx, t Term) (out map[string]*roaring.Bitmap, err error) {
	var rows []bitsOf
	of, args := r.of(tx)
	term := `CAST(? AS TEXT)`
	wanted := []any{t.Prefix}
	if !t.Whole {
		term, wanted = `(SELECT x.term FROM {segment_bits} x WHERE x.customer_id = k.id AND x.list = ? AND x.generation = s.generation AND x.term >= ? AND x.term < ? ORDER BY x.term LIMIT 1)`,
			[]any{r.src.List, t.Prefix, t.Below()}
	}
	// The limit keeps PostgreSQL from making one join of it, in which it looks for the term once for each bitmap that there is.
	from := `SELECT b.customer_id, b.bits FROM (SELECT k.id, s.generation, ` + term + ` AS term FROM {customer} k CROSS JOIN {segment} s
		WHERE s.customer_id = k.id AND s.list = ?` + of + ` LIMIT 1000000) w CROSS JOIN {segment_bits} b
		WHERE b.customer_id = w.id AND b.list = ? AND b.generation = w.generation AND b.term = w.term`
	args = slices.Concat(wanted, []any{r.src.List}, args, []any{r.src.List})
	if err := tx.Select(ctx, &rows, from, args...); err != nil {
		return nil, fmt.Errorf("segment: bits: %w", err)
	}
	out = make(map[string]*roaring.Bitmap, len(rows))
	for _, row := range rows {
		if out[row.Customer], err = row.read(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bitsOf is a bitmap of a customer.
type bitsOf struct {
	Customer string `db:"customer_id"`
	Bits     []byte `db:"bits"`
}

func (r bitsOf) read() (*roaring.Bitmap, error) {
	b := roaring.New()
	if _, err := b.ReadFrom(bytes.NewReader(r.Bits)); err != nil {
		return nil, fmt.Errorf("segment: bits of customer %s: %w", r.Customer, err)
	}
	return b, nil
}

// rare finds the rows of a term, for customers where it has no bitmap. Facets always have one, where there is a row at all.
func (r *Reader) rare(ctx context.Context, tx *db.Tx, t Term, customers []string) (out []Place, err error) {
	if len(customers) == 0 || !slices.ContainsFunc(slices.Concat(r.src.Prefixes, r.src.Wholes), func(p string) bool { return len(t.Prefix) >= len(p) && t.Prefix[:len(p)] == p }) {
		return nil, nil
	}
	in, p := db.IDs(tx, "k.id", customers)
	from, below := t.Prefix, t.Below()
	compare := `t.term >= ? AND t.term < ?`
	args := []any{p, from, below}
	if t.Whole {
		compare, args = `t.term = ?`, []any{p, from}
	}
	err = tx.Select(ctx, &out, `SELECT t.customer_id, t.`+r.src.Of+` AS id FROM {customer} k CROSS JOIN {`+r.src.Terms+`} t WHERE `+in+` AND t.customer_id = k.id AND `+compare, args...)
	if err != nil {
		return nil, fmt.Errorf("segment: rare: %w", err)
	}
	return out, nil
}

// All gives every row of the bitmaps that is not fresh, in no order.
func (m *Matches) All(ctx context.Context, tx *db.Tx) ([]Place, error) {
	return m.First(ctx, tx, From{}, m.Most)
}

// From is where a list goes on: behind a row, in the order of names or against it. The zero value is its beginning.
type From struct {
	Name, ID string // of the row; an empty ID for none
	Back     bool
}
