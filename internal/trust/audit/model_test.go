package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"vigie/internal/platform/id"
)

// memory is the log's tables as slices, for a verification of which there are very many.
type memory struct {
	entries [][]any
	leaves  []Leaf
	stored  []hashRow
	waiting []pending
	notes   []checkpointRow
}

func (m *memory) find(customer, entry string) int {
	return slices.IndexFunc(m.entries, func(e []any) bool { return e[0] == customer && e[1] == entry })
}

func (m *memory) lines(_ context.Context, from int64, limit int) (out []line, err error) {
	sorted := slices.Clone(m.leaves)
	slices.SortStableFunc(sorted, func(a, b Leaf) int { return int(a.Seq - b.Seq) })
	for _, leaf := range sorted {
		if leaf.Seq >= from && len(out) < limit {
			l := line{Leaf: leaf}
			if i := m.find(leaf.Customer, leaf.Entry); i >= 0 {
				l.text = canonical(m.entries[i])
			}
			out = append(out, l)
		}
	}
	return out, nil
}

func (m *memory) hashes(_ context.Context, from, to int64) (out []hashRow, err error) {
	for _, h := range m.stored {
		if h.Index >= from && h.Index < to {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b hashRow) int { return int(a.Index - b.Index) })
	return out, nil
}

func (m *memory) strays(context.Context) (unnumbered, lost []pending, waiting int64, err error) {
	for _, e := range m.entries {
		p := pending{e[1].(string), e[0].(string)}
		if !slices.Contains(m.waiting, p) && !slices.ContainsFunc(m.leaves, func(l Leaf) bool { return l.Entry == p.Entry && l.Customer == p.Customer }) {
			unnumbered = append(unnumbered, p)
		}
	}
	for _, p := range m.waiting {
		if m.find(p.Customer, p.Entry) < 0 {
			lost = append(lost, p)
		} else {
			waiting++
		}
	}
	return unnumbered, lost, waiting, nil
}

// rebuild makes leaves and hashes anew over the entries as they stand, in their order: what an attacker would do who holds
// the database and knows the program.
func (m *memory) rebuild() {
	m.leaves, m.stored = nil, nil
	var f frontier
	for i, e := range m.entries {
		leaf := Leaf{int64(i), e[0].(string), e[1].(string), digestOf(canonical(e))}
		m.leaves = append(m.leaves, leaf)
		for _, h := range f.add(leaf.Hash()) {
			m.stored = append(m.stored, hashRow{int64(len(m.stored)), hexOf(h)})
		}
	}
}

func (m *memory) root() tlog.Hash {
	var f frontier
	for _, l := range m.leaves {
		f.add(l.Hash())
	}
	return f.root()
}

// modelStart is when the entries of the model begin; one a minute.
var modelStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

var customers = []string{Instance, "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"}

func modelEntry(r *mathrand.Rand, i int) []any {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	before := any(`{"name":"Shop","size":` + fmt.Sprint(r.IntN(1000)) + `,"tags":["a","b"]}`)
	if r.IntN(4) == 0 {
		before = "null"
	}
	return []any{customers[r.IntN(len(customers))], id.New(), modelStart.Add(time.Duration(i) * time.Minute).UnixMicro(), pick("person", "token", "system"),
		pick("u1", "u2", ""), pick("Ada", "Bo", "Vigie"), pick("session", "job"), pick("192.0.2.1", ""), pick("create", "update", "delete"),
		pick("contact", "ci"), id.New(), pick("Shop", "Web"), before, fmt.Sprintf(`{"n":%d.25,"deep":{"x":[1,%d]},"z":null}`, r.IntN(90), r.IntN(9))}
}

