package cmdb

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"vigie/internal/platform/db"
	"vigie/internal/record/field"
)

// Body is a CI as the API answers it.
type Body struct {
	ID           string            `json:"id"`
	Customer     string            `json:"customer" doc:"Slug"`
	Type         string            `json:"type"`
	Name         string            `json:"name"`
	ExternalID   string            `json:"external_id"`
	ARN          string            `json:"arn"`
	Account      string            `json:"account"`
	Region       string            `json:"region"`
	Status       Status            `json:"status" enum:"active,stale,gone"`
	Environment  string            `json:"environment"`
	Criticality  string            `json:"criticality"`
	Owner        string            `json:"owner"`
	Workload     *string           `json:"workload" doc:"Id of the workload"`
	WorkloadName *string           `json:"workload_name"`
	WorkloadBy   string            `json:"workload_by" enum:"hand,rule," doc:"Who put it there"`
	Tags         map[string]string `json:"tags"`
	Attributes   map[string]any    `json:"attributes"`
	Source       Source            `json:"source" enum:"discovered,manual,imported"`
	FirstSeen    db.Time           `json:"first_seen"`
	LastSeen     db.Time           `json:"last_seen"`
	Custom       field.Values      `json:"custom" file:"-"`
	Differing    []Difference      `json:"differing" doc:"Where a person and discovery do not agree"`
	Pinned       []string          `json:"pinned" doc:"Fields that a person set on a discovered CI"`
	Version      int64             `json:"version"`
	CreatedAt    db.Time           `json:"created_at"`
	UpdatedAt    db.Time           `json:"updated_at"`
}

// Revision makes the ETag.
func (b Body) Revision() int64 { return b.Version }

// Extra implements api.Extra: what files have of custom fields.
func (b Body) Extra(column string) any { return b.Custom.Extra(column) }

// Self is the record's address below /api/v1.
func (b Body) Self() string { return "/cis/" + b.ID }

func (c CI) body() Body {
	c.fill()
	b := Body{ID: c.ID, Customer: c.Customer, Type: c.Type, Name: c.Name, ExternalID: c.ExternalID, ARN: c.ARN, Account: c.Account,
		Region: c.Region, Status: c.Status, Environment: c.Environment, Criticality: c.Criticality, Owner: c.Owner,
		Workload: c.WorkloadID.Pointer(), WorkloadName: c.Workload.Pointer(), WorkloadBy: c.WorkloadBy, Tags: c.Tags.V,
		Attributes: c.Attributes.V, Source: c.Source, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen, Custom: c.Custom, Differing: c.Differing(),
		Pinned: keysOf(c.Pinned.V), Version: c.Version, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt}
	if b.Custom == nil {
		b.Custom = field.Values{}
	}
	if b.Differing == nil {
		b.Differing = []Difference{}
	}
	return b
}

// RelationBody is a relation as the API answers it; an end that is not resolved is null, and other says what it waits for.
type RelationBody struct {
	ID         string  `json:"id"`
	Customer   string  `json:"customer" doc:"Slug"`
	From       *string `json:"from" doc:"Id of a CI"`
	To         *string `json:"to" doc:"Id of a CI"`
	Type       string  `json:"type"`
	Source     Source  `json:"source" enum:"discovered,manual,imported"`
	Resolved   bool    `json:"resolved"`
	FromName   *string `json:"from_name"`
	FromType   *string `json:"from_type"`
	FromStatus *string `json:"from_status"`
	ToName     *string `json:"to_name"`
	ToType     *string `json:"to_type"`
	ToStatus   *string `json:"to_status"`
	OtherType  string  `json:"other_type" doc:"The end that the owner named: its type, if known"`
	Other      string  `json:"other" doc:"and its id, ARN or DNS name"`
	Redundancy string  `json:"redundancy"`
	Needed     int64   `json:"needed"`
	FirstSeen  db.Time `json:"first_seen"`
	Version    int64   `json:"version"`
}

// Revision makes the ETag.
func (b RelationBody) Revision() int64 { return b.Version }

// Self is the record's address below /api/v1.
func (b RelationBody) Self() string { return "/relations/" + b.ID }

