package aws

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/backup"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	securityhubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"vigie/internal/estate/collect"
)

// runs is run for collectors of one reach, since a type may have one of each.
func (c *canned) runs(t *testing.T, typ string, reach collect.Reach) ([]collect.Item, collect.Result) {
	t.Helper()
	found := &emulated{items: map[string][]collect.Item{}, ends: map[string]collect.Result{}}
	r := collect.Runner{Source: c, Limits: collect.NewLimits(), Sink: found, Log: quiet}
	for _, one := range Registry() {
		if slices.Contains(one.Types, typ) && one.Reach == reach {
			r.Collectors = append(r.Collectors, one)
		}
	}
	if err := r.Account(t.Context(), collect.Account{ID: testAccount, Partition: "aws", Regions: []string{"eu-west-1"}}); err != nil {
		t.Fatal(err)
	}
	for _, end := range found.ends {
		return found.items[typ], end
	}
	t.Fatalf("no collector of %s", typ)
	return nil, collect.Result{}
}

func webACLAnswers() map[string]func(any) (any, error) {
	const acl = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/1"
	return map[string]func(any) (any, error){
		"wafv2:ListWebACLs": answers(func(in *wafv2.ListWebACLsInput) *wafv2.ListWebACLsOutput {
			if in.Scope == types.ScopeCloudfront {
				return &wafv2.ListWebACLsOutput{WebACLs: []types.WebACLSummary{{ARN: ptr("arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/2"), Name: ptr("edge")}}}
			}
			if str(in.NextMarker) == "" { // the service names the last of a page as the marker of the next, even where none follows
				return &wafv2.ListWebACLsOutput{WebACLs: []types.WebACLSummary{{ARN: ptr(acl), Name: ptr("shop")}}, NextMarker: ptr("shop")}
			}
			return &wafv2.ListWebACLsOutput{}
		}),
		"wafv2:GetWebACL": answers(func(*wafv2.GetWebACLInput) *wafv2.GetWebACLOutput {
			return &wafv2.GetWebACLOutput{WebACL: &types.WebACL{DefaultAction: &types.DefaultAction{Block: &types.BlockAction{}}, Rules: []types.Rule{
				{Name: ptr("common"), Statement: &types.Statement{ManagedRuleGroupStatement: &types.ManagedRuleGroupStatement{VendorName: ptr("AWS"), Name: ptr("Core")}}}}}}
		}),
		"wafv2:GetLoggingConfiguration": refuses("WAFNonexistentItemException"),
		"wafv2:ListTagsForResource": answers(func(*wafv2.ListTagsForResourceInput) *wafv2.ListTagsForResourceOutput {
			return &wafv2.ListTagsForResourceOutput{TagInfoForResource: &types.TagInfoForResource{TagList: []types.Tag{{Key: ptr("Owner"), Value: ptr("shop")}}}}
		}),
		"wafv2:ListResourcesForWebACL": func(in any) (any, error) {
			switch in.(*wafv2.ListResourcesForWebACLInput).ResourceType {
			case types.ResourceTypeApplicationLoadBalancer:
				return &wafv2.ListResourcesForWebACLOutput{ResourceArns: []string{"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/1"}}, nil
			case types.ResourceTypeApiGateway:
				return &wafv2.ListResourcesForWebACLOutput{ResourceArns: []string{"arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod"}}, nil
			}
			return refuses("WAFInvalidParameterException")(in)
		},
	}
}

func TestWebACLsProtectWhatTheyStandBefore(t *testing.T) {
	t.Parallel()
	c := &canned{answers: webACLAnswers()}
	items, end := c.runs(t, typeWebACL, collect.Regional)
	if end.Outcome != collect.Complete || len(items) != 1 {
		t.Fatalf("%+v: %+v", end, items)
	}
	wantEdges(t, items[0], "protects arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/1",
		"protects arn:aws:apigateway:eu-west-1::/restapis/abc")
	wantFacts(t, items[0], facts{"DefaultAction": "Block", "Scope": "REGIONAL", "ManagedRuleGroups": []string{"AWS/Core"}})
	if items[0].Tags["Owner"] != "shop" {
		t.Errorf("tags %v", items[0].Tags)
	}
}

// CloudFront's web ACLs belong to no region, and are not asked what they protect: distributions say so.
func TestWebACLsOfCloudFrontAreGlobal(t *testing.T) {
	t.Parallel()
	c := &canned{answers: webACLAnswers()}
	items, end := c.runs(t, typeWebACL, collect.Global)
	if end.Outcome != collect.Complete || len(items) != 1 || items[0].Region != collect.GlobalRegion || items[0].Name != "edge" {
		t.Errorf("%+v: %+v", end, items)
	}
	if c.calls["wafv2:ListResourcesForWebACL"] != 0 {
		t.Error("asked for the resources of a global web ACL, which AWS refuses")
	}
}

