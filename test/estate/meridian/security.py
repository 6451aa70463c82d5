"""The security team's account: findings, logs kept for years, a few functions that act."""

from . import baseline, identity, network, protection, servers, serverless, storage, watch
from .aws import DISASTER, EDGE, MAIN

APP = "security"


def build(account):
    baseline.everywhere(account)
    home, place = account.at(EDGE), account.at(MAIN)
    for region in (MAIN, DISASTER, EDGE):
        network.remove_default(account.at(region))
    base = baseline.regional(account, MAIN)
    for region in (DISASTER, EDGE):
        baseline.regional(account, region, backup=False)
    for name in ("security-responder", "security-scanner"):
        identity.role(home, name, "lambda.amazonaws.com", APP, ["ec2:*", "iam:List*"])
    identity.user(home, "sofia.marchetti", ["administrators"], age=700)
    net = network.build(place, "security", "10.60", APP, zones=2, nat="one")
    image = (servers.images(place) or {}).get("amazon-linux-2023-golden", servers.WITHDRAWN_IMAGE)
    for number in range(2):
        servers.instance(place, net, f"scanner-{number + 1}", APP, image, "m6i.large", index=number, data=(100,))
    servers.instance(place, net, "siem-forwarder", APP, image, "c6i.large", data=(200,))
    for name in ("audit-logs", "flow-logs", "findings", "evidence"):
        storage.bucket(place, f"meridian-security-{name}", APP, key=base["key"], expire=2555)
    identity.key(place, "evidence", APP)
    identity.key(place, "old-log-key", APP, rotate=False, age=1800)
    functions = [serverless.function(place, f"security-{name}", APP, "security-responder", retention=365) for name in
                 ("isolate-instance", "disable-key", "close-group", "notify", "collect-evidence", "inventory")]
    serverless.rule(place, "open-security-group", APP, functions[2:3], pattern={"source": ["aws.ec2"], "detail": {"eventName": ["AuthorizeSecurityGroupIngress"]}})
    serverless.rule(place, "root-sign-in", APP, functions[3:4], pattern={"detail-type": ["AWS Console Sign In via CloudTrail"]})
    serverless.rule(place, "inventory", APP, functions[5:6], schedule="rate(12 hours)")
    serverless.machine(place, "incident-response", APP, "security-responder", functions[:4])
    watch.topic(place, "security-incidents", APP, ["security@meridian-freight.example", "ciso@meridian-freight.example"])
    serverless.queue(place, "security-findings", APP)
    protection.trail(place, "security-trail", "meridian-security-audit-logs", everywhere=False, key=base["key"])
    protection.web_acl(place, "baseline-acl", APP)
    identity.secret(place, "security/siem-token", APP, base["key"])
    watch.logs(place, "/security/vpc-flow", APP, 365)
    return net
