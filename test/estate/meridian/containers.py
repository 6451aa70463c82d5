"""ECS, EKS and the image repositories."""

from .aws import lower_pairs, pairs, piece
from .watch import alarm, logs


@piece
def cluster(place, name, application, insights=True):
    place.call("ecs", "create_cluster", clusterName=name, tags=lower_pairs(place.tags(name, application)),
               settings=[{"name": "containerInsights", "value": "enabled" if insights else "disabled"}])
    return name


@piece
def definition(place, family, application, image, role, port=8080):
    """A task definition whose environment holds a secret that nothing may show again."""
    return place.call(
        "ecs", "register_task_definition", family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="512", memory="1024",
        taskRoleArn=place.role_arn(role), executionRoleArn=place.role_arn("ecsTaskExecutionRole"), tags=lower_pairs(place.tags(family, application)),
        containerDefinitions=[{
            "name": family, "image": image, "essential": True, "cpu": 512, "memory": 1024, "portMappings": [{"containerPort": port, "protocol": "tcp"}],
            "environment": [{"name": "APPLICATION", "value": application}, {"name": "API_TOKEN", "value": f"CANARY-task-{family}"}],
            "secrets": [{"name": "DB_PASSWORD", "valueFrom": place.arn("secretsmanager", f"secret:{application}/database")}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": f"/ecs/{family}", "awslogs-region": place.region, "awslogs-stream-prefix": "ecs"}},
        }],
    )["taskDefinition"]["taskDefinitionArn"]


@piece
def service(place, network, cluster_name, name, application, image, role, count=2, target=None, revisions=2, retention=30):
    """A Fargate service on the newest of some revisions, with its log group and alarms."""
    task = None
    for _ in range(revisions):
        task = definition(place, name, application, image, role)
    more = {"loadBalancers": [{"targetGroupArn": target, "containerName": name, "containerPort": 8080}]} if target else {}
    place.call("ecs", "create_service", cluster=cluster_name, serviceName=name, taskDefinition=task, desiredCount=count, launchType="FARGATE",
               networkConfiguration={"awsvpcConfiguration": {"subnets": network.subnets["app"], "securityGroups": [network.group(f"{name}-ecs-sg", [8080], application=application)]}},
               tags=lower_pairs(place.tags(name, application)), **more)
    # The emulator starts a service with nothing running; setting the count again makes it run.
    place.attempt("ecs", "update_service", cluster=cluster_name, service=name, desiredCount=count)
    if name.endswith("worker"):
        # Somebody started a task by hand on an older revision: in use as long as it runs.
        place.attempt("ecs", "run_task", cluster=cluster_name, taskDefinition=f"{name}:1", launchType="FARGATE", count=1, networkConfiguration={
            "awsvpcConfiguration": {"subnets": network.subnets["app"][:1], "securityGroups": [network.groups[f"{name}-ecs-sg"]]}})
    logs(place, f"/ecs/{name}", application, retention)
    alarm(place, f"{name}-cpu", "AWS/ECS", "CPUUtilization", {"ClusterName": cluster_name, "ServiceName": name}, 80)
    alarm(place, f"{name}-memory", "AWS/ECS", "MemoryUtilization", {"ClusterName": cluster_name, "ServiceName": name}, 85)
    return name


@piece
def kubernetes(place, network, name, application, role, version="1.29", groups=(("general", "m6i.large", 3),), key=None, open_api=False):
    more = {"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": key}}]} if key else {}
    place.call("eks", "create_cluster", name=name, version=version, roleArn=place.role_arn(role), tags=place.tags(name, application),
               resourcesVpcConfig={"subnetIds": network.subnets["app"], "securityGroupIds": [network.group(f"{name}-eks-sg", [443], application=application)],
                                   "endpointPublicAccess": open_api, "endpointPrivateAccess": True}, **more)
    for label, kind, count in groups:
        place.attempt("eks", "create_nodegroup", clusterName=name, nodegroupName=label, nodeRole=place.role_arn(role), subnets=network.subnets["app"],
                      instanceTypes=[kind], scalingConfig={"minSize": count, "maxSize": count * 3, "desiredSize": count}, diskSize=50, tags=place.tags(f"{name}-{label}", application))
    logs(place, f"/aws/eks/{name}/cluster", application, 90)


@piece
def repository(place, name, application, scan=True, mutable=False):
    return place.call("ecr", "create_repository", repositoryName=name, imageScanningConfiguration={"scanOnPush": scan},
                      imageTagMutability="MUTABLE" if mutable else "IMMUTABLE", tags=pairs(place.tags(name, application)))["repository"]["repositoryUri"]
