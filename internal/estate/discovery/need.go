package discovery

import (
	"context"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/permission"
)

// Login says how an account is entered.
type Login struct {
	AccountID, RoleARN, ExternalID string
	AcceptOpenRole                 bool
	Regions                        []string // empty: all that are enabled
}

// Member is an account of an organisation.
type Member struct{ AccountID, Name string }

// Cloud enters accounts: live (collect/aws), or as a recording tells.
type Cloud interface {
	// Open enters an account: its credentials are proved, its regions known. An open role is collect.ErrOpenRole unless accepted.
	Open(ctx context.Context, l Login) (collect.Account, error)
	// Members lists the active accounts of the organisation that the account manages, itself included.
	Members(ctx context.Context, a collect.Account) ([]Member, error)
}

// Tally is what a batch of items came to.
type Tally struct{ Seen, Added, Changed int }

// Intake is the CMDB as a run needs it; app gives cmdb's.
type Intake interface {
	Upsert(ctx context.Context, tx *db.Tx, runID, account string, items []collect.Item) (Tally, error)
	// Close ends a scope: complete marks what was not seen gone, otherwise stale. Region "" stands for any (global collectors).
	Close(ctx context.Context, tx *db.Tx, runID, account, region string, types []string, complete bool) (gone, stale int, err error)
	// Settle resolves waiting relations and puts CIs into workloads, after a run.
	Settle(ctx context.Context, tx *db.Tx) error
}

// tasks is the outbox, as far as discovery needs it.
type tasks interface {
	Put(ctx context.Context, tx *db.Tx, unique string, t jobs.Task) error
}

// RunTopic is the task that executes a run; its key is the run's id.
const RunTopic = "discovery.run"

// System gives the actor of background work for one customer; app makes it.
type System func(customer string) permission.Actor
