package segment

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"vigie/internal/platform/db"
)

// Order is a column of moments, in microseconds and never null, that a list is sorted by.
type Order struct {
	Column string
	// Written tells that each write to a row sets it to its moment. Others never change.
	Written bool
}

const (
	mostPieces = 32 // of an order, read at once of one customer
	// late is how long before a build a transaction began at the earliest that it may not have seen; clocks of servers are closer.
	late = 5 * time.Minute
)

// stamp is a row in an order.
type stamp struct {
	at    int64
	id    uuid.UUID
	place uint32
}

func (s stamp) compare(o stamp) int {
	return cmp.Or(cmp.Compare(s.at, o.at), bytes.Compare(s.id[:], o.id[:]))
}

var errPiece = errors.New("segment: a piece is cut off")

// append writes a stamp behind one of the moment before: the time between, the place, 16 bytes of the id.
func (s stamp) append(b []byte, before int64) []byte {
	b = binary.AppendUvarint(b, uint64(s.at-before))
	b = binary.AppendUvarint(b, uint64(s.place))
	return append(b, s.id[:]...)
}

// stamps reads a piece whose first row is of this moment.
func stamps(b []byte, at int64) ([]stamp, error) {
	out := make([]stamp, 0, 1024)
	for len(b) > 0 {
		since, used := binary.Uvarint(b)
		if used <= 0 {
			return nil, errPiece
		}
		place, more := binary.Uvarint(b[used:])
		if used += more; more <= 0 || place > math.MaxUint32 || len(b) < used+16 {
			return nil, errPiece
		}
		at += int64(since)
		out = append(out, stamp{at, uuid.UUID(b[used : used+16]), uint32(place)})
		b = b[used+16:]
	}
	return out, nil
}

type orderRow struct {
	CustomerID string `db:"customer_id"`
	List       string `db:"list"`
	Generation int64  `db:"generation"`
	Field      string `db:"field"`
	Piece      int64  `db:"piece"`
	At         int64  `db:"at"`
	RecordID   string `db:"record_id"`
	Stamps     []byte `db:"stamps"`
}

