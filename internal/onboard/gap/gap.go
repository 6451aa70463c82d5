package gap

import (
	"slices"
	"strings"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
)

// Accepted is the verdict of a failure that the customer has signed to live with. The others are the engine's.
const Accepted control.Verdict = "accepted"

// Verdicts lists the verdicts, what asks for work first.
func Verdicts() []control.Verdict {
	return []control.Verdict{control.Fail, control.Unknown, Accepted, control.Pass, control.NotApplicable}
}

// Gap is a row of gap.
type Gap struct {
	CustomerID   string                    `db:"customer_id"`
	ID           string                    `db:"id"`
	Control      string                    `db:"control"`
	SubjectKind  control.Kind              `db:"subject_kind"`
	SubjectID    string                    `db:"subject_id"`
	SubjectName  string                    `db:"subject_name"`
	CIID         db.Null                   `db:"ci_id"`
	WorkloadID   db.Null                   `db:"workload_id"`
	Account      string                    `db:"account"`
	Environment  string                    `db:"environment"`
	Area         control.Area              `db:"area"`
	Severity     control.Severity          `db:"severity"`
	SeverityRank int64                     `db:"severity_rank"`
	Judged       control.Verdict           `db:"judged"`
	Verdict      control.Verdict           `db:"verdict"`
	Reason       string                    `db:"reason"` // of unknown: which kind of evidence is missing; of not_applicable: condition, gone or control
	Evidence     db.JSON[control.Evidence] `db:"evidence"`
	Digest       string                    `db:"digest"`
	MeasureID    db.Null                   `db:"measure_id"`
	AcceptanceID db.Null                   `db:"acceptance_id"`
	RunID        string                    `db:"run_id"`
	Since        db.Time                   `db:"since"`
	Version      int64                     `db:"version"`
	CreatedAt    db.Time                   `db:"created_at"`
	UpdatedAt    db.Time                   `db:"updated_at"`
}

// Row is a gap as it is read: with the names of customer and workload.
type Row struct {
	Gap
	Slug         string  `db:"customer_slug"`
	CustomerName string  `db:"customer_name"`
	Workload     db.Null `db:"workload_name"`
}

// Change is a row of gap_change.
type Change struct {
	CustomerID string          `db:"customer_id"`
	ID         string          `db:"id"`
	GapID      string          `db:"gap_id"`
	RunID      db.Null         `db:"run_id"`
	At         db.Time         `db:"at"`
	Before     control.Verdict `db:"before"`
	After      control.Verdict `db:"after"`
	Reason     string          `db:"reason"`
	Drift      bool            `db:"drift"`
}

// State is how far an evaluation has come.
type State string

// The states of an evaluation.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Trigger is why an evaluation was asked for.
type Trigger string

// The triggers.
const (
	AfterDiscovery   Trigger = "discovery"
	AfterRequirement Trigger = "requirement"
	ByHand           Trigger = "manual"
)

// Run is a row of gap_run.
type Run struct {
	CustomerID     string                           `db:"customer_id"`
	ID             string                           `db:"id"`
	State          State                            `db:"state"`
	Trigger        Trigger                          `db:"trigger"`
	RequestedBy    string                           `db:"requested_by"`
	DiscoveryRunID db.Null                          `db:"discovery_run_id"`
	Controls       int64                            `db:"controls"`
	Subjects       int64                            `db:"subjects"`
	Counts         db.JSON[map[control.Verdict]int] `db:"counts"`
	Changed        int64                            `db:"changed"`
	Drifted        int64                            `db:"drifted"`
	Message        string                           `db:"message"`
	CreatedAt      db.Time                          `db:"created_at"`
	StartedAt      db.Time                          `db:"started_at"`
	FinishedAt     db.Time                          `db:"finished_at"`
	Version        int64                            `db:"version"`
}

// RunRow is an evaluation with its customer.
type RunRow struct {
	Run
	Slug         string `db:"customer_slug"`
	CustomerName string `db:"customer_name"`
}

// Acceptance is a row of acceptance.
type Acceptance struct {
	CustomerID  string  `db:"customer_id"`
	ID          string  `db:"id"`
	GapID       string  `db:"gap_id"`
	Reason      string  `db:"reason"`
	Until       db.Time `db:"until"`
	State       string  `db:"state"`
	RequestedBy string  `db:"requested_by"`
	ApprovalID  string  `db:"approval_id"`
	SignedBy    string  `db:"signed_by"`
	SignedAt    db.Time `db:"signed_at"`
	Version     int64   `db:"version"`
	CreatedAt   db.Time `db:"created_at"`
	UpdatedAt   db.Time `db:"updated_at"`
}

// AcceptanceRow is an acceptance with what it is of.
type AcceptanceRow struct {
	Acceptance
	Slug    string `db:"customer_slug"`
	Control string `db:"control"`
	Subject string `db:"subject_name"`
}

// The states of an acceptance.
const (
	Asked   = "requested"
	InForce = "signed"
	Over    = "expired"
)

