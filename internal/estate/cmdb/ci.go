package cmdb

import (
	"sort"

	"vigie/internal/platform/db"
	"vigie/internal/record/field"
)

// Status is what the last look at a CI said; see the package document.
type Status string

// The states of a CI.
const (
	Active Status = "active"
	Stale  Status = "stale"
	Gone   Status = "gone"
)

// Source is where a CI or relation came from.
type Source string

// The sources.
const (
	Discovered Source = "discovered"
	Manual     Source = "manual"
	Imported   Source = "imported"
)

// The fields that a person may set on a discovered CI.
const (
	FieldName        = "name"
	FieldEnvironment = "environment"
	FieldCriticality = "criticality"
	FieldOwner       = "owner"
)

// pinnable are the fields that a person may set on a discovered CI, in the order in which they are shown.
var pinnable = []string{FieldName, FieldEnvironment, FieldCriticality, FieldOwner}

// How a CI came to its workload.
const (
	byHand = "hand"
	byRule = "rule"
)

// record is a row of ci.
type record struct {
	CustomerID  string                     `db:"customer_id"`
	ID          string                     `db:"id"`
	Type        string                     `db:"type"`
	Name        string                     `db:"name"`
	ExternalID  string                     `db:"external_id"`
	ARN         string                     `db:"arn"`
	Account     string                     `db:"account"`
	Region      string                     `db:"region"`
	Status      Status                     `db:"status"`
	Environment string                     `db:"environment"`
	Criticality string                     `db:"criticality"`
	Owner       string                     `db:"owner"`
	WorkloadID  db.Null                    `db:"workload_id"`
	WorkloadBy  string                     `db:"workload_by"`
	Tags        db.JSON[map[string]string] `db:"tags"`
	Attributes  db.JSON[map[string]any]    `db:"attributes"`
	Keys        db.JSON[[]string]          `db:"keys"` // further names that edges may point at: dns:...
	Pinned      db.JSON[map[string]string] `db:"pinned"`
	Observed    db.JSON[map[string]string] `db:"observed"`
	Source      Source                     `db:"source"`
	Fingerprint string                     `db:"fingerprint"`
	RunID       db.Null                    `db:"run_id"`
	FirstSeen   db.Time                    `db:"first_seen"`
	LastSeen    db.Time                    `db:"last_seen"`
	Version     int64                      `db:"version"`
	CreatedAt   db.Time                    `db:"created_at"`
	UpdatedAt   db.Time                    `db:"updated_at"`
	Words       string                     `db:"words"` // see wordsText; index makes it
}

// CI is a configuration item as it is read: the row, with the customer's slug and the workload's name.
type CI struct {
	record
	Customer string       `db:"customer"`
	Workload db.Null      `db:"workload"`
	Custom   field.Values `db:"-"`
}

// Difference is a field on which a person and discovery do not agree.
type Difference struct {
	Field    string `json:"field"`
	Pinned   string `json:"pinned" doc:"What a person set, and what counts"`
	Observed string `json:"observed" doc:"What discovery says"`
}

// Differing lists the fields that a person set to something else than discovery says.
func (c CI) Differing() []Difference { return differing(c.Pinned.V, c.Observed.V) }

func differing(pinned, observed map[string]string) []Difference {
	var out []Difference
	for _, f := range pinnable {
		set, ok := pinned[f]
		if ok && set != observed[f] {
			out = append(out, Difference{Field: f, Pinned: set, Observed: observed[f]})
		}
	}
	return out
}

// IsPinned tells whether a person set the field.
func (c CI) IsPinned(field string) bool { _, ok := c.Pinned.V[field]; return ok }

// get and set reach the pinnable fields by name.
func (r *record) get(field string) string {
	switch field {
	case FieldName:
		return r.Name
	case FieldEnvironment:
		return r.Environment
	case FieldCriticality:
		return r.Criticality
	case FieldOwner:
		return r.Owner
	}
	return ""
}

func (r *record) set(field, value string) {
	switch field {
	case FieldName:
		r.Name = value
	case FieldEnvironment:
		r.Environment = value
	case FieldCriticality:
		r.Criticality = value
	case FieldOwner:
		r.Owner = value
	}
}

// identity is what makes two descriptions the same CI within a customer.
type identity struct{ Type, ExternalID, Account, Region string }

func (r *record) identity() identity {
	return identity{r.Type, r.ExternalID, r.Account, r.Region}
}

func keysOf[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
