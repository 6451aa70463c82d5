package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// site is a small network in the emulator.
type site struct {
	vpc     string
	subnets []string
	group   string
}

func newSite(t *testing.T, endpoint, region string) site {
	t.Helper()
	ctx, api := t.Context(), ec2.NewFromConfig(configOf(endpoint, region))
	vpc := must[*ec2.CreateVpcOutput](t)(api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: ptr("10.1.0.0/16")}))
	s := site{vpc: *vpc.Vpc.VpcId}
	for zone, cidr := range map[string]string{"a": "10.1.1.0/24", "b": "10.1.2.0/24"} {
		_, err := api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &s.vpc, CidrBlock: &cidr, AvailabilityZone: ptr(region + zone)})
		if err != nil && !hasCode(err, "InvalidSubnet.Conflict") { // the SDK asks again where an answer was lost
			t.Fatal(err)
		}
		made := must[*ec2.DescribeSubnetsOutput](t)(api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{
			{Name: ptr("vpc-id"), Values: []string{s.vpc}}, {Name: ptr("cidr-block"), Values: []string{cidr}}}}))
		s.subnets = append(s.subnets, *made.Subnets[0].SubnetId)
	}
	group := must[*ec2.CreateSecurityGroupOutput](t)(api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: ptr("web"), Description: ptr("web servers"), VpcId: &s.vpc}))
	s.group = *group.GroupId
	return s
}

func testNetwork(t *testing.T, endpoint string) {
	const region = "eu-west-1"
	ctx, api, net := t.Context(), ec2.NewFromConfig(configOf(endpoint, region)), newSite(t, endpoint, region)

	igw := must[*ec2.CreateInternetGatewayOutput](t)(api.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})).InternetGateway.InternetGatewayId
	must[*ec2.AttachInternetGatewayOutput](t)(api.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: igw, VpcId: &net.vpc}))
	eip := must[*ec2.AllocateAddressOutput](t)(api.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc})).AllocationId
	nat := must[*ec2.CreateNatGatewayOutput](t)(api.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &net.subnets[0], AllocationId: eip})).NatGateway.NatGatewayId
	rtb := must[*ec2.CreateRouteTableOutput](t)(api.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &net.vpc})).RouteTable.RouteTableId
	must[*ec2.CreateRouteOutput](t)(api.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: rtb, DestinationCidrBlock: ptr("0.0.0.0/0"), NatGatewayId: nat}))
	must[*ec2.AssociateRouteTableOutput](t)(api.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: rtb, SubnetId: &net.subnets[0]}))
	must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &net.group,
		IpPermissions: []types.IpPermission{{IpProtocol: ptr("tcp"), FromPort: ptr[int32](443), ToPort: ptr[int32](443),
			IpRanges: []types.IpRange{{CidrIp: ptr("0.0.0.0/0")}}}}}))
	endpointID := must[*ec2.CreateVpcEndpointOutput](t)(api.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &net.vpc,
		ServiceName: ptr("com.amazonaws.eu-west-1.s3"), VpcEndpointType: types.VpcEndpointTypeGateway, RouteTableIds: []string{*rtb}})).VpcEndpoint.VpcEndpointId
	cgw := must[*ec2.CreateCustomerGatewayOutput](t)(api.CreateCustomerGateway(ctx, &ec2.CreateCustomerGatewayInput{Type: types.GatewayTypeIpsec1,
		PublicIp: ptr("203.0.113.9"), BgpAsn: ptr[int32](65010)})).CustomerGateway.CustomerGatewayId
	vgw := must[*ec2.CreateVpnGatewayOutput](t)(api.CreateVpnGateway(ctx, &ec2.CreateVpnGatewayInput{Type: types.GatewayTypeIpsec1})).VpnGateway.VpnGatewayId
	must[*ec2.AttachVpnGatewayOutput](t)(api.AttachVpnGateway(ctx, &ec2.AttachVpnGatewayInput{VpcId: &net.vpc, VpnGatewayId: vgw}))
	vpn := must[*ec2.CreateVpnConnectionOutput](t)(api.CreateVpnConnection(ctx, &ec2.CreateVpnConnectionInput{Type: ptr("ipsec.1"),
		CustomerGatewayId: cgw, VpnGatewayId: vgw})).VpnConnection.VpnConnectionId

	got := discover(t, endpoint, region, typeVPC, typeSubnet, typeRouteTable, typeSecurityGroup, typeInternetGateway, typeNATGateway, typeEIP,
		typeVPCEndpoint, typeVPNGateway, typeVPNConnection, typeCustomerGateway, typePeering, typeTransitGateway, typeEgressGateway)

	wantFacts(t, got.one(t, typeVPC, net.vpc), facts{"CidrBlock": "10.1.0.0/16", "IsDefault": false})
	wantEdges(t, got.one(t, typeSubnet, net.subnets[0]), "< contains "+net.vpc)
	wantEdges(t, got.one(t, typeInternetGateway, *igw), "attached_to "+net.vpc)
	wantEdges(t, got.one(t, typeNATGateway, *nat), "runs_on "+net.subnets[0], "depends_on "+*eip)
	wantFacts(t, got.one(t, typeRouteTable, *rtb), facts{"Main": false})
	wantEdges(t, got.one(t, typeRouteTable, *rtb), "< contains "+net.vpc, "< depends_on "+net.subnets[0], "routes_to "+*nat)
	wantFacts(t, got.one(t, typeSecurityGroup, net.group), facts{"SecurityGroupIngress": []string{"tcp 443 0.0.0.0/0"}})
	wantEdges(t, got.one(t, typeVPCEndpoint, *endpointID), "< routes_to "+*rtb, "< contains "+net.vpc)
	wantEdges(t, got.one(t, typeVPNGateway, *vgw), "attached_to "+net.vpc)
	wantEdges(t, got.one(t, typeVPNConnection, *vpn), "attached_to "+*vgw, "depends_on "+*cgw)
	wantFacts(t, got.one(t, typeCustomerGateway, *cgw), facts{"IpAddress": "203.0.113.9"})

	// The second subnet has no table of its own: it follows the VPC's main one.
	var main string
	for _, it := range got.items[typeRouteTable] {
		if it.Attributes["Main"] == true && it.Attributes["VpcId"] == net.vpc {
			main = it.ID
			wantEdges(t, it, "< depends_on "+net.subnets[1])
			for _, e := range it.Edges {
				if e.To.Key == net.subnets[0] {
					t.Error("the main table claims a subnet that has its own")
				}
			}
		}
	}
	if main == "" {
		t.Error("no main route table")
	}
}

