package control

import "time"

// CI is a configuration item as expressions see it.
type CI struct {
	ID, Type, Name, ExternalID, ARN, Account, Region string
	Environment, Criticality, Owner, Workload        string // "" is not known
	Status                                           string // active or stale
	Tags                                             map[string]string
	Attributes                                       map[string]any
	// Partial: a detail was denied or broke when it was last seen, or nobody looked (a CI put in by hand): what is not there may still be so.
	Partial bool
	// Carried are the attributes that a partial look did not see, known from an earlier one.
	Carried []string
	// Load gives Tags and Attributes when they are first asked for; nil when they are there. It is called by one goroutine at a time
	// only if the estate says so.
	Load func(*CI)
}

// Subject is what is judged.
type Subject struct {
	Kind Kind
	CI   *CI // of OfCI
	// ID and Name are of the subject, whatever its kind; for an account ID is its twelve digits.
	ID, Name    string
	Fields      map[string]any // of workload, account and customer: what expressions read by name
	Requirement map[string]any
	Now         time.Time
}

// Estate is what hangs around subjects. It must give the same answers in the same order while it is used.
type Estate interface {
	// Related lists the CIs at the other end of the CI's relations that are not gone. relation "" is any. ends counts those whose
	// CI is not known (yet).
	Related(ci *CI, relation, typ string) (list []*CI, unresolved int)
	// Members lists the CIs of the subject that are not gone.
	Members(s *Subject, typ string) []*CI
	// Unseen tells why the CIs of a type may not all be known, for a CI's account or for all accounts of a subject; "" is that they are.
	Unseen(s *Subject, account, typ string) string
}

// Missing is a piece of evidence that was not there.
type Missing struct {
	// What: attribute, stale, partial, unresolved, type, requirement, parameter, field, cost, broken.
	What string `json:"what"`
	Name string `json:"name,omitempty"`
	CI   string `json:"ci,omitempty"`
	Why  string `json:"why,omitempty"`
}

// Read is a value that the expression looked at.
type Read struct {
	// CI is the id of another CI than the subject; "" is the subject itself.
	CI     string `json:"ci,omitempty"`
	Name   string `json:"name"`
	Value  any    `json:"value,omitempty"`
	Absent bool   `json:"absent,omitempty"`
}

// Seen is a CI that the expression looked at beside its subject.
type Seen struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

// Evidence is why a verdict is what it is.
type Evidence struct {
	Reads   []Read    `json:"reads,omitempty"`
	CIs     []Seen    `json:"cis,omitempty"`
	More    int       `json:"more,omitempty"` // CIs beyond those listed
	Missing []Missing `json:"missing,omitempty"`
}

// Outcome is a verdict with its reasons.
type Outcome struct {
	Verdict  Verdict
	Evidence Evidence
	// Broken: the expression could not be carried out on values that were there. The verdict is unknown.
	Broken bool
}

// RequirementKeys are what a requirement may say, with the kind of each value: int, double, bool or string.
func RequirementKeys() map[string]string {
	return map[string]string{
		"rto_minutes": "int", "rpo_minutes": "int", "backup_retention_days": "int", "availability": "double", "dr_strategy": "string", "tier": "string",
		"monitor_infrastructure": "bool", "monitor_application": "bool", "monitor_performance": "bool",
		"security_access": "string", "security_antimalware": "string", "security_waf": "string", "security_pki": "string", "security_encryption": "string",
		"security_authentication": "string", "security_firewall": "string",
	}
}
