package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"vigie/internal/estate/collect"
)

const (
	typeDeployApplication = "AWS::CodeDeploy::Application"
	typeDeploymentGroup   = "AWS::CodeDeploy::DeploymentGroup"
)

func codeDeployCollectors() []collect.Collector {
	return []collect.Collector{{Service: "codedeploy", Types: []string{typeDeployApplication, typeDeploymentGroup}, Collect: deployApplications,
		Actions: []string{"codedeploy:ListApplications", "codedeploy:BatchGetApplications", "codedeploy:ListDeploymentGroups",
			"codedeploy:GetDeploymentGroup", "codedeploy:ListTagsForResource"}}}
}

// deployBatch is how many applications BatchGetApplications takes.
const deployBatch = 100

func deployApplications(ctx context.Context, s *collect.Session) error {
	api := codedeploy.NewFromConfig(s.Config(), func(o *codedeploy.Options) { o.APIOptions = append(o.APIOptions, lenient(deployTexts)) })
	return collect.Pages(ctx, s, api.ListApplications, &codedeploy.ListApplicationsInput{}, func(out *codedeploy.ListApplicationsOutput) error {
		for _, batch := range batches(out.Applications, deployBatch) {
			got, err := collect.Do(ctx, s, api.BatchGetApplications, &codedeploy.BatchGetApplicationsInput{ApplicationNames: batch})
			if err != nil {
				return err
			}
			for i := range got.ApplicationsInfo {
				if err := deployApplication(ctx, s, api, &got.ApplicationsInfo[i]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func deployApplication(ctx context.Context, s *collect.Session, api *codedeploy.Client, a *types.ApplicationInfo) error {
	name := str(a.ApplicationName)
	item := collect.Item{Type: typeDeployApplication, ID: name, ARN: s.ARN("codedeploy", "application:"+name), Attributes: tidy(facts{
		"ComputePlatform": a.ComputePlatform, "CreateTime": a.CreateTime, "LinkedToGitHub": a.LinkedToGitHub,
	})}
	if t, ok := collect.Try(ctx, s, api.ListTagsForResource, &codedeploy.ListTagsForResourceInput{ResourceArn: &item.ARN}, "ApplicationDoesNotExistException"); ok {
		item.Tags = tags(t.Tags)
	}
	if err := s.Emit(ctx, item); err != nil {
		return err
	}
	in := &codedeploy.ListDeploymentGroupsInput{ApplicationName: a.ApplicationName}
	return collect.Pages(ctx, s, api.ListDeploymentGroups, in, func(out *codedeploy.ListDeploymentGroupsOutput) error {
		return eachAtOnce(ctx, s, out.DeploymentGroups, func(group *string) collect.Item {
			id := name + "|" + *group
			item := collect.Item{Type: typeDeploymentGroup, ID: id, Name: *group, ARN: s.ARN("codedeploy", "deploymentgroup:"+name+"/"+*group)}
			var e edges
			e.from(collect.Contains, typeDeployApplication, name)
			if d, ok := collect.Try(ctx, s, api.GetDeploymentGroup, &codedeploy.GetDeploymentGroupInput{
				ApplicationName: a.ApplicationName, DeploymentGroupName: group}, "DeploymentGroupDoesNotExistException"); ok {
				item.Attributes = deploymentGroup(s, of(d.DeploymentGroupInfo), &e)
			}
			item.Edges = e
			return item
		})
	})
}

func deploymentGroup(s *collect.Session, g types.DeploymentGroupInfo, e *edges) facts {
	scaling := pick(g.AutoScalingGroups, func(a *types.AutoScalingGroup) *string { return a.Name })
	var services, tagged, balancers []string
	for _, v := range g.EcsServices {
		services = append(services, s.ARN("ecs", "service/"+str(v.ClusterName)+"/"+str(v.ServiceName)))
	}
	for _, set := range append([][]types.EC2TagFilter{g.Ec2TagFilters}, of(g.Ec2TagSet).Ec2TagSetList...) {
		for _, t := range set {
			tagged = append(tagged, str(t.Key)+"="+str(t.Value))
		}
	}
	for _, b := range of(g.LoadBalancerInfo).ElbInfoList {
		balancers = append(balancers, str(b.Name))
	}
	groups := pick(of(g.LoadBalancerInfo).TargetGroupInfoList, func(t *types.TargetGroupInfo) *string { return t.Name })
	alarms := pick(of(g.AlarmConfiguration).Alarms, func(a *types.Alarm) *string { return a.Name })
	e.to(collect.Deploys, typeASG, scaling...)
	e.arns(collect.Deploys, services...)
	e.arns(collect.DependsOn, str(g.ServiceRoleArn))
	e.to(collect.DependsOn, typeAlarm, alarms...)
	e.arns(collect.DependsOn, pick(g.TriggerConfigurations, func(t *types.TriggerConfig) *string { return t.TriggerTargetArn })...)
	return tidy(facts{
		"ComputePlatform": g.ComputePlatform, "DeploymentConfigName": g.DeploymentConfigName, "ServiceRoleArn": g.ServiceRoleArn,
		"AutoScalingGroups": scaling, "ECSServices": services, "Ec2TagFilters": tagged, "LoadBalancers": balancers, "TargetGroups": groups,
		"DeploymentType": of(g.DeploymentStyle).DeploymentType, "DeploymentOption": of(g.DeploymentStyle).DeploymentOption,
		"AutoRollback": of(g.AutoRollbackConfiguration).Enabled, "Alarms": alarms,
	})
}
