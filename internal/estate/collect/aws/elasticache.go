package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"

	"vigie/internal/estate/collect"
)

const typeReplicationGroup = "AWS::ElastiCache::ReplicationGroup"

func elasticacheCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "elasticache", Types: []string{"AWS::ElastiCache::CacheCluster"}, Collect: cacheClusters,
			Actions: []string{"elasticache:DescribeCacheClusters", "elasticache:DescribeCacheSubnetGroups", "tag:GetResources"}},
		{Service: "elasticache", Types: []string{typeReplicationGroup}, Collect: replicationGroups,
			Actions: []string{"elasticache:DescribeReplicationGroups", "tag:GetResources"}},
	}
}

func cacheClusters(ctx context.Context, s *collect.Session) error {
	api := elasticache.NewFromConfig(s.Config())
	groups := map[string][]string{}
	err := collect.Pages(ctx, s, api.DescribeCacheSubnetGroups, &elasticache.DescribeCacheSubnetGroupsInput{MaxRecords: ptr[int32](100)},
		func(out *elasticache.DescribeCacheSubnetGroupsOutput) error {
			for _, g := range out.CacheSubnetGroups {
				groups[str(g.CacheSubnetGroupName)] = pick(g.Subnets, func(n *types.Subnet) *string { return n.SubnetIdentifier })
			}
			return nil
		})
	if err != nil {
		s.Note(err)
	}
	all := tagged(ctx, s, "elasticache")
	in := &elasticache.DescribeCacheClustersInput{MaxRecords: ptr[int32](100), ShowCacheNodeInfo: ptr(true)}
	return collect.Pages(ctx, s, api.DescribeCacheClusters, in, func(out *elasticache.DescribeCacheClustersOutput) error {
		return each(ctx, s, out.CacheClusters, func(c *types.CacheCluster) collect.Item {
			return cacheCluster(c, all[str(c.ARN)], groups[str(c.CacheSubnetGroupName)])
		})
	})
}

func cacheCluster(c *types.CacheCluster, tags map[string]string, subnets []string) collect.Item {
	hosts := []string{str(of(c.ConfigurationEndpoint).Address)}
	for _, n := range c.CacheNodes {
		hosts = append(hosts, str(of(n.Endpoint).Address))
	}
	groups := pick(c.SecurityGroups, func(g *types.SecurityGroupMembership) *string { return g.SecurityGroupId })
	var e edges
	e.from(collect.Contains, typeReplicationGroup, str(c.ReplicationGroupId))
	e.oneOf("subnets", collect.DependsOn, typeSubnet, subnets...)
	e.from(collect.Protects, typeSecurityGroup, groups...)
	return collect.Item{Type: "AWS::ElastiCache::CacheCluster", ID: str(c.CacheClusterId), ARN: str(c.ARN), Tags: tags, Edges: e,
		Keys: dnsKeys(hosts...), Attributes: tidy(facts{
			"CacheNodeType": c.CacheNodeType, "Engine": c.Engine, "EngineVersion": c.EngineVersion, "CacheClusterStatus": c.CacheClusterStatus,
			"NumCacheNodes": c.NumCacheNodes, "PreferredAvailabilityZone": c.PreferredAvailabilityZone,
			"AtRestEncryptionEnabled": c.AtRestEncryptionEnabled, "TransitEncryptionEnabled": c.TransitEncryptionEnabled,
			"AuthTokenEnabled": c.AuthTokenEnabled, "AutoMinorVersionUpgrade": c.AutoMinorVersionUpgrade, "SecurityGroupIds": groups,
			"SnapshotRetentionLimit": c.SnapshotRetentionLimit, "SnapshotWindow": c.SnapshotWindow,
			"PreferredMaintenanceWindow": c.PreferredMaintenanceWindow, "CacheSubnetGroupName": c.CacheSubnetGroupName,
			"CacheParameterGroup": of(c.CacheParameterGroup).CacheParameterGroupName, "ReplicationGroupId": c.ReplicationGroupId,
			"CacheClusterCreateTime": c.CacheClusterCreateTime,
		})}
}

func replicationGroups(ctx context.Context, s *collect.Session) error {
	api := elasticache.NewFromConfig(s.Config())
	all := tagged(ctx, s, "elasticache")
	in := &elasticache.DescribeReplicationGroupsInput{MaxRecords: ptr[int32](100)}
	return collect.Pages(ctx, s, api.DescribeReplicationGroups, in, func(out *elasticache.DescribeReplicationGroupsOutput) error {
		return each(ctx, s, out.ReplicationGroups, func(g *types.ReplicationGroup) collect.Item {
			return replicationGroup(g, all[str(g.ARN)])
		})
	})
}

func replicationGroup(g *types.ReplicationGroup, tags map[string]string) collect.Item {
	hosts := []string{str(of(g.ConfigurationEndpoint).Address)}
	for _, n := range g.NodeGroups {
		hosts = append(hosts, str(of(n.PrimaryEndpoint).Address), str(of(n.ReaderEndpoint).Address))
	}
	var e edges
	e.oneOf("members", collect.DependsOn, "AWS::ElastiCache::CacheCluster", g.MemberClusters...)
	e.key(g.KmsKeyId)
	return collect.Item{Type: typeReplicationGroup, ID: str(g.ReplicationGroupId), ARN: str(g.ARN), Tags: tags, Edges: e, Keys: dnsKeys(hosts...),
		Attributes: tidy(facts{
			"Description": g.Description, "Status": g.Status, "Engine": g.Engine, "CacheNodeType": g.CacheNodeType,
			"AutomaticFailover": g.AutomaticFailover, "MultiAZ": g.MultiAZ, "ClusterEnabled": g.ClusterEnabled, "NumNodeGroups": len(g.NodeGroups),
			"MemberClusters": g.MemberClusters, "AtRestEncryptionEnabled": g.AtRestEncryptionEnabled, "KmsKeyId": g.KmsKeyId,
			"TransitEncryptionEnabled": g.TransitEncryptionEnabled, "TransitEncryptionMode": g.TransitEncryptionMode,
			"AuthTokenEnabled": g.AuthTokenEnabled, "SnapshotRetentionLimit": g.SnapshotRetentionLimit, "SnapshotWindow": g.SnapshotWindow,
			"AutoMinorVersionUpgrade": g.AutoMinorVersionUpgrade, "UserGroupIds": g.UserGroupIds, "CreateTime": g.ReplicationGroupCreateTime,
		})}
}
