package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"vigie/internal/estate/collect"
)

const typePipeline = "AWS::CodePipeline::Pipeline"

func codePipelineCollectors() []collect.Collector {
	return []collect.Collector{{Service: "codepipeline", Types: []string{typePipeline}, Collect: pipelines, Actions: []string{
		"codepipeline:ListPipelines", "codepipeline:GetPipeline", "codepipeline:ListTagsForResource",
	}}}
}

func pipelines(ctx context.Context, s *collect.Session) error {
	api := codepipeline.NewFromConfig(s.Config(), func(o *codepipeline.Options) { o.APIOptions = append(o.APIOptions, lenient(numberTimes)) })
	return collect.Pages(ctx, s, api.ListPipelines, &codepipeline.ListPipelinesInput{}, func(out *codepipeline.ListPipelinesOutput) error {
		return eachAtOnce(ctx, s, out.Pipelines, func(p *types.PipelineSummary) collect.Item {
			name := str(p.Name)
			item := collect.Item{Type: typePipeline, ID: name, ARN: s.ARN("codepipeline", name)}
			f := facts{"PipelineType": p.PipelineType, "ExecutionMode": p.ExecutionMode, "Version": p.Version, "Created": p.Created, "Updated": p.Updated}
			if d, ok := collect.Try(ctx, s, api.GetPipeline, &codepipeline.GetPipelineInput{Name: p.Name}, "PipelineNotFoundException"); ok {
				pipelineFacts(s, of(d.Pipeline), f, &item)
			}
			if t, ok := collect.Try(ctx, s, api.ListTagsForResource, &codepipeline.ListTagsForResourceInput{ResourceArn: &item.ARN},
				"ResourceNotFoundException"); ok {
				item.Tags = tags(t.Tags)
			}
			item.Attributes = tidy(f)
			return item
		})
	})
}

func pipelineFacts(s *collect.Session, p types.PipelineDeclaration, f facts, item *collect.Item) {
	var e edges
	e.arns(collect.DependsOn, str(p.RoleArn))
	stores := []types.ArtifactStore{of(p.ArtifactStore)}
	for _, region := range names(p.ArtifactStores) {
		stores = append(stores, p.ArtifactStores[region])
	}
	for _, st := range stores {
		e.to(collect.DependsOn, typeBucket, str(st.Location))
	}
	var stages []any
	for _, st := range p.Stages {
		var actions []any
		for _, a := range st.Actions {
			kind := of(a.ActionTypeId)
			actions = append(actions, str(a.Name)+": "+string(kind.Category)+" by "+str(kind.Provider))
			for _, edge := range actionEdges(s, str(kind.Provider), kind.Category, a.Configuration) {
				edge.To.Region = str(a.Region)
				e = append(e, edge)
			}
		}
		stages = append(stages, map[string]any{"Name": str(st.Name), "Actions": actions})
	}
	f["RoleArn"], f["Stages"] = p.RoleArn, stages
	item.Edges = e
}

// actionEdges reads what an action works on from the few settings that name it; the others are not looked at.
func actionEdges(s *collect.Session, provider string, category types.ActionCategory, c map[string]string) (e edges) {
	switch provider {
	case "CodeBuild":
		e.to(collect.DependsOn, typeBuildProject, c["ProjectName"])
	case "CodeDeploy", "CodeDeployToECS":
		if c["ApplicationName"] != "" {
			e.to(collect.Deploys, typeDeploymentGroup, c["ApplicationName"]+"|"+c["DeploymentGroupName"])
		}
	case "ECS":
		if c["ClusterName"] != "" {
			e.to(collect.Deploys, typeECSService, s.ARN("ecs", "service/"+c["ClusterName"]+"/"+c["ServiceName"]))
		}
	case "CloudFormation":
		if c["StackName"] != "" {
			e.to(collect.Deploys, typeStack, stackByName(s, c["StackName"]))
		}
	case "Lambda":
		e.to(collect.DependsOn, typeFunction, c["FunctionName"])
	case "ECR":
		e.to(collect.DependsOn, typeECRRepository, c["RepositoryName"])
	case "S3":
		if category == types.ActionCategorySource {
			e.to(collect.DependsOn, typeBucket, c["S3Bucket"])
		} else {
			e.to(collect.Deploys, typeBucket, c["BucketName"])
		}
	}
	return e
}
