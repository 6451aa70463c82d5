package limit_test

import (
	"context"
	"crypto/sha256"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/limit"
)

// flood is how many requests of the heavy caller wait or work at any moment.
const flood = 64

// turnstile lets requests in; leave is called when the work is done.
type turnstile func(class, flow string) (leave func(), err error)

// What a light caller waits beside one who floods, against what it waits alone, in one run on one machine: of another customer, of another
// token of the same customer, and, to compare with, in the order of arrival. One operation is one request of the light caller beside.
func BenchmarkLightBesideHeavy(b *testing.B) {
	slots := runtime.GOMAXPROCS(0)
	fair := func() turnstile {
		g := limit.NewGate(clock.System{}, limit.Shape{Slots: slots, Queue: 512, Wait: time.Minute, Hold: time.Second})
		return func(class, flow string) (func(), error) { return g.Enter(context.Background(), class, flow) }
	}
	arrival := func() turnstile {
		places := make(chan struct{}, slots)
		return func(string, string) (func(), error) {
			places <- struct{}{}
			return func() { <-places }, nil
		}
	}
	for _, test := range []struct {
		name  string
		enter turnstile
		heavy func(i int) (class, flow string)
	}{
		{"customers", fair(), func(i int) (string, string) { return "heavy", "token-" + strconv.Itoa(i) }},
		{"tokens", fair(), func(int) (string, string) { return "light", "heavy" }},
		{"arrival", arrival(), func(i int) (string, string) { return "heavy", "token-" + strconv.Itoa(i) }},
	} {
		b.Run(test.name, func(b *testing.B) {
			alone := waits(b, test.enter, max(b.N, 200))
			stop := make(chan struct{})
			var all, begun sync.WaitGroup
			begun.Add(flood)
			for i := range flood {
				class, flow := test.heavy(i)
				all.Go(func() {
					for first := true; ; first = false {
						leave, err := test.enter(class, flow)
						if err != nil {
							b.Error(err)
						} else {
							labour()
							leave()
						}
						if first {
							begun.Done()
						}
						select {
						case <-stop:
							return
						default:
						}
					}
				})
			}
			begun.Wait()
			b.ResetTimer()
			beside := waits(b, test.enter, b.N)
			b.StopTimer()
			close(stop)
			all.Wait()
			for name, d := range map[string][2]time.Duration{"p50": {at(alone, 50), at(beside, 50)}, "p99": {at(alone, 99), at(beside, 99)}} {
				b.ReportMetric(d[0].Seconds()*1000, "alone-"+name+"-ms")
				b.ReportMetric(d[1].Seconds()*1000, "beside-"+name+"-ms")
				b.ReportMetric(float64(d[1])/float64(d[0]), name+"-ratio")
			}
		})
	}
}

// waits makes n requests of the light caller, one after the other, and gives how long each took, the shortest first.
func waits(b *testing.B, enter turnstile, n int) []time.Duration {
	b.Helper()
	out := make([]time.Duration, n)
	for i := range out {
		start := time.Now()
		leave, err := enter("light", "light")
		if err != nil {
			b.Fatal(err)
		}
		labour()
		leave()
		out[i] = time.Since(start)
	}
	slices.Sort(out)
	return out
}

func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

// labour is the work of one request: some tenths of a millisecond of a processor.
func labour() {
	var block [64 << 10]byte
	for range 8 {
		sum := sha256.Sum256(block[:])
		copy(block[:], sum[:])
	}
}
