"""How software gets out: pipelines, builds, deployments."""

from .aws import lower_pairs, pairs, piece


@piece
def build(place, name, application, role, privileged=False):
    place.call("codebuild", "create_project", name=name,
               source={"type": "CODECOMMIT", "location": f"https://git-codecommit.{place.region}.amazonaws.com/v1/repos/{name}", "buildspec": "buildspec.yml"},
               artifacts={"type": "NO_ARTIFACTS"},
               serviceRole=place.role_arn(role), tags=lower_pairs(place.tags(name, application)), environment={
                   "type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL", "privilegedMode": privileged,
                   "environmentVariables": [{"name": "NPM_TOKEN", "value": f"CANARY-build-{name}", "type": "PLAINTEXT"}]})
    return name


@piece
def pipeline(place, name, application, role, bucket, project):
    action = lambda label, category, provider, configuration, **more: {
        "name": label, "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"}, "configuration": configuration, "runOrder": 1, **more}
    place.call("codepipeline", "create_pipeline", tags=lower_pairs(place.tags(name, application)), pipeline={
        "name": name, "roleArn": place.role_arn(role), "version": 1, "artifactStore": {"type": "S3", "location": bucket},
        "stages": [
            {"name": "Source", "actions": [action("Source", "Source", "S3", {"S3Bucket": bucket, "S3ObjectKey": f"{name}.zip"}, outputArtifacts=[{"name": "source"}])]},
            {"name": "Build", "actions": [action("Build", "Build", "CodeBuild", {"ProjectName": project}, inputArtifacts=[{"name": "source"}], outputArtifacts=[{"name": "built"}])]},
        ]})


@piece
def application(place, name, application_tag, groups, role, scaling=None, platform="Server"):
    place.call("codedeploy", "create_application", applicationName=name, computePlatform=platform, tags=pairs(place.tags(name, application_tag)))
    for label in groups:
        more = {"autoScalingGroups": [scaling]} if scaling else {"ec2TagFilters": [{"Key": "Application", "Value": application_tag, "Type": "KEY_AND_VALUE"}]}
        place.attempt("codedeploy", "create_deployment_group", applicationName=name, deploymentGroupName=label, serviceRoleArn=place.role_arn(role), **more)