// order keeps the rows that have a place in the order of a column. What came or went after the places were given is fresh.
func (b *build) order(ctx context.Context, tx *db.Tx, o Order) error {
	rows, err := tx.Rows(ctx, `SELECT c.id, c.`+o.Column+` FROM {`+b.src.Table+`} c ORDER BY c.`+o.Column+`, c.id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	piece, n, before := orderRow{List: b.src.List, Generation: b.generation, Field: o.Column}, 0, int64(0)
	all := roaring.New() // rows of the span
	for rows.Next() {
		var id string
		var s stamp
		if err := rows.Scan(&id, &s.at); err != nil {
			return err
		}
		place, ok := b.places[uuid.MustParse(id)]
		if !ok {
			continue
		}
		if n == b.src.piece() {
			if err := b.keepPiece(ctx, piece, all); err != nil {
				return err
			}
			piece.Piece, piece.Stamps, n = piece.Piece+1, nil, 0
		}
		if n++; n == 1 {
			piece.At, piece.RecordID, before = s.at, id, s.at
		}
		s.id, s.place = uuid.MustParse(id), place
		all.Add(place)
		piece.Stamps, before = s.append(piece.Stamps, before), s.at
	}
	if err := rows.Err(); err != nil || n == 0 {
		return err
	}
	return b.keepPiece(ctx, piece, all)
}

// keepPiece keeps a piece, and with the last of a span all of its rows.
func (b *build) keepPiece(ctx context.Context, piece orderRow, all *roaring.Bitmap) error {
	if n := int64(b.src.span()); piece.Piece%n == n-1 {
		if err := b.keep(ctx, span(piece.Field, piece.Piece/n), all); err != nil {
			return err
		}
		all.Clear()
	}
	b.orders = append(b.orders, piece)
	return b.grow(ctx, len(piece.Stamps))
}

// Since is where a list in an order goes on: behind a row, forwards or backwards. The zero value is its beginning.
type Since struct {
	At   int64
	ID   string // of the row; empty for none
	Back bool
}

// Short tells that reading all rows of the bitmaps is less work than to look for the first n along an order.
func (m *Matches) Short(n int) bool {
	all := 0
	for _, s := range m.r.force {
		all += int(s.Records)
	}
	return m.Most*m.Most*1000 < n*all // a row is a block of its own, and as much as a thousand of an order
}

// Ordered gives the first n rows that are not fresh, in an order over all customers. What was written since joins Loose; ok tells that it
// is not too much.
func (m *Matches) Ordered(ctx context.Context, tx *db.Tx, o Order, since Since, n int) (out []Place, ok bool, err error) {
	if ok, err := m.moved(ctx, tx, o); !ok || err != nil {
		return nil, ok, err
	}
	streams, err := m.streams(ctx, tx, o, since)
	if err != nil {
		return nil, false, err
	}
	for pieces := 1; len(out) < n; pieces = min(2*pieces, mostPieces) {
		if err := m.read(ctx, tx, o, since, streams, pieces); err != nil {
			return nil, false, err
		}
		for len(out) < n {
			best := next(streams, since.Back)
			if best == nil || len(best.queue) == 0 {
				break
			}
			p := Place{best.customer, best.queue[0].id.String()}
			if best.queue = best.queue[1:]; !m.r.known[p] {
				out = append(out, p)
			}
		}
		if next(streams, since.Back) == nil {
			break
		}
	}
	return out, true, nil
}

// moved adds what was written since to the rows that are looked at one by one.
func (m *Matches) moved(ctx context.Context, tx *db.Tx, o Order) (ok bool, err error) {
	if !o.Written || m.r.moved {
		return true, nil
	}
	var rows []Place
	of, args := m.r.of(tx)
	if err := tx.Select(ctx, &rows, `SELECT c.customer_id, c.id FROM {customer} k CROSS JOIN {segment} s CROSS JOIN {`+m.r.src.Table+`} c
		WHERE s.customer_id = k.id AND s.list = ?`+of+` AND c.customer_id = s.customer_id AND c.`+o.Column+` > s.moved_since LIMIT `+strconv.Itoa(mostFresh+1),
		append([]any{m.r.src.List}, args...)...); err != nil {
		return false, fmt.Errorf("segment: moved: %w", err)
	}
	if len(rows) > mostFresh {
		return false, nil
	}
	m.r.moved = true
	for _, p := range rows {
		if !m.r.known[p] {
			m.r.known[p], m.Loose = true, append(m.Loose, p)
		}
	}
	return true, nil
}

// stream goes along the order of one customer, past what is not wanted.
type stream struct {
	customer string
	rows     *roaring.Bitmap
	piece    int64 // that is read next; negative at the end
	queue    []stamp
}

// streams begins one for each customer, at the piece where since may be.
func (m *Matches) streams(ctx context.Context, tx *db.Tx, o Order, since Since) ([]*stream, error) {
	var starts []struct {
		Customer string `db:"customer_id"`
		Piece    int64  `db:"piece"`
	}
	begin, args := `0`, []any{}
	if since.Back || since.ID != "" {
		behind, at := ``, []any{}
		if since.ID != "" {
			behind, at = ` AND (x.at, x.record_id) <= (?, ?)`, []any{since.At, since.ID}
		}
		begin = `COALESCE((SELECT x.piece FROM {segment_order} x WHERE x.customer_id = s.customer_id AND x.list = s.list AND x.generation = s.generation
			AND x.field = ?` + behind + ` ORDER BY x.at DESC, x.record_id DESC LIMIT 1), -1)`
		args = append([]any{o.Column}, at...)
	}
	of, more := m.r.of(tx)
	args = slices.Concat(args, []any{m.r.src.List}, more)
	if err := tx.Select(ctx, &starts, `SELECT s.customer_id, `+begin+` AS piece FROM {customer} k CROSS JOIN {segment} s WHERE s.customer_id = k.id AND s.list = ?`+of, args...); err != nil {
		return nil, fmt.Errorf("segment: order: %w", err)
	}
	var out []*stream
	for _, s := range starts {
		if rows := m.rows[s.Customer]; rows != nil {
			if !since.Back {
				s.Piece = max(0, s.Piece)
			}
			out = append(out, &stream{customer: s.Customer, rows: rows, piece: s.Piece})
		}
	}
	return out, nil
}

// next is the stream that has the next row, or that must be read on before that can be told; nil where all have ended.
func next(streams []*stream, back bool) (best *stream) {
	for _, s := range streams {
		switch {
		case len(s.queue) == 0 && s.piece >= 0:
			return s
		case len(s.queue) == 0:
		case best == nil || best.queue[0].beyond(s.queue[0], back):
			best = s
		}
	}
	return best
}

// read gives streams that have nothing left their next pieces, by one statement.
func (m *Matches) read(ctx context.Context, tx *db.Tx, o Order, since Since, streams []*stream, pieces int) error {
	var ahead wanted
	of := map[string]*stream{}
	for _, s := range streams {
		if len(s.queue) > 0 || s.piece < 0 {
			continue
		}
		of[s.customer] = s
		for i := range int64(pieces) {
			piece := s.piece + i
			if since.Back {
				piece = s.piece - i
			}
			if piece >= 0 {
				ahead.add(m.r.force[s.customer], strconv.FormatInt(piece, 10))
			}
		}
	}
	rows, err := m.r.pieces(ctx, tx, o.Column, ahead)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b orderRow) int { return cmp.Compare(a.Piece, b.Piece) })
	if since.Back {
		slices.Reverse(rows)
	}
	from := stamp{at: since.At}
	if since.ID != "" {
		from.id = uuid.MustParse(since.ID)
	}
	got := map[string]int64{}
	for _, row := range rows {
		all, err := stamps(row.Stamps, row.At)
		if err != nil {
			return err
		}
		if since.Back {
			slices.Reverse(all)
		}
		s := of[row.CustomerID]
		got[row.CustomerID]++
		for _, one := range all {
			if s.rows.Contains(one.place) && (since.ID == "" || one.beyond(from, since.Back)) {
				s.queue = append(s.queue, one)
			}
		}
	}
	for customer, s := range of {
		switch {
		case since.Back:
			s.piece -= int64(pieces) // below nothing there is nothing
		case got[customer] < int64(pieces):
			s.piece = -1
		default:
			s.piece += int64(pieces)
		}
	}
	return nil
}

// beyond tells whether a row comes behind another, forwards or backwards.
func (s stamp) beyond(o stamp, back bool) bool {
	if back {
		return s.compare(o) < 0
	}
	return s.compare(o) > 0
}

// pieces reads pieces of an order.
func (r *Reader) pieces(ctx context.Context, tx *db.Tx, column string, w wanted) (rows []orderRow, err error) {
	if len(w.customers) == 0 {
		return nil, nil
	}
	u, params := db.Unnest(tx, db.Set{Name: "customer", Kind: "uuid", Values: w.customers}, db.Set{Name: "generation", Kind: "int8", Values: w.generations}, db.Set{Name: "piece", Kind: "int8", Values: w.keys})
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[orderRow]("b.")+` FROM (`+u+`) w CROSS JOIN {segment_order} b
		WHERE b.customer_id = w.customer AND b.list = ? AND b.generation = w.generation AND b.field = ? AND b.piece = w.piece`, append(params, r.src.List, column)...); err != nil {
		return nil, fmt.Errorf("segment: order: %w", err)
	}
	return rows, nil
}
