package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/guardduty"

	"vigie/internal/estate/collect"
)

const typeDetector = "AWS::GuardDuty::Detector"

func guardDutyCollectors() []collect.Collector {
	return []collect.Collector{{Service: "guardduty", Types: []string{typeDetector}, Collect: detectors,
		Actions: []string{"guardduty:ListDetectors", "guardduty:GetDetector"}}}
}

func detectors(ctx context.Context, s *collect.Session) error {
	api := guardduty.NewFromConfig(s.Config())
	return collect.Pages(ctx, s, api.ListDetectors, &guardduty.ListDetectorsInput{}, func(out *guardduty.ListDetectorsOutput) error {
		return each(ctx, s, out.DetectorIds, func(id *string) collect.Item {
			item := collect.Item{Type: typeDetector, ID: *id, Name: "GuardDuty " + s.Region, ARN: s.ARN("guardduty", "detector/"+*id)}
			d, ok := collect.Try(ctx, s, api.GetDetector, &guardduty.GetDetectorInput{DetectorId: id}, "BadRequestException")
			if !ok {
				return item
			}
			features := map[string]string{}
			for _, f := range d.Features {
				features[string(f.Name)] = string(f.Status)
			}
			item.Tags = d.Tags
			item.Attributes = tidy(facts{"Status": d.Status, "Enable": d.Status == "ENABLED", "Features": features, "ServiceRole": d.ServiceRole,
				"FindingPublishingFrequency": d.FindingPublishingFrequency, "CreatedAt": d.CreatedAt})
			return item
		})
	})
}
