package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	elasticachetypes "github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func testDatabases(t *testing.T, endpoint string) {
	const region = "eu-north-1"
	ctx, api, net := t.Context(), rds.NewFromConfig(configOf(endpoint, region)), newSite(t, endpoint, region)
	must[*rds.CreateDBSubnetGroupOutput](t)(api.CreateDBSubnetGroup(ctx, &rds.CreateDBSubnetGroupInput{DBSubnetGroupName: ptr("data"),
		DBSubnetGroupDescription: ptr("data"), SubnetIds: net.subnets}))
	must[*rds.CreateDBInstanceOutput](t)(api.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: ptr("shop"), Engine: ptr("postgres"),
		DBInstanceClass: ptr("db.m6g.large"), AllocatedStorage: ptr[int32](100), MultiAZ: ptr(true), StorageEncrypted: ptr(true),
		BackupRetentionPeriod: ptr[int32](7), DBSubnetGroupName: ptr("data"), VpcSecurityGroupIds: []string{net.group}, MasterUsername: ptr("root"),
		MasterUserPassword: ptr("never-to-be-seen"), Tags: []types.Tag{{Key: ptr("Environment"), Value: ptr("production")}}}))
	must[*rds.CreateDBInstanceReadReplicaOutput](t)(api.CreateDBInstanceReadReplica(ctx, &rds.CreateDBInstanceReadReplicaInput{
		DBInstanceIdentifier: ptr("shop-replica"), SourceDBInstanceIdentifier: ptr("shop")}))
	must[*rds.CreateDBClusterOutput](t)(api.CreateDBCluster(ctx, &rds.CreateDBClusterInput{DBClusterIdentifier: ptr("orders"), Engine: ptr("aurora-mysql"),
		MasterUsername: ptr("root"), MasterUserPassword: ptr("never-to-be-seen"), DBSubnetGroupName: ptr("data")}))
	must[*rds.CreateDBInstanceOutput](t)(api.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: ptr("orders-1"), Engine: ptr("aurora-mysql"),
		DBInstanceClass: ptr("db.r6g.large"), DBClusterIdentifier: ptr("orders")}))
	must[*rds.CreateDBSnapshotOutput](t)(api.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{DBSnapshotIdentifier: ptr("shop-before"), DBInstanceIdentifier: ptr("shop")}))

	got := discover(t, endpoint, region, typeDBInstance, typeDBCluster, typeDBSubnets, "AWS::RDS::DBSnapshot", "AWS::RDS::DBClusterSnapshot")

	it := got.one(t, typeDBInstance, "shop")
	wantFacts(t, it, facts{"Engine": "postgres", "DBInstanceClass": "db.m6g.large", "MultiAZ": true, "StorageEncrypted": true,
		"BackupRetentionPeriod": int64(7), "DBSubnetGroupName": "data"})
	wantEdges(t, it, "depends_on "+net.subnets[0]+" (subnets)", "depends_on "+net.subnets[1]+" (subnets)", "depends_on data", "< protects "+net.group)
	if it.Tags["Environment"] != "production" || len(it.Keys) != 1 {
		t.Errorf("tags %v, keys %q", it.Tags, it.Keys)
	}
	wantEdges(t, got.one(t, typeDBInstance, "shop-replica"), "depends_on shop")
	wantEdges(t, got.one(t, typeDBInstance, "orders-1"), "< contains orders")
	wantEdges(t, got.one(t, typeDBCluster, "orders"), "depends_on orders-1 (members)", "depends_on data")
	wantEdges(t, got.one(t, typeDBSubnets, "data"), "depends_on "+net.subnets[0]+" (subnets)")
	wantEdges(t, got.one(t, "AWS::RDS::DBSnapshot", "shop-before"), "protects shop")
}

