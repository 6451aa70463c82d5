package permission

import (
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Kind says through what an actor came.
type Kind string

// The kinds of actors.
const (
	Person Kind = "person" // a session of the browser
	Token  Kind = "token"  // an API token of a person
	System Kind = "system" // a job, or a command of the operator on the machine
	Link   Kind = "link"   // a private link, of somebody who has no account
)

// Actor is who does something: made by identity from a session or a token, or by app for a job. Its scope and role cannot
// be set from outside; its zero value may do nothing.
type Actor struct {
	ID       string // of the user, empty for the system
	Name     string
	Email    string
	Kind     Kind
	Via      string // session or token id, job or command name: goes to the audit trail
	Address  string // IP address of the caller
	Language string // BCP 47: "en" or "fr"
	TimeZone string // IANA
	Theme    string // "light", "dark" or "auto"
	Rate     int    // requests a second that its token was given; 0 for what everybody has

	role  Role
	scope db.Scope
	only  []Action // of a Guest, whose role says nothing
}

// Grant gives an actor its role and scope. Callers: identity and app; a test holds the list.
func Grant(a Actor, r Role, s db.Scope) Actor {
	a.role, a.scope = r, s
	return a
}

// GrantLink gives an actor who comes by a private link its scope and the few actions that the link is for. Caller: record/link.
func GrantLink(a Actor, s db.Scope, actions ...Action) Actor {
	a.role, a.scope, a.only = Guest, s, slices.Clone(actions)
	return a
}

// Role tells what the actor is.
func (a Actor) Role() Role { return a.role }

// Scope tells whose data the actor may touch.
func (a Actor) Scope() db.Scope { return a.scope }

// May tells whether the actor's role allows the action at all.
func (a Actor) May(action Action) bool {
	if a.role == Guest {
		return slices.Contains(a.only, action)
	}
	return Allowed(a.role, action)
}

// Require is a forbidden fault unless the role allows the action.
func (a Actor) Require(action Action) error {
	if a.May(action) {
		return nil
	}
	return fault.New(fault.Forbidden, "fault.forbidden", "action", string(action))
}

// For narrows the actor's scope to one customer for a write or a read of one customer: the action must be allowed, and the
// customer covered, else it is not found.
func (a Actor) For(action Action, customer string) (db.Scope, error) {
	s, err := a.scope.Narrow(customer)
	if err != nil {
		return db.Scope{}, err
	}
	return s, a.Require(action)
}
