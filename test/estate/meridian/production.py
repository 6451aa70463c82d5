"""The account that earns the money: parcel tracking, customs, warehouse management, customer portal, freight billing."""

from . import baseline, containers, databases, delivery, edge, identity, network, protection, servers, serverless, storage, watch
from .aws import DISASTER, EDGE, MAIN, piece

ROLES = [
    ("tracking-service", "ecs-tasks.amazonaws.com", "parcel-tracking"), ("tracking-functions", "lambda.amazonaws.com", "parcel-tracking"),
    ("customs-server", "ec2.amazonaws.com", "customs"), ("customs-workflow", "states.amazonaws.com", "customs"), ("customs-functions", "lambda.amazonaws.com", "customs"),
    ("wms-eks-cluster", "eks.amazonaws.com", "warehouse-management"), ("wms-eks-node", "ec2.amazonaws.com", "warehouse-management"),
    ("portal-functions", "lambda.amazonaws.com", "customer-portal"), ("portal-service", "ecs-tasks.amazonaws.com", "customer-portal"),
    ("billing-server", "ec2.amazonaws.com", "freight-billing"), ("codedeploy", "codedeploy.amazonaws.com", "shared-services"),
    ("codebuild", "codebuild.amazonaws.com", "shared-services"), ("codepipeline", "codepipeline.amazonaws.com", "shared-services"),
]


def build(account):
    """Returns the main network, for the peering."""
    baseline.everywhere(account)
    home = account.at(EDGE)
    for name, service, application in ROLES:
        identity.role(home, name, service, application, ["s3:GetObject", "kms:Decrypt"])
    for name in ("customs-server", "billing-server", "wms-eks-node"):
        identity.profile(home, name)
    identity.user(home, "carrier-sftp", console=False, mfa=False, keys=2, age=1320)
    identity.user(home, "piet.devries", ["administrators"], mfa=False, keys=1, age=1100, administrator=True)
    identity.user(home, "anna.lindqvist", ["readers"], age=400)
    for region in (MAIN, DISASTER, EDGE):
        network.remove_default(account.at(region))
    main = account.at(MAIN)
    base = baseline.regional(account, MAIN)
    net = network.build(main, "prod", "10.20", endpoints=("s3", "dynamodb", "ecr.api", "secretsmanager"))
    shared = {
        "base": base, "database_group": databases.subnet_group(main, net), "cache_group": databases.cache_subnets(main, net),
        "images": servers.images(main) or {}, "logs": storage.bucket(main, "meridian-prod-access-logs", "shared-services", expire=365, versioned=False),
    }
    shared["certificate"] = identity.certificate(main, "*.meridian-freight.example", "shared-services", ["meridian-freight.example"])
    zone = edge.zone(home, "meridian-freight.example", comment="Public names")
    inner = edge.zone(main, "prod.meridian.internal", net)
    shared["zone"], shared["inner"] = zone, inner
    _tracking(main, net, shared)
    _customs(main, net, shared)
    _warehouses(main, net, shared)
    _billing(main, net, shared)
    _portal(account, shared)
    _delivery(main)
    protection.trail(main, "production-trail", "meridian-prod-access-logs")
    if not account.estate.demo:
        protection.trail(main, "legacy-trail", "meridian-prod-access-logs", everywhere=False, log=False)
    _backup(main, shared)
    _disaster(account, net)
    return net


def _image(place, name):
    return f"{place.account.id}.dkr.ecr.{place.region}.amazonaws.com/{name}:1.42.0"


def _gold(shared, label):
    return shared["images"].get(label, servers.WITHDRAWN_IMAGE)


