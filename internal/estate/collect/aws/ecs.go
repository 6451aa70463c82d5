package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"vigie/internal/estate/collect"
)

func ecsCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ecs", Types: []string{typeECSCluster}, Actions: []string{"ecs:ListClusters", "ecs:DescribeClusters"}, Collect: ecsClusters},
		{Service: "ecs", Types: []string{typeECSService, typeTaskDefinition}, Collect: ecsServices, Actions: []string{
			"ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition",
		}},
	}
}

// eachECSCluster walks the ARNs of the clusters, a hundred at a time.
func eachECSCluster(ctx context.Context, s *collect.Session, api *ecs.Client, page func([]string) error) error {
	return collect.Pages(ctx, s, api.ListClusters, &ecs.ListClustersInput{MaxResults: ptr[int32](100)}, func(out *ecs.ListClustersOutput) error {
		if len(out.ClusterArns) == 0 {
			return nil
		}
		return page(out.ClusterArns)
	})
}

func ecsClusters(ctx context.Context, s *collect.Session) error {
	api := ecs.NewFromConfig(s.Config())
	return eachECSCluster(ctx, s, api, func(arns []string) error {
		out, err := collect.Do(ctx, s, api.DescribeClusters, &ecs.DescribeClustersInput{Clusters: arns,
			Include: []types.ClusterField{types.ClusterFieldTags, types.ClusterFieldSettings, types.ClusterFieldConfigurations}})
		if err != nil {
			return err
		}
		return each(ctx, s, out.Clusters, func(c *types.Cluster) collect.Item {
			if str(c.Status) == "INACTIVE" {
				return collect.Item{}
			}
			settings := facts{}
			for _, v := range c.Settings {
				settings[string(v.Name)] = v.Value
			}
			run := of(of(c.Configuration).ExecuteCommandConfiguration)
			var e edges
			e.keyIn(s, s.Region, run.KmsKeyId)
			return collect.Item{Type: typeECSCluster, ID: str(c.ClusterArn), ARN: str(c.ClusterArn), Name: str(c.ClusterName), Tags: tags(c.Tags),
				Edges: e, Attributes: tidy(facts{
					"ClusterName": c.ClusterName, "Status": c.Status, "CapacityProviders": c.CapacityProviders, "ClusterSettings": settings,
					"ExecuteCommandLogging": run.Logging,
				})}
		})
	})
}

// serviceBatch is how many services DescribeServices takes, taskBatch how many tasks DescribeTasks does.
const (
	serviceBatch = 10
	taskBatch    = 100
)

// ecsServices walks the services and tasks of each cluster, then the task definitions that any of them use.
func ecsServices(ctx context.Context, s *collect.Session) error {
	api := ecs.NewFromConfig(s.Config())
	used := map[string]bool{}
	err := eachECSCluster(ctx, s, api, func(clusters []string) error {
		for _, c := range clusters {
			if err := servicesOf(ctx, s, api, c, used); err != nil {
				return err
			}
			if err := tasksOf(ctx, s, api, c, used); err != nil {
				s.Note(err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return taskDefinitions(ctx, s, api, names(used))
}

func servicesOf(ctx context.Context, s *collect.Session, api *ecs.Client, cluster string, used map[string]bool) error {
	in := &ecs.ListServicesInput{Cluster: &cluster, MaxResults: ptr[int32](100)}
	return collect.Pages(ctx, s, api.ListServices, in, func(out *ecs.ListServicesOutput) error {
		for _, arns := range batches(out.ServiceArns, serviceBatch) {
			d, err := collect.Do(ctx, s, api.DescribeServices, &ecs.DescribeServicesInput{Cluster: &cluster, Services: arns,
				Include: []types.ServiceField{types.ServiceFieldTags}})
			if err != nil {
				return err
			}
			if err := each(ctx, s, d.Services, func(v *types.Service) collect.Item {
				if str(v.Status) == "INACTIVE" {
					return collect.Item{}
				}
				used[str(v.TaskDefinition)] = true
				for _, d := range v.Deployments {
					used[str(d.TaskDefinition)] = true
				}
				return ecsService(v)
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// tasksOf notes what the cluster's tasks run. The tasks themselves come and go, and are no CIs.
func tasksOf(ctx context.Context, s *collect.Session, api *ecs.Client, cluster string, used map[string]bool) error {
	describe := ecs.NewFromConfig(s.Config(), func(o *ecs.Options) { o.APIOptions = append(o.APIOptions, lenient(taskTexts)) })
	in := &ecs.ListTasksInput{Cluster: &cluster, MaxResults: ptr[int32](taskBatch)}
	return collect.Pages(ctx, s, api.ListTasks, in, func(out *ecs.ListTasksOutput) error {
		if len(out.TaskArns) == 0 {
			return nil
		}
		d, err := collect.Do(ctx, s, describe.DescribeTasks, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: out.TaskArns})
		if err != nil {
			return err
		}
		for _, t := range d.Tasks {
			used[str(t.TaskDefinitionArn)] = true
		}
		return nil
	})
}

func ecsService(v *types.Service) collect.Item {
	net := of(of(v.NetworkConfiguration).AwsvpcConfiguration)
	deploy := of(v.DeploymentConfiguration)
	providers := pick(v.CapacityProviderStrategy, func(p *types.CapacityProviderStrategyItem) *string { return p.CapacityProvider })
	var e edges
	e.to(collect.RunsOn, "", str(v.ClusterArn))
	e.to(collect.DependsOn, "", str(v.TaskDefinition))
	for _, l := range v.LoadBalancers {
		e.from(collect.RoutesTo, "", str(l.TargetGroupArn))
	}
	e.oneOf("subnets", collect.RunsOn, typeSubnet, net.Subnets...)
	e.from(collect.Protects, typeSecurityGroup, net.SecurityGroups...)
	e.arns(collect.DependsOn, str(v.RoleArn))
	return collect.Item{Type: typeECSService, ID: str(v.ServiceArn), ARN: str(v.ServiceArn), Name: str(v.ServiceName), Tags: tags(v.Tags),
		Edges: e, Attributes: tidy(facts{
			"ServiceName": v.ServiceName, "Status": v.Status, "LaunchType": v.LaunchType, "SchedulingStrategy": v.SchedulingStrategy,
			"DesiredCount": v.DesiredCount, "TaskDefinition": v.TaskDefinition, "PlatformVersion": v.PlatformVersion,
			"PlatformFamily": v.PlatformFamily, "CapacityProviders": providers, "EnableExecuteCommand": v.EnableExecuteCommand,
			"AssignPublicIp": net.AssignPublicIp, "Subnets": net.Subnets, "SecurityGroups": net.SecurityGroups,
			"MinimumHealthyPercent": deploy.MinimumHealthyPercent, "MaximumPercent": deploy.MaximumPercent, "CreatedAt": v.CreatedAt,
			"DeploymentController": of(v.DeploymentController).Type, "CircuitBreaker": of(deploy.DeploymentCircuitBreaker).Enable,
			"HealthCheckGracePeriodSeconds": v.HealthCheckGracePeriodSeconds,
		})}
}
