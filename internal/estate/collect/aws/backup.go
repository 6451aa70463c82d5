package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"vigie/internal/estate/collect"
)

const (
	typeVault     = "AWS::Backup::BackupVault"
	typePlan      = "AWS::Backup::BackupPlan"
	typeSelection = "AWS::Backup::BackupSelection"
	typeProtected = "AWS::Backup::ProtectedResource"
)

func backupCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "backup", Types: []string{typeVault}, Actions: []string{"backup:ListBackupVaults", "backup:ListTags"}, Collect: vaults},
		{Service: "backup", Types: []string{typePlan}, Actions: []string{"backup:ListBackupPlans", "backup:GetBackupPlan", "backup:ListTags"}, Collect: plans},
		{Service: "backup", Types: []string{typeSelection}, Collect: selections,
			Actions: []string{"backup:ListBackupPlans", "backup:ListBackupSelections", "backup:GetBackupSelection"}},
		{Service: "backup", Types: []string{typeProtected}, Actions: []string{"backup:ListProtectedResources"}, Collect: protectedResources},
	}
}

func vaults(ctx context.Context, s *collect.Session) error {
	api := backup.NewFromConfig(s.Config())
	return collect.Pages(ctx, s, api.ListBackupVaults, &backup.ListBackupVaultsInput{}, func(out *backup.ListBackupVaultsOutput) error {
		return eachAtOnce(ctx, s, out.BackupVaultList, func(v *types.BackupVaultListMember) collect.Item {
			var e edges
			e.key(v.EncryptionKeyArn)
			return collect.Item{Type: typeVault, ID: str(v.BackupVaultName), ARN: str(v.BackupVaultArn), Edges: e,
				Tags: backupTags(ctx, s, api, v.BackupVaultArn), Attributes: tidy(facts{
					"EncryptionKeyArn": v.EncryptionKeyArn, "VaultType": v.VaultType, "CreationDate": v.CreationDate, "Locked": of(v.Locked),
					"LockDate": v.LockDate, "MinRetentionDays": v.MinRetentionDays, "MaxRetentionDays": v.MaxRetentionDays,
					"HasRecoveryPoints": v.NumberOfRecoveryPoints > 0,
				})}
		})
	})
}

func eachPlan(ctx context.Context, s *collect.Session, api *backup.Client, page func([]types.BackupPlansListMember) error) error {
	return collect.Pages(ctx, s, api.ListBackupPlans, &backup.ListBackupPlansInput{}, func(out *backup.ListBackupPlansOutput) error {
		return page(out.BackupPlansList)
	})
}

func plans(ctx context.Context, s *collect.Session) error {
	api := backup.NewFromConfig(s.Config())
	return eachPlan(ctx, s, api, func(list []types.BackupPlansListMember) error {
		return eachAtOnce(ctx, s, list, func(p *types.BackupPlansListMember) collect.Item {
			item := collect.Item{Type: typePlan, ID: str(p.BackupPlanId), ARN: str(p.BackupPlanArn), Name: str(p.BackupPlanName),
				Tags: backupTags(ctx, s, api, p.BackupPlanArn)}
			f := facts{"CreationDate": p.CreationDate, "VersionId": p.VersionId}
			if d, ok := collect.Try(ctx, s, api.GetBackupPlan, &backup.GetBackupPlanInput{BackupPlanId: p.BackupPlanId}, "ResourceNotFoundException"); ok {
				var rules []any
				var e edges
				for _, r := range of(d.BackupPlan).Rules {
					rules = append(rules, planRule(r))
					e.to(collect.DependsOn, typeVault, str(r.TargetBackupVaultName))
					for _, c := range r.CopyActions {
						e.arns(collect.DependsOn, str(c.DestinationBackupVaultArn))
					}
				}
				f["BackupPlanRule"], item.Edges = rules, e
			}
			item.Attributes = tidy(f)
			return item
		})
	})
}

