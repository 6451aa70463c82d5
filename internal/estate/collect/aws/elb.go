package aws

import (
	"context"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"vigie/internal/estate/collect"
)

func elbCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "elasticloadbalancing", Types: []string{typeLoadBalancer, typeListener}, Collect: loadBalancers, Actions: []string{
			"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes",
			"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTags",
		}},
		{Service: "elasticloadbalancing", Types: []string{typeTargetGroup}, Collect: targetGroups, Actions: []string{
			"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTags",
		}},
	}
}

// elbTagBatch is how many resources DescribeTags takes.
const elbTagBatch = 20

func elbTags(ctx context.Context, s *collect.Session, api *elb.Client, arns []string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, batch := range batches(arns, elbTagBatch) {
		out, ok := collect.Try(ctx, s, api.DescribeTags, &elb.DescribeTagsInput{ResourceArns: batch})
		if !ok {
			continue
		}
		for _, d := range out.TagDescriptions {
			all[str(d.ResourceArn)] = tags(d.Tags)
		}
	}
	return all
}

func loadBalancers(ctx context.Context, s *collect.Session) error {
	api := elb.NewFromConfig(s.Config())
	in := &elb.DescribeLoadBalancersInput{PageSize: ptr[int32](400)}
	return collect.Pages(ctx, s, api.DescribeLoadBalancers, in, func(out *elb.DescribeLoadBalancersOutput) error {
		all := elbTags(ctx, s, api, pick(out.LoadBalancers, func(l *types.LoadBalancer) *string { return l.LoadBalancerArn }))
		for i := range out.LoadBalancers {
			l := &out.LoadBalancers[i]
			settings := map[string]string{}
			if d, ok := collect.Try(ctx, s, api.DescribeLoadBalancerAttributes, &elb.DescribeLoadBalancerAttributesInput{
				LoadBalancerArn: l.LoadBalancerArn}, "LoadBalancerNotFound"); ok {
				settings = tags(d.Attributes) // the same pairs as tags
			}
			if err := s.Emit(ctx, loadBalancer(l, all[str(l.LoadBalancerArn)], settings)); err != nil {
				return err
			}
			if err := listeners(ctx, s, api, l.LoadBalancerArn); err != nil {
				return err
			}
		}
		return nil
	})
}

func loadBalancer(l *types.LoadBalancer, tags, settings map[string]string) collect.Item {
	var subnets, zones []string
	for _, z := range l.AvailabilityZones {
		subnets, zones = append(subnets, str(z.SubnetId)), append(zones, str(z.ZoneName))
	}
	var e edges
	e.from(collect.Contains, typeVPC, str(l.VpcId))
	e.oneOf("subnets", collect.DependsOn, typeSubnet, subnets...)
	e.from(collect.Protects, typeSecurityGroup, l.SecurityGroups...)
	if settings["access_logs.s3.enabled"] == "true" {
		e.to(collect.DependsOn, "", "arn:"+partitionOf(str(l.LoadBalancerArn))+":s3:::"+settings["access_logs.s3.bucket"])
	}
	return collect.Item{Type: typeLoadBalancer, ID: str(l.LoadBalancerArn), ARN: str(l.LoadBalancerArn), Name: str(l.LoadBalancerName),
		Tags: tags, Keys: dnsKeys(str(l.DNSName)), Edges: e, Attributes: tidy(facts{
			"LoadBalancerName": l.LoadBalancerName, "Type": l.Type, "Scheme": l.Scheme, "DNSName": l.DNSName, "VpcId": l.VpcId,
			"State": of(l.State).Code, "IpAddressType": l.IpAddressType, "AvailabilityZones": zones, "SecurityGroups": l.SecurityGroups,
			"CreatedTime": l.CreatedTime, "DeletionProtection": setting(settings, "deletion_protection.enabled"),
			"AccessLogs": setting(settings, "access_logs.s3.enabled"), "CrossZone": setting(settings, "load_balancing.cross_zone.enabled"),
			"DropInvalidHeaderFields": setting(settings, "routing.http.drop_invalid_header_fields.enabled"),
			"IdleTimeoutSeconds":      settings["idle_timeout.timeout_seconds"],
			"DesyncMitigationMode":    settings["routing.http.desync_mitigation_mode"],
		})}
}

