package isolation

import (
	"context"
	"maps"
	"strings"

	"vigie/internal/customer"
	"vigie/internal/estate/discovery"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// call says how a method is called with a firm's records.
type call struct {
	action  permission.Action
	do      func(ctx context.Context, h *house, a permission.Actor, f *firm) ([]any, error)
	list    bool // names no record: gives what the actor covers
	quiet   bool // a list without the customer's own words in it
	closed  bool // forbidden to whoever is limited, or comes otherwise than from the machine
	refuses bool // the call with one's own records is refused for another reason
}

// sent are the firm's names, which a fault may repeat.
func (c call) sent(f *firm) string {
	if c.list {
		return ""
	}
	var b strings.Builder
	for _, v := range f.Refs {
		b.WriteString(v + " ")
	}
	return b.String()
}

type (
	ctxT   = context.Context
	actorT = permission.Actor
)

func one[T any](v T, err error) ([]any, error)         { return []any{v}, err }
func two[T, U any](v T, u U, err error) ([]any, error) { return []any{v, u}, err }
func none(err error) ([]any, error)                    { return nil, err }
func all[T any](f func(func(T) error) error) ([]any, error) {
	var out []any
	err := f(func(v T) error { out = append(out, v); return nil })
	return out, err
}

// actorless are the methods without an actor.
var actorless = join(findingActorless, requirementActorless, workshopActorless, accessActorless, remediationActorless, launchActorless, questionActorless, gapActorless, planActorless, deliverableActorless, fieldActorless, estimateActorless, peopleActorless, signOnActorless, scimActorless, auditActorless, webhookActorless, bulkActorless, registerActorless(), documentActorless, map[string]string{
	"customer.Register":      "hangs operations on the API: walked there",
	"customer.Pages":         "hangs pages on the mux: walked there",
	"cmdb.Register":          "hangs operations on the API: walked there",
	"cmdb.Pages":             "hangs pages on the mux: walked there",
	"cmdb.Reindex":           "makes the terms of CIs from before, of all customers, when a server starts",
	"cmdb.KeepFigures":       "counts large estates, each in the scope of its own customer; gives nothing",
	"cmdb.Intakes":           "which lists take files in, the same for everybody",
	"view.Register":          "hangs operations on the API: walked there",
	"view.Pages":             "hangs pages on the mux: walked there",
	"intake.Register":        "hangs operations on the API: walked there",
	"intake.Pages":           "hangs pages on the mux: walked there",
	"discovery.Register":     "hangs operations on the API: walked there",
	"discovery.Pages":        "hangs pages on the mux: walked there",
	"discovery.Execute":      "takes a customer from a job's row: walked by jobs",
	"discovery.Sweep":        "works for all customers: walked by jobs",
	"discovery.Recover":      "resets leases when an embedded database is opened; gives nothing",
	"discovery.Collectors":   "the registry, the same for everybody",
	"transfer.Register":      "hangs operations on the API: walked there",
	"transfer.Pages":         "hangs pages on the mux: walked there",
	"identity.Register":      "hangs operations on the API: walked there",
	"identity.Mount":         "hangs pages on the mux: walked there",
	"identity.Pages":         "hangs pages on the mux: walked there",
	"identity.RequestReset":  "asks by an address of which it tells nothing",
	"identity.AnswerReset":   "mails to the address of the person whose it is: walked by jobs",
	"identity.OpenLink":      "tells the holder of a link for whom it is",
	"identity.UseLink":       "sets the password of the person for whom the link is",
	"identity.Authenticate":  "makes the actor",
	"identity.APICaller":     "makes the actor",
	"identity.Visitor":       "makes the actor",
	"identity.SignIn":        "makes the session, before any customer is known",
	"identity.SignOut":       "ends the session whose secret is given",
	"identity.Sweep":         "removes what has run out; gives nothing",
	"identity.CountAdmins":   "a number for the doctor",
	"note.Register":          "hangs operations on the API: walked there",
	"note.Pages":             "hangs pages on the mux: walked there",
	"note.Part":              "a part of the pages of records: walked there",
	"note.Sweep":             "works for all customers: walked by jobs",
	"identity.Accounts":      "for rooms that have decided before what a person may be",
	"identity.SessionSecret": "reads the browser's own cookie",
	"file.Register":          "hangs operations on the API: walked there",
	"file.Pages":             "hangs pages on the mux: walked there",
	"file.Part":              "a part of the pages of records: walked there",
	"file.Serve":             "takes a signed address: tested in package file",
	"mail.Register":          "hangs operations on the API: walked there",
	"mail.Pages":             "hangs pages on the mux: walked there",
	"mail.Put":               "writes into the transaction of its caller, whose scope it keeps",
	"mail.Deliver":           "a job, which names its customer: walked there",
	"mail.Sweep":             "finds what is due and hands it on: walked there",
	"mail.Poll":              "reads the operator's mailbox: a report names its message by an id that nobody can guess; gives nothing",
	"transfer.Ordered":       "takes an approval from a job: does nothing without a signature under an order of removal",
	"transfer.Sweep":         "goes on with orders that were signed, of all customers: walked by jobs",
})

// calls are all methods that take an actor: those of this file and those of their rooms' own, one a line.
var calls = join(
	auditCalls,
	signOnCalls,
	scimCalls,
	houseCalls,
	cmdbCalls,
	registerCalls,
	requirementCalls,
	accessCalls,
	documentCalls,
	remediationCalls,
	findingCalls,
	transferCalls,
	webhookCalls,
	estimateCalls,
	workshopCalls,
	planCalls,
	gapCalls,
	questionCalls,
	bulkCalls,
	fieldCalls,
	deliverableCalls,
	launchCalls,
	recordCalls,
	listCalls,
	peopleCalls,
	mailCalls,
)

var houseCalls = map[string]call{
	"customer.CreateCustomer": {action: permission.CustomerWrite, closed: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Customers.CreateCustomer(ctx, a, customer.NewCustomer{Slug: f.Slug, Name: "x"}))
	}},
	"customer.Customer": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		if out, err := one(h.app.Customers.Customer(ctx, a, f.Refs["customer_id"])); err == nil {
			return out, err
		}
		return one(h.app.Customers.Customer(ctx, a, f.Slug))
	}},
	"customer.Named": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Customers.Named(ctx, a, f.Slug))
	}},
	"customer.UpdateCustomer": {action: permission.CustomerWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Customers.UpdateCustomer(ctx, a, f.Slug, f.Version, customer.ChangeCustomer{Name: ptr("taken over")}))
	}},
	"customer.Customers": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Customers.Customers(ctx, a, customer.Spec.All()))
	}},
	"customer.CreateContact": {action: permission.ContactWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Customers.CreateContact(ctx, a, customer.NewContact{Customer: f.Refs["customer_id"], Name: "new"}))
	}},
	"customer.Escalation": {action: permission.ContactRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Customers.Escalation(ctx, a, f.Refs["customer_id"]))
	}},

	"discovery.AddAccount": {action: permission.AccountWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.AddAccount(ctx, a, f.Refs["customer_id"], discovery.CreateAccount{AccountID: "558811111111"}))
	}},
	"discovery.ChangeAccount": {action: permission.AccountWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.ChangeAccount(ctx, a, f.Refs["account"], discovery.UpdateAccount{Name: ptr("taken over"), Version: f.Version}))
	}},
	"discovery.RemoveAccount": {action: permission.AccountWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Discovery.RemoveAccount(ctx, a, f.Refs["account"], f.Version))
	}},
	"discovery.CheckAccount": {action: permission.AccountWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.CheckAccount(ctx, a, f.Refs["account"]))
	}},
	"discovery.Account": {action: permission.AccountRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.Account(ctx, a, f.Refs["account"]))
	}},
	"discovery.Accounts": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Discovery.Accounts(ctx, a, discovery.AccountSpec.All()))
	}},
	"discovery.Runs": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Discovery.Runs(ctx, a, discovery.RunSpec.All()))
	}},
	"discovery.Coverages": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Discovery.Coverages(ctx, a, discovery.CoverageSpec.All()))
	}},
	"discovery.Summarise": {action: permission.DiscoveryRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.Summarise(ctx, a, f.Refs["customer_id"]))
	}},
	"discovery.Plan": {action: permission.DiscoveryRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.Plan(ctx, a, f.Refs["customer_id"]))
	}},
	"discovery.SetPlan": {action: permission.AccountWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.SetPlan(ctx, a, f.Refs["customer_id"], false, 60))
	}},
	// Reading an account of one's own would go out to AWS: an account that is not there ends it before.
	"discovery.RunNow": {action: permission.DiscoveryRun, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.RunNow(ctx, a, f.Refs["customer_id"], "000000000000", nil))
	}},
	"discovery.ReplayRun": {action: permission.DiscoveryRun, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.ReplayRun(ctx, a, f.Refs["customer_id"], strings.NewReader("no recording"), "", nil))
	}},
	"discovery.StartRun": {action: permission.DiscoveryRun, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.StartRun(ctx, a, f.Refs["customer_id"], ""))
	}},
	"discovery.CancelRun": {action: permission.DiscoveryRun, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.CancelRun(ctx, a, f.Refs["run"]))
	}},
	"discovery.ResumeRun": {action: permission.DiscoveryRun, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.ResumeRun(ctx, a, f.Refs["run"]))
	}},
	"discovery.Run": {action: permission.DiscoveryRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Discovery.Run(ctx, a, f.Refs["run"]))
	}},

	"identity.Me": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) { return one(h.app.Identity.Me(ctx, a)) }},
	"identity.CreateUser": {action: permission.UserWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.CreateUser(ctx, a, identity.NewUser{Email: "by.method@example.com", Name: "x", Role: permission.Viewer, Customers: []string{f.Slug}, Password: password}))
	}},
	"identity.User": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.User(ctx, a, f.Refs["user"]))
	}},
	"identity.UpdateUser": {action: permission.UserWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.UpdateUser(ctx, a, f.Refs["user"], f.Version, identity.ChangeUser{Name: ptr("taken over")}))
	}},
	"identity.SetPreferences": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.SetPreferences(ctx, a, identity.Preferences{Theme: ptr("light")}))
	}},
	"identity.ChangePassword": {list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return none(h.app.Identity.ChangePassword(ctx, a, "wrong", "Another lamp over 9 rivers"))
	}},
	"identity.AllUsers": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.AllUsers(ctx, a))
	}},
	"identity.Search": {action: permission.UserRead, list: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.Search(ctx, a, "", f.Word, 8))
	}},
	"identity.CreateToken": {action: permission.TokenOwn, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Identity.CreateToken(ctx, a, identity.NewToken{Name: "x", Customer: f.Slug}))
	}},
	"identity.CreateTokenFor": {closed: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Identity.CreateTokenFor(ctx, a, "person@"+f.Word+".example", identity.NewToken{Name: "x"}))
	}},
	"identity.RevokeToken": {action: permission.UserWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Identity.RevokeToken(ctx, a, f.Refs["token"], 0))
	}},
	"identity.Token": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.Token(ctx, a, f.Refs["token"]))
	}},
}

func join[T any](parts ...map[string]T) map[string]T {
	out := map[string]T{}
	for _, p := range parts {
		maps.Copy(out, p)
	}
	return out
}

func ptr[T any](v T) *T { return &v }
