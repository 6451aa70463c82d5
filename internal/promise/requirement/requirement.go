package requirement

import (
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// Requirement is what is asked of one workload in one environment. A field that is empty asks for nothing, and nothing is held against it.
type Requirement struct {
	register.Head
	Name        string  `db:"name" json:"name" field:"text required sort filter search help"`
	Workload    db.Null `db:"workload_id" json:"workload" field:"ref required to=workload filter" doc:"Id of the workload."`
	Environment string  `db:"environment" json:"environment" field:"choice values=production|staging|test|development|sandbox|shared default=production required sort filter help"`
	Criticality string  `db:"criticality" json:"criticality" field:"choice values=critical|high|medium|low sort filter help" doc:"Names the template that empty fields are filled from."`
	State       string  `db:"state" json:"state" field:"choice values=draft|agreed default=draft required sort filter fixed"`
	AgreedBy    string  `db:"agreed_by" json:"agreed_by" field:"text extra fixed" doc:"Who agreed, by name."`
	AgreedAt    db.Time `db:"agreed_at" json:"agreed_at" field:"instant sort filter extra fixed"`

	RTO          register.Duration `db:"rto" json:"rto" field:"duration sort section=continuity help" doc:"How long a recovery may take."`
	RPO          register.Duration `db:"rpo" json:"rpo" field:"duration sort section=continuity help" doc:"How much of the latest data may be lost."`
	Retention    *int64            `db:"backup_retention_days" json:"backup_retention_days" field:"number max=36500 sort filter section=continuity help" doc:"How many days a backup is kept; 0 for no backups."`
	Availability register.Share    `db:"availability" json:"availability" field:"share sort section=continuity help" doc:"Per cent of the time of a month."`
	Strategy     string            `db:"dr_strategy" json:"dr_strategy" field:"choice values=none|backup_restore|pilot_light|warm_standby|active_active sort filter section=continuity"`
	Tier         string            `db:"tier" json:"tier" field:"choice values=8x5|12x5|24x7 sort filter section=continuity help" doc:"Hours of support."`

	Infrastructure string `db:"monitor_infrastructure" json:"monitor_infrastructure" field:"choice values=yes|no filter extra section=monitoring"`
	Application    string `db:"monitor_application" json:"monitor_application" field:"choice values=yes|no filter extra section=monitoring"`
	Performance    string `db:"monitor_performance" json:"monitor_performance" field:"choice values=yes|no filter extra section=monitoring"`

	Access         string `db:"security_access" json:"security_access" field:"choice values=none|standard|strict filter extra section=security"`
	Antimalware    string `db:"security_antimalware" json:"security_antimalware" field:"choice values=none|standard|strict filter extra section=security"`
	WAF            string `db:"security_waf" json:"security_waf" field:"choice values=none|standard|strict filter extra section=security"`
	PKI            string `db:"security_pki" json:"security_pki" field:"choice values=none|standard|strict filter extra section=security"`
	Encryption     string `db:"security_encryption" json:"security_encryption" field:"choice values=none|standard|strict filter extra section=security"`
	Authentication string `db:"security_authentication" json:"security_authentication" field:"choice values=none|standard|strict filter extra section=security"`
	Firewall       string `db:"security_firewall" json:"security_firewall" field:"choice values=none|standard|strict filter extra section=security"`
	SecurityNote   string `db:"security_note" json:"security_note" field:"long search extra section=security help"`
	Note           string `db:"note" json:"note" field:"long search extra section=words help"`
	register.Tail
}

// The states of a requirement.
const (
	Draft  = "draft"
	Agreed = "agreed"
)

var declared = register.Declaration[Requirement]{Name: "requirement", Path: "/requirements", Icon: "target", Read: permission.RequirementRead, Write: permission.RequirementWrite,
	Status: "state", Tones: map[string]ui.Tone{Agreed: ui.Good, Draft: ui.Info}, Taken: "requirement.bad.taken",
	Check: check, Settle: settle, Links: links}

// Promises are what is asked, without the names, the state and the words around it: what two sides agree on.
type Promises struct {
	Workload                                                                          db.Null
	Environment                                                                       string
	RTO, RPO                                                                          register.Duration
	Retention                                                                         int64 // -1: not said
	Availability                                                                      register.Share
	Strategy, Tier                                                                    string
	Infrastructure, Application, Performance                                          string
	Access, Antimalware, WAF, PKI, Encryption, Authentication, Firewall, SecurityNote string
}

// Promises gives what is asked.
func (r Requirement) Promises() Promises {
	p := Promises{Workload: r.Workload, Environment: r.Environment, RTO: r.RTO, RPO: r.RPO, Retention: -1, Availability: r.Availability, Strategy: r.Strategy, Tier: r.Tier,
		Infrastructure: r.Infrastructure, Application: r.Application, Performance: r.Performance, Access: r.Access, Antimalware: r.Antimalware, WAF: r.WAF, PKI: r.PKI,
		Encryption: r.Encryption, Authentication: r.Authentication, Firewall: r.Firewall, SecurityNote: r.SecurityNote}
	if r.Retention != nil {
		p.Retention = *r.Retention
	}
	return p
}

// settle makes an agreed requirement a draft again as soon as anything differs that was agreed on.
func settle(before Requirement, rec *Requirement) {
	if before.State == Agreed && rec.State == Agreed && before.Promises() != rec.Promises() {
		rec.State = Draft
	}
	if rec.State != Agreed {
		rec.AgreedBy, rec.AgreedAt = "", db.Time{}
	}
}

// Empty tells that nothing is asked.
func (r Requirement) Empty() bool {
	return r.Promises() == Promises{Workload: r.Workload, Environment: r.Environment, Retention: -1}
}

func check(r Requirement, bad *fault.Fields) {
	if n, ok := r.Availability.Percent(); ok && n == 0 {
		bad.Add("availability", "requirement.bad.availability")
	}
}

// Rules are the promises under the names that controls know them by; what is not asked for has no entry. Whole numbers are int64, so that
// they compare with the numbers of a rule.
func (r Requirement) Rules() map[string]any {
	out := map[string]any{}
	if n, ok := r.RTO.Minutes(); ok {
		out["rto_minutes"] = n
	}
	if n, ok := r.RPO.Minutes(); ok {
		out["rpo_minutes"] = n
	}
	if r.Retention != nil {
		out["backup_retention_days"] = *r.Retention
	}
	if n, ok := r.Availability.Percent(); ok {
		out["availability"] = n
	}
	for name, value := range map[string]string{"dr_strategy": r.Strategy, "tier": r.Tier, "security_access": r.Access, "security_antimalware": r.Antimalware, "security_waf": r.WAF,
		"security_pki": r.PKI, "security_encryption": r.Encryption, "security_authentication": r.Authentication, "security_firewall": r.Firewall} {
		if value != "" {
			out[name] = value
		}
	}
	for name, value := range map[string]string{"monitor_infrastructure": r.Infrastructure, "monitor_application": r.Application, "monitor_performance": r.Performance} {
		if value != "" {
			out[name] = value == "yes"
		}
	}
	return out
}
