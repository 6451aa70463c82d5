package discovery

import (
	"regexp"
	"strconv"
	"strings"

	"vigie/internal/estate/collect/policy"
	"vigie/internal/kit/ui"
)

// accessText is one way to make the role in the customer's account.
type accessText struct{ Label, Help, Text string }

// facts are the line under the account's name.
func (v accountView) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("discovery.customer"), Value: ui.Anchor(p.In("/customers/"+v.owner.Slug), v.owner.Name)},
		{Label: p.T("discovery.account.access"), Value: accessCell(p, v.Account)},
		{Label: p.T("discovery.account.regions"), Value: ui.Text(regionsWord(p, v.Regions.V))},
		{Label: p.T("discovery.account.organization"), Value: organizationCell(p, v.Account)},
	}
	if v.RoleARN != "" {
		facts = append(facts, ui.Fact{Label: p.T("discovery.account.role"), Value: ui.Code(v.RoleARN)})
	}
	return facts
}

// panels say what the account brings in.
func (v accountView) panels(p *ui.Page) []ui.Panel {
	if !v.cover {
		return nil
	}
	numbers := []string{v.AccountID}
	for _, m := range v.reach.Members {
		numbers = append(numbers, m.AccountID)
	}
	these := "account=" + strings.Join(numbers, ",")
	of := "/coverage?" + these
	body := ui.Facts([]ui.Fact{
		{Label: p.T("discovery.cover.cis"), Value: ui.Anchor(p.In("/cis?"+these), p.Number(int(v.reach.Items)))},
		{Label: p.T("discovery.cover.complete"), Value: ui.Anchor(p.In(of+"&outcome=complete"), p.Number(int(v.reach.Complete)))},
		{Label: p.T("discovery.cover.blind"), Value: ui.Anchor(p.In(of+"&outcome=denied,failed,throttled_out"), p.Number(int(v.reach.Blind)))},
	})
	if v.reach.Scopes == 0 {
		body = ui.Text(p.T("discovery.account.never_read"))
	}
	return []ui.Panel{{Title: p.T("discovery.cover.title"), Href: of, Body: body}}
}

func (v accountView) checkTone() ui.Tone {
	switch {
	case v.Status == Reachable && v.AcceptOpenRole:
		return ui.Soon
	case v.Status == Reachable:
		return ui.Good
	case v.troubled():
		return ui.Bad
	}
	return ui.Info
}

// roleName is the short name of a role.
func roleName(arn string) string {
	if i := strings.Index(arn, ":role/"); i >= 0 {
		return arn[i+len(":role/"):]
	}
	return arn
}

func flag(on bool) string { return strconv.FormatBool(on) }

func number(n int64) string { return strconv.FormatInt(n, 10) }

// principalForm is who may assume the role: an account by number, or a role or user by ARN.
var principalForm = regexp.MustCompile(`^([0-9]{12}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[A-Za-z0-9+=,.@_/-]{1,600})$`)

// unknownPrincipal stands in the templates until somebody says as whom Vigie runs: a deployment with it fails, rather than letting the
// wrong one in.
const unknownPrincipal = "ACCOUNT-THAT-VIGIE-RUNS-IN"

// accessTexts are the ways to make the role of an account, computed from the collectors.
func (h pages) accessTexts(p *ui.Page, acc Account) []accessText {
	principal := strings.TrimSpace(p.Query.Get("principal"))
	if !principalForm.MatchString(principal) {
		principal = unknownPrincipal
	}
	role := policy.Role{Name: roleName(acc.RoleARN), Principal: principal, ExternalID: acc.ExternalID, Documents: policy.Documents(policy.Actions(h.s.collectors))}
	texts := []accessText{}
	if acc.Organization {
		texts = append(texts, accessText{p.T("discovery.access.stackset"), p.T("discovery.access.stackset_help"), role.StackSet()})
	}
	return append(texts,
		accessText{p.T("discovery.access.cloudformation"), p.T("discovery.access.cloudformation_help"), role.CloudFormation()},
		accessText{p.T("discovery.access.terraform"), p.T("discovery.access.terraform_help"), role.Terraform()})
}

func principalFault(p *ui.Page, text string) string {
	if text == "" || principalForm.MatchString(strings.TrimSpace(text)) {
		return ""
	}
	return p.T("discovery.access.principal_form")
}
