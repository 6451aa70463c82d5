package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"vigie/internal/estate/collect"
)

func autoscalingCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "autoscaling", Types: []string{typeASG}, Actions: []string{"autoscaling:DescribeAutoScalingGroups"}, Collect: scalingGroups},
	}
}

func scalingGroups(ctx context.Context, s *collect.Session) error {
	in := &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: ptr[int32](100)}
	api := autoscaling.NewFromConfig(s.Config())
	return collect.Pages(ctx, s, api.DescribeAutoScalingGroups, in, func(out *autoscaling.DescribeAutoScalingGroupsOutput) error {
		return each(ctx, s, out.AutoScalingGroups, scalingGroup)
	})
}

// scalingGroup leaves out the desired capacity: scaling policies move it at all hours, while the bounds are what people set.
func scalingGroup(g *types.AutoScalingGroup) collect.Item {
	template := g.LaunchTemplate
	var overrides []string
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
		template = p.LaunchTemplate.LaunchTemplateSpecification
		overrides = pick(p.LaunchTemplate.Overrides, func(o *types.LaunchTemplateOverrides) *string { return o.InstanceType })
	}
	var subnets, suspended []string
	for subnet := range strings.SplitSeq(str(g.VPCZoneIdentifier), ",") {
		subnets = append(subnets, strings.TrimSpace(subnet))
	}
	for _, p := range g.SuspendedProcesses {
		suspended = append(suspended, str(p.ProcessName))
	}
	var e edges
	e.oneOf("subnets", collect.RunsOn, typeSubnet, subnets...)
	e.to(collect.Contains, typeInstance, unique(pick(g.Instances, func(i *types.Instance) *string { return i.InstanceId }))...)
	e.to(collect.DependsOn, typeLaunchTemplate, str(of(template).LaunchTemplateId))
	for _, arn := range g.TargetGroupARNs {
		e.from(collect.RoutesTo, "", arn)
	}
	return collect.Item{Type: typeASG, ID: str(g.AutoScalingGroupName), ARN: str(g.AutoScalingGroupARN), Tags: tags(g.Tags), Edges: e,
		Attributes: tidy(facts{
			"MinSize": g.MinSize, "MaxSize": g.MaxSize, "HealthCheckType": g.HealthCheckType, "AvailabilityZones": g.AvailabilityZones,
			"HealthCheckGracePeriod": g.HealthCheckGracePeriod, "LaunchConfigurationName": g.LaunchConfigurationName,
			"LaunchTemplateId": of(template).LaunchTemplateId, "LaunchTemplateVersion": of(template).Version, "InstanceTypes": overrides,
			"TerminationPolicies": g.TerminationPolicies, "CapacityRebalance": g.CapacityRebalance, "SuspendedProcesses": suspended,
			"MaxInstanceLifetime": g.MaxInstanceLifetime, "NewInstancesProtectedFromScaleIn": g.NewInstancesProtectedFromScaleIn,
			"TargetGroupARNs": g.TargetGroupARNs, "CreatedTime": g.CreatedTime,
		})}
}
