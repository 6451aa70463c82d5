package plan

import (
	"slices"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// The states.
const (
	Open      = "planned"
	Done      = "done" // of a plan
	Held      = "held" // of a meeting
	Cancelled = "cancelled"
)

// Plan is one full assessment, as stored and as answered.
type Plan struct {
	CustomerID      string  `db:"customer_id" json:"-"`
	ID              string  `db:"id" json:"id" doc:"UUID."`
	Title           string  `db:"title" json:"title"`
	State           string  `db:"state" json:"state" enum:"planned,done,cancelled"`
	StartsOn        string  `db:"starts_on" json:"starts_on" doc:"Date of its first working day."`
	EndsOn          string  `db:"ends_on" json:"ends_on" doc:"Date of its last working day."`
	TimeZone        string  `db:"time_zone" json:"time_zone" doc:"IANA name: in which its days begin."`
	Template        string  `db:"template" json:"template"`
	TemplateVersion string  `db:"template_version" json:"template_version"`
	CreatedBy       string  `db:"created_by" json:"created_by"`
	CreatedAt       db.Time `db:"created_at" json:"created_at"`
	UpdatedAt       db.Time `db:"updated_at" json:"updated_at"`
	Version         int64   `db:"version" json:"version"`
}

// planned is a plan with the slug of its customer: what is answered.
type planned struct {
	Plan
	Customer string `db:"customer" json:"customer" doc:"Slug."`
}

// Revision makes the ETag.
func (p planned) Revision() int64 { return p.Version }

// Self is the record's address below /api/v1.
func (p planned) Self() string { return "/plans/" + p.ID }

// Meeting is one meeting.
type Meeting struct {
	CustomerID     string            `db:"customer_id" json:"-"`
	ID             string            `db:"id" json:"id" doc:"UUID, and UID of the calendar event."`
	PlanID         string            `db:"plan_id" json:"plan"`
	Kind           string            `db:"kind" json:"kind" enum:"interview,workshop,remote"`
	Title          string            `db:"title" json:"title"`
	Goal           string            `db:"goal" json:"goal"`
	Agenda         db.JSON[[]string] `db:"agenda" json:"-"`
	Feeds          db.JSON[[]string] `db:"feeds" json:"-"`
	State          string            `db:"state" json:"state" enum:"planned,held,cancelled"`
	StartsAt       db.Time           `db:"starts_at" json:"starts_at"`
	EndsAt         db.Time           `db:"ends_at" json:"ends_at"`
	TimeZone       string            `db:"time_zone" json:"time_zone" doc:"IANA name: of the place where it is."`
	Place          string            `db:"place" json:"place" doc:"A room, or the address of a remote meeting."`
	Notes          string            `db:"notes" json:"notes"`
	Sequence       int64             `db:"sequence" json:"sequence" doc:"Of the calendar event."`
	InvitedAt      db.Time           `db:"invited_at" json:"invited_at" doc:"Null until invitations have left."`
	OrganizerName  string            `db:"organizer_name" json:"organizer" doc:"Whoever sent the first invitation."`
	OrganizerEmail string            `db:"organizer_email" json:"organizer_email"`
	CreatedAt      db.Time           `db:"created_at" json:"created_at"`
	UpdatedAt      db.Time           `db:"updated_at" json:"updated_at"`
	Version        int64             `db:"version" json:"version"`
}

type meetingRow struct {
	Meeting
	Customer string `db:"customer"`
}

// Participant is somebody who takes part: a contact of the customer, or a person with a sign-in.
type Participant struct {
	CustomerID string `db:"customer_id" json:"-"`
	MeetingID  string `db:"meeting_id" json:"-"`
	Type       string `db:"type" json:"type" enum:"contact,person"`
	ID         string `db:"ref_id" json:"id" doc:"Of the contact, or of the user."`
	Name       string `db:"name" json:"name"`
	Email      string `db:"email" json:"email" doc:"As it was when they were added; empty for a contact without one, who gets no invitation."`
	Language   string `db:"language" json:"language"`
	TimeZone   string `db:"time_zone" json:"time_zone"`
	Invited    int64  `db:"invited" json:"invited" doc:"Sequence of the invitation that was sent; -1 for none."`
}

// Answer is a meeting as answered.
type Answer struct {
	Meeting
	Customer     string        `json:"customer" doc:"Slug."`
	Agenda       []string      `json:"agenda"`
	Feeds        []string      `json:"feeds" doc:"Types of the records that it usually feeds."`
	Participants []Participant `json:"participants"`
}

// Revision makes the ETag.
func (a Answer) Revision() int64 { return a.Version }

// Self is the record's address below /api/v1.
func (a Answer) Self() string { return "/meetings/" + a.ID }

// Task is a line of the checklist, or an action of a meeting.
type Task struct {
	CustomerID string  `db:"customer_id" json:"-"`
	ID         string  `db:"id" json:"id"`
	PlanID     string  `db:"plan_id" json:"plan"`
	MeetingID  db.Null `db:"meeting_id" json:"meeting" doc:"The meeting in which it was agreed; empty for the checklist."`
	Title      string  `db:"title" json:"title"`
	Side       string  `db:"side" json:"side" enum:"provider,customer" doc:"Who owes it."`
	Owner      string  `db:"owner" json:"owner" doc:"Name of whoever does it."`
	DueOn      string  `db:"due_on" json:"due_on" doc:"Date; empty for none."`
	DoneAt     db.Time `db:"done_at" json:"done_at"`
	DoneBy     string  `db:"done_by" json:"done_by"`
	CreatedAt  db.Time `db:"created_at" json:"created_at"`
	UpdatedAt  db.Time `db:"updated_at" json:"updated_at"`
	Version    int64   `db:"version" json:"version"`
}

type taskRow struct {
	Task
	Customer string `db:"customer" json:"customer" doc:"Slug."`
}

// Revision makes the ETag.
func (t taskRow) Revision() int64 { return t.Version }

// Self is the record's address below /api/v1.
func (t taskRow) Self() string { return "/plan-tasks/" + t.ID }

// Statement is something that was said.
type Statement struct {
	CustomerID string  `db:"customer_id" json:"-"`
	ID         string  `db:"id" json:"id"`
	PlanID     string  `db:"plan_id" json:"plan"`
	MeetingID  db.Null `db:"meeting_id" json:"meeting" doc:"Where it was said; empty for outside of a meeting."`
	Text       string  `db:"text" json:"text"`
	SaidBy     string  `db:"said_by" json:"said_by" doc:"Name of whoever said it."`
	CreatedBy  string  `db:"created_by" json:"created_by"`
	CreatedAt  db.Time `db:"created_at" json:"created_at"`
	UpdatedAt  db.Time `db:"updated_at" json:"updated_at"`
	Version    int64   `db:"version" json:"version"`
}

type statementRow struct {
	Statement
	Customer string `db:"customer"`
}

// Feed is a record that a statement feeds.
type Feed struct {
	CustomerID  string `db:"customer_id" json:"-"`
	StatementID string `db:"statement_id" json:"-"`
	Type        string `db:"type" json:"type" doc:"Type of the record: requirement, document, workload, ..."`
	ID          string `db:"ref_id" json:"id"`
	Name        string `db:"-" json:"name"`
	Href        string `db:"-" json:"-"`
}

// Said is a statement as answered.
type Said struct {
	Statement
	Customer string `json:"customer" doc:"Slug."`
	Feeds    []Feed `json:"feeds"`
}

// Revision makes the ETag.
func (s Said) Revision() int64 { return s.Version }

// Self is the record's address below /api/v1.
func (s Said) Self() string { return "/statements/" + s.ID }

// Ref names a record by type and id.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

const (
	maxLine = 200
	maxText = 20_000
	maxMany = 50
)

// check names what is wrong with a meeting as it would be.
func (m Meeting) check(bad *fault.Fields) {
	line(bad, "title", m.Title, true)
	line(bad, "place", m.Place, false)
	long(bad, "goal", m.Goal, false)
	long(bad, "notes", m.Notes, false)
	choice(bad, "kind", m.Kind, kinds)
	choice(bad, "state", m.State, []string{Open, Held, Cancelled})
	if !register.IsZone(m.TimeZone) {
		bad.Add("time_zone", "plans.field.zone")
	}
	if m.StartsAt.IsZero() {
		bad.Add("starts_at", "plans.field.moment")
	} else if d := m.EndsAt.Sub(m.StartsAt.Time); d <= 0 || d > 24*time.Hour {
		bad.Add("ends_at", "plans.field.ends")
	}
	if len(m.Agenda.V) > maxMany {
		bad.Add("agenda", "plans.field.many", "max", maxMany)
	}
	for _, a := range m.Agenda.V {
		line(bad, "agenda", a, false)
	}
}

// moved tells whether whoever was invited must be told: what their calendar shows is another.
func moved(before, after Meeting) bool {
	return before.Title != after.Title || before.Goal != after.Goal || before.Place != after.Place || !slices.Equal(before.Agenda.V, after.Agenda.V) ||
		!before.StartsAt.Equal(after.StartsAt.Time) || !before.EndsAt.Equal(after.EndsAt.Time)
}

const (
	planKind    = "plan"
	meetingKind = "meeting"
	taskKind    = "plan_task"
	saidKind    = "statement"
)

func (p Plan) record() audit.Record { return audit.Record{Type: planKind, ID: p.ID, Name: p.Title} }
func (m Meeting) record() audit.Record {
	return audit.Record{Type: meetingKind, ID: m.ID, Name: m.Title}
}
func (t Task) record() audit.Record { return audit.Record{Type: taskKind, ID: t.ID, Name: t.Title} }
func (s Statement) record() audit.Record {
	return audit.Record{Type: saidKind, ID: s.ID, Name: short(s.Text)}
}

// short is the beginning of a text, for where one line has to do.
func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{
		{Type: planKind, Table: "plan", Title: "title", Read: permission.PlanRead, Write: permission.PlanWrite, Page: func(id string) string { return "/plans/" + id }},
		{Type: meetingKind, Table: "plan_meeting", Title: "title", Read: permission.PlanRead, Write: permission.PlanWrite, Page: func(id string) string { return "/meetings/" + id }},
	}
}

