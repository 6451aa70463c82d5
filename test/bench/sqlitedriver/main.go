// Command sqlitedriver measures one SQLite driver, chosen by build tag, on the
// work that discovery and the pages give it. It prints "name value unit" lines.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// As internal/platform/db sets them.
var pragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" +
	"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32768)&_pragma=mmap_size(" + mmap() + ")"

// mmap is how much of the file each connection may map into memory.
func mmap() string {
	if size := os.Getenv("BENCH_MMAP"); size != "" {
		return size
	}
	return "268435456"
}

const (
	rows     = 200_000
	batch    = 500 // rows a transaction
	stride   = 25  // rows a statement
	customer = "0190a000-0000-7000-8000-000000000001"
)

var columns = strings.Fields(`customer_id id type external_id name account region status environment attributes fingerprint first_seen last_seen`)

const schema = `
CREATE TABLE customer (id TEXT PRIMARY KEY);
CREATE TABLE ci (
	customer_id TEXT NOT NULL REFERENCES customer (id),
	id TEXT NOT NULL, type TEXT NOT NULL, external_id TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL,
	region TEXT NOT NULL, status TEXT NOT NULL, environment TEXT NOT NULL, attributes TEXT NOT NULL, fingerprint TEXT NOT NULL,
	first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL,
	PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX ci_external ON ci (customer_id, type, external_id);
CREATE INDEX ci_name ON ci (customer_id, name, id);
CREATE INDEX ci_place ON ci (customer_id, account, region, type);`

func main() {
	log.SetFlags(0)
	dir, err := os.MkdirTemp(os.Getenv("BENCH_DIR"), "sqlitedriver-")
	must(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "bench.db")

	write := open(path, true)
	write.SetMaxOpenConns(1)
	must1(write.Exec(schema))
	must1(write.Exec(`INSERT INTO customer VALUES (?)`, customer))
	var version string
	must(write.QueryRow(`SELECT sqlite_version()`).Scan(&version))
	fmt.Println("# SQLite", version)

	rate("insert, 500 a transaction", "rows/s", rows, func() { insert(write, 0, rows) })
	rate("insert, one a transaction", "rows/s", 1500, func() { single(write, rows, 1500) })
	rate("seen again, 500 a transaction", "rows/s", 100*batch, func() { again(write, 100) })

	read := open(path, false)
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	var times []time.Duration
	rate("list of 50", "lists/s", 4000, func() { times = list(read, 4000, nil) })
	report("list of 50, p50", float64(times[len(times)/2].Microseconds()), "us")
	report("list of 50, p99", float64(times[len(times)*99/100].Microseconds()), "us")
	rate("scan of all attributes", "rows/s", rows, func() { scan(read) })

	// Four readers beside the writer.
	done := make(chan struct{})
	var readers sync.WaitGroup
	var mu sync.Mutex
	var beside []time.Duration
	begin := time.Now()
	for range 4 {
		readers.Go(func() {
			got := list(read, 1<<30, done)
			mu.Lock()
			defer mu.Unlock()
			beside = append(beside, got...)
		})
	}
	rate("insert beside 4 readers", "rows/s", 20_000, func() { insert(write, rows+10_000, 20_000) })
	close(done)
	readers.Wait()
	slices.Sort(beside)
	report("lists beside the writer", float64(len(beside))/time.Since(begin).Seconds(), "lists/s")
	report("list beside the writer, p99", float64(beside[len(beside)*99/100].Microseconds()), "us")

	must(read.Close())
	must(write.Close())
	begin = time.Now()
	cold := open(path, false)
	list(cold, 1, nil)
	report("open and first list", float64(time.Since(begin).Microseconds()), "us")
	must(cold.Close())
	report("peak memory", status("VmHWM:"), "MB")
	report("memory at the end, without files", status("RssAnon:"), "MB")
}

func open(path string, write bool) *sql.DB {
	db, err := sql.Open(driver, dsn(path, write))
	must(err)
	must(db.Ping())
	return db
}

// row makes a CI of about 1 kB. External ids and names arrive in no order, as
// they do from AWS; ids are in order of time, as UUIDv7 is.
func row(n int) []any {
	h := uint64(n) * 0x9e3779b97f4a7c15
	attributes := fmt.Sprintf(`{"instance_type":"m7i.%d","image":"ami-%016x","tags":{"Name":"web-%d","team":"payments"},"pad":"%s"}`,
		n%9, h, n, strings.Repeat("abcdefghij", 56))
	return []any{customer, fmt.Sprintf("0190a000-%04x-7000-8000-%012x", n>>16, n), "AWS::EC2::Instance", external(n),
		fmt.Sprintf("web-%08x", uint32(h>>32)), fmt.Sprintf("%012d", n%12), fmt.Sprintf("eu-west-%d", n%3), "active", "production",
		attributes, fmt.Sprintf("%016x%016x", h, ^h), int64(1_700_000_000_000_000 + n), int64(1_700_000_000_000_000 + n)}
}

