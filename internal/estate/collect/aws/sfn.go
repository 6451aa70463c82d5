package aws

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"vigie/internal/estate/collect"
)

const typeStateMachine = "AWS::StepFunctions::StateMachine"

func sfnCollectors() []collect.Collector {
	return []collect.Collector{{Service: "states", Types: []string{typeStateMachine}, Collect: stateMachines, Actions: []string{
		"states:ListStateMachines", "states:DescribeStateMachine", "states:ListTagsForResource",
	}}}
}

func stateMachines(ctx context.Context, s *collect.Session) error {
	api := sfn.NewFromConfig(s.Config())
	in := &sfn.ListStateMachinesInput{MaxResults: 1000}
	return collect.Pages(ctx, s, api.ListStateMachines, in, func(out *sfn.ListStateMachinesOutput) error {
		return eachAtOnce(ctx, s, out.StateMachines, func(m *types.StateMachineListItem) collect.Item {
			item := collect.Item{Type: typeStateMachine, ID: str(m.StateMachineArn), ARN: str(m.StateMachineArn), Name: str(m.Name)}
			f := facts{"StateMachineType": m.Type, "CreationDate": m.CreationDate}
			if d, ok := collect.Try(ctx, s, api.DescribeStateMachine, &sfn.DescribeStateMachineInput{StateMachineArn: m.StateMachineArn},
				"StateMachineDoesNotExist"); ok {
				var e edges
				e.arns(collect.DependsOn, str(d.RoleArn))
				e.arns(collect.DependsOn, usedBy(s.Partition, str(d.Definition))...)
				for _, l := range of(d.LoggingConfiguration).Destinations {
					e.arns(collect.DependsOn, bare(str(of(l.CloudWatchLogsLogGroup).LogGroupArn)))
				}
				e.key(keyRef(s, of(d.EncryptionConfiguration).KmsKeyId))
				f["RoleArn"], f["Status"], f["LoggingLevel"] = d.RoleArn, d.Status, of(d.LoggingConfiguration).Level
				f["TracingEnabled"], f["RevisionId"] = of(d.TracingConfiguration).Enabled, d.RevisionId
				item.Edges = e
			}
			if t, ok := collect.Try(ctx, s, api.ListTagsForResource, &sfn.ListTagsForResourceInput{ResourceArn: m.StateMachineArn}, "ResourceNotFound"); ok {
				item.Tags = tags(t.Tags)
			}
			item.Attributes = tidy(f)
			return item
		})
	})
}

// inDefinition finds resources in a state machine's text. Those without an account ("arn:aws:states:::sqs:sendMessage") are verbs.
var inDefinition = regexp.MustCompile(`arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]+:\d{12}:[^"\\\s]+`)

// queueAddress is how a queue is named in a definition.
var queueAddress = regexp.MustCompile(`https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(\d{12})/([A-Za-z0-9_.-]+)`)

// usedBy names what a definition calls; the definition itself is not kept, since inputs may be written into it.
func usedBy(partition, definition string) []string {
	var out []string
	for _, m := range queueAddress.FindAllStringSubmatch(definition, -1) {
		out = append(out, "arn:"+partition+":sqs:"+m[1]+":"+m[2]+":"+m[3])
	}
	for _, ref := range inDefinition.FindAllString(definition, -1) {
		out = append(out, bare(ref))
	}
	return unique(out)
}
