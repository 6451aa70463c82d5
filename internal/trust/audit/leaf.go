package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Leaf is what the log holds of one entry: it stays when the entries of a customer are removed, and still says whose it was.
type Leaf struct {
	Seq      int64  `db:"seq" json:"seq" doc:"Number in the log, from 0."`
	Customer string `db:"of_customer" json:"customer_id"`
	Entry    string `db:"entry_id" json:"entry_id"`
	Digest   string `db:"digest" json:"digest" doc:"SHA-256 of the entry's canonical text, in hex."`
}

// pending names an entry that has no leaf yet.
type pending struct {
	Entry    string `db:"entry_id"`
	Customer string `db:"of_customer"`
}

// digestOf hashes the canonical text of an entry.
func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Data is what is hashed into the log. The customer stands in it, so that nobody can pass an entry off as one of a customer who
// was removed.
func (l Leaf) Data() []byte {
	return fmt.Appendf(nil, "vigie audit leaf v1\n%s\n%s\n%s\n", l.Customer, l.Entry, l.Digest)
}

// Hash is the leaf's hash as RFC 6962 has it. The number is not in it: the tree holds that.
func (l Leaf) Hash() tlog.Hash { return tlog.RecordHash(l.Data()) }

// frontier is the right edge of a tree: the roots of its full subtrees, by level. It is all that is needed to grow the tree.
type frontier struct {
	size  int64
	nodes [63]tlog.Hash
}

// add puts a leaf at the end and gives the hashes to be stored for it, in tlog's order.
func (f *frontier) add(h tlog.Hash) []tlog.Hash {
	out := []tlog.Hash{h}
	level := 0
	for ; f.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(f.nodes[level], h)
		out = append(out, h)
	}
	f.nodes[level] = h
	f.size++
	return out
}

// root is the hash of the whole tree.
func (f *frontier) root() tlog.Hash {
	if f.size == 0 {
		return tlog.Hash(sha256.Sum256(nil))
	}
	level := bits.TrailingZeros64(uint64(f.size))
	h := f.nodes[level]
	for level++; f.size>>level > 0; level++ {
		if f.size>>level&1 == 1 {
			h = tlog.NodeHash(f.nodes[level], h)
		}
	}
	return h
}

// edge lists the levels at which a frontier of this size has a node, and where its hash is stored.
func edge(size int64) (levels []int, indexes []int64) {
	for level := 0; size>>level > 0; level++ {
		if size>>level&1 == 1 {
			levels = append(levels, level)
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return levels, indexes
}

func hexOf(h tlog.Hash) string { return hex.EncodeToString(h[:]) }