// model is a log of n entries with a signed checkpoint in the database now and then, and one of the whole that is kept elsewhere.
func model(r *mathrand.Rand, n int, key note.Signer) (*memory, Kept) {
	m := &memory{}
	for i := range n {
		m.entries = append(m.entries, modelEntry(r, i))
	}
	m.rebuild()
	sign := func(size int) string {
		part := &memory{leaves: m.leaves[:size]}
		c := Checkpoint{Origin: key.Name(), Size: int64(size), Root: part.root(), At: modelStart.Add(time.Duration(size) * time.Minute)}
		text, err := note.Sign(&note.Note{Text: c.text()}, key)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	for size := 1; size < n; size += 1 + r.IntN(12) {
		m.notes = append(m.notes, checkpointRow{Size: int64(size), Note: sign(size)})
	}
	k := Kept{Checkpoint: sign(n), Leaves: map[int64]Leaf{}}
	for _, l := range m.leaves {
		k.Leaves[l.Seq] = l
	}
	return m, k
}

func testKey(t testing.TB) (note.Signer, note.Verifiers) {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "vigie-audit/test")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Keys("# a comment\n" + public + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

// tampering changes a log, and says which number must be named first; -1 where the change has none, and anything from it on will do where
// loose is set.
type tampering struct {
	name string
	do   func(r *mathrand.Rand, m *memory) (first int64, loose bool)
}

func any1(r *mathrand.Rand, n int) int { return r.IntN(n) }

// other gives a value that differs from v in a column.
func other(r *mathrand.Rand, column string, v any) any {
	switch column {
	case "customer_id":
		for {
			if c := customers[r.IntN(len(customers))]; c != v {
				return c
			}
		}
	case "id":
		return id.New()
	case "at":
		return v.(int64) + int64(r.IntN(1_000_000)) + 1
	case "before", "after":
		return []any{nil, `{"name":"other"}`, `{"n":1}`, `[`, `{"n":1,"n":2}`, v.(string) + " 1", int64(5)}[r.IntN(7)]
	}
	s := v.(string)
	return []any{s + " ", s + "\x00", "x" + s, nil, s + "\xff", int64(7)}[r.IntN(6)]
}

// tamperings are all that somebody may do who holds the database.
func tamperings() []tampering {
	edit := func(r *mathrand.Rand, m *memory) int64 {
		i, c := any1(r, len(m.entries)), r.IntN(len(columns))
		m.entries[i][c] = other(r, columns[c], m.entries[i][c])
		return int64(i)
	}
	return []tampering{
		{"edit a column", func(r *mathrand.Rand, m *memory) (int64, bool) { return edit(r, m), false }},
		{"delete an entry", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.entries))
			m.entries = slices.Delete(m.entries, i, i+1)
			return int64(i), false
		}},
		{"swap two entries", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i, j := any1(r, len(m.entries)-1), 0
			j = i + 1 + any1(r, len(m.entries)-i-1)
			a, b := m.entries[i], m.entries[j]
			for c := 2; c < len(columns); c++ {
				a[c], b[c] = b[c], a[c]
			}
			return int64(i), false
		}},
		{"put an entry in without a number", func(r *mathrand.Rand, m *memory) (int64, bool) {
			m.entries = append(m.entries, modelEntry(r, any1(r, 9)))
			return -1, false
		}},
		{"take an entry away that waits", func(r *mathrand.Rand, m *memory) (int64, bool) {
			m.waiting = append(m.waiting, pending{id.New(), customers[1]})
			return -1, false
		}},
		{"truncate", func(r *mathrand.Rand, m *memory) (int64, bool) {
			n := any1(r, len(m.entries))
			m.entries = m.entries[:n]
			m.rebuild()
			m.notes = slices.DeleteFunc(m.notes, func(c checkpointRow) bool { return c.Size > int64(n) })
			return int64(n), false
		}},
		{"edit an entry with its digest", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := edit(r, m)
			e := m.entries[i]
			m.leaves[i] = Leaf{i, fmt.Sprint(e[0]), fmt.Sprint(e[1]), digestOf(canonical(e))}
			return i, false
		}},
		{"edit a digest", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.leaves))
			m.leaves[i].Digest = digestOf([]byte{byte(i)})
			return int64(i), false
		}},
		{"edit a stored hash", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.stored))
			h := tlog.RecordHash([]byte(m.stored[i].Hash))
			m.stored[i].Hash = hex.EncodeToString(h[:])
			return 0, true
		}},
		{"delete a stored hash", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.stored))
			m.stored = slices.Delete(m.stored, i, i+1)
			return 0, true
		}},
		{"add a stored hash", func(r *mathrand.Rand, m *memory) (int64, bool) {
			m.stored = append(m.stored, hashRow{int64(len(m.stored) + any1(r, 3)), m.stored[0].Hash})
			return int64(len(m.entries)), false
		}},
		{"delete a leaf", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.leaves))
			m.leaves = slices.Delete(m.leaves, i, i+1)
			return int64(i), false
		}},
		{"swap two numbers", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.leaves)-1)
			j := i + 1 + any1(r, len(m.leaves)-i-1)
			m.leaves[i].Seq, m.leaves[j].Seq = m.leaves[j].Seq, m.leaves[i].Seq
			return int64(i), false
		}},
		{"hide an entry under a number below", func(r *mathrand.Rand, m *memory) (int64, bool) {
			e := modelEntry(r, 0)
			m.entries = append(m.entries, e)
			m.leaves = append(m.leaves, Leaf{-1 - int64(r.IntN(5)), e[0].(string), e[1].(string), digestOf(canonical(e))})
			return 0, true
		}},
		{"take all of a customer away", func(r *mathrand.Rand, m *memory) (int64, bool) {
			of := m.entries[any1(r, len(m.entries))][0]
			i := slices.IndexFunc(m.entries, func(e []any) bool { return e[0] == of })
			m.entries = slices.DeleteFunc(m.entries, func(e []any) bool { return e[0] == of })
			return int64(i), false
		}},
		{"edit, and make all hashes anew", func(r *mathrand.Rand, m *memory) (int64, bool) {
			for {
				i, c := any1(r, len(m.entries)), 2+r.IntN(len(columns)-2)
				m.entries[i][c] = other(r, columns[c], m.entries[i][c])
				m.rebuild()
				return int64(i), false
			}
		}},
		{"delete, and make all hashes anew", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.entries))
			m.entries = slices.Delete(m.entries, i, i+1)
			m.rebuild()
			return int64(i), false
		}},
		{"swap, and make all hashes anew", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.entries)-1)
			j := i + 1 + any1(r, len(m.entries)-i-1)
			m.entries[i], m.entries[j] = m.entries[j], m.entries[i]
			m.rebuild()
			return int64(i), false
		}},
		{"insert, and make all hashes anew", func(r *mathrand.Rand, m *memory) (int64, bool) {
			i := any1(r, len(m.entries))
			m.entries = slices.Insert(m.entries, i, modelEntry(r, i))
			m.rebuild()
			return int64(i), false
		}},
		{"append what claims to be old", func(r *mathrand.Rand, m *memory) (int64, bool) {
			m.entries = append(m.entries, modelEntry(r, -120-any1(r, 1000)))
			m.rebuild()
			return int64(len(m.entries) - 1), false
		}},
	}
}

