package webhook

import (
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/outbound"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
)

// State of a webhook.
type State string

// The states. A disabled webhook was so by Vigie, after days in which nothing was taken.
const (
	Active   State = "active"
	Paused   State = "paused"
	Disabled State = "disabled"
)

const (
	maxName   = 200
	maxURL    = 2000
	maxEvents = 50
	maxHooks  = 20
)

// Instance stands for the customer of webhooks of the instance, InstanceRef for its slug: no customer can have it.
const (
	Instance    = audit.Instance
	InstanceRef = "instance"
)

// Why a webhook was disabled.
const (
	Gone    = "gone"    // its receiver answered 410
	Failing = "failing" // nothing was taken for days
)

// Webhook is an address that is told of changes of one customer, or of all.
type Webhook struct {
	ID           string   `json:"id"`
	Customer     string   `json:"customer" doc:"Slug, or instance for a webhook that is told of all customers."`
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Events       []string `json:"events" doc:"record.action of the audit trail, such as contact.update; contact.* and * take more."`
	State        State    `json:"state" enum:"active,paused,disabled"`
	FailingSince db.Time  `json:"failing_since" doc:"When a message was not taken for the first time since one was; null if all is well."`
	DisabledWhy  string   `json:"disabled_why" doc:"gone (410 was answered), failing (nothing was taken for five days), or empty."`
	OldUntil     db.Time  `json:"old_secret_until" doc:"Until then messages are signed by the secret before the last rotation as well."`
	Version      int64    `json:"version"`
	CreatedAt    db.Time  `json:"created_at"`
	UpdatedAt    db.Time  `json:"updated_at"`
}

// Revision makes the ETag.
func (w Webhook) Revision() int64 { return w.Version }

// Self is the record's address below /api/v1.
func (w Webhook) Self() string { return "/webhooks/" + w.ID }

type hookRow struct {
	CustomerID   string            `db:"customer_id"`
	ID           string            `db:"id"`
	Name         string            `db:"name"`
	URL          string            `db:"url"`
	Events       db.JSON[[]string] `db:"events"`
	State        State             `db:"state"`
	Secret       string            `db:"secret"`     // sealed
	OldSecret    string            `db:"old_secret"` // sealed
	OldUntil     db.Time           `db:"old_until"`
	FailingSince db.Time           `db:"failing_since"`
	DisabledWhy  string            `db:"disabled_why"`
	Version      int64             `db:"version"`
	CreatedAt    db.Time           `db:"created_at"`
	UpdatedAt    db.Time           `db:"updated_at"`
}

// listed is a row with the slug of its customer.
type listed struct {
	hookRow
	Slug db.Null `db:"slug"`
}

func slugOr(slug db.Null) string {
	if slug == "" {
		return InstanceRef
	}
	return string(slug)
}

func (r listed) shown() Webhook {
	return Webhook{ID: r.ID, Customer: slugOr(r.Slug), Name: r.Name, URL: r.URL, Events: r.Events.V, State: r.State, FailingSince: r.FailingSince,
		DisabledWhy: r.DisabledWhy, OldUntil: r.OldUntil, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// wants tells whether the webhook asked for an event.
func (r hookRow) wants(event string) bool {
	record, _, _ := strings.Cut(event, ".")
	return slices.ContainsFunc(r.Events.V, func(e string) bool { return e == "*" || e == event || e == record+".*" })
}

func (r hookRow) place(column string) seal.Place {
	return seal.Place{Table: "webhook", Row: r.ID, Column: column}
}

// NewWebhook is the input of Create.
type NewWebhook struct {
	Customer string   `json:"customer" doc:"Slug or id; instance for all customers."`
	Name     string   `json:"name"`
	URL      string   `json:"url"`
	Events   []string `json:"events,omitempty" doc:"All if left out."`
}

// ChangeWebhook is the input of Update: what is nil stays.
type ChangeWebhook struct {
	Name   *string   `json:"name,omitempty"`
	URL    *string   `json:"url,omitempty"`
	Events *[]string `json:"events,omitempty"`
	State  *State    `json:"state,omitempty" doc:"active or paused."`
}

// apply gives the webhook as it will be, or the fault of its fields.
func (c ChangeWebhook) apply(to hookRow, p outbound.Policy, topics []Topic) (hookRow, error) {
	var bad fault.Fields
	if c.Name != nil {
		to.Name = strings.TrimSpace(*c.Name)
	}
	if c.URL != nil {
		to.URL = strings.TrimSpace(*c.URL)
	}
	if c.Events != nil {
		to.Events.V = slices.Clone(*c.Events)
	}
	if len(to.Events.V) == 0 {
		to.Events.V = []string{"*"}
	}
	if c.State != nil && *c.State != to.State {
		if *c.State != Active && *c.State != Paused {
			bad.Add("state", "webhook.bad.state")
		}
		to.State, to.FailingSince, to.DisabledWhy = *c.State, db.Time{}, ""
	}
	if n := utf8.RuneCountInString(to.Name); n == 0 || n > maxName {
		bad.Add("name", "webhook.bad.name", "max", maxName)
	}
	if why, refused := outbound.Why(p.Check(to.URL)); len(to.URL) > maxURL {
		bad.Add("url", "webhook.bad.address")
	} else if refused {
		bad.Add("url", "webhook.bad."+string(why)) // i18n: webhook.bad.*
	}
	if len(to.Events.V) > maxEvents {
		bad.Add("events", "webhook.bad.events", "value", len(to.Events.V))
	}
	for _, e := range to.Events.V {
		if !known(topics, to.CustomerID == Instance, e) {
			bad.Add("events", "webhook.bad.events", "value", e)
		}
	}
	slices.Sort(to.Events.V)
	to.Events.V = slices.Compact(to.Events.V)
	return to, bad.Err()
}

// Spec is how webhooks are listed.
var Spec = list.Spec{
	From: "{webhook} w LEFT JOIN {customer} c ON c.id = w.customer_id", Columns: db.Columns[hookRow]("w.") + ", c.slug", Key: "w.id", Sort: "name",
	Fields: []list.Field{
		{Name: "id", Column: "w.id", Kind: list.ID, Filter: true},
		{Name: "name", Column: "w.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "url", Column: "w.url", Kind: list.Text, Filter: true},
		{Name: "state", Column: "w.state", Kind: list.Choice, Filter: true, Values: []string{string(Active), string(Paused), string(Disabled)}},
		{Name: "failing_since", Column: "w.failing_since", Kind: list.Time, Nullable: true, Filter: true},
		{Name: "created_at", Column: "w.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("w.name", "w.url"),
}
