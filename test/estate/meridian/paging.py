"""More than one page of what the emulator pages at all, so that a collector that forgets a page is caught.

Only in the small size: a company has no such lists, a test needs them. The numbers are just above the emulator's page
sizes: 100 reservations, 100 IAM entities, 50 log groups, 50 rules, 100 topics, 100 tables, 100 state machines, 50 groups.
"""

from . import databases, identity, serverless, watch
from .aws import EDGE, MAIN, piece, specification


@piece
def _fleet(place, network, count):
    group = network.group("wms-handheld-simulators-sg", [5500])
    for number in range(count):
        place.call("ec2", "run_instances", ImageId="ami-0a1b2c3d4e5f60718", MinCount=1, MaxCount=1, InstanceType="t3.nano", SubnetId=network.subnet("app", number),
                   SecurityGroupIds=[group], TagSpecifications=specification({"Name": f"wms-handheld-simulator-{number + 1:03}", "Application": "warehouse-management"}, "instance"))


def widen(account, network):
    place, home = account.at(MAIN), account.at(EDGE)
    _fleet(place, network, 101)
    for number in range(45):
        watch.logs(place, f"/paging/{number + 1:03}", "shared-services")
        serverless.rule(place, f"paging-{number + 1:03}", "shared-services", [], schedule="rate(1 day)")
    for number in range(101):
        identity.role(home, f"paging-{number + 1:03}", "lambda.amazonaws.com", "shared-services")
        watch.topic(place, f"paging-{number + 1:03}", "shared-services")
    for number in range(99):
        databases.table(place, f"paging-{number + 1:03}", "shared-services", recovery=False)