func external(n int) string { return fmt.Sprintf("i-%017x", uint64(n)*0x9e3779b97f4a7c15) }

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func insert(db *sql.DB, from, count int) {
	ctx := context.Background()
	one := "(" + marks(len(columns)) + ")"
	stmt, err := db.Prepare("INSERT INTO ci (" + strings.Join(columns, ",") + ") VALUES " + strings.TrimSuffix(strings.Repeat(one+",", stride), ","))
	must(err)
	defer stmt.Close()
	for n := from; n < from+count; n += batch {
		tx, err := db.BeginTx(ctx, nil)
		must(err)
		in := tx.Stmt(stmt)
		for i := 0; i < batch; i += stride {
			args := make([]any, 0, stride*len(columns))
			for j := range stride {
				args = append(args, row(n+i+j)...)
			}
			must1(in.Exec(args...))
		}
		must(tx.Commit())
	}
}

func single(db *sql.DB, from, count int) {
	stmt, err := db.Prepare("INSERT INTO ci (" + strings.Join(columns, ",") + ") VALUES (" + marks(len(columns)) + ")")
	must(err)
	defer stmt.Close()
	for n := from; n < from+count; n++ {
		tx, err := db.Begin()
		must(err)
		must1(tx.Stmt(stmt).Exec(row(n)...))
		must(tx.Commit())
	}
}

// again is a page of resources met a second time: what do we hold, is it the
// same, and a new last_seen for half of them.
func again(db *sql.DB, batches int) {
	find, err := db.Prepare("SELECT id, external_id, fingerprint FROM ci WHERE customer_id = ? AND type = ? AND external_id IN (" + marks(batch) + ")")
	must(err)
	defer find.Close()
	touch, err := db.Prepare("UPDATE ci SET last_seen = ? WHERE customer_id = ? AND id IN (" + marks(batch/2) + ")")
	must(err)
	defer touch.Close()
	for b := range batches {
		tx, err := db.Begin()
		must(err)
		args := []any{customer, "AWS::EC2::Instance"}
		for i := range batch {
			args = append(args, external((b*batch*7+i)%rows))
		}
		found, err := tx.Stmt(find).Query(args...)
		must(err)
		same := []any{int64(b), customer}
		for found.Next() {
			var id, ext, fingerprint string
			must(found.Scan(&id, &ext, &fingerprint))
			if len(same) < batch/2+2 {
				same = append(same, id)
			}
		}
		must(found.Err())
		must1(tx.Stmt(touch).Exec(same...))
		must(tx.Commit())
	}
}

// list reads pages of 50 from random places until count is reached or done closes.
func list(db *sql.DB, count int, done <-chan struct{}) (times []time.Duration) {
	stmt, err := db.Prepare(`SELECT id, type, name, account, region, status, environment, attributes, last_seen FROM ci
		WHERE customer_id = ? AND (name, id) > (?, ?) ORDER BY name, id LIMIT 50`)
	must(err)
	defer stmt.Close()
	for range count {
		select {
		case <-done:
			return times
		default:
		}
		begin := time.Now()
		found, err := stmt.Query(customer, fmt.Sprintf("web-%08x", rand.Uint32()>>1), "")
		must(err)
		for found.Next() {
			var id, typ, name, account, region, status, environment, attributes string
			var seen int64
			must(found.Scan(&id, &typ, &name, &account, &region, &status, &environment, &attributes, &seen))
		}
		must(found.Err())
		times = append(times, time.Since(begin))
	}
	slices.Sort(times)
	return times
}

func scan(db *sql.DB) {
	found, err := db.Query(`SELECT id, attributes FROM ci WHERE customer_id = ? LIMIT ?`, customer, rows)
	must(err)
	for found.Next() {
		var id, attributes string
		must(found.Scan(&id, &attributes))
	}
	must(found.Err())
}

// rate reports n by the clock on the wall, and by the processor's time, which
// says more on a machine that others use as well.
func rate(name, unit string, n int, work func()) {
	begin, spent := time.Now(), processor()
	work()
	report(name, float64(n)/time.Since(begin).Seconds(), unit)
	report(name+", CPU", (processor()-spent).Seconds()*1e9/float64(n), "ns each")
}

func processor() time.Duration {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func report(name string, value float64, unit string) { fmt.Printf("%s\t%.0f\t%s\n", name, value, unit) }

// status reads a line of /proc/self/status in MB (Linux). VmHWM is the most that
// was ever resident, mapped files counted once per mapping.
func status(line string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	must(err)
	_, rest, _ := strings.Cut(string(text), line)
	var kb float64
	fmt.Sscan(rest, &kb)
	return kb / 1024
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must1[T any](_ T, err error) { must(err) }
