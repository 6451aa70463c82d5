package aws

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

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
	var mu sync.Mutex
	owned := map[string]bool{} // functions that a stack holds
	err := eachStack(ctx, s, api, func(v *types.Stack) collect.Item {
		resources := stackResources(ctx, s, api, v.StackId)
		for _, r := range resources {
			if str(r.ResourceType) == typeFunction {
				mu.Lock()
				owned[str(r.PhysicalResourceId)] = true
				mu.Unlock()
			}
		}
		if !serverlessStack(ctx, s, api, v.StackId, resources) {
			return collect.Item{}
		}
		var e edges
		e.to(collect.Contains, typeStack, str(v.StackId))
		return collect.Item{Type: typeApplication, ID: str(v.StackId), Name: str(v.StackName), Tags: tags(v.Tags), Edges: e,
			Attributes: tidy(facts{"Source": "stack", "StackName": v.StackName, "Description": v.Description})}
	})
	if err != nil {
		return err
	}
	return taggedApplications(ctx, s, owned)
}

func taggedApplications(ctx context.Context, s *collect.Session, owned map[string]bool) error {
	members := map[string][]string{}
	for arn, labels := range tagged(ctx, s, "lambda:function") {
		function := bare(arn)
		if name := applicationOf(labels); name != "" && !owned[function[strings.LastIndexByte(function, ':')+1:]] {
			members[name] = append(members[name], function)
		}
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
func applicationOf(labels map[string]string) string {
	for _, key := range applicationTags {
		if labels[key] != "" {
			return labels[key]
		}
	}
	return ""
}
