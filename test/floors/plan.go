package floors

// This file is the plan of the house: change it together with ARCHITECTURE.md,
// and say why in the commit.

// floors lists what stands on what, lowest first. Packages on one line are
// neighbours and do not import each other.
var floors = [][]string{
	{"internal/platform"},
	{"internal/kit"},
	{"internal/trust"},
	{"internal/record", "internal/exchange"},
	{"internal/customer"},
	{"internal/estate", "internal/promise"},
	{"internal/desk"},
	{"internal/watch"},
	{"internal/onboard", "internal/center"},
	{"internal/improve"},
	{"internal/app"},
	{"cmd"},
}

// open floors are machinery, not practices: their packages may use each other.
var open = []string{"internal/platform", "internal/kit", "internal/app", "cmd"}

// sideways lists the imports between two rooms of one floor that we want. A
// room that is not here asks through an interface of its own, given by app.
var sideways = map[string][]string{
	"internal/trust/approval": {"internal/trust/audit", "internal/trust/permission", "internal/trust/subject", "internal/trust/web"},
	"internal/trust/audit":    {"internal/trust/permission", "internal/trust/subject", "internal/trust/web"},
	"internal/trust/identity": {"internal/trust/audit", "internal/trust/permission", "internal/trust/web"},
	"internal/trust/subject":  {"internal/trust/permission"},
	"internal/trust/sso":      {"internal/trust/audit", "internal/trust/identity", "internal/trust/permission", "internal/trust/web"},
	// What a directory says becomes an account by the same rules as a sign-in.
	"internal/trust/scim": {"internal/trust/audit", "internal/trust/identity", "internal/trust/permission", "internal/trust/sso", "internal/trust/web"},
	"internal/trust/web":  {"internal/trust/audit", "internal/trust/permission", "internal/trust/subject"},
	// A register takes files in, and is changed many at once, as any list is: intake and bulk are the mechanisms of all of them.
	// And its records have custom fields as those of any room above have.
	"internal/record/register": {"internal/record/bulk", "internal/record/field", "internal/record/intake"},
	// A file brings custom fields in as well.
	"internal/record/field": {"internal/record/intake"},
	// An edit of many sets custom fields of any room's records.
	"internal/record/bulk": {"internal/record/field"},
	// The archive is the form, backup and transfer what is put into it.
	"internal/exchange/backup":   {"internal/exchange/archive"},
	"internal/exchange/transfer": {"internal/exchange/archive"},
	// A launch holds the deliverables against their signatures.
	"internal/onboard/launch": {"internal/onboard/deliverable"},
	// Discovery leads what collectors find into the CMDB; collect is the
	// vocabulary (item, edge, outcome) that the three share.
	// The verdicts are the controls' words on what is stored.
	"internal/onboard/gap":      {"internal/onboard/control"},
	"internal/estate/cmdb":      {"internal/estate/collect"},
	"internal/estate/sheet":     {"internal/estate/cmdb", "internal/estate/collect"},
	"internal/estate/discovery": {"internal/estate/cmdb", "internal/estate/collect", "internal/estate/collect/policy"},
}

// unscoped lists who may open a transaction across customers, or make a scope
// or an actor out of nothing, and what for. Each of them is a door in the wall
// between customers.
var unscoped = map[string]string{
	"internal/trust/identity":    "a sign-in or token is looked up before its customers are known",
	"internal/trust/sso":         "somebody signs on before their customers are known",
	"internal/trust/scim":        "a directory's token is looked up before its provider is known, and people belong to the instance",
	"internal/trust/permission":  "makes actors from scopes",
	"internal/platform/jobs":     "a job row names its customer",
	"internal/platform/seal":     "the instance's master key; rotation seals the secrets of all customers anew",
	"internal/trust/approval":    "its tick finds requests that ran out",
	"internal/trust/audit":       "one log over the entries of all customers",
	"internal/platform/outbox":   "one queue of the events of all customers",
	"internal/exchange/webhook":  "its tick feeds changes of all customers to their own webhooks, and finds deliveries that are due",
	"internal/exchange/mail":     "its tick finds messages that are due, of all customers and of the instance, and a job works for the customer of its row",
	"internal/platform/blob":     "a content may be named by a row of any customer",
	"internal/record/bulk":       "its tick forgets edits of all customers that nobody can take back any more",
	"internal/record/note":       "its tick finds notifications of all customers that are due as mail",
	"internal/record/file":       "a signed link names its customer; the key that signs is of the instance",
	"internal/record/link":       "a private link is looked up before its customer is known",
	"internal/record/field":      "a field of the house has values of all customers, which change and go with it",
	"internal/record/view":       "a saved view of no customer belongs to the instance",
	"internal/kit/segment":       "its tick finds lists of all customers that have changed so much that they are indexed anew",
	"internal/estate/cmdb":       "terms of CIs from before a migration are made anew when a server starts",
	"internal/estate/discovery":  "its tick finds schedules that are due and runs whose process died",
	"internal/onboard/document":  "its tick finds documents of all customers that somebody owes",
	"internal/onboard/launch":    "its tick finds launches of all customers whose conditions may have changed",
	"internal/exchange/backup":   "a backup is of the whole instance",
	"internal/onboard/gap":       "its tick finds acceptances of all customers that have run out",
	"internal/app":               "wiring, set-up and sweepers at the start of the program",
	"cmd":                        "the operator's commands",
	"internal/exchange/transfer": "the order to remove a customer outlives the customer",
}

// doors are the functions that unscoped guards, by import path.
var doors = map[string][]string{
	"vigie/internal/platform/db":      {"Grant", "GrantAll"},
	"vigie/internal/trust/permission": {"Grant", "GrantLink"},
}

// across are methods, and known by their names alone.
var across = []string{"Across", "AcrossFrozen"}

// drivers reach the database past the scope.
// database/sql/driver is not among them: it is the interface of values.
var drivers = []string{"database/sql", "github.com/jackc/pgx/v5", "modernc.org/sqlite"}

// driving lists who may import them; platform/db wraps the errors of
// database/sql for everybody else.
var driving = []string{"internal/platform", "internal/app", "cmd"}

// timekeeper is the one package that asks the machine for the time.
const timekeeper = "internal/platform/clock"

// vague names say nothing about what a package owns.
var vague = []string{
	"util", "utils", "common", "helper", "helpers", "model", "models", "type", "types", "manager", "managers", "misc", "shared", "base",
}

// longest is the number of lines above which a file is a fault.
const longest = 800