func (r Relation) body() RelationBody {
	return RelationBody{ID: r.ID, Customer: r.Customer, From: r.FromID.Pointer(), To: r.ToID.Pointer(), Type: string(r.Type), Source: r.Source,
		Resolved: r.Resolved, FromName: r.FromName.Pointer(), FromType: r.FromType.Pointer(), FromStatus: r.FromStatus.Pointer(),
		ToName: r.ToName.Pointer(), ToType: r.ToType.Pointer(), ToStatus: r.ToStatus.Pointer(), OtherType: r.OtherType, Other: r.OtherKey,
		Redundancy: r.Redundancy, Needed: r.Needed, FirstSeen: r.FirstSeen, Version: r.Version}
}

// ChangeBody is a change as the API answers it.
type ChangeBody struct {
	ID       string     `json:"id"`
	Customer string     `json:"customer" doc:"Slug"`
	CI       string     `json:"ci" doc:"Id of the CI"`
	CIName   string     `json:"ci_name"`
	CIType   string     `json:"ci_type"`
	At       db.Time    `json:"at"`
	Kind     ChangeKind `json:"kind" enum:"created,changed,returned,became_stale,gone,relation_added,relation_removed"`
	Field    string     `json:"field" doc:"name, tags.KEY, attributes.NAME, the type of a relation, or empty"`
	Before   string     `json:"before" doc:"Compact JSON, empty for nothing; long values are cut"`
	After    string     `json:"after"`
	Run      *string    `json:"run" doc:"The discovery run that saw it"`
	Actor    string     `json:"actor" doc:"The person who did it"`
}

func (c Change) body() ChangeBody {
	return ChangeBody{ID: c.ID, Customer: c.Customer, CI: c.CIID, CIName: c.CIName, CIType: c.CIType, At: c.At, Kind: c.Kind, Field: c.Field,
		Before: c.Before, After: c.After, Run: c.RunID.Pointer(), Actor: c.ActorName}
}

// WorkloadBody is a workload as the API answers it.
type WorkloadBody struct {
	ID          string       `json:"id"`
	Customer    string       `json:"customer" doc:"Slug"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Environment string       `json:"environment"`
	Criticality string       `json:"criticality"`
	Owner       string       `json:"owner"`
	Rule        Rule         `json:"rule"`
	CIs         int64        `json:"cis" doc:"How many CIs that are not gone belong to it"`
	Contacts    []Contact    `json:"contacts"`
	Custom      field.Values `json:"custom" file:"-"`
	Version     int64        `json:"version"`
	CreatedAt   db.Time      `json:"created_at"`
	UpdatedAt   db.Time      `json:"updated_at"`
}

// Revision makes the ETag.
func (b WorkloadBody) Revision() int64 { return b.Version }

// Extra implements api.Extra: what files have of custom fields.
func (b WorkloadBody) Extra(column string) any { return b.Custom.Extra(column) }

// Self is the record's address below /api/v1.
func (b WorkloadBody) Self() string { return "/workloads/" + b.ID }

func (w Workload) body(people []Contact) WorkloadBody {
	if people == nil {
		people = []Contact{}
	}
	if w.Rule.V.Any == nil {
		w.Rule.V.Any = []Group{}
	}
	if w.Custom == nil {
		w.Custom = field.Values{}
	}
	return WorkloadBody{Custom: w.Custom, ID: w.ID, Customer: w.Customer, Name: w.Name, Description: w.Description, Environment: w.Environment,
		Criticality: w.Criticality, Owner: w.Owner, Rule: w.Rule.V, CIs: w.CIs, Contacts: people, Version: w.Version,
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt}
}

// bodies turns rows into answers that need nothing else.
func bodies[R, D any](f func(R) D) func(context.Context, *db.Tx, []R) ([]D, error) {
	return func(_ context.Context, _ *db.Tx, rows []R) ([]D, error) {
		out := make([]D, len(rows))
		for i, r := range rows {
			out[i] = f(r)
		}
		return out, nil
	}
}

func workloadBodies(ctx context.Context, tx *db.Tx, rows []Workload) ([]WorkloadBody, error) {
	list := make([]string, len(rows))
	for i, w := range rows {
		list[i] = w.ID
	}
	people, err := contactsOf(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	custom, err := field.Read(ctx, tx, workloadKind, list)
	if err != nil {
		return nil, err
	}
	out := make([]WorkloadBody, len(rows))
	for i, w := range rows {
		w.Custom = custom[w.ID]
		out[i] = w.body(people[w.ID])
	}
	return out, nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (e Edit) MarshalJSON() ([]byte, error) {
	if !e.Given || e.Null {
		return []byte("null"), nil
	}
	return json.Marshal(e.Value)
}

// Schema tells OpenAPI what an Edit is: a text or null.
func (Edit) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true}
}
