package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"vigie/internal/estate/collect"
)

// httpAPIs lists HTTP and WebSocket APIs.
func httpAPIs(ctx context.Context, s *collect.Session) error {
	api := apigatewayv2.NewFromConfig(s.Config())
	hosts, err := httpDomains(ctx, s, api)
	if err != nil {
		s.Note(err)
	}
	return collect.Pages(ctx, s, api.GetApis, &apigatewayv2.GetApisInput{}, func(out *apigatewayv2.GetApisOutput) error {
		return eachAtOnce(ctx, s, out.Items, func(a *types.Api) collect.Item {
			id := str(a.ApiId)
			item := collect.Item{Type: "AWS::ApiGatewayV2::Api", ID: id, ARN: "arn:" + s.Partition + ":apigateway:" + s.Region + "::/apis/" + id,
				Name: str(a.Name), Tags: a.Tags, Keys: dnsKeys(append(hosts[id], executeHost(s, id))...), Attributes: tidy(facts{
					"Name": a.Name, "ProtocolType": a.ProtocolType, "Description": a.Description, "ApiEndpoint": a.ApiEndpoint,
					"DisableExecuteApiEndpoint": a.DisableExecuteApiEndpoint, "Version": a.Version, "CreatedDate": a.CreatedDate,
					"IpAddressType": a.IpAddressType, "AllowOrigins": of(a.CorsConfiguration).AllowOrigins,
				})}
			var stages []types.Stage
			err := collect.Pages(ctx, s, api.GetStages, &apigatewayv2.GetStagesInput{ApiId: a.ApiId}, func(out *apigatewayv2.GetStagesOutput) error {
				stages = append(stages, out.Items...)
				return nil
			})
			if err != nil && !hasCode(err, "NotFoundException") {
				s.Note(err)
			}
			setFact(item.Attributes, "Stages", httpStages(stages))
			item.Edges = httpTargets(ctx, s, api, a.ApiId)
			return item
		})
	})
}

func httpStages(list []types.Stage) []facts {
	slices.SortFunc(list, func(a, b types.Stage) int { return strings.Compare(str(a.StageName), str(b.StageName)) })
	var out []facts
	for _, t := range list {
		out = append(out, facts{
			"StageName": t.StageName, "AutoDeploy": t.AutoDeploy, "AccessLogs": str(of(t.AccessLogSettings).DestinationArn) != "",
			"ThrottlingRateLimit": of(t.DefaultRouteSettings).ThrottlingRateLimit, "LoggingLevel": of(t.DefaultRouteSettings).LoggingLevel,
		})
	}
	return out
}

// httpTargets are what the integrations lead to: functions, named plainly or by address, and listeners behind a VPC link.
func httpTargets(ctx context.Context, s *collect.Session, api *apigatewayv2.Client, id *string) []collect.Edge {
	found := map[string]bool{}
	in := &apigatewayv2.GetIntegrationsInput{ApiId: id}
	err := collect.Pages(ctx, s, api.GetIntegrations, in, func(out *apigatewayv2.GetIntegrationsOutput) error {
		for _, i := range out.Items {
			uri := str(i.IntegrationUri)
			if f := invoked.FindStringSubmatch(uri); f != nil {
				uri = f[1]
			}
			if strings.Contains(uri, ":function:") {
				uri = unqualified(uri)
			}
			found[uri] = true
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

func httpDomains(ctx context.Context, s *collect.Session, api *apigatewayv2.Client) (map[string][]string, error) {
	hosts := map[string][]string{}
	err := collect.Pages(ctx, s, api.GetDomainNames, &apigatewayv2.GetDomainNamesInput{}, func(out *apigatewayv2.GetDomainNamesOutput) error {
		for _, d := range out.Items {
			targets := pick(d.DomainNameConfigurations, func(c *types.DomainNameConfiguration) *string { return c.ApiGatewayDomainName })
			in := &apigatewayv2.GetApiMappingsInput{DomainName: d.DomainName}
			if err := collect.Pages(ctx, s, api.GetApiMappings, in, func(out *apigatewayv2.GetApiMappingsOutput) error {
				for _, m := range out.Items {
					hosts[str(m.ApiId)] = append(hosts[str(m.ApiId)], targets...)
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