func planRule(r types.BackupRule) facts {
	life := of(r.Lifecycle)
	return tidy(facts{
		"RuleName": r.RuleName, "TargetBackupVault": r.TargetBackupVaultName, "ScheduleExpression": r.ScheduleExpression,
		"ScheduleExpressionTimezone": r.ScheduleExpressionTimezone, "StartWindowMinutes": r.StartWindowMinutes,
		"CompletionWindowMinutes": r.CompletionWindowMinutes, "DeleteAfterDays": life.DeleteAfterDays,
		"MoveToColdStorageAfterDays": life.MoveToColdStorageAfterDays, "EnableContinuousBackup": r.EnableContinuousBackup,
		"CopyTo": pick(r.CopyActions, func(c *types.CopyAction) *string { return c.DestinationBackupVaultArn }),
	})
}

func selections(ctx context.Context, s *collect.Session) error {
	api := backup.NewFromConfig(s.Config())
	return eachPlan(ctx, s, api, func(list []types.BackupPlansListMember) error {
		for _, p := range list {
			in := &backup.ListBackupSelectionsInput{BackupPlanId: p.BackupPlanId}
			err := collect.Pages(ctx, s, api.ListBackupSelections, in, func(out *backup.ListBackupSelectionsOutput) error {
				return eachAtOnce(ctx, s, out.BackupSelectionsList, func(v *types.BackupSelectionsListMember) collect.Item {
					var e edges
					e.from(collect.Contains, typePlan, str(v.BackupPlanId))
					e.arns(collect.DependsOn, str(v.IamRoleArn))
					f := facts{"IamRoleArn": v.IamRoleArn, "BackupPlanId": v.BackupPlanId, "CreationDate": v.CreationDate}
					if d, ok := collect.Try(ctx, s, api.GetBackupSelection, &backup.GetBackupSelectionInput{
						BackupPlanId: v.BackupPlanId, SelectionId: v.SelectionId}, "ResourceNotFoundException"); ok {
						selectionFacts(of(d.BackupSelection), f, &e)
					}
					return collect.Item{Type: typeSelection, ID: str(v.SelectionId), Name: str(v.SelectionName), Edges: e, Attributes: tidy(f)}
				})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// selectionFacts tells what a selection takes in. Resources named in full become edges; patterns and tags stay facts, and what
// they caught shows among the protected resources.
func selectionFacts(v types.BackupSelection, f facts, e *edges) {
	f["Resources"], f["NotResources"] = v.Resources, v.NotResources
	for _, r := range v.Resources {
		if !strings.Contains(r, "*") {
			e.arns(collect.Protects, r)
		}
	}
	var tagged []string
	for _, t := range v.ListOfTags {
		tagged = append(tagged, str(t.ConditionKey)+"="+str(t.ConditionValue))
	}
	for _, c := range of(v.Conditions).StringEquals {
		tagged = append(tagged, strings.TrimPrefix(str(c.ConditionKey), "aws:ResourceTag/")+"="+str(c.ConditionValue))
	}
	f["ListOfTags"] = tagged
}

// protectedResources leaves out when each was last saved, which moves every day, and has no ARN: that is the resource's own.
func protectedResources(ctx context.Context, s *collect.Session) error {
	in := &backup.ListProtectedResourcesInput{}
	return collect.Pages(ctx, s, backup.NewFromConfig(s.Config()).ListProtectedResources, in, func(out *backup.ListProtectedResourcesOutput) error {
		return each(ctx, s, out.Results, func(p *types.ProtectedResource) collect.Item {
			var e edges
			e.arns(collect.Protects, str(p.ResourceArn))
			e.arns(collect.DependsOn, str(p.LastBackupVaultArn))
			return collect.Item{Type: typeProtected, ID: str(p.ResourceArn), Name: str(p.ResourceName), Edges: e, Attributes: tidy(facts{
				"ResourceType": p.ResourceType, "LastBackupVaultArn": p.LastBackupVaultArn,
			})}
		})
	})
}

func backupTags(ctx context.Context, s *collect.Session, api *backup.Client, arn *string) map[string]string {
	out, ok := collect.Try(ctx, s, api.ListTags, &backup.ListTagsInput{ResourceArn: arn}, "ResourceNotFoundException")
	if !ok {
		return nil
	}
	return out.Tags
}
