"""What guards and records: trails, configuration recorders, detectors, web ACLs, backups."""

from .aws import pairs, piece


@piece
def trail(place, name, bucket, organisation=False, everywhere=True, log=True, key=None):
    more = {"KmsKeyId": key} if key else {}
    place.call("cloudtrail", "create_trail", Name=name, S3BucketName=bucket, IsMultiRegionTrail=everywhere, IsOrganizationTrail=organisation,
               IncludeGlobalServiceEvents=everywhere, EnableLogFileValidation=log, TagsList=pairs(place.tags(name, "security")), **more)
    if log:
        place.call("cloudtrail", "start_logging", Name=name)


@piece
def recorder(place, bucket, on=True):
    place.call("config", "put_configuration_recorder", ConfigurationRecorder={
        "name": "default", "roleARN": place.role_arn("AWSServiceRoleForConfig"), "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": place.region == "eu-west-1"}})
    place.call("config", "put_delivery_channel", DeliveryChannel={"name": "default", "s3BucketName": bucket})
    if on:
        place.call("config", "start_configuration_recorder", ConfigurationRecorderName="default")


@piece
def detector(place, on=True):
    place.call("guardduty", "create_detector", Enable=on, FindingPublishingFrequency="FIFTEEN_MINUTES", Tags=place.tags("guardduty", "security"))


@piece
def hub(place):
    place.call("securityhub", "enable_security_hub", EnableDefaultStandards=True, Tags=place.tags("security-hub", "security"))


@piece
def web_acl(place, name, application, scope="REGIONAL", protects=()):
    rules = [{"Name": "common", "Priority": 1, "OverrideAction": {"None": {}},
              "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
              "VisibilityConfig": {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "common"}}]
    arn = place.call("wafv2", "create_web_acl", Name=name, Scope=scope, DefaultAction={"Allow": {}}, Rules=rules, Tags=pairs(place.tags(name, application)),
                     VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name})["Summary"]["ARN"]
    for resource in protects:
        place.attempt("wafv2", "associate_web_acl", WebACLArn=arn, ResourceArn=resource)
    return arn


@piece
def vault(place, name, key=None):
    place.call("backup", "create_backup_vault", BackupVaultName=name, BackupVaultTags=place.tags(name, "shared-services"), **({"EncryptionKeyArn": key} if key else {}))
    return name


@piece
def plan(place, name, vault_name, days=35, copy_to=None, select=None):
    """A plan with its rule; select: (name, resource ARNs or None for everything tagged Backup=daily)."""
    rule = {"RuleName": "daily", "TargetBackupVaultName": vault_name, "ScheduleExpression": "cron(0 2 * * ? *)", "Lifecycle": {"DeleteAfterDays": days}}
    if copy_to:
        rule["CopyActions"] = [{"DestinationBackupVaultArn": copy_to, "Lifecycle": {"DeleteAfterDays": days}}]
    id = place.call("backup", "create_backup_plan", BackupPlan={"BackupPlanName": name, "Rules": [rule]}, BackupPlanTags=place.tags(name, "shared-services"))["BackupPlanId"]
    label, resources = select or ("tagged", None)
    selection = {"SelectionName": label, "IamRoleArn": place.role_arn("AWSBackupDefaultServiceRole")}
    if resources:
        selection["Resources"] = list(resources)
    else:
        selection["ListOfTags"] = [{"ConditionType": "STRINGEQUALS", "ConditionKey": "Backup", "ConditionValue": "daily"}]
    place.attempt("backup", "create_backup_selection", BackupPlanId=id, BackupSelection=selection)
    return id
