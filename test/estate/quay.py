#!/usr/bin/env python3
"""Fills an emulator with the small estate of Librairie du Quai, a bookshop that does not exist: a shop on two servers, a database and buckets,
half of it run well and half of it not. See README.md.

    quay.py --endpoint http://127.0.0.1:PORT            # the estate as it is found
    quay.py --endpoint http://127.0.0.1:PORT --repair   # what can be mended of the critical faults, in the estate that is there

Prints one JSON object on stdout. What is wrong is told beside each thing, and the story of the onboarding expects every fault by name.
"""

import argparse
import json

import boto3
from botocore.config import Config

REGION = "eu-west-1"
ROLE = "VigieReadOnly"
SHUT = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
GOOD = {"Owner": "maude@quai.example", "Environment": "production", "Application": "boutique", "CostCentre": "QUAI-1"}


def tags(name, **more):
    return [{"Key": key, "Value": value} for key, value in {"Name": name, **more}.items()]


def tagged(kind, name, **more):
    return [{"ResourceType": kind, "Tags": tags(name, **more)}]


def empty(ec2):
    """The network that every region has at first would be judged, too, and is nobody's fault."""
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc)


def network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=tagged("vpc", "quai", **GOOD))["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=REGION + zone, TagSpecifications=tagged("subnet", f"quai-{zone}", **GOOD))
               ["Subnet"]["SubnetId"] for n, zone in enumerate("ab")]
    shut = ec2.create_security_group(GroupName="boutique-db", Description="Database, from the shop alone", VpcId=vpc, TagSpecifications=tagged("security-group", "boutique-db", **GOOD))["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=shut, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.20.0.0/16", "Description": "shop"}]}])
    # Open to the world on SSH and on RDP.
    wide = ec2.create_security_group(GroupName="depannage", Description="Set up in a hurry", VpcId=vpc, TagSpecifications=tagged("security-group", "depannage", **GOOD))["GroupId"]
    for port in (22, 3389):
        ec2.authorize_security_group_ingress(GroupId=wide, IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "everybody"}]}])
    return vpc, subnets, shut, wide


def servers(ec2, subnets, wide):
    """One server with its metadata behind a token, one without; volumes encrypted and not, and one that nobody uses."""
    for n, (name, tokens, encrypted) in enumerate([("boutique-1", "required", True), ("boutique-2", "optional", False)]):
        ec2.run_instances(ImageId="ami-0a1b2c3d4e5f60718", MinCount=1, MaxCount=1, InstanceType="t3.small", SubnetId=subnets[n], SecurityGroupIds=[wide],
                          MetadataOptions={"HttpTokens": tokens, "HttpEndpoint": "enabled"},
                          BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": encrypted}}],
                          TagSpecifications=tagged("instance", name, **GOOD) + tagged("volume", name + "-root", **GOOD))
    ec2.create_volume(AvailabilityZone=REGION + "a", Size=100, VolumeType="gp2", Encrypted=False, TagSpecifications=tagged("volume", "vieux-disque"))


def databases(rds, subnets, shut):
    rds.create_db_subnet_group(DBSubnetGroupName="quai", DBSubnetGroupDescription="Both zones", SubnetIds=subnets, Tags=tags("quai", **GOOD))
    common = {"Engine": "postgres", "EngineVersion": "16.3", "DBInstanceClass": "db.t4g.small", "AllocatedStorage": 20, "StorageType": "gp3", "MasterUsername": "quai", "MasterUserPassword": "CANARY-quai-database",
              "DBSubnetGroupName": "quai", "VpcSecurityGroupIds": [shut]}
    rds.create_db_instance(DBInstanceIdentifier="boutique", MultiAZ=True, StorageEncrypted=True, BackupRetentionPeriod=14, PubliclyAccessible=False, DeletionProtection=True,
                           AutoMinorVersionUpgrade=True, CopyTagsToSnapshot=True, EnableIAMDatabaseAuthentication=True, Tags=tags("boutique", **GOOD), **common)
    # Public, in one zone, not encrypted, without backups.
    rds.create_db_instance(DBInstanceIdentifier="archives", MultiAZ=False, StorageEncrypted=False, BackupRetentionPeriod=0, PubliclyAccessible=True, DeletionProtection=False,
                           AutoMinorVersionUpgrade=False, Tags=tags("archives", **GOOD), **common)


def buckets(s3):
    for name, good in (("quai-commandes", True), ("quai-catalogue", False)):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(name, **GOOD)})
        if good:
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=SHUT)


def tables(dynamodb):
    """One that can be restored to any minute, and one that cannot."""
    for name, restorable in (("paniers", True), ("sessions", False)):
        dynamodb.create_table(TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                              BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=restorable, Tags=tags(name, **GOOD))
        if restorable:
            dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})


def people(iam):
    """Maude has a second factor; the student of last summer has none, and is an administrator."""
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="maude")["VirtualMFADevice"]["SerialNumber"]
    for name in ("maude", "stagiaire-2025"):
        iam.create_user(UserName=name, Tags=tags(name, Owner="maude@quai.example"))
        iam.create_login_profile(UserName=name, Password="CANARY-Quai-login-1!")
    iam.enable_mfa_device(UserName="maude", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.create_policy(PolicyName="tout", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    account = boto_account(iam)
    iam.attach_user_policy(UserName="stagiaire-2025", PolicyArn=f"arn:aws:iam::{account}:policy/tout")


def boto_account(iam):
    return iam.get_user(UserName="maude")["User"]["Arn"].split(":")[4]


def repair(client):
    """The critical faults, but for the root user, whose second factor the emulator cannot give."""
    ec2 = client("ec2")
    group = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["depannage"]}])["SecurityGroups"][0]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[one for one in group["IpPermissions"] if one["FromPort"] == 3389])
    client("rds").modify_db_instance(DBInstanceIdentifier="archives", PubliclyAccessible=False, BackupRetentionPeriod=30, ApplyImmediately=True)
    client("s3").put_public_access_block(Bucket="quai-catalogue", PublicAccessBlockConfiguration=SHUT)
    trail = client("cloudtrail")
    trail.create_trail(Name="quai", S3BucketName="quai-commandes", IsMultiRegionTrail=True, EnableLogFileValidation=True, TagsList=tags("quai", **GOOD))
    trail.start_logging(Name="quai")


def main():
    parser = argparse.ArgumentParser(description="Seed an emulator with a bookshop's estate.")
    parser.add_argument("--endpoint", required=True, help="address of the moto server")
    parser.add_argument("--repair", action="store_true", help="mend an estate that is there")
    options = parser.parse_args()
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)

    def client(service):
        return session.client(service, endpoint_url=options.endpoint, config=Config(retries={"max_attempts": 0}))

    if options.repair:
        repair(client)
        print("{}")
        return
    ec2 = client("ec2")
    empty(ec2)
    _, subnets, shut, wide = network(ec2)
    servers(ec2, subnets, wide)
    databases(client("rds"), subnets, shut)
    buckets(client("s3"))
    tables(client("dynamodb"))
    client("cloudwatch").put_metric_alarm(AlarmName="boutique-cpu", Namespace="AWS/RDS", MetricName="CPUUtilization", Statistic="Average", ComparisonOperator="GreaterThanThreshold", Threshold=85, Period=300,
                                         EvaluationPeriods=3, Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "boutique"}], Tags=tags("boutique-cpu", **GOOD))
    people(client("iam"))
    print(json.dumps({"account": client("sts").get_caller_identity()["Account"], "region": REGION, "role": ROLE}))


if __name__ == "__main__":
    main()
