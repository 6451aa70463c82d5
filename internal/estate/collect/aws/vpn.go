package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vigie/internal/estate/collect"
)

func vpnCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ec2", Types: []string{typeVPNGateway}, Actions: []string{"ec2:DescribeVpnGateways"}, Collect: vpnGateways},
		{Service: "ec2", Types: []string{typeVPNConnection}, Actions: []string{"ec2:DescribeVpnConnections"}, Collect: vpnConnections},
		{Service: "ec2", Types: []string{typeCustomerGateway}, Actions: []string{"ec2:DescribeCustomerGateways"}, Collect: customerGateways},
	}
}

func vpnGateways(ctx context.Context, s *collect.Session) error {
	out, err := collect.Do(ctx, s, ec2.NewFromConfig(s.Config()).DescribeVpnGateways, &ec2.DescribeVpnGatewaysInput{})
	if err != nil {
		return err
	}
	return each(ctx, s, out.VpnGateways, func(g *types.VpnGateway) collect.Item {
		if g.State == types.VpnStateDeleted {
			return collect.Item{}
		}
		id := str(g.VpnGatewayId)
		var vpcs []string
		for _, a := range g.VpcAttachments {
			if a.State == types.AttachmentStatusAttached {
				vpcs = append(vpcs, str(a.VpcId))
			}
		}
		var e edges
		e.to(collect.AttachedTo, typeVPC, vpcs...)
		return collect.Item{Type: typeVPNGateway, ID: id, ARN: s.ARN("ec2", "vpn-gateway/"+id), Tags: tags(g.Tags), Edges: e,
			Attributes: tidy(facts{"State": g.State, "Type": g.Type, "AmazonSideAsn": g.AmazonSideAsn, "VpcIds": vpcs})}
	})
}

// vpnConnections leaves out the tunnels' telemetry, which moves by itself, and their configuration, which holds keys.
func vpnConnections(ctx context.Context, s *collect.Session) error {
	out, err := collect.Do(ctx, s, ec2.NewFromConfig(s.Config()).DescribeVpnConnections, &ec2.DescribeVpnConnectionsInput{})
	if err != nil {
		return err
	}
	return each(ctx, s, out.VpnConnections, func(c *types.VpnConnection) collect.Item {
		if c.State == types.VpnStateDeleted {
			return collect.Item{}
		}
		id, o := str(c.VpnConnectionId), of(c.Options)
		var e edges
		e.to(collect.AttachedTo, typeVPNGateway, str(c.VpnGatewayId))
		e.to(collect.AttachedTo, typeTransitGateway, str(c.TransitGatewayId))
		e.to(collect.DependsOn, typeCustomerGateway, str(c.CustomerGatewayId))
		return collect.Item{Type: typeVPNConnection, ID: id, ARN: s.ARN("ec2", "vpn-connection/"+id), Tags: tags(c.Tags), Edges: e,
			Attributes: tidy(facts{
				"State": c.State, "Type": c.Type, "CustomerGatewayId": c.CustomerGatewayId, "VpnGatewayId": c.VpnGatewayId,
				"TransitGatewayId": c.TransitGatewayId, "StaticRoutesOnly": o.StaticRoutesOnly, "EnableAcceleration": o.EnableAcceleration,
				"Routes": pick(c.Routes, func(r *types.VpnStaticRoute) *string { return r.DestinationCidrBlock }),
			})}
	})
}

func customerGateways(ctx context.Context, s *collect.Session) error {
	out, err := collect.Do(ctx, s, ec2.NewFromConfig(s.Config()).DescribeCustomerGateways, &ec2.DescribeCustomerGatewaysInput{})
	if err != nil {
		return err
	}
	return each(ctx, s, out.CustomerGateways, func(g *types.CustomerGateway) collect.Item {
		if str(g.State) == "deleted" {
			return collect.Item{}
		}
		id := str(g.CustomerGatewayId)
		return collect.Item{Type: typeCustomerGateway, ID: id, ARN: s.ARN("ec2", "customer-gateway/"+id), Tags: tags(g.Tags),
			Attributes: tidy(facts{"State": g.State, "Type": g.Type, "IpAddress": g.IpAddress, "BgpAsn": g.BgpAsn, "DeviceName": g.DeviceName})}
	})
}