// Ten thousand random changes of the log, each found against a checkpoint that was kept elsewhere; and where its leaves were
// kept with it, the very entry is named, also when all hashes and the checkpoints in the database were made anew.
func TestEveryTamperingIsFound(t *testing.T) {
	t.Parallel()
	key, keys := testKey(t)
	forger, _ := testKey(t)
	all := tamperings()
	counts := map[string]int{}
	const rounds = 10_000
	for round := range rounds {
		r := mathrand.New(mathrand.NewPCG(uint64(round), 7))
		m, kept := model(r, 2+r.IntN(28), key)
		if round%100 == 0 {
			if report, err := verify(t.Context(), m, keys, m.notes, []Kept{kept}); err != nil || !report.Good() {
				t.Fatalf("round %d: untouched, but %v %+v", round, err, report)
			}
		}
		x := all[round%len(all)]
		first, loose := x.do(r, m)
		switch r.IntN(3) {
		case 0:
			m.notes = nil
		case 1: // the database's own checkpoints are signed anew by a key of the forger's
			for i := range m.notes {
				if size := min(m.notes[i].Size, int64(len(m.leaves))); size > 0 {
					c := Checkpoint{Origin: forger.Name(), Size: size, Root: (&memory{leaves: m.leaves[:size]}).root(), At: modelStart}
					text, err := note.Sign(&note.Note{Text: c.text()}, forger)
					if err != nil {
						t.Fatal(err)
					}
					m.notes[i] = checkpointRow{Size: size, Note: string(text)}
				}
			}
		}
		exact := r.IntN(2) == 0
		if !exact {
			kept.Leaves = nil
		}
		report, err := verify(t.Context(), m, keys, m.notes, []Kept{kept})
		if err != nil {
			t.Fatalf("round %d, %s: %v", round, x.name, err)
		}
		if report.Good() {
			t.Fatalf("round %d, %s: not found", round, x.name)
		}
		if at := firstEntry(report.Problems); exact && !loose && at != first {
			t.Fatalf("round %d, %s: number %d is named first, want %d: %+v", round, x.name, at, first, report.Problems)
		}
		counts[x.name]++
	}
	t.Logf("%d tamperings found: %v", rounds, counts)
}

// firstEntry is the number of the first problem that is about an entry; those about a checkpoint in the database are left out.
func firstEntry(problems []Problem) int64 {
	for _, p := range problems {
		if p.Kind != Signature && p.Kind != Root {
			return p.Seq
		}
	}
	return -2
}
