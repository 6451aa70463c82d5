package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"vigie/internal/estate/collect"
)

func kmsCollectors() []collect.Collector {
	return []collect.Collector{{Service: "kms", Types: []string{typeKey}, Collect: keys, Actions: []string{
		"kms:ListKeys", "kms:ListAliases", "kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListResourceTags",
	}}}
}

func keys(ctx context.Context, s *collect.Session) error {
	api := kms.NewFromConfig(s.Config())
	aliases := map[string][]string{}
	err := collect.Pages(ctx, s, api.ListAliases, &kms.ListAliasesInput{Limit: ptr[int32](100)}, func(out *kms.ListAliasesOutput) error {
		for _, a := range out.Aliases {
			aliases[str(a.TargetKeyId)] = append(aliases[str(a.TargetKeyId)], str(a.AliasName))
		}
		return nil
	})
	if err != nil {
		s.Note(err)
	}
	return collect.Pages(ctx, s, api.ListKeys, &kms.ListKeysInput{Limit: ptr[int32](1000)}, func(out *kms.ListKeysOutput) error {
		return eachAtOnce(ctx, s, out.Keys, func(k *types.KeyListEntry) collect.Item {
			id := str(k.KeyId)
			item := collect.Item{Type: typeKey, ID: id, ARN: str(k.KeyArn)}
			for _, a := range unique(aliases[id]) {
				item.Keys = append(item.Keys, s.ARN("kms", a))
			}
			if len(aliases[id]) > 0 {
				item.Name = strings.TrimPrefix(aliases[id][0], "alias/")
			}
			f := facts{"Aliases": aliases[id]}
			if d, ok := collect.Try(ctx, s, api.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}, "NotFoundException"); ok {
				item.Tags = keyFacts(ctx, s, api, of(d.KeyMetadata), f)
			}
			item.Attributes = tidy(f)
			return item
		})
	})
}

// keyFacts adds what describes a key. Keys that AWS manages are turned by AWS and carry no tags: no call is spent on them.
func keyFacts(ctx context.Context, s *collect.Session, api *kms.Client, m types.KeyMetadata, f facts) map[string]string {
	f["Description"], f["KeyManager"], f["KeyState"], f["Enabled"] = m.Description, m.KeyManager, m.KeyState, m.Enabled
	f["KeySpec"], f["KeyUsage"], f["Origin"], f["MultiRegion"] = m.KeySpec, m.KeyUsage, m.Origin, m.MultiRegion
	f["CreationDate"], f["DeletionDate"], f["ValidTo"] = m.CreationDate, m.DeletionDate, m.ValidTo
	if m.KeyManager == types.KeyManagerTypeAws {
		return nil
	}
	if m.KeySpec == types.KeySpecSymmetricDefault && m.Origin == types.OriginTypeAwsKms && m.KeyState == types.KeyStateEnabled {
		if r, ok := collect.Try(ctx, s, api.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: m.KeyId},
			"UnsupportedOperationException", "KMSInvalidStateException", "NotFoundException"); ok {
			f["EnableKeyRotation"], f["RotationPeriodInDays"] = r.KeyRotationEnabled, r.RotationPeriodInDays
		}
	}
	t, ok := collect.Try(ctx, s, api.ListResourceTags, &kms.ListResourceTagsInput{KeyId: m.KeyId}, "NotFoundException")
	if !ok {
		return nil
	}
	return tags(t.Tags)
}

// keyRef makes an ARN of what services name a key by: an ARN, an id, or an alias of the same account and region.
func keyRef(s *collect.Session, ref *string) *string {
	switch v := str(ref); {
	case strings.HasPrefix(v, "alias/"):
		return ptr(s.ARN("kms", v))
	case v != "" && !isARN(v):
		return ptr(s.ARN("kms", "key/"+v))
	}
	return ref
}
