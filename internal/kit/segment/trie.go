package segment

import (
	"github.com/RoaringBitmap/roaring/v2"
)

// common is how many rows share what is kept as a bitmap of its own; the few of a rarer term are found in the table of terms.
const common = 16

// trie turns terms that come in their order into bitmaps of all beginnings where terms part. It holds one branch at a time.
type trie struct {
	floor int // beginnings of up to so many bytes are nobody's question
	emit  func(term string, rows *roaring.Bitmap) error
	path  []node // each longer than, and beginning with, the one before
}

type node struct {
	term string
	rows *roaring.Bitmap
}

// add takes the next term, which is greater than all before.
func (t *trie) add(term string, rows *roaring.Bitmap) error {
	if err := t.shrink(shared(t.last(), term)); err != nil {
		return err
	}
	t.path = append(t.path, node{term, rows})
	return nil
}

func (t *trie) last() string {
	if len(t.path) == 0 {
		return ""
	}
	return t.path[len(t.path)-1].term
}

// shrink ends all nodes that are longer than n bytes; what is left of the branch is of that length.
func (t *trie) shrink(n int) error {
	for len(t.path) > 0 && len(t.last()) > n {
		ended := t.path[len(t.path)-1]
		t.path = t.path[:len(t.path)-1]
		if ended.rows.GetCardinality() >= common {
			if err := t.emit(ended.term, ended.rows); err != nil {
				return err
			}
		}
		switch {
		case n <= t.floor && len(t.last()) <= t.floor:
		case len(t.last()) < n:
			t.path = append(t.path, node{ended.term[:n], ended.rows.Clone()})
		default:
			t.path[len(t.path)-1].rows.Or(ended.rows)
		}
	}
	return nil
}

// end gives what is left.
func (t *trie) end() error { return t.shrink(0) }

// shared is how many bytes two texts begin with in common, not parting a character.
func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && b[n]&0xC0 == 0x80 { // within a character of UTF-8
		n--
	}
	return n
}
