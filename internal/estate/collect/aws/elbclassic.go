package aws

import (
	"context"

	classic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"vigie/internal/estate/collect"
)

func elbClassicCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "elasticloadbalancing", Types: []string{"AWS::ElasticLoadBalancing::LoadBalancer"}, Collect: classicLoadBalancers, Actions: []string{
			"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeTags",
		}},
	}
}

func classicLoadBalancers(ctx context.Context, s *collect.Session) error {
	api := classic.NewFromConfig(s.Config())
	in := &classic.DescribeLoadBalancersInput{PageSize: ptr[int32](399)} // 400 is what the other API of the name is asked with
	return collect.Pages(ctx, s, api.DescribeLoadBalancers, in, func(out *classic.DescribeLoadBalancersOutput) error {
		all := map[string]map[string]string{}
		for _, names := range batches(pick(out.LoadBalancerDescriptions, func(l *types.LoadBalancerDescription) *string { return l.LoadBalancerName }), elbTagBatch) {
			if t, ok := collect.Try(ctx, s, api.DescribeTags, &classic.DescribeTagsInput{LoadBalancerNames: names}, "LoadBalancerNotFound"); ok {
				for _, d := range t.TagDescriptions {
					all[str(d.LoadBalancerName)] = tags(d.Tags)
				}
			}
		}
		return eachAtOnce(ctx, s, out.LoadBalancerDescriptions, func(l *types.LoadBalancerDescription) collect.Item {
			settings := types.LoadBalancerAttributes{}
			if a, ok := collect.Try(ctx, s, api.DescribeLoadBalancerAttributes, &classic.DescribeLoadBalancerAttributesInput{
				LoadBalancerName: l.LoadBalancerName}, "LoadBalancerNotFound"); ok {
				settings = of(a.LoadBalancerAttributes)
			}
			return classicLoadBalancer(s, l, all[str(l.LoadBalancerName)], settings)
		})
	})
}

func classicLoadBalancer(s *collect.Session, l *types.LoadBalancerDescription, tags map[string]string, settings types.LoadBalancerAttributes) collect.Item {
	id := str(l.LoadBalancerName)
	var listeners []string
	var e edges
	for _, d := range l.ListenerDescriptions {
		x := of(d.Listener)
		listeners = append(listeners, str(x.Protocol)+":"+number(&x.LoadBalancerPort)+" to "+str(x.InstanceProtocol)+":"+number(x.InstancePort))
		e.arns(collect.DependsOn, str(x.SSLCertificateId))
	}
	e.from(collect.Contains, typeVPC, str(l.VPCId))
	e.oneOf("subnets", collect.DependsOn, typeSubnet, l.Subnets...)
	e.oneOf("targets", collect.RoutesTo, typeInstance, unique(pick(l.Instances, func(i *types.Instance) *string { return i.InstanceId }))...)
	e.from(collect.Protects, typeSecurityGroup, l.SecurityGroups...)
	return collect.Item{Type: "AWS::ElasticLoadBalancing::LoadBalancer", ID: id, ARN: s.ARN("elasticloadbalancing", "loadbalancer/"+id),
		Tags: tags, Edges: e, Keys: dnsKeys(str(l.DNSName)), Attributes: tidy(facts{
			"DNSName": l.DNSName, "Scheme": l.Scheme, "VpcId": l.VPCId, "AvailabilityZones": l.AvailabilityZones, "Subnets": l.Subnets,
			"SecurityGroups": l.SecurityGroups, "Listeners": listeners, "HealthCheck": of(l.HealthCheck).Target, "CreatedTime": l.CreatedTime,
			"AccessLogs": of(settings.AccessLog).Enabled, "CrossZone": of(settings.CrossZoneLoadBalancing).Enabled,
			"ConnectionDraining": of(settings.ConnectionDraining).Enabled, "IdleTimeoutSeconds": of(settings.ConnectionSettings).IdleTimeout,
		})}
}
