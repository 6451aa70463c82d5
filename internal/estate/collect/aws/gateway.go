package aws

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vigie/internal/estate/collect"
)

func gatewayCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ec2", Types: []string{typeInternetGateway}, Actions: []string{"ec2:DescribeInternetGateways"}, Collect: internetGateways},
		{Service: "ec2", Types: []string{typeEgressGateway}, Actions: []string{"ec2:DescribeEgressOnlyInternetGateways"}, Collect: egressGateways},
		{Service: "ec2", Types: []string{typeNATGateway}, Actions: []string{"ec2:DescribeNatGateways"}, Collect: natGateways},
		{Service: "ec2", Types: []string{typeVPCEndpoint}, Actions: []string{"ec2:DescribeVpcEndpoints"}, Collect: endpoints},
		{Service: "ec2", Types: []string{typePeering}, Actions: []string{"ec2:DescribeVpcPeeringConnections"}, Collect: peerings},
		{Service: "ec2", Types: []string{typeTransitGateway}, Collect: transitGateways,
			Actions: []string{"ec2:DescribeTransitGateways", "ec2:DescribeTransitGatewayAttachments"}},
	}
}

func internetGateways(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeInternetGatewaysInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeInternetGateways, in, func(out *ec2.DescribeInternetGatewaysOutput) error {
		return each(ctx, s, out.InternetGateways, func(g *types.InternetGateway) collect.Item {
			if !mine(s, g.OwnerId) {
				return collect.Item{}
			}
			id, vpcs := str(g.InternetGatewayId), attachedVPCs(g.Attachments)
			var e edges
			e.to(collect.AttachedTo, typeVPC, vpcs...)
			return collect.Item{Type: typeInternetGateway, ID: id, ARN: s.ARN("ec2", "internet-gateway/"+id), Tags: tags(g.Tags), Edges: e,
				Attributes: tidy(facts{"VpcIds": vpcs})}
		})
	})
}

func egressGateways(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeEgressOnlyInternetGatewaysInput{MaxResults: ptr[int32](255)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeEgressOnlyInternetGateways, in, func(out *ec2.DescribeEgressOnlyInternetGatewaysOutput) error {
		return each(ctx, s, out.EgressOnlyInternetGateways, func(g *types.EgressOnlyInternetGateway) collect.Item {
			id, vpcs := str(g.EgressOnlyInternetGatewayId), attachedVPCs(g.Attachments)
			var e edges
			e.to(collect.AttachedTo, typeVPC, vpcs...)
			return collect.Item{Type: typeEgressGateway, ID: id, ARN: s.ARN("ec2", "egress-only-internet-gateway/"+id), Tags: tags(g.Tags),
				Edges: e, Attributes: tidy(facts{"VpcIds": vpcs})}
		})
	})
}

func attachedVPCs(list []types.InternetGatewayAttachment) []string {
	return pick(list, func(a *types.InternetGatewayAttachment) *string { return a.VpcId })
}

func natGateways(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeNatGatewaysInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeNatGateways, in, func(out *ec2.DescribeNatGatewaysOutput) error {
		return each(ctx, s, out.NatGateways, func(g *types.NatGateway) collect.Item {
			if g.State == types.NatGatewayStateDeleted || g.State == types.NatGatewayStateFailed {
				return collect.Item{}
			}
			id := str(g.NatGatewayId)
			var e edges
			e.to(collect.RunsOn, typeSubnet, str(g.SubnetId))
			e.to(collect.DependsOn, typeEIP, pick(g.NatGatewayAddresses, func(a *types.NatGatewayAddress) *string { return a.AllocationId })...)
			return collect.Item{Type: typeNATGateway, ID: id, ARN: s.ARN("ec2", "natgateway/"+id), Tags: tags(g.Tags), Edges: e, Attributes: tidy(facts{
				"VpcId": g.VpcId, "SubnetId": g.SubnetId, "State": g.State, "ConnectivityType": g.ConnectivityType, "CreateTime": g.CreateTime,
				"PublicIps": pick(g.NatGatewayAddresses, func(a *types.NatGatewayAddress) *string { return a.PublicIp }),
			})}
		})
	})
}

