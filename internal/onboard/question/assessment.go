package question

import (
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// State is how far an assessment has come.
type State string

// The states.
const (
	Open     State = "open"
	HandedIn State = "handed_in"
	Reopened State = "reopened"
	Reviewed State = "reviewed"
)

// States lists all states.
func States() []State { return []State{Open, HandedIn, Reopened, Reviewed} }

func stateNames() (out []string) {
	for _, s := range States() {
		out = append(out, string(s))
	}
	return out
}

// Answerable tells whether answers can be given.
func (s State) Answerable() bool { return s == Open || s == Reopened }

// next is the state machine. Faults: conflict.
func next(from, to State) error {
	ok := false
	switch to {
	case HandedIn:
		ok = from.Answerable()
	case Reviewed:
		ok = from == HandedIn
	case Reopened:
		ok = from == HandedIn || from == Reviewed
	}
	if ok {
		return nil
	}
	if to == HandedIn {
		return fault.New(fault.Conflict, "question.locked")
	}
	return fault.New(fault.Conflict, "question.not_handed_in")
}

// Assessment is one questionnaire put to one customer, as stored.
type Assessment struct {
	CustomerID    string  `db:"customer_id"`
	ID            string  `db:"id"`
	Kind          string  `db:"kind"`
	Title         string  `db:"title"`
	Questionnaire string  `db:"questionnaire"`
	FormVersion   int64   `db:"form_version"`
	State         State   `db:"state"`
	Answered      int64   `db:"answered"`
	Shown         int64   `db:"shown"`
	Missing       int64   `db:"missing"`
	Reason        string  `db:"reason"` // of the last reopening
	HandedInAt    db.Time `db:"handed_in_at"`
	HandedInBy    string  `db:"handed_in_by"`
	ReviewedAt    db.Time `db:"reviewed_at"`
	ReviewedBy    string  `db:"reviewed_by"`
	Remark        string  `db:"remark"` // of the review
	CreatedBy     string  `db:"created_by"`
	CreatedAt     db.Time `db:"created_at"`
	UpdatedAt     db.Time `db:"updated_at"`
	Version       int64   `db:"version"`
}

// row is an assessment with its customer.
type row struct {
	Assessment
	Slug     string `db:"slug"`
	Customer string `db:"customer"`
	Language string `db:"language"`
	TimeZone string `db:"time_zone"`
}

// formRow is one version of a questionnaire, as the customer's assessments have it.
type formRow struct {
	CustomerID    string                 `db:"customer_id"`
	Questionnaire string                 `db:"questionnaire"`
	Version       int64                  `db:"version"`
	Body          db.JSON[Questionnaire] `db:"body"`
}

// Given is one answer: what, to which version of the questionnaire, by whom and when. A value of nil is an answer that was taken away.
type Given struct {
	CustomerID   string       `db:"customer_id"`
	AssessmentID string       `db:"assessment_id"`
	Question     string       `db:"question"`
	Value        db.JSON[any] `db:"value"`
	FormVersion  int64        `db:"form_version"`
	ByKind       string       `db:"by_kind"`
	ByID         string       `db:"by_id"` // of the person, or of the link
	ByName       string       `db:"by_name"`
	At           db.Time      `db:"at"`
	Version      int64        `db:"version"`
}

// by names the actor of an answer.
func by(a permission.Actor) (kind, id, name string) {
	if a.Kind == permission.Link {
		return string(a.Kind), a.Via, a.Name
	}
	return string(a.Kind), a.ID, a.Name
}

// NewAssessment is the input of Create.
type NewAssessment struct {
	Customer      string `json:"customer" doc:"Slug or id."`
	Questionnaire string `json:"questionnaire,omitempty" doc:"Id; base by default."`
	Title         string `json:"title,omitempty" doc:"That of the questionnaire in the customer's language by default."`
}

const (
	maxTitle  = 200
	maxReason = 2000
)

// Validate names every bad field.
func (n *NewAssessment) Validate() error {
	var bad fault.Fields
	n.Title = strings.TrimSpace(n.Title)
	if n.Questionnaire == "" {
		n.Questionnaire = Base
	}
	checkTitle(&bad, n.Title, true)
	return bad.Err()
}

func checkTitle(bad *fault.Fields, title string, empty bool) {
	if n := utf8.RuneCountInString(title); n > maxTitle || n == 0 && !empty || !utf8.ValidString(title) || strings.ContainsRune(title, 0) {
		bad.Add("title", "question.bad.title", "max", maxTitle)
	}
}

// ChangeAssessment is the input of Update: what is nil stays.
type ChangeAssessment struct {
	Title *string `json:"title,omitempty"`
}

// reasoned checks what is said to a reopening, which must be said, or to a review.
func reasoned(text, field string, required bool) (string, error) {
	var bad fault.Fields
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n > maxReason || required && n == 0 || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		bad.Add(field, "question.bad.reason", "max", maxReason)
	}
	return text, bad.Err()
}

// NewLink is the input of CreateLink.
type NewLink struct {
	Name     string   `json:"name" doc:"Whom it is for: their answers are kept under this name."`
	Email    string   `json:"email,omitempty" doc:"Where it is mailed to; it is not mailed without one."`
	Language string   `json:"language,omitempty" doc:"en or fr; default is the customer's."`
	Sections []string `json:"sections,omitempty" doc:"Ids of the sections that it reaches; all by default. Only a link to all can hand in."`
	// Days until it expires.
	Days int `json:"days,omitempty" doc:"Until it expires, 1 to 90; default 14."`
}

func (n NewLink) expires(now time.Time) time.Time {
	if n.Days == 0 {
		return time.Time{}
	}
	return now.Add(time.Duration(n.Days) * 24 * time.Hour)
}

const kind = "assessment"

func record(s Assessment) audit.Record { return audit.Record{Type: kind, ID: s.ID, Name: s.Title} }

// Subjects are the types of records of this room.
func Subjects() []subject.Kind {
	return []subject.Kind{{Type: kind, Table: "assessment", Title: "title", Read: permission.AssessmentRead, Write: permission.AssessmentWrite,
		Page: func(id string) string { return "/assessments/" + id }}}
}

// Spec is how assessments are listed.
var Spec = list.Spec{
	From:    "{assessment} s JOIN {customer} c ON c.id = s.customer_id",
	Columns: db.Columns[Assessment]("s.") + ", c.slug, c.name AS customer, c.language, c.time_zone", Key: "s.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "s.id", Kind: list.ID, Filter: true},
		{Name: "title", Column: "s.title", Kind: list.Text, Sort: true, Filter: true},
		{Name: "kind", Column: "s.kind", Kind: list.Choice, Filter: true, Values: []string{Base, Full}},
		{Name: "questionnaire", Column: "s.questionnaire", Kind: list.Choice, Filter: true},
		{Name: "state", Column: "s.state", Kind: list.Choice, Filter: true, Values: stateNames()},
		{Name: "missing", Column: "s.missing", Kind: list.Number, Filter: true},
		{Name: "handed_in_at", Column: "s.handed_in_at", Kind: list.Time, Filter: true, Nullable: true},
		{Name: "created_at", Column: "s.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "updated_at", Column: "s.updated_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("s.title", "c.name"),
}