func listeners(ctx context.Context, s *collect.Session, api *elb.Client, lb *string) error {
	in := &elb.DescribeListenersInput{LoadBalancerArn: lb, PageSize: ptr[int32](400)}
	return collect.Pages(ctx, s, api.DescribeListeners, in, func(out *elb.DescribeListenersOutput) error {
		return each(ctx, s, out.Listeners, func(l *types.Listener) collect.Item {
			var e edges
			e.from(collect.Contains, "", str(l.LoadBalancerArn))
			var actions, groups, certificates []string
			for _, a := range l.DefaultActions {
				actions, groups = append(actions, string(a.Type)), append(groups, str(a.TargetGroupArn))
				for _, g := range of(a.ForwardConfig).TargetGroups {
					groups = append(groups, str(g.TargetGroupArn))
				}
			}
			e.arns(collect.RoutesTo, unique(groups)...)
			for _, c := range l.Certificates {
				certificates = append(certificates, str(c.CertificateArn))
			}
			e.arns(collect.DependsOn, certificates...)
			return collect.Item{Type: typeListener, ID: str(l.ListenerArn), ARN: str(l.ListenerArn), Edges: e,
				Name: listenerName(l), Attributes: tidy(facts{
					"Port": l.Port, "Protocol": l.Protocol, "SslPolicy": l.SslPolicy, "DefaultActions": actions, "Certificates": certificates,
					"AlpnPolicy": l.AlpnPolicy, "MutualAuthentication": of(l.MutualAuthentication).Mode,
				})}
		})
	})
}

// listenerName says what people call a listener: "shop-alb HTTPS:443".
func listenerName(l *types.Listener) string {
	name := ""
	if p := strings.Split(str(l.ListenerArn), "/"); len(p) > 2 {
		name = p[2] + " "
	}
	return name + strings.ToUpper(string(l.Protocol)) + ":" + number(l.Port)
}

func targetGroups(ctx context.Context, s *collect.Session) error {
	api := elb.NewFromConfig(s.Config())
	in := &elb.DescribeTargetGroupsInput{PageSize: ptr[int32](400)}
	return collect.Pages(ctx, s, api.DescribeTargetGroups, in, func(out *elb.DescribeTargetGroupsOutput) error {
		all := elbTags(ctx, s, api, pick(out.TargetGroups, func(g *types.TargetGroup) *string { return g.TargetGroupArn }))
		return eachAtOnce(ctx, s, out.TargetGroups, func(g *types.TargetGroup) collect.Item {
			item := targetGroup(g, all[str(g.TargetGroupArn)])
			health, ok := collect.Try(ctx, s, api.DescribeTargetHealth, &elb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn}, "TargetGroupNotFound")
			if ok {
				item.Edges = append(item.Edges, targets(g.TargetType, health.TargetHealthDescriptions)...)
			}
			return item
		})
	})
}

func targetGroup(g *types.TargetGroup, tags map[string]string) collect.Item {
	var e edges
	for _, lb := range g.LoadBalancerArns {
		e.from(collect.RoutesTo, "", lb)
	}
	return collect.Item{Type: typeTargetGroup, ID: str(g.TargetGroupArn), ARN: str(g.TargetGroupArn), Name: str(g.TargetGroupName),
		Tags: tags, Edges: e, Attributes: tidy(facts{
			"TargetGroupName": g.TargetGroupName, "TargetType": g.TargetType, "Protocol": g.Protocol, "Port": g.Port, "VpcId": g.VpcId,
			"ProtocolVersion": g.ProtocolVersion, "HealthCheckEnabled": g.HealthCheckEnabled, "HealthCheckPath": g.HealthCheckPath,
			"HealthCheckProtocol": g.HealthCheckProtocol, "HealthCheckPort": g.HealthCheckPort, "Matcher": of(g.Matcher).HttpCode,
			"HealthCheckIntervalSeconds": g.HealthCheckIntervalSeconds, "HealthyThresholdCount": g.HealthyThresholdCount,
			"UnhealthyThresholdCount": g.UnhealthyThresholdCount,
		})}
}

// targets are one need of the group: it serves while one of them is well. How well each is now moves by itself and is no fact of
// the estate. Addresses are left out: the service or task behind one names the group itself.
func targets(t types.TargetTypeEnum, list []types.TargetHealthDescription) []collect.Edge {
	var ids []string
	for _, d := range list {
		if d.Target != nil {
			ids = append(ids, str(d.Target.Id))
		}
	}
	var e edges
	switch t {
	case types.TargetTypeEnumInstance:
		e.oneOf("targets", collect.RoutesTo, typeInstance, unique(ids)...)
	case types.TargetTypeEnumLambda, types.TargetTypeEnumAlb:
		e.oneOf("targets", collect.RoutesTo, "", unique(ids)...)
	}
	return e
}
