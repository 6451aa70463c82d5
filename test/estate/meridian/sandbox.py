"""Where people try things: no owner tags, the default VPC, doors open to the world, and nothing thrown away."""

from . import baseline, containers, databases, delivery, identity, network, protection, servers, serverless, storage, watch
from .aws import EDGE, MAIN


def build(account):
    n = account.estate.n
    baseline.everywhere(account, careful=False)
    home = account.at(EDGE)
    for name, service in (("test-role", "lambda"), ("admin-for-everything", "ec2"), ("poc-emr", "elasticmapreduce"), ("poc-build", "codebuild"), ("poc-deploy", "codedeploy")):
        identity.role(home, name, f"{service}.amazonaws.com", actions="*")
    for name, age in (("jonas", 1500), ("test-user", 1250), ("contractor-2021", 1700), ("anna.lindqvist", 900))[:n(2, 4)]:
        identity.user(home, name, mfa=False, keys=2, age=age, administrator=True)
    place = account.at(MAIN)
    baseline.regional(account, MAIN, careful=False, backup=False)
    net = network.build(place, "playground", "10.90", zones=2, nat="one")
    image = (servers.images(place) or {}).get("amazon-linux-2-golden", servers.WITHDRAWN_IMAGE)
    for number in range(n(3, 14)):
        servers.instance(place, net, f"test-{number + 1}", None, image, "t2.micro", "public", number, ports=(22, 3389, 8080), source=network.WORLD, encrypted=False,
                         stopped=number % 3 == 0, age=900 - number * 40, alarms=False, data=(20,) if number % 2 else ())
    servers.instance(place, net, "jonas-old-laptop-image", None, servers.WITHDRAWN_IMAGE, "t2.large", "public", ports=(22,), source=network.WORLD, stopped=True, age=1600, alarms=False, secret=True)
    for number in range(n(2, 9)):
        loose = servers.volume(place, f"unused-{number + 1}", None, 100 + number * 10, encrypted=False, age=1000 - number * 50)
        if loose and number < 4:
            servers.snapshots(place, "sandbox", volume=loose, oldest=1400, label="forgotten")
    for number in range(n(1, 4)):
        network.elastic(place, f"unused-{number + 1}", None)
    for number in range(n(2, 10)):
        net.group(f"launch-wizard-{number + 1}", [22], network.WORLD, description="launch-wizard created by console")
    group = databases.subnet_group(place, net)
    databases.instance(place, net, group, "test-db", "sandbox", multi_az=False, encrypted=False, backup_days=0, public=True, kind="db.t3.micro", size=20, protect=False)
    databases.table(place, "poc-table", "sandbox", recovery=False)
    databases.table(place, "test", "sandbox", recovery=False)
    for number in range(n(2, 1)):
        databases.warehouse(place, net, f"poc-warehouse-{number + 1}", "sandbox", nodes=1, encrypted=False, public=True)
        servers.cluster_emr(place, net, f"poc-spark-{number + 1}", "sandbox", workers=1)
    servers.classic(place, net, "test-elb", "sandbox")
    containers.cluster(place, "poc", "sandbox", insights=False)
    containers.service(place, net, "poc", "poc-nginx", "sandbox", "nginx:latest", "test-role", count=1, retention=None)
    for number in range(n(3, 12)):
        serverless.function(place, f"poc-function-{number + 1}", "sandbox", "test-role", runtime=("python3.6", "nodejs12.x", "python3.9")[number % 3], watch=False, age=1200)
    for name in ("meridian-sandbox-test", "meridian-jonas-backup", "meridian-poc-website", "meridian-tmp-export")[:n(2, 4)]:
        storage.bucket(place, name, None, encrypted=None, versioned=False, shut=False)
    for number in range(n(2, 6)):
        watch.logs(place, f"/poc/experiment-{number + 1}", None, None, age=800)
    serverless.queue(place, "test-queue", "sandbox", dead_letters=False, encrypted=False)
    watch.topic(place, "test-topic", "sandbox", ["jonas@meridian-freight.example"])
    serverless.stack(place, "poc-stack", "sandbox", {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "poc-stack-topic"}}})
    servers.file_system(place, net, "poc-shared", "sandbox", encrypted=False)
    delivery.build(place, "poc-build", "sandbox", "poc-build", privileged=True)
    delivery.application(place, "poc", "sandbox", ("one",), "poc-deploy")
    identity.secret(place, "test/secret", "sandbox")
    identity.certificate(place, "poc.meridian-freight.example", "sandbox")
    protection.vault(place, "test-vault")
    # us-east-1: the console's first region for years, and still its default VPC.
    away = account.at(EDGE)
    watch.topic(away, "billing-alarm", None, ["jonas@meridian-freight.example"])
    subnets = (away.attempt("ec2", "describe_subnets") or {"Subnets": []})["Subnets"]
    if subnets:
        default = network.Network(away, subnets[0]["VpcId"], "default", "172.31.0.0/16", None)
        default.subnets["public"] = [subnet["SubnetId"] for subnet in subnets]
        for number in range(n(1, 4)):
            servers.instance(away, default, f"forgotten-{number + 1}", None, servers.WITHDRAWN_IMAGE, "m4.large", "public", number, ports=(22,),
                             source=network.WORLD, stopped=number > 0, age=1900, encrypted=False, alarms=False)
    return net
