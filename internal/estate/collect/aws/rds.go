package aws

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"vigie/internal/estate/collect"
)

func rdsCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "rds", Types: []string{typeDBInstance}, Actions: []string{"rds:DescribeDBInstances", "rds:DescribeDBParameters"}, Collect: dbInstances},
		{Service: "rds", Types: []string{typeDBCluster}, Actions: []string{"rds:DescribeDBClusters", "rds:DescribeDBClusterParameters"}, Collect: dbClusters},
		{Service: "rds", Types: []string{typeDBSubnets}, Actions: []string{"rds:DescribeDBSubnetGroups"}, Collect: dbSubnetGroups},
		{Service: "rds", Types: []string{"AWS::RDS::DBSnapshot"}, Actions: []string{"rds:DescribeDBSnapshots"}, Collect: dbSnapshots},
		{Service: "rds", Types: []string{"AWS::RDS::DBClusterSnapshot"}, Actions: []string{"rds:DescribeDBClusterSnapshots"}, Collect: dbClusterSnapshots},
	}
}

func dbInstances(ctx context.Context, s *collect.Session) error {
	api := rds.NewFromConfig(s.Config())
	groups := parameterGroups{}
	in := &rds.DescribeDBInstancesInput{MaxRecords: ptr[int32](100)}
	return collect.Pages(ctx, s, api.DescribeDBInstances, in, func(out *rds.DescribeDBInstancesOutput) error {
		return each(ctx, s, out.DBInstances, func(d *types.DBInstance) collect.Item {
			item := dbInstance(d)
			for _, g := range d.DBParameterGroups {
				if p := groups.ofInstance(ctx, s, api, str(g.DBParameterGroupName)); len(p) > 0 {
					item.Attributes["Parameters"] = p
				}
			}
			return item
		})
	})
}

func dbInstance(d *types.DBInstance) collect.Item {
	id, endpoint := str(d.DBInstanceIdentifier), of(d.Endpoint)
	groups := vpcGroups(d.VpcSecurityGroups)
	var e edges
	e.from(collect.Contains, typeDBCluster, str(d.DBClusterIdentifier))
	e.to(collect.DependsOn, typeDBSubnets, str(of(d.DBSubnetGroup).DBSubnetGroupName))
	e.oneOf("subnets", collect.DependsOn, typeSubnet, dbSubnets(d)...)
	e.from(collect.Protects, typeSecurityGroup, groups...)
	if source := str(d.ReadReplicaSourceDBInstanceIdentifier); isARN(source) {
		e.arns(collect.DependsOn, source)
	} else {
		e.to(collect.DependsOn, typeDBInstance, source)
	}
	e.arns(collect.DependsOn, str(d.MonitoringRoleArn), str(of(d.MasterUserSecret).SecretArn))
	e.key(d.KmsKeyId)
	return collect.Item{Type: typeDBInstance, ID: id, ARN: str(d.DBInstanceArn), Tags: tags(d.TagList), Keys: dnsKeys(str(endpoint.Address)),
		Edges: e, Attributes: tidy(facts{
			"DBInstanceClass": d.DBInstanceClass, "Engine": d.Engine, "EngineVersion": d.EngineVersion, "DBInstanceStatus": d.DBInstanceStatus,
			"MultiAZ": d.MultiAZ, "AvailabilityZone": d.AvailabilityZone, "SecondaryAvailabilityZone": d.SecondaryAvailabilityZone,
			"AllocatedStorage": d.AllocatedStorage, "MaxAllocatedStorage": d.MaxAllocatedStorage, "StorageType": d.StorageType, "Iops": d.Iops,
			"StorageEncrypted": d.StorageEncrypted, "KmsKeyId": d.KmsKeyId, "PubliclyAccessible": d.PubliclyAccessible,
			"DeletionProtection": d.DeletionProtection, "BackupRetentionPeriod": d.BackupRetentionPeriod,
			"PreferredBackupWindow": d.PreferredBackupWindow, "PreferredMaintenanceWindow": d.PreferredMaintenanceWindow,
			"AutoMinorVersionUpgrade": d.AutoMinorVersionUpgrade, "CopyTagsToSnapshot": d.CopyTagsToSnapshot, "DBName": d.DBName,
			"EnableIAMDatabaseAuthentication": d.IAMDatabaseAuthenticationEnabled, "EnablePerformanceInsights": d.PerformanceInsightsEnabled,
			"MonitoringInterval": d.MonitoringInterval, "EnableCloudwatchLogsExports": d.EnabledCloudwatchLogsExports,
			"CACertificateIdentifier": d.CACertificateIdentifier, "LicenseModel": d.LicenseModel, "InstanceCreateTime": d.InstanceCreateTime,
			"Endpoint": endpoint.Address, "Port": endpoint.Port, "DBClusterIdentifier": d.DBClusterIdentifier, "VPCSecurityGroups": groups,
			"DBSubnetGroupName": of(d.DBSubnetGroup).DBSubnetGroupName, "VpcId": of(d.DBSubnetGroup).VpcId, "MasterUsername": d.MasterUsername,
			"ManageMasterUserPassword": d.MasterUserSecret != nil, "ReplicaSource": d.ReadReplicaSourceDBInstanceIdentifier,
			"DBParameterGroups": pick(d.DBParameterGroups, func(g *types.DBParameterGroupStatus) *string { return g.DBParameterGroupName }),
		})}
}