// A peering connection belongs to the side that asked.
func testPeering(t *testing.T, endpoint string) {
	here, there := newSite(t, endpoint, "eu-west-2"), newSite(t, endpoint, "eu-west-3")
	api := ec2.NewFromConfig(configOf(endpoint, "eu-west-2"))
	id := must[*ec2.CreateVpcPeeringConnectionOutput](t)(api.CreateVpcPeeringConnection(t.Context(), &ec2.CreateVpcPeeringConnectionInput{
		VpcId: &here.vpc, PeerVpcId: &there.vpc, PeerRegion: ptr("eu-west-3"), PeerOwnerId: ptr(testAccount)})).VpcPeeringConnection.VpcPeeringConnectionId

	it := discover(t, endpoint, "eu-west-2", typePeering).one(t, typePeering, *id)
	wantEdges(t, it, "attached_to "+here.vpc, "attached_to "+there.vpc)
	if region := it.Edges[1].To.Region; region != "eu-west-3" {
		t.Errorf("the other VPC is looked for in %q", region)
	}
	if n := len(discover(t, endpoint, "eu-west-3", typePeering).items[typePeering]); n != 0 {
		t.Errorf("the accepter's side counts it too: %d", n)
	}
}

func testServers(t *testing.T, endpoint string) {
	const region = "eu-central-1"
	ctx, api, net := t.Context(), ec2.NewFromConfig(configOf(endpoint, region)), newSite(t, endpoint, region)
	image := must[*ec2.DescribeImagesOutput](t)(api.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}})).Images[0].ImageId
	run := must[*ec2.RunInstancesOutput](t)(api.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: image, MinCount: ptr[int32](3), MaxCount: ptr[int32](3),
		InstanceType: types.InstanceTypeT3Small, SubnetId: &net.subnets[0], SecurityGroupIds: []string{net.group}, UserData: ptr("c2VjcmV0"),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: ptr("Name"), Value: ptr("web")}}}}}))
	first, second, dead := *run.Instances[0].InstanceId, *run.Instances[1].InstanceId, *run.Instances[2].InstanceId
	must[*ec2.TerminateInstancesOutput](t)(api.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{dead}}))
	volume := must[*ec2.CreateVolumeOutput](t)(api.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: ptr(region + "a"), Size: ptr[int32](20), Encrypted: ptr(true)})).VolumeId
	must[*ec2.AttachVolumeOutput](t)(api.AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: volume, InstanceId: &first, Device: ptr("/dev/sdf")}))
	snapshot := must[*ec2.CreateSnapshotOutput](t)(api.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: volume})).SnapshotId

	lb := must[*elb.CreateLoadBalancerOutput](t)(elb.NewFromConfig(configOf(endpoint, region)).CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: ptr("shop"), Subnets: net.subnets, SecurityGroups: []string{net.group}, Tags: []elbtypes.Tag{{Key: ptr("Owner"), Value: ptr("shop-team")}}})).LoadBalancers[0]
	balancers := elb.NewFromConfig(configOf(endpoint, region))
	tg := must[*elb.CreateTargetGroupOutput](t)(balancers.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: ptr("shop-web"), Port: ptr[int32](80),
		Protocol: elbtypes.ProtocolEnumHttp, VpcId: &net.vpc, TargetType: elbtypes.TargetTypeEnumInstance})).TargetGroups[0].TargetGroupArn
	must[*elb.RegisterTargetsOutput](t)(balancers.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: tg,
		Targets: []elbtypes.TargetDescription{{Id: &first}, {Id: &second}}}))
	listener := must[*elb.CreateListenerOutput](t)(balancers.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: ptr[int32](80),
		Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: tg}}})).Listeners[0].ListenerArn

	got := discover(t, endpoint, region, typeInstance, typeVolume, typeSnapshot, typeImage, typeLoadBalancer, typeListener, typeTargetGroup)

	it := got.one(t, typeInstance, first)
	wantFacts(t, it, facts{"InstanceType": "t3.small", "State": "running", "VpcId": net.vpc, "ImageId": *image})
	wantEdges(t, it, "runs_on "+net.subnets[0], "< protects "+net.group, "depends_on "+*image)
	if it.Name != "web" || it.ARN != "arn:aws:ec2:"+region+":"+testAccount+":instance/"+first {
		t.Errorf("%s, %s", it.Name, it.ARN)
	}
	if n := len(got.items[typeInstance]); n != 2 {
		t.Errorf("%d instances: the terminated one counts", n)
	}
	got.one(t, typeImage, *image) // though AWS owns it, since it is in use
	wantEdges(t, got.one(t, typeVolume, *volume), "attached_to "+first)
	wantFacts(t, got.one(t, typeVolume, *volume), facts{"Size": int64(20), "Encrypted": true, "AvailabilityZone": region + "a"})
	wantEdges(t, got.one(t, typeSnapshot, *snapshot), "protects "+*volume)

	balancer := got.one(t, typeLoadBalancer, *lb.LoadBalancerArn)
	wantEdges(t, balancer, "depends_on "+net.subnets[0]+" (subnets)", "depends_on "+net.subnets[1]+" (subnets)", "< protects "+net.group)
	if len(balancer.Keys) != 1 || balancer.Keys[0] != "dns:"+*lb.DNSName || balancer.Tags["Owner"] != "shop-team" {
		t.Errorf("keys %q, tags %v", balancer.Keys, balancer.Tags)
	}
	wantEdges(t, got.one(t, typeListener, *listener), "< contains "+*lb.LoadBalancerArn, "routes_to "+*tg)
	wantEdges(t, got.one(t, typeTargetGroup, *tg), "< routes_to "+*lb.LoadBalancerArn, "routes_to "+first+" (targets)", "routes_to "+second+" (targets)")
}
