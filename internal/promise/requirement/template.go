package requirement

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// Template is what is usually asked at one criticality.
type Template struct {
	RTO            string   `yaml:"rto"`
	RPO            string   `yaml:"rpo"`
	Retention      *int64   `yaml:"backup_retention_days"`
	Availability   *float64 `yaml:"availability"`
	Strategy       string   `yaml:"dr_strategy"`
	Tier           string   `yaml:"tier"`
	Infrastructure string   `yaml:"monitor_infrastructure"`
	Application    string   `yaml:"monitor_application"`
	Performance    string   `yaml:"monitor_performance"`
	Access         string   `yaml:"security_access"`
	Antimalware    string   `yaml:"security_antimalware"`
	WAF            string   `yaml:"security_waf"`
	PKI            string   `yaml:"security_pki"`
	Encryption     string   `yaml:"security_encryption"`
	Authentication string   `yaml:"security_authentication"`
	Firewall       string   `yaml:"security_firewall"`
}

// fill puts what the template says into what is empty, and tells the names of the fields that it filled, in the order of the record.
func fill(r *Requirement, t Template) (filled []string) {
	text := func(name string, into *string, from string) {
		if *into == "" && from != "" {
			*into = from
			filled = append(filled, name)
		}
	}
	span := func(name string, into *register.Duration, from string) {
		if d, ok := register.ReadDuration(from); ok && *into == "" {
			*into = d
			filled = append(filled, name)
		}
	}
	span("rto", &r.RTO, t.RTO)
	span("rpo", &r.RPO, t.RPO)
	if r.Retention == nil && t.Retention != nil {
		days := *t.Retention
		r.Retention = &days
		filled = append(filled, "backup_retention_days")
	}
	if r.Availability == "" && t.Availability != nil {
		r.Availability = register.ShareOf(*t.Availability)
		filled = append(filled, "availability")
	}
	text("dr_strategy", &r.Strategy, t.Strategy)
	text("tier", &r.Tier, t.Tier)
	text("monitor_infrastructure", &r.Infrastructure, t.Infrastructure)
	text("monitor_application", &r.Application, t.Application)
	text("monitor_performance", &r.Performance, t.Performance)
	text("security_access", &r.Access, t.Access)
	text("security_antimalware", &r.Antimalware, t.Antimalware)
	text("security_waf", &r.WAF, t.WAF)
	text("security_pki", &r.PKI, t.PKI)
	text("security_encryption", &r.Encryption, t.Encryption)
	text("security_authentication", &r.Authentication, t.Authentication)
	text("security_firewall", &r.Firewall, t.Firewall)
	return filled
}

// Filled is a requirement after a template, and the fields that the template filled.
type Filled struct {
	Requirement
	Filled []string `json:"filled" doc:"Names of the fields that were empty and are not any more."`
}

// ApplyTemplate fills what is empty with what is usually asked at the requirement's criticality, or at the one given. Faults: not_found,
// forbidden, stale, invalid (no such template), conflict (its criticality is not known).
func (s *Service) ApplyTemplate(ctx context.Context, a permission.Actor, ref string, version int64, criticality string) (out Filled, err error) {
	out, _, err = s.applyTemplate(ctx, a, ref, version, criticality, false)
	return out, err
}

// applyTemplate is ApplyTemplate, which its page may want to offer to undo.
func (s *Service) applyTemplate(ctx context.Context, a permission.Actor, ref string, version int64, criticality string, undo bool) (out Filled, edit string, err error) {
	rec, err := s.Requirements.Get(ctx, a, ref)
	if err != nil {
		return out, "", err
	}
	if err := a.Require(permission.RequirementWrite); err != nil {
		return out, "", err
	}
	if criticality == "" {
		criticality = rec.Criticality
	}
	if criticality == "" {
		return out, "", fault.New(fault.Conflict, "requirement.bad.no_criticality")
	}
	t, ok := s.library.Templates[criticality]
	if !ok {
		var bad fault.Fields
		bad.Add("criticality", "requirement.bad.template", "value", criticality)
		return out, "", bad.Err()
	}
	if version != 0 && version != rec.Version {
		return out, "", fault.New(fault.Stale, "fault.stale")
	}
	out.Filled = []string{}
	out.Requirement, edit, err = s.change(ctx, a, permission.RequirementWrite, rec, undo, func(r *Requirement, _ db.Time) { out.Filled = append(out.Filled, fill(r, t)...) })
	if err != nil {
		return out, "", fmt.Errorf("apply template %s: %w", criticality, err)
	}
	return out, edit, nil
}
