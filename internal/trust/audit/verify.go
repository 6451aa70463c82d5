package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What a verification may find.
const (
	Edited     = "edited"     // the entry is not what it was when it got its number
	Deleted    = "deleted"    // the number's entry is not there
	Number     = "number"     // a number is missing, or stands where none can be
	Hash       = "hash"       // a stored hash is not that of its leaves
	Replaced   = "replaced"   // another entry stood at this number when the checkpoint was signed
	Root       = "root"       // between two checkpoints something was changed and all hashes made anew
	Truncated  = "truncated"  // the log ends before the checkpoint does
	Unnumbered = "unnumbered" // an entry is not in the log, and does not wait for a number
	Lost       = "lost"       // an entry went before it had a number
	Backdated  = "backdated"  // an entry got its number after a checkpoint and claims to be from long before it
	Signature  = "signature"  // a checkpoint in the database does not bear the key's signature
)

// Problem is one thing that is not as it was. Seq is the number of the first entry that it concerns, -1 where it has none; To is behind
// the last.
type Problem struct {
	Kind     string `json:"kind"`
	Seq      int64  `json:"seq"`
	To       int64  `json:"to"`
	Customer string `json:"customer_id,omitempty"`
	Entry    string `json:"entry_id,omitempty"`
}

// Removal is a customer whose entries were removed, by an order that the log itself records.
type Removal struct {
	Customer string `json:"customer_id"`
	Name     string `json:"name"`
	Order    string `json:"order"`
	Entries  int64  `json:"entries"`
	Seq      int64  `json:"seq" doc:"Number of the entry that records it."`
}

// Report is the outcome of a verification.
type Report struct {
	Size        int64     `json:"size"`
	Root        string    `json:"root"`
	Waiting     int64     `json:"waiting" doc:"Entries that have no number yet."`
	Checkpoints int       `json:"checkpoints" doc:"Checkpoints that the log was held against."`
	Kept        int       `json:"kept" doc:"Of these, kept outside of the database."`
	Removed     []Removal `json:"removed"`
	Problems    []Problem `json:"problems" doc:"The first of them comes first; at most 100."`
}

// Good tells that nothing was found.
func (r Report) Good() bool { return len(r.Problems) == 0 }

// mostProblems bounds a report: whoever changed the whole log need not be told of each line.
const mostProblems = 100

// grace is far above what a transaction takes between its beginning, which dates its entries, and its end.
const grace = time.Hour

// line is a leaf with the canonical text of its entry; nil where the entry is not there.
type line struct {
	Leaf
	text []byte
}

// source is the log as a verification reads it.
type source interface {
	// lines gives the next leaves, from a number on, in their order.
	lines(ctx context.Context, from int64, limit int) ([]line, error)
	// hashes gives the stored hashes of a range, in their order.
	hashes(ctx context.Context, from, to int64) ([]hashRow, error)
	// strays are entries without number that do not wait, numbers that wait for an entry that is not there, and how many wait rightly.
	strays(ctx context.Context) (unnumbered, lost []pending, waiting int64, err error)
}

// held is a checkpoint whose signature was found good.
type held struct {
	Checkpoint
	kept bool
}

// verifier recomputes the whole log. It is a pure function of what the source gives.
type verifier struct {
	src  source
	held []held         // by size
	kept map[int64]Leaf // leaves that stood beside the checkpoints kept elsewhere

	report   Report
	own      frontier // of what the database holds
	other    frontier // the same, with the kept leaves in their places
	differs  int64    // first number at which they differ; -1 for none
	good     int64    // size of the last checkpoint that fits
	broken   bool     // the numbers have a gap: no hash behind it can be told
	badHash  bool
	missing  map[string][]line // by customer
	lost     map[string]int64
	removals map[string]Removal
	imported map[string]bool
}

