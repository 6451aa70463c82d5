package aws

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"vigie/internal/estate/collect"
)

const typeBuildProject = "AWS::CodeBuild::Project"

func codeBuildCollectors() []collect.Collector {
	return []collect.Collector{{Service: "codebuild", Types: []string{typeBuildProject}, Collect: buildProjects,
		Actions: []string{"codebuild:ListProjects", "codebuild:BatchGetProjects"}}}
}

// projectBatch is how many projects BatchGetProjects takes.
const projectBatch = 100

func buildProjects(ctx context.Context, s *collect.Session) error {
	api := codebuild.NewFromConfig(s.Config())
	return collect.Pages(ctx, s, api.ListProjects, &codebuild.ListProjectsInput{}, func(out *codebuild.ListProjectsOutput) error {
		for _, batch := range batches(out.Projects, projectBatch) {
			got, err := collect.Do(ctx, s, api.BatchGetProjects, &codebuild.BatchGetProjectsInput{Names: batch})
			if err != nil {
				return err
			}
			if err := each(ctx, s, got.Projects, func(p *types.Project) collect.Item { return buildProject(s, p) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// ecrImage is how an image of a repository is named.
var ecrImage = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)`)

func buildProject(s *collect.Session, p *types.Project) collect.Item {
	env, src, vpc := of(p.Environment), of(p.Source), of(p.VpcConfig)
	logs := of(of(p.LogsConfig).CloudWatchLogs)
	var e edges
	e.arns(collect.DependsOn, str(p.ServiceRole))
	e.oneOf("subnets", collect.RunsOn, typeSubnet, vpc.Subnets...)
	e.from(collect.Protects, typeSecurityGroup, vpc.SecurityGroupIds...)
	e.key(keyRef(s, p.EncryptionKey))
	e.to(collect.DependsOn, typeLogGroup, str(logs.GroupName))
	if m := ecrImage.FindStringSubmatch(str(env.Image)); m != nil {
		e.arns(collect.DependsOn, "arn:"+s.Partition+":ecr:"+m[2]+":"+m[1]+":repository/"+m[3])
	}
	return collect.Item{Type: typeBuildProject, ID: str(p.Name), ARN: str(p.Arn), Tags: tags(p.Tags), Edges: e, Attributes: tidy(facts{
		"Description": p.Description, "SourceType": src.Type, "SourceLocation": src.Location, "ServiceRole": p.ServiceRole,
		"ComputeType": env.ComputeType, "Image": env.Image, "EnvironmentType": env.Type, "PrivilegedMode": env.PrivilegedMode,
		"EnvironmentVariables": pick(env.EnvironmentVariables, func(v *types.EnvironmentVariable) *string { return v.Name }),
		"VpcId":                vpc.VpcId, "EncryptionKey": p.EncryptionKey, "Visibility": p.ProjectVisibility, "TimeoutInMinutes": p.TimeoutInMinutes,
		"ConcurrentBuildLimit": p.ConcurrentBuildLimit, "BadgeEnabled": of(p.Badge).BadgeEnabled, "Created": p.Created,
	})}
}
