package deliverable

import (
	"slices"

	"vigie/internal/platform/fault"
)

// Menu lists what can be asked for without further agreement, and how it is done.
type Menu struct {
	About struct {
		Introduction string `json:"introduction" form:"long"`
	} `json:"about"`
	Requests []Request `json:"requests" form:"cards"`
	Runbooks []Runbook `json:"runbooks" form:"cards"`
}

// Request is one standard request.
type Request struct {
	Key      string `json:"key" form:"key required"`
	Name     string `json:"name" form:"title required"`
	Scope    string `json:"scope" form:"long required"`
	Excluded string `json:"excluded" form:"long"`
	Runbook  string `json:"runbook" form:"required"`
	Approved bool   `json:"approved"` // the customer approves each one
}

// Runbook says how something is done.
type Runbook struct {
	Key   string `json:"key" form:"key required"`
	Title string `json:"title" form:"title required"`
	Steps string `json:"steps" form:"long required"`
	Check string `json:"check" form:"long"`
}

// check: each request leads to a runbook.
func (m *Menu) check(_ Known, bad *fault.Fields) {
	if len(m.Requests) == 0 {
		bad.Add("requests", "deliverable.bad.none")
	}
	for i, r := range m.Requests {
		if r.Runbook != "" && !slices.ContainsFunc(m.Runbooks, func(b Runbook) bool { return b.Key == r.Runbook }) {
			bad.Add(at("requests", i, "runbook"), "deliverable.bad.no_runbook", "key", r.Runbook)
		}
	}
}