func testStores(t *testing.T, endpoint string) {
	const region = "ap-south-1"
	ctx, cfg, net := t.Context(), configOf(endpoint, region), newSite(t, endpoint, region)
	tables := dynamodb.NewFromConfig(cfg)
	table := must[*dynamodb.CreateTableOutput](t)(tables.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: ptr("parcels"),
		BillingMode: dynamodbtypes.BillingModePayPerRequest, Tags: []dynamodbtypes.Tag{{Key: ptr("Owner"), Value: ptr("parcels-team")}},
		KeySchema:            []dynamodbtypes.KeySchemaElement{{AttributeName: ptr("id"), KeyType: dynamodbtypes.KeyTypeHash}},
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{{AttributeName: ptr("id"), AttributeType: dynamodbtypes.ScalarAttributeTypeS}}})).TableDescription
	must[*dynamodb.UpdateContinuousBackupsOutput](t)(tables.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: ptr("parcels"),
		PointInTimeRecoverySpecification: &dynamodbtypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: ptr(true)}}))
	must[*elasticache.CreateCacheClusterOutput](t)(elasticache.NewFromConfig(cfg).CreateCacheCluster(ctx, &elasticache.CreateCacheClusterInput{
		CacheClusterId: ptr("sessions"), Engine: ptr("redis"), CacheNodeType: ptr("cache.t3.micro"), NumCacheNodes: ptr[int32](1),
		Tags: []elasticachetypes.Tag{{Key: ptr("Owner"), Value: ptr("web-team")}}}))
	files := efs.NewFromConfig(cfg)
	fs := must[*efs.CreateFileSystemOutput](t)(files.CreateFileSystem(ctx, &efs.CreateFileSystemInput{CreationToken: ptr("x"), Encrypted: ptr(true),
		Backup: ptr(true), Tags: []efstypes.Tag{{Key: ptr("Name"), Value: ptr("shared")}}})).FileSystemId
	must[*efs.CreateMountTargetOutput](t)(files.CreateMountTarget(ctx, &efs.CreateMountTargetInput{FileSystemId: fs, SubnetId: &net.subnets[0]}))
	must[*redshift.CreateClusterOutput](t)(redshift.NewFromConfig(cfg).CreateCluster(ctx, &redshift.CreateClusterInput{ClusterIdentifier: ptr("warehouse"),
		NodeType: ptr("ra3.large"), MasterUsername: ptr("root"), MasterUserPassword: ptr("Never-to-be-seen-1"), DBName: ptr("w"), Encrypted: ptr(true)}))

	got := discover(t, endpoint, region, typeTable, "AWS::ElastiCache::CacheCluster", typeReplicationGroup, typeFileSystem, "AWS::Redshift::Cluster")

	it := got.one(t, typeTable, "parcels")
	wantFacts(t, it, facts{"BillingMode": "PAY_PER_REQUEST", "KeySchema": []string{"HASH id"}, "PointInTimeRecoveryEnabled": true, "DeletionProtectionEnabled": false})
	if it.ARN != *table.TableArn || it.Tags["Owner"] != "parcels-team" {
		t.Errorf("%s %v", it.ARN, it.Tags)
	}
	if tag := got.one(t, "AWS::ElastiCache::CacheCluster", "sessions").Tags["Owner"]; tag != "web-team" {
		t.Errorf("owner of the cache is %q", tag)
	}
	wantFacts(t, got.one(t, typeFileSystem, *fs), facts{"Encrypted": true, "BackupPolicy": "ENABLED"})
	wantEdges(t, got.one(t, typeFileSystem, *fs), "depends_on "+net.subnets[0]+" (subnets)")
	wantFacts(t, got.one(t, "AWS::Redshift::Cluster", "warehouse"), facts{"NodeType": "ra3.large", "Encrypted": true})
}

// Buckets are listed once, and each is asked in its own region and carries it.
func testBuckets(t *testing.T, endpoint string) {
	ctx := t.Context()
	path := func(o *s3.Options) { o.UsePathStyle = true }
	home, paris := s3.NewFromConfig(configOf(endpoint, "us-east-1"), path), s3.NewFromConfig(configOf(endpoint, "eu-west-3"), path)
	must[*s3.CreateBucketOutput](t)(home.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: ptr("plain-bucket")}))
	must[*s3.CreateBucketOutput](t)(paris.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: ptr("paris-bucket"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-3"}}))
	must[*s3.PutBucketVersioningOutput](t)(paris.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: ptr("paris-bucket"),
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}}))
	must[*s3.PutPublicAccessBlockOutput](t)(paris.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: ptr("paris-bucket"),
		PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: ptr(true), BlockPublicPolicy: ptr(true)}}))
	must[*s3.PutBucketLifecycleConfigurationOutput](t)(paris.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: ptr("paris-bucket"),
		LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: []s3types.LifecycleRule{{ID: ptr("expire"), Status: s3types.ExpirationStatusEnabled,
			Filter: &s3types.LifecycleRuleFilter{Prefix: ptr("")}, Expiration: &s3types.LifecycleExpiration{Days: ptr[int32](90)}}}}}))
	must[*s3.PutBucketTaggingOutput](t)(paris.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: ptr("paris-bucket"),
		Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: ptr("Owner"), Value: ptr("data")}}}}))

	got := discover(t, endpoint, "eu-west-3", typeBucket)

	plain := got.one(t, typeBucket, "plain-bucket")
	wantFacts(t, plain, facts{"Versioning": "Disabled", "BlockPublicAcls": false, "RestrictPublicBuckets": false})
	if plain.Region != "us-east-1" || plain.ARN != "arn:aws:s3:::plain-bucket" {
		t.Errorf("%s in %s", plain.ARN, plain.Region)
	}
	it := got.one(t, typeBucket, "paris-bucket")
	wantFacts(t, it, facts{"Versioning": "Enabled", "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": false,
		"LifecycleRules": []string{"expire"}, "ExpirationInDays": int64(90)})
	if it.Region != "eu-west-3" || it.Tags["Owner"] != "data" {
		t.Errorf("region %s, tags %v", it.Region, it.Tags)
	}
}
