package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"vigie/internal/estate/collect"
)

const typeHub = "AWS::SecurityHub::Hub"

func securityHubCollectors() []collect.Collector {
	return []collect.Collector{{Service: "securityhub", Types: []string{typeHub}, Collect: hub,
		Actions: []string{"securityhub:DescribeHub", "securityhub:GetEnabledStandards"}}}
}

func hub(ctx context.Context, s *collect.Session) error {
	api := securityhub.NewFromConfig(s.Config())
	// Where Security Hub is not switched on there is no hub, which is an answer and no failure.
	out, ok := collect.Try(ctx, s, api.DescribeHub, &securityhub.DescribeHubInput{}, "InvalidAccessException", "ResourceNotFoundException")
	if !ok || str(out.HubArn) == "" {
		return nil
	}
	var standards []string
	err := collect.Pages(ctx, s, api.GetEnabledStandards, &securityhub.GetEnabledStandardsInput{}, func(out *securityhub.GetEnabledStandardsOutput) error {
		standards = append(standards, pick(out.StandardsSubscriptions, func(v *types.StandardsSubscription) *string { return v.StandardsArn })...)
		return nil
	})
	if err != nil {
		s.Note(err)
	}
	return s.Emit(ctx, collect.Item{Type: typeHub, ID: str(out.HubArn), ARN: str(out.HubArn), Name: "Security Hub " + s.Region, Attributes: tidy(facts{
		"AutoEnableControls": out.AutoEnableControls, "ControlFindingGenerator": out.ControlFindingGenerator,
		"SubscribedAt": out.SubscribedAt, "EnabledStandards": standards,
	})})
}
