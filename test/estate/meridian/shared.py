"""Shared services: directory, monitoring, pipelines, the bastion with its door open, the hub of the network."""

from . import baseline, containers, delivery, edge, identity, network, protection, servers, serverless, storage, watch
from .aws import EDGE, MAIN

APP = "shared-services"
SOFTWARE = [("tracking-api", "parcel-tracking"), ("tracking-web", "parcel-tracking"), ("tracking-worker", "parcel-tracking"), ("customs-app", "customs"), ("customs-edi", "customs"),
            ("wms-stock", "warehouse-management"), ("wms-pick", "warehouse-management"), ("portal-site", "customer-portal"), ("portal-functions", "customer-portal"), ("data-jobs", "data-platform")]


def build(account):
    baseline.everywhere(account)
    home, place = account.at(EDGE), account.at(MAIN)
    for name, service in (("codebuild", "codebuild"), ("codepipeline", "codepipeline"), ("codedeploy", "codedeploy"), ("monitoring-server", "ec2")):
        identity.role(home, name, f"{service}.amazonaws.com", APP, ["s3:*"])
    identity.profile(home, "monitoring-server")
    identity.user(home, "jenkins", console=False, mfa=False, keys=2, age=1650, administrator=True)
    identity.user(home, "lars.hansen", ["administrators"], age=500)
    for region in (MAIN, EDGE):
        network.remove_default(account.at(region))
    base = baseline.regional(account, MAIN)
    net = network.build(place, "hub", "10.10", endpoints=("s3", "ssm", "ec2messages"))
    images = servers.images(place) or {}
    linux, windows = (images.get(name, servers.WITHDRAWN_IMAGE) for name in ("amazon-linux-2023-golden", "windows-2019-golden"))
    servers.instance(place, net, "bastion", APP, linux, "t3.micro", "public", ports=(22,), source=network.WORLD, public=network.elastic(place, "bastion", APP), age=1800)
    controllers = [servers.instance(place, net, f"MFDC{number + 1:02}", APP, windows, "m5.large", "app", number, ports=(53, 88, 389, 445), data=(100,), age=1500) for number in range(3)]
    for number in range(2):
        servers.instance(place, net, f"prometheus-{number + 1}", APP, linux, "r6i.large", "app", number, ports=(9090,), data=(500,), profile="monitoring-server")
    servers.instance(place, net, "grafana", APP, linux, "t3.medium", ports=(3000,), data=(50,))
    servers.instance(place, net, "jenkins-old", APP, linux, "m5.2xlarge", ports=(8080,), data=(500,), stopped=True, age=2000, secret=True)
    for number in range(4):
        servers.instance(place, net, f"runner-{number + 1}", APP, linux, "c6i.xlarge", "app", number, data=(100,))
    servers.snapshots(place, APP, [id for id in controllers if id], count=4, oldest=28, step=7, label="weekly")
    servers.volume(place, "jenkins-workspace-old", APP, 1000, encrypted=False, age=1900)
    network.elastic(place, "former-bastion", APP)
    network.balancer(place, net, "tools-alb", APP, internal=True, ports=((443, 3000), (9443, 9090)))
    for number, (site, address) in enumerate((("rotterdam-office", "203.0.113.10"), ("dublin-office", "203.0.113.20"))):
        network.private_line(place, net, site, address, 10 + number)
    artefacts = storage.bucket(place, "meridian-artefacts", APP, expire=120, key=base["key"])
    storage.bucket(place, "meridian-terraform-state", APP, key=base["key"])
    storage.bucket(place, "meridian-software-licences", APP, encrypted=None, versioned=False)
    for name, app in SOFTWARE:
        containers.repository(place, f"meridian/{name}", app, scan=not name.startswith("customs"))
        project = delivery.build(place, f"{name}-build", app, "codebuild", privileged=True)
        delivery.pipeline(place, f"{name}-main", app, "codepipeline", artefacts or "none", project or "none")
    for name in ("base/java", "base/node", "base/python"):
        containers.repository(place, name, APP, mutable=True)
    delivery.application(place, "monitoring", APP, ("prometheus", "grafana"), "codedeploy")
    functions = [serverless.function(place, name, APP, "meridian-lambda-basic", retention=retention) for name, retention in
                 (("stop-nonproduction", 30), ("tag-checker", None), ("snapshot-cleaner", None), ("slack-alerts", 30), ("cost-report", 365))]
    serverless.rule(place, "evening-stop", APP, functions[:1], schedule="cron(0 19 ? * MON-FRI *)")
    serverless.rule(place, "snapshot-cleaner", APP, functions[2:3], schedule="rate(1 day)")
    serverless.rule(place, "pipeline-failed", APP, functions[3:4], pattern={"source": ["aws.codepipeline"], "detail": {"state": ["FAILED"]}})
    for name in ("grafana", "slack", "github", "directory-admin"):
        identity.secret(place, f"shared-services/{name}", APP)
    for name in ("network/hub-cidr", "network/prod-cidr", "images/linux", "images/windows", "monitoring/slack-channel"):
        identity.parameter(place, f"/shared/{name}", APP)
    edge.zone(place, "meridian.internal", net)
    identity.certificate(home, "tools.meridian-freight.example", APP)
    identity.certificate(place, "tools.meridian-freight.example", APP)
    serverless.stack(place, "landing-zone", APP, {
        "Alarms": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "landing-zone-alarms"}},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/landing-zone/audit", "RetentionInDays": 365}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "Landing zone", "KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}})
    protection.vault(place, "central-vault", base["key"])
    watch.logs(place, "/meridian/bastion/sessions", APP, None, age=1800)
    return net
