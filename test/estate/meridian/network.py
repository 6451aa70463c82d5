"""VPCs and what makes them a network."""

from .aws import pairs, piece, specification

WORLD = "0.0.0.0/0"


class Network:
    """A VPC that was built, with what others need from it."""

    def __init__(self, place, vpc, name, cidr, application):
        self.place, self.vpc, self.name, self.cidr, self.application = place, vpc, name, cidr, application
        self.subnets = {}
        self.routes = {}
        self.groups = {}

    def subnet(self, tier, index=0):
        found = self.subnets[tier]
        return found[index % len(found)]

    def group(self, name, ports=(), source=None, description=None, application=None):
        """The security group of that name, made when first asked for."""
        if name in self.groups:
            return self.groups[name]
        place = self.place
        id = place.call(
            "ec2", "create_security_group", GroupName=name, VpcId=self.vpc, Description=description or f"{name} traffic",
            TagSpecifications=specification(place.tags(name, application or self.application), "security-group"),
        )["GroupId"]
        if ports:
            rules = []
            for port in ports:
                rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
                if source and source.startswith("sg-"):
                    rule["UserIdGroupPairs"] = [{"GroupId": source}]
                else:
                    rule["IpRanges"] = [{"CidrIp": source or self.cidr}]
                rules.append(rule)
            place.attempt("ec2", "authorize_security_group_ingress", GroupId=id, IpPermissions=rules)
        self.groups[name] = id
        return id