// Summary is a row of gap_summary.
type Summary struct {
	CustomerID string           `db:"customer_id"`
	ID         string           `db:"id"`
	Control    string           `db:"control"`
	WorkloadID db.Null          `db:"workload_id"`
	Area       control.Area     `db:"area"`
	Severity   control.Severity `db:"severity"`
	Verdict    control.Verdict  `db:"verdict"`
	Reason     string           `db:"reason"`
	N          int64            `db:"n"`
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func rank(s control.Severity) int64 { return int64(slices.Index(control.Severities(), s)) + 1 }

const ofCustomer = ", k.slug AS customer_slug, k.name AS customer_name"

// Spec lists gaps, the worst first. Titles are words of the catalogue and no column: a search asks it which controls they are of.
func (s *Service) Spec() list.Spec {
	return list.Spec{
		From:    "{gap} g JOIN {customer} k ON k.id = g.customer_id LEFT JOIN {workload} w ON w.customer_id = g.customer_id AND w.id = g.workload_id",
		Columns: db.Columns[Gap]("g.") + ofCustomer + ", w.name AS workload_name", Key: "g.id", Sort: "severity_rank",
		Fields: []list.Field{
			{Name: "severity_rank", Column: "g.severity_rank", Kind: list.Number, Sort: true},
			{Name: "severity", Column: "g.severity", Kind: list.Choice, Filter: true, Values: words(control.Severities())},
			{Name: "verdict", Column: "g.verdict", Kind: list.Choice, Filter: true, Values: words(Verdicts())},
			{Name: "area", Column: "g.area", Kind: list.Choice, Filter: true, Values: words(control.Areas())},
			{Name: "control", Column: "g.control", Kind: list.Choice, Sort: true, Filter: true},
			{Name: "subject_kind", Column: "g.subject_kind", Kind: list.Choice, Filter: true, Values: words(control.Kinds())},
			{Name: "ci", Column: "g.ci_id", Tag: "ci_id", Kind: list.ID, Filter: true, Nullable: true},
			{Name: "workload", Column: "g.workload_id", Tag: "workload_id", Kind: list.ID, Filter: true, Nullable: true},
			{Name: "measure", Column: "g.measure_id", Tag: "measure_id", Kind: list.ID, Filter: true, Nullable: true},
			{Name: "account", Column: "g.account", Kind: list.Choice, Filter: true},
			{Name: "environment", Column: "g.environment", Kind: list.Choice, Filter: true},
			{Name: "reason", Column: "g.reason", Kind: list.Choice, Filter: true},
			{Name: "since", Column: "g.since", Kind: list.Time, Sort: true, Filter: true},
		},
		Search: s.search,
	}
}

func (s *Service) search(q string) (string, []any) {
	var all []string
	var args []any
	for _, word := range strings.Fields(strings.ToLower(q)) {
		like := "%" + list.Literal(word) + "%"
		part := "lower(g.subject_name) LIKE ? ESCAPE '!' OR g.account LIKE ? ESCAPE '!'"
		args = append(args, like, like)
		var controls []string
		for _, c := range s.catalogue.All() {
			if strings.Contains(strings.ToLower(c.ID+" "+c.Title.EN+" "+c.Title.FR), word) {
				controls = append(controls, c.ID)
			}
		}
		if len(controls) > 0 {
			part += " OR g.control IN (" + db.Marks(len(controls)) + ")"
			args = append(args, db.Anys(controls)...)
		}
		all = append(all, "("+part+")")
	}
	return strings.Join(all, " AND "), args
}

// RunSpec lists evaluations, the newest first.
var RunSpec = list.Spec{
	From: "{gap_run} r JOIN {customer} k ON k.id = r.customer_id", Columns: db.Columns[Run]("r.") + ofCustomer, Key: "r.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "created_at", Column: "r.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "state", Column: "r.state", Kind: list.Choice, Filter: true, Values: words([]State{Queued, Running, Done, Failed})},
		{Name: "trigger", Column: "r.trigger", Kind: list.Choice, Filter: true, Values: words([]Trigger{AfterDiscovery, AfterRequirement, ByHand})},
	},
}

// AcceptanceSpec lists acceptances, the newest first.
var AcceptanceSpec = list.Spec{
	From:    "{acceptance} x JOIN {gap} g ON g.customer_id = x.customer_id AND g.id = x.gap_id JOIN {customer} k ON k.id = x.customer_id",
	Columns: db.Columns[Acceptance]("x.") + ", k.slug AS customer_slug, g.control, g.subject_name", Key: "x.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "created_at", Column: "x.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "until", Column: "x.until", Kind: list.Time, Filter: true},
		{Name: "state", Column: "x.state", Kind: list.Choice, Filter: true, Values: []string{Asked, InForce, Over}},
		{Name: "gap", Column: "x.gap_id", Tag: "gap_id", Kind: list.ID, Filter: true},
	},
}

// counted is the verdict that counts, of what the engine said and an acceptance that may be in force.
func counted(judged control.Verdict, until db.Time, now time.Time) control.Verdict {
	if judged == control.Fail && !until.IsZero() && now.Before(until.Time) {
		return Accepted
	}
	return judged
}
