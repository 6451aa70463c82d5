package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"vigie/internal/estate/collect"
)

func TestDimensionsNameWhatIsWatched(t *testing.T) {
	t.Parallel()
	s := &collect.Session{Account: "123456789012", Region: "eu-west-1", Partition: "aws"}
	for _, c := range []struct {
		namespace  string
		dimensions map[string]string
		want       collect.Target
	}{
		{"AWS/EC2", map[string]string{"InstanceId": "i-1"}, collect.Target{Type: typeInstance, Key: "i-1"}},
		{"AWS/RDS", map[string]string{"DBClusterIdentifier": "shop"}, collect.Target{Type: typeDBCluster, Key: "shop"}},
		{"AWS/SQS", map[string]string{"QueueName": "orders"}, collect.Target{Key: "arn:aws:sqs:eu-west-1:123456789012:orders"}},
		{"AWS/ApplicationELB", map[string]string{"LoadBalancer": "app/shop/50dc6c495c0c9188"},
			collect.Target{Key: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"}},
		{"AWS/ApplicationELB", map[string]string{"LoadBalancer": "app/shop/50dc6c495c0c9188", "TargetGroup": "targetgroup/web/73e2d6bc24d8a067"},
			collect.Target{Key: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067"}},
		{"AWS/ECS", map[string]string{"ClusterName": "main", "ServiceName": "api"}, collect.Target{Key: "arn:aws:ecs:eu-west-1:123456789012:service/main/api"}},
		{"AWS/ECS", map[string]string{"ClusterName": "main"}, collect.Target{Key: "arn:aws:ecs:eu-west-1:123456789012:cluster/main"}},
		{"ContainerInsights", map[string]string{"ClusterName": "wms", "Namespace": "default"}, collect.Target{Type: "AWS::EKS::Cluster", Key: "wms"}},
		{"AWS/Events", map[string]string{"RuleName": "nightly"}, collect.Target{Type: typeRule, Key: "default|nightly"}},
	} {
		var list []types.Dimension
		for _, k := range names(c.dimensions) {
			list = append(list, types.Dimension{Name: ptr(k), Value: ptr(c.dimensions[k])})
		}
		if got := watchedBy(s, c.namespace, list); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s %v: got %+v, want %+v", c.namespace, c.dimensions, got, c.want)
		}
	}
	if got := watchedBy(s, "AWS/Billing", []types.Dimension{{Name: ptr("Currency"), Value: ptr("EUR")}}); len(got) != 0 {
		t.Errorf("a bill watches %v", got)
	}
}

func TestCompositeAlarmsDependOnTheAlarmsOfTheirRule(t *testing.T) {
	t.Parallel()
	it := compositeAlarm(&types.CompositeAlarm{AlarmName: ptr("shop"), AlarmActions: []string{"arn:aws:sns:eu-west-1:123456789012:ops"},
		AlarmRule: ptr(`ALARM("5xx errors") OR (ALARM(slow) AND NOT OK( "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:deploying" ))`)}, nil)
	wantEdges(t, it, "depends_on 5xx errors", "depends_on slow", "depends_on arn:aws:cloudwatch:eu-west-1:123456789012:alarm:deploying",
		"depends_on arn:aws:sns:eu-west-1:123456789012:ops")
}
