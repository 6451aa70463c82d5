package finding

import (
	"regexp"
	"strings"
)

// Framework names a requirement of a framework.
type Framework struct {
	Name    string `json:"name"`
	Edition string `json:"edition,omitempty"`
	ID      string `json:"id"`
}

// The frameworks that our controls name as well.
const (
	cis          = "cis-aws-foundations"
	fsbp         = "aws-fsbp"
	architecture = "aws-well-architected"
)

// Key is what two references have alike that mean the same check; empty where none does. Numbers of CIS mean another check in each edition, ids of
// the foundational practices mean one for good. A best practice of the Well-Architected Framework is a goal that many checks serve, and makes
// no two of them the same.
func (f Framework) Key() string {
	switch f.Name {
	case cis:
		return cis + "@" + strings.TrimSuffix(strings.TrimSuffix(f.Edition, ".0"), ".0") + "/" + f.ID
	case fsbp:
		return fsbp + "/" + strings.ToUpper(f.ID)
	}
	return ""
}

var (
	practiceID  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*\.\d{1,3}$`)
	cisNumber   = regexp.MustCompile(`^\d{1,2}(\.\d{1,2}){1,3}$`)
	inPath      = regexp.MustCompile(`aws-foundational-security-best-practices/v/[\d.]+/([A-Za-z0-9]+\.\d{1,3})$`)
	cisInPath   = regexp.MustCompile(`cis-aws-foundations-benchmark/v/([\d.]+)/(?:rule/)?([\d.]+)$`)
	general     = regexp.MustCompile(`security-control/([A-Za-z0-9]+\.\d{1,3})$`)
	cisSpelt    = regexp.MustCompile(`(?i)^CIS AWS Foundations(?: Benchmark)? v?([\d.]+)/([\d.]+)$`)
	prowlerCIS  = regexp.MustCompile(`(?i)^CIS-(\d+(?:\.\d+)*)(?:-aws)?$`)
	pillarOf    = regexp.MustCompile(`(?i)^AWS-Well-Architected-Framework`)
	practicesOf = regexp.MustCompile(`(?i)^AWS-Foundational-(?:Security-)?Best-Practices`)
)

// refs gathers references, each once.
type refs []Framework

// maxRefs is how many references a finding keeps; Prowler names dozens of frameworks.
const maxRefs = 60

func (r *refs) add(f Framework) {
	f.Name, f.Edition, f.ID = clip(f.Name, 80), clip(f.Edition, 40), clip(f.ID, 120)
	if f.Name == "" || f.ID == "" || len(*r) >= maxRefs {
		return
	}
	for _, x := range *r {
		if x == f {
			return
		}
	}
	*r = append(*r, f)
}

// spelt reads a reference as Security Hub writes it: an id of a control, a path of a standard, or words.
func (r *refs) spelt(text string) {
	text = strings.TrimSpace(text)
	switch {
	case practiceID.MatchString(text):
		r.add(Framework{fsbp, "", text})
	case inPath.MatchString(text):
		r.add(Framework{fsbp, "", inPath.FindStringSubmatch(text)[1]})
	case general.MatchString(text):
		r.add(Framework{fsbp, "", general.FindStringSubmatch(text)[1]})
	case cisInPath.MatchString(text):
		m := cisInPath.FindStringSubmatch(text)
		r.add(Framework{cis, m[1], m[2]})
	case cisSpelt.MatchString(text):
		m := cisSpelt.FindStringSubmatch(text)
		r.add(Framework{cis, m[1], m[2]})
	default: // "NIST.800-53.r5 SI-12", "PCI DSS v3.2.1/3.4"
		at := strings.LastIndexAny(text, "/ ")
		if at > 0 && !strings.Contains(text, "arn:") {
			r.add(Framework{Name: strings.TrimSpace(text[:at]), ID: text[at+1:]})
		}
	}
}

// named reads a reference as Prowler writes it: the name of a framework with its edition, and an id in it.
func (r *refs) named(name, id string) {
	switch m := prowlerCIS.FindStringSubmatch(name); {
	case m != nil && cisNumber.MatchString(id):
		r.add(Framework{cis, m[1], id})
	case practicesOf.MatchString(name) && practiceID.MatchString(id):
		r.add(Framework{fsbp, "", id})
	case pillarOf.MatchString(name):
		r.add(Framework{architecture, "", id})
	default:
		r.add(Framework{Name: name, ID: id})
	}
}
