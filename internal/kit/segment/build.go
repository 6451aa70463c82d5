package segment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"vigie/internal/platform/db"
)

const (
	lease   = 30 * time.Minute // a build that takes longer has died
	flushAt = 4 << 20          // bytes written in one transaction
	swept   = 5_000            // rows taken away in one transaction
)

// Due tells whether a next generation is wanted: of records rows in force so many have been written since, in what is listed or in their
// moments, and the one in force has this age. What was written since costs a list some 11 µs a row; a build some 25 µs for each of all.
func Due(records, fresh int64, age time.Duration) bool {
	return fresh >= max(10, min(records/500, 500)) && age >= time.Duration(records/5000)*time.Second
}

// Wanting lists the customers whose segments are due.
func Wanting(ctx context.Context, d *db.DB, src Source) (out []string, err error) {
	var rows []struct {
		Customer string `db:"customer"`
		Records  int64  `db:"records"`
		Built    int64  `db:"built"`
		Fresh    int64  `db:"fresh"`
		Moved    int64  `db:"moved"`
	}
	var now db.Time
	moved := `0`
	for _, o := range src.Orders {
		if o.Written {
			moved = `(SELECT COUNT(*) FROM (SELECT 1 FROM {` + src.Table + `} c WHERE c.customer_id = s.customer_id AND c.` + o.Column + ` > s.moved_since LIMIT 10000) x)`
		}
	}
	err = d.Across(ctx, "which lists have changed so much that they are to be indexed anew", func(tx *db.Tx) error {
		now = tx.Now()
		return tx.Select(ctx, &rows, `SELECT k.id AS customer, COALESCE(s.records, 0) AS records, COALESCE(s.built_at, 0) AS built,
			(SELECT COUNT(*) FROM (SELECT 1 FROM {segment_fresh} f WHERE f.customer_id = k.id AND f.list = ? LIMIT 10000) x) AS fresh,
			`+moved+` AS moved FROM {customer} k LEFT JOIN {segment} s ON s.customer_id = k.id AND s.list = ?`, src.List, src.List)
	})
	for _, r := range rows {
		if Due(r.Records, max(r.Fresh, r.Moved), now.Sub(time.UnixMicro(r.Built))) {
			out = append(out, r.Customer)
		}
	}
	return out, err
}

type segmentRow struct {
	CustomerID string `db:"customer_id"`
	List       string `db:"list"`
	Generation int64  `db:"generation"`
	Records    int64  `db:"records"`
	BuiltAt    int64  `db:"built_at"`
	Leased     int64  `db:"leased_until"` // microseconds; 0 for nobody
	MovedSince int64  `db:"moved_since"`
}

type bitsRow struct {
	CustomerID string `db:"customer_id"`
	List       string `db:"list"`
	Generation int64  `db:"generation"`
	Term       string `db:"term"`
	Bits       []byte `db:"bits"`
}

type blockRow struct {
	CustomerID string `db:"customer_id"`
	List       string `db:"list"`
	Generation int64  `db:"generation"`
	Block      int64  `db:"block"`
	Name       string `db:"name"`
	Entries    []byte `db:"entries"`
}

// build is one generation in the making.
type build struct {
	d          *db.DB
	scope      db.Scope
	src        Source
	generation int64

	seen    map[string]int64 // marks of what was fresh before the first row was read
	places  map[uuid.UUID]uint32
	records int64

	since db.Time // what was written later this build may not have seen

	bits   []bitsRow
	blocks []blockRow
	orders []orderRow
	size   int
}

// Build makes the next generation of a customer's list and puts it in force. Where another build is at it, it does nothing.
func Build(ctx context.Context, d *db.DB, customer string, src Source) error {
	b := &build{d: d, scope: db.Grant(customer), src: src, seen: map[string]int64{}, places: map[uuid.UUID]uint32{}}
	mine, err := b.claim(ctx)
	if err != nil || !mine {
		return err
	}
	if err := errors.Join(b.gather(ctx), b.flush(ctx)); err != nil {
		return fmt.Errorf("segment of %s: %w", src.List, err)
	}
	if err := b.publish(ctx); err != nil {
		return fmt.Errorf("segment of %s: %w", src.List, err)
	}
	return b.sweep(ctx)
}

