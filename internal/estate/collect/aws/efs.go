package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"vigie/internal/estate/collect"
)

func efsCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "elasticfilesystem", Types: []string{typeFileSystem}, Collect: fileSystems, Actions: []string{
			"elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeMountTargets",
			"elasticfilesystem:DescribeLifecycleConfiguration", "elasticfilesystem:DescribeBackupPolicy",
		}},
	}
}

func fileSystems(ctx context.Context, s *collect.Session) error {
	api := efs.NewFromConfig(s.Config())
	return collect.Pages(ctx, s, api.DescribeFileSystems, &efs.DescribeFileSystemsInput{MaxItems: ptr[int32](100)}, func(out *efs.DescribeFileSystemsOutput) error {
		return eachAtOnce(ctx, s, out.FileSystems, func(f *types.FileSystemDescription) collect.Item {
			if !mine(s, f.OwnerId) || f.LifeCycleState == types.LifeCycleStateDeleted {
				return collect.Item{}
			}
			return fileSystem(ctx, s, api, f)
		})
	})
}

// fileSystem leaves out its size, which moves by itself.
func fileSystem(ctx context.Context, s *collect.Session, api *efs.Client, f *types.FileSystemDescription) collect.Item {
	const gone = "FileSystemNotFound"
	attributes := facts{
		"LifeCycleState": f.LifeCycleState, "PerformanceMode": f.PerformanceMode, "ThroughputMode": f.ThroughputMode, "Encrypted": f.Encrypted,
		"ProvisionedThroughputInMibps": f.ProvisionedThroughputInMibps, "KmsKeyId": f.KmsKeyId, "AvailabilityZoneName": f.AvailabilityZoneName,
		"CreationTime": f.CreationTime, "ReplicationOverwriteProtection": of(f.FileSystemProtection).ReplicationOverwriteProtection,
	}
	if out, ok := collect.Try(ctx, s, api.DescribeBackupPolicy, &efs.DescribeBackupPolicyInput{FileSystemId: f.FileSystemId}, gone, "PolicyNotFound"); ok {
		attributes["BackupPolicy"] = of(out.BackupPolicy).Status
	} else {
		attributes["BackupPolicy"] = types.StatusDisabled
	}
	if out, ok := collect.Try(ctx, s, api.DescribeLifecycleConfiguration, &efs.DescribeLifecycleConfigurationInput{FileSystemId: f.FileSystemId}, gone); ok {
		for _, p := range out.LifecyclePolicies {
			for name, v := range (facts{"TransitionToIA": p.TransitionToIA, "TransitionToArchive": p.TransitionToArchive,
				"TransitionToPrimaryStorageClass": p.TransitionToPrimaryStorageClass}) {
				if attributes[name] == nil || plainFact(v) != nil {
					attributes[name] = v
				}
			}
		}
	}
	var e edges
	var zones []string
	err := collect.Pages(ctx, s, api.DescribeMountTargets, &efs.DescribeMountTargetsInput{FileSystemId: f.FileSystemId, MaxItems: ptr[int32](100)}, func(out *efs.DescribeMountTargetsOutput) error {
		for _, t := range out.MountTargets {
			zones = append(zones, str(t.AvailabilityZoneName))
			e.oneOf("subnets", collect.DependsOn, typeSubnet, str(t.SubnetId))
		}
		return nil
	})
	if err != nil && !hasCode(err, gone) {
		s.Note(err)
	}
	attributes["MountTargetZones"] = unique(zones)
	e.key(f.KmsKeyId)
	id := str(f.FileSystemId)
	return collect.Item{Type: typeFileSystem, ID: id, ARN: str(f.FileSystemArn), Tags: tags(f.Tags), Edges: e, Attributes: tidy(attributes),
		Keys: dnsKeys(id + ".efs." + s.Region + "." + domain(s))}
}
