package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"vigie/internal/estate/collect"
)

func ecrCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ecr", Types: []string{typeECRRepository}, Collect: repositories,
			Actions: []string{"ecr:DescribeRepositories", "ecr:ListTagsForResource", "ecr:GetLifecyclePolicy"}},
	}
}

func repositories(ctx context.Context, s *collect.Session) error {
	api := ecr.NewFromConfig(s.Config())
	in := &ecr.DescribeRepositoriesInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, api.DescribeRepositories, in, func(out *ecr.DescribeRepositoriesOutput) error {
		return eachAtOnce(ctx, s, out.Repositories, func(r *types.Repository) collect.Item {
			const gone = "RepositoryNotFoundException"
			encryption := of(r.EncryptionConfiguration)
			var e edges
			e.key(encryption.KmsKey)
			item := collect.Item{Type: typeECRRepository, ID: str(r.RepositoryName), ARN: str(r.RepositoryArn), Edges: e, Attributes: tidy(facts{
				"RepositoryUri": r.RepositoryUri, "ImageTagMutability": r.ImageTagMutability, "CreatedAt": r.CreatedAt,
				"ScanOnPush": of(r.ImageScanningConfiguration).ScanOnPush, "EncryptionType": encryption.EncryptionType, "KmsKey": encryption.KmsKey,
			})}
			if t, ok := collect.Try(ctx, s, api.ListTagsForResource, &ecr.ListTagsForResourceInput{ResourceArn: r.RepositoryArn}, gone); ok {
				item.Tags = tags(t.Tags)
			}
			_, err := collect.Do(ctx, s, api.GetLifecyclePolicy, &ecr.GetLifecyclePolicyInput{RepositoryName: r.RepositoryName})
			switch {
			case err == nil || hasCode(err, "LifecyclePolicyNotFoundException"):
				item.Attributes["LifecyclePolicy"] = err == nil
			case !hasCode(err, gone):
				s.Note(err)
			}
			return item
		})
	})
}