@piece
def _tracking(place, net, shared):
    app, n = "parcel-tracking", place.n
    queue, dead = serverless.queue(place, "tracking-scans", app) or (None, None)
    serverless.queue(place, "tracking-notifications", app)
    serverless.queue(place, "tracking-carrier-feed", app, dead_letters=False, encrypted=False)
    topic = watch.topic(place, "tracking-parcel-events", app, ["tracking-oncall@meridian-freight.example"], [queue] if queue else [])
    databases.aurora(place, net, shared["database_group"], "tracking", app, instances=n(2, 3), key=shared["base"]["key"])
    for number in range(n(2, 5)):
        databases.aurora_snapshot(place, "tracking", f"before-release-{number + 1}", 120 - number * 20)
    databases.replication(place, shared["cache_group"], "tracking-cache", app)
    databases.replication(place, shared["cache_group"], "tracking-sessions", app, replicas=0, encrypted=False)
    for name in ("tracking-parcels", "tracking-positions", "tracking-labels"):
        databases.table(place, name, app, sort="at")
    balancer = network.balancer(place, net, "tracking-alb", app, certificate=shared["certificate"], ports=((443, 8080), (8443, 8081)), target_type="ip",
                                targets=[f"10.20.16.{20 + number}" for number in range(3)])
    groups = balancer["TargetGroups"] if balancer else [None, None]
    containers.cluster(place, "tracking", app)
    for number, name in enumerate(["tracking-api", "tracking-web", "tracking-worker", "tracking-carrier-gateway", "tracking-labels", "tracking-eta"][:n(3, 6)]):
        containers.repository(place, f"meridian/{name}", app, mutable=number == 2)
        containers.service(place, net, "tracking", name, app, _image(place, f"meridian/{name}"), "tracking-service", count=3 if number == 0 else 2,
                           target=groups[number] if number < 2 else None, retention=None if number == 2 else 30)
    functions = ["tracking-scan-ingest", "tracking-notify", "tracking-proof-of-delivery", "tracking-geocode", "tracking-carrier-poll", "tracking-archive", "tracking-sms", "tracking-eta-train"]
    arns = [serverless.function(place, name, app, "tracking-functions", runtime="python3.7" if name == "tracking-carrier-poll" else "python3.12",
                                network=net if number < 2 else None, dead_letter=dead, retention=30 if number < 3 else None) for number, name in enumerate(functions[:n(5, 8)])]
    if queue:
        serverless.consume(place, queue, "tracking-scan-ingest")
    serverless.http_api(place, "tracking-carrier-api", app, arns[0])
    serverless.http_api(place, "tracking-live", app, arns[1], "WEBSOCKET")
    serverless.bus(place, "parcels")
    serverless.rule(place, "parcel-delivered", app, [arns[2]], pattern={"source": ["meridian.tracking"], "detail-type": ["Delivered"]}, on="parcels")
    serverless.rule(place, "parcel-delayed", app, [topic, arns[1]], pattern={"source": ["meridian.tracking"], "detail-type": ["Delayed"]}, on="parcels")
    serverless.rule(place, "carrier-poll", app, [arns[4]], schedule="rate(5 minutes)")
    identity.secret(place, "parcel-tracking/database", app, shared["base"]["key"])
    identity.secret(place, "parcel-tracking/carrier-keys", app)
    for name in ("feature/live-map", "feature/sms", "limits/scans-per-second"):
        identity.parameter(place, f"/parcel-tracking/{name}", app)
    identity.parameter(place, "/parcel-tracking/maps-key", app, secure=True)
    serverless.serverless_application(place, "tracking-returns", app, "tracking-functions")
    watch.composite(place, "tracking-degraded", ["tracking-api-cpu", "tracking-web-cpu"])
    if balancer:
        name = balancer["LoadBalancerArn"].split("loadbalancer/")[1]
        watch.alarm(place, "tracking-alb-5xx", "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", {"LoadBalancer": name}, 10)
        edge.alias(place, shared["zone"], "track.meridian-freight.example", balancer["DNSName"], balancer["CanonicalHostedZoneId"])
        shared["tracking_alb"] = balancer["LoadBalancerArn"]


