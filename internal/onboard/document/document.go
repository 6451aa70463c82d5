package document

import (
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
)

// Document is a paper that somebody must keep true: where it is, which edition holds, when it is looked at again, and how far the asking for
// it has come.
type Document struct {
	register.Head
	Title    string        `db:"title" json:"title" field:"text required sort filter search"`
	State    string        `db:"state" json:"state" field:"choice values=listed|requested|received|reviewed|accepted|refused|waived default=listed sort filter fixed" doc:"How far the asking for it has come; changed by ask, versions, reviews and waive."`
	Kind     string        `db:"kind" json:"kind" field:"text max=60 sort filter help" doc:"Id of its kind, out of the catalogue: architecture, network, runbook-incidents, ..."`
	Workload db.Null       `db:"workload_id" json:"workload" field:"ref to=workload filter" doc:"Id of the workload that it is about, if it is about one."`
	OwedBy   db.Null       `db:"owed_by_id" json:"owed_by" field:"ref to=contact filter help" doc:"Id of the contact who hands it in."`
	DueOn    register.Date `db:"due_on" json:"due_on" field:"date sort filter help" doc:"Until when it is wanted."`
	AskedAt  db.Time       `db:"asked_at" json:"asked_at" field:"instant sort filter fixed extra" doc:"When it was asked for, or refused, last."`
	Quality  string        `db:"quality" json:"quality" field:"choice values=good|usable|poor sort filter fixed extra" doc:"What the last review said of it."`
	Type     string        `db:"type" json:"type" field:"choice values=contract|policy|procedure|runbook|architecture|report|evidence|other default=procedure sort filter extra"`
	Status   string        `db:"status" json:"status" field:"choice values=draft|current|superseded|withdrawn default=draft required sort filter extra"`
	Edition  string        `db:"edition" json:"edition" field:"text max=40 sort filter help extra" doc:"Version of the document, as it calls itself."`
	Owner    db.Null       `db:"owner_id" json:"owner" field:"ref to=person filter extra" doc:"Id of the user who answers for it."`
	ReviewOn register.Date `db:"review_on" json:"review_on" field:"date sort filter help" doc:"When it is looked at again."`
	Link     string        `db:"link" json:"link" field:"url extra help" doc:"Where it is kept, if elsewhere."`
	Summary  string        `db:"summary" json:"summary" field:"long search extra"`
	register.Tail
}

// state is that of a document, typed.
func (d Document) state() State { return State(d.State) }

// Version is one file that was handed in for a document.
type Version struct {
	CustomerID string  `db:"customer_id" json:"-"`
	ID         string  `db:"id" json:"id"`
	DocumentID string  `db:"document_id" json:"document"`
	Number     int64   `db:"number" json:"number" doc:"1, 2, ..."`
	FileID     string  `db:"file_id" json:"attachment" doc:"Id of the attachment."`
	Name       string  `db:"name" json:"name"`
	MediaType  string  `db:"media_type" json:"media_type"`
	Size       int64   `db:"size" json:"size" doc:"Bytes."`
	SHA256     string  `db:"sha256" json:"sha256"`
	Edition    string  `db:"edition" json:"edition" doc:"As the document calls itself."`
	Remarks    string  `db:"remarks" json:"remarks"`
	HandedBy   string  `db:"handed_by" json:"handed_by" doc:"Name of whoever handed it in."`
	Via        string  `db:"via" json:"via" doc:"link, or account."`
	CreatedAt  db.Time `db:"created_at" json:"created_at"`
}

// Review is what somebody says after reading a version.
type Review struct {
	CustomerID string  `db:"customer_id" json:"-"`
	ID         string  `db:"id" json:"id"`
	DocumentID string  `db:"document_id" json:"document"`
	VersionID  string  `db:"version_id" json:"version" doc:"Id of the version that was read."`
	Number     int64   `db:"number" json:"number" doc:"Of that version."`
	Verdict    string  `db:"verdict" json:"verdict" doc:"reviewed, accepted or refused."`
	Quality    string  `db:"quality" json:"quality" doc:"good, usable or poor."`
	Remarks    string  `db:"remarks" json:"remarks"`
	ReviewedBy string  `db:"reviewed_by" json:"reviewed_by" doc:"Name."`
	ReviewerID db.Null `db:"reviewer_id" json:"reviewer" doc:"Id of the user."`
	CreatedAt  db.Time `db:"created_at" json:"created_at"`
}

// The qualities of a document.
const (
	Good   = "good"
	Usable = "usable"
	Poor   = "poor"
)

func qualities() []string { return []string{Good, Usable, Poor} }

const maxRemarks = 4000

// NewReview is the input of Review.
type NewReview struct {
	Verdict string `json:"verdict" enum:"reviewed,accepted,refused" doc:"reviewed keeps the decision for later."`
	Quality string `json:"quality" enum:"good,usable,poor"`
	Remarks string `json:"remarks,omitempty" doc:"What is missing or wrong; needed to refuse."`
}

// Validate names every bad field. A document that cannot be worked with is not accepted, and nothing is refused without a reason.
func (n *NewReview) Validate() error {
	var bad fault.Fields
	n.Remarks = strings.TrimSpace(n.Remarks)
	if !slices.Contains(verdicts(), n.Verdict) {
		bad.Add("verdict", "api.field.choice", "value", strings.Join(verdicts(), ", "))
	}
	if !slices.Contains(qualities(), n.Quality) {
		bad.Add("quality", "api.field.choice", "value", strings.Join(qualities(), ", "))
	} else if n.Quality == Poor && n.Verdict == string(Accepted) {
		bad.Add("quality", "documents.bad.poor")
	}
	if n.Verdict == string(Refused) && n.Remarks == "" {
		bad.Add("remarks", "documents.bad.reason")
	}
	checkText(&bad, "remarks", n.Remarks, maxRemarks)
	return bad.Err()
}

func verdicts() []string { return []string{string(Reviewed), string(Accepted), string(Refused)} }

func checkText(bad *fault.Fields, path, text string, most int) {
	if utf8.RuneCountInString(text) > most || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		bad.Add(path, "register.bad.long", "max", most)
	}
}
