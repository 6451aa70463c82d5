#!/usr/bin/env python3
"""moto's server, with what this estate needs and moto lacks. Runs wherever moto_server runs.

    server.py [--host 127.0.0.1] --port N

A plain moto_server takes the same seed, with less in it. What is added here, each by one short class or function:
- dates: a request with the header X-Estate-Age-Days is answered as if it came so many days ago, so that old keys and snapshots exist;
- regions: only those of the partition `aws` (moto names China and GovCloud too), and EMR keeps its regions apart;
- CloudWatch composite alarms, Backup selections and protected resources, Systems Manager's managed instances;
- Security Hub's enabled standards, what a web ACL stands before;
- CodeDeploy's groups and ECS's containers in the shapes of the API, with which other SDKs than boto3 are strict;
- Auto Scaling over all zones, the VPC of a function, the transforms that a stack's template declares.
No default images: moto would put 1,165 public images, and as many snapshots owned by the account, into every region.
"""

import os

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

import argparse  # noqa: E402
import datetime  # noqa: E402
import json  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402

import moto.core.utils  # noqa: E402

_request = threading.local()
_now = moto.core.utils.utcnow


def _dated_back():
    return _now() - datetime.timedelta(days=getattr(_request, "age", 0))


# Before anything else of moto is loaded: its modules take the function by name.
moto.core.utils.utcnow = _dated_back
for module in list(sys.modules.values()):
    if getattr(module, "utcnow", None) is _now:
        module.utcnow = _dated_back

from moto.autoscaling.models import FakeAutoScalingGroup as AutoScalingGroup  # noqa: E402
from moto.awslambda.models import LambdaFunction  # noqa: E402
from moto.backup import urls as backup_urls  # noqa: E402
from moto.backup.responses import BackupResponse  # noqa: E402
from moto.cloudformation import responses as cloudformation  # noqa: E402
from moto.cloudwatch.responses import CloudWatchResponse  # noqa: E402
from moto.codedeploy.models import DeploymentGroup  # noqa: E402
from moto.core.responses import ActionResult, BaseResponse, EmptyResult  # noqa: E402
from moto.ecs.models import Container  # noqa: E402
from moto.ec2.models import ec2_backends  # noqa: E402
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend  # noqa: E402
from moto.emr.responses import ElasticMapReduceResponse  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from moto.securityhub import urls as securityhub_urls  # noqa: E402
from moto.securityhub.responses import SecurityHubResponse  # noqa: E402
from moto.ssm.responses import SimpleSystemManagerResponse  # noqa: E402
from moto.wafv2.responses import WAFV2Response  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, run_simple  # noqa: E402


def put_composite_alarm(self):
    self.cloudwatch_backend.put_metric_alarm(
        name=self._get_param("AlarmName"), namespace=None, metric_name=None, comparison_operator=None, evaluation_periods=None, period=None, threshold=None,
        statistic=None, description=self._get_param("AlarmDescription"), dimensions=[], alarm_actions=self._get_param("AlarmActions", []),
        ok_actions=self._get_param("OKActions", []), insufficient_data_actions=[], rule=self._get_param("AlarmRule"), tags=self._get_param("Tags", []))
    return EmptyResult()


CloudWatchResponse.put_composite_alarm = put_composite_alarm


class Selections:
    """Which resources a backup plan takes. The answers' shapes are those of AWS's model of the service."""

    def _kept(self):
        backend = self.backup_backend
        if not hasattr(backend, "selections"):
            backend.selections = {}
        return backend.selections

    def _plan(self):
        return self.path.split("/plans/")[1].split("/")[0]

    def create_backup_selection(self):
        id = str(mock_random.uuid4())
        found = {"SelectionId": id, "BackupPlanId": self._plan(), "CreationDate": moto.core.utils.unix_time(), "BackupSelection": json.loads(self.body)["BackupSelection"]}
        self._kept()[id] = found
        return json.dumps({key: found[key] for key in ("SelectionId", "BackupPlanId", "CreationDate")})

    def list_backup_selections(self):
        plan = self._plan()
        return json.dumps({"BackupSelectionsList": [
            {"SelectionId": id, "BackupPlanId": plan, "CreationDate": found["CreationDate"], "SelectionName": found["BackupSelection"]["SelectionName"],
             "IamRoleArn": found["BackupSelection"]["IamRoleArn"]} for id, found in self._kept().items() if found["BackupPlanId"] == plan]})

    def get_backup_selection(self):
        return json.dumps(self._kept()[self.path.rstrip("/").split("/")[-1]])

    def list_protected_resources(self):
        """Those that a selection names: the emulator makes no backups, so it takes the first for done."""
        named = {arn for found in self._kept().values() for arn in found["BackupSelection"].get("Resources", []) if "*" not in arn}
        kinds = {"rds": "RDS", "dynamodb": "DynamoDB", "elasticfilesystem": "EFS", "ec2": "EC2"}
        yesterday = moto.core.utils.unix_time() - 86400
        return json.dumps({"Results": [
            {"ResourceArn": arn, "ResourceName": arn.replace("/", ":").split(":")[-1], "LastBackupTime": yesterday,
             "ResourceType": "EBS" if ":volume/" in arn else "Aurora" if ":cluster:" in arn else kinds[arn.split(":")[2]]} for arn in sorted(named)]})


