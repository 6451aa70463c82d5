package segment

import (
	"context"
	"fmt"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"vigie/internal/platform/db"
)

// First gives the first n rows that are not fresh, in the order of names over all customers.
func (m *Matches) First(ctx context.Context, tx *db.Tx, from From, n int) ([]Place, error) {
	walks, err := m.walks(ctx, tx, from)
	if err != nil {
		return nil, err
	}
	out := make([]Place, 0, min(n, m.Most))
	for want := walks; len(out) < n; {
		if err := m.fill(ctx, tx, from, want, n-len(out)); err != nil {
			return nil, err
		}
		best := (*walk)(nil)
		for len(out) < n {
			if best = first(walks, from.Back); best == nil || len(best.queue) == 0 {
				break
			}
			p := Place{best.customer, best.queue[0].id}
			if best.queue = best.queue[1:]; !m.r.known[p] {
				out = append(out, p)
			}
		}
		if best == nil {
			return out, nil
		}
		want = []*walk{best}
	}
	return out, nil
}

// someValues is how many values of a facet are read at once.
const someValues = 200

// Grouped gives the first n rows that are not fresh, by the values of a facet, and those of one value in the order of names. from is
// within the rows of value; with an empty ID it is the beginning of all.
func (m *Matches) Grouped(ctx context.Context, tx *db.Tx, facet, value string, from From, n int) ([]Place, error) {
	var out []Place
	begin, compare := Facet(facet, value).Prefix, ">="
	switch {
	case from.Back && from.ID != "":
		compare = "<="
	case from.Back:
		begin, compare = Term{Prefix: begin}.Below(), "<"
	}
	for len(out) < n {
		terms, err := m.r.terms(ctx, tx, Facet(facet, "").Prefix, compare, begin, from.Back)
		if err != nil {
			return nil, err
		}
		for _, t := range terms {
			if t != begin || from.ID == "" {
				from = From{Back: from.Back} // beyond the value that it was within
			}
			more, err := m.having(ctx, tx, t, from, n-len(out))
			if err != nil {
				return nil, err
			}
			if out = append(out, more...); len(out) >= n {
				return out, nil
			}
		}
		if len(terms) < someValues {
			break
		}
		begin, compare = terms[len(terms)-1], ">"
		if from.Back {
			compare = "<"
		}
	}
	return out, nil
}

// having gives the first n of those that have the term too.
func (m *Matches) having(ctx context.Context, tx *db.Tx, term string, from From, n int) ([]Place, error) {
	of, err := m.r.bits(ctx, tx, Term{Prefix: term, Whole: true})
	if err != nil {
		return nil, err
	}
	group := &Matches{r: m.r, rows: map[string]*roaring.Bitmap{}}
	for customer, rows := range m.rows {
		if b := of[customer]; b != nil {
			if b.And(rows); !b.IsEmpty() {
				group.rows[customer] = b
				group.Most += int(b.GetCardinality())
			}
		}
	}
	return group.First(ctx, tx, from, n)
}

// terms gives kept terms with the prefix that compare so with a bound, in their order or against it.
func (r *Reader) terms(ctx context.Context, tx *db.Tx, prefix, compare, bound string, back bool) (out []string, err error) {
	of, args := r.of(tx)
	order := " ORDER BY b.term"
	if back {
		order += " DESC"
	}
	args = append(append([]any{r.src.List}, args...), r.src.List, prefix, Term{Prefix: prefix}.Below(), bound)
	err = tx.Select(ctx, &out, `SELECT DISTINCT b.term FROM {customer} k CROSS JOIN {segment} s CROSS JOIN {segment_bits} b
		WHERE s.customer_id = k.id AND s.list = ?`+of+` AND b.customer_id = k.id AND b.list = ? AND b.generation = s.generation
		AND b.term >= ? AND b.term < ? AND b.term `+compare+` ?`+order+` LIMIT `+strconv.Itoa(someValues), args...)
	if err != nil {
		return nil, fmt.Errorf("segment: terms: %w", err)
	}
	return out, nil
}

// walk goes along the matches of one customer.
type walk struct {
	customer string
	rows     roaring.IntIterable
	queue    []entry // read, and not given yet
}

// first is the walk that has the next row, or that must read on before that can be told; nil where all have ended.
func first(walks []*walk, back bool) (best *walk) {
	for _, w := range walks {
		switch {
		case len(w.queue) == 0 && w.rows.HasNext():
			return w
		case len(w.queue) == 0:
		case best == nil || best.queue[0] != w.queue[0] && w.queue[0].less(best.queue[0]) != back:
			best = w
		}
	}
	return best
}

