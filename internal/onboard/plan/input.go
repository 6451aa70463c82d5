package plan

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// NewPlan is the input of Create.
type NewPlan struct {
	Customer string `json:"customer" doc:"Slug or id."`
	Title    string `json:"title,omitempty"`
	StartsOn string `json:"starts_on" doc:"Date; a weekend counts as the Monday after."`
	TimeZone string `json:"time_zone,omitempty" doc:"IANA name; the customer's unless said otherwise."`
}

// ChangePlan is the input of Update.
type ChangePlan struct {
	Title *string `json:"title,omitempty"`
	State *string `json:"state,omitempty" doc:"planned, done or cancelled."`
}

// NewMeeting is the input of AddMeeting.
type NewMeeting struct {
	Plan         string   `json:"plan" doc:"Id."`
	Kind         string   `json:"kind,omitempty" doc:"interview, workshop or remote; default workshop."`
	Title        string   `json:"title"`
	Goal         string   `json:"goal,omitempty"`
	Agenda       []string `json:"agenda,omitempty"`
	StartsAt     db.Time  `json:"starts_at"`
	EndsAt       db.Time  `json:"ends_at"`
	TimeZone     string   `json:"time_zone,omitempty"`
	Place        string   `json:"place,omitempty"`
	Participants []Ref    `json:"participants,omitempty" doc:"By type (contact, person) and id."`
}

// ChangeMeeting is the input of UpdateMeeting: what is nil stays.
type ChangeMeeting struct {
	Kind         *string   `json:"kind,omitempty"`
	Title        *string   `json:"title,omitempty"`
	Goal         *string   `json:"goal,omitempty"`
	Agenda       *[]string `json:"agenda,omitempty"`
	StartsAt     *db.Time  `json:"starts_at,omitempty"`
	EndsAt       *db.Time  `json:"ends_at,omitempty"`
	TimeZone     *string   `json:"time_zone,omitempty"`
	Place        *string   `json:"place,omitempty"`
	Notes        *string   `json:"notes,omitempty"`
	State        *string   `json:"state,omitempty" doc:"planned or held; a meeting is cancelled by its own operation."`
	Participants *[]Ref    `json:"participants,omitempty"`
}

// NewTask is the input of AddTask: of a meeting, or of the plan's checklist.
type NewTask struct {
	Plan    string `json:"plan,omitempty" doc:"Id; may be left out where a meeting is named."`
	Meeting string `json:"meeting,omitempty" doc:"Id."`
	Title   string `json:"title"`
	Side    string `json:"side,omitempty" doc:"provider or customer; default provider."`
	Owner   string `json:"owner,omitempty"`
	DueOn   string `json:"due_on,omitempty" doc:"Date."`
}

// ChangeTask is the input of UpdateTask.
type ChangeTask struct {
	Title *string `json:"title,omitempty"`
	Side  *string `json:"side,omitempty"`
	Owner *string `json:"owner,omitempty"`
	DueOn *string `json:"due_on,omitempty"`
	Done  *bool   `json:"done,omitempty"`
}

// NewStatement is the input of Say.
type NewStatement struct {
	Plan    string `json:"plan,omitempty" doc:"Id; may be left out where a meeting is named."`
	Meeting string `json:"meeting,omitempty" doc:"Id."`
	Text    string `json:"text"`
	SaidBy  string `json:"said_by,omitempty"`
	Feeds   []Ref  `json:"feeds,omitempty" doc:"Records that it feeds, by type and id."`
}

// ChangeStatement is the input of UpdateStatement.
type ChangeStatement struct {
	Text   *string `json:"text,omitempty"`
	SaidBy *string `json:"said_by,omitempty"`
	Feeds  *[]Ref  `json:"feeds,omitempty"`
}

func line(bad *fault.Fields, field, text string, required bool) {
	if n := utf8.RuneCountInString(text); n > maxLine || required && strings.TrimSpace(text) == "" {
		bad.Add(field, "plans.field.line", "max", maxLine)
	}
}

func long(bad *fault.Fields, field, text string, required bool) {
	if utf8.RuneCountInString(text) > maxText || required && strings.TrimSpace(text) == "" {
		bad.Add(field, "plans.field.long", "max", maxText)
	}
}

func choice(bad *fault.Fields, field, value string, of []string) {
	if !slices.Contains(of, value) {
		bad.Add(field, "api.field.choice", "value", strings.Join(of, ", "))
	}
}

func date(bad *fault.Fields, field, text string) (t time.Time) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		bad.Add(field, "plans.field.date")
	}
	return t
}
