package estimate

import (
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// State is how far an estimate has come.
type State string

// The states.
const (
	Draft      State = "draft"
	Issued     State = "issued"
	Superseded State = "superseded"
)

func stateNames() []string { return []string{string(Draft), string(Issued), string(Superseded)} }

// row is a row of estimate.
type row struct {
	CustomerID   string  `db:"customer_id"`
	ID           string  `db:"id"`
	Reference    string  `db:"reference"`
	Title        string  `db:"title"`
	State        State   `db:"state"`
	AssessmentID db.Null `db:"assessment_id"`
	ReplacesID   db.Null `db:"replaces_id"`
	Latest       int64   `db:"latest"`
	Tier         string  `db:"tier"`
	Currency     string  `db:"currency"`
	SetupLow     int64   `db:"setup_low"`
	SetupLikely  int64   `db:"setup_likely"`
	SetupHigh    int64   `db:"setup_high"`
	MonthLow     int64   `db:"month_low"`
	MonthLikely  int64   `db:"month_likely"`
	MonthHigh    int64   `db:"month_high"`
	Missing      int64   `db:"missing"`
	IssuedAt     db.Time `db:"issued_at"`
	IssuedBy     string  `db:"issued_by"`
	CreatedBy    string  `db:"created_by"`
	CreatedAt    db.Time `db:"created_at"`
	UpdatedAt    db.Time `db:"updated_at"`
	Version      int64   `db:"version"`
}

// listed is a row with the slug of its customer.
type listed struct {
	row
	Slug string `db:"slug"`
}

// versionRow is a row of estimate_version.
type versionRow struct {
	CustomerID   string           `db:"customer_id"`
	ID           string           `db:"id"`
	EstimateID   string           `db:"estimate_id"`
	Number       int64            `db:"number"`
	ModelID      string           `db:"model_id"`
	ModelVersion string           `db:"model_version"`
	ModelHash    string           `db:"model_hash"`
	Model        db.JSON[Model]   `db:"model"`
	Answers      db.JSON[Answers] `db:"answers"`
	WhatIf       db.JSON[WhatIf]  `db:"what_if"`
	Result       db.JSON[Result]  `db:"result"`
	Note         string           `db:"note"`
	CreatedBy    string           `db:"created_by"`
	CreatedAt    db.Time          `db:"created_at"`
}

// Estimate is one estimate, as answered: its sums are those of its latest version.
type Estimate struct {
	ID         string  `json:"id" doc:"UUID."`
	Customer   string  `json:"customer" doc:"Slug."`
	Reference  string  `json:"reference" doc:"EST-7; empty until it is issued."`
	Title      string  `json:"title"`
	State      State   `json:"state" enum:"draft,issued,superseded"`
	Assessment string  `json:"assessment" doc:"Id of the assessment whose answers it was made from; empty for none."`
	Replaces   string  `json:"replaces" doc:"Id of the estimate in whose place it comes; empty for none."`
	Latest     int64   `json:"latest" doc:"Number of the latest version."`
	Tier       string  `json:"tier" doc:"Hours of service that are likely."`
	Setup      Cost    `json:"setup"`
	Month      Cost    `json:"month"`
	Missing    int64   `json:"missing" doc:"How many answers are missing."`
	IssuedAt   db.Time `json:"issued_at"`
	IssuedBy   string  `json:"issued_by"`
	CreatedBy  string  `json:"created_by"`
	CreatedAt  db.Time `json:"created_at"`
	UpdatedAt  db.Time `json:"updated_at"`
	Version    int64   `json:"version" doc:"Of the record, for If-Match."`
}

// Revision makes the ETag.
func (e Estimate) Revision() int64 { return e.Version }

// Self is the record's address below /api/v1.
func (e Estimate) Self() string { return "/estimates/" + e.ID }

func (l listed) shown() Estimate {
	coin := func(n int64) Money {
		p := places(l.Currency)
		return Money{decimal.New(n, -p).StringFixed(p), l.Currency}
	}
	return Estimate{ID: l.ID, Customer: l.Slug, Reference: l.Reference, Title: l.Title, State: l.State, Assessment: string(l.AssessmentID), Replaces: string(l.ReplacesID),
		Latest: l.Latest, Tier: l.Tier, Missing: l.Missing, IssuedAt: l.IssuedAt, IssuedBy: l.IssuedBy, CreatedBy: l.CreatedBy, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt, Version: l.Version,
		Setup: Cost{coin(l.SetupLow), coin(l.SetupLikely), coin(l.SetupHigh)}, Month: Cost{coin(l.MonthLow), coin(l.MonthLikely), coin(l.MonthHigh)}}
}

// sums puts the result of the latest version into the record.
func (r *row) sums(v Version) {
	least := func(m Money) int64 { return decimal.RequireFromString(m.Amount).Shift(places(m.Currency)).IntPart() }
	s, m := v.Result.Setup.Cost, v.Result.Month.Cost
	r.SetupLow, r.SetupLikely, r.SetupHigh = least(s.Low), least(s.Likely), least(s.High)
	r.MonthLow, r.MonthLikely, r.MonthHigh = least(m.Low), least(m.Likely), least(m.High)
	r.Latest, r.Tier, r.Currency, r.Missing = v.Number, v.Result.Tier, v.Result.Currency, int64(len(v.Result.Missing))
}

// Version is one computation of an estimate.
type Version struct {
	ID           string  `json:"id"`
	Estimate     string  `json:"estimate"`
	Number       int64   `json:"number"`
	ModelName    string  `json:"model"`
	ModelVersion string  `json:"model_version"`
	ModelHash    string  `json:"model_sha256"`
	Answers      Answers `json:"answers"`
	WhatIf       WhatIf  `json:"what_if"`
	Result       Result  `json:"result"`
	Note         string  `json:"note"`
	CreatedBy    string  `json:"created_by"`
	CreatedAt    db.Time `json:"created_at"`

	model Model
}

func (v versionRow) shown() Version {
	return Version{ID: v.ID, Estimate: v.EstimateID, Number: v.Number, ModelName: v.ModelID, ModelVersion: v.ModelVersion, ModelHash: v.ModelHash, Answers: v.Answers.V, WhatIf: v.WhatIf.V,
		Result: v.Result.V, Note: v.Note, CreatedBy: v.CreatedBy, CreatedAt: v.CreatedAt, model: v.Model.V}
}

// NewEstimate is the input of Create. The customer suffices: then the answers are those of its latest assessment, if there is one.
type NewEstimate struct {
	Customer   string         `json:"customer,omitempty" doc:"Slug or id; may be left out where an assessment is named."`
	Assessment string         `json:"assessment,omitempty" doc:"Id of the assessment whose answers it is made from; the latest of the customer unless said otherwise."`
	Title      string         `json:"title,omitempty"`
	Answers    map[string]any `json:"answers,omitempty" doc:"By the id of a question, beside or in place of those of the assessment."`
	WhatIf     WhatIf         `json:"what_if,omitempty"`
	Note       string         `json:"note,omitempty"`
}

// NewVersion is the input of Compute: the estimate computed again, by the answers and the model of today.
type NewVersion struct {
	Answers map[string]any `json:"answers,omitempty" doc:"Beside or in place of those of the assessment, or of the version before where there is none; null takes one out."`
	WhatIf  WhatIf         `json:"what_if,omitempty"`
	Note    string         `json:"note,omitempty" doc:"Why, for whoever compares versions."`
}

// ChangeEstimate is the input of Update.
type ChangeEstimate struct {
	Title *string `json:"title,omitempty"`
}

const maxText = 200

func checkText(bad *fault.Fields, field, text string, required bool) {
	if n := utf8.RuneCountInString(text); n > maxText || required && n == 0 {
		bad.Add(field, "estimates.field.text", "max", maxText)
	}
}

func (n *NewEstimate) validate() error {
	var bad fault.Fields
	n.Title, n.Note = strings.TrimSpace(n.Title), strings.TrimSpace(n.Note)
	checkText(&bad, "title", n.Title, false)
	checkText(&bad, "note", n.Note, false)
	return bad.Err()
}

// trail is what the audit trail keeps of an estimate: what people would compare.
func (e Estimate) trail() map[string]any {
	coin := func(c Cost) string { return c.Likely.Amount + " " + c.Likely.Currency }
	return map[string]any{"reference": e.Reference, "title": e.Title, "state": e.State, "latest": e.Latest, "tier": e.Tier, "setup": coin(e.Setup), "month": coin(e.Month), "missing": e.Missing}
}

const kind = "estimate"

func (r row) record() audit.Record {
	name := r.Title
	if r.Reference != "" {
		name = r.Reference + " " + r.Title
	}
	return audit.Record{Type: kind, ID: r.ID, Name: name}
}

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{{Type: kind, Table: "estimate", Title: "title", Read: permission.EstimateRead, Write: permission.EstimateWrite, Page: func(id string) string { return "/estimates/" + id }}}
}

// Spec is how estimates are listed.
var Spec = list.Spec{
	From: "{estimate} e JOIN {customer} c ON c.id = e.customer_id", Columns: db.Columns[row]("e.") + ", c.slug", Key: "e.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "e.id", Kind: list.ID, Filter: true},
		{Name: "reference", Column: "e.reference", Kind: list.Text, Filter: true},
		{Name: "title", Column: "e.title", Kind: list.Text, Sort: true, Filter: true},
		{Name: "state", Column: "e.state", Kind: list.Choice, Values: stateNames(), Filter: true},
		{Name: "tier", Column: "e.tier", Kind: list.Choice, Values: Tiers, Filter: true},
		{Name: "assessment", Column: "e.assessment_id", Kind: list.ID, Filter: true, Nullable: true},
		{Name: "setup", Column: "e.setup_likely", Kind: list.Number, Sort: true},
		{Name: "month", Column: "e.month_likely", Kind: list.Number, Sort: true},
		{Name: "created_at", Column: "e.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "updated_at", Column: "e.updated_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "issued_at", Column: "e.issued_at", Kind: list.Time, Filter: true, Nullable: true},
	},
	Search: list.Words("e.title", "e.reference", "c.name"),
}
