"""Development and staging: smaller copies, much of it off at night, and everything logged for ever."""

from . import baseline, containers, databases, identity, network, servers, serverless, storage, watch
from .aws import EDGE, MAIN

APPLICATIONS = {"parcel-tracking": "tracking", "customs": "customs", "warehouse-management": "wms", "customer-portal": "portal"}


def build(account):
    baseline.everywhere(account)
    home, place = account.at(EDGE), account.at(MAIN)
    for application, short in APPLICATIONS.items():
        identity.role(home, f"{short}-functions", "lambda.amazonaws.com", application, ["*"])
        identity.role(home, f"{short}-service", "ecs-tasks.amazonaws.com", application, ["*"])
    identity.role(home, "wms-eks-cluster", "eks.amazonaws.com", "warehouse-management")
    identity.user(home, "load-test", console=False, mfa=False, keys=1, age=820)
    for region in (MAIN, EDGE):
        network.remove_default(account.at(region))
    base = baseline.regional(account, MAIN, backup=False)
    net = network.build(place, "nonprod", "10.50", nat="one", endpoints=("s3",))
    group, caches = databases.subnet_group(place, net), databases.cache_subnets(place, net)
    images = servers.images(place) or {}
    linux = images.get("amazon-linux-2023-golden", servers.WITHDRAWN_IMAGE)
    for stage, tag in (("dev", "development"), ("stg", "staging")):
        # Tags follow the account's environment unless told, so each stage borrows the account for a while.
        account.environment = tag
        containers.cluster(place, f"{stage}-tracking", "parcel-tracking", insights=False)
        for name in ("tracking-api", "tracking-web", "tracking-worker"):
            containers.service(place, net, f"{stage}-tracking", f"{stage}-{name}", "parcel-tracking", f"meridian/{name}:snapshot", "tracking-service", count=1, retention=None)
        network.balancer(place, net, f"{stage}-alb", "parcel-tracking", internal=stage == "dev", ports=((80, 8080),), target_type="ip")
        databases.instance(place, net, group, f"{stage}-tracking", "parcel-tracking", kind="db.t3.medium", multi_az=False, backup_days=1, protect=False)
        databases.instance(place, net, group, f"{stage}-customs", "customs", kind="db.t3.medium", multi_az=False, encrypted=stage == "stg", backup_days=0, protect=False)
        databases.cache(place, net, caches, f"{stage}-cache", "parcel-tracking", engine="redis", kind="cache.t4g.micro")
        for number in range(4):
            servers.instance(place, net, f"{stage}-customs-{number + 1}", "customs", linux, "t3.medium", index=number, data=(50,), stopped=stage == "dev", alarms=False, age=300 + number)
        for number in range(3):
            servers.instance(place, net, f"{stage}-wms-{number + 1}", "warehouse-management", linux, "t3.large", index=number, data=(50,), alarms=False, age=250)
        for application, short in APPLICATIONS.items():
            for name in ("create", "read", "notify"):
                serverless.function(place, f"{stage}-{short}-{name}", application, f"{short}-functions", watch=False, runtime="nodejs16.x" if short == "portal" else "python3.12")
            serverless.queue(place, f"{stage}-{short}", application)
            databases.table(place, f"{stage}-{short}", application, recovery=False)
            identity.secret(place, f"{stage}/{short}/database", application)
            watch.topic(place, f"{stage}-{short}-events", application)
        serverless.http_api(place, f"{stage}-carrier-api", "parcel-tracking", place.arn("lambda", f"function:{stage}-tracking-read"))
        serverless.rest_api(place, f"{stage}-portal-api", "customer-portal", place.arn("lambda", f"function:{stage}-portal-read"), paths=("quotes",), stage=stage)
        serverless.machine(place, f"{stage}-customs-declaration", "customs", "customs-functions", [place.arn("lambda", f"function:{stage}-customs-create")])
        serverless.serverless_application(place, f"{stage}-returns", "parcel-tracking", "tracking-functions")
        storage.bucket(place, f"meridian-{stage}-uploads", "customer-portal", encrypted=None, versioned=False)
        storage.bucket(place, f"meridian-{stage}-fixtures", "shared-services", versioned=False)
        for number in range(6):
            watch.logs(place, f"/{stage}/load-test/{number + 1}", "shared-services", None)
    account.environment = "staging"
    containers.kubernetes(place, net, "stg-wms", "warehouse-management", "wms-eks-cluster", version="1.29", key=base["key"])
    template = servers.template(place, net, "stg-customs-app", "customs", linux)
    if template:
        servers.scaling(place, net, "stg-customs-app", "customs", template, count=1, zones=1)
    for number in range(5):
        loose = servers.volume(place, f"load-test-results-{number + 1}", "shared-services", 200, encrypted=False, age=600)
        if loose:
            servers.snapshots(place, "shared-services", volume=loose, oldest=580, label="load-test")
    network.elastic(place, "former-vpn", "shared-services")
    net.group("allow-everything", [22, 3306, 5432], network.WORLD, description="temporary")
    return net