func TestSelectionsProtectWhatTheyName(t *testing.T) {
	t.Parallel()
	const table = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
	c := &canned{answers: map[string]func(any) (any, error){
		"backup:ListBackupPlans": answers(func(*backup.ListBackupPlansInput) *backup.ListBackupPlansOutput {
			return &backup.ListBackupPlansOutput{BackupPlansList: []backuptypes.BackupPlansListMember{{BackupPlanId: ptr("plan")}}}
		}),
		"backup:ListBackupSelections": answers(func(in *backup.ListBackupSelectionsInput) *backup.ListBackupSelectionsOutput {
			return &backup.ListBackupSelectionsOutput{BackupSelectionsList: []backuptypes.BackupSelectionsListMember{{SelectionId: ptr("s"), SelectionName: ptr("daily"), BackupPlanId: in.BackupPlanId}}}
		}),
		"backup:GetBackupSelection": answers(func(*backup.GetBackupSelectionInput) *backup.GetBackupSelectionOutput {
			return &backup.GetBackupSelectionOutput{BackupSelection: &backuptypes.BackupSelection{Resources: []string{table, "arn:aws:ec2:*:*:volume/*"},
				Conditions: &backuptypes.Conditions{StringEquals: []backuptypes.ConditionParameter{{ConditionKey: ptr("aws:ResourceTag/Backup"), ConditionValue: ptr("daily")}}}}}
		}),
	}}
	items, end := c.run(t, typeSelection)
	if end.Outcome != collect.Complete || len(items) != 1 {
		t.Fatalf("%+v: %+v", end, items)
	}
	wantEdges(t, items[0], "protects "+table, "< contains plan")
	wantFacts(t, items[0], facts{"ListOfTags": []string{"Backup=daily"}})
	if len(items[0].Edges) != 2 {
		t.Errorf("a pattern is no edge: %+v", items[0].Edges)
	}
}

func TestSecurityHubThatIsOffIsAnAnswer(t *testing.T) {
	t.Parallel()
	off := &canned{answers: map[string]func(any) (any, error){"securityhub:DescribeHub": refuses("InvalidAccessException")}}
	if items, end := off.run(t, typeHub); end.Outcome != collect.Complete || len(items) != 0 {
		t.Errorf("off: %+v %+v", end, items)
	}
	on := &canned{answers: map[string]func(any) (any, error){
		"securityhub:DescribeHub": answers(func(*securityhub.DescribeHubInput) *securityhub.DescribeHubOutput {
			return &securityhub.DescribeHubOutput{HubArn: ptr("arn:aws:securityhub:eu-west-1:123456789012:hub/default")}
		}),
		"securityhub:GetEnabledStandards": answers(func(*securityhub.GetEnabledStandardsInput) *securityhub.GetEnabledStandardsOutput {
			return &securityhub.GetEnabledStandardsOutput{StandardsSubscriptions: []securityhubtypes.StandardsSubscription{{StandardsArn: ptr("cis")}}}
		}),
	}}
	items, end := on.run(t, typeHub)
	if end.Outcome != collect.Complete || len(items) != 1 {
		t.Fatalf("on: %+v %+v", end, items)
	}
	wantFacts(t, items[0], facts{"EnabledStandards": []string{"cis"}})
}

// A managed instance must not answer to the ARN of the instance that it is.
func TestManagedInstances(t *testing.T) {
	t.Parallel()
	c := &canned{answers: map[string]func(any) (any, error){
		"ssm:DescribeInstanceInformation": answers(func(*ssm.DescribeInstanceInformationInput) *ssm.DescribeInstanceInformationOutput {
			return &ssm.DescribeInstanceInformationOutput{InstanceInformationList: []ssmtypes.InstanceInformation{
				{InstanceId: ptr("i-1"), ComputerName: ptr("web")}, {InstanceId: ptr("mi-2"), Name: ptr("mill"), IamRole: ptr("on-premises")}}}
		}),
	}}
	items, _ := c.run(t, typeManagedInstance)
	if len(items) != 2 || items[0].ARN != "" || items[1].ARN != "arn:aws:ssm:eu-west-1:123456789012:managed-instance/mi-2" {
		t.Fatalf("%+v", items)
	}
	wantEdges(t, items[0], "runs_on i-1")
	wantEdges(t, items[1], "depends_on on-premises")
}

// Without the credential report users are still there, and the scope says what it was not allowed.
func TestUsersWithoutTheirReport(t *testing.T) {
	t.Parallel()
	c := &canned{answers: map[string]func(any) (any, error){
		"iam:GenerateCredentialReport": refuses("AccessDenied"),
		"iam:GetAccountAuthorizationDetails": answers(func(in *iam.GetAccountAuthorizationDetailsInput) *iam.GetAccountAuthorizationDetailsOutput {
			if str(in.Marker) == "" {
				return &iam.GetAccountAuthorizationDetailsOutput{UserDetailList: []iamtypes.UserDetail{{UserName: ptr("a")}}, IsTruncated: true, Marker: ptr("2")}
			}
			return &iam.GetAccountAuthorizationDetailsOutput{UserDetailList: []iamtypes.UserDetail{{UserName: ptr("b")}}}
		}),
		"iam:ListMFADevices": answers(func(in *iam.ListMFADevicesInput) *iam.ListMFADevicesOutput {
			if *in.UserName == "b" {
				return &iam.ListMFADevicesOutput{}
			}
			return &iam.ListMFADevicesOutput{MFADevices: []iamtypes.MFADevice{{SerialNumber: ptr("arn:aws:iam::123456789012:mfa/a")}}}
		}),
	}}
	items, end := c.runs(t, typeUser, collect.Global)
	if end.Outcome != collect.Denied || end.Action != "iam:GenerateCredentialReport" || len(items) != 2 {
		t.Fatalf("%+v: %+v", end, items)
	}
	wantFacts(t, items[0], facts{"MFAActive": true})
	wantFacts(t, items[1], facts{"MFAActive": false})
}
