package launch

import (
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// State is how far a launch has come.
type State string

// The states.
const (
	Planned   State = "planned"
	Ready     State = "ready" // every condition passes
	Signing   State = "signing"
	Launched  State = "launched"
	Cancelled State = "cancelled"
)

// States lists all states.
func States() []State { return []State{Planned, Ready, Signing, Launched, Cancelled} }

// Open tells whether the launch may still come about.
func (s State) Open() bool { return s == Planned || s == Ready || s == Signing }

func stateNames() (out []string) {
	for _, s := range States() {
		out = append(out, string(s))
	}
	return out
}

// settled is the state of an open launch by its conditions: what is being signed stays so until it is taken back.
func settled(s State, missing int) State {
	switch {
	case s == Planned && missing == 0:
		return Ready
	case s == Ready && missing > 0:
		return Planned
	}
	return s
}

// launchRow is a row of launch.
type launchRow struct {
	CustomerID       string  `db:"customer_id"`
	ID               string  `db:"id"`
	Title            string  `db:"title"`
	TargetOn         string  `db:"target_on"`
	Note             string  `db:"note"`
	State            State   `db:"state"`
	Evidence         string  `db:"evidence"`
	SHA256           string  `db:"sha256"`
	CustomerApproval db.Null `db:"customer_approval"`
	ProviderApproval db.Null `db:"provider_approval"`
	LaunchedAt       db.Time `db:"launched_at"`
	Reason           string  `db:"reason"`
	CreatedBy        string  `db:"created_by"`
	Version          int64   `db:"version"`
	CreatedAt        db.Time `db:"created_at"`
	UpdatedAt        db.Time `db:"updated_at"`
}

// Launch is the start of a customer's service, planned or done.
type Launch struct {
	launchRow
	Customer       string         `db:"slug"`
	CustomerName   string         `db:"customer_name"`
	Language       string         `db:"language"`
	CustomerState  approval.State `db:"customer_state"`
	CustomerSum    string         `db:"customer_sum"`
	CustomerSigner string         `db:"customer_signer"`
	ProviderState  approval.State `db:"provider_state"`
	ProviderSum    string         `db:"provider_sum"`
	ProviderSigner string         `db:"provider_signer"`
}

func (l Launch) record() audit.Record { return audit.Record{Type: "launch", ID: l.ID, Name: l.Title} }

func (l Launch) summary() map[string]any {
	return map[string]any{"state": l.State, "target_on": l.TargetOn, "note": l.Note}
}

// signed tells for each side whether it has signed exactly this evidence.
func (l Launch) signed(sum string) (byCustomer, byProvider bool) {
	return l.CustomerState == approval.Signed && l.CustomerSum == sum, l.ProviderState == approval.Signed && l.ProviderSum == sum
}

// Spec is how launches are listed.
var Spec = list.Spec{
	From: `{launch} l JOIN {customer} k ON k.id = l.customer_id
		LEFT JOIN {approval} c ON c.customer_id = l.customer_id AND c.id = l.customer_approval
		LEFT JOIN {approval} p ON p.customer_id = l.customer_id AND p.id = l.provider_approval`,
	Columns: db.Columns[launchRow]("l.") + `, k.slug, k.name AS customer_name, k.language, COALESCE(c.state, '') AS customer_state, COALESCE(c.sha256, '') AS customer_sum,
		COALESCE(c.signer_name, '') AS customer_signer, COALESCE(p.state, '') AS provider_state, COALESCE(p.sha256, '') AS provider_sum, COALESCE(p.signer_name, '') AS provider_signer`,
	Key: "l.id", Sort: "target_on",
	Fields: []list.Field{
		{Name: "title", Column: "l.title", Kind: list.Text, Filter: true},
		{Name: "state", Column: "l.state", Kind: list.Choice, Filter: true, Values: stateNames()},
		{Name: "target_on", Column: "l.target_on", Kind: list.Date, Sort: true, Filter: true},
		{Name: "launched_at", Column: "l.launched_at", Kind: list.Time, Filter: true, Nullable: true},
		{Name: "created_at", Column: "l.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("l.title", "k.name"),
}

// Kinds are the types of records of this room.
func Kinds() []subject.Kind {
	return []subject.Kind{
		{Type: "launch", Table: "launch", Title: "title", Read: permission.LaunchRead, Write: permission.LaunchWrite, Page: func(id string) string { return "/launches/" + id }},
		{Type: "launch_waiver", Table: "launch_waiver", Title: "title", Read: permission.LaunchRead, Write: permission.LaunchWrite, Page: func(id string) string { return "/waivers/" + id }},
	}
}

// NewLaunch is the input of Plan.
type NewLaunch struct {
	Customer string `json:"customer" doc:"Slug or id."`
	TargetOn string `json:"target_on" doc:"Day on which the service shall begin, as 2026-12-01."`
	Note     string `json:"note,omitempty"`
}

// ChangeLaunch is the input of Change: what is nil stays.
type ChangeLaunch struct {
	TargetOn *string `json:"target_on,omitempty"`
	Note     *string `json:"note,omitempty"`
}

// Bounds of what people write.
const (
	maxText = 300
	maxLong = 2000
)

func checkDay(bad *fault.Fields, path, day string) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		bad.Add(path, "launch.bad.day")
	}
}

// checkText notes a text that is too short or too long, or that has characters that nobody sees.
func checkText(bad *fault.Fields, path, s string, least, most int) {
	switch n := utf8.RuneCountInString(s); {
	case n < least || n > most:
		bad.Add(path, "launch.bad.text", "min", least, "max", most)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 && r != '\n' && r != '\t' || visible(r) < 0 }):
		bad.Add(path, "launch.bad.unseen")
	}
}

func trimmed(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n") }
