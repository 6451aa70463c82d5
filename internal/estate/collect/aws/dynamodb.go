package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"vigie/internal/estate/collect"
)

func dynamodbCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "dynamodb", Types: []string{typeTable}, Collect: tables, Actions: []string{
			"dynamodb:ListTables", "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups", "tag:GetResources",
		}},
	}
}

func tables(ctx context.Context, s *collect.Session) error {
	api := dynamodb.NewFromConfig(s.Config())
	all := tagged(ctx, s, "dynamodb:table")
	return collect.Pages(ctx, s, api.ListTables, &dynamodb.ListTablesInput{}, func(out *dynamodb.ListTablesOutput) error {
		return eachAtOnce(ctx, s, out.TableNames, func(name *string) collect.Item {
			d, ok := collect.Try(ctx, s, api.DescribeTable, &dynamodb.DescribeTableInput{TableName: name}, "ResourceNotFoundException")
			if !ok || d.Table == nil {
				return collect.Item{}
			}
			item := table(d.Table, all[str(d.Table.TableArn)])
			if b, ok := collect.Try(ctx, s, api.DescribeContinuousBackups, &dynamodb.DescribeContinuousBackupsInput{TableName: name},
				"TableNotFoundException", "ResourceNotFoundException"); ok {
				recovery := of(of(b.ContinuousBackupsDescription).PointInTimeRecoveryDescription)
				item.Attributes["PointInTimeRecoveryEnabled"] = recovery.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled
			}
			return item
		})
	})
}

// table leaves out how many items it holds and how large it is: these move by themselves.
func table(t *types.TableDescription, tags map[string]string) collect.Item {
	billing, through, sse := of(t.BillingModeSummary).BillingMode, of(t.ProvisionedThroughput), of(t.SSEDescription)
	if billing == "" {
		billing = types.BillingModeProvisioned
	}
	var key []string
	for _, k := range t.KeySchema {
		key = append(key, string(k.KeyType)+" "+str(k.AttributeName))
	}
	var e edges
	e.key(sse.KMSMasterKeyArn)
	return collect.Item{Type: typeTable, ID: str(t.TableName), ARN: str(t.TableArn), Tags: tags, Edges: e, Attributes: tidy(facts{
		"TableStatus": t.TableStatus, "BillingMode": billing, "ReadCapacityUnits": through.ReadCapacityUnits,
		"WriteCapacityUnits": through.WriteCapacityUnits, "KeySchema": key, "TableClass": of(t.TableClassSummary).TableClass,
		"DeletionProtectionEnabled": of(t.DeletionProtectionEnabled), "SSEType": sse.SSEType, "KMSMasterKeyId": sse.KMSMasterKeyArn,
		"StreamViewType": of(t.StreamSpecification).StreamViewType, "CreationDateTime": t.CreationDateTime,
		"GlobalSecondaryIndexes": pick(t.GlobalSecondaryIndexes, func(i *types.GlobalSecondaryIndexDescription) *string { return i.IndexName }),
		"LocalSecondaryIndexes":  pick(t.LocalSecondaryIndexes, func(i *types.LocalSecondaryIndexDescription) *string { return i.IndexName }),
		"Replicas":               pick(t.Replicas, func(r *types.ReplicaDescription) *string { return r.RegionName }),
	})}
}
