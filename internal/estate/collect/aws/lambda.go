package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"vigie/internal/estate/collect"
)

func lambdaCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "lambda", Types: []string{typeFunction}, Collect: functions,
			Actions: []string{"lambda:ListFunctions", "lambda:ListEventSourceMappings", "tag:GetResources"}},
	}
}

func functions(ctx context.Context, s *collect.Session) error {
	api := lambda.NewFromConfig(s.Config())
	sources, err := eventSources(ctx, s, api)
	if err != nil {
		s.Note(err)
	}
	all := tagged(ctx, s, "lambda:function")
	return collect.Pages(ctx, s, api.ListFunctions, &lambda.ListFunctionsInput{}, func(out *lambda.ListFunctionsOutput) error {
		return each(ctx, s, out.Functions, func(f *types.FunctionConfiguration) collect.Item {
			arn := str(f.FunctionArn)
			return function(f, all[arn], sources[arn])
		})
	})
}

// eventSources gives, for each function, the ARNs of the queues, streams and tables that it is fed from.
func eventSources(ctx context.Context, s *collect.Session, api *lambda.Client) (map[string][]string, error) {
	sources := map[string][]string{}
	err := collect.Pages(ctx, s, api.ListEventSourceMappings, &lambda.ListEventSourceMappingsInput{}, func(out *lambda.ListEventSourceMappingsOutput) error {
		for _, m := range out.EventSourceMappings {
			source, _, _ := strings.Cut(str(m.EventSourceArn), "/stream/") // a table's stream stands for the table
			if fn := unqualified(str(m.FunctionArn)); source != "" {
				sources[fn] = append(sources[fn], source)
			}
		}
		return nil
	})
	return sources, err
}

// unqualified takes the version or alias off a function's ARN.
func unqualified(arn string) string {
	p := strings.Split(arn, ":")
	return strings.Join(p[:min(len(p), 7)], ":")
}

func function(f *types.FunctionConfiguration, tags map[string]string, sources []string) collect.Item {
	vpc := of(f.VpcConfig)
	sources = unique(sources)
	layers := pick(f.Layers, func(l *types.Layer) *string { return l.Arn })
	attributes := facts{
		"Runtime": f.Runtime, "Handler": f.Handler, "MemorySize": f.MemorySize, "Timeout": f.Timeout, "Architectures": f.Architectures,
		"PackageType": f.PackageType, "Description": f.Description, "Role": f.Role, "Layers": layers, "VpcId": vpc.VpcId,
		"SubnetIds": vpc.SubnetIds, "SecurityGroupIds": vpc.SecurityGroupIds, "KmsKeyArn": f.KMSKeyArn, "State": f.State,
		"DeadLetterTarget": of(f.DeadLetterConfig).TargetArn, "TracingMode": of(f.TracingConfig).Mode, "EventSources": sources,
		"EphemeralStorage": of(f.EphemeralStorage).Size, "LogGroup": of(f.LoggingConfig).LogGroup, "CodeSha256": f.CodeSha256,
		"LastModified": f.LastModified, "CodeSize": f.CodeSize, "SnapStart": of(f.SnapStart).ApplyOn,
	}
	if f.Environment != nil {
		attributes["EnvironmentVariableNames"] = names(f.Environment.Variables)
	}
	var e edges
	e.arns(collect.DependsOn, str(f.Role), str(of(f.DeadLetterConfig).TargetArn))
	e.arns(collect.DependsOn, sources...)
	e.oneOf("subnets", collect.DependsOn, typeSubnet, vpc.SubnetIds...)
	e.from(collect.Protects, typeSecurityGroup, vpc.SecurityGroupIds...)
	e.key(f.KMSKeyArn)
	return collect.Item{Type: typeFunction, ID: str(f.FunctionName), ARN: str(f.FunctionArn), Tags: tags, Edges: e, Attributes: tidy(attributes)}
}
