package transfer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// State is how far a removal has come.
type State string

// The states. Only Requested can be cancelled; Ordered is carried out until it is Done.
const (
	Requested State = "requested"
	Ordered   State = "ordered"
	Done      State = "done"
	Cancelled State = "cancelled"
)

// States lists them in their order.
func States() []State { return []State{Requested, Ordered, Done, Cancelled} }

// next tells whether a removal may go from one state to another.
func next(from, to State) bool {
	return slices.Contains(map[State][]State{Requested: {Ordered, Cancelled}, Ordered: {Done}}[from], to)
}

// Purpose is what the approval of a removal is for.
const Purpose = "customer.removal"

// removal is a row of customer_removal.
type removal struct {
	ID           string                    `db:"id"`
	CustomerID   string                    `db:"customer_id"`
	Slug         string                    `db:"slug"`
	Name         string                    `db:"name"`
	State        State                     `db:"state"`
	Reason       string                    `db:"reason"`
	ExportDigest string                    `db:"export_digest"`
	ApprovalID   string                    `db:"approval_id"`
	Receipt      string                    `db:"receipt"`
	Counts       db.JSON[map[string]int64] `db:"counts"`
	RequestedBy  string                    `db:"requested_by"`
	RequestedAt  db.Time                   `db:"requested_at"`
	OrderedBy    string                    `db:"ordered_by"`
	OrderedAt    db.Time                   `db:"ordered_at"`
	FinishedAt   db.Time                   `db:"finished_at"`
	Version      int64                     `db:"version"`
}

// Removal is the order to remove a customer, as others see it.
type Removal struct {
	ID           string           `json:"id"`
	CustomerID   string           `json:"customer_id"`
	Slug         string           `json:"slug" doc:"Of the customer at the time of the request."`
	Name         string           `json:"name"`
	State        State            `json:"state" enum:"requested,ordered,done,cancelled"`
	Reason       string           `json:"reason"`
	ExportDigest string           `json:"export_digest" doc:"SHA-256 of the manifest of the export that was handed over before; empty for none."`
	Approval     string           `json:"approval" doc:"Id of the approval to be signed."`
	Receipt      string           `json:"receipt" doc:"The signed receipt, for vigie audit verify --receipt; empty until it is signed."`
	Removed      map[string]int64 `json:"removed" doc:"Rows that were removed, by table."`
	RequestedBy  string           `json:"requested_by"`
	RequestedAt  db.Time          `json:"requested_at"`
	OrderedBy    string           `json:"ordered_by"`
	OrderedAt    db.Time          `json:"ordered_at"`
	FinishedAt   db.Time          `json:"finished_at"`
	Version      int64            `json:"version"`
}

// Revision makes the ETag.
func (r Removal) Revision() int64 { return r.Version }

// Self is the record's address below /api/v1.
func (r Removal) Self() string { return "/customer-removals/" + r.ID }

func (r removal) shown() Removal {
	out := Removal{ID: r.ID, CustomerID: r.CustomerID, Slug: r.Slug, Name: r.Name, State: r.State, Reason: r.Reason, ExportDigest: r.ExportDigest, Approval: r.ApprovalID,
		Receipt: r.Receipt, Removed: r.Counts.V, RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt, OrderedBy: r.OrderedBy, OrderedAt: r.OrderedAt,
		FinishedAt: r.FinishedAt, Version: r.Version}
	if out.Removed == nil {
		out.Removed = map[string]int64{}
	}
	return out
}

// NewRemoval is the input of RequestRemoval.
type NewRemoval struct {
	Customer     string `json:"customer" doc:"Slug or id."`
	Reason       string `json:"reason" doc:"Why, as the one who signs will read it."`
	ExportDigest string `json:"export_digest,omitempty" doc:"SHA-256 of the manifest of the export that was handed over."`
}

// Validate names every bad field.
func (n *NewRemoval) Validate() error {
	var bad fault.Fields
	n.Reason, n.ExportDigest = strings.TrimSpace(n.Reason), strings.ToLower(strings.TrimSpace(n.ExportDigest))
	if c := utf8.RuneCountInString(n.Reason); c < 3 || c > 2000 {
		bad.Add("reason", "transfer.field.reason", "min", 3, "max", 2000)
	}
	if n.ExportDigest != "" && (len(n.ExportDigest) != 64 || strings.Trim(n.ExportDigest, "0123456789abcdef") != "") {
		bad.Add("export_digest", "transfer.field.digest")
	}
	return bad.Err()
}

// RemovalSpec is how removals are listed.
var RemovalSpec = list.Spec{
	From: "{customer_removal} r", Columns: db.Columns[removal]("r."), Key: "r.id", Sort: "-id",
	Fields: []list.Field{
		{Name: "id", Column: "r.id", Kind: list.ID, Sort: true, Filter: true},
		{Name: "state", Column: "r.state", Kind: list.Choice, Filter: true, Values: []string{string(Requested), string(Ordered), string(Done), string(Cancelled)}},
		{Name: "slug", Column: "r.slug", Kind: list.Text, Sort: true, Filter: true},
		{Name: "requested_at", Column: "r.requested_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("r.slug", "r.name", "r.reason"),
}

// content is exactly what is signed, in the language of the customer: what goes, and what stays.
func (r removal) content(p *i18n.Printer, rows map[string]int64, files, people int) string {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("%s\n", p.T("transfer.order.title", "name", r.Name, "slug", r.Slug, "id", r.CustomerID))
	line("%s", p.T("transfer.order.asked", "name", r.RequestedBy, "time", r.RequestedAt.UTC().Format("2006-01-02 15:04 UTC")))
	line("%s\n", p.T("transfer.order.reason", "reason", r.Reason))
	if r.ExportDigest != "" {
		line("%s\n", p.T("transfer.order.exported", "digest", r.ExportDigest))
	} else {
		line("%s\n", p.T("transfer.order.not_exported"))
	}
	line("%s\n", p.T("transfer.order.what"))
	line("- %s", p.N("transfer.order.people", people))
	line("- %s", p.N("transfer.order.files", files))
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		if n := rows[table]; n > 0 {
			line("- %s: %d", table, n)
		}
	}
	line("\n%s", p.T("transfer.order.stays"))
	return b.String()
}
