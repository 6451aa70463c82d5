"""What the platform team puts into every account, and where it forgot."""

from . import identity, protection, serverless, storage, watch
from .aws import EDGE, GERMANY, MAIN


def everywhere(account, careful=True):
    """Identity, once for each account. Not careful: the sandbox, which nobody looks after."""
    place = account.at(EDGE)
    short = account.name.removeprefix("meridian-")
    administrator = identity.policy(place, f"{short}-administrators", "*", "shared-services")
    reader = identity.policy(place, f"{short}-readers", ["ec2:Describe*", "s3:List*", "logs:Get*"], "shared-services")
    identity.group(place, "administrators", [administrator] if administrator else [])
    identity.group(place, "readers", [reader] if reader else [])
    identity.password_policy(place, strong=careful)
    for name, service in (
        ("AWSServiceRoleForConfig", "config.amazonaws.com"), ("AWSBackupDefaultServiceRole", "backup.amazonaws.com"),
        ("ecsTaskExecutionRole", "ecs-tasks.amazonaws.com"), ("meridian-deploy", "cloudformation.amazonaws.com"), ("meridian-lambda-basic", "lambda.amazonaws.com"),
    ):
        identity.role(place, name, service, "shared-services", ["logs:PutLogEvents"])
    identity.user(place, "break-glass", ["administrators"], age=1400, mfa=careful, administrator=True)
    identity.user(place, "terraform", ["administrators"], console=False, mfa=False, keys=1, age=760)


def regional(account, region, careful=True, alarms_to="operations@meridian-freight.example", recorded=True, detected=True, backup=True):
    """Recording, detection, keys, alarm topic and backup of one region. Returns what others use."""
    place = account.at(region)
    short = account.name.removeprefix("meridian-")
    key = identity.key(place, f"{short}-{region}", "shared-services", rotate=careful)
    topic = watch.topic(place, "meridian-alarms", "shared-services", [alarms_to])
    if recorded:
        bucket = storage.bucket(place, f"meridian-{short}-config-{region}", "security", versioned=False, expire=2555)
        protection.recorder(place, bucket or "none", on=careful)
    if detected and region != GERMANY:
        protection.detector(place, on=careful)
        protection.hub(place)
    vault = plan = None
    if backup:
        vault = protection.vault(place, f"{short}-vault", key)
        plan = protection.plan(place, f"{short}-daily", vault or "Default", days=35 if careful else 7)
    serverless.rule(place, "guardduty-findings", "security", [topic] if topic else [], pattern={"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]})
    serverless.rule(place, "health-events", "shared-services", [topic] if topic else [], pattern={"source": ["aws.health"]})
    watch.logs(place, "/aws/vpc/flow-logs", "security", 90 if careful else None)
    if region == MAIN:
        watch.logs(place, "/aws/cloudtrail/management", "security", 365 if careful else None)
    return {"key": key, "topic": topic, "vault": vault, "plan": plan}
