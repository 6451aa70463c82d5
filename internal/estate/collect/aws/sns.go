package aws

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"vigie/internal/estate/collect"
)

const typeTopic = "AWS::SNS::Topic"

func snsCollectors() []collect.Collector {
	return []collect.Collector{{Service: "sns", Types: []string{typeTopic}, Collect: topics, Actions: []string{
		"sns:ListTopics", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource",
	}}}
}

func topics(ctx context.Context, s *collect.Session) error {
	api := sns.NewFromConfig(s.Config())
	return collect.Pages(ctx, s, api.ListTopics, &sns.ListTopicsInput{}, func(out *sns.ListTopicsOutput) error {
		return eachAtOnce(ctx, s, out.Topics, func(t *types.Topic) collect.Item {
			arn := str(t.TopicArn)
			f := facts{}
			var e edges
			if a, ok := collect.Try(ctx, s, api.GetTopicAttributes, &sns.GetTopicAttributesInput{TopicArn: t.TopicArn}, "NotFound"); ok {
				f["DisplayName"], f["KmsMasterKeyId"] = a.Attributes["DisplayName"], a.Attributes["KmsMasterKeyId"]
				f["FifoTopic"], f["SignatureVersion"] = a.Attributes["FifoTopic"] == "true", a.Attributes["SignatureVersion"]
				e.key(keyRef(s, ptr(a.Attributes["KmsMasterKeyId"])))
			}
			var endpoints []string
			in := &sns.ListSubscriptionsByTopicInput{TopicArn: t.TopicArn}
			err := collect.Pages(ctx, s, api.ListSubscriptionsByTopic, in, func(out *sns.ListSubscriptionsByTopicOutput) error {
				for _, v := range out.Subscriptions {
					e.arns(collect.RoutesTo, bare(str(v.Endpoint)))
					endpoints = append(endpoints, subscription(v))
				}
				return nil
			})
			if err != nil && !hasCode(err, "NotFound") {
				s.Note(err)
			}
			item := collect.Item{Type: typeTopic, ID: arn, ARN: arn, Name: arn[strings.LastIndexByte(arn, ':')+1:], Edges: e}
			if l, ok := collect.Try(ctx, s, api.ListTagsForResource, &sns.ListTagsForResourceInput{ResourceArn: t.TopicArn}, "ResourceNotFound"); ok {
				item.Tags = tags(l.Tags)
			}
			f["Subscription"] = endpoints
			item.Attributes = tidy(f)
			return item
		})
	})
}

// subscription says who listens: "email ops@example.com", "https events.pagerduty.com". Of an address only the host is kept, since
// the path of a web hook is its secret.
func subscription(v types.Subscription) string {
	protocol, endpoint := str(v.Protocol), str(v.Endpoint)
	if strings.HasPrefix(protocol, "http") {
		if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
			endpoint = u.Host
		} else {
			endpoint = ""
		}
	}
	state := ""
	if str(v.SubscriptionArn) == "PendingConfirmation" {
		state = " (pending)"
	}
	return protocol + " " + endpoint + state
}
