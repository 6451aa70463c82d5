package finding

import (
	"encoding/json"
	"slices"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
)

// Source is what speaks: Security Hub, Prowler, another that writes OCSF, or a tool that writes SARIF.
type Source string

// The sources.
const (
	SecurityHub Source = "securityhub"
	Prowler     Source = "prowler"
	OCSF        Source = "ocsf"
	SARIF       Source = "sarif"
)

// Sources lists the sources.
func Sources() []Source { return []Source{SecurityHub, Prowler, OCSF, SARIF} }

// Severity is how grave, in our words.
type Severity string

// The severities, the worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Severities lists the severities, the worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low} }

func (s Severity) rank() int64 { return int64(slices.Index(Severities(), s)) + 1 }

// Status is what the source says of a finding.
type Status string

// The statuses.
const (
	Open       Status = "open"
	Suppressed Status = "suppressed"
	Resolved   Status = "resolved"
	// silent is a check that came to no answer (manual, not available): nothing is known from it.
	silent Status = ""
)

// Statuses lists the statuses, what asks for work first.
func Statuses() []Status { return []Status{Open, Suppressed, Resolved} }

// Finding is a row of finding.
type Finding struct {
	CustomerID   string               `db:"customer_id"`
	ID           string               `db:"id"`
	Source       Source               `db:"source"`
	Product      string               `db:"product"`
	ExternalID   string               `db:"external_id"`
	Rule         string               `db:"rule"`
	Title        string               `db:"title"`
	Description  string               `db:"description"`
	Remedy       string               `db:"remedy"`
	URL          string               `db:"url"`
	Severity     Severity             `db:"severity"`
	SeverityRank int64                `db:"severity_rank"`
	Status       Status               `db:"status"`
	Account      string               `db:"account"`
	Region       string               `db:"region"`
	Resource     string               `db:"resource"`
	ResourceType string               `db:"resource_type"`
	Frameworks   db.JSON[[]Framework] `db:"frameworks"`
	Evidence     db.JSON[raw]         `db:"evidence"`
	Digest       string               `db:"digest"`
	ImportID     string               `db:"import_id"`
	FirstSeen    db.Time              `db:"first_seen"`
	LastSeen     db.Time              `db:"last_seen"`
	Version      int64                `db:"version"`
	CreatedAt    db.Time              `db:"created_at"`
	UpdatedAt    db.Time              `db:"updated_at"`
}

// raw is JSON as it came, cut to what is kept.
type raw = json.RawMessage

// Match is a row of finding_match: what a finding is about, and which control of ours says the same.
type Match struct {
	CustomerID string  `db:"customer_id"`
	FindingID  string  `db:"finding_id"`
	SubjectID  string  `db:"subject_id"`
	CIID       db.Null `db:"ci_id"`
	Control    string  `db:"control"`
}

// Row is a finding as it is read: with its match and the names of customer and CI.
type Row struct {
	Finding
	CIID         db.Null `db:"ci_id"`
	CI           db.Null `db:"ci_name"`
	SubjectID    db.Null `db:"subject_id"`
	Control      db.Null `db:"control"`
	Slug         string  `db:"customer_slug"`
	CustomerName string  `db:"customer_name"`
}

// State is how far an import has come.
type State string

// The states of an import.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Counts says what an import came to.
type Counts struct {
	Read      int `json:"read" doc:"Findings in the file or answer."`
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Resolved  int `json:"resolved" doc:"That were open, and are said to pass or are no longer there."`
	Passing   int `json:"passing" doc:"Said to pass, with nothing to close: not kept."`
	Silent    int `json:"silent" doc:"Checks that came to no answer: not kept."`
	Unmatched int `json:"unmatched" doc:"Open ones whose resource is no CI of the customer."`
}

// Outcome is what one place answered.
type Outcome struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Outcome string `json:"outcome"`
	Message string `json:"message"`
	Read    int    `json:"read"`
}

// Import is a row of finding_import.
type Import struct {
	CustomerID  string             `db:"customer_id"`
	ID          string             `db:"id"`
	Source      Source             `db:"source"`
	Product     string             `db:"product"`
	File        string             `db:"file"` // empty for a question to the API
	Complete    bool               `db:"complete"`
	State       State              `db:"state"`
	RequestedBy string             `db:"requested_by"`
	Counts      db.JSON[Counts]    `db:"counts"`
	Outcomes    db.JSON[[]Outcome] `db:"outcomes"`
	Message     string             `db:"message"`
	CreatedAt   db.Time            `db:"created_at"`
	StartedAt   db.Time            `db:"started_at"`
	FinishedAt  db.Time            `db:"finished_at"`
	Version     int64              `db:"version"`
}

// ImportRow is an import with its customer.
type ImportRow struct {
	Import
	Slug         string `db:"customer_slug"`
	CustomerName string `db:"customer_name"`
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

const ofCustomer = ", k.slug AS customer_slug, k.name AS customer_name"

// Spec lists findings, the worst first.
var Spec = list.Spec{
	From: `{finding} f JOIN {customer} k ON k.id = f.customer_id LEFT JOIN {finding_match} m ON m.customer_id = f.customer_id AND m.finding_id = f.id
		LEFT JOIN {ci} c ON c.customer_id = m.customer_id AND c.id = m.ci_id`,
	Columns: db.Columns[Finding]("f.") + ", m.ci_id, c.name AS ci_name, m.subject_id, m.control" + ofCustomer, Key: "f.id", Sort: "severity_rank",
	Fields: []list.Field{
		{Name: "severity_rank", Column: "f.severity_rank", Kind: list.Number, Sort: true},
		{Name: "severity", Column: "f.severity", Kind: list.Choice, Filter: true, Values: words(Severities())},
		{Name: "status", Column: "f.status", Kind: list.Choice, Filter: true, Values: words(Statuses())},
		{Name: "source", Column: "f.source", Kind: list.Choice, Filter: true, Values: words(Sources())},
		{Name: "product", Column: "f.product", Kind: list.Choice, Filter: true},
		{Name: "rule", Column: "f.rule", Kind: list.Choice, Filter: true},
		{Name: "account", Column: "f.account", Kind: list.Choice, Filter: true},
		{Name: "region", Column: "f.region", Kind: list.Choice, Filter: true},
		{Name: "ci", Column: "m.ci_id", Kind: list.ID, Filter: true, Nullable: true},
		{Name: "control", Column: "m.control", Kind: list.Choice, Filter: true, Nullable: true},
		{Name: "title", Column: "f.title", Kind: list.Text, Sort: true},
		{Name: "last_seen", Column: "f.last_seen", Kind: list.Time, Sort: true, Filter: true},
		{Name: "first_seen", Column: "f.first_seen", Kind: list.Time, Filter: true},
	},
	Search: list.Words("f.title", "f.rule", "f.resource", "f.account"),
}

// ImportSpec lists imports, the newest first.
var ImportSpec = list.Spec{
	From: "{finding_import} i JOIN {customer} k ON k.id = i.customer_id", Columns: db.Columns[Import]("i.") + ofCustomer, Key: "i.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "created_at", Column: "i.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "source", Column: "i.source", Kind: list.Choice, Filter: true, Values: words(Sources())},
		{Name: "state", Column: "i.state", Kind: list.Choice, Filter: true, Values: words([]State{Queued, Running, Done, Failed})},
	},
}