func endpoints(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeVpcEndpointsInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeVpcEndpoints, in, func(out *ec2.DescribeVpcEndpointsOutput) error {
		return each(ctx, s, out.VpcEndpoints, func(v *types.VpcEndpoint) collect.Item {
			if !mine(s, v.OwnerId) || lower(string(v.State)) == "deleted" {
				return collect.Item{}
			}
			id := str(v.VpcEndpointId)
			groups := pick(v.Groups, func(g *types.SecurityGroupIdentifier) *string { return g.GroupId })
			item := collect.Item{Type: typeVPCEndpoint, ID: id, ARN: s.ARN("ec2", "vpc-endpoint/"+id), Tags: tags(v.Tags), Attributes: tidy(facts{
				"VpcId": v.VpcId, "ServiceName": v.ServiceName, "VpcEndpointType": v.VpcEndpointType, "State": lower(string(v.State)),
				"PrivateDnsEnabled": v.PrivateDnsEnabled, "SubnetIds": v.SubnetIds, "RouteTableIds": v.RouteTableIds, "SecurityGroupIds": groups,
				"IpAddressType": v.IpAddressType, "CreationTimestamp": v.CreationTimestamp,
			})}
			var e edges
			e.from(collect.Contains, typeVPC, str(v.VpcId))
			e.oneOf("subnets", collect.RunsOn, typeSubnet, v.SubnetIds...)
			e.from(collect.RoutesTo, typeRouteTable, v.RouteTableIds...)
			e.from(collect.Protects, typeSecurityGroup, groups...)
			item.Edges = e
			if item.Tags["Name"] == "" {
				item.Name = str(v.ServiceName)
			}
			return item
		})
	})
}

func peerings(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeVpcPeeringConnectionsInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeVpcPeeringConnections, in, func(out *ec2.DescribeVpcPeeringConnectionsOutput) error {
		return each(ctx, s, out.VpcPeeringConnections, func(p *types.VpcPeeringConnection) collect.Item {
			from, to, state := of(p.RequesterVpcInfo), of(p.AccepterVpcInfo), of(p.Status).Code
			switch state {
			case types.VpcPeeringConnectionStateReasonCodeDeleted, types.VpcPeeringConnectionStateReasonCodeRejected,
				types.VpcPeeringConnectionStateReasonCodeExpired, types.VpcPeeringConnectionStateReasonCodeFailed:
				return collect.Item{}
			}
			// Both sides list it; it belongs to the one that asked.
			if !mine(s, from.OwnerId) || str(from.Region) != "" && *from.Region != s.Region {
				return collect.Item{}
			}
			id := str(p.VpcPeeringConnectionId)
			var e edges
			e.to(collect.AttachedTo, typeVPC, str(from.VpcId))
			e = append(e, collect.Edge{Type: collect.AttachedTo, To: collect.Target{
				Type: typeVPC, Key: str(to.VpcId), Account: str(to.OwnerId), Region: str(to.Region),
			}})
			theirs := "arn:" + s.Partition + ":ec2:" + cmp.Or(str(to.Region), s.Region) + ":" + str(to.OwnerId) + ":vpc-peering-connection/" + id
			return collect.Item{Type: typePeering, ID: id, ARN: s.ARN("ec2", "vpc-peering-connection/"+id), Tags: tags(p.Tags), Edges: e,
				Keys: []string{theirs}, // by which the other side's route tables know it
				Attributes: tidy(facts{
					"Status": state, "VpcId": from.VpcId, "CidrBlock": from.CidrBlock, "PeerVpcId": to.VpcId, "PeerOwnerId": to.OwnerId,
					"PeerRegion": to.Region, "PeerCidrBlock": to.CidrBlock,
				})}
		})
	})
}

func transitGateways(ctx context.Context, s *collect.Session) error {
	api := ec2.NewFromConfig(s.Config())
	attached := map[string]edges{}
	in := &ec2.DescribeTransitGatewayAttachmentsInput{MaxResults: ptr[int32](1000)}
	err := collect.Pages(ctx, s, api.DescribeTransitGatewayAttachments, in, func(out *ec2.DescribeTransitGatewayAttachmentsOutput) error {
		for _, a := range out.TransitGatewayAttachments {
			typ := map[types.TransitGatewayAttachmentResourceType]string{"vpc": typeVPC, "vpn": typeVPNConnection}[a.ResourceType]
			if typ == "" || a.State != types.TransitGatewayAttachmentStateAvailable {
				continue
			}
			gw := str(a.TransitGatewayId)
			attached[gw] = append(attached[gw], collect.Edge{Type: collect.AttachedTo, To: collect.Target{
				Type: typ, Key: str(a.ResourceId), Account: str(a.ResourceOwnerId),
			}})
		}
		return nil
	})
	if err != nil {
		s.Note(err)
	}
	list := &ec2.DescribeTransitGatewaysInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, api.DescribeTransitGateways, list, func(out *ec2.DescribeTransitGatewaysOutput) error {
		return each(ctx, s, out.TransitGateways, func(g *types.TransitGateway) collect.Item {
			if !mine(s, g.OwnerId) || g.State == types.TransitGatewayStateDeleted {
				return collect.Item{}
			}
			id, o := str(g.TransitGatewayId), of(g.Options)
			return collect.Item{Type: typeTransitGateway, ID: id, ARN: str(g.TransitGatewayArn), Tags: tags(g.Tags), Edges: attached[id],
				Attributes: tidy(facts{
					"Description": g.Description, "State": g.State, "AmazonSideAsn": o.AmazonSideAsn, "CreationTime": g.CreationTime,
					"AutoAcceptSharedAttachments": o.AutoAcceptSharedAttachments, "DnsSupport": o.DnsSupport, "VpnEcmpSupport": o.VpnEcmpSupport,
				})}
		})
	})
}
