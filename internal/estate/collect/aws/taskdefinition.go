package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"vigie/internal/estate/collect"
)

func taskDefinitions(ctx context.Context, s *collect.Session, api *ecs.Client, arns []string) error {
	for _, arn := range arns {
		if arn == "" {
			continue // a service of an external controller may have none
		}
		out, ok := collect.Try(ctx, s, api.DescribeTaskDefinition, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn,
			Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}})
		if !ok || out.TaskDefinition == nil {
			continue
		}
		if err := s.Emit(ctx, taskDefinition(s, out.TaskDefinition, tags(out.Tags))); err != nil {
			return err
		}
	}
	return nil
}

func taskDefinition(s *collect.Session, t *types.TaskDefinition, tags map[string]string) collect.Item {
	var images, containers, environment, secrets, groups []string
	privileged := false
	var e edges
	for _, c := range t.ContainerDefinitions {
		containers, images = append(containers, str(c.Name)), append(images, str(c.Image))
		privileged = privileged || of(c.Privileged)
		for _, v := range c.Environment {
			environment = append(environment, str(v.Name))
		}
		for _, v := range c.Secrets {
			secrets = append(secrets, str(v.Name))
			if ref := str(v.ValueFrom); isARN(ref) {
				e.arns(collect.DependsOn, secretARN(ref))
			} else {
				e.to(collect.DependsOn, "AWS::SSM::Parameter", ref)
			}
		}
		if l := of(c.LogConfiguration); l.LogDriver == types.LogDriverAwslogs {
			groups = append(groups, l.Options["awslogs-group"])
		}
		if r, ok := ecrRepository(str(c.Image)); ok {
			e = append(e, collect.Edge{Type: collect.DependsOn, To: r})
		}
	}
	for _, v := range t.Volumes {
		e.to(collect.DependsOn, typeFileSystem, str(of(v.EfsVolumeConfiguration).FileSystemId))
	}
	e.arns(collect.DependsOn, str(t.ExecutionRoleArn), str(t.TaskRoleArn))
	e.to(collect.DependsOn, typeLogGroup, unique(groups)...)
	arn := str(t.TaskDefinitionArn)
	return collect.Item{Type: typeTaskDefinition, ID: arn, ARN: arn, Name: str(t.Family) + ":" + number(&t.Revision), Tags: tags, Edges: e,
		Attributes: tidy(facts{
			"Family": t.Family, "Revision": t.Revision, "Status": t.Status, "Cpu": t.Cpu, "Memory": t.Memory, "NetworkMode": t.NetworkMode,
			"RequiresCompatibilities": t.RequiresCompatibilities, "CpuArchitecture": of(t.RuntimePlatform).CpuArchitecture,
			"OperatingSystemFamily": of(t.RuntimePlatform).OperatingSystemFamily, "TaskRoleArn": t.TaskRoleArn,
			"ExecutionRoleArn": t.ExecutionRoleArn, "Containers": containers, "Images": unique(images), "Privileged": privileged,
			"EnvironmentVariableNames": unique(environment), "SecretNames": unique(secrets), "LogGroups": groups, "RegisteredAt": t.RegisteredAt,
		})}
}

// secretARN cuts the JSON key and version off a reference to a secret: arn:…:secret:NAME:key:stage:version.
func secretARN(ref string) string {
	p := strings.Split(ref, ":")
	if len(p) > 7 && p[2] == "secretsmanager" {
		return strings.Join(p[:7], ":")
	}
	return ref
}

// ecrRepository reads "ACCOUNT.dkr.ecr.REGION.amazonaws.com/name:tag".
func ecrRepository(image string) (collect.Target, bool) {
	host, name, ok := strings.Cut(image, "/")
	p := strings.Split(host, ".")
	if !ok || len(p) < 6 || p[1] != "dkr" || p[2] != "ecr" {
		return collect.Target{}, false
	}
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	return collect.Target{Type: typeECRRepository, Key: name, Account: p[0], Region: p[3]}, true
}