@piece
def _customs(place, net, shared):
    """Declarations. Its database runs in a single zone: the worst fault of this estate."""
    app, n = "customs", place.n
    image = _gold(shared, "amazon-linux-2-golden")
    balancer = network.balancer(place, net, "customs-alb", app, certificate=shared["certificate"], internal=True)
    template = servers.template(place, net, "customs-app", app, image, profile="customs-server")
    if template:
        servers.scaling(place, net, "customs-app", app, template, count=n(2, 4), targets=balancer["TargetGroups"] if balancer else ())
    servers.template(place, net, "customs-batch", app, image, profile="customs-server")
    databases.instance(place, net, shared["database_group"], "customs-declarations", app, multi_az=False, key=shared["base"]["key"])
    databases.instance(place, net, shared["database_group"], "customs-archive", app, engine="mysql", version="5.7.44", multi_az=False, encrypted=False, backup_days=0, size=500)
    for number in range(n(2, 6)):
        databases.snapshot(place, "customs-declarations", f"manual-{number + 1}", 700 - number * 90)
    ids = [servers.instance(place, net, f"customs-edi-{number + 1}", app, image, "m5.large", index=number, data=(200,), ports=(22, 8443),
                            profile="customs-server", secret=True) for number in range(n(2, 4))]
    servers.instance(place, net, "customs-sftp", app, image, "t3.small", "public", ports=(22,), source=network.WORLD, data=(100,), encrypted=False, age=1600,
                     public=network.elastic(place, "customs-sftp", app), secret=True)
    servers.snapshots(place, app, [id for id in ids if id], count=n(1, 5), oldest=35, step=7, label="weekly")
    servers.classic(place, net, "customs-legacy-elb", app, [id for id in ids if id][:2])
    functions = [serverless.function(place, f"customs-{step}", app, "customs-functions", network=net, retention=90) for step in ("validate", "classify", "submit", "settle")]
    serverless.machine(place, "customs-declaration", app, "customs-workflow", functions)
    serverless.machine(place, "customs-transit", app, "customs-workflow", functions[1:3])
    serverless.rule(place, "customs-tariff-update", app, functions[1:2], schedule="cron(0 3 * * ? *)")
    serverless.queue(place, "customs-declarations", app)
    servers.file_system(place, net, "customs-documents", app)
    storage.bucket(place, "meridian-customs-documents", app, key=shared["base"]["key"], expire=3650)
    identity.secret(place, "customs/atlas-certificate", app)
    serverless.serverless_application(place, "customs-notices", app, "customs-functions")
    identity.imported(place, "edi.customs.meridian-freight.example", app, 12)
    if balancer:
        edge.alias(place, shared["inner"], "customs.prod.meridian.internal", balancer["DNSName"], balancer["CanonicalHostedZoneId"])
        shared["customs_alb"] = balancer["LoadBalancerArn"]
        protection.web_acl(place, "customs-acl", app, protects=[balancer["LoadBalancerArn"]])


@piece
def _warehouses(place, net, shared):
    app, n = "warehouse-management", place.n
    containers.kubernetes(place, net, "wms", app, "wms-eks-cluster", groups=(("general", "m6i.large", 3), ("scanners", "c6i.large", 2)), key=shared["base"]["key"])
    containers.kubernetes(place, net, "wms-legacy", app, "wms-eks-cluster", version="1.23", groups=(("general", "m5.large", 2),), open_api=True)
    template = servers.template(place, net, "wms-eks-general", app, _gold(shared, "amazon-linux-2023-golden"), profile="wms-eks-node", ports=(10250,))
    if template:
        servers.scaling(place, net, "eks-wms-general", app, template, count=n(2, 3))
    databases.instance(place, net, shared["database_group"], "wms-stock", app, engine="mysql", version="8.0.35", key=shared["base"]["key"], size=400)
    databases.instance(place, net, shared["database_group"], "wms-reporting", app, engine="mysql", version="8.0.35", kind="db.t3.large", multi_az=False)
    for number in range(n(2, 4)):
        databases.snapshot(place, "wms-stock", f"before-inventory-{number + 1}", 500 - number * 120)
    databases.cache(place, net, shared["cache_group"], "wms-locks", app)
    databases.cache(place, net, shared["cache_group"], "wms-queue", app, engine="redis")
    servers.file_system(place, net, "wms-labels", app, encrypted=False)
    balancer = network.balancer(place, net, "wms-scanner-nlb", app, kind="network", internal=True, ports=((5500, 5500), (5501, 5501)))
    gateways = [servers.instance(place, net, f"wms-scanner-gateway-{number + 1}", app, _gold(shared, "amazon-linux-2023-golden"), "c6i.large", index=number,
                                 ports=(5500, 5501), data=(50,), environment=None) for number in range(n(2, 9))]
    if balancer:
        for group in balancer["TargetGroups"]:
            place.attempt("elbv2", "register_targets", TargetGroupArn=group, Targets=[{"Id": id} for id in gateways if id])
    servers.snapshots(place, app, [id for id in gateways if id], count=n(1, 3), oldest=21, step=7, label="weekly")
    sites = (("rotterdam", "198.51.100.10"), ("lyon", "198.51.100.20"), ("leipzig", "198.51.100.30"), ("dublin", "198.51.100.40"))
    for number, (site, address) in enumerate(sites[:n(2, 4)]):
        network.private_line(place, net, site, address, number)
    for name in ("stock-changed", "wave-released")[:n(2, 2)]:
        watch.topic(place, f"wms-{name}", app)
        serverless.queue(place, f"wms-{name}", app)
    functions = [serverless.function(place, f"wms-{name}", app, "meridian-lambda-basic", runtime="nodejs20.x") for name in ("replenish", "print-label", "count-cycle", "dock-schedule")[:n(2, 4)]]
    serverless.rule(place, "wms-cycle-count", app, functions[:1], schedule="cron(30 22 ? * SUN *)")
    for name in ("stock", "pick", "pack", "ship")[:n(2, 4)]:
        containers.repository(place, f"meridian/wms-{name}", app)
    identity.secret(place, "warehouse-management/database", app)
    storage.bucket(place, "meridian-wms-exports", app, versioned=False)


