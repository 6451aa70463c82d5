package discovery

import (
	"context"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// CustomerName is what lists show of the customer of a row.
type CustomerName struct {
	Slug string `db:"customer_slug"`
	Name string `db:"customer_name"`
}

// AccountRow, RunRow and CoverageRow are lines of the lists.
type (
	AccountRow struct {
		Account
		CustomerName
	}
	RunRow struct {
		Run
		CustomerName
	}
	CoverageRow struct {
		Coverage
		CustomerName
	}
)

const ofCustomer = ", k.slug AS customer_slug, k.name AS customer_name"

func choices[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// AccountSpec lists accounts.
var AccountSpec = list.Spec{
	From: "{account} a JOIN {customer} k ON k.id = a.customer_id", Columns: db.Columns[Account]("a.") + ofCustomer, Key: "a.id", Sort: "account_id",
	Fields: []list.Field{
		{Name: "account_id", Column: "a.account_id", Kind: list.Text, Sort: true, Filter: true},
		{Name: "name", Column: "a.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "status", Column: "a.status", Kind: list.Choice, Filter: true, Values: choices(Unchecked, Reachable, OpenRole, NoEntry, Broken, Recorded)},
		{Name: "organization", Column: "a.organization", Kind: list.Bool, Filter: true},
		{Name: "created_at", Column: "a.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("a.account_id", "a.name"),
}

// RunSpec lists runs, the newest first.
var RunSpec = list.Spec{
	From: "{discovery_run} r JOIN {customer} k ON k.id = r.customer_id", Columns: db.Columns[Run]("r.") + ofCustomer, Key: "r.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "created_at", Column: "r.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "state", Column: "r.state", Kind: list.Choice, Filter: true, Values: choices(Queued, Running, Done, Failed, Cancelled)},
		{Name: "trigger", Column: "r.trigger", Kind: list.Choice, Filter: true, Values: choices(Manual, Scheduled, Replayed)},
	},
}

// CoverageSpec lists the last word about each scope.
var CoverageSpec = list.Spec{
	From: "{coverage} c JOIN {customer} k ON k.id = c.customer_id", Columns: db.Columns[Coverage]("c.") + ofCustomer, Key: "c.id", Sort: "account",
	Fields: []list.Field{
		{Name: "account", Column: "c.account_id", Tag: "account_id", Kind: list.Text, Sort: true, Filter: true},
		{Name: "region", Column: "c.region", Kind: list.Text, Sort: true, Filter: true},
		{Name: "type", Column: "c.type", Kind: list.Text, Sort: true, Filter: true},
		{Name: "outcome", Column: "c.outcome", Kind: list.Choice, Filter: true, Values: choices(collect.Outcomes()...)},
		{Name: "action", Column: "c.action", Kind: list.Text, Filter: true},
		{Name: "run", Column: "c.run_id", Kind: list.ID, Filter: true},
		{Name: "items", Column: "c.items", Kind: list.Number, Sort: true, Filter: true},
		{Name: "at", Column: "c.at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("c.account_id", "c.region", "c.type", "c.action"),
}

// Accounts, Runs and Coverages give a page of their list. Codes: forbidden.
func (s *Service) Accounts(ctx context.Context, a permission.Actor, q list.Query) (list.Page[AccountRow], error) {
	return permission.Page[AccountRow](ctx, s.db, a, permission.AccountRead, AccountSpec, q)
}

// Runs gives a page of runs. Codes: forbidden.
func (s *Service) Runs(ctx context.Context, a permission.Actor, q list.Query) (list.Page[RunRow], error) {
	return permission.Page[RunRow](ctx, s.db, a, permission.DiscoveryRead, RunSpec, q)
}

// Coverages gives a page of coverage. Codes: forbidden.
func (s *Service) Coverages(ctx context.Context, a permission.Actor, q list.Query) (list.Page[CoverageRow], error) {
	return permission.Page[CoverageRow](ctx, s.db, a, permission.DiscoveryRead, CoverageSpec, q)
}

// Summary is the coverage of an actor's customers at a glance.
type Summary struct {
	Outcomes []OutcomeCount
	// Missing are the IAM actions that were denied, ready to be granted.
	Missing []string
	Regions []RegionCount
}

// OutcomeCount says how many scopes ended so.
type OutcomeCount struct {
	Outcome collect.Outcome `db:"outcome"`
	N       int             `db:"n"`
}

// RegionCount says how one account and region came off.
type RegionCount struct {
	Slug      string `db:"slug"`
	AccountID string `db:"account_id"`
	Region    string `db:"region"`
	Complete  int    `db:"complete"`
	Blind     int    `db:"blind"`
	Off       int    `db:"off_count"`
	Items     int    `db:"items"`
}

// Summarise counts the coverage of one customer (id), or of all that the actor may see for "". Codes: forbidden, not_found.
func (s *Service) Summarise(ctx context.Context, a permission.Actor, customer string) (sum Summary, err error) {
	scope := a.Scope()
	if customer != "" {
		if scope, err = a.For(permission.DiscoveryRead, customer); err != nil {
			return sum, err
		}
	}
	if err := a.Require(permission.DiscoveryRead); err != nil {
		return sum, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		if err := tx.Select(ctx, &sum.Outcomes, `SELECT outcome, count(*) AS n FROM {coverage} GROUP BY outcome ORDER BY outcome`); err != nil {
			return err
		}
		if sum.Missing, err = missingActions(ctx, tx); err != nil {
			return err
		}
		return tx.Select(ctx, &sum.Regions, `SELECT k.slug, c.account_id, c.region,
				sum(CASE WHEN c.outcome = 'complete' THEN 1 ELSE 0 END) AS complete,
				sum(CASE WHEN c.outcome IN ('denied', 'failed', 'throttled_out') THEN 1 ELSE 0 END) AS blind,
				sum(CASE WHEN c.outcome = 'region_off' THEN 1 ELSE 0 END) AS off_count,
				sum(c.items) AS items
			FROM {coverage} c JOIN {customer} k ON k.id = c.customer_id GROUP BY k.slug, c.account_id, c.region
			ORDER BY blind DESC, k.slug, c.account_id, c.region LIMIT 500`)
	})
	return sum, err
}

// Plan gives the customer's schedule; the default one where none was set. Codes: not_found, forbidden.
func (s *Service) Plan(ctx context.Context, a permission.Actor, customer string) (plan Schedule, err error) {
	scope, err := a.For(permission.DiscoveryRead, customer)
	if err != nil {
		return plan, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		var rows []Schedule
		if err := tx.Select(ctx, &rows, `SELECT `+scheduleColumns+` FROM {discovery_schedule}`); err != nil {
			return err
		}
		plan = Schedule{CustomerID: customer, EveryMinutes: EveryDefault}
		if len(rows) > 0 {
			plan = rows[0]
		}
		return nil
	})
	return plan, err
}