// Spec is how plans are listed.
var Spec = list.Spec{
	From: "{plan} p JOIN {customer} c ON c.id = p.customer_id", Columns: db.Columns[Plan]("p.") + ", c.slug AS customer", Key: "p.id", Sort: "-starts_on",
	Fields: []list.Field{
		{Name: "id", Column: "p.id", Kind: list.ID, Filter: true},
		{Name: "title", Column: "p.title", Kind: list.Text, Sort: true, Filter: true},
		{Name: "state", Column: "p.state", Kind: list.Choice, Values: []string{Open, Done, Cancelled}, Filter: true},
		{Name: "starts_on", Column: "p.starts_on", Kind: list.Text, Sort: true, Filter: true},
		{Name: "created_at", Column: "p.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("p.title", "c.name"),
}

// MeetingSpec is how meetings are listed.
var MeetingSpec = list.Spec{
	From: "{plan_meeting} m JOIN {customer} c ON c.id = m.customer_id", Columns: db.Columns[Meeting]("m.") + ", c.slug AS customer", Key: "m.id", Sort: "starts_at",
	Fields: []list.Field{
		{Name: "id", Column: "m.id", Kind: list.ID, Filter: true},
		{Name: "plan", Column: "m.plan_id", Kind: list.ID, Filter: true},
		{Name: "kind", Column: "m.kind", Kind: list.Choice, Values: kinds, Filter: true},
		{Name: "state", Column: "m.state", Kind: list.Choice, Values: []string{Open, Held, Cancelled}, Filter: true},
		{Name: "starts_at", Column: "m.starts_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("m.title", "m.notes"),
}

// TaskSpec is how tasks are listed.
var TaskSpec = list.Spec{
	From: "{plan_task} t JOIN {customer} c ON c.id = t.customer_id", Columns: db.Columns[Task]("t.") + ", c.slug AS customer", Key: "t.id", Sort: "due_on",
	Fields: []list.Field{
		{Name: "id", Column: "t.id", Kind: list.ID, Filter: true},
		{Name: "plan", Column: "t.plan_id", Kind: list.ID, Filter: true},
		{Name: "meeting", Column: "t.meeting_id", Kind: list.ID, Filter: true, Nullable: true},
		{Name: "side", Column: "t.side", Kind: list.Choice, Values: sides, Filter: true},
		{Name: "owner", Column: "t.owner", Kind: list.Text, Filter: true},
		{Name: "due_on", Column: "t.due_on", Kind: list.Text, Sort: true, Filter: true},
		{Name: "done_at", Column: "t.done_at", Kind: list.Time, Filter: true, Nullable: true},
	},
	Search: list.Words("t.title", "t.owner"),
}

// StatementSpec is how statements are listed.
var StatementSpec = list.Spec{
	From: "{statement} s JOIN {customer} c ON c.id = s.customer_id", Columns: db.Columns[Statement]("s.") + ", c.slug AS customer", Key: "s.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "s.id", Kind: list.ID, Filter: true},
		{Name: "plan", Column: "s.plan_id", Kind: list.ID, Filter: true},
		{Name: "meeting", Column: "s.meeting_id", Kind: list.ID, Filter: true, Nullable: true},
		{Name: "said_by", Column: "s.said_by", Kind: list.Text, Filter: true},
		{Name: "created_at", Column: "s.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("s.text", "s.said_by"),
}