for name, member in vars(Selections).items():
    if callable(member):
        setattr(BackupResponse, name, member)
backup_urls.url_paths["{0}/resources/?$"] = backup_urls.response.dispatch


def describe_instance_information(self):
    """Servers with an instance profile report to Systems Manager; the others do not, which is a finding about them."""
    found = []
    for instance in ec2_backends[self.current_account][self.region].all_instances():
        if not instance.iam_instance_profile or instance.state == "terminated":
            continue
        found.append({
            "InstanceId": instance.id, "PingStatus": "Online" if instance.state == "running" else "ConnectionLost", "AgentVersion": "3.2.2303.0", "IsLatestVersion": False,
            "LastPingDateTime": moto.core.utils.unix_time(), "PlatformType": "Linux", "PlatformName": "Amazon Linux", "PlatformVersion": "2023",
            "ResourceType": "EC2Instance", "IPAddress": instance.private_ip, "ComputerName": instance.private_dns_name, "AssociationStatus": "Success"})
    return ActionResult({"InstanceInformationList": found})


SimpleSystemManagerResponse.describe_instance_information = describe_instance_information


def get_enabled_standards(self):
    """A hub is switched on with AWS's own standard."""
    self.securityhub_backend.describe_hub(None)  # refuses where there is none
    arn = f"arn:aws:securityhub:{self.region}::standards/aws-foundational-security-best-practices/v/1.0.0"
    own = f"arn:aws:securityhub:{self.region}:{self.current_account}:subscription/aws-foundational-security-best-practices/v/1.0.0"
    return json.dumps({"StandardsSubscriptions": [{"StandardsArn": arn, "StandardsSubscriptionArn": own, "StandardsStatus": "READY", "StandardsInput": {}}]})


SecurityHubResponse.get_enabled_standards = get_enabled_standards
securityhub_urls.url_paths["{0}/standards/get$"] = SecurityHubResponse.dispatch


def list_resources_for_web_acl(self):
    asked = json.loads(self.body)
    sign = {"APPLICATION_LOAD_BALANCER": ":elasticloadbalancing:", "API_GATEWAY": ":apigateway:", "APPSYNC": ":appsync:"}
    kind = sign.get(asked.get("ResourceType", "APPLICATION_LOAD_BALANCER"), "?")
    acl = self.wafv2_backend.wacls[asked["WebACLArn"]]
    return 200, {"Content-Type": "application/json"}, json.dumps({"ResourceArns": [arn for arn in acl.associated_resources if kind in arn]})


WAFV2Response.list_resources_for_web_acl = list_resources_for_web_acl

_group = DeploymentGroup.to_dict


def group_with_objects(self):
    return {**_group(self), "autoScalingGroups": [{"name": name} if isinstance(name, str) else name for name in self.auto_scaling_groups or []]}


DeploymentGroup.to_dict = group_with_objects
_container = Container.__init__


def container_in_text(self, *given, **named):
    """Cpu and memory are numbers in a task definition and texts in a task."""
    _container(self, *given, **named)
    self.cpu, self.memory = (None if value is None else str(value) for value in (self.cpu, self.memory))


Container.__init__ = container_in_text
_fill = AutoScalingGroup.replace_autoscaling_group_instances


def spread(self, count_needed, propagated_tags):
    """One instance to each subnet in turn: moto puts all of a group into its first zone."""
    subnets = (self.vpc_zone_identifier or "").split(",")
    for number in range(count_needed):
        self.vpc_zone_identifier = subnets[number % len(subnets)]
        try:
            _fill(self, 1, propagated_tags)
        finally:
            self.vpc_zone_identifier = ",".join(subnets)


AutoScalingGroup.replace_autoscaling_group_instances = spread


def vpc_config(self):
    """A function's real VPC, where moto gives vpc-123abc."""
    if not self._vpc_config:
        return None
    subnets = ec2_backends[self.account_id][self.region].describe_subnets(subnet_ids=self._vpc_config["SubnetIds"])
    return {**self._vpc_config, "VpcId": subnets[0].vpc_id}


LambdaFunction.vpc_config = property(vpc_config)
_summary = cloudformation.get_template_summary_response_from_template


def summary_with_transforms(template_body):
    found = _summary(template_body)
    transform = found.get("Transform") or []
    return {**found, "DeclaredTransforms": [transform] if isinstance(transform, str) else transform}


cloudformation.get_template_summary_response_from_template = summary_with_transforms
# moto looks for EMR's region in the address alone, and so keeps every region's clusters in us-east-1.
ElasticMapReduceResponse.get_region_from_url = BaseResponse.get_region_from_url
RegionsAndZonesBackend.regions = [region for region in RegionsAndZonesBackend.regions if not region.name.startswith(("cn-", "us-gov-"))]


class Dated:
    """Reads the age header into the thread that answers."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        _request.age = int(environ.get("HTTP_X_ESTATE_AGE_DAYS") or 0)
        try:
            return self.application(environ, start_response)
        finally:
            _request.age = 0


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description="An AWS emulator for the seeded estate.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    os.environ.setdefault("MOTO_PORT", str(options.port))
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: os._exit(0))  # an orderly exit would wait for every connection that a client keeps open
    run_simple(options.host, options.port, Dated(DomainDispatcherApplication(create_backend_app)), threaded=True, request_handler=Quiet)


if __name__ == "__main__":
    main()
