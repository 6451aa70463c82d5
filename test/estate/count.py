#!/usr/bin/env python3
"""Counts what an AWS organisation holds, through boto3 alone, by the table in IDENTIFIERS.md.

    count.py --endpoint http://127.0.0.1:PORT [--regions eu-west-1,eu-west-3] [--ids] [--core]

It knows nothing of seed.py nor of Vigie: it is the second opinion that a discovery is compared with. Prints
{account: {region: {type: n}}}, with --ids {account: {region: {type: [external ids, sorted]}}}. Types with nothing are left
out. What could not be asked goes to stderr ("uncounted: type: reason", once for each) and is counted nowhere.
"""

import argparse
import collections
import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.session import Session

HOME = "us-east-1"
EXTRA = {"AWS::IAM::Group", "AWS::IAM::RootUser", "AWS::SSM::Parameter", "AWS::Serverless::Application"}
KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


class Switch(Credentials):
    """Credentials that can be exchanged under a client: making a client costs more than a call."""

    def become(self, access_key, secret_key, token=None):
        self.access_key, self.secret_key, self.token = access_key, secret_key, token


class Caller:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        own = boto3.Session().get_credentials() if os.environ.get("AWS_ACCESS_KEY_ID") or not endpoint else None
        self.own = (own.access_key, own.secret_key, own.token) if own else ("count", "count", None)
        self.switch = Switch(*self.own)
        core = Session()
        core._credentials = self.switch
        self.session = boto3.Session(botocore_session=core)
        self.clients = {}

    def client(self, service, region):
        if (service, region) not in self.clients:
            self.clients[service, region] = self.session.client(
                service, region_name=region, endpoint_url=self.endpoint, config=Config(retries={"max_attempts": 0 if self.endpoint else 5}))
        return self.clients[service, region]


class Scope:
    """One account in one region, ready to be asked."""

    def __init__(self, caller, account, region):
        self.caller, self.account, self.region = caller, account, region

    def client(self, service):
        return self.caller.client(service, self.region)

    def ask(self, service, action, **arguments):
        return getattr(self.client(service), action)(**arguments)

    def all(self, service, action, key, **arguments):
        """Every element under key, over all pages."""
        client = self.client(service)
        if client.can_paginate(action):
            size = {"PageSize": 200} if action in ("describe_launch_templates", "list_queues") else {}
            for page in client.get_paginator(action).paginate(PaginationConfig=size, **arguments):
                for part in key.split("."):
                    page = page.get(part) or []
                yield from page
            return
        seen = set()
        while True:
            page = getattr(client, action)(**arguments)
            yield from page.get(key) or []
            name = "NextMarker" if page.get("NextMarker") else "NextToken"
            token = page.get(name)
            if not token or token in seen:
                return
            seen.add(token)
            arguments[name] = token


# Each counter yields external ids; with a pair, the second is the region that the thing carries.
REGIONAL, GLOBAL = {}, {}


def regional(kind):
    return lambda function: REGIONAL.setdefault(kind, function)


def everywhere(kind):
    return lambda function: GLOBAL.setdefault(kind, function)


def listed(kind, service, action, key, field=None, keep=None, table=REGIONAL, **arguments):
    """A type that one list answers: field of each element, or the element itself."""

    def count(scope):
        for found in scope.all(service, action, key, **arguments):
            if keep is None or keep(scope, found):
                yield found[field] if field else found

    table[kind] = count


def mine(scope, found):
    return found.get("OwnerId") in (None, scope.account)


def state(*gone, field="State"):
    return lambda scope, found: str(found.get(field, "")).lower() not in gone


def requested_here(scope, found):
    asked = found["RequesterVpcInfo"]
    return (asked.get("OwnerId") == scope.account and asked.get("Region") in (None, scope.region)
            and found["Status"]["Code"] not in ("deleted", "rejected", "expired", "failed"))


# Compute and network

