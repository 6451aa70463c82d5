package deliverable

import "vigie/internal/platform/fault"

// Report is what is written after an incident.
type Report struct {
	About struct {
		Introduction string `json:"introduction" form:"long"`
		Audience     string `json:"audience" form:"required"`
	} `json:"about"`
	Due      []ReportDue     `json:"due"`
	Sections []ReportSection `json:"sections" form:"cards"`
}

// ReportDue says for which incidents a report is owed, and when.
type ReportDue struct {
	Priority   string `json:"priority" form:"key title required"`
	DraftHours int    `json:"draft_hours"`
	FinalDays  int    `json:"final_days"`
}

// ReportSection is one part of the report.
type ReportSection struct {
	Key      string `json:"key" form:"key required"`
	Title    string `json:"title" form:"title required"`
	Guidance string `json:"guidance" form:"long required"`
	Required bool   `json:"required"`
}

func (r *Report) check(_ Known, bad *fault.Fields) {
	if len(r.Sections) == 0 {
		bad.Add("sections", "deliverable.bad.none")
	}
	if len(r.Due) == 0 {
		bad.Add("due", "deliverable.bad.none")
	}
	for i, d := range r.Due {
		if d.FinalDays == 0 {
			bad.Add(at("due", i, "final_days"), "deliverable.bad.missing")
		}
	}
}
