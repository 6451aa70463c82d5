package discovery

import (
	"strconv"
	"strings"

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

// versionOf reads the version that a form was made for; what is no number asks for no check.
func versionOf(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