def _instances(scope):
    for reservation in scope.all("ec2", "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] != "terminated":
                yield instance


@regional("AWS::EC2::Instance")
def _(scope):
    return (instance["InstanceId"] for instance in _instances(scope))


@regional("AWS::EC2::Image")
def _(scope):
    found = {image["ImageId"] for image in scope.all("ec2", "describe_images", "Images", Owners=["self"])}
    for used in {instance["ImageId"] for instance in _instances(scope)} - found:
        try:
            found.update(image["ImageId"] for image in scope.all("ec2", "describe_images", "Images", ImageIds=[used]))
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"):
                raise
    return found


listed("AWS::EC2::Volume", "ec2", "describe_volumes", "Volumes", "VolumeId", state("deleted"))
listed("AWS::EC2::Snapshot", "ec2", "describe_snapshots", "Snapshots", "SnapshotId", OwnerIds=["self"])
listed("AWS::EC2::LaunchTemplate", "ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId")
listed("AWS::AutoScaling::AutoScalingGroup", "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName")
listed("AWS::SSM::ManagedInstance", "ssm", "describe_instance_information", "InstanceInformationList", "InstanceId")
listed("AWS::EC2::VPC", "ec2", "describe_vpcs", "Vpcs", "VpcId", mine)
listed("AWS::EC2::Subnet", "ec2", "describe_subnets", "Subnets", "SubnetId", mine)
listed("AWS::EC2::RouteTable", "ec2", "describe_route_tables", "RouteTables", "RouteTableId", mine)
listed("AWS::EC2::SecurityGroup", "ec2", "describe_security_groups", "SecurityGroups", "GroupId", mine)
listed("AWS::EC2::InternetGateway", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId", mine)
listed("AWS::EC2::NatGateway", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", state("deleted", "failed"))
listed("AWS::EC2::EIP", "ec2", "describe_addresses", "Addresses", "AllocationId")
listed("AWS::EC2::VPCEndpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", lambda scope, found: mine(scope, found) and state("deleted")(scope, found))
listed("AWS::EC2::VPCPeeringConnection", "ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", "VpcPeeringConnectionId", requested_here)
listed("AWS::EC2::VPNGateway", "ec2", "describe_vpn_gateways", "VpnGateways", "VpnGatewayId", state("deleted"))
listed("AWS::EC2::VPNConnection", "ec2", "describe_vpn_connections", "VpnConnections", "VpnConnectionId", state("deleted"))
listed("AWS::EC2::CustomerGateway", "ec2", "describe_customer_gateways", "CustomerGateways", "CustomerGatewayId", state("deleted"))
listed("AWS::ElasticLoadBalancingV2::LoadBalancer", "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn")
listed("AWS::ElasticLoadBalancingV2::TargetGroup", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn")
listed("AWS::ElasticLoadBalancing::LoadBalancer", "elb", "describe_load_balancers", "LoadBalancerDescriptions", "LoadBalancerName")


@regional("AWS::ElasticLoadBalancingV2::Listener")
def _(scope):
    for balancer in scope.all("elbv2", "describe_load_balancers", "LoadBalancers"):
        for listener in scope.all("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"]):
            yield listener["ListenerArn"]


listed("AWS::WAFv2::WebACL", "wafv2", "list_web_acls", "WebACLs", "ARN", Scope="REGIONAL")
listed("AWS::WAFv2::WebACL", "wafv2", "list_web_acls", "WebACLs", "ARN", table=GLOBAL, Scope="CLOUDFRONT")
listed("AWS::CloudFront::Distribution", "cloudfront", "list_distributions", "DistributionList.Items", "Id", table=GLOBAL)


@everywhere("AWS::Route53::HostedZone")
def _(scope):
    return (zone["Id"].removeprefix("/hostedzone/") for zone in scope.all("route53", "list_hosted_zones", "HostedZones"))


# Databases and stores

listed("AWS::RDS::DBInstance", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier")
listed("AWS::RDS::DBCluster", "rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier")
listed("AWS::RDS::DBSnapshot", "rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier")
listed("AWS::RDS::DBClusterSnapshot", "rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier")
listed("AWS::RDS::DBSubnetGroup", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName")
listed("AWS::DynamoDB::Table", "dynamodb", "list_tables", "TableNames")
listed("AWS::ElastiCache::CacheCluster", "elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId")
listed("AWS::ElastiCache::ReplicationGroup", "elasticache", "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId")
listed("AWS::EFS::FileSystem", "efs", "describe_file_systems", "FileSystems", "FileSystemId", mine)
listed("AWS::Redshift::Cluster", "redshift", "describe_clusters", "Clusters", "ClusterIdentifier")
listed("AWS::EMR::Cluster", "emr", "list_clusters", "Clusters", "Id", lambda scope, found: not found["Status"]["State"].startswith("TERMINATED"))


@everywhere("AWS::S3::Bucket")
def _(scope):
    for bucket in scope.all("s3", "list_buckets", "Buckets"):
        where = scope.ask("s3", "get_bucket_location", Bucket=bucket["Name"])["LocationConstraint"]
        yield bucket["Name"], {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(where, where)


# Containers, serverless, delivery

def _clusters(scope):
    arns = list(scope.all("ecs", "list_clusters", "clusterArns"))
    for start in range(0, len(arns), 100):
        for cluster in scope.ask("ecs", "describe_clusters", clusters=arns[start:start + 100])["clusters"]:
            if cluster["status"] != "INACTIVE":
                yield cluster["clusterArn"]


def _services(scope):
    for cluster in _clusters(scope):
        arns = list(scope.all("ecs", "list_services", "serviceArns", cluster=cluster))
        for start in range(0, len(arns), 10):
            for service in scope.ask("ecs", "describe_services", cluster=cluster, services=arns[start:start + 10])["services"]:
                if service["status"] != "INACTIVE":
                    yield service


REGIONAL["AWS::ECS::Cluster"] = _clusters


@regional("AWS::ECS::Service")
def _(scope):
    return (service["serviceArn"] for service in _services(scope))


@regional("AWS::ECS::TaskDefinition")
def _(scope):
    used = set()
    for service in _services(scope):
        used.add(service.get("taskDefinition"))
        used.update(deployment.get("taskDefinition") for deployment in service.get("deployments", []))
    for cluster in _clusters(scope):
        tasks = list(scope.all("ecs", "list_tasks", "taskArns", cluster=cluster))
        for start in range(0, len(tasks), 100):
            used.update(task["taskDefinitionArn"] for task in scope.ask("ecs", "describe_tasks", cluster=cluster, tasks=tasks[start:start + 100])["tasks"])
    return used - {None}


listed("AWS::EKS::Cluster", "eks", "list_clusters", "clusters")


@regional("AWS::EKS::Nodegroup")
def _(scope):
    for cluster in scope.all("eks", "list_clusters", "clusters"):
        for group in scope.all("eks", "list_nodegroups", "nodegroups", clusterName=cluster):
            yield f"{cluster}/{group}"


listed("AWS::ECR::Repository", "ecr", "describe_repositories", "repositories", "repositoryName")
listed("AWS::Lambda::Function", "lambda", "list_functions", "Functions", "FunctionName")
listed("AWS::ApiGateway::RestApi", "apigateway", "get_rest_apis", "items", "id")
listed("AWS::ApiGatewayV2::Api", "apigatewayv2", "get_apis", "Items", "ApiId")
listed("AWS::StepFunctions::StateMachine", "stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn")


@regional("AWS::Events::Rule")
def _(scope):
    for bus in scope.all("events", "list_event_buses", "EventBuses"):
        for rule in scope.all("events", "list_rules", "Rules", EventBusName=bus["Name"]):
            yield f"{bus['Name']}|{rule['Name']}"


listed("AWS::SNS::Topic", "sns", "list_topics", "Topics", "TopicArn")
listed("AWS::SQS::Queue", "sqs", "list_queues", "QueueUrls")
listed("AWS::CloudFormation::Stack", "cloudformation", "describe_stacks", "Stacks", "StackId", state("delete_complete", field="StackStatus"))


@regional("AWS::Serverless::Application")
def _(scope):
    """By another way than the rule's words: the template itself, and each function's own tags."""
    owned = set()
    for stack in scope.all("cloudformation", "describe_stacks", "Stacks"):
        owned |= {found.get("PhysicalResourceId") for found in scope.all("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack["StackId"])}
        if "AWS::Serverless-2016-10-31" in json.dumps(scope.ask("cloudformation", "get_template", StackName=stack["StackId"])["TemplateBody"]):
            yield stack["StackId"]
    named = set()
    for found in scope.all("lambda", "list_functions", "Functions"):
        if found["FunctionName"] not in owned:
            tags = scope.ask("lambda", "list_tags", Resource=found["FunctionArn"]).get("Tags", {})
            named |= set([tags[key] for key in ("application", "Application", "app") if tags.get(key)][:1])
    yield from (f"application={name}" for name in named)


listed("AWS::CodePipeline::Pipeline", "codepipeline", "list_pipelines", "pipelines", "name")
listed("AWS::CodeBuild::Project", "codebuild", "list_projects", "projects")
listed("AWS::CodeDeploy::Application", "codedeploy", "list_applications", "applications")


@regional("AWS::CodeDeploy::DeploymentGroup")
def _(scope):
    for application in scope.all("codedeploy", "list_applications", "applications"):
        for group in scope.all("codedeploy", "list_deployment_groups", "deploymentGroups", applicationName=application):
            yield f"{application}|{group}"


# Identity, keys, security

listed("AWS::IAM::User", "iam", "list_users", "Users", "UserName", table=GLOBAL)
listed("AWS::IAM::Role", "iam", "list_roles", "Roles", "RoleName", table=GLOBAL)
listed("AWS::IAM::Group", "iam", "list_groups", "Groups", "GroupName", table=GLOBAL)
listed("AWS::IAM::ManagedPolicy", "iam", "list_policies", "Policies", "Arn", table=GLOBAL, Scope="Local")


@everywhere("AWS::IAM::RootUser")
def _(scope):
    return [scope.account]


@everywhere("AWS::IAM::PasswordPolicy")
def _(scope):
    try:
        scope.ask("iam", "get_account_password_policy")
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return []
    return [scope.account]


listed("AWS::KMS::Key", "kms", "list_keys", "Keys", "KeyId")
listed("AWS::CertificateManager::Certificate", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn", Includes={"keyTypes": KEY_TYPES})
listed("AWS::SecretsManager::Secret", "secretsmanager", "list_secrets", "SecretList", "ARN")
listed("AWS::SSM::Parameter", "ssm", "describe_parameters", "Parameters", "Name")
listed("AWS::CloudTrail::Trail", "cloudtrail", "describe_trails", "trailList", "Name",
       lambda scope, found: found["HomeRegion"] == scope.region and found["TrailARN"].split(":")[4] == scope.account, includeShadowTrails=False)
listed("AWS::Config::ConfigurationRecorder", "config", "describe_configuration_recorders", "ConfigurationRecorders", "name")
listed("AWS::GuardDuty::Detector", "guardduty", "list_detectors", "DetectorIds")


@regional("AWS::SecurityHub::Hub")
def _(scope):
    try:
        return [scope.ask("securityhub", "describe_hub")["HubArn"]]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidAccessException", "ResourceNotFoundException"):
            raise
        return []


# Watching and protecting

listed("AWS::CloudWatch::Alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", AlarmTypes=["MetricAlarm"])
listed("AWS::CloudWatch::CompositeAlarm", "cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmName", AlarmTypes=["CompositeAlarm"])
listed("AWS::Logs::LogGroup", "logs", "describe_log_groups", "logGroups", "logGroupName")
listed("AWS::Backup::BackupVault", "backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName")
listed("AWS::Backup::BackupPlan", "backup", "list_backup_plans", "BackupPlansList", "BackupPlanId")
listed("AWS::Backup::ProtectedResource", "backup", "list_protected_resources", "Results", "ResourceArn")


@regional("AWS::Backup::BackupSelection")
def _(scope):
    for plan in scope.all("backup", "list_backup_plans", "BackupPlansList"):
        for selection in scope.all("backup", "list_backup_selections", "BackupSelectionsList", BackupPlanId=plan["BackupPlanId"]):
            yield selection["SelectionId"]


# The organisation, in its management account alone

def _organisation(scope):
    try:
        found = scope.ask("organizations", "describe_organization")["Organization"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "AWSOrganizationsNotInUseException":
            raise
        return None
    return found if found["MasterAccountId"] == scope.account else None


@everywhere("AWS::Organizations::Organization")
def _(scope):
    found = _organisation(scope)
    return [found["Id"]] if found else []


@everywhere("AWS::Organizations::OrganizationalUnit")
def _(scope):
    waiting = [root["Id"] for root in scope.all("organizations", "list_roots", "Roots")] if _organisation(scope) else []
    while waiting:
        for unit in scope.all("organizations", "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=waiting.pop()):
            waiting.append(unit["Id"])
            yield unit["Id"]


@everywhere("AWS::Organizations::Account")
def _(scope):
    return [account["Id"] for account in scope.all("organizations", "list_accounts", "Accounts")] if _organisation(scope) else []


def accounts(caller):
    """Ids of the active accounts that the caller's organisation holds; its own where there is none."""
    own = caller.client("sts", HOME).get_caller_identity()["Account"]
    scope = Scope(caller, own, HOME)
    if not _organisation(scope):
        return [own]
    return [account["Id"] for account in scope.all("organizations", "list_accounts", "Accounts") if account["Status"] == "ACTIVE"]


def enabled(caller):
    """The enabled regions. The emulator names those of other partitions too, which AWS never does."""
    found = caller.client("ec2", HOME).describe_regions()["Regions"]
    return sorted(region["RegionName"] for region in found
                  if region["OptInStatus"] != "not-opted-in" and not region["RegionName"].startswith(("cn-", "us-gov-", "us-iso")))


def walk(caller, role, regions, leave_out=frozenset()):
    result = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    uncounted = {}
    caller.switch.become(*caller.own)
    ids = accounts(caller)
    regions = regions or enabled(caller)
    for account in ids:
        caller.switch.become(*caller.own)
        given = caller.client("sts", HOME).assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="count")["Credentials"]
        caller.switch.become(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        for region, table in [("global", GLOBAL)] + [(region, REGIONAL) for region in regions]:
            scope = Scope(caller, account, HOME if region == "global" else region)
            for kind, count in table.items():
                if kind in leave_out or kind in uncounted:
                    continue
                try:
                    for found in count(scope):
                        id, where = found if isinstance(found, tuple) else (found, region)
                        result[account][where][kind].append(id)
                except ClientError as error:
                    uncounted[kind] = f"{error.operation_name}: {' '.join(str(error).split())[:120]}"
    for kind, reason in sorted(uncounted.items()):
        print(f"uncounted: {kind}: {reason}", file=sys.stderr)
        for places in result.values():
            for kinds in places.values():
                kinds.pop(kind, None)
    return result


def main():
    parser = argparse.ArgumentParser(description="Count an organisation's resources through boto3.")
    parser.add_argument("--endpoint", default=os.environ.get("AWS_ENDPOINT_URL"), help="address of the emulator; without it, AWS itself")
    parser.add_argument("--regions", help="comma-separated; default: all enabled ones")
    parser.add_argument("--role", default="VigieReadOnly", help="role assumed in each account")
    parser.add_argument("--ids", action="store_true", help="print external ids instead of numbers")
    parser.add_argument("--core", action="store_true", help="leave out the types marked extra in IDENTIFIERS.md")
    parser.add_argument("--totals", action="store_true", help="print {type: n} over all accounts and regions")
    options = parser.parse_args()
    regions = [region.strip() for region in options.regions.split(",")] if options.regions else None
    result = walk(Caller(options.endpoint), options.role, regions, EXTRA if options.core else frozenset())
    if options.totals:
        totals = collections.Counter()
        for places in result.values():
            for kinds in places.values():
                totals.update({kind: len(ids) for kind, ids in kinds.items()})
        json.dump(dict(sorted(totals.items())), sys.stdout, indent=1)
    else:
        shape = sorted if options.ids else len
        json.dump({account: {region: {kind: shape(ids) for kind, ids in sorted(kinds.items()) if ids} for region, kinds in sorted(places.items())}
                   for account, places in sorted(result.items())}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