// claim takes the lease, and takes away what earlier builds left behind: the generation before the one in force, which readers that
// began before its end may still have been at, and what died halfway.
func (b *build) claim(ctx context.Context) (mine bool, err error) {
	var now segmentRow
	err = b.d.InScope(ctx, b.scope, func(tx *db.Tx) error {
		if _, err := tx.Insert(ctx, "segment", segmentRow{List: b.src.List}, "DO NOTHING"); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE {segment} SET leased_until = ? WHERE list = ? AND leased_until < ?`, db.At(tx.Now().Add(lease)), b.src.List, tx.Now())
		if mine = n > 0; err != nil || !mine {
			return err
		}
		return tx.Get(ctx, &now, `SELECT `+db.Columns[segmentRow]("s.")+` FROM {segment} s WHERE s.list = ?`, b.src.List)
	})
	if err != nil || !mine {
		return false, err
	}
	b.generation = now.Generation + 1
	for table, key := range map[string]string{"segment_bits": "x.generation, x.term", "segment_block": "x.generation, x.block", "segment_order": "x.generation, x.field, x.piece"} {
		for n := int64(swept); n == swept; {
			err := b.d.InScope(ctx, b.scope, func(tx *db.Tx) error {
				n, err = tx.Exec(ctx, `DELETE FROM {`+table+`} WHERE (`+strings.ReplaceAll(key, "x.", "")+`) IN (SELECT `+key+` FROM {`+table+`} x
					WHERE x.list = ? AND x.generation <> ? LIMIT ?) AND list = ?`, b.src.List, now.Generation, swept, b.src.List)
				return err
			})
			if err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// gather reads what is fresh first: what is written while the rows are read keeps a later mark.
func (b *build) gather(ctx context.Context) error {
	return b.d.View(ctx, b.scope, func(tx *db.Tx) error {
		b.since = db.At(tx.Now().Add(-late))
		var fresh []struct {
			ID   string `db:"record_id"`
			Mark int64  `db:"mark"`
		}
		if err := tx.Select(ctx, &fresh, `SELECT f.record_id, f.mark FROM {segment_fresh} f WHERE f.list = ?`, b.src.List); err != nil {
			return err
		}
		for _, f := range fresh {
			b.seen[f.ID] = f.Mark
		}
		if err := b.rows(ctx, tx); err != nil {
			return err
		}
		for _, o := range b.src.Orders {
			if err := b.order(ctx, tx, o); err != nil {
				return err
			}
		}
		for _, p := range b.src.Prefixes {
			t := trie{floor: len(p), emit: func(term string, rows *roaring.Bitmap) error { return b.keep(ctx, term, rows) }}
			if err := b.terms(ctx, tx, p, t.add); err != nil {
				return err
			}
			if err := t.end(); err != nil {
				return err
			}
		}
		for _, p := range b.src.Wholes {
			if err := b.terms(ctx, tx, p, func(term string, rows *roaring.Bitmap) error {
				if rows.GetCardinality() < common {
					return nil
				}
				return b.keep(ctx, term, rows)
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// rows gives each row its place, and keeps blocks and facets.
func (b *build) rows(ctx context.Context, tx *db.Tx) error {
	columns := "c.id, c.name"
	for _, f := range b.src.Facets {
		columns += ", c." + f
	}
	rows, err := tx.Rows(ctx, `SELECT `+columns+` FROM {`+b.src.Table+`} c ORDER BY c.name, c.id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	facets := map[string]*roaring.Bitmap{}
	values := make([]string, len(b.src.Facets))
	var e entry
	into := []any{&e.id, &e.name}
	for i := range values {
		into = append(into, &values[i])
	}
	inNames := map[string]*roaring.Bitmap{}
	block := blockRow{List: b.src.List, Generation: b.generation}
	for place := uint32(0); rows.Next(); place++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if place > 0 && place%blockRows == 0 {
			if err := b.keepBlock(ctx, block); err != nil {
				return err
			}
			block = blockRow{List: b.src.List, Generation: b.generation, Block: block.Block + 1}
		}
		if len(block.Entries) == 0 {
			block.Name = e.name
		}
		if block.Entries, err = encode(block.Entries, e); err != nil {
			return err
		}
		b.places[uuid.MustParse(e.id)] = place
		for i, f := range b.src.Facets {
			term := Facet(f, values[i]).Prefix
			add(facets, term, place)
		}
		for part := range parts(e.name) {
			add(inNames, part, place)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if b.records = int64(len(b.places)); b.records > 0 {
		if err := b.keepBlock(ctx, block); err != nil {
			return err
		}
	}
	for _, of := range []map[string]*roaring.Bitmap{facets, inNames} {
		for _, term := range slices.Sorted(maps.Keys(of)) {
			if err := b.keep(ctx, term, of[term]); err != nil {
				return err
			}
		}
	}
	return nil
}

func add(of map[string]*roaring.Bitmap, term string, place uint32) {
	if of[term] == nil {
		of[term] = roaring.New()
	}
	of[term].Add(place)
}

// terms gives the terms that begin with the prefix, each with the places of its rows. A row that came after the rows were read is fresh.
func (b *build) terms(ctx context.Context, tx *db.Tx, prefix string, add func(string, *roaring.Bitmap) error) error {
	rows, err := tx.Rows(ctx, `SELECT t.term, t.`+b.src.Of+` FROM {`+b.src.Terms+`} t WHERE t.term >= ? AND t.term < ? ORDER BY t.term, t.name, t.`+b.src.Of,
		prefix, Term{Prefix: prefix}.Below())
	if err != nil {
		return err
	}
	defer rows.Close()
	last, bits := "", roaring.New()
	for rows.Next() {
		var term, id string
		if err := rows.Scan(&term, &id); err != nil {
			return err
		}
		if term != last && !bits.IsEmpty() {
			if err := add(last, bits); err != nil {
				return err
			}
			bits = roaring.New()
		}
		last = term
		if place, ok := b.places[uuid.MustParse(id)]; ok {
			bits.Add(place)
		}
	}
	if err := rows.Err(); err != nil || bits.IsEmpty() {
		return err
	}
	return add(last, bits)
}

func (b *build) keep(ctx context.Context, term string, rows *roaring.Bitmap) error {
	rows.RunOptimize()
	bits, err := rows.ToBytes()
	if err != nil {
		return err
	}
	b.bits = append(b.bits, bitsRow{List: b.src.List, Generation: b.generation, Term: strings.Clone(term), Bits: bits})
	return b.grow(ctx, len(bits)+len(term)+64)
}

func (b *build) keepBlock(ctx context.Context, block blockRow) error {
	b.blocks = append(b.blocks, block)
	return b.grow(ctx, len(block.Entries))
}

func (b *build) grow(ctx context.Context, n int) error {
	if b.size += n; b.size < flushAt {
		return nil
	}
	return b.flush(ctx)
}

// flush writes what has come together, for nobody to read yet.
func (b *build) flush(ctx context.Context) error {
	err := b.d.InScope(ctx, b.scope, func(tx *db.Tx) error {
		if _, err := tx.Insert(ctx, "segment_bits", b.bits, ""); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "segment_block", b.blocks, ""); err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "segment_order", b.orders, "")
		return err
	})
	b.bits, b.blocks, b.orders, b.size = nil, nil, nil, 0
	return err
}

func (b *build) publish(ctx context.Context) error {
	return b.d.InScope(ctx, b.scope, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE {segment} SET generation = ?, records = ?, built_at = ?, moved_since = ?, leased_until = 0 WHERE list = ? AND generation = ?`,
			b.generation, b.records, tx.Now(), b.since, b.src.List, b.generation-1)
		return err
	})
}

// sweep takes away what is no longer fresh. Until it is done, the list looks at some rows twice.
func (b *build) sweep(ctx context.Context) error {
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(b.seen)), swept) {
		lists, marks := make([]string, len(chunk)), make([]string, len(chunk))
		for i, id := range chunk {
			lists[i], marks[i] = b.src.List, fmt.Sprint(b.seen[id])
		}
		err := b.d.InScope(ctx, b.scope, func(tx *db.Tx) error {
			in, params := db.Unnest(tx, db.Set{Name: "list", Kind: "text", Values: lists}, db.Set{Name: "record_id", Kind: "uuid", Values: chunk}, db.Set{Name: "mark", Kind: "int8", Values: marks})
			_, err := tx.Exec(ctx, `DELETE FROM {segment_fresh} WHERE (list, record_id, mark) IN (`+in+`)`, params...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
