package finding

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// ocsfFinding is what is read of a Compliance Finding (2003) or Detection Finding (2004) of OCSF, as Prowler 4 and 5 write them and as others do.
type ocsfFinding struct {
	ClassUID int64  `json:"class_uid"`
	Message  string `json:"message"`
	Metadata struct {
		EventCode string `json:"event_code"`
		UID       string `json:"uid"`
		Product   struct {
			Name       string `json:"name"`
			UID        string `json:"uid"`
			VendorName string `json:"vendor_name"`
		} `json:"product"`
	} `json:"metadata"`
	SeverityID   *int64 `json:"severity_id"`
	StatusID     int64  `json:"status_id"`
	StatusCode   string `json:"status_code"`
	StatusDetail string `json:"status_detail"`
	Time         int64  `json:"time"`
	TimeDT       string `json:"time_dt"`
	FindingInfo  struct {
		UID     string `json:"uid"`
		Title   string `json:"title"`
		Desc    string `json:"desc"`
		SrcURL  string `json:"src_url"`
		Related any    `json:"-"`
	} `json:"finding_info"`
	Compliance struct {
		Control      string          `json:"control"`
		Standards    []string        `json:"standards"`
		Requirements []string        `json:"requirements"`
		StatusID     int64           `json:"status_id"`
		Status       json.RawMessage `json:"status"`
	} `json:"compliance"`
	Resources []struct {
		UID    string `json:"uid"`
		Name   string `json:"name"`
		Type   string `json:"type"`
		Region string `json:"region"`
	} `json:"resources"`
	Cloud struct {
		Region  string `json:"region"`
		Account struct {
			UID string `json:"uid"`
		} `json:"account"`
	} `json:"cloud"`
	Remediation struct {
		Desc       string   `json:"desc"`
		References []string `json:"references"`
	} `json:"remediation"`
	RiskDetails string `json:"risk_details"`
	Unmapped    struct {
		RelatedURL string              `json:"related_url"`
		Compliance map[string][]string `json:"compliance"`
	} `json:"unmapped"`
}

// ocsf reads one finding of Prowler or of another that writes OCSF.
func (f *faults) ocsf(it item) []Read {
	var v ocsfFinding
	if !f.decode(it, &v) {
		return nil
	}
	before := len(f.fields) + f.more
	if v.ClassUID != 0 && v.ClassUID != 2003 && v.ClassUID != 2004 {
		f.add(it.at, join(it.path, "class_uid"), "finding.fault.class", "value", v.ClassUID)
		return nil
	}
	id := cmp.Or(v.FindingInfo.UID, v.Metadata.UID)
	if clean(id) == "" {
		f.add(it.at, join(it.path, "finding_info.uid"), "finding.fault.required")
	}
	title := cmp.Or(v.FindingInfo.Title, v.Message)
	if clean(title) == "" {
		f.add(it.at, join(it.path, "finding_info.title"), "finding.fault.required")
	}
	seen, ok := moment(v.TimeDT)
	if !ok {
		f.add(it.at, join(it.path, "time_dt"), "finding.fault.time")
	} else if seen.IsZero() {
		if seen, ok = unix(v.Time); !ok {
			f.add(it.at, join(it.path, "time"), "finding.fault.time")
		}
	}
	severity := Low
	if v.SeverityID != nil {
		if severity, ok = ocsfSeverity(*v.SeverityID); !ok {
			f.add(it.at, join(it.path, "severity_id"), "finding.fault.value", "value", *v.SeverityID)
		}
	}
	if len(f.fields)+f.more > before {
		return nil
	}
	var all refs
	names := make([]string, 0, len(v.Unmapped.Compliance))
	for name := range v.Unmapped.Compliance {
		names = append(names, name)
	}
	// Those first that our controls name as well: there is room for so many.
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(ours(b), ours(a)), strings.Compare(a, b)) })
	for _, name := range names {
		for _, id := range v.Unmapped.Compliance[name] {
			all.named(name, id)
		}
	}
	all.spelt(v.Compliance.Control)
	for _, r := range v.Compliance.Requirements {
		all.spelt(r)
	}
	r := Read{Source: OCSF, ExternalID: id, Product: cmp.Or(v.Metadata.Product.Name, v.Metadata.Product.UID, "OCSF"), Rule: cmp.Or(v.Metadata.EventCode, v.Compliance.Control), Title: title,
		Description: description(v), Remedy: v.Remediation.Desc, URL: link(append([]string{v.Unmapped.RelatedURL, v.FindingInfo.SrcURL}, v.Remediation.References...)), Severity: severity,
		Status: ocsfStatus(v.StatusCode, v.StatusID, v.Compliance.StatusID), Account: v.Cloud.Account.UID, Region: v.Cloud.Region, Frameworks: all, Seen: seen}
	if strings.EqualFold(v.Metadata.Product.Name, "prowler") || strings.EqualFold(v.Metadata.Product.UID, "prowler") {
		r.Source = Prowler
	}
	if len(v.Resources) > 0 {
		first := v.Resources[0]
		r.Resource, r.ResourceType, r.Region = cmp.Or(first.UID, first.Name), first.Type, cmp.Or(first.Region, r.Region)
	}
	return []Read{r.finish(it.raw)}
}

func ours(name string) int {
	if prowlerCIS.MatchString(name) || practicesOf.MatchString(name) || pillarOf.MatchString(name) {
		return 1
	}
	return 0
}

// description is what was seen, then what it means.
func description(v ocsfFinding) string {
	var parts []string
	for _, p := range []string{cmp.Or(v.StatusDetail, v.Message), v.FindingInfo.Desc, v.RiskDetails} {
		if p = clean(p); p != "" && !slices.Contains(parts, p) && p != clean(v.FindingInfo.Title) {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "\n\n")
}

// link is the first that is an address of the web.
func link(all []string) string {
	for _, u := range all {
		if u = address(u); u != "" && !strings.ContainsAny(u, " \n") {
			return u
		}
	}
	return ""
}

func ocsfSeverity(id int64) (Severity, bool) {
	switch id {
	case 0, 1, 2, 99: // unknown, informational, low, other
		return Low, true
	case 3:
		return Medium, true
	case 4:
		return High, true
	case 5, 6:
		return Critical, true
	}
	return "", false
}

// ocsfStatus is what the words come to: Prowler's code first, as it says pass, fail or manual; then how the finding is dealt with.
func ocsfStatus(code string, status, compliance int64) Status {
	code = strings.ToUpper(strings.TrimSpace(code))
	switch {
	case code == "PASS" || code == "PASSED" || compliance == 1 || status == 4 || status == 5: // resolved, archived
		return Resolved
	case status == 3:
		return Suppressed
	case code == "MANUAL" || code == "NOT_AVAILABLE":
		return silent
	}
	return Open
}
