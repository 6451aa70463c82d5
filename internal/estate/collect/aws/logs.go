package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"vigie/internal/estate/collect"
)

func logsCollectors() []collect.Collector {
	return []collect.Collector{{Service: "logs", Types: []string{typeLogGroup}, Actions: []string{"logs:DescribeLogGroups", "tag:GetResources"}, Collect: logGroups}}
}

// logGroups: no retention means kept for ever.
func logGroups(ctx context.Context, s *collect.Session) error {
	labels := tagged(ctx, s, "logs:log-group")
	in := &cloudwatchlogs.DescribeLogGroupsInput{Limit: ptr[int32](50)}
	return collect.Pages(ctx, s, cloudwatchlogs.NewFromConfig(s.Config()).DescribeLogGroups, in, func(out *cloudwatchlogs.DescribeLogGroupsOutput) error {
		return each(ctx, s, out.LogGroups, func(g *types.LogGroup) collect.Item {
			name := str(g.LogGroupName)
			arn := str(g.LogGroupArn)
			if arn == "" {
				arn = bare(str(g.Arn))
			}
			var e edges
			e.key(keyRef(s, g.KmsKeyId))
			if function, ok := strings.CutPrefix(name, "/aws/lambda/"); ok {
				e.to(collect.Monitors, typeFunction, function)
			}
			return collect.Item{Type: typeLogGroup, ID: name, ARN: arn, Tags: labels[arn], Edges: e, Attributes: tidy(facts{
				"RetentionInDays": g.RetentionInDays, "NeverExpires": g.RetentionInDays == nil, "KmsKeyId": g.KmsKeyId, "LogGroupClass": g.LogGroupClass,
				"DataProtectionStatus": g.DataProtectionStatus, "DeletionProtectionEnabled": g.DeletionProtectionEnabled,
			})}
		})
	})
}
