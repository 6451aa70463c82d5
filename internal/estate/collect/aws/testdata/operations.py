"""Seeds what operations_test.go looks for: operations.py ENDPOINT. Prints names that AWS makes up, as JSON."""

import io
import json
import sys
import zipfile

import boto3


def client(service, region="eu-west-1"):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name=region, aws_access_key_id="test", aws_secret_access_key="test")


trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "x"}}}]})
iam = client("iam")
role = iam.create_role(RoleName="shop", AssumeRolePolicyDocument=trust, Tags=[{"Key": "Owner", "Value": "shop"}])["Role"]["Arn"]
profile = iam.create_instance_profile(InstanceProfileName="shop")["InstanceProfile"]["Arn"]
iam.add_role_to_instance_profile(InstanceProfileName="shop", RoleName="shop")
policy = iam.create_policy(PolicyName="read", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}))["Policy"]["Arn"]
iam.attach_role_policy(RoleName="shop", PolicyArn=policy)
iam.create_group(GroupName="staff")
iam.create_user(UserName="jo")
iam.create_login_profile(UserName="jo", Password="correct horse battery")
iam.add_user_to_group(GroupName="staff", UserName="jo")
key_id = iam.create_access_key(UserName="jo")["AccessKey"]["AccessKeyId"]
device = iam.create_virtual_mfa_device(VirtualMFADeviceName="jo")["VirtualMFADevice"]["SerialNumber"]
iam.enable_mfa_device(UserName="jo", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
iam.update_account_password_policy(MinimumPasswordLength=14)

kms = client("kms")
key = kms.create_key(Description="orders", Tags=[{"TagKey": "Owner", "TagValue": "shop"}])["KeyMetadata"]["KeyId"]
kms.create_alias(AliasName="alias/orders", TargetKeyId=key)
kms.enable_key_rotation(KeyId=key)

sqs = client("sqs")
dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
queue = sqs.create_queue(QueueName="orders", tags={"Owner": "shop"}, Attributes={"KmsMasterKeyId": "alias/orders", "RedrivePolicy": json.dumps(
    {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead", "maxReceiveCount": "5"})})["QueueUrl"]
sns = client("sns")
topic = sns.create_topic(Name="placed", Tags=[{"Key": "Owner", "Value": "shop"}])["TopicArn"]
sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:orders")
sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://hooks.example.com/T000/secret-of-the-hook")

package = io.BytesIO()
with zipfile.ZipFile(package, "w") as archive:
    archive.writestr("index.py", "def handler(event, context): pass")
functions = client("lambda")


def function(name, **tags):
    return functions.create_function(FunctionName=name, Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": package.getvalue()}, Tags=tags)["FunctionArn"]


charge = function("charge", app="billing")
function("refund", application="billing")
events = client("events")
events.create_event_bus(Name="shop")
events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": charge, "Input": "{\"password\":\"hunter2hunter2\"}", "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-1:123456789012:dead"}}])
events.put_rule(Name="placed", EventBusName="shop", EventPattern="{\"source\":[\"shop\"]}")
machine = client("stepfunctions").create_state_machine(name="checkout", roleArn=role, definition=json.dumps(
    {"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": charge, "End": True}}}))["stateMachineArn"]

alarm = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1, "Period": 60, "Statistic": "Sum"}
watch = client("cloudwatch")
watch.put_metric_alarm(AlarmName="backlog", Namespace="AWS/SQS", MetricName="ApproximateAgeOfOldestMessage", Dimensions=[{"Name": "QueueName", "Value": "orders"}], AlarmActions=[topic], **alarm)
watch.put_metric_alarm(AlarmName="errors", Namespace="AWS/Lambda", MetricName="Errors", Dimensions=[{"Name": "FunctionName", "Value": "charge"}], **alarm)
logs = client("logs")
logs.create_log_group(logGroupName="/aws/lambda/charge")
logs.create_log_group(logGroupName="audit")
logs.put_retention_policy(logGroupName="audit", retentionInDays=365)

