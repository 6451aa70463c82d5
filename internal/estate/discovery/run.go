package discovery

import (
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
)

// State is where a run stands.
type State string

// The states of CONTRACT.md.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Open tells whether the run still goes on or will.
func (s State) Open() bool { return s == Queued || s == Running }

// Trigger says why a run began.
type Trigger string

// The triggers.
const (
	Manual    Trigger = "manual"
	Scheduled Trigger = "schedule"
	Replayed  Trigger = "replay"
)

// Run is one reading of a customer's accounts.
type Run struct {
	CustomerID      string                           `db:"customer_id"`
	ID              string                           `db:"id"`
	State           State                            `db:"state"`
	Trigger         Trigger                          `db:"trigger"`
	RequestedBy     string                           `db:"requested_by"`
	AccountFilter   string                           `db:"account_filter"` // twelve digits, or empty for all
	Recording       string                           `db:"recording"`      // when the recording was made, if it is a replay
	CancelRequested bool                             `db:"cancel_requested"`
	Attempt         int64                            `db:"attempt"`
	ScopesTotal     int64                            `db:"scopes_total"`
	ScopesDone      int64                            `db:"scopes_done"`
	Seen            int64                            `db:"seen"`
	Added           int64                            `db:"added"`
	Changed         int64                            `db:"changed"`
	Gone            int64                            `db:"gone"`
	Calls           int64                            `db:"calls"`
	Outcomes        db.JSON[map[collect.Outcome]int] `db:"outcomes"`
	Message         string                           `db:"message"`
	CreatedAt       db.Time                          `db:"created_at"`
	StartedAt       db.Time                          `db:"started_at"`
	HeartbeatAt     db.Time                          `db:"heartbeat_at"`
	FinishedAt      db.Time                          `db:"finished_at"`
	Version         int64                            `db:"version"`
}

// leaseTime is how long a run lives without a heartbeat before another process may take it over.
const leaseTime = 90 * time.Second

// Coverage is the last word about one scope.
type Coverage struct {
	CustomerID string          `db:"customer_id"`
	ID         string          `db:"id"` // of the row; it stays while the scope is read again
	AccountID  string          `db:"account_id"`
	Region     string          `db:"region"`
	Type       string          `db:"type"`
	RunID      string          `db:"run_id"`
	Outcome    collect.Outcome `db:"outcome"`
	Action     string          `db:"action"`
	Message    string          `db:"message"`
	Items      int64           `db:"items"`
	Pages      int64           `db:"pages"`
	At         db.Time         `db:"at"`
}

// Schedule says when a customer is read again.
type Schedule struct {
	CustomerID   string  `db:"customer_id"`
	Enabled      bool    `db:"enabled"`
	EveryMinutes int64   `db:"every_minutes"`
	NextAt       db.Time `db:"next_at"`
}

// EveryDefault is the usual pause between two runs: six hours.
const EveryDefault = 360
