package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"

	"vigie/internal/estate/collect"
)

func redshiftCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "redshift", Types: []string{"AWS::Redshift::Cluster"}, Collect: redshiftClusters, Actions: []string{
			"redshift:DescribeClusters", "redshift:DescribeClusterSubnetGroups", "redshift:DescribeClusterParameters", "redshift:DescribeLoggingStatus",
		}},
	}
}

func redshiftClusters(ctx context.Context, s *collect.Session) error {
	api := redshift.NewFromConfig(s.Config())
	subnets := map[string][]string{}
	err := collect.Pages(ctx, s, api.DescribeClusterSubnetGroups, &redshift.DescribeClusterSubnetGroupsInput{MaxRecords: ptr[int32](100)},
		func(out *redshift.DescribeClusterSubnetGroupsOutput) error {
			for _, g := range out.ClusterSubnetGroups {
				subnets[str(g.ClusterSubnetGroupName)] = pick(g.Subnets, func(n *types.Subnet) *string { return n.SubnetIdentifier })
			}
			return nil
		})
	if err != nil {
		s.Note(err)
	}
	ssl := map[string]any{} // by parameter group
	in := &redshift.DescribeClustersInput{MaxRecords: ptr[int32](100)}
	return collect.Pages(ctx, s, api.DescribeClusters, in, func(out *redshift.DescribeClustersOutput) error {
		return each(ctx, s, out.Clusters, func(c *types.Cluster) collect.Item {
			item := redshiftCluster(s, c, subnets[str(c.ClusterSubnetGroupName)])
			for _, g := range c.ClusterParameterGroups {
				if v := requireSSL(ctx, s, api, str(g.ParameterGroupName), ssl); v != nil {
					item.Attributes["Parameters"] = map[string]any{"require_ssl": v}
				}
			}
			if l, ok := collect.Try(ctx, s, api.DescribeLoggingStatus, &redshift.DescribeLoggingStatusInput{ClusterIdentifier: c.ClusterIdentifier},
				"ClusterNotFound"); ok {
				item.Attributes["LoggingEnabled"] = of(l.LoggingEnabled)
			}
			return item
		})
	})
}

func redshiftCluster(s *collect.Session, c *types.Cluster, subnets []string) collect.Item {
	id, endpoint := str(c.ClusterIdentifier), of(c.Endpoint)
	groups := pick(c.VpcSecurityGroups, func(g *types.VpcSecurityGroupMembership) *string { return g.VpcSecurityGroupId })
	var e edges
	e.oneOf("subnets", collect.DependsOn, typeSubnet, subnets...)
	e.from(collect.Protects, typeSecurityGroup, groups...)
	e.arns(collect.DependsOn, pick(c.IamRoles, func(r *types.ClusterIamRole) *string { return r.IamRoleArn })...)
	e.key(c.KmsKeyId)
	return collect.Item{Type: "AWS::Redshift::Cluster", ID: id, ARN: s.ARN("redshift", "cluster:"+id), Tags: tags(c.Tags), Edges: e,
		Keys: dnsKeys(str(endpoint.Address)), Attributes: tidy(facts{
			"NodeType": c.NodeType, "NumberOfNodes": c.NumberOfNodes, "ClusterVersion": c.ClusterVersion, "ClusterStatus": c.ClusterStatus,
			"DBName": c.DBName, "MasterUsername": c.MasterUsername, "Encrypted": c.Encrypted, "KmsKeyId": c.KmsKeyId, "MultiAZ": c.MultiAZ,
			"PubliclyAccessible": c.PubliclyAccessible, "EnhancedVpcRouting": c.EnhancedVpcRouting, "AvailabilityZone": c.AvailabilityZone,
			"AutomatedSnapshotRetentionPeriod": c.AutomatedSnapshotRetentionPeriod, "AllowVersionUpgrade": c.AllowVersionUpgrade,
			"PreferredMaintenanceWindow": c.PreferredMaintenanceWindow, "VpcId": c.VpcId, "VpcSecurityGroupIds": groups,
			"ClusterSubnetGroupName": c.ClusterSubnetGroupName, "Endpoint": endpoint.Address, "Port": endpoint.Port,
			"ClusterCreateTime": c.ClusterCreateTime,
		})}
}

// requireSSL reads the one parameter that matters, once for each group.
func requireSSL(ctx context.Context, s *collect.Session, api *redshift.Client, group string, known map[string]any) any {
	if v, ok := known[group]; ok {
		return v
	}
	known[group] = nil
	in := &redshift.DescribeClusterParametersInput{ParameterGroupName: &group, MaxRecords: ptr[int32](100)}
	if err := collect.Pages(ctx, s, api.DescribeClusterParameters, in, func(out *redshift.DescribeClusterParametersOutput) error {
		for _, p := range out.Parameters {
			if str(p.ParameterName) == "require_ssl" {
				known[group] = str(p.ParameterValue)
			}
		}
		return nil
	}); err != nil && !hasCode(err, "ClusterParameterGroupNotFound") {
		s.Note(err)
	}
	return known[group]
}