@piece
def _billing(place, net, shared):
    """Bought software moved as it was: Windows, SQL Server on servers, unencrypted disks, pets with names."""
    app, n = "freight-billing", place.n
    image = _gold(shared, "windows-2019-golden")
    ids = []
    for number in range(n(2, 8)):
        ids.append(servers.instance(place, net, f"BILLWEB{number + 1:02}", app, image, "m5.xlarge", index=0, ports=(443, 3389), data=(100,), encrypted=False, age=1500, profile="billing-server"))
    for number in range(n(1, 3)):
        ids.append(servers.instance(place, net, f"BILLSQL{number + 1:02}", app, image, "r5.2xlarge", "data", 0, ports=(1433, 3389), data=(500, 200, 100),
                                     encrypted=False, age=1500, profile="billing-server", secret=True))
    for number in range(n(1, 4)):
        servers.instance(place, net, f"BILLOLD{number + 1:02}", app, image, "m4.xlarge", index=1, ports=(3389,), data=(300,), encrypted=False, stopped=True, age=2100)
    servers.snapshots(place, app, [id for id in ids if id], count=n(1, 4), oldest=28, step=7, label="weekly")
    for number in range(n(2, 6)):
        loose = servers.volume(place, f"BILLSQL01-before-migration-{number + 1}", app, 500, encrypted=False, age=1200)
        if loose:
            servers.snapshots(place, app, volume=loose, count=n(1, 3), oldest=1150, step=60, label="migration")
    network.balancer(place, net, "billing-alb", app, internal=True, ports=((443, 443),), certificate=shared["certificate"], targets=[id for id in ids if id][:2])
    databases.instance(place, net, shared["database_group"], "billing-ledger", app, engine="sqlserver-se", version="15.00.4345.5.v1", kind="db.m5.xlarge", key=shared["base"]["key"])
    storage.bucket(place, "meridian-billing-invoices", app, key=shared["base"]["key"])
    storage.bucket(place, "meridian-billing-dropbox", app, encrypted=None, versioned=False, shut=False)
    identity.secret(place, "freight-billing/ledger", app)


@piece
def _portal(account, shared):
    """The customers' portal: all in functions and the content network, and in no backup plan."""
    app, n = "customer-portal", account.estate.n
    home, place = account.at(EDGE), account.at(MAIN)
    site = storage.bucket(place, "meridian-portal-site", app)
    storage.bucket(place, "meridian-portal-uploads", app, versioned=False, encrypted="AES256")
    certificate = identity.certificate(home, "portal.meridian-freight.example", app)
    old = identity.imported(home, "www.meridian-freight.example", app, 20)
    acl = protection.web_acl(home, "portal-edge", app, scope="CLOUDFRONT")
    portal = edge.distribution(home, "portal.meridian-freight.example", app, f"{site}.s3.{MAIN}.amazonaws.com", certificate, acl)
    edge.distribution(home, "www.meridian-freight.example", app, "legacy-www.meridian-freight.example", old, bucket=False, old_tls=True)
    if portal and shared["zone"]:
        edge.alias(home, shared["zone"], "portal.meridian-freight.example", portal["DomainName"], edge.CLOUDFRONT_ZONE)
    edge.record(home, shared["zone"], "meridian-freight.example", "MX", "10 mail.meridian-freight.example")
    functions = []
    for name in ("quote", "book", "invoices", "profile", "search", "upload", "support", "webhook", "export", "consent")[:n(3, 10)]:
        functions.append(serverless.function(place, f"portal-{name}", app, "portal-functions", runtime="nodejs14.x" if name == "invoices" else "nodejs20.x", retention=None))
    api = serverless.rest_api(place, "portal-api", app, functions[0], paths=("quotes", "bookings", "invoices")[:n(2, 3)])
    serverless.rest_api(place, "portal-partners", app, functions[1], paths=("webhooks",))
    for name in ("portal-customers", "portal-bookings", "portal-sessions")[:n(2, 3)]:
        databases.table(place, name, app, recovery=False)
    protects = [shared["tracking_alb"]] if shared.get("tracking_alb") else []
    protection.web_acl(place, "portal-acl", app, protects=protects + ([f"arn:aws:apigateway:{MAIN}::/restapis/{api}/stages/prod"] if api else []))
    serverless.serverless_application(place, "portal-claims", app, "portal-functions")
    # In no stack: found by its application tag only.
    serverless.function(place, "portal-hotfix-vat", app, "portal-functions", runtime="python3.8", watch=False)
    identity.secret(place, "customer-portal/oauth", app)
    identity.parameter(place, "/customer-portal/theme", app)
    watch.composite(place, "portal-degraded", ["portal-quote-errors", "portal-book-errors"])
    watch.topic(place, "portal-bookings", app, ["portal-team@meridian-freight.example"])


