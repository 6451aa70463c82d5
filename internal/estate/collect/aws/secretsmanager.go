package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"vigie/internal/estate/collect"
)

const typeSecret = "AWS::SecretsManager::Secret"

// Names and rotation only: the action that reads a secret is not in the policy, and no field here could hold one.
func secretsManagerCollectors() []collect.Collector {
	return []collect.Collector{{Service: "secretsmanager", Types: []string{typeSecret}, Actions: []string{"secretsmanager:ListSecrets"}, Collect: secrets}}
}

func secrets(ctx context.Context, s *collect.Session) error {
	in := &secretsmanager.ListSecretsInput{MaxResults: ptr[int32](100)}
	return collect.Pages(ctx, s, secretsmanager.NewFromConfig(s.Config()).ListSecrets, in, func(out *secretsmanager.ListSecretsOutput) error {
		return each(ctx, s, out.SecretList, func(v *types.SecretListEntry) collect.Item {
			rules := of(v.RotationRules)
			var e edges
			if str(v.KmsKeyId) != "" {
				e.key(keyRef(s, v.KmsKeyId))
			}
			e.arns(collect.DependsOn, bare(str(v.RotationLambdaARN)))
			return collect.Item{Type: typeSecret, ID: str(v.ARN), ARN: str(v.ARN), Name: str(v.Name), Tags: tags(v.Tags), Edges: e,
				// Tasks and builds may name a secret without the six characters that AWS adds.
				Keys: []string{s.ARN("secretsmanager", "secret:"+str(v.Name))},
				Attributes: tidy(facts{
					"Name": v.Name, "Description": v.Description, "KmsKeyId": v.KmsKeyId, "RotationEnabled": of(v.RotationEnabled),
					"RotationLambdaARN": v.RotationLambdaARN, "RotationDays": rules.AutomaticallyAfterDays, "RotationSchedule": rules.ScheduleExpression,
					"LastRotatedDate": v.LastRotatedDate, "LastChangedDate": v.LastChangedDate, "CreatedDate": v.CreatedDate,
					"OwningService": v.OwningService, "PrimaryRegion": v.PrimaryRegion, "DeletedDate": v.DeletedDate,
				})}
		})
	})
}
