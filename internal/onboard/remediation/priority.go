package remediation

import (
	"cmp"
	"slices"
	"time"
)

// Facts are what the priority of a measure hangs on.
type Facts struct {
	Severity    string // of the worst gap
	Area        string
	Environment string
	Criticality string         // of the workload
	Gaps        int            // how many it closes
	Requirement map[string]any // what was promised for the workload
}

// Reason is one line of an explanation: its words are remediation.reason.<Key>.
type Reason struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Points int    `json:"points"`
}

// Priorities lists the priorities, the most urgent first.
func Priorities() []string { return []string{"urgent", "high", "normal", "low"} }

// The points at which a priority begins.
const (
	urgentFrom = 70
	highFrom   = 45
	normalFrom = 20
	manyGaps   = 10 // more gaps than this do not add
)

var (
	severityPoints    = map[string]int{"critical": 50, "high": 30, "medium": 15, "low": 5}
	environmentPoints = map[string]int{"production": 15, "shared": 10, "staging": 5}
	criticalityPoints = map[string]int{"critical": 15, "high": 8}
)

// Priority says how urgent a measure is, and why: the points of the reasons add up to its own.
func Priority(f Facts) (priority string, points int, why []Reason) {
	add := func(key, value string, n int) {
		if n > 0 {
			why = append(why, Reason{key, value, n})
			points += n
		}
	}
	add("severity", f.Severity, severityPoints[f.Severity])
	add("environment", f.Environment, environmentPoints[f.Environment])
	add("criticality", f.Criticality, criticalityPoints[f.Criticality])
	key, value := promised(f.Area, f.Requirement)
	if key != "" {
		add(key, value, 12)
	}
	if f.Severity == "critical" {
		add("launch", "", 10) // an open critical gap holds up the launch
	}
	if n := min(f.Gaps, manyGaps+1) - 1; n > 0 {
		add("gaps", "", n)
	}
	switch {
	case points >= urgentFrom:
		return "urgent", points, why
	case points >= highFrom:
		return "high", points, why
	case points >= normalFrom:
		return "normal", points, why
	}
	return "low", points, why
}

// promised names the promise that a gap of the area breaks, if one was made that is hard to keep.
func promised(area string, requirement map[string]any) (key, value string) {
	number := func(name string) (float64, bool) {
		switch v := requirement[name].(type) {
		case float64:
			return v, true
		case int64:
			return float64(v), true
		case int:
			return float64(v), true
		}
		return 0, false
	}
	switch area {
	case "availability":
		if v, ok := number("availability"); ok && v >= 99.9 {
			return "availability", trim(v)
		}
	case "backup":
		if v, ok := number("rpo_minutes"); ok && v <= 240 {
			return "rpo", trim(v)
		}
	case "disaster_recovery":
		if v, ok := number("rto_minutes"); ok && v <= 240 {
			return "rto", trim(v)
		}
	case "monitoring":
		if requirement["tier"] == "24x7" {
			return "tier", "24x7"
		}
	default:
		if requirement[area] == "strict" { // the seven of security are named as their requirement
			return "strict", ""
		}
	}
	return "", ""
}

// Risk is what an open gap weighs.
func Risk(severity, environment string) int {
	weight := map[string]int{"critical": 40, "high": 16, "medium": 6, "low": 1}[severity]
	if environment == "production" || environment == "shared" {
		return weight * 2
	}
	return weight
}

// Effort is the work of closing n gaps of one control: the first takes all of it, each further a quarter, since the way is known by then.
func Effort(one time.Duration, n int) time.Duration {
	if n < 1 {
		return 0
	}
	return (one + one*time.Duration(n-1)/4).Round(time.Minute)
}

// worst gives the severity that counts for several.
func worst(severities []string) string {
	order := []string{"critical", "high", "medium", "low"}
	return slices.MinFunc(severities, func(a, b string) int { return cmp.Compare(slices.Index(order, a), slices.Index(order, b)) })
}