@piece
def _delivery(place):
    artefacts = storage.bucket(place, "meridian-prod-artefacts", "shared-services", expire=90)
    for name, app in (("tracking-api", "parcel-tracking"), ("customs-app", "customs"), ("wms", "warehouse-management"), ("portal", "customer-portal"))[:place.n(2, 4)]:
        project = delivery.build(place, f"{name}-deploy", app, "codebuild")
        delivery.pipeline(place, f"{name}-release", app, "codepipeline", artefacts or "none", project or "none")
    delivery.application(place, "customs-app", "customs", ("blue", "green"), "codedeploy", scaling="customs-app")
    delivery.application(place, "freight-billing", "freight-billing", ("all",), "codedeploy")


@piece
def _backup(place, shared):
    """What is backed up by name. The portal's tables and customs-archive are in no plan: production without backups."""
    arn, vault = place.arn, shared["base"]["vault"] or "Default"
    protection.plan(place, "databases", vault, copy_to=f"arn:aws:backup:{DISASTER}:{place.account.id}:backup-vault:production-vault", select=("databases", [
        arn("rds", "cluster:tracking"), arn("rds", "db:customs-declarations"), arn("rds", "db:wms-stock"), arn("rds", "db:billing-ledger"),
        arn("dynamodb", "table/tracking-parcels"), arn("dynamodb", "table/tracking-labels")]))


@piece
def _disaster(account, main_network):
    """eu-west-3, kept warm for the day that eu-west-1 is not there; behind one NAT gateway."""
    place, n = account.at(DISASTER), account.estate.n
    base = baseline.regional(account, DISASTER)
    net = network.build(place, "dr", "10.21", zones=2, nat="one", endpoints=("s3",))
    group = databases.subnet_group(place, net)
    images = servers.images(place) or {}
    image = images.get("amazon-linux-2023-golden", servers.WITHDRAWN_IMAGE)
    databases.aurora(place, net, group, "tracking-dr", "parcel-tracking", instances=1, key=base["key"])
    databases.instance(place, net, group, "wms-stock-dr", "warehouse-management", engine="mysql", version="8.0.35", multi_az=False, kind="db.t3.large")
    databases.table(place, "tracking-parcels", "parcel-tracking", sort="at")
    containers.cluster(place, "tracking-dr", "parcel-tracking", insights=False)
    for name in ("tracking-api", "tracking-web"):
        containers.repository(place, f"meridian/{name}", "parcel-tracking")
        containers.service(place, net, "tracking-dr", name, "parcel-tracking", _image(place, f"meridian/{name}"), "tracking-service", count=0, revisions=1)
    network.balancer(place, net, "tracking-dr-alb", "parcel-tracking", ports=((80, 8080),), target_type="ip")
    for number in range(n(1, 4)):
        servers.instance(place, net, f"customs-dr-{number + 1}", "customs", image, "t3.medium", index=number, data=(100,), stopped=number > 1, profile=None)
    storage.bucket(place, "meridian-customs-documents-dr", "customs")
    storage.bucket(place, "meridian-billing-invoices-dr", "freight-billing")
    serverless.queue(place, "tracking-scans", "parcel-tracking")
    serverless.function(place, "tracking-scan-ingest", "parcel-tracking", "tracking-functions", retention=30)
    serverless.function(place, "dr-failover", "shared-services", "meridian-lambda-basic", retention=365)
    identity.secret(place, "parcel-tracking/database", "parcel-tracking")
    network.elastic(place, "dr-spare", "shared-services")
    servers.volume(place, "dr-test-2023", "shared-services", 200, age=1000)
    network.private_line(place, net, "rotterdam-second-line", "198.51.100.11", 20)
    network.peer(place, net, main_network)
