package discovery

import (
	"context"

	"vigie/internal/estate/collect"
	"vigie/internal/estate/collect/policy"
	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Directory knows customers; internal/customer gives it.
type Directory interface {
	// ID finds the customer of a slug or id within the actor's scope.
	ID(ctx context.Context, a permission.Actor, slug string) (string, error)
	// Slug names the customer of an id.
	Slug(ctx context.Context, a permission.Actor, id string) (string, error)
}

// Register hangs the room's operations on the API.
func (s *Service) Register(a *api.API, customers Directory) {
	r := routes{s, customers}
	api.List(a, api.Listing[AccountRow, AccountAnswer]{
		Op: api.Op{Path: "/accounts", Tag: "Accounts", Summary: "List AWS accounts"}, Spec: AccountSpec, Allow: permission.Need(permission.AccountRead),
		Rows: each(func(row AccountRow) AccountAnswer { return answerAccount(row.Account, row.Slug) })})
	api.Post(a, api.Op{Path: "/accounts", Tag: "Accounts", Summary: "Add an AWS account", Description: "Vigie makes the ExternalId; the account is checked on demand and at each run."}, r.addAccount)
	api.Get(a, api.Op{Path: "/accounts/{id}", Tag: "Accounts", Summary: "Get an AWS account"}, r.account)
	api.Patch(a, api.Op{Path: "/accounts/{id}", Tag: "Accounts", Summary: "Change an AWS account"}, r.changeAccount)
	api.Delete(a, api.Op{Path: "/accounts/{id}", Tag: "Accounts", Summary: "Remove an AWS account", Description: "Its CIs stay, as stale."}, r.removeAccount)
	api.Post(a, api.Op{Path: "/accounts/{id}/check", Tag: "Accounts", Summary: "Enter the account now and say what came of it", Status: 200}, r.checkAccount)

	api.Get(a, api.Op{Path: "/accounts/{id}/access", Tag: "Accounts", Summary: "Get what gives Vigie access: policy, CloudFormation, Terraform",
		Description: "Computed from the collectors, with the account's ExternalId."}, r.access)

	api.List(a, api.Listing[RunRow, RunAnswer]{
		Op: api.Op{Path: "/discovery-runs", Tag: "Discovery", Summary: "List discovery runs"}, Spec: RunSpec, Allow: permission.Need(permission.DiscoveryRead),
		Rows: each(func(row RunRow) RunAnswer { return answerRun(row.Run, row.Slug) })})
	api.Post(a, api.Op{Path: "/discovery-runs", Tag: "Discovery", Summary: "Start a discovery run"}, r.startRun)
	api.Get(a, api.Op{Path: "/discovery-runs/{id}", Tag: "Discovery", Summary: "Get a discovery run"}, r.run)
	api.Post(a, api.Op{Path: "/discovery-runs/{id}/cancel", Tag: "Discovery", Summary: "Cancel a run; what it has found stays", Status: 200}, r.cancelRun)
	api.Post(a, api.Op{Path: "/discovery-runs/{id}/resume", Tag: "Discovery", Summary: "Go on with a cancelled or failed run", Status: 200}, r.resumeRun)

	api.List(a, api.Listing[CoverageRow, CoverageAnswer]{
		Op: api.Op{Path: "/coverage", Tag: "Discovery", Summary: "List what could be seen, and what not and why"}, Spec: CoverageSpec, Allow: permission.Need(permission.DiscoveryRead),
		Rows: each(answerCoverage)})
	api.Get(a, api.Op{Path: "/coverage/summary", Tag: "Discovery", Summary: "Count outcomes; name the missing IAM actions"}, r.summary)
	api.Get(a, api.Op{Path: "/discovery-schedules/{customer}", Tag: "Discovery", Summary: "Get a customer's schedule"}, r.schedule)
	api.Put(a, api.Op{Path: "/discovery-schedules/{customer}", Tag: "Discovery", Summary: "Set a customer's schedule"}, r.setSchedule)
}

// each turns rows into answers one by one.
func each[R, D any](f func(R) D) func(context.Context, *db.Tx, []R) ([]D, error) {
	return func(_ context.Context, _ *db.Tx, rows []R) ([]D, error) {
		out := make([]D, len(rows))
		for i, r := range rows {
			out[i] = f(r)
		}
		return out, nil
	}
}

type routes struct {
	s         *Service
	customers Directory
}

// ByID is embedded in inputs; exported, since huma sees no fields of an embedded type that is not.
type ByID struct {
	ID string `path:"id"`
}

type accountBody struct {
	Customer       string   `json:"customer" doc:"Slug."`
	AccountID      string   `json:"account_id" doc:"Twelve digits."`
	Name           string   `json:"name,omitempty"`
	RoleARN        string   `json:"role_arn,omitempty" doc:"Empty: the machine's own credentials."`
	Regions        []string `json:"regions,omitempty" nullable:"false" doc:"Empty: all that are enabled."`
	Organization   bool     `json:"organization,omitempty"`
	AcceptOpenRole bool     `json:"accept_open_role,omitempty" doc:"Go on although the role can be assumed without the ExternalId, as emulators need."`
}

func (r routes) addAccount(ctx context.Context, in *struct{ Body accountBody }) (AccountAnswer, error) {
	b := in.Body
	customer, err := r.customers.ID(ctx, permission.From(ctx), b.Customer)
	if err != nil {
		return AccountAnswer{}, err
	}
	acc, err := r.s.AddAccount(ctx, permission.From(ctx), customer, CreateAccount{AccountID: b.AccountID, Name: b.Name, RoleARN: b.RoleARN, Regions: b.Regions,
		Organization: b.Organization, AcceptOpenRole: b.AcceptOpenRole})
	return r.named(ctx, acc, err)
}

func (r routes) account(ctx context.Context, in *ByID) (AccountAnswer, error) {
	acc, err := r.s.Account(ctx, permission.From(ctx), in.ID)
	return r.named(ctx, acc, err)
}

type accountPatch struct {
	Name           *string   `json:"name,omitempty"`
	RoleARN        *string   `json:"role_arn,omitempty"`
	Regions        *[]string `json:"regions,omitempty"`
	Organization   *bool     `json:"organization,omitempty"`
	AcceptOpenRole *bool     `json:"accept_open_role,omitempty"`
}

func (r routes) changeAccount(ctx context.Context, in *struct {
	ByID
	api.Match
	Body accountPatch
}) (AccountAnswer, error) {
	b := in.Body
	acc, err := r.s.ChangeAccount(ctx, permission.From(ctx), in.ID, UpdateAccount{Name: b.Name, RoleARN: b.RoleARN, Regions: b.Regions,
		Organization: b.Organization, AcceptOpenRole: b.AcceptOpenRole, Version: in.Expected()})
	return r.named(ctx, acc, err)
}

func (r routes) removeAccount(ctx context.Context, in *struct {
	ByID
	api.Match
}) error {
	return r.s.RemoveAccount(ctx, permission.From(ctx), in.ID, in.Expected())
}

func (r routes) checkAccount(ctx context.Context, in *ByID) (AccountAnswer, error) {
	acc, err := r.s.CheckAccount(ctx, permission.From(ctx), in.ID)
	return r.named(ctx, acc, err)
}

// AccessAnswer is all that makes the role in the customer's account.
type AccessAnswer struct {
	Actions        []string          `json:"actions" nullable:"false" doc:"IAM actions that the collectors need."`
	Policies       []policy.Document `json:"policies" nullable:"false" doc:"Managed policies, each within IAM's limit of size."`
	CloudFormation string            `json:"cloudformation" doc:"Template, YAML."`
	StackSet       string            `json:"stackset" doc:"Template for all accounts of an organisation, YAML."`
	Terraform      string            `json:"terraform"`
}

func (r routes) access(ctx context.Context, in *struct {
	ByID
	Principal string `query:"principal" doc:"ARN or account of the identity under which Vigie runs; empty leaves a parameter to fill in."`
}) (AccessAnswer, error) {
	acc, err := r.s.Account(ctx, permission.From(ctx), in.ID)
	if err != nil {
		return AccessAnswer{}, err
	}
	if in.Principal == "" {
		in.Principal = unknownPrincipal
	} else if !principalForm.MatchString(in.Principal) {
		var f fault.Fields
		f.Add("principal", "discovery.access.principal_form")
		return AccessAnswer{}, f.Err()
	}
	actions := policy.Actions(r.s.collectors)
	role := policy.Role{Name: roleName(acc.RoleARN), Principal: in.Principal, ExternalID: acc.ExternalID, Documents: policy.Documents(actions)}
	return AccessAnswer{Actions: actions, Policies: role.Documents, CloudFormation: role.CloudFormation(), StackSet: role.StackSet(), Terraform: role.Terraform()}, nil
}

func (r routes) named(ctx context.Context, acc Account, err error) (AccountAnswer, error) {
	if err != nil {
		return AccountAnswer{}, err
	}
	slug, err := r.customers.Slug(ctx, permission.From(ctx), acc.CustomerID)
	return answerAccount(acc, slug), err
}

type runBody struct {
	Customer string `json:"customer" doc:"Slug."`
	Account  string `json:"account,omitempty" doc:"Only this account (twelve digits)."`
}

func (r routes) startRun(ctx context.Context, in *struct{ Body runBody }) (RunAnswer, error) {
	customer, err := r.customers.ID(ctx, permission.From(ctx), in.Body.Customer)
	if err != nil {
		return RunAnswer{}, err
	}
	run, err := r.s.StartRun(ctx, permission.From(ctx), customer, in.Body.Account)
	return r.namedRun(ctx, run, err)
}

func (r routes) run(ctx context.Context, in *ByID) (RunAnswer, error) {
	run, err := r.s.Run(ctx, permission.From(ctx), in.ID)
	return r.namedRun(ctx, run, err)
}

func (r routes) cancelRun(ctx context.Context, in *ByID) (RunAnswer, error) {
	run, err := r.s.CancelRun(ctx, permission.From(ctx), in.ID)
	return r.namedRun(ctx, run, err)
}

func (r routes) resumeRun(ctx context.Context, in *ByID) (RunAnswer, error) {
	run, err := r.s.ResumeRun(ctx, permission.From(ctx), in.ID)
	return r.namedRun(ctx, run, err)
}

func (r routes) namedRun(ctx context.Context, run Run, err error) (RunAnswer, error) {
	if err != nil {
		return RunAnswer{}, err
	}
	slug, err := r.customers.Slug(ctx, permission.From(ctx), run.CustomerID)
	return answerRun(run, slug), err
}

type summaryAnswer struct {
	Outcomes       map[collect.Outcome]int `json:"outcomes"`
	MissingActions []string                `json:"missing_actions" nullable:"false" doc:"IAM actions that were denied, ready to be granted."`
}

func (r routes) summary(ctx context.Context, in *struct {
	Customer string `query:"customer" doc:"Slug; empty for all."`
}) (out summaryAnswer, err error) {
	customer := ""
	if in.Customer != "" {
		if customer, err = r.customers.ID(ctx, permission.From(ctx), in.Customer); err != nil {
			return out, err
		}
	}
	sum, err := r.s.Summarise(ctx, permission.From(ctx), customer)
	out = summaryAnswer{Outcomes: map[collect.Outcome]int{}, MissingActions: tidy(sum.Missing)}
	for _, o := range sum.Outcomes {
		out.Outcomes[o.Outcome] = o.N
	}
	return out, err
}

// OfCustomerPath is embedded in inputs likewise.
type OfCustomerPath struct {
	Customer string `path:"customer" doc:"Slug or id."`
}

func (r routes) schedule(ctx context.Context, in *OfCustomerPath) (ScheduleAnswer, error) {
	customer, err := r.customers.ID(ctx, permission.From(ctx), in.Customer)
	if err != nil {
		return ScheduleAnswer{}, err
	}
	plan, err := r.s.Plan(ctx, permission.From(ctx), customer)
	return r.namedPlan(ctx, plan, err)
}

func (r routes) setSchedule(ctx context.Context, in *struct {
	OfCustomerPath
	Body struct {
		Enabled      bool  `json:"enabled"`
		EveryMinutes int64 `json:"every_minutes" doc:"15 to 10080."`
	}
}) (ScheduleAnswer, error) {
	customer, err := r.customers.ID(ctx, permission.From(ctx), in.Customer)
	if err != nil {
		return ScheduleAnswer{}, err
	}
	plan, err := r.s.SetPlan(ctx, permission.From(ctx), customer, in.Body.Enabled, in.Body.EveryMinutes)
	return r.namedPlan(ctx, plan, err)
}

func (r routes) namedPlan(ctx context.Context, plan Schedule, err error) (ScheduleAnswer, error) {
	if err != nil {
		return ScheduleAnswer{}, err
	}
	slug, err := r.customers.Slug(ctx, permission.From(ctx), plan.CustomerID)
	return ScheduleAnswer{Customer: slug, Enabled: plan.Enabled, EveryMinutes: plan.EveryMinutes, NextAt: plan.NextAt.Ptr()}, err
}
