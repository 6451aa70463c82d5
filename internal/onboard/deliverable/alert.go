package deliverable

import "vigie/internal/platform/fault"

// Manual says what to do when an alarm rings.
type Manual struct {
	About struct {
		Introduction string `json:"introduction" form:"long"`
	} `json:"about"`
	Alerts []Alert `json:"alerts" form:"cards"`
}

// Alert is one alarm that is watched.
type Alert struct {
	CI         string `json:"ci" form:"hidden key"` // id of the alarm
	Name       string `json:"name" form:"title required"`
	Workload   string `json:"workload"`
	Condition  string `json:"condition"`
	Severity   string `json:"severity" form:"choice=critical|high|medium|low required"`
	Meaning    string `json:"meaning" form:"long required"`
	FirstSteps string `json:"first_steps" form:"long required"`
	Runbook    string `json:"runbook" form:"required"`
	Owner      string `json:"owner" form:"required"`
}

// check: every entry is about an alarm that is there, and no alarm that is there is without an entry.
func (m *Manual) check(now Known, bad *fault.Fields) {
	have := map[string]bool{}
	for i, a := range m.Alerts {
		have[a.CI] = true
		if _, ok := now.Alarms[a.CI]; !ok {
			bad.Add(at("alerts", i, "name"), "deliverable.bad.no_alarm", "name", a.Name)
		}
	}
	left := 0
	for id := range now.Alarms {
		if !have[id] {
			left++
		}
	}
	switch {
	case left > 0:
		bad.Add("alerts", "deliverable.bad.alarms_left", "count", left)
	case len(m.Alerts) == 0:
		bad.Add("alerts", "deliverable.bad.none")
	}
}
