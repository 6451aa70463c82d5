"""The data platform: lake, warehouse, Spark, and a German corner for the customs connector."""

from . import baseline, databases, identity, network, protection, servers, serverless, storage, watch
from .aws import EDGE, GERMANY, MAIN

APP = "data-platform"


def build(account):
    baseline.everywhere(account)
    home = account.at(EDGE)
    for name, service in (("EMR_DefaultRole", "elasticmapreduce.amazonaws.com"), ("EMR_EC2_DefaultRole", "ec2.amazonaws.com"), ("data-functions", "lambda.amazonaws.com"),
                          ("data-workflow", "states.amazonaws.com"), ("data-redshift", "redshift.amazonaws.com")):
        identity.role(home, name, service, APP, ["s3:*", "kms:Decrypt"])
    identity.user(home, "tableau", console=False, mfa=False, keys=1, age=980)
    identity.user(home, "maria.keller", ["readers"], age=300)
    for region in (MAIN, GERMANY):
        network.remove_default(account.at(region))
    place = account.at(MAIN)
    base = baseline.regional(account, MAIN)
    net = network.build(place, "data", "10.30", APP, endpoints=("s3", "dynamodb", "glue"))
    group, caches = databases.subnet_group(place, net), databases.cache_subnets(place, net)
    for name in ("landing", "raw", "curated", "published", "logs", "athena-results", "models", "partners"):
        storage.bucket(place, f"meridian-data-{name}", APP, key=base["key"] if name in ("curated", "published") else None,
                       versioned=name != "logs", expire={"landing": 30, "logs": 180, "athena-results": 14}.get(name), shut=name != "partners")
    servers.cluster_emr(place, net, "route-optimiser", APP, workers=3)
    servers.cluster_emr(place, net, "nightly-aggregates", APP, workers=2)
    servers.cluster_emr(place, net, "backfill-2024", APP, workers=1, ended=True)
    databases.warehouse(place, net, "freight-warehouse", APP, nodes=3)
    databases.warehouse(place, net, "finance-mart", APP, nodes=1, encrypted=False)
    databases.instance(place, net, group, "airflow-metadata", APP, kind="db.t3.medium", multi_az=False, key=base["key"])
    databases.aurora(place, net, group, "catalogue", APP, instances=2, backup_days=1)
    databases.cache(place, net, caches, "airflow-broker", APP, engine="redis")
    image = (servers.images(place) or {}).get("amazon-linux-2023-golden", servers.WITHDRAWN_IMAGE)
    for number in range(3):
        servers.instance(place, net, f"airflow-worker-{number + 1}", APP, image, "m6i.xlarge", index=number, data=(100,), secret=True)
    servers.instance(place, net, "tableau-server", APP, image, "r5.2xlarge", data=(500,), age=1300)
    servers.instance(place, net, "notebook-gpu", APP, image, "g4dn.xlarge", data=(1000,), stopped=True, age=700)
    for number in range(3):
        servers.volume(place, f"notebook-gpu-scratch-{number + 1}", APP, 1000, age=650)
    for name in ("lineage", "quality", "jobs"):
        databases.table(place, f"data-{name}", APP, recovery=name == "lineage")
    functions = [serverless.function(place, f"data-{name}", APP, "data-functions", retention=14 if number % 2 else None) for number, name in enumerate(
        ("ingest-scans", "ingest-customs", "ingest-stock", "ingest-invoices", "compact", "quality", "publish", "mask", "forecast-volume", "forecast-delay"))]
    serverless.machine(place, "data-nightly", APP, "data-workflow", functions[4:7])
    serverless.machine(place, "data-forecast", APP, "data-workflow", functions[8:10])
    serverless.bus(place, "data-events")
    for number, name in enumerate(("ingest-scans", "ingest-customs", "ingest-stock", "ingest-invoices")):
        serverless.rule(place, f"data-{name}", APP, functions[number:number + 1], schedule=f"rate({15 * (number + 1)} minutes)")
    serverless.rule(place, "data-published", APP, functions[6:7], pattern={"source": ["meridian.data"]}, on="data-events")
    for name in ("scans", "customs", "stock", "invoices"):
        serverless.queue(place, f"data-{name}", APP)
    watch.topic(place, "data-failures", APP, ["data-platform@meridian-freight.example"])
    for name in ("redshift", "airflow", "tableau"):
        identity.secret(place, f"data-platform/{name}", APP, base["key"])
    serverless.serverless_application(place, "data-catalogue-sync", APP, "data-functions")
    servers.file_system(place, net, "airflow-dags", APP)
    protection.vault(place, "data-archive", base["key"])
    network.balancer(place, net, "airflow-alb", APP, internal=True, ports=((443, 8080),))
    _germany(account.at(GERMANY), account)
    return net


def _germany(place, account):
    """The connector to the German customs system has to stand in Germany; nobody made it redundant."""
    baseline.regional(account, GERMANY, detected=False)
    net = network.build(place, "atlas", "10.31", "customs", zones=2, nat="one")
    image = (servers.images(place) or {}).get("amazon-linux-2-golden", servers.WITHDRAWN_IMAGE)
    id = servers.instance(place, net, "atlas-connector", "customs", image, "m5.large", data=(100,), age=1400, secret=True)
    servers.instance(place, net, "atlas-connector-test", "customs", image, "t3.medium", stopped=True, age=900, environment="staging")
    servers.snapshots(place, "customs", [id] if id else None, count=3, oldest=400, step=60, label="manual")
    serverless.queue(place, "atlas-messages", "customs")
    serverless.function(place, "atlas-translate", "customs", "data-functions", runtime="python3.9")
    identity.imported(place, "atlas.meridian-freight.example", "customs", 41)
    storage.bucket(place, "meridian-atlas-archive", "customs", expire=3650)
