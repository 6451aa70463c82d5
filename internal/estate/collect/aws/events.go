package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"vigie/internal/estate/collect"
)

const typeRule = "AWS::Events::Rule"

func eventsCollectors() []collect.Collector {
	return []collect.Collector{{Service: "events", Types: []string{typeRule}, Collect: eventRules, Actions: []string{
		"events:ListEventBuses", "events:ListRules", "events:ListTargetsByRule", "tag:GetResources",
	}}}
}

func eventRules(ctx context.Context, s *collect.Session) error {
	api := eventbridge.NewFromConfig(s.Config())
	labels := tagged(ctx, s, "events:rule")
	return collect.Pages(ctx, s, api.ListEventBuses, &eventbridge.ListEventBusesInput{}, func(out *eventbridge.ListEventBusesOutput) error {
		for _, bus := range out.EventBuses {
			in := &eventbridge.ListRulesInput{EventBusName: bus.Name}
			err := collect.Pages(ctx, s, api.ListRules, in, func(out *eventbridge.ListRulesOutput) error {
				return eachAtOnce(ctx, s, out.Rules, func(r *types.Rule) collect.Item { return eventRule(ctx, s, api, bus, r, labels) })
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func eventRule(ctx context.Context, s *collect.Session, api *eventbridge.Client, bus types.EventBus, r *types.Rule, labels map[string]map[string]string) collect.Item {
	var e edges
	var targets []string
	e.arns(collect.DependsOn, str(r.RoleArn))
	in := &eventbridge.ListTargetsByRuleInput{Rule: r.Name, EventBusName: bus.Name}
	err := collect.Pages(ctx, s, api.ListTargetsByRule, in, func(out *eventbridge.ListTargetsByRuleOutput) error {
		for _, t := range out.Targets { // what is sent to them is none of ours
			targets = append(targets, bare(str(t.Arn)))
			e.arns(collect.DependsOn, str(of(t.DeadLetterConfig).Arn), str(of(t.EcsParameters).TaskDefinitionArn))
		}
		return nil
	})
	if err != nil && !hasCode(err, "ResourceNotFoundException") {
		s.Note(err)
	}
	e.arns(collect.RoutesTo, unique(targets)...)
	f := facts{"EventBusName": bus.Name, "State": r.State, "ScheduleExpression": r.ScheduleExpression, "EventPattern": r.EventPattern,
		"Description": r.Description, "ManagedBy": r.ManagedBy, "RoleArn": r.RoleArn, "Targets": targets}
	return collect.Item{Type: typeRule, ID: str(bus.Name) + "|" + str(r.Name), ARN: str(r.Arn), Name: str(r.Name), Tags: labels[str(r.Arn)], Edges: e, Attributes: tidy(f)}
}
