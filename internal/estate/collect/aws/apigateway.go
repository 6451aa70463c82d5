package aws

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"vigie/internal/estate/collect"
)

func apigatewayCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "apigateway", Types: []string{"AWS::ApiGateway::RestApi"}, Collect: restAPIs, Actions: []string{
			"apigateway:GetRestApis", "apigateway:GetStages", "apigateway:GetResources", "apigateway:GetVpcLinks",
			"apigateway:GetDomainNames", "apigateway:GetBasePathMappings",
		}},
		{Service: "apigateway", Types: []string{"AWS::ApiGatewayV2::Api"}, Collect: httpAPIs, Actions: []string{
			"apigateway:GetApis", "apigateway:GetStages", "apigateway:GetIntegrations", "apigateway:GetDomainNames", "apigateway:GetApiMappings",
		}},
	}
}

func restAPIs(ctx context.Context, s *collect.Session) error {
	api := apigateway.NewFromConfig(s.Config())
	links, err := vpcLinks(ctx, s, api)
	if err != nil {
		s.Note(err)
	}
	hosts, err := restDomains(ctx, s, api)
	if err != nil {
		s.Note(err)
	}
	return collect.Pages(ctx, s, api.GetRestApis, &apigateway.GetRestApisInput{Limit: ptr[int32](500)}, func(out *apigateway.GetRestApisOutput) error {
		return eachAtOnce(ctx, s, out.Items, func(a *types.RestApi) collect.Item {
			id, endpoint := str(a.Id), of(a.EndpointConfiguration)
			item := collect.Item{Type: "AWS::ApiGateway::RestApi", ID: id, ARN: "arn:" + s.Partition + ":apigateway:" + s.Region + "::/restapis/" + id,
				Name: str(a.Name), Tags: a.Tags, Keys: dnsKeys(append(hosts[id], executeHost(s, id))...), Attributes: tidy(facts{
					"Name": a.Name, "Description": a.Description, "EndpointTypes": endpoint.Types, "VpcEndpointIds": endpoint.VpcEndpointIds,
					"DisableExecuteApiEndpoint": a.DisableExecuteApiEndpoint, "ApiKeySourceType": a.ApiKeySource, "SecurityPolicy": a.SecurityPolicy,
					"MinimumCompressionSize": a.MinimumCompressionSize, "Version": a.Version, "CreatedDate": a.CreatedDate, "HasPolicy": str(a.Policy) != "",
				})}
			if st, ok := collect.Try(ctx, s, api.GetStages, &apigateway.GetStagesInput{RestApiId: a.Id}, "NotFoundException"); ok {
				setFact(item.Attributes, "Stages", restStages(st.Item))
			}
			item.Edges = restTargets(ctx, s, api, a.Id, links)
			return item
		})
	})
}

func restStages(list []types.Stage) []facts {
	slices.SortFunc(list, func(a, b types.Stage) int { return strings.Compare(str(a.StageName), str(b.StageName)) })
	var out []facts
	for _, t := range list {
		out = append(out, facts{
			"StageName": t.StageName, "TracingEnabled": t.TracingEnabled, "AccessLogs": str(of(t.AccessLogSettings).DestinationArn) != "",
			"CacheClusterEnabled": t.CacheClusterEnabled, "WebAclArn": t.WebAclArn, "ClientCertificate": str(t.ClientCertificateId) != "",
			"LoggingLevel": of(ptr(t.MethodSettings["*/*"])).LoggingLevel,
		})
	}
	return out
}

// invoked finds the function in the address of an integration.
var invoked = regexp.MustCompile(`/functions/(arn:[^/$]+)/invocations`)

// restTargets are the functions and load balancers that the methods of an API lead to.
func restTargets(ctx context.Context, s *collect.Session, api *apigateway.Client, id *string, links map[string][]string) []collect.Edge {
	found := map[string]bool{}
	in := &apigateway.GetResourcesInput{RestApiId: id, Embed: []string{"methods"}, Limit: ptr[int32](500)}
	err := collect.Pages(ctx, s, api.GetResources, in, func(out *apigateway.GetResourcesOutput) error {
		for _, r := range out.Items {
			for _, m := range r.ResourceMethods {
				integration := of(m.MethodIntegration)
				if f := invoked.FindStringSubmatch(str(integration.Uri)); f != nil {
					found[unqualified(f[1])] = true
				}
				for _, arn := range links[str(integration.ConnectionId)] {
					found[arn] = true
				}
			}
		}
		return nil
	})
	if err != nil && !hasCode(err, "NotFoundException") {
		s.Note(err)
	}
	var e edges
	e.arns(collect.RoutesTo, names(found)...)
	return e
}

func vpcLinks(ctx context.Context, s *collect.Session, api *apigateway.Client) (map[string][]string, error) {
	links := map[string][]string{}
	err := collect.Pages(ctx, s, api.GetVpcLinks, &apigateway.GetVpcLinksInput{Limit: ptr[int32](500)}, func(out *apigateway.GetVpcLinksOutput) error {
		for _, l := range out.Items {
			links[str(l.Id)] = l.TargetArns
		}
		return nil
	})
	return links, err
}

// restDomains gives, for each API, the names that records point at to reach it by its custom domains, and these themselves.
func restDomains(ctx context.Context, s *collect.Session, api *apigateway.Client) (map[string][]string, error) {
	hosts := map[string][]string{}
	err := collect.Pages(ctx, s, api.GetDomainNames, &apigateway.GetDomainNamesInput{Limit: ptr[int32](500)}, func(out *apigateway.GetDomainNamesOutput) error {
		for _, d := range out.Items {
			in := &apigateway.GetBasePathMappingsInput{DomainName: d.DomainName, DomainNameId: d.DomainNameId, Limit: ptr[int32](500)}
			if err := collect.Pages(ctx, s, api.GetBasePathMappings, in, func(out *apigateway.GetBasePathMappingsOutput) error {
				for _, m := range out.Items {
					hosts[str(m.RestApiId)] = append(hosts[str(m.RestApiId)], str(d.RegionalDomainName), str(d.DistributionDomainName))
				}
				return nil
			}); err != nil && !hasCode(err, "NotFoundException") {
				return err
			}
		}
		return nil
	})
	return hosts, err
}

func executeHost(s *collect.Session, id string) string {
	return id + ".execute-api." + s.Region + "." + domain(s)
}