// verify holds a log to its checkpoints. stored are the notes in the database, kept what was kept elsewhere.
func verify(ctx context.Context, src source, keys note.Verifiers, stored []checkpointRow, kept []Kept) (Report, error) {
	v := &verifier{src: src, differs: -1, kept: map[int64]Leaf{}, missing: map[string][]line{}, lost: map[string]int64{},
		removals: map[string]Removal{}, imported: map[string]bool{}}
	v.report.Removed, v.report.Problems = []Removal{}, []Problem{}
	for _, k := range kept {
		c, err := OpenCheckpoint(k.Checkpoint, keys)
		if err != nil {
			return v.report, err // whoever gave it wants to know, rather than be told that the log is bad
		}
		v.held = append(v.held, held{c, true})
		v.report.Kept++
		for seq, leaf := range k.Leaves {
			if seq < c.Size {
				v.kept[seq] = leaf
			}
		}
	}
	for _, row := range stored {
		c, err := OpenCheckpoint(row.Note, keys)
		if err != nil || c.Size != row.Size {
			v.problem(Problem{Kind: Signature, Seq: row.Size, To: row.Size})
			continue
		}
		v.held = append(v.held, held{c, false})
	}
	v.report.Checkpoints = len(v.held)
	slices.SortStableFunc(v.held, func(a, b held) int { return int(min(1, max(-1, a.Size-b.Size))) })
	if err := v.read(ctx); err != nil {
		return v.report, err
	}
	v.beyond()
	v.settle()
	if err := v.stray(ctx); err != nil {
		return v.report, err
	}
	root := v.own.root()
	v.report.Size, v.report.Root = v.own.size, hex.EncodeToString(root[:])
	slices.SortStableFunc(v.report.Problems, func(a, b Problem) int { return int(min(1, max(-1, order(a)-order(b)))) })
	if len(v.report.Problems) > mostProblems {
		v.report.Problems = v.report.Problems[:mostProblems]
	}
	return v.report, nil
}

// order puts what names an entry first, by its number, and a range behind what lies within it.
func order(p Problem) int64 {
	switch {
	case p.Seq < 0:
		return math.MaxInt64
	case p.Kind == Root || p.Kind == Truncated || p.Kind == Signature:
		return p.To
	}
	return p.Seq
}

func (v *verifier) problem(p Problem) {
	if len(v.report.Problems) < 10*mostProblems {
		v.report.Problems = append(v.report.Problems, p)
	}
}

const pageSize = 2000

func (v *verifier) read(ctx context.Context) error {
	next := int64(math.MinInt64)
	v.roots() // of an empty log
	for {
		page, err := v.src.lines(ctx, next, pageSize)
		if err != nil {
			return err
		}
		from := v.own.size
		var hashes []tlog.Hash
		for _, l := range page {
			hashes = append(hashes, v.take(l)...)
		}
		if err := v.compare(ctx, from, hashes, len(page) < pageSize); err != nil {
			return err
		}
		if len(page) < pageSize {
			return nil
		}
		next = page[len(page)-1].Seq + 1
	}
}

// take looks at one line, and gives the hashes that it adds to the tree.
func (v *verifier) take(l line) []tlog.Hash {
	if l.Seq != v.own.size && !v.broken {
		p := Problem{Kind: Number, Seq: v.own.size, To: v.own.size + 1}
		if leaf, ok := v.kept[v.own.size]; ok {
			p.Customer, p.Entry = leaf.Customer, leaf.Entry
		}
		v.problem(p)
		v.broken = true
	}
	switch {
	case l.text == nil:
		v.missing[l.Customer] = append(v.missing[l.Customer], l)
	case digestOf(l.text) != l.Digest || !names(l):
		v.problem(Problem{Kind: Edited, Seq: l.Seq, To: l.Seq + 1, Customer: l.Customer, Entry: l.Entry})
	default:
		v.note(l)
	}
	if v.broken {
		return nil
	}
	hashes := v.own.add(l.Hash())
	leaf, ok := v.kept[l.Seq]
	if !ok {
		leaf = l.Leaf
	}
	if leaf.Hash() != l.Hash() && v.differs < 0 {
		v.differs = l.Seq
	}
	v.other.add(leaf.Hash())
	v.roots()
	return hashes
}

// names tells that the text is that of the entry that the leaf names.
func names(l line) bool {
	return bytes.HasPrefix(l.text, []byte(`{"customer_id":"`+l.Customer+`","id":"`+l.Entry+`",`))
}

// note keeps what an entry says about other entries, and looks at its date.
func (v *verifier) note(l line) {
	if bytes.Contains(l.text, []byte(`"record_type":"customer"`)) {
		var e struct {
			Customer string `json:"customer_id"`
			Action   string `json:"action"`
			ID       string `json:"record_id"`
			Name     string `json:"record_name"`
			After    removed
		}
		if json.Unmarshal(l.text, &e) == nil && e.Customer == Instance {
			switch e.Action {
			case removeAction:
				v.removals[e.ID] = Removal{Customer: e.ID, Name: e.Name, Order: e.After.Order, Entries: e.After.Entries, Seq: l.Seq}
			case importAction:
				v.imported[e.ID] = true
			}
		}
	}
	for _, c := range v.held {
		if l.Seq >= c.Size && !c.At.IsZero() && entryTime(l.text).Before(c.At.Add(-grace)) && !v.imported[l.Customer] {
			v.problem(Problem{Kind: Backdated, Seq: l.Seq, To: l.Seq + 1, Customer: l.Customer, Entry: l.Entry})
			return
		}
	}
}