client("s3", "us-east-1").create_bucket(Bucket="assets")
front = client("cloudfront", "us-east-1").create_distribution(DistributionConfig={
    "CallerReference": "1", "Comment": "shop", "Enabled": True, "Aliases": {"Quantity": 1, "Items": ["www.example.com"]},
    "Origins": {"Quantity": 2, "Items": [
        {"Id": "assets", "DomainName": "assets.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}},
        {"Id": "app", "DomainName": "app.example.com", "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Origin-Key", "HeaderValue": "hunter2hunter2"}]},
         "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}]},
    "DefaultCacheBehavior": {"TargetOriginId": "app", "ViewerProtocolPolicy": "redirect-to-https", "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}, "MinTTL": 0}})["Distribution"]
dns = client("route53", "us-east-1")
zone = dns.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].split("/")[-1]
# More than one page of records.
for start in range(0, 700, 100):
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": {
        "Name": f"host-{n}.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}} for n in range(start, start + 100)]})
dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
    {"Action": "CREATE", "ResourceRecordSet": {"Name": "www.example.com", "Type": "A", "AliasTarget": {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": front["DomainName"], "EvaluateTargetHealth": False}}},
    {"Action": "CREATE", "ResourceRecordSet": {"Name": "shop.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "www.example.com"}]}}]})

stack = client("cloudformation").create_stack(StackName="ledger", Tags=[{"Key": "Owner", "Value": "billing"}], Parameters=[{"ParameterKey": "Password", "ParameterValue": "hunter2hunter2"}],
    TemplateBody=json.dumps({"Parameters": {"Password": {"Type": "String"}}, "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "ledger"}}, "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "ledger"}}}}))["StackId"]

client("codebuild").create_project(name="build", serviceRole=role, source={"type": "CODECOMMIT", "location": "https://git/x"}, artifacts={"type": "NO_ARTIFACTS"},
    environment={"type": "LINUX_CONTAINER", "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tools:1", "computeType": "BUILD_GENERAL1_SMALL",
                 "environmentVariables": [{"name": "TOKEN", "value": "hunter2hunter2"}]})
deploy = client("codedeploy")
deploy.create_application(applicationName="shop", computePlatform="Server")
deploy.create_deployment_group(applicationName="shop", deploymentGroupName="blue", serviceRoleArn=role, autoScalingGroups=["web"])


def action(name, category, provider, **configuration):
    return {"name": name, "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"}, "configuration": configuration}


releaser = iam.create_role(RoleName="release", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
client("codepipeline").create_pipeline(pipeline={"name": "release", "roleArn": releaser, "version": 1, "artifactStore": {"type": "S3", "location": "assets"}, "stages": [
    {"name": "Source", "actions": [action("fetch", "Source", "S3", S3Bucket="assets", S3ObjectKey="x")]},
    {"name": "Deploy", "actions": [action("build", "Build", "CodeBuild", ProjectName="build", EnvironmentVariables="[{\"name\":\"T\",\"value\":\"hunter2hunter2\"}]"),
                                   action("servers", "Deploy", "CodeDeploy", ApplicationName="shop", DeploymentGroupName="blue"),
                                   action("ledger", "Deploy", "CloudFormation", StackName="ledger")]}]})
trail = client("cloudtrail")
trail.create_trail(Name="audit", S3BucketName="assets", IsMultiRegionTrail=True)
trail.start_logging(Name="audit")
secret = client("secretsmanager").create_secret(Name="db", SecretString="hunter2hunter2", Tags=[{"Key": "Owner", "Value": "shop"}])["ARN"]
client("ssm").put_parameter(Name="/shop/key", Type="SecureString", Value="hunter2hunter2", KeyId="alias/orders")
print(json.dumps(locals(), default=lambda _: None, skipkeys=True))
