package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/permission"
)

// house is discovery with the real collectors and the real CMDB on SQLite, and one customer.
type house struct {
	*discovery.Service
	db       *db.DB
	folder   string // of the database
	log      *journal
	clock    *clock.Manual
	customer string
	scope    db.Scope
	actor    permission.Actor
}

// journal is a log that several goroutines write.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// String gives all that was written.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// nobody carries out tasks: tests run discovery in their own process.
type nobody struct{}

func (nobody) Put(context.Context, *db.Tx, string, jobs.Task) error { return nil }

// store is the CMDB as discovery wants it, like internal/app's.
type store struct{ cmdb.Intake }

func (s store) Upsert(ctx context.Context, tx *db.Tx, run, account string, items []collect.Item) (discovery.Tally, error) {
	n, err := s.Intake.Upsert(ctx, tx, run, account, items)
	return discovery.Tally(n), err
}

// build makes a house whose database is empty.
func build(tb testing.TB, cloud discovery.Cloud, collectors []collect.Collector) *house {
	tb.Helper()
	h := &house{folder: tb.TempDir(), log: &journal{}, clock: clock.NewManual(dbtest.Start)}
	address := "sqlite:" + filepath.Join(h.folder, "vigie.db")
	if err := db.Migrate(context.Background(), address, dbtest.NoExtra); err != nil {
		tb.Fatalf("migrate: %v", err)
	}
	var err error
	if h.db, err = db.Open(context.Background(), address, h.clock); err != nil {
		tb.Fatalf("open: %v", err)
	}
	tb.Cleanup(h.db.Close)
	h.actor = permission.Grant(permission.Actor{ID: id.New(), Name: "Eve"}, permission.Admin, db.GrantAll())
	h.Service = discovery.New(discovery.Parts{DB: h.db, Clock: h.clock, Log: slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Cloud: cloud, Collectors: collectors, Intake: store{}, Outbox: nobody{}, System: func(customer string) permission.Actor {
			return permission.Grant(permission.Actor{Name: "system"}, permission.Admin, db.Grant(customer))
		}})
	h.customer = h.newCustomer(tb, "meridian")
	h.scope = db.Grant(h.customer)
	return h
}

func (h *house) newCustomer(tb testing.TB, slug string) string {
	tb.Helper()
	type row struct {
		ID        string  `db:"id"`
		Slug      string  `db:"slug"`
		Name      string  `db:"name"`
		Country   string  `db:"country"`
		Language  string  `db:"language"`
		TimeZone  string  `db:"time_zone"`
		Phase     string  `db:"phase"`
		Version   int64   `db:"version"`
		CreatedAt db.Time `db:"created_at"`
		UpdatedAt db.Time `db:"updated_at"`
	}
	customer := id.New()
	err := h.db.InScope(context.Background(), db.Grant(customer), func(tx *db.Tx) error {
		_, err := tx.Insert(context.Background(), "customer", row{ID: customer, Slug: slug, Name: slug, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, "")
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return customer
}

// run discovers the customer's accounts, an hour after the last time.
func (h *house) run(tb testing.TB) discovery.Run {
	tb.Helper()
	h.clock.Advance(time.Hour)
	r, err := h.RunNow(context.Background(), h.actor, h.customer, "", nil)
	if err != nil {
		tb.Fatal(err)
	}
	if r.State != discovery.Done {
		tb.Fatalf("the run ended %s: %s", r.State, r.Message)
	}
	return r
}

// add adds an account to read.
func (h *house) add(tb testing.TB, in discovery.CreateAccount) discovery.Account {
	tb.Helper()
	a, err := h.AddAccount(context.Background(), h.actor, h.customer, in)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// read selects rows of a customer.
func read[T any](tb testing.TB, h *house, customer, query string, params ...any) (rows []T) {
	tb.Helper()
	err := h.db.View(context.Background(), db.Grant(customer), func(tx *db.Tx) error {
		return tx.Select(context.Background(), &rows, query, params...)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return rows
}

// seen is a CI as the tests compare it.
type seen struct {
	Account    string                   `db:"account"`
	Region     string                   `db:"region"`
	Type       string                   `db:"type"`
	ExternalID string                   `db:"external_id"`
	ARN        string                   `db:"arn"`
	Name       string                   `db:"name"`
	Status     string                   `db:"status"`
	Tags       db.JSON[json.RawMessage] `db:"tags"`
	Attributes db.JSON[json.RawMessage] `db:"attributes"`
	Keys       db.JSON[json.RawMessage] `db:"keys"`
}

func (s seen) key() string { return s.Account + " " + s.Region + " " + s.Type + " " + s.ExternalID }

func (h *house) cis(tb testing.TB, customer string) []seen {
	tb.Helper()
	return read[seen](tb, h, customer, `SELECT account, region, type, external_id, arn, name, status, tags, attributes, keys FROM {ci}
		ORDER BY account, region, type, external_id`)
}

// ending is the last word about a scope.
type ending struct {
	Account string          `db:"account_id"`
	Region  string          `db:"region"`
	Type    string          `db:"type"`
	Outcome collect.Outcome `db:"outcome"`
	Action  string          `db:"action"`
	Message string          `db:"message"`
	Items   int64           `db:"items"`
	Page    int64           `db:"pages"`
}

func (h *house) coverage(tb testing.TB) []ending {
	tb.Helper()
	return read[ending](tb, h, h.customer, `SELECT account_id, region, type, outcome, action, message, items, pages FROM {coverage} ORDER BY account_id, region, type`)
}
