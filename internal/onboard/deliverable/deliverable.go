package deliverable

import (
	"encoding/json"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Status is how far a version has come. It follows from its approval.
type Status string

// The states.
const (
	Draft      Status = "draft"
	InApproval Status = "in_approval"
	Approved   Status = "approved"
	Superseded Status = "superseded"
	Returned   Status = "returned" // refused, withdrawn or run out: it is to be worked on
)

// Statuses lists all states.
func Statuses() []Status { return []Status{Draft, InApproval, Approved, Superseded, Returned} }

func statusNames() (out []string) {
	for _, s := range Statuses() {
		out = append(out, string(s))
	}
	return out
}

// statusOf is the state of a version: approved is the number of the version that was signed last.
func statusOf(signature approval.State, number, approved int64) Status {
	switch signature {
	case "":
		return Draft
	case approval.Requested:
		return InApproval
	case approval.Signed:
		if number < approved {
			return Superseded
		}
		return Approved
	}
	return Returned
}

// editable tells whether a version of this state can still be changed itself. A returned one stays as it was refused: the next version
// takes its place.
func (s Status) editable() bool { return s == Draft }

// deliverableRow is a row of deliverable.
type deliverableRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Kind       string  `db:"kind"`
	Title      string  `db:"title"`
	Language   string  `db:"language"`
	Number     int64   `db:"number"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	UpdatedAt  db.Time `db:"updated_at"`
}

// Deliverable is one of the six documents of a customer.
type Deliverable struct {
	deliverableRow
	Customer       string `db:"slug"`
	CustomerName   string `db:"customer_name"`
	Status         Status `db:"status"` // of the latest version
	ApprovedNumber int64  `db:"approved_number"`
}

func (d Deliverable) record() audit.Record {
	return audit.Record{Type: "deliverable", ID: d.ID, Name: d.Title}
}

// versionRow is a row of deliverable_version.
type versionRow struct {
	CustomerID    string                   `db:"customer_id"`
	ID            string                   `db:"id"`
	DeliverableID string                   `db:"deliverable_id"`
	Number        int64                    `db:"number"`
	Data          db.JSON[json.RawMessage] `db:"data"`
	Filled        db.JSON[json.RawMessage] `db:"filled"`
	FilledAt      db.Time                  `db:"filled_at"`
	Note          string                   `db:"note"`
	SHA256        string                   `db:"sha256"` // of what was shown to the signer
	ApprovalID    db.Null                  `db:"approval_id"`
	CreatedBy     string                   `db:"created_by"`
	CreatedAt     db.Time                  `db:"created_at"`
	UpdatedAt     db.Time                  `db:"updated_at"`
}

// Version is one version of a deliverable, with what became of its approval.
type Version struct {
	versionRow
	Signature approval.State `db:"signature"`
	Signer    string         `db:"signer"`
	ClosedAt  db.Time        `db:"closed_at"`
	Reason    string         `db:"reason"`
	Status    Status         `db:"-"`
}

// signedNumber is the number of the version of {deliverable} d that was signed last; 0 for none.
const signedNumber = `COALESCE((SELECT MAX(s.number) FROM {deliverable_version} s JOIN {approval} t ON t.customer_id = s.customer_id AND t.id = s.approval_id
	WHERE s.customer_id = d.customer_id AND s.deliverable_id = d.id AND t.state = 'signed'), 0)`

// latestStatus is statusOf in SQL, of the latest version.
const latestStatus = `CASE WHEN a.state IS NULL THEN 'draft' WHEN a.state = 'requested' THEN 'in_approval' WHEN a.state = 'signed' THEN 'approved' ELSE 'returned' END`

// Spec is how deliverables are listed.
var Spec = list.Spec{
	From: `{deliverable} d JOIN {customer} k ON k.id = d.customer_id
		JOIN {deliverable_version} v ON v.customer_id = d.customer_id AND v.deliverable_id = d.id AND v.number = d.number
		LEFT JOIN {approval} a ON a.customer_id = v.customer_id AND a.id = v.approval_id`,
	Columns: db.Columns[deliverableRow]("d.") + ", k.slug, k.name AS customer_name, " + latestStatus + " AS status, " + signedNumber + " AS approved_number",
	Key:     "d.id", Sort: "title",
	Fields: []list.Field{
		{Name: "title", Column: "d.title", Kind: list.Text, Sort: true, Filter: true},
		{Name: "kind", Column: "d.kind", Kind: list.Choice, Sort: true, Filter: true, Values: Names()},
		{Name: "status", Column: latestStatus, Kind: list.Choice, Filter: true, Values: statusNames()},
		{Name: "language", Column: "d.language", Kind: list.Choice, Filter: true, Values: languages},
		{Name: "updated_at", Column: "d.updated_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("d.title", "k.name"),
}

// Kinds are the types of records of this room.
func Kinds() []subject.Kind {
	return []subject.Kind{{Type: "deliverable", Table: "deliverable", Title: "title", Read: permission.DeliverableRead, Write: permission.DeliverableWrite,
		Page: func(id string) string { return "/deliverables/" + id }}}
}

// NewDeliverable is the input of Create.
type NewDeliverable struct {
	Customer string `json:"customer" doc:"Slug or id."`
	Kind     string `json:"kind" enum:"contacts,workflow,alerts,requests,incident_report,service_review"`
}

// ChangeDeliverable is the input of Change: what is nil stays.
type ChangeDeliverable struct {
	Data *json.RawMessage
	Note *string
}

// maxNote is how long the word about a version may be.
const maxNote = 500

func trimmed(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n") }
