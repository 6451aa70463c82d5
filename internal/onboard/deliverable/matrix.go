package deliverable

import (
	"slices"
	"strings"

	"vigie/internal/platform/fault"
)

// Matrix says who is called, and when it goes higher.
type Matrix struct {
	About struct {
		Introduction string `json:"introduction" form:"long"`
		Hours        string `json:"hours" form:"required"`
	} `json:"about"`
	Levels   []Level  `json:"levels"`
	Contacts []Person `json:"contacts"`
}

// Level is one step of the escalation.
type Level struct {
	Level        int    `json:"level" form:"key required"`
	Name         string `json:"name" form:"title required"`
	AfterMinutes int    `json:"after_minutes"` // since the step before
	When         string `json:"when" form:"long required"`
}

// Person is somebody on a level.
type Person struct {
	ID    string `json:"id" form:"hidden key"` // of the contact, where the register has one
	Name  string `json:"name" form:"title required"`
	Side  string `json:"side" form:"choice=customer|provider required"`
	Job   string `json:"job"`
	Level int    `json:"level" form:"required"`
	Role  string `json:"role" form:"choice=primary|deputy"`
	Phone string `json:"phone"`
	Email string `json:"email"`
	Hours string `json:"hours"`
}

// Reachable tells whether there is any way to the person.
func (p Person) Reachable() bool {
	return strings.TrimSpace(p.Phone) != "" || strings.TrimSpace(p.Email) != ""
}

// check: levels without a gap, each later than the one before, and somebody on each who can be reached.
func (m *Matrix) check(_ Known, bad *fault.Fields) {
	if len(m.Levels) == 0 {
		bad.Add("levels", "deliverable.bad.none")
	}
	var have []int
	for i, l := range m.Levels {
		have = append(have, l.Level)
		if l.Level != i+1 {
			bad.Add(at("levels", i, "level"), "deliverable.bad.level_order", "want", i+1)
		}
		if i > 0 && l.AfterMinutes == 0 {
			bad.Add(at("levels", i, "after_minutes"), "deliverable.bad.delay")
		}
		if !slices.ContainsFunc(m.Contacts, func(p Person) bool { return p.Level == l.Level && p.Reachable() }) {
			bad.Add(at("levels", i, "level"), "deliverable.bad.nobody", "level", l.Level)
		}
	}
	for i, p := range m.Contacts {
		if !slices.Contains(have, p.Level) {
			bad.Add(at("contacts", i, "level"), "deliverable.bad.no_level", "level", p.Level)
		}
	}
}
