package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"vigie/internal/estate/collect"
)

func dbSnapshots(ctx context.Context, s *collect.Session) error {
	in := &rds.DescribeDBSnapshotsInput{MaxRecords: ptr[int32](100)}
	return collect.Pages(ctx, s, rds.NewFromConfig(s.Config()).DescribeDBSnapshots, in, func(out *rds.DescribeDBSnapshotsOutput) error {
		return each(ctx, s, out.DBSnapshots, func(d *types.DBSnapshot) collect.Item {
			var e edges
			e.to(collect.Protects, typeDBInstance, str(d.DBInstanceIdentifier))
			e.key(d.KmsKeyId)
			return collect.Item{Type: "AWS::RDS::DBSnapshot", ID: str(d.DBSnapshotIdentifier), ARN: str(d.DBSnapshotArn), Tags: tags(d.TagList),
				Edges: e, Attributes: tidy(facts{
					"DBInstanceIdentifier": d.DBInstanceIdentifier, "SnapshotType": d.SnapshotType, "Engine": d.Engine, "Status": d.Status,
					"EngineVersion": d.EngineVersion, "AllocatedStorage": d.AllocatedStorage, "Encrypted": d.Encrypted, "KmsKeyId": d.KmsKeyId,
					"SnapshotCreateTime": d.SnapshotCreateTime, "AvailabilityZone": d.AvailabilityZone, "SourceRegion": d.SourceRegion,
				})}
		})
	})
}

func dbClusterSnapshots(ctx context.Context, s *collect.Session) error {
	in := &rds.DescribeDBClusterSnapshotsInput{MaxRecords: ptr[int32](100)}
	return collect.Pages(ctx, s, rds.NewFromConfig(s.Config()).DescribeDBClusterSnapshots, in, func(out *rds.DescribeDBClusterSnapshotsOutput) error {
		return each(ctx, s, out.DBClusterSnapshots, func(d *types.DBClusterSnapshot) collect.Item {
			var e edges
			e.to(collect.Protects, typeDBCluster, str(d.DBClusterIdentifier))
			e.key(d.KmsKeyId)
			return collect.Item{Type: "AWS::RDS::DBClusterSnapshot", ID: str(d.DBClusterSnapshotIdentifier), ARN: str(d.DBClusterSnapshotArn),
				Tags: tags(d.TagList), Edges: e, Attributes: tidy(facts{
					"DBClusterIdentifier": d.DBClusterIdentifier, "SnapshotType": d.SnapshotType, "Engine": d.Engine, "Status": d.Status,
					"EngineVersion": d.EngineVersion, "AllocatedStorage": d.AllocatedStorage, "StorageEncrypted": d.StorageEncrypted,
					"KmsKeyId": d.KmsKeyId, "SnapshotCreateTime": d.SnapshotCreateTime,
				})}
		})
	})
}
