package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"vigie/internal/estate/collect"
)

const typeEKSCluster = "AWS::EKS::Cluster"

func eksCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "eks", Types: []string{typeEKSCluster}, Actions: []string{"eks:ListClusters", "eks:DescribeCluster"}, Collect: eksClusters},
		{Service: "eks", Types: []string{"AWS::EKS::Nodegroup"}, Collect: nodegroups,
			Actions: []string{"eks:ListClusters", "eks:ListNodegroups", "eks:DescribeNodegroup"}},
	}
}

func eachEKSCluster(ctx context.Context, s *collect.Session, api *eks.Client, each func(name string) error) error {
	return collect.Pages(ctx, s, api.ListClusters, &eks.ListClustersInput{MaxResults: ptr[int32](100)}, func(out *eks.ListClustersOutput) error {
		for _, name := range out.Clusters {
			if err := each(name); err != nil {
				return err
			}
		}
		return nil
	})
}

func eksClusters(ctx context.Context, s *collect.Session) error {
	api := eks.NewFromConfig(s.Config())
	return eachEKSCluster(ctx, s, api, func(name string) error {
		out, ok := collect.Try(ctx, s, api.DescribeCluster, &eks.DescribeClusterInput{Name: &name}, "ResourceNotFoundException")
		if !ok || out.Cluster == nil {
			return nil
		}
		return s.Emit(ctx, eksCluster(out.Cluster))
	})
}

func eksCluster(c *types.Cluster) collect.Item {
	vpc := of(c.ResourcesVpcConfig)
	var logs []types.LogType
	for _, l := range of(c.Logging).ClusterLogging {
		if of(l.Enabled) {
			logs = append(logs, l.Types...)
		}
	}
	var e edges
	for _, x := range c.EncryptionConfig {
		e.key(of(x.Provider).KeyArn)
	}
	e.arns(collect.DependsOn, str(c.RoleArn))
	e.oneOf("subnets", collect.RunsOn, typeSubnet, vpc.SubnetIds...)
	groups := vpc.SecurityGroupIds
	if g := str(vpc.ClusterSecurityGroupId); g != "" {
		groups = append(groups, g)
	}
	groups = unique(groups)
	e.from(collect.Protects, typeSecurityGroup, groups...)
	return collect.Item{Type: typeEKSCluster, ID: str(c.Name), ARN: str(c.Arn), Tags: c.Tags, Edges: e,
		Keys: dnsKeys(strings.TrimPrefix(str(c.Endpoint), "https://")), Attributes: tidy(facts{
			"Version": c.Version, "PlatformVersion": c.PlatformVersion, "Status": c.Status, "Endpoint": c.Endpoint, "RoleArn": c.RoleArn,
			"EndpointPublicAccess": vpc.EndpointPublicAccess, "EndpointPrivateAccess": vpc.EndpointPrivateAccess,
			"PublicAccessCidrs": vpc.PublicAccessCidrs, "VpcId": vpc.VpcId, "SubnetIds": vpc.SubnetIds, "SecurityGroupIds": groups,
			"ClusterLogging": logs, "SecretsEncrypted": len(c.EncryptionConfig) > 0, "AuthenticationMode": of(c.AccessConfig).AuthenticationMode,
			"SupportType": of(c.UpgradePolicy).SupportType, "DeletionProtection": c.DeletionProtection, "CreatedAt": c.CreatedAt,
		})}
}

func nodegroups(ctx context.Context, s *collect.Session) error {
	api := eks.NewFromConfig(s.Config())
	return eachEKSCluster(ctx, s, api, func(cluster string) error {
		in := &eks.ListNodegroupsInput{ClusterName: &cluster, MaxResults: ptr[int32](100)}
		err := collect.Pages(ctx, s, api.ListNodegroups, in, func(out *eks.ListNodegroupsOutput) error {
			return each(ctx, s, out.Nodegroups, func(name *string) collect.Item {
				d, ok := collect.Try(ctx, s, api.DescribeNodegroup, &eks.DescribeNodegroupInput{ClusterName: &cluster, NodegroupName: name},
					"ResourceNotFoundException")
				if !ok || d.Nodegroup == nil {
					return collect.Item{}
				}
				return nodegroup(d.Nodegroup)
			})
		})
		if hasCode(err, "ResourceNotFoundException") { // the cluster went meanwhile
			return nil
		}
		return err
	})
}

func nodegroup(g *types.Nodegroup) collect.Item {
	size, template := of(g.ScalingConfig), of(g.LaunchTemplate)
	var e edges
	e.from(collect.Contains, typeEKSCluster, str(g.ClusterName))
	e.oneOf("subnets", collect.RunsOn, typeSubnet, g.Subnets...)
	e.arns(collect.DependsOn, str(g.NodeRole))
	e.to(collect.DependsOn, typeLaunchTemplate, str(template.Id))
	e.to(collect.Contains, typeASG, pick(of(g.Resources).AutoScalingGroups, func(a *types.AutoScalingGroup) *string { return a.Name })...)
	return collect.Item{Type: "AWS::EKS::Nodegroup", ID: str(g.ClusterName) + "/" + str(g.NodegroupName), ARN: str(g.NodegroupArn),
		Tags: g.Tags, Edges: e, Attributes: tidy(facts{
			"ClusterName": g.ClusterName, "NodegroupName": g.NodegroupName, "Version": g.Version, "ReleaseVersion": g.ReleaseVersion,
			"Status": g.Status, "AmiType": g.AmiType, "CapacityType": g.CapacityType, "InstanceTypes": g.InstanceTypes, "DiskSize": g.DiskSize,
			"MinSize": size.MinSize, "MaxSize": size.MaxSize, "NodeRole": g.NodeRole, "Subnets": g.Subnets, "Labels": g.Labels,
			"LaunchTemplateId": template.Id, "LaunchTemplateVersion": template.Version, "CreatedAt": g.CreatedAt,
		})}
}