// walks begins one for each customer, at the block where from may be.
func (m *Matches) walks(ctx context.Context, tx *db.Tx, from From) ([]*walk, error) {
	starts := map[string]int64{}
	if from.ID != "" {
		var rows []struct {
			Customer string `db:"customer_id"`
			Block    int64  `db:"block"`
		}
		compare := "<" // of several blocks that begin with the name, all are before us
		if from.Back {
			compare = "<="
		}
		if err := tx.Select(ctx, &rows, `SELECT s.customer_id, COALESCE((SELECT MAX(b.block) FROM {segment_block} b WHERE b.customer_id = s.customer_id AND b.list = s.list
			AND b.generation = s.generation AND b.name `+compare+` ?), -1) AS block FROM {customer} k CROSS JOIN {segment} s WHERE s.customer_id = k.id AND s.list = ?`,
			from.Name, m.r.src.List); err != nil {
			return nil, fmt.Errorf("segment: %w", err)
		}
		for _, r := range rows {
			starts[r.Customer] = r.Block
		}
	}
	var out []*walk
	for customer, rows := range m.rows {
		w := &walk{customer: customer}
		switch start, given := starts[customer]; {
		case from.Back:
			if given {
				rows = rows.Clone()
				rows.RemoveRange(uint64(start+1)*blockRows, 1<<32)
			}
			w.rows = rows.ReverseIterator()
		default:
			it := rows.Iterator()
			if given {
				it.AdvanceIfNeeded(uint32(max(0, start) * blockRows))
			}
			w.rows = it
		}
		out = append(out, w)
	}
	return out, nil
}

// fill reads for each walk its next rows, about as many as are wanted of all of them, by one statement.
func (m *Matches) fill(ctx context.Context, tx *db.Tx, from From, walks []*walk, n int) error {
	var customers, generations, blocks []string
	places := map[string]map[int64][]uint32{}
	most := min(max(n/max(1, len(walks)), 16), 4*blockRows)
	for _, w := range walks {
		of := map[int64][]uint32{}
		for i := 0; i < most && w.rows.HasNext(); i++ {
			place := w.rows.Next()
			block := int64(place / blockRows)
			if of[block] == nil {
				customers = append(customers, w.customer)
				generations = append(generations, strconv.FormatInt(m.r.force[w.customer].Generation, 10))
				blocks = append(blocks, strconv.FormatInt(block, 10))
			}
			of[block] = append(of[block], place)
		}
		places[w.customer] = of
	}
	if len(blocks) == 0 {
		return nil
	}
	read, err := m.r.blocks(ctx, tx, customers, generations, blocks)
	if err != nil {
		return err
	}
	for i := range blocks {
		block, err := strconv.ParseInt(blocks[i], 10, 64)
		if err != nil {
			return err
		}
		w := walkOf(walks, customers[i])
		rows := read[blockKey{customers[i], block}]
		for _, place := range places[customers[i]][block] {
			at := int(place % blockRows)
			if at >= len(rows.at) {
				return fmt.Errorf("segment: row %d is in no block", place)
			}
			if e := rows.entry(at); from.ID == "" || e.beyond(from) {
				w.queue = append(w.queue, e)
			}
		}
	}
	return nil
}

// beyond tells whether the row comes behind from.
func (e entry) beyond(from From) bool {
	f := entry{from.Name, from.ID}
	if from.Back {
		return e.less(f)
	}
	return f.less(e)
}

func walkOf(walks []*walk, customer string) *walk {
	for _, w := range walks {
		if w.customer == customer {
			return w
		}
	}
	return nil
}

type blockKey struct {
	customer string
	block    int64
}

func (r *Reader) blocks(ctx context.Context, tx *db.Tx, customers, generations, blocks []string) (map[blockKey]block, error) {
	var rows []struct {
		Customer string `db:"customer_id"`
		Block    int64  `db:"block"`
		Entries  []byte `db:"entries"`
	}
	wanted, params := db.Unnest(tx, db.Set{Name: "customer", Kind: "uuid", Values: customers}, db.Set{Name: "generation", Kind: "int8", Values: generations},
		db.Set{Name: "block", Kind: "int8", Values: blocks})
	if err := tx.Select(ctx, &rows, `SELECT b.customer_id, b.block, b.entries FROM (`+wanted+`) w CROSS JOIN {segment_block} b
		WHERE b.customer_id = w.customer AND b.list = ? AND b.generation = w.generation AND b.block = w.block`, append(params, r.src.List)...); err != nil {
		return nil, fmt.Errorf("segment: blocks: %w", err)
	}
	out := make(map[blockKey]block, len(rows))
	for _, row := range rows {
		b, err := open(row.Entries)
		if err != nil {
			return nil, err
		}
		out[blockKey{row.Customer, row.Block}] = b
	}
	return out, nil
}
