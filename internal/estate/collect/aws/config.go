package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"vigie/internal/estate/collect"
)

const typeRecorder = "AWS::Config::ConfigurationRecorder"

func configCollectors() []collect.Collector {
	return []collect.Collector{{Service: "config", Types: []string{typeRecorder}, Collect: recorders, Actions: []string{
		"config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus", "config:DescribeDeliveryChannels",
	}}}
}

func recorders(ctx context.Context, s *collect.Session) error {
	api := configservice.NewFromConfig(s.Config())
	out, err := collect.Do(ctx, s, api.DescribeConfigurationRecorders, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil || len(out.ConfigurationRecorders) == 0 {
		return err
	}
	recording := map[string]bool{}
	if st, ok := collect.Try(ctx, s, api.DescribeConfigurationRecorderStatus, &configservice.DescribeConfigurationRecorderStatusInput{}); ok {
		for _, r := range st.ConfigurationRecordersStatus {
			recording[str(r.Name)] = r.Recording
		}
	}
	var channel types.DeliveryChannel // a region has one at most
	if d, ok := collect.Try(ctx, s, api.DescribeDeliveryChannels, &configservice.DescribeDeliveryChannelsInput{}); ok && len(d.DeliveryChannels) > 0 {
		channel = d.DeliveryChannels[0]
	}
	return each(ctx, s, out.ConfigurationRecorders, func(r *types.ConfigurationRecorder) collect.Item {
		name, group := str(r.Name), of(r.RecordingGroup)
		var e edges
		e.arns(collect.DependsOn, str(r.RoleARN), str(channel.SnsTopicARN))
		e.to(collect.DependsOn, typeBucket, str(channel.S3BucketName))
		f := facts{
			"RoleARN": r.RoleARN, "AllSupported": group.AllSupported, "IncludeGlobalResourceTypes": group.IncludeGlobalResourceTypes,
			"ResourceTypes": group.ResourceTypes, "RecordingStrategy": of(group.RecordingStrategy).UseOnly,
			"RecordingFrequency": of(r.RecordingMode).RecordingFrequency, "ServicePrincipal": r.ServicePrincipal,
			"DeliveryChannel": channel.Name, "S3BucketName": channel.S3BucketName,
		}
		if on, known := recording[name]; known {
			f["Recording"] = on
		}
		return collect.Item{Type: typeRecorder, ID: name, ARN: s.ARN("config", "config-recorder/"+name), Edges: e, Attributes: tidy(f)}
	})
}
