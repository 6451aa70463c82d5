package aws

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	rds "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"vigie/internal/estate/collect"
)

func TestSecurityGroupRules(t *testing.T) {
	t.Parallel()
	got := rules([]types.IpPermission{
		{IpProtocol: ptr("tcp"), FromPort: ptr[int32](443), ToPort: ptr[int32](443),
			IpRanges: []types.IpRange{{CidrIp: ptr("0.0.0.0/0")}}, Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: ptr("::/0")}}},
		{IpProtocol: ptr("tcp"), FromPort: ptr[int32](8000), ToPort: ptr[int32](8100), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: ptr("sg-1")}}},
		{IpProtocol: ptr("-1"), PrefixListIds: []types.PrefixListId{{PrefixListId: ptr("pl-1")}}},
		{IpProtocol: ptr("udp"), FromPort: ptr[int32](0), ToPort: ptr[int32](65535), IpRanges: []types.IpRange{{CidrIp: ptr("10.0.0.0/8")}}},
	})
	want := []string{"all all pl-1", "tcp 443 0.0.0.0/0", "tcp 443 ::/0", "tcp 8000-8100 sg-1", "udp all 10.0.0.0/8"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatARouteLeadsTo(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"igw-1": typeInternetGateway, "nat-1": typeNATGateway, "eigw-1": typeEgressGateway, "pcx-1": typePeering, "i-1": typeInstance,
		"vpce-1": typeVPCEndpoint, "vgw-1": typeVPNGateway, "tgw-1": typeTransitGateway, "local": "", "eni-1": "", "": "",
	} {
		if got := gatewayType(id); got != want {
			t.Errorf("%q leads to %q, want %q", id, got, want)
		}
	}
}

func TestImageOfATaskNamesItsRepository(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]collect.Target{
		"111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1.2":  {Type: typeECRRepository, Key: "shop/web", Account: "111111111111", Region: "eu-west-1"},
		"111111111111.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:ab": {Type: typeECRRepository, Key: "web", Account: "111111111111", Region: "eu-west-1"},
		"nginx:1":                   {},
		"public.ecr.aws/nginx/n:1":  {},
		"ghcr.io/company/image:tag": {},
	} {
		if got, ok := ecrRepository(image); got != want || ok != (want.Key != "") {
			t.Errorf("%s: %+v %v, want %+v", image, got, ok, want)
		}
	}
}

func TestARNsAreCutToWhatTheyName(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]string{
		"arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf:password::": "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf",
		"arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf":            "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf",
		"arn:aws:ssm:eu-west-1:1:parameter/a/b":                          "arn:aws:ssm:eu-west-1:1:parameter/a/b",
	} {
		if got := secretARN(ref); got != want {
			t.Errorf("%s became %s", ref, got)
		}
	}
	for arn, want := range map[string]string{
		"arn:aws:lambda:eu-west-1:1:function:f:live": "arn:aws:lambda:eu-west-1:1:function:f",
		"arn:aws:lambda:eu-west-1:1:function:f":      "arn:aws:lambda:eu-west-1:1:function:f",
	} {
		if got := unqualified(arn); got != want {
			t.Errorf("%s became %s", arn, got)
		}
	}
}

// A Multi-AZ database lives while one of all its subnets does; another lives in its own zone only.
func TestSubnetsOfADatabase(t *testing.T) {
	t.Parallel()
	group := &rds.DBSubnetGroup{Subnets: []rds.Subnet{
		{SubnetIdentifier: ptr("subnet-b"), SubnetAvailabilityZone: &rds.AvailabilityZone{Name: ptr("eu-west-1b")}},
		{SubnetIdentifier: ptr("subnet-a"), SubnetAvailabilityZone: &rds.AvailabilityZone{Name: ptr("eu-west-1a")}},
	}}
	for _, c := range []struct {
		multi bool
		zone  string
		want  []string
	}{
		{true, "eu-west-1a", []string{"subnet-a", "subnet-b"}},
		{false, "eu-west-1b", []string{"subnet-b"}},
		{false, "", []string{"subnet-a", "subnet-b"}}, // being created: the zone is not known yet
	} {
		if got := dbSubnets(&rds.DBInstance{MultiAZ: &c.multi, AvailabilityZone: &c.zone, DBSubnetGroup: group}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if got := dbSubnets(&rds.DBInstance{}); len(got) != 0 {
		t.Errorf("without a group: %q", got)
	}
}

func TestTargetsAreOneNeed(t *testing.T) {
	t.Parallel()
	health := func(ids ...string) (list []elb.TargetHealthDescription) {
		for _, id := range ids {
			list = append(list, elb.TargetHealthDescription{Target: &elb.TargetDescription{Id: ptr(id)}})
		}
		return list
	}
	got := targets(elb.TargetTypeEnumInstance, health("i-2", "i-1", "i-2")) // one instance on two ports is one target
	if len(got) != 2 || edgeText(got[0]) != "routes_to i-1 (targets)" || got[0].Needed != 1 {
		t.Errorf("instances: %+v", got)
	}
	if got := targets(elb.TargetTypeEnumIp, health("10.0.0.1")); len(got) != 0 {
		t.Errorf("addresses: %+v", got)
	}
	if got := targets(elb.TargetTypeEnumLambda, health("arn:aws:lambda:eu-west-1:1:function:f")); len(got) != 1 {
		t.Errorf("function: %+v", got)
	}
}
