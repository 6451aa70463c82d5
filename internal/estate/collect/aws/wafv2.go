package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"vigie/internal/estate/collect"
)

const typeWebACL = "AWS::WAFv2::WebACL"

// Web ACLs are regional, but for CloudFront's, which are asked for in us-east-1 and belong to no region: two collectors of one type,
// whose scopes (region, type) are never the same.
func wafCollectors() []collect.Collector {
	actions := []string{"wafv2:ListWebACLs", "wafv2:GetWebACL", "wafv2:ListTagsForResource", "wafv2:GetLoggingConfiguration"}
	return []collect.Collector{
		{Service: "wafv2", Types: []string{typeWebACL}, Actions: append(actions, "wafv2:ListResourcesForWebACL"),
			Collect: func(ctx context.Context, s *collect.Session) error { return webACLs(ctx, s, types.ScopeRegional) }},
		{Service: "wafv2", Types: []string{typeWebACL}, Reach: collect.Global, OnlyGlobal: true, Actions: actions,
			Collect: func(ctx context.Context, s *collect.Session) error { return webACLs(ctx, s, types.ScopeCloudfront) }},
	}
}

func webACLs(ctx context.Context, s *collect.Session, scope types.Scope) error {
	api := wafv2.NewFromConfig(s.Config())
	in := &wafv2.ListWebACLsInput{Scope: scope, Limit: ptr[int32](100)}
	return collect.Pages(ctx, s, api.ListWebACLs, in, func(out *wafv2.ListWebACLsOutput) error {
		return eachAtOnce(ctx, s, out.WebACLs, func(w *types.WebACLSummary) collect.Item {
			item := collect.Item{Type: typeWebACL, ID: str(w.ARN), ARN: str(w.ARN), Name: str(w.Name)}
			f := facts{"Description": w.Description, "Scope": scope}
			const none = "WAFNonexistentItemException"
			if d, ok := collect.Try(ctx, s, api.GetWebACL, &wafv2.GetWebACLInput{Id: w.Id, Name: w.Name, Scope: scope}, none); ok {
				webACLFacts(of(d.WebACL), f)
			}
			var e edges
			if l, ok := collect.Try(ctx, s, api.GetLoggingConfiguration, &wafv2.GetLoggingConfigurationInput{ResourceArn: w.ARN}, none); ok {
				f["LogDestinations"] = of(l.LoggingConfiguration).LogDestinationConfigs
			}
			if t, ok := collect.Try(ctx, s, api.ListTagsForResource, &wafv2.ListTagsForResourceInput{ResourceARN: w.ARN}, none); ok {
				item.Tags = tags(of(t.TagInfoForResource).TagList)
			}
			if scope == types.ScopeRegional { // distributions name their ACL themselves
				e.arns(collect.Protects, protected(ctx, s, api, w.ARN)...)
			}
			item.Edges, item.Attributes = e, tidy(f)
			return item
		})
	})
}

// protected lists what a regional ACL stands before, of the kinds that have CIs. Others (Cognito, App Runner, Verified Access) would
// need further rights in services that Vigie does not read.
func protected(ctx context.Context, s *collect.Session, api *wafv2.Client, acl *string) (arns []string) {
	for _, kind := range []types.ResourceType{types.ResourceTypeApplicationLoadBalancer, types.ResourceTypeApiGateway, types.ResourceTypeAppsync} {
		out, ok := collect.Try(ctx, s, api.ListResourcesForWebACL, &wafv2.ListResourcesForWebACLInput{WebACLArn: acl, ResourceType: kind},
			"WAFNonexistentItemException", "WAFInvalidParameterException") // the latter where a region lacks the kind
		if ok {
			for _, arn := range out.ResourceArns {
				arn, _, _ = strings.Cut(arn, "/stages/") // of an API, whose stages are no CIs
				arns = append(arns, arn)
			}
		}
	}
	return arns
}

func webACLFacts(w types.WebACL, f facts) {
	f["DefaultAction"] = "Allow"
	if w.DefaultAction != nil && w.DefaultAction.Block != nil {
		f["DefaultAction"] = "Block"
	}
	var managed []string
	for _, r := range w.Rules {
		st := of(r.Statement)
		if m := st.ManagedRuleGroupStatement; m != nil {
			managed = append(managed, str(m.VendorName)+"/"+str(m.Name))
		}
		if st.RateBasedStatement != nil {
			f["RateLimit"] = st.RateBasedStatement.Limit
		}
	}
	f["Rules"] = pick(w.Rules, func(r *types.Rule) *string { return r.Name })
	f["ManagedRuleGroups"], f["Capacity"], f["ManagedByFirewallManager"] = managed, w.Capacity, w.ManagedByFirewallManager
}
