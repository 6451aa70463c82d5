"""Virtual servers: instances with their volumes, images, snapshots, launch templates, Auto Scaling groups."""

import base64

from .aws import pairs, piece, specification
from .watch import alarm

# An image of nobody we know: the answer of DescribeImages does not hold it, as happens when an image was withdrawn.
WITHDRAWN_IMAGE = "ami-0a1b2c3d4e5f60718"


def user_data(name):
    """A start script with a secret in it, as people write them. Nothing may ever show it again."""
    return f"#!/bin/bash\nexport DB_PASSWORD=CANARY-userdata-{name}\n/opt/meridian/start.sh\n"


@piece
def images(place):
    """The company's golden images in this region: current, previous, and one that nothing uses."""
    found = {}
    for label, age in (("amazon-linux-2023-golden", 30), ("amazon-linux-2-golden", 900), ("windows-2019-golden", 700)):
        with place.aged(age):
            found[label] = place.call(
                "ec2", "register_image", Name=f"meridian-{label}-{place.region}", Architecture="x86_64", RootDeviceName="/dev/xvda",
                VirtualizationType="hvm", Description=f"Meridian {label}",
            )["ImageId"]
        place.attempt("ec2", "create_tags", Resources=[found[label]], Tags=pairs(place.tags(f"meridian-{label}", "shared-services")))
    return found


@piece
def instance(place, network, name, application, image, kind="t3.medium", tier="app", index=0, ports=(22,), source=None, data=(),
             encrypted=True, stopped=False, age=400, public=False, profile=None, groups=None, environment=None, alarms=True, secret=False, extra=None):
    """One server. data: sizes in GiB of its further volumes. Returns its id."""
    groups = groups or [network.group(f"{name.rstrip('0123456789-')}-sg", list(ports), source, application=application)]
    tags = place.tags(name, application, environment, **(extra or {}))
    devices = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3", "Encrypted": encrypted, "DeleteOnTermination": True}}]
    for number, size in enumerate(data):
        devices.append({"DeviceName": f"/dev/sd{'fghijk'[number]}", "Ebs": {
            "VolumeSize": size, "VolumeType": "gp3", "Encrypted": encrypted, "DeleteOnTermination": False}})
    more = {}
    if profile:
        more["IamInstanceProfile"] = {"Name": profile}
    if secret:
        more["UserData"] = user_data(name)
    with place.aged(age):
        id = place.call(
            "ec2", "run_instances", ImageId=image, MinCount=1, MaxCount=1, InstanceType=kind, SubnetId=network.subnet(tier, index),
            SecurityGroupIds=groups, BlockDeviceMappings=devices, TagSpecifications=specification(tags, "instance", "volume"), **more,
        )["Instances"][0]["InstanceId"]
    if stopped:
        place.attempt("ec2", "stop_instances", InstanceIds=[id])
    if public:
        place.attempt("ec2", "associate_address", InstanceId=id, AllocationId=public)
    if alarms and not stopped:
        alarm(place, f"{name}-status-check", "AWS/EC2", "StatusCheckFailed", {"InstanceId": id}, 1)
        alarm(place, f"{name}-cpu", "AWS/EC2", "CPUUtilization", {"InstanceId": id}, 85)
    return id


@piece
def volume(place, name, application, size, encrypted=True, age=500, zone=0):
    """A volume that hangs on nothing."""
    with place.aged(age):
        return place.call("ec2", "create_volume", AvailabilityZone=place.zones()[zone], Size=size, VolumeType="gp2", Encrypted=encrypted,
                          TagSpecifications=specification(place.tags(name, application), "volume"))["VolumeId"]


@piece
def snapshots(place, application, instances=None, volume=None, count=1, oldest=30, step=1, label="daily"):
    """Snapshots of a volume, or of each data volume of some instances; the oldest so many days ago."""
    volumes = [volume] if volume else []
    if instances:
        for answer in place.call("ec2", "describe_volumes", Filters=[{"Name": "attachment.instance-id", "Values": list(instances)}])["Volumes"]:
            volumes.append(answer["VolumeId"])
    for id in volumes:
        for number in range(count):
            with place.aged(max(oldest - number * step, 1)):
                place.call("ec2", "create_snapshot", VolumeId=id, Description=f"{label} snapshot of {id}",
                           TagSpecifications=specification(place.tags(f"{application}-{label}", application), "snapshot"))


