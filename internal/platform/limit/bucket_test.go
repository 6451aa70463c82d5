package limit

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Over any span nobody gets more than what the rate allows and what may come at once, and who keeps to the rate is never refused.
func TestBucketsHoldTheRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]float64{0.5, 1, 3, 50, 1000}).Draw(t, "rate")
		b := NewBuckets()
		start := time.Unix(1_800_000_000, 0)
		now := start
		var taken []time.Time
		for range rapid.IntRange(1, 300).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "pause")) * time.Millisecond / time.Duration(max(1, rate)))
			a := b.Take("one", rate, now)
			if a.Wait == 0 {
				taken = append(taken, now)
				continue
			}
			// What it says of the wait is true.
			if again := b.Take("one", rate, now.Add(a.Wait+time.Millisecond)); again.Wait != 0 {
				t.Fatalf("told to wait %v, and then %v", a.Wait, again.Wait)
			}
			now = now.Add(a.Wait + time.Millisecond)
			taken = append(taken, now)
		}
		for i := range taken {
			for j := i; j < len(taken); j++ {
				if most := burst(rate) + rate*taken[j].Sub(taken[i]).Seconds() + 1e-6; float64(j-i+1) > most {
					t.Fatalf("%d within %v, at most %.2f", j-i+1, taken[j].Sub(taken[i]), most)
				}
			}
		}
	})
}

func TestBucketsKeepNobodysRateFromAnother(t *testing.T) {
	t.Parallel()
	b, now := NewBuckets(), time.Unix(1_800_000_000, 0)
	for range 1000 {
		b.Take("heavy", 2, now)
	}
	if b.Take("heavy", 2, now).Wait == 0 || b.Take("light", 2, now).Wait != 0 {
		t.Error("a bucket is not one caller's")
	}
	if a := b.Take("heavy", 0, now); a.Wait != 0 {
		t.Errorf("no limit: %v", a.Wait)
	}
	// A rate that is raised counts from now on, one that is lowered too.
	if a := b.Take("heavy", 100, now); a.Wait != 0 || a.Left > 200 {
		t.Errorf("raised: %+v", a)
	}
	if a := b.Take("heavy", 1, now); a.Left > 2 {
		t.Errorf("lowered: %+v", a)
	}
}

func TestBucketsForgetTheFull(t *testing.T) {
	t.Parallel()
	b, now := NewBuckets(), time.Unix(1_800_000_000, 0)
	for i := range 50_000 {
		b.Take(fmt.Sprint(i), 10, now)
		now = now.Add(time.Millisecond)
		// A bucket is full again after 100 ms; then it may go.
		if n := b.Len(); n > 2*100+2*keep {
			t.Fatalf("%d buckets kept", n)
		}
	}
}
