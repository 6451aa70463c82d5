package aws

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"vigie/internal/estate/collect"
)

func sqsCollectors() []collect.Collector {
	return []collect.Collector{{Service: "sqs", Types: []string{typeQueue}, Collect: queues, Actions: []string{
		"sqs:ListQueues", "sqs:GetQueueAttributes", "sqs:ListQueueTags",
	}}}
}

func queues(ctx context.Context, s *collect.Session) error {
	api := sqs.NewFromConfig(s.Config())
	// Without MaxResults there is no token, and the list ends at 1,000.
	in := &sqs.ListQueuesInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, api.ListQueues, in, func(out *sqs.ListQueuesOutput) error {
		return eachAtOnce(ctx, s, out.QueueUrls, func(address *string) collect.Item {
			name := (*address)[strings.LastIndexByte(*address, '/')+1:]
			item := collect.Item{Type: typeQueue, ID: *address, ARN: s.ARN("sqs", name), Name: name}
			const gone = "AWS.SimpleQueueService.NonExistentQueue"
			if a, ok := collect.Try(ctx, s, api.GetQueueAttributes, &sqs.GetQueueAttributesInput{QueueUrl: address,
				AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}}, gone, "QueueDoesNotExist"); ok {
				queueFacts(s, a.Attributes, &item)
			}
			if t, ok := collect.Try(ctx, s, api.ListQueueTags, &sqs.ListQueueTagsInput{QueueUrl: address}, gone, "QueueDoesNotExist"); ok {
				item.Tags = t.Tags
			}
			return item
		})
	})
}

// queueFacts takes the settings of a queue and none of its counters.
func queueFacts(s *collect.Session, a map[string]string, item *collect.Item) {
	var redrive struct {
		DeadLetterTargetArn string          `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.RawMessage `json:"maxReceiveCount"` // a number, or the same in quotes
	}
	if p := a["RedrivePolicy"]; p != "" && json.Unmarshal([]byte(p), &redrive) != nil {
		redrive.DeadLetterTargetArn = ""
	}
	var e edges
	e.arns(collect.DependsOn, redrive.DeadLetterTargetArn)
	e.key(keyRef(s, ptr(a["KmsMasterKeyId"])))
	item.Edges, item.Attributes = e, tidy(facts{
		"FifoQueue": a["FifoQueue"] == "true", "KmsMasterKeyId": a["KmsMasterKeyId"], "SqsManagedSseEnabled": setting(a, "SqsManagedSseEnabled"),
		"VisibilityTimeout": a["VisibilityTimeout"], "MessageRetentionPeriod": a["MessageRetentionPeriod"], "DelaySeconds": a["DelaySeconds"],
		"MaximumMessageSize": a["MaximumMessageSize"], "ReceiveMessageWaitTimeSeconds": a["ReceiveMessageWaitTimeSeconds"],
		"DeadLetterTargetArn": redrive.DeadLetterTargetArn, "MaxReceiveCount": strings.Trim(string(redrive.MaxReceiveCount), `"`),
		"HasPolicy": a["Policy"] != "",
	})
}
