package finding

import (
	"cmp"
	"strings"
)

// asffFinding is what is read of the AWS Security Finding Format.
type asffFinding struct {
	ID           string `json:"Id"`
	ProductArn   string
	ProductName  string
	CompanyName  string
	Region       string
	GeneratorID  string `json:"GeneratorId"`
	AwsAccountID string `json:"AwsAccountId"`
	Title        string
	Description  string
	CreatedAt    string
	UpdatedAt    string
	SourceURL    string `json:"SourceUrl"`
	RecordState  string
	Severity     struct {
		Label      string
		Normalized *float64
	}
	Workflow struct {
		Status string
	}
	Compliance struct {
		Status              string
		SecurityControlID   string `json:"SecurityControlId"`
		RelatedRequirements []string
	}
	Remediation struct {
		Recommendation struct {
			Text string
			URL  string `json:"Url"`
		}
	}
	ProductFields map[string]any
	Resources     []struct {
		Type, ID, Region string
	}
}

// asff reads one finding of Security Hub.
func (f *faults) asff(it item) []Read {
	var v asffFinding
	if !f.decode(it, &v) {
		return nil
	}
	before := len(f.fields) + f.more
	for _, m := range []struct{ name, value string }{{"Id", v.ID}, {"AwsAccountId", v.AwsAccountID}, {"Title", v.Title}} {
		if clean(m.value) == "" {
			f.add(it.at, join(it.path, m.name), "finding.fault.required")
		}
	}
	if len(v.Resources) == 0 || clean(v.Resources[0].ID) == "" {
		f.add(it.at, join(it.path, "Resources[0].Id"), "finding.fault.required")
	}
	seen, ok := moment(cmp.Or(v.UpdatedAt, v.CreatedAt))
	if !ok {
		f.add(it.at, join(it.path, "UpdatedAt"), "finding.fault.time")
	}
	severity, ok := asffSeverity(v.Severity.Label, v.Severity.Normalized)
	if !ok {
		f.add(it.at, join(it.path, "Severity.Label"), "finding.fault.value", "value", clip(v.Severity.Label, 40))
	}
	status, ok := asffStatus(v.RecordState, v.Workflow.Status, v.Compliance.Status)
	if !ok {
		f.add(it.at, join(it.path, "RecordState"), "finding.fault.value", "value", clip(v.RecordState, 40))
	}
	if len(f.fields)+f.more > before {
		return nil
	}
	var all refs
	all.spelt(v.Compliance.SecurityControlID)
	all.spelt(v.GeneratorID)
	for _, r := range v.Compliance.RelatedRequirements {
		all.spelt(r)
	}
	r := Read{Source: SecurityHub, ExternalID: v.ID, Product: asffProduct(v), Rule: cmp.Or(v.Compliance.SecurityControlID, v.GeneratorID), Title: v.Title, Description: v.Description,
		Remedy: v.Remediation.Recommendation.Text, URL: cmp.Or(v.Remediation.Recommendation.URL, v.SourceURL), Severity: severity, Status: status, Account: v.AwsAccountID,
		Region: cmp.Or(v.Resources[0].Region, v.Region), Resource: v.Resources[0].ID, ResourceType: v.Resources[0].Type, Frameworks: all, Seen: seen}
	return []Read{r.finish(it.raw)}
}

func asffProduct(v asffFinding) string {
	if v.ProductName != "" {
		return v.ProductName
	}
	if name, ok := v.ProductFields["aws/securityhub/ProductName"].(string); ok && name != "" {
		return name
	}
	if at := strings.LastIndexByte(v.ProductArn, '/'); at >= 0 {
		return v.ProductArn[at+1:]
	}
	return "Security Hub"
}

// asffSeverity is the label, else the figure from 0 to 100 that it stands for.
func asffSeverity(label string, figure *float64) (Severity, bool) {
	switch strings.ToUpper(strings.TrimSpace(label)) {
	case "CRITICAL":
		return Critical, true
	case "HIGH":
		return High, true
	case "MEDIUM":
		return Medium, true
	case "LOW", "INFORMATIONAL":
		return Low, true
	case "":
	default:
		return "", false
	}
	switch {
	case figure == nil || *figure < 40:
		return Low, true
	case *figure < 70:
		return Medium, true
	case *figure < 90:
		return High, true
	}
	return Critical, true
}

// asffStatus is what the three words of Security Hub come to.
func asffStatus(record, workflow, compliance string) (Status, bool) {
	if record != "" && record != "ACTIVE" && record != "ARCHIVED" {
		return "", false
	}
	switch {
	case record == "ARCHIVED" || workflow == "RESOLVED" || compliance == "PASSED":
		return Resolved, true
	case workflow == "SUPPRESSED":
		return Suppressed, true
	case compliance == "NOT_AVAILABLE":
		return silent, true
	}
	return Open, true
}
