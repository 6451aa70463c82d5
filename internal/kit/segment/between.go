package segment

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"vigie/internal/platform/db"
)

// Between is a condition on the column of an order: From or later, and before To.
type Between struct {
	Column   string
	From, To int64 // microseconds
}

// mostEnds is how many pieces are read for their rows, of all customers: some 10 MB.
const mostEnds = 500

// span is the term of all rows of a span of an order; spans count from nothing.
func span(column string, n int64) string { return fmt.Sprintf("o:%s#%08d", column, n) }

// bounds are the pieces of a customer in which what is within may begin and end; negative where nothing is before it.
type bounds struct {
	Customer string `db:"customer_id"`
	First    int64  `db:"first"`
	Last     int64  `db:"last"`
}

// between gives the rows of each customer that are within; ok is false where too much was written since, or too much would be read.
func (m *Matches) between(ctx context.Context, tx *db.Tx, w Between) (out map[string]*roaring.Bitmap, ok bool, err error) {
	i := slices.IndexFunc(m.r.src.Orders, func(o Order) bool { return o.Column == w.Column })
	if i < 0 {
		return nil, false, nil
	}
	if ok, err := m.moved(ctx, tx, m.r.src.Orders[i]); !ok || err != nil {
		return nil, ok, err
	}
	var of []bounds
	slugs, args := m.r.of(tx)
	piece := `COALESCE((SELECT x.piece FROM {segment_order} x WHERE x.customer_id = s.customer_id AND x.list = s.list AND x.generation = s.generation
		AND x.field = ? AND x.at < ? ORDER BY x.at DESC, x.record_id DESC LIMIT 1), -1)`
	if err := tx.Select(ctx, &of, `SELECT s.customer_id, `+piece+` AS first, `+piece+` AS last FROM {customer} k CROSS JOIN {segment} s WHERE s.customer_id = k.id AND s.list = ?`+slugs,
		slices.Concat([]any{w.Column, w.From, w.Column, w.To, m.r.src.List}, args)...); err != nil {
		return nil, false, fmt.Errorf("segment: between: %w", err)
	}
	var pieces, spans wanted
	for _, b := range of {
		if m.rows[b.Customer] != nil {
			m.cover(b, w.Column, &pieces, &spans)
		}
	}
	if len(pieces.customers) > mostEnds {
		return nil, false, nil
	}
	out = map[string]*roaring.Bitmap{}
	if err := m.spans(ctx, tx, spans, out); err != nil {
		return nil, false, err
	}
	return out, true, m.ends(ctx, tx, w, pieces, out)
}

// wanted are rows of a table of segments, by customer and generation.
type wanted struct{ customers, generations, keys []string }

func (w *wanted) add(s inForce, key string) {
	w.customers, w.generations, w.keys = append(w.customers, s.Customer), append(w.generations, strconv.FormatInt(s.Generation, 10)), append(w.keys, key)
}

// cover says which spans lie between the bounds, and which pieces are beside them or hold the bounds themselves.
func (m *Matches) cover(b bounds, column string, pieces, spans *wanted) {
	s, many := m.r.force[b.Customer], int64(m.r.src.span())
	for p := max(0, b.First); p <= b.Last; {
		whole := p%many == 0 && p > b.First && p+many <= b.Last // the piece of the upper bound is read in any case
		if whole {
			spans.add(s, span(column, p/many))
			p += many
			continue
		}
		pieces.add(s, strconv.FormatInt(p, 10))
		p++
	}
}

func (m *Matches) spans(ctx context.Context, tx *db.Tx, w wanted, out map[string]*roaring.Bitmap) error {
	if len(w.customers) == 0 {
		return nil
	}
	var rows []bitsOf
	u, params := db.Unnest(tx, db.Set{Name: "customer", Kind: "uuid", Values: w.customers}, db.Set{Name: "generation", Kind: "int8", Values: w.generations}, db.Set{Name: "term", Kind: "text", Values: w.keys})
	if err := tx.Select(ctx, &rows, `SELECT b.customer_id, b.bits FROM (`+u+`) w CROSS JOIN {segment_bits} b
		WHERE b.customer_id = w.customer AND b.list = ? AND b.generation = w.generation AND b.term = w.term`, append(params, m.r.src.List)...); err != nil {
		return fmt.Errorf("segment: spans: %w", err)
	}
	for _, row := range rows {
		b, err := row.read()
		if err != nil {
			return err
		}
		if out[row.Customer] == nil {
			out[row.Customer] = b
		} else {
			out[row.Customer].Or(b)
		}
	}
	return nil
}

func (m *Matches) ends(ctx context.Context, tx *db.Tx, w Between, pieces wanted, out map[string]*roaring.Bitmap) error {
	rows, err := m.r.pieces(ctx, tx, w.Column, pieces)
	if err != nil {
		return err
	}
	for _, row := range rows {
		of, err := stamps(row.Stamps, row.At)
		if err != nil {
			return err
		}
		for _, s := range of {
			if s.at >= w.From && s.at < w.To {
				add(out, row.CustomerID, s.place)
			}
		}
	}
	return nil
}
