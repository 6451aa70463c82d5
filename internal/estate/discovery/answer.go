package discovery

import (
	"time"

	"vigie/internal/estate/collect"
)

// The shapes of CONTRACT.md, as callers see them.

// AccountAnswer is an account.
type AccountAnswer struct {
	ID             string        `json:"id"`
	Customer       string        `json:"customer" doc:"Slug."`
	AccountID      string        `json:"account_id" doc:"Twelve digits."`
	Name           string        `json:"name"`
	RoleARN        string        `json:"role_arn" doc:"Empty: the machine's own credentials."`
	ExternalID     string        `json:"external_id" doc:"Made by Vigie; the role's trust policy must ask for it."`
	Regions        []string      `json:"regions" nullable:"false" doc:"Empty: all that are enabled."`
	Organization   bool          `json:"organization" doc:"Take in every account of the organisation that this one manages."`
	OrganizationOf *string       `json:"organization_of" doc:"Id of the account by whose organisation this one came."`
	AcceptOpenRole bool          `json:"accept_open_role"`
	Status         AccountStatus `json:"status" enum:"unchecked,ok,open_role,denied,failed,recorded"`
	Message        string        `json:"message" doc:"What the last check said."`
	CheckedAt      *time.Time    `json:"checked_at"`
	CreatedAt      time.Time     `json:"created_at"`
	UpdatedAt      time.Time     `json:"updated_at"`
	version        int64
}

// Revision implements api.Versioned.
func (a AccountAnswer) Revision() int64 { return a.version }

// Self implements api.Placed.
func (a AccountAnswer) Self() string { return "/accounts/" + a.ID }

func answerAccount(a Account, slug string) AccountAnswer {
	out := AccountAnswer{ID: a.ID, Customer: slug, AccountID: a.AccountID, Name: a.Name, RoleARN: a.RoleARN, ExternalID: a.ExternalID,
		Regions: tidy(a.Regions.V), Organization: a.Organization, AcceptOpenRole: a.AcceptOpenRole, Status: a.Status, Message: a.Message,
		CheckedAt: a.CheckedAt.Ptr(), CreatedAt: a.CreatedAt.Time, UpdatedAt: a.UpdatedAt.Time, version: a.Version}
	if a.OrganizationOf != "" {
		parent := string(a.OrganizationOf)
		out.OrganizationOf = &parent
	}
	return out
}

// RunAnswer is a discovery run.
type RunAnswer struct {
	ID          string                  `json:"id"`
	Customer    string                  `json:"customer" doc:"Slug."`
	State       State                   `json:"state" enum:"queued,running,done,failed,cancelled"`
	Trigger     Trigger                 `json:"trigger" enum:"manual,schedule,replay"`
	RequestedBy string                  `json:"requested_by"`
	Account     string                  `json:"account" doc:"The one account that is read, or empty for all."`
	Recording   string                  `json:"recording" doc:"When the replayed recording was made."`
	ScopesTotal int64                   `json:"scopes_total"`
	ScopesDone  int64                   `json:"scopes_done"`
	Outcomes    map[collect.Outcome]int `json:"outcomes" doc:"How many (account, region, type) ended so."`
	Seen        int64                   `json:"seen"`
	Added       int64                   `json:"added"`
	Changed     int64                   `json:"changed"`
	Gone        int64                   `json:"gone"`
	Calls       int64                   `json:"calls" doc:"Calls made to AWS."`
	Message     string                  `json:"message"`
	CreatedAt   time.Time               `json:"created_at"`
	StartedAt   *time.Time              `json:"started_at"`
	FinishedAt  *time.Time              `json:"finished_at"`
	version     int64
}

// Revision implements api.Versioned.
func (r RunAnswer) Revision() int64 { return r.version }

// Self implements api.Placed.
func (r RunAnswer) Self() string { return "/discovery-runs/" + r.ID }

func answerRun(r Run, slug string) RunAnswer {
	outcomes := r.Outcomes.V
	if outcomes == nil {
		outcomes = map[collect.Outcome]int{}
	}
	return RunAnswer{ID: r.ID, Customer: slug, State: r.State, Trigger: r.Trigger, RequestedBy: r.RequestedBy, Account: r.AccountFilter, Recording: r.Recording,
		ScopesTotal: r.ScopesTotal, ScopesDone: r.ScopesDone, Outcomes: outcomes, Seen: r.Seen, Added: r.Added, Changed: r.Changed, Gone: r.Gone, Calls: r.Calls,
		Message: r.Message, CreatedAt: r.CreatedAt.Time, StartedAt: r.StartedAt.Ptr(), FinishedAt: r.FinishedAt.Ptr(), version: r.Version}
}

// CoverageAnswer is the last word about one (account, region, type).
type CoverageAnswer struct {
	Customer string          `json:"customer" doc:"Slug."`
	Account  string          `json:"account" doc:"Twelve digits."`
	Region   string          `json:"region" doc:"global for what has no region."`
	Type     string          `json:"type"`
	Outcome  collect.Outcome `json:"outcome" enum:"complete,denied,region_off,throttled_out,failed,skipped"`
	Action   string          `json:"action" doc:"IAM action that was denied or failed."`
	Reason   string          `json:"reason" doc:"What denied it, where AWS tells: scp, rcp, permissions_boundary, session_policy, resource_policy, identity_policy."`
	Message  string          `json:"message"`
	Items    int64           `json:"items"`
	Page     int64           `json:"page" doc:"Page of the list at which it failed."`
	Run      string          `json:"run" doc:"Id of the run that said so."`
	At       time.Time       `json:"at"`
}

func answerCoverage(r CoverageRow) CoverageAnswer {
	return CoverageAnswer{Customer: r.Slug, Account: r.AccountID, Region: r.Region, Type: r.Type, Outcome: r.Outcome, Action: r.Action,
		Reason: collect.Reason(r.Message), Message: r.Message, Items: r.Items, Page: r.Pages, Run: r.RunID, At: r.At.Time}
}

// ScheduleAnswer says when a customer is read again.
type ScheduleAnswer struct {
	Customer     string     `json:"customer"`
	Enabled      bool       `json:"enabled"`
	EveryMinutes int64      `json:"every_minutes"`
	NextAt       *time.Time `json:"next_at"`
}
