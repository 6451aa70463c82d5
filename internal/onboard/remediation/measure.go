package remediation

import (
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/intake"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// The states of a measure.
const (
	Proposed   = "proposed"
	Planned    = "planned"
	InProgress = "in_progress"
	Done       = "done"
	Cancelled  = "cancelled"
)

// The ways in which a measure closes.
const (
	ByEvidence = "evidence"
	ByProof    = "proof"
)

// Measure is what is done about gaps, or about something that no control sees.
type Measure struct {
	register.Head
	Title       string         `db:"title" json:"title" field:"text required sort filter search"`
	State       string         `db:"state" json:"state" field:"choice values=proposed|planned|in_progress|done|cancelled default=proposed required sort filter" doc:"done is never set here: see the operation that closes a measure."`
	Priority    string         `db:"priority" json:"priority" field:"choice values=p1|p2|p3|p4 default=p3 required sort filter" doc:"p1 is the most urgent."`
	Side        string         `db:"side" json:"side" field:"choice values=msp|customer default=msp required sort filter" doc:"Who does it: the provider or the customer."`
	Workload    db.Null        `db:"workload_id" json:"workload" field:"ref to=workload filter" doc:"Id of the workload, if it is about one."`
	Due         register.Date  `db:"due" json:"due" field:"date sort filter section=plan"`
	Owner       db.Null        `db:"owner_id" json:"owner" field:"ref to=person filter section=plan" doc:"Id of the user who answers for it."`
	Contact     db.Null        `db:"contact_id" json:"contact" field:"ref to=contact filter extra section=plan" doc:"Id of the contact who does it, where it is the customer's."`
	Milestone   db.Null        `db:"milestone_id" json:"milestone" field:"ref to=milestone filter extra section=plan" doc:"Id of the milestone that it leads to."`
	StartsOn    register.Date  `db:"starts_on" json:"starts_on" field:"date sort filter extra section=plan"`
	Effort      *int64         `db:"effort_minutes" json:"effort_minutes" field:"number max=60000 sort section=plan help" doc:"Work in minutes."`
	Cost        register.Money `db:"cost" json:"cost" field:"money extra section=plan help"`
	Description string         `db:"description" json:"description" field:"long search extra"`

	Control   string            `db:"control" json:"control" doc:"Id of the control whose gaps it closes; empty for one that was made by hand."`
	Risk      int64             `db:"risk" json:"risk" doc:"Points of risk that its open gaps weigh."`
	Points    int64             `db:"points" json:"points" doc:"Of the priority, when it was proposed."`
	Why       db.JSON[[]Reason] `db:"why" json:"why" file:"-" doc:"What the points are made of."`
	ClosedAt  db.Time           `db:"closed_at" json:"closed_at"`
	ClosedBy  string            `db:"closed_by" json:"closed_by"`
	ClosedHow string            `db:"closed_how" json:"closed_how" doc:"evidence or proof."`
	register.Tail
}

var measures = register.Declaration[Measure]{Name: "measure", Path: "/measures", Icon: "list-check", Title: "title", Sort: "priority", Read: permission.MeasureRead, Write: permission.MeasureWrite,
	Status: "state", Tones: map[string]ui.Tone{Proposed: ui.Off, Planned: ui.Info, InProgress: ui.Busy, Done: ui.Good},
	Check: func(m Measure, bad *fault.Fields) {
		switch {
		case m.State == Done && m.ClosedAt.IsZero():
			bad.Add("state", "remediation.bad.done")
		case m.State != Done && !m.ClosedAt.IsZero():
			bad.Add("state", "remediation.bad.reopen")
		}
		if m.StartsOn.Valid() && m.Due.Valid() && m.Due < m.StartsOn {
			bad.Add("due", "register.bad.order")
		}
	}}

// Open tells whether the measure is still to be done.
func (m Measure) Open() bool { return m.State != Done && m.State != Cancelled }

func (m Measure) hours() float64 {
	if m.Effort == nil {
		return 0
	}
	return float64(*m.Effort) / 60
}

// Milestone is a day by which a part of the estate is ready.
type Milestone struct {
	register.Head
	Name        string        `db:"name" json:"name" field:"text required sort filter search"`
	Component   string        `db:"component" json:"component" field:"text sort filter search help" doc:"What is ready then."`
	Workload    db.Null       `db:"workload_id" json:"workload" field:"ref to=workload filter" doc:"Id of the workload, if it is one."`
	Due         register.Date `db:"due" json:"due" field:"date sort filter"`
	State       string        `db:"state" json:"state" field:"choice values=planned|reached|missed|dropped default=planned required sort filter"`
	Description string        `db:"description" json:"description" field:"long search extra"`
	register.Tail
}

var milestones = register.Declaration[Milestone]{Name: "milestone", Path: "/milestones", Icon: "flag", Sort: "due", Read: permission.MeasureRead, Write: permission.MeasureWrite,
	Status: "state", Tones: map[string]ui.Tone{"planned": ui.Info, "reached": ui.Good, "missed": ui.Bad}}

// Registers are the room's registers.
type Registers struct {
	Measures   *register.Register[Measure]
	Milestones *register.Register[Milestone]
}

// OpenRegisters makes them stand on their parts.
func OpenRegisters(p register.Parts) Registers {
	return Registers{register.Define(measures, p), register.Define(milestones, p)}
}

// Intakes are the registers as lists that take files in.
func (s *Service) Intakes() []intake.Target {
	return []intake.Target{s.Measures.Intake(), s.Milestones.Intake()}
}

// Editables are the lists of this room whose records can be changed many at once.
func (s *Service) Editables() []bulk.Editable {
	return []bulk.Editable{s.Measures.Editable(), s.Milestones.Editable()}
}

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	r := OpenRegisters(register.Parts{})
	return []subject.Kind{r.Measures.Kind(), r.Milestones.Kind()}
}

// dayOf is the first instant of a day; zero for none.
func dayOf(d register.Date) time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// need is a row of measure_need.
type need struct {
	CustomerID string `db:"customer_id"`
	ID         string `db:"id"`
	MeasureID  string `db:"measure_id"`
	NeedsID    string `db:"needs_id"`
}
