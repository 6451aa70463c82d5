package conformance

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigie/internal/app"
	"vigie/internal/estate/discovery"
	"vigie/test/awssim"
)

// benchSize is how many resources there are; VIGIE_BENCH_RESOURCES=500000 asks for the size of FIGURES.md.
const benchSize = 50_000

// shares are the parts of a large estate in thousandths: types that AWS lists in bulk, as most of a real one are.
var shares = map[string]int{tInstance: 240, tVolume: 280, tSnapshot: 220, tGroup: 60, tSubnet: 10, tLogGroup: 80, tFunction: 50, tDatabase: 20, tRole: 40}

// BenchmarkDiscovery reads ten accounts through the real collectors, runner and CMDB on SQLite, from the simulator in the same
// process: once when all is new and once when nothing changed. The simulator's own work and memory are in the figures.
func BenchmarkDiscovery(b *testing.B) {
	size := benchSize
	if n, err := strconv.Atoi(os.Getenv("VIGIE_BENCH_RESOURCES")); err == nil && n >= 1000 {
		size = n
	}
	const accounts = 10
	plan := awssim.Plan{Regions: []string{home}, Counts: map[string]int{tVPC: 1}}
	for i := range accounts {
		plan.Accounts = append(plan.Accounts, fmt.Sprintf("%012d", 100000000001+i))
	}
	for typ, share := range shares {
		plan.Counts[typ] = size / accounts * share / 1000
	}
	sim := awssim.Start(b, plan)
	useCloud(b, sim.URL)
	for b.Loop() {
		h := build(b, app.Cloud(""), app.Collectors())
		h.add(b, discovery.CreateAccount{AccountID: plan.Accounts[0], RoleARN: fmt.Sprintf(roleOfAccount, plan.Accounts[0]), Organization: true})
		heap := watchHeap()
		start, worked := time.Now(), processorTime(b)
		first := h.run(b)
		took := time.Since(start)
		worked = processorTime(b) - worked
		peak := heap()
		if want := int64(plan.Total()); first.Added < want {
			b.Fatalf("added %d, want at least %d; outcomes %v", first.Added, want, first.Outcomes.V)
		}
		b.ReportMetric(float64(first.Seen)/took.Seconds(), "new/s")
		b.ReportMetric(float64(worked.Microseconds())/float64(first.Seen), "cpu-us/new")
		b.ReportMetric(float64(first.Calls)/float64(first.Seen), "calls/resource")
		b.ReportMetric(float64(peak)/1e6, "peak-heap-MB")

		heap = watchHeap()
		start = time.Now()
		second := h.run(b)
		took = time.Since(start)
		peak = heap()
		if second.Seen != first.Seen || second.Added+second.Changed+second.Gone != 0 {
			b.Fatalf("a quiet estate changed: seen %d, added %d, changed %d, gone %d", second.Seen, second.Added, second.Changed, second.Gone)
		}
		b.ReportMetric(float64(second.Seen)/took.Seconds(), "unchanged/s")
		b.ReportMetric(float64(peak)/1e6, "peak-heap-unchanged-MB")
		h.db.Close()
	}
}

// processorTime is what this process has used: unlike the time on the wall it does not depend on who else uses the machine.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watchHeap samples how much the heap holds, garbage that is not swept yet included, until the function that it gives is called.
func watchHeap() (peak func() uint64) {
	runtime.GC()
	stop := make(chan struct{})
	var most uint64
	var done sync.WaitGroup
	done.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	return func() uint64 {
		close(stop)
		done.Wait()
		return most
	}
}
