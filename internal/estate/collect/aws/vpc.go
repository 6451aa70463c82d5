package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vigie/internal/estate/collect"
)

func vpcCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ec2", Types: []string{typeVPC}, Actions: []string{"ec2:DescribeVpcs", "ec2:DescribeFlowLogs"}, Collect: vpcs},
		{Service: "ec2", Types: []string{typeSubnet}, Actions: []string{"ec2:DescribeSubnets", "ec2:DescribeNetworkAcls"}, Collect: subnets},
		{Service: "ec2", Types: []string{typeRouteTable}, Actions: []string{"ec2:DescribeRouteTables", "ec2:DescribeSubnets"}, Collect: routeTables},
		{Service: "ec2", Types: []string{typeSecurityGroup}, Actions: []string{"ec2:DescribeSecurityGroups"}, Collect: securityGroups},
	}
}

func vpcs(ctx context.Context, s *collect.Session) error {
	api := ec2.NewFromConfig(s.Config())
	logs := map[string][]string{}
	err := collect.Pages(ctx, s, api.DescribeFlowLogs, &ec2.DescribeFlowLogsInput{MaxResults: ptr[int32](1000)}, func(out *ec2.DescribeFlowLogsOutput) error {
		for _, l := range out.FlowLogs {
			logs[str(l.ResourceId)] = append(logs[str(l.ResourceId)], string(l.TrafficType)+" to "+string(l.LogDestinationType))
		}
		return nil
	})
	if err != nil {
		s.Note(err)
	}
	return collect.Pages(ctx, s, api.DescribeVpcs, &ec2.DescribeVpcsInput{MaxResults: ptr[int32](1000)}, func(out *ec2.DescribeVpcsOutput) error {
		return each(ctx, s, out.Vpcs, func(v *types.Vpc) collect.Item {
			if !mine(s, v.OwnerId) {
				return collect.Item{}
			}
			id := str(v.VpcId)
			return collect.Item{Type: typeVPC, ID: id, ARN: s.ARN("ec2", "vpc/"+id), Tags: tags(v.Tags), Attributes: tidy(facts{
				"CidrBlock": v.CidrBlock, "IsDefault": v.IsDefault, "State": v.State, "InstanceTenancy": v.InstanceTenancy,
				"CidrBlocks": pick(v.CidrBlockAssociationSet, func(c *types.VpcCidrBlockAssociation) *string { return c.CidrBlock }),
				"Ipv6CidrBlocks": pick(v.Ipv6CidrBlockAssociationSet, func(c *types.VpcIpv6CidrBlockAssociation) *string {
					return c.Ipv6CidrBlock
				}),
				"FlowLogs": logs[id],
			})}
		})
	})
}

func subnets(ctx context.Context, s *collect.Session) error {
	api := ec2.NewFromConfig(s.Config())
	acls := map[string]string{}
	err := collect.Pages(ctx, s, api.DescribeNetworkAcls, &ec2.DescribeNetworkAclsInput{MaxResults: ptr[int32](1000)}, func(out *ec2.DescribeNetworkAclsOutput) error {
		for _, l := range out.NetworkAcls {
			for _, a := range l.Associations {
				acls[str(a.SubnetId)] = str(l.NetworkAclId)
			}
		}
		return nil
	})
	if err != nil {
		s.Note(err)
	}
	return eachSubnet(ctx, s, func(n *types.Subnet) collect.Item {
		var e edges
		e.from(collect.Contains, typeVPC, str(n.VpcId))
		return collect.Item{Type: typeSubnet, ID: str(n.SubnetId), ARN: str(n.SubnetArn), Tags: tags(n.Tags), Edges: e, Attributes: tidy(facts{
			"VpcId": n.VpcId, "CidrBlock": n.CidrBlock, "AvailabilityZone": n.AvailabilityZone, "AvailabilityZoneId": n.AvailabilityZoneId,
			"MapPublicIpOnLaunch": n.MapPublicIpOnLaunch, "DefaultForAz": n.DefaultForAz, "State": n.State, "NetworkAclId": acls[str(n.SubnetId)],
			"Ipv6CidrBlocks": pick(n.Ipv6CidrBlockAssociationSet, func(c *types.SubnetIpv6CidrBlockAssociation) *string {
				return c.Ipv6CidrBlock
			}),
		})}
	})
}

