package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vigie/internal/estate/collect"
)

func ebsCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ec2", Types: []string{typeVolume}, Actions: []string{"ec2:DescribeVolumes"}, Collect: volumes},
		{Service: "ec2", Types: []string{typeSnapshot}, Actions: []string{"ec2:DescribeSnapshots"}, Collect: snapshots},
	}
}

func volumes(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeVolumesInput{MaxResults: ptr[int32](500)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeVolumes, in, func(out *ec2.DescribeVolumesOutput) error {
		return each(ctx, s, out.Volumes, func(v *types.Volume) collect.Item {
			if v.State == types.VolumeStateDeleted || !mine(s, v.OwnerId) {
				return collect.Item{}
			}
			id, onTermination := str(v.VolumeId), false
			var e edges
			for _, a := range v.Attachments {
				e.to(collect.AttachedTo, typeInstance, str(a.InstanceId))
				onTermination = onTermination || of(a.DeleteOnTermination)
			}
			e.key(v.KmsKeyId)
			return collect.Item{Type: typeVolume, ID: id, ARN: s.ARN("ec2", "volume/"+id), Tags: tags(v.Tags), Edges: e, Attributes: tidy(facts{
				"Size": v.Size, "VolumeType": v.VolumeType, "Iops": v.Iops, "Throughput": v.Throughput, "Encrypted": v.Encrypted,
				"KmsKeyId": v.KmsKeyId, "State": v.State, "AvailabilityZone": v.AvailabilityZone, "SnapshotId": v.SnapshotId,
				"MultiAttachEnabled": v.MultiAttachEnabled, "DeleteOnTermination": onTermination, "CreateTime": v.CreateTime,
			})}
		})
	})
}

// noVolume is what a copied snapshot names as its volume.
const noVolume = "vol-ffffffff"

func snapshots(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeSnapshots, in, func(out *ec2.DescribeSnapshotsOutput) error {
		return each(ctx, s, out.Snapshots, func(v *types.Snapshot) collect.Item {
			id := str(v.SnapshotId)
			var e edges
			if str(v.VolumeId) != noVolume {
				e.to(collect.Protects, typeVolume, str(v.VolumeId))
			}
			e.key(v.KmsKeyId)
			return collect.Item{Type: typeSnapshot, ID: id, ARN: s.ARN("ec2", "snapshot/"+id), Tags: tags(v.Tags), Edges: e, Attributes: tidy(facts{
				"VolumeSize": v.VolumeSize, "VolumeId": v.VolumeId, "Encrypted": v.Encrypted, "KmsKeyId": v.KmsKeyId, "State": v.State,
				"StorageTier": v.StorageTier, "StartTime": v.StartTime, "Description": v.Description, "RestoreExpiryTime": v.RestoreExpiryTime,
			})}
		})
	})
}
