package audit

import (
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// row is an entry with the slug of its customer; entries of the instance have none.
type row struct {
	Entry
	Slug db.Null `db:"slug"`
}

// Line is an entry as auditors read it.
type Line struct {
	ID         string  `json:"id"`
	At         db.Time `json:"at"`
	Customer   string  `json:"customer" doc:"Slug; empty for what belongs to the instance, such as users."`
	ActorKind  string  `json:"actor_kind" enum:"person,token,system,link"`
	ActorID    string  `json:"actor_id" doc:"Of the user; empty for the system."`
	ActorName  string  `json:"actor_name"`
	Via        string  `json:"via" doc:"Session or token, job or command."`
	Address    string  `json:"address"`
	Action     string  `json:"action"`
	RecordType string  `json:"record_type"`
	RecordID   string  `json:"record_id"`
	RecordName string  `json:"record_name" doc:"At that time."`
	Before     any     `json:"before" doc:"The record as it was; null for a creation."`
	After      any     `json:"after" doc:"The record as it became; null for a deletion."`
}

// line gives a row as callers see it.
func (r row) line() Line {
	return Line{ID: r.ID, At: r.At, Customer: string(r.Slug), ActorKind: r.ActorKind, ActorID: r.ActorID, ActorName: r.ActorName, Via: r.Via,
		Address: r.Address, Action: r.Action, RecordType: r.RecordType, RecordID: r.RecordID, RecordName: r.RecordName,
		Before: r.Before.V, After: r.After.V}
}

// Spec is how the trail is listed. Its ids are made in the order of time, and have the index: sort by id for the order of time.
var Spec = list.Spec{
	From:    "{audit_entry} e LEFT JOIN {customer} c ON c.id = e.customer_id",
	Columns: db.Columns[Entry]("e.") + ", c.slug", Key: "e.id", Sort: "-id",
	Fields: []list.Field{
		{Name: "id", Column: "e.id", Kind: list.ID, Sort: true},
		{Name: "at", Column: "e.at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "actor_kind", Column: "e.actor_kind", Kind: list.Choice, Filter: true, Values: []string{string(permission.Person), string(permission.Token), string(permission.System), string(permission.Link)}},
		{Name: "actor_id", Column: "e.actor_id", Kind: list.Choice, Filter: true},
		{Name: "actor_name", Column: "e.actor_name", Kind: list.Text, Filter: true},
		{Name: "address", Column: "e.address", Kind: list.Choice, Filter: true},
		{Name: "action", Column: "e.action", Kind: list.Choice, Filter: true},
		{Name: "record_type", Column: "e.record_type", Kind: list.Choice, Filter: true},
		{Name: "record_id", Column: "e.record_id", Kind: list.Choice, Filter: true},
		{Name: "record_name", Column: "e.record_name", Kind: list.Text, Filter: true},
	},
	Search: list.Words("e.record_name", "e.actor_name", "e.action"),
}