func eachSubnet(ctx context.Context, s *collect.Session, item func(*types.Subnet) collect.Item) error {
	in := &ec2.DescribeSubnetsInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeSubnets, in, func(out *ec2.DescribeSubnetsOutput) error {
		return each(ctx, s, out.Subnets, func(n *types.Subnet) collect.Item {
			if !mine(s, n.OwnerId) {
				return collect.Item{}
			}
			return item(n)
		})
	})
}

// routeTables also says which subnets follow a VPC's main table for want of their own: AWS does not list these.
func routeTables(ctx context.Context, s *collect.Session) error {
	var tables []types.RouteTable
	own := map[string]bool{}
	in := &ec2.DescribeRouteTablesInput{MaxResults: ptr[int32](100)}
	err := collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeRouteTables, in, func(out *ec2.DescribeRouteTablesOutput) error {
		for _, t := range out.RouteTables {
			for _, a := range t.Associations {
				own[str(a.SubnetId)] = true
			}
			if mine(s, t.OwnerId) {
				tables = append(tables, t)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	main := map[string][]string{} // by VPC
	if err := eachSubnet(ctx, s, func(n *types.Subnet) collect.Item {
		if !own[str(n.SubnetId)] {
			main[str(n.VpcId)] = append(main[str(n.VpcId)], str(n.SubnetId))
		}
		return collect.Item{}
	}); err != nil {
		s.Note(err)
	}
	return each(ctx, s, tables, func(t *types.RouteTable) collect.Item { return routeTable(s, t, main[str(t.VpcId)]) })
}

func routeTable(s *collect.Session, t *types.RouteTable, rest []string) collect.Item {
	id, isMain := str(t.RouteTableId), false
	var e edges
	e.from(collect.Contains, typeVPC, str(t.VpcId))
	for _, a := range t.Associations {
		e.from(collect.DependsOn, typeSubnet, str(a.SubnetId))
		isMain = isMain || of(a.Main)
	}
	if isMain {
		e.from(collect.DependsOn, typeSubnet, rest...)
	}
	var routes []string
	seen := map[string]bool{}
	for _, r := range t.Routes {
		via := first(r.GatewayId, r.NatGatewayId, r.TransitGatewayId, r.VpcPeeringConnectionId, r.EgressOnlyInternetGatewayId,
			r.InstanceId, r.NetworkInterfaceId, r.CarrierGatewayId, r.LocalGatewayId, r.CoreNetworkArn)
		routes = append(routes, first(r.DestinationCidrBlock, r.DestinationIpv6CidrBlock, r.DestinationPrefixListId)+" via "+via)
		typ := gatewayType(via)
		switch {
		case typ == "" || seen[via]:
		case typ == typePeering: // known to both sides by ARN, to its owner alone by id
			e.to(collect.RoutesTo, "", s.ARN("ec2", "vpc-peering-connection/"+via))
		default:
			e.to(collect.RoutesTo, typ, via)
		}
		seen[via] = true
	}
	return collect.Item{Type: typeRouteTable, ID: id, ARN: s.ARN("ec2", "route-table/"+id), Tags: tags(t.Tags), Edges: e,
		Attributes: tidy(facts{"VpcId": t.VpcId, "Main": isMain, "Routes": routes})}
}

// gatewayType tells what a route leads to by its id.
func gatewayType(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return map[string]string{
		"igw": typeInternetGateway, "nat": typeNATGateway, "tgw": typeTransitGateway, "pcx": typePeering, "eigw": typeEgressGateway,
		"i": typeInstance, "vgw": typeVPNGateway, "vpce": typeVPCEndpoint,
	}[prefix]
}