def build(place, name, prefix, application="shared-services", zones=3, tiers=("public", "app", "data"), nat="each", endpoints=()):
    """A VPC of prefix.0.0/16. nat: each (one in each zone), one (a single point of failure) or none."""
    call = place.call
    cidr = f"{prefix}.0.0/16"
    vpc = call("ec2", "create_vpc", CidrBlock=cidr, TagSpecifications=specification(place.tags(name, application), "vpc"))["Vpc"]["VpcId"]
    place.attempt("ec2", "modify_vpc_attribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    network = Network(place, vpc, name, cidr, application)
    for number, tier in enumerate(tiers):
        network.subnets[tier] = []
        for index, zone in enumerate(place.zones(zones)):
            label = f"{name}-{tier}-{zone[-1]}"
            network.subnets[tier].append(call(
                "ec2", "create_subnet", VpcId=vpc, CidrBlock=f"{prefix}.{number * 16 + index * 4}.0/22", AvailabilityZone=zone,
                TagSpecifications=specification(place.tags(label, application), "subnet"),
            )["Subnet"]["SubnetId"])
    gateway = call("ec2", "create_internet_gateway", TagSpecifications=specification(place.tags(f"{name}-igw", application), "internet-gateway"))
    gateway = gateway["InternetGateway"]["InternetGatewayId"]
    call("ec2", "attach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc)
    _table(network, f"{name}-public", network.subnets["public"], GatewayId=gateway)
    nats = _nats(network, {"each": zones, "one": 1, "none": 0}[nat])
    for tier in tiers[1:]:
        for index, subnet in enumerate(network.subnets[tier]):
            if tier == "data" and index:
                continue  # one table for the data tier, which has no way out
            subnets = network.subnets[tier] if tier == "data" else [subnet]
            way = {"NatGatewayId": nats[index % len(nats)]} if nats and tier != "data" else {}
            _table(network, f"{name}-{tier}" + ("" if tier == "data" else f"-{'abc'[index]}"), subnets, **way)
    for service in endpoints:
        _endpoint(network, service)
    return network


def _table(network, label, subnets, **way):
    place = network.place
    table = place.call("ec2", "create_route_table", VpcId=network.vpc,
                       TagSpecifications=specification(place.tags(label, network.application), "route-table"))["RouteTable"]["RouteTableId"]
    if way:
        place.call("ec2", "create_route", RouteTableId=table, DestinationCidrBlock=WORLD, **way)
    for subnet in subnets:
        place.call("ec2", "associate_route_table", RouteTableId=table, SubnetId=subnet)
    network.routes[label] = table
    return table


def _nats(network, count):
    place, found = network.place, []
    for index in range(count):
        label = f"{network.name}-nat-{'abc'[index]}"
        address = elastic(place, label, network.application)
        found.append(place.call(
            "ec2", "create_nat_gateway", SubnetId=network.subnets["public"][index], AllocationId=address,
            TagSpecifications=specification(place.tags(label, network.application), "natgateway"),
        )["NatGateway"]["NatGatewayId"])
    return found


def elastic(place, label, application):
    """An elastic address. One that nothing uses is a fault of the story."""
    return place.call("ec2", "allocate_address", Domain="vpc",
                      TagSpecifications=specification(place.tags(label, application), "elastic-ip"))["AllocationId"]


@piece
def _endpoint_of(place, network, service):
    gateway = service in ("s3", "dynamodb")
    more = {"RouteTableIds": list(network.routes.values())} if gateway else {
        "SubnetIds": network.subnets["app"], "SecurityGroupIds": [network.group(f"{network.name}-endpoints", [443])], "PrivateDnsEnabled": True}
    place.call("ec2", "create_vpc_endpoint", VpcId=network.vpc, ServiceName=f"com.amazonaws.{place.region}.{service}",
               VpcEndpointType="Gateway" if gateway else "Interface",
               TagSpecifications=specification(place.tags(f"{network.name}-{service}", network.application), "vpc-endpoint"), **more)


def _endpoint(network, service):
    _endpoint_of(network.place, network, service)


@piece
def peer(place, network, other):
    """Peering, asked for by network's account and accepted by the other's."""
    label = f"{network.name}-to-{other.name}"
    id = place.call("ec2", "create_vpc_peering_connection", VpcId=network.vpc, PeerVpcId=other.vpc,
                    PeerOwnerId=other.place.account.id, PeerRegion=other.place.region,
                    TagSpecifications=specification(place.tags(label, "shared-services"), "vpc-peering-connection"),
                    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    other.place.call("ec2", "accept_vpc_peering_connection", VpcPeeringConnectionId=id)
    for near, far in ((network, other), (other, network)):
        for table in near.routes.values():
            near.place.attempt("ec2", "create_route", RouteTableId=table, DestinationCidrBlock=far.cidr, VpcPeeringConnectionId=id)


@piece
def private_line(place, network, site, address, number):
    """A VPN to a warehouse: gateway on our side, gateway on theirs, the connection between."""
    tag = lambda label, kind: specification(place.tags(label, "warehouse-management"), kind)
    gateway = getattr(network, "private_gateway", None)
    if not gateway:
        gateway = place.call("ec2", "create_vpn_gateway", Type="ipsec.1", TagSpecifications=tag(f"{network.name}-vgw", "vpn-gateway"))
        gateway = network.private_gateway = gateway["VpnGateway"]["VpnGatewayId"]
        place.call("ec2", "attach_vpn_gateway", VpnGatewayId=gateway, VpcId=network.vpc)
    customer = place.call("ec2", "create_customer_gateway", Type="ipsec.1", PublicIp=address, BgpAsn=65000 + number,
                          TagSpecifications=tag(f"{site}-router", "customer-gateway"))["CustomerGateway"]["CustomerGatewayId"]
    place.call("ec2", "create_vpn_connection", Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=gateway,
               TagSpecifications=tag(f"{site}-vpn", "vpn-connection"))


@piece
def remove_default(place):
    """A company with a landing zone takes the default VPC away where it works."""
    for vpc in place.call("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]:
        mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        for subnet in place.call("ec2", "describe_subnets", Filters=mine)["Subnets"]:
            place.call("ec2", "delete_subnet", SubnetId=subnet["SubnetId"])
        place.attempt("ec2", "delete_vpc", VpcId=vpc["VpcId"])


@piece
def balancer(place, network, name, application, kind="application", internal=False, ports=((443, 8080),), certificate=None, targets=(), target_type="instance"):
    """A load balancer with one listener and one target group for each (listener port, target port). Returns its answer and the groups."""
    security = {}
    if kind == "application":
        security["SecurityGroups"] = [network.group(f"{name}-sg", [443, 80], network.cidr if internal else WORLD, application=application)]
    tags = pairs(place.tags(name, application))
    found = place.call("elbv2", "create_load_balancer", Name=name, Type=kind, Scheme="internal" if internal else "internet-facing",
                       Subnets=network.subnets["app" if internal else "public"], Tags=tags, **security)["LoadBalancers"][0]
    groups = []
    for outside, inside in ports:
        label = f"{name}-{inside}"[:32]
        protocol = "HTTP" if kind == "application" else "TCP"
        health = {"HealthCheckPath": "/health"} if kind == "application" else {}
        group = place.call("elbv2", "create_target_group", Name=label, Protocol=protocol, Port=inside, VpcId=network.vpc,
                           TargetType=target_type, HealthCheckProtocol=protocol, Tags=tags, **health)["TargetGroups"][0]["TargetGroupArn"]
        groups.append(group)
        secure = {}
        listener = protocol
        if kind == "application" and outside == 443 and certificate:
            listener, secure = "HTTPS", {"Certificates": [{"CertificateArn": certificate}], "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
        place.call("elbv2", "create_listener", LoadBalancerArn=found["LoadBalancerArn"], Protocol=listener, Port=outside,
                   DefaultActions=[{"Type": "forward", "TargetGroupArn": group}], **secure)
        if targets:
            place.attempt("elbv2", "register_targets", TargetGroupArn=group, Targets=[{"Id": id, "Port": inside} for id in targets])
    if kind == "application" and not internal and certificate:
        place.attempt("elbv2", "create_listener", LoadBalancerArn=found["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[
            {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])
    found["TargetGroups"] = groups
    return found
