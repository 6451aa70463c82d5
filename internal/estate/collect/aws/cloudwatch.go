package aws

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"vigie/internal/estate/collect"
)

const (
	typeAlarm          = "AWS::CloudWatch::Alarm"
	typeCompositeAlarm = "AWS::CloudWatch::CompositeAlarm"
)

func cloudWatchCollectors() []collect.Collector {
	return []collect.Collector{{Service: "cloudwatch", Types: []string{typeAlarm, typeCompositeAlarm},
		Actions: []string{"cloudwatch:DescribeAlarms", "tag:GetResources"}, Collect: alarms}}
}

// alarms leaves their state out, which moves without any change of the estate.
func alarms(ctx context.Context, s *collect.Session) error {
	labels := tagged(ctx, s, "cloudwatch:alarm")
	in := &cloudwatch.DescribeAlarmsInput{MaxRecords: ptr[int32](100), AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}}
	// CloudWatch speaks CBOR, JSON and query alike; emulators do not speak the first, which is the SDK's choice.
	api := cloudwatch.NewFromConfig(s.Config(), func(o *cloudwatch.Options) { o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) })
	return collect.Pages(ctx, s, api.DescribeAlarms, in, func(out *cloudwatch.DescribeAlarmsOutput) error {
		if err := each(ctx, s, out.MetricAlarms, func(a *types.MetricAlarm) collect.Item { return metricAlarm(s, a, labels[str(a.AlarmArn)]) }); err != nil {
			return err
		}
		return each(ctx, s, out.CompositeAlarms, func(a *types.CompositeAlarm) collect.Item { return compositeAlarm(a, labels[str(a.AlarmArn)]) })
	})
}

func metricAlarm(s *collect.Session, a *types.MetricAlarm, labels map[string]string) collect.Item {
	var e edges
	watched := watchedBy(s, str(a.Namespace), a.Dimensions)
	var metrics []string
	for _, q := range a.Metrics { // an expression over several metrics
		if q.MetricStat == nil || q.MetricStat.Metric == nil || str(q.AccountId) != "" && str(q.AccountId) != s.Account {
			continue
		}
		m := q.MetricStat.Metric
		watched = append(watched, watchedBy(s, str(m.Namespace), m.Dimensions)...)
		metrics = append(metrics, str(m.Namespace)+"/"+str(m.MetricName))
	}
	for _, w := range watched {
		if edge := (collect.Edge{Type: collect.Monitors, To: w}); !slices.Contains(e, edge) {
			e = append(e, edge)
		}
	}
	e.arns(collect.DependsOn, actionsOf(a.AlarmActions, a.OKActions, a.InsufficientDataActions)...)
	dimensions := map[string]string{}
	for _, d := range a.Dimensions {
		dimensions[str(d.Name)] = str(d.Value)
	}
	return collect.Item{Type: typeAlarm, ID: str(a.AlarmName), ARN: str(a.AlarmArn), Tags: labels, Edges: e, Attributes: tidy(facts{
		"AlarmDescription": a.AlarmDescription, "Namespace": a.Namespace, "MetricName": a.MetricName, "Dimensions": dimensions, "Metrics": metrics,
		"ComparisonOperator": a.ComparisonOperator, "Threshold": a.Threshold, "EvaluationPeriods": a.EvaluationPeriods, "Period": a.Period,
		"DatapointsToAlarm": a.DatapointsToAlarm, "Statistic": a.Statistic, "ExtendedStatistic": a.ExtendedStatistic,
		"TreatMissingData": a.TreatMissingData, "ActionsEnabled": a.ActionsEnabled, "AlarmActions": a.AlarmActions, "OKActions": a.OKActions,
		"InsufficientDataActions": a.InsufficientDataActions,
	})}
}

// alarmInRule finds the alarms of a composite's rule: ALARM("checkout-5xx") AND NOT OK(arn:...:alarm:x).
var alarmInRule = regexp.MustCompile(`\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*"?([^")]+?)"?\s*\)`)

func compositeAlarm(a *types.CompositeAlarm, labels map[string]string) collect.Item {
	var e edges
	var children []string
	for _, m := range alarmInRule.FindAllStringSubmatch(str(a.AlarmRule), -1) {
		children = append(children, m[1])
	}
	e.to(collect.DependsOn, typeAlarm, unique(children)...)
	e.arns(collect.DependsOn, actionsOf(a.AlarmActions, a.OKActions, a.InsufficientDataActions)...)
	return collect.Item{Type: typeCompositeAlarm, ID: str(a.AlarmName), ARN: str(a.AlarmArn), Tags: labels, Edges: e, Attributes: tidy(facts{
		"AlarmDescription": a.AlarmDescription, "AlarmRule": a.AlarmRule, "ActionsEnabled": a.ActionsEnabled, "AlarmActions": a.AlarmActions,
		"OKActions": a.OKActions, "InsufficientDataActions": a.InsufficientDataActions, "ActionsSuppressor": a.ActionsSuppressor,
	})}
}

// actionsOf keeps the actions that are resources: topics and functions, not "arn:aws:automate:eu-west-1:ec2:recover".
func actionsOf(lists ...[]string) []string {
	var out []string
	for _, a := range unique(slices.Concat(lists...)) {
		if s := serviceOf(a); s == "sns" || s == "lambda" {
			out = append(out, bare(a))
		}
	}
	return out
}
