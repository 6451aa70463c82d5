package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"vigie/internal/estate/collect"
)

const typeTrail = "AWS::CloudTrail::Trail"

func cloudTrailCollectors() []collect.Collector {
	return []collect.Collector{{Service: "cloudtrail", Types: []string{typeTrail}, Collect: trails, Actions: []string{
		"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags",
	}}}
}

func trails(ctx context.Context, s *collect.Session) error {
	api := cloudtrail.NewFromConfig(s.Config())
	out, err := collect.Do(ctx, s, api.DescribeTrails, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: ptr(false)})
	if err != nil {
		return err
	}
	return each(ctx, s, out.TrailList, func(t *types.Trail) collect.Item {
		// A trail shows in other regions, and an organisation's in every member: it is counted at home.
		if str(t.HomeRegion) != s.Region || accountOf(str(t.TrailARN)) != s.Account {
			return collect.Item{}
		}
		var e edges
		e.to(collect.DependsOn, typeBucket, str(t.S3BucketName))
		e.arns(collect.DependsOn, bare(str(t.CloudWatchLogsLogGroupArn)), str(t.SnsTopicARN), str(t.CloudWatchLogsRoleArn))
		e.key(keyRef(s, t.KmsKeyId))
		item := collect.Item{Type: typeTrail, ID: str(t.Name), ARN: str(t.TrailARN), Edges: e}
		f := facts{"S3BucketName": t.S3BucketName, "S3KeyPrefix": t.S3KeyPrefix, "IsMultiRegionTrail": of(t.IsMultiRegionTrail),
			"IsOrganizationTrail": of(t.IsOrganizationTrail), "IncludeGlobalServiceEvents": of(t.IncludeGlobalServiceEvents),
			"EnableLogFileValidation": of(t.LogFileValidationEnabled), "KMSKeyId": t.KmsKeyId, "CloudWatchLogsLogGroupArn": t.CloudWatchLogsLogGroupArn,
			"HasCustomEventSelectors": t.HasCustomEventSelectors, "HasInsightSelectors": t.HasInsightSelectors}
		if st, ok := collect.Try(ctx, s, api.GetTrailStatus, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN}, "TrailNotFoundException"); ok {
			f["IsLogging"], f["LatestDeliveryError"] = of(st.IsLogging), st.LatestDeliveryError
		}
		if l, ok := collect.Try(ctx, s, api.ListTags, &cloudtrail.ListTagsInput{ResourceIdList: []string{str(t.TrailARN)}}, "TrailNotFoundException"); ok {
			for _, r := range l.ResourceTagList {
				item.Tags = tags(r.TagsList)
			}
		}
		item.Attributes = tidy(f)
		return item
	})
}