@piece
def template(place, network, name, application, image, kind="m6i.large", profile=None, ports=(8080,)):
    group = network.group(f"{name}-sg", list(ports), application=application)
    found = {"ImageId": image, "InstanceType": kind, "SecurityGroupIds": [group],
             "UserData": base64.b64encode(user_data(name).encode()).decode(),
             "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3", "Encrypted": True}}],
             "TagSpecifications": specification(place.tags(name, application), "instance", "volume")}
    if profile:
        found["IamInstanceProfile"] = {"Name": profile}
    return place.call("ec2", "create_launch_template", LaunchTemplateName=name, LaunchTemplateData=found,
                      TagSpecifications=specification(place.tags(name, application), "launch-template"))["LaunchTemplate"]["LaunchTemplateId"]


@piece
def scaling(place, network, name, application, template_id, count=2, most=6, targets=(), tier="app", zones=None):
    """An Auto Scaling group over the subnets of a tier; zones narrows it to the first so many."""
    tags = [{"ResourceId": name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True, **pair} for pair in pairs(place.tags(name, application))]
    more = {"TargetGroupARNs": list(targets), "HealthCheckType": "ELB", "HealthCheckGracePeriod": 120} if targets else {}
    with place.aged(200):
        place.call("autoscaling", "create_auto_scaling_group", AutoScalingGroupName=name, MinSize=count, MaxSize=most, DesiredCapacity=count,
                   LaunchTemplate={"LaunchTemplateId": template_id, "Version": "$Latest"},
                   VPCZoneIdentifier=",".join(network.subnets[tier][:zones]), Tags=tags, **more)
    alarm(place, f"{name}-cpu-high", "AWS/EC2", "CPUUtilization", {"AutoScalingGroupName": name}, 75)
    return name


@piece
def classic(place, network, name, application, instances=()):
    """A Classic load balancer that nobody dared to replace."""
    place.call("elb", "create_load_balancer", LoadBalancerName=name, Subnets=network.subnets["public"][:2], Tags=pairs(place.tags(name, application)),
               SecurityGroups=[network.group(f"{name}-sg", [80], "0.0.0.0/0", application=application)],
               Listeners=[{"Protocol": "TCP", "LoadBalancerPort": 80, "InstanceProtocol": "TCP", "InstancePort": 8080}])
    if instances:
        place.attempt("elb", "register_instances_with_load_balancer", LoadBalancerName=name, Instances=[{"InstanceId": id} for id in instances])


@piece
def file_system(place, network, name, application, encrypted=True):
    id = place.call("efs", "create_file_system", CreationToken=name, Encrypted=encrypted, PerformanceMode="generalPurpose",
                    Tags=pairs(place.tags(name, application)))["FileSystemId"]
    group = network.group(f"{name}-nfs", [2049], application=application)
    for subnet in network.subnets["data"]:
        place.attempt("efs", "create_mount_target", FileSystemId=id, SubnetId=subnet, SecurityGroups=[group])
    return id


@piece
def cluster_emr(place, network, name, application, workers=2, ended=False):
    id = place.call(
        "emr", "run_job_flow", Name=name, ReleaseLabel="emr-6.15.0", Applications=[{"Name": "Spark"}, {"Name": "Hive"}], LogUri=f"s3://meridian-data-logs/{name}/",
        JobFlowRole="EMR_EC2_DefaultRole", ServiceRole="EMR_DefaultRole", VisibleToAllUsers=True, Tags=pairs(place.tags(name, application)),
        Instances={"MasterInstanceType": "m5.xlarge", "SlaveInstanceType": "r5.2xlarge", "InstanceCount": 1 + workers,
                   "Ec2SubnetId": network.subnet("app"), "KeepJobFlowAliveWhenNoSteps": True, "TerminationProtected": False},
    )["JobFlowId"]
    if ended:
        place.attempt("emr", "terminate_job_flows", JobFlowIds=[id])
    return id
