package workshop

import (
	"context"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
)

// Source gives one part, in the transaction of the customer, whose scope holds it; words are in the printer's language.
type Source[T any] func(ctx context.Context, tx *db.Tx, c customer.Customer, p *i18n.Printer) (T, error)

// Sources are the rooms that the document is made of.
type Sources struct {
	Assessed Source[Assessed]
	Gaps     Source[Gaps]
	Asked    Source[[]Asked]
	Paths    Source[Paths]
	Calendar Source[Calendar]
}

// Assessed is what is known from the assessments.
type Assessed struct {
	Title   string // of the latest that was handed in; empty where none was
	State   string
	At      time.Time // when it was handed in
	Answers []Answer
	Plan    Plan
}

// Answer is one answer, in short.
type Answer struct{ Section, Question, Answer string }

// Plan is the state of the full assessment.
type Plan struct {
	Title, State string // empty title: there is none
	From, To     time.Time
	Meetings     []Meeting
	Actions      []Action
}

// Meeting is one of its meetings.
type Meeting struct {
	Title, State string
	At           time.Time
}

// Action is one of its tasks.
type Action struct {
	Title, Side, Owner string
	Due                time.Time
	Done               bool
}

// Gaps is what stands between what is and what is asked.
type Gaps struct {
	JudgedAt time.Time // zero: never
	Areas    []string
	Lines    []Heat
	Worst    []Gap
	Open     int      // failing gaps, of which Worst are the first
	Reasons  []Reason // of what could not be judged
}

// Heat is one workload: by area, in the order of Areas. Total is over all areas.
type Heat struct {
	Workload string
	Cells    []Tally
	Total    Tally
}

// Tally counts what was judged in one place. None tells that no control applies there.
type Tally struct {
	None                 bool
	Fail, Grave, Unknown int
	Judged               int // per cent
}

// Gap is what fails by one control in one workload, and has the same measure.
type Gap struct {
	Control, Workload, Area, Severity, Measure string
	Subjects                                   []string
}

// Reason is why something could not be judged.
type Reason struct {
	Text string
	N    int
}

// Asked is what is asked of a workload in one environment.
type Asked struct {
	Workload, Environment, Criticality, State string
	Tier, Strategy, Monitoring, Security      string // the service model
	Availability, Downtime, RTO, RPO, Backups string // the service levels
	AgreedBy                                  string
	AgreedAt                                  time.Time
}

// Paths is whom to call, and when it goes higher.
type Paths struct {
	State  string // of the matrix, as words; empty where there is none
	Hours  string
	Levels []Level
	People []Person
}

// Level is one step of the escalation.
type Level struct {
	Number     int
	Name, When string
	After      string
}

// Person is somebody who is called.
type Person struct {
	Level                               int // 0: on none
	Name, Side, Job, Role, Phone, Email string
}

// Calendar is what is ready by when.
type Calendar struct {
	Milestones []Milestone
	Measures   []Measure
	Open, Done int
	Hours      float64
	Ends       time.Time // of the last open measure
}

// Milestone is a day by which a component is ready.
type Milestone struct {
	Name, Component, Workload, State string
	Due                              time.Time
	Measures, Done                   int
	Hours                            float64 // of what is open
}

// Measure is one that is open.
type Measure struct {
	Title, Priority, Side, State, Milestone string
	Starts, Ends, Due                       time.Time
	Hours                                   float64
	Late, Critical                          bool
}