// dbSubnets are the subnets that an instance can live in: all of its group when it is Multi-AZ, else those of its zone. One of
// them is enough for it.
func dbSubnets(d *types.DBInstance) []string {
	var ids []string
	for _, n := range of(d.DBSubnetGroup).Subnets {
		if of(d.MultiAZ) || str(d.AvailabilityZone) == "" || str(of(n.SubnetAvailabilityZone).Name) == str(d.AvailabilityZone) {
			ids = append(ids, str(n.SubnetIdentifier))
		}
	}
	return unique(ids)
}

func vpcGroups(list []types.VpcSecurityGroupMembership) []string {
	return pick(list, func(g *types.VpcSecurityGroupMembership) *string { return g.VpcSecurityGroupId })
}

func dbClusters(ctx context.Context, s *collect.Session) error {
	api := rds.NewFromConfig(s.Config())
	groups := parameterGroups{}
	in := &rds.DescribeDBClustersInput{MaxRecords: ptr[int32](100)}
	return collect.Pages(ctx, s, api.DescribeDBClusters, in, func(out *rds.DescribeDBClustersOutput) error {
		return each(ctx, s, out.DBClusters, func(c *types.DBCluster) collect.Item {
			item := dbCluster(c)
			if p := groups.ofCluster(ctx, s, api, str(c.DBClusterParameterGroup)); len(p) > 0 {
				item.Attributes["Parameters"] = p
			}
			return item
		})
	})
}

func dbCluster(c *types.DBCluster) collect.Item {
	groups := vpcGroups(c.VpcSecurityGroups)
	v2 := of(c.ServerlessV2ScalingConfiguration)
	var e edges
	e.oneOf("members", collect.DependsOn, typeDBInstance, pick(c.DBClusterMembers, func(m *types.DBClusterMember) *string {
		return m.DBInstanceIdentifier
	})...)
	e.to(collect.DependsOn, typeDBSubnets, str(c.DBSubnetGroup))
	e.from(collect.Protects, typeSecurityGroup, groups...)
	e.arns(collect.DependsOn, str(c.ReplicationSourceIdentifier), str(of(c.MasterUserSecret).SecretArn))
	e.key(c.KmsKeyId)
	return collect.Item{Type: typeDBCluster, ID: str(c.DBClusterIdentifier), ARN: str(c.DBClusterArn), Tags: tags(c.TagList), Edges: e,
		Keys: dnsKeys(slices.Concat([]string{str(c.Endpoint), str(c.ReaderEndpoint)}, c.CustomEndpoints)...), Attributes: tidy(facts{
			"Engine": c.Engine, "EngineVersion": c.EngineVersion, "EngineMode": c.EngineMode, "Status": c.Status, "MultiAZ": c.MultiAZ,
			"AvailabilityZones": c.AvailabilityZones, "StorageEncrypted": c.StorageEncrypted, "KmsKeyId": c.KmsKeyId,
			"StorageType": c.StorageType, "DeletionProtection": c.DeletionProtection, "BackupRetentionPeriod": c.BackupRetentionPeriod,
			"PreferredBackupWindow": c.PreferredBackupWindow, "PreferredMaintenanceWindow": c.PreferredMaintenanceWindow,
			"AutoMinorVersionUpgrade": c.AutoMinorVersionUpgrade, "CopyTagsToSnapshot": c.CopyTagsToSnapshot, "DatabaseName": c.DatabaseName,
			"EnableIAMDatabaseAuthentication": c.IAMDatabaseAuthenticationEnabled, "EnableHttpEndpoint": c.HttpEndpointEnabled,
			"EnableCloudwatchLogsExports": c.EnabledCloudwatchLogsExports, "BacktrackWindow": c.BacktrackWindow, "Endpoint": c.Endpoint,
			"ReaderEndpoint": c.ReaderEndpoint, "Port": c.Port, "DBSubnetGroupName": c.DBSubnetGroup, "VpcSecurityGroupIds": groups,
			"DBClusterParameterGroup": c.DBClusterParameterGroup, "ClusterCreateTime": c.ClusterCreateTime, "MasterUsername": c.MasterUsername,
			"ManageMasterUserPassword": c.MasterUserSecret != nil, "MinCapacity": v2.MinCapacity, "MaxCapacity": v2.MaxCapacity,
			"GlobalClusterIdentifier": c.GlobalClusterIdentifier, "PubliclyAccessible": c.PubliclyAccessible,
		})}
}

func dbSubnetGroups(ctx context.Context, s *collect.Session) error {
	in := &rds.DescribeDBSubnetGroupsInput{MaxRecords: ptr[int32](100)}
	return collect.Pages(ctx, s, rds.NewFromConfig(s.Config()).DescribeDBSubnetGroups, in, func(out *rds.DescribeDBSubnetGroupsOutput) error {
		return each(ctx, s, out.DBSubnetGroups, func(g *types.DBSubnetGroup) collect.Item {
			subnets := pick(g.Subnets, func(n *types.Subnet) *string { return n.SubnetIdentifier })
			var e edges
			e.oneOf("subnets", collect.DependsOn, typeSubnet, subnets...)
			return collect.Item{Type: typeDBSubnets, ID: str(g.DBSubnetGroupName), ARN: str(g.DBSubnetGroupArn), Edges: e, Attributes: tidy(facts{
				"DBSubnetGroupDescription": g.DBSubnetGroupDescription, "VpcId": g.VpcId, "SubnetIds": subnets, "Status": g.SubnetGroupStatus,
			})}
		})
	})
}
