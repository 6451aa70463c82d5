package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"vigie/internal/estate/collect"
)

const typeApplication = "AWS::Serverless::Application"

func serverlessCollectors() []collect.Collector {
	return []collect.Collector{{Service: "cloudformation", Types: []string{typeApplication}, Collect: applications, Actions: []string{
		"cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudformation:GetTemplateSummary", "tag:GetResources",
	}}}
}

// applicationTags are the tags by which functions outside any stack say what they belong to, the first found counts.
var applicationTags = []string{"application", "Application", "app"}

// applications are of two kinds: stacks with the SAM transform, and groups of functions that share an application tag.
func applications(ctx context.Context, s *collect.Session) error {
	api := cloudformation.NewFromConfig(s.Config())
	owned := map[string]bool{} // functions that a stack holds
	err := eachStack(ctx, s, api, func(v *cftypes.Stack) error {
		for _, r := range stackResources(ctx, s, api, v.StackId) {
			if str(r.ResourceType) == typeFunction {
				owned[str(r.PhysicalResourceId)] = true
			}
		}
		if !serverlessStack(ctx, s, api, v.StackId) {
			return nil
		}
		var e edges
		e.to(collect.Contains, typeStack, str(v.StackId))
		return s.Emit(ctx, collect.Item{Type: typeApplication, ID: str(v.StackId), Name: str(v.StackName), Tags: tags(v.Tags), Edges: e,
			Attributes: tidy(facts{"Source": "stack", "StackName": v.StackName, "Description": v.Description})})
	})
	if err != nil {
		return err
	}
	return taggedApplications(ctx, s, owned)
}

func taggedApplications(ctx context.Context, s *collect.Session, owned map[string]bool) error {
	members := map[string][]string{}
	in := &resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{"lambda:function"}, ResourcesPerPage: ptr[int32](100)}
	err := collect.Pages(ctx, s.With("tag"), resourcegroupstaggingapi.NewFromConfig(s.Config()).GetResources, in,
		func(out *resourcegroupstaggingapi.GetResourcesOutput) error {
			for _, r := range out.ResourceTagMappingList {
				function := bare(str(r.ResourceARN))
				if name := applicationOf(r); name != "" && !owned[function[strings.LastIndexByte(function, ':')+1:]] {
					members[name] = append(members[name], function)
				}
			}
			return nil
		})
	if err != nil {
		return err
	}
	for _, name := range names(members) {
		var e edges
		e.to(collect.Contains, typeFunction, unique(members[name])...)
		if err := s.Emit(ctx, collect.Item{Type: typeApplication, ID: "application=" + name, Name: name, Edges: e,
			Attributes: tidy(facts{"Source": "tag"})}); err != nil {
			return err
		}
	}
	return nil
}

// applicationOf is the application that a function's tags name.
func applicationOf(r types.ResourceTagMapping) string {
	labels := tags(r.Tags)
	for _, key := range applicationTags {
		if labels[key] != "" {
			return labels[key]
		}
	}
	return ""
}