// entryTime reads the moment out of a canonical text, in which it stands third.
func entryTime(text []byte) time.Time {
	_, rest, _ := bytes.Cut(text, []byte(`","at":`))
	digits, _, _ := bytes.Cut(rest, []byte(","))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(n)
}

// roots holds the tree to the checkpoints of its present size.
func (v *verifier) roots() {
	if v.broken {
		return
	}
	for _, c := range v.held {
		if c.Size != v.own.size {
			continue
		}
		if v.own.root() == c.Root {
			v.good = max(v.good, c.Size)
			continue
		}
		if c.kept && v.differs >= 0 && v.other.root() == c.Root {
			v.replaced()
			continue
		}
		v.problem(Problem{Kind: Root, Seq: v.good, To: c.Size})
	}
}

func (v *verifier) replaced() {
	leaf := v.kept[v.differs]
	v.problem(Problem{Kind: Replaced, Seq: v.differs, To: v.differs + 1, Customer: leaf.Customer, Entry: leaf.Entry})
}

// compare holds the stored hashes to those of the leaves.
func (v *verifier) compare(ctx context.Context, from int64, hashes []tlog.Hash, last bool) error {
	if v.badHash || v.broken && len(hashes) == 0 {
		return nil
	}
	first := tlog.StoredHashCount(from)
	to, low := first+int64(len(hashes)), first
	if last && !v.broken {
		to = math.MaxInt64
	}
	if from == 0 {
		low = math.MinInt64
	}
	rows, err := v.src.hashes(ctx, low, to)
	if err != nil {
		return err
	}
	for i, h := range hashes {
		if i >= len(rows) || rows[i].Index != first+int64(i) || rows[i].Hash != hex.EncodeToString(h[:]) {
			v.badHash = true
			v.problem(Problem{Kind: Hash, Seq: v.leafAt(from, first+int64(i)), To: v.own.size})
			return nil
		}
	}
	if len(rows) > len(hashes) {
		v.badHash = true
		v.problem(Problem{Kind: Hash, Seq: v.own.size, To: v.own.size})
	}
	return nil
}

// leafAt is the number of the leaf with which a stored hash came, looked for from a number on.
func (v *verifier) leafAt(from, index int64) int64 {
	for from < v.own.size && tlog.StoredHashCount(from+1) <= index {
		from++
	}
	return from
}

// beyond looks at checkpoints of more entries than there are, or than stand before a gap.
func (v *verifier) beyond() {
	short := v.own.size
	for _, c := range v.held {
		if c.Size <= short {
			continue
		}
		for v.other.size < c.Size {
			leaf, ok := v.kept[v.other.size]
			if !ok {
				break
			}
			v.other.add(leaf.Hash())
		}
		p := Problem{Kind: Truncated, Seq: short, To: c.Size}
		if v.other.size == c.Size && v.other.root() == c.Root {
			leaf := v.kept[short]
			p.Customer, p.Entry = leaf.Customer, leaf.Entry
			if v.differs >= 0 {
				v.replaced()
			}
		}
		if !v.broken {
			v.problem(p)
		}
	}
}

// settle decides about entries that are not there: a removal that the log records explains them, as many as it says and no more.
func (v *verifier) settle() {
	for customer, lines := range v.missing {
		r, ok := v.removals[customer]
		explained := int64(0)
		for _, l := range lines {
			if ok && l.Seq < r.Seq && explained < r.Entries {
				explained++
				continue
			}
			v.problem(Problem{Kind: Deleted, Seq: l.Seq, To: l.Seq + 1, Customer: l.Customer, Entry: l.Entry})
		}
	}
	for _, r := range v.removals {
		v.report.Removed = append(v.report.Removed, r)
	}
	slices.SortFunc(v.report.Removed, func(a, b Removal) int { return int(min(1, max(-1, a.Seq-b.Seq))) })
}

func (v *verifier) stray(ctx context.Context) error {
	unnumbered, lost, waiting, err := v.src.strays(ctx)
	if err != nil {
		return err
	}
	v.report.Waiting = waiting
	for _, p := range unnumbered {
		v.problem(Problem{Kind: Unnumbered, Seq: -1, To: -1, Customer: p.Customer, Entry: p.Entry})
	}
	for _, p := range lost {
		v.problem(Problem{Kind: Lost, Seq: -1, To: -1, Customer: p.Customer, Entry: p.Entry})
	}
	return nil
}
