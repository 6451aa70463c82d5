package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"vigie/internal/estate/collect"
)

const typeStack = "AWS::CloudFormation::Stack"

func cloudFormationCollectors() []collect.Collector {
	return []collect.Collector{{Service: "cloudformation", Types: []string{typeStack}, Collect: stacks, Actions: []string{
		"cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudformation:GetTemplateSummary",
	}}}
}

// eachStack walks the stacks that are not deleted, nested ones included.
func eachStack(ctx context.Context, s *collect.Session, api *cloudformation.Client, stack func(*types.Stack) collect.Item) error {
	return collect.Pages(ctx, s, api.DescribeStacks, &cloudformation.DescribeStacksInput{}, func(out *cloudformation.DescribeStacksOutput) error {
		return eachAtOnce(ctx, s, out.Stacks, func(v *types.Stack) collect.Item {
			if v.StackStatus == types.StackStatusDeleteComplete {
				return collect.Item{}
			}
			return stack(v)
		})
	})
}

func stacks(ctx context.Context, s *collect.Session) error {
	api := cloudformation.NewFromConfig(s.Config())
	collected := map[string]bool{} // edges to what nobody collects would wait for ever
	for _, c := range Registry() {
		for _, t := range c.Types {
			collected[t] = true
		}
	}
	return eachStack(ctx, s, api, func(v *types.Stack) collect.Item {
		var e edges
		e.arns(collect.DependsOn, str(v.RoleARN))
		e.arns(collect.DependsOn, v.NotificationARNs...)
		resources := stackResources(ctx, s, api, v.StackId)
		for _, r := range resources {
			if typ := str(r.ResourceType); collected[typ] {
				e.to(collect.Contains, typ, physicalID(s, typ, str(r.PhysicalResourceId)))
			}
		}
		f := facts{
			"StackStatus": v.StackStatus, "Description": v.Description, "CreationTime": v.CreationTime, "LastUpdatedTime": v.LastUpdatedTime,
			"EnableTerminationProtection": of(v.EnableTerminationProtection), "Capabilities": v.Capabilities, "RoleARN": v.RoleARN,
			"ParentId": v.ParentId, "DriftStatus": of(v.DriftInformation).StackDriftStatus, "NotificationARNs": v.NotificationARNs,
			"Parameters":    pick(v.Parameters, func(p *types.Parameter) *string { return p.ParameterKey }),
			"ResourceCount": len(resources), "ServerlessApplication": serverlessStack(ctx, s, api, v.StackId, resources),
		}
		return collect.Item{Type: typeStack, ID: str(v.StackId), ARN: str(v.StackId), Name: str(v.StackName), Tags: tags(v.Tags),
			// Pipelines know a stack by its name alone.
			Keys: []string{stackByName(s, str(v.StackName))}, Edges: e, Attributes: tidy(f)}
	})
}

// stackResources lists what a stack holds; those that it has let go are left out.
func stackResources(ctx context.Context, s *collect.Session, api *cloudformation.Client, stack *string) (all []types.StackResourceSummary) {
	in := &cloudformation.ListStackResourcesInput{StackName: stack}
	err := collect.Pages(ctx, s, api.ListStackResources, in, func(out *cloudformation.ListStackResourcesOutput) error {
		for _, r := range out.StackResourceSummaries {
			if r.ResourceStatus != types.ResourceStatusDeleteComplete {
				all = append(all, r)
			}
		}
		return nil
	})
	if err != nil && !hasCode(err, "ValidationError") { // the stack went since it was listed
		s.Note(err)
	}
	return all
}

func stackByName(s *collect.Session, name string) string {
	return s.ARN("cloudformation", "stack/"+name)
}

// serverlessTransform is what makes a template one of the Serverless Application Model.
const serverlessTransform = "AWS::Serverless-2016-10-31"

// serverlessParts are what the transform makes of a template; a stack without any is not asked for its own.
var serverlessParts = []string{typeFunction, typeStateMachine, "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", typeTable, "AWS::Lambda::LayerVersion", typeStack}

func serverlessStack(ctx context.Context, s *collect.Session, api *cloudformation.Client, stack *string, resources []types.StackResourceSummary) bool {
	if !slices.ContainsFunc(resources, func(r types.StackResourceSummary) bool { return slices.Contains(serverlessParts, str(r.ResourceType)) }) {
		return false
	}
	out, ok := collect.Try(ctx, s, api.GetTemplateSummary, &cloudformation.GetTemplateSummaryInput{StackName: stack}, "ValidationError")
	return ok && slices.Contains(out.DeclaredTransforms, serverlessTransform)
}

// physicalID turns CloudFormation's name of a resource into ours, where they differ; "" where it says too little.
func physicalID(s *collect.Session, typ, id string) string {
	switch typ {
	case typeECSCluster:
		if !isARN(id) {
			return s.ARN("ecs", "cluster/"+id)
		}
	case typeRule:
		if !strings.Contains(id, "|") {
			return "default|" + id
		}
	case typeWebACL: // name|id|scope
		if p := strings.Split(id, "|"); len(p) == 3 {
			return s.ARN("wafv2", strings.ToLower(p[2])+"/webacl/"+p[0]+"/"+p[1])
		}
	case typeQueue: // the address has several forms over the years; the name at its end is the same in all
		return s.ARN("sqs", id[strings.LastIndexByte(id, '/')+1:])
	case typeDeploymentGroup, typeSelection, typeEIP: // only the group's name, the selection with its plan, the address
		return ""
	}
	return id
}
