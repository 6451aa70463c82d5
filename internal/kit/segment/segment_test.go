package segment

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"vigie/internal/platform/id"
)

// TestTrieKnowsEveryCommonBeginning asks for all beginnings of all terms as a reader does: the first term that begins so.
func TestTrieKnowsEveryCommonBeginning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.MapOf(rapid.StringMatching(`w:[abé]{1,5}`), rapid.SliceOfN(rapid.Uint32Range(0, 200), 1, 12)).Draw(t, "terms")
		kept := map[string][]uint32{}
		of := trie{floor: 2, emit: func(term string, rows *roaring.Bitmap) error {
			if _, twice := kept[term]; twice {
				t.Fatalf("%q was given twice", term)
			}
			kept[term] = rows.ToArray()
			return nil
		}}
		sorted := slices.Sorted(maps.Keys(terms))
		for _, term := range sorted {
			if err := of.add(term, roaring.BitmapOf(terms[term]...)); err != nil {
				t.Fatal(err)
			}
		}
		if err := of.end(); err != nil {
			t.Fatal(err)
		}
		found := slices.Sorted(maps.Keys(kept))
		for _, term := range sorted {
			for n := range term {
				prefix := term[:n]
				if n <= 2 {
					continue
				}
				want := roaring.New()
				for _, other := range sorted {
					if strings.HasPrefix(other, prefix) {
						want.AddMany(terms[other])
					}
				}
				i, _ := slices.BinarySearch(found, prefix)
				has := i < len(found) && strings.HasPrefix(found[i], prefix)
				switch {
				case has != (want.GetCardinality() >= common):
					t.Fatalf("%q: kept %v, %d rows", prefix, has, want.GetCardinality())
				case has && !slices.Equal(kept[found[i]], want.ToArray()):
					t.Fatalf("%q: %v, want %v", prefix, kept[found[i]], want.ToArray())
				}
			}
		}
	})
}

func TestBlocksComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var in []entry
		for _, name := range rapid.SliceOf(rapid.String()).Draw(t, "names") {
			in = append(in, entry{name, id.New()})
		}
		var b []byte
		for _, e := range in {
			var err error
			if b, err = encode(b, e); err != nil {
				t.Fatal(err)
			}
		}
		read, err := open(b)
		if err != nil {
			t.Fatal(err)
		}
		var out []entry
		for i := range read.at {
			out = append(out, read.entry(i))
		}
		if !slices.Equal(out, in) {
			t.Fatalf("%v, want %v", out, in)
		}
		if cut := rapid.IntRange(1, 10).Draw(t, "cut"); len(b) > 0 {
			if part, err := open(b[:len(b)-min(cut, len(b))]); err == nil && len(part.at) == len(in) {
				t.Fatalf("cut by %d, and whole", cut)
			}
		}
	})
}

func TestDue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		records, fresh int64
		age            time.Duration
		want           bool
	}{
		"nothing yet, little there":      {0, 9, time.Hour, false},
		"nothing yet":                    {0, 10, time.Hour, true},
		"little changed":                 {100_000, 199, time.Hour, false},
		"enough changed":                 {100_000, 200, time.Hour, true},
		"a large one that is young":      {1_000_000, 500, 199 * time.Second, false},
		"a large one that is old enough": {1_000_000, 500, 200 * time.Second, true},
	} {
		if got := Due(tt.records, tt.fresh, tt.age); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRowsBeyond(t *testing.T) {
	t.Parallel()
	entries := []entry{{"a", "1"}, {"a", "2"}, {"b", "1"}}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.less(b) {
			return -1
		}
		return cmp.Compare(1, 0)
	})
	for i, e := range entries {
		for k, o := range entries {
			if e.beyond(From{Name: o.name, ID: o.id}) != (i > k) || e.beyond(From{Name: o.name, ID: o.id, Back: true}) != (i < k) {
				t.Errorf("%v and %v", e, o)
			}
		}
	}
}

func TestWithinFindsWhatContains(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.RuneFrom([]rune("abAé-λ"))).Draw(t, "name")
		has := map[string]bool{}
		for part := range parts(name) {
			has[part] = true
		}
		runes := []rune(strings.ToLower(name))
		from := rapid.IntRange(0, len(runes)).Draw(t, "from")
		to := rapid.IntRange(from, len(runes)).Draw(t, "to")
		terms := Within(strings.ToUpper(string(runes[from:to])))
		if len(terms) == 0 != (to-from < 3) {
			t.Fatalf("%d terms of %d characters", len(terms), to-from)
		}
		for _, term := range terms {
			if !has[term.Prefix] {
				t.Fatalf("%q has no %q", name, term.Prefix)
			}
		}
	})
}
