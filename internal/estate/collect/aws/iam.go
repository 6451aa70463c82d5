package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"vigie/internal/estate/collect"
)

const (
	typeUser           = "AWS::IAM::User"
	typeGroup          = "AWS::IAM::Group"
	typeManagedPolicy  = "AWS::IAM::ManagedPolicy"
	typePasswordPolicy = "AWS::IAM::PasswordPolicy"
	typeRootUser       = "AWS::IAM::RootUser"
)

// Users, roles, groups and policies come from GetAccountAuthorizationDetails: one walk gives tags, groups and attached policies with
// them, where the plain lists would take several calls for each.
func iamCollectors() []collect.Collector {
	const details = "iam:GetAccountAuthorizationDetails"
	return []collect.Collector{
		{Service: "iam", Types: []string{typeUser}, Reach: collect.Global, Collect: users,
			Actions: []string{details, "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListMFADevices"}},
		{Service: "iam", Types: []string{typeRole}, Reach: collect.Global, Actions: []string{details}, Collect: roles},
		{Service: "iam", Types: []string{typeGroup}, Reach: collect.Global, Actions: []string{details}, Collect: groups},
		{Service: "iam", Types: []string{typeManagedPolicy}, Reach: collect.Global, Actions: []string{details}, Collect: managedPolicies},
		{Service: "iam", Types: []string{typePasswordPolicy}, Reach: collect.Global, Actions: []string{"iam:GetAccountPasswordPolicy"}, Collect: passwordPolicy},
		{Service: "iam", Types: []string{typeRootUser}, Reach: collect.Global, Collect: rootUser, Actions: []string{
			"iam:GetAccountSummary", "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListVirtualMFADevices"}},
	}
}

func eachIAM(ctx context.Context, s *collect.Session, kind types.EntityType, page func(*iam.GetAccountAuthorizationDetailsOutput) error) error {
	in := &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{kind}, MaxItems: ptr[int32](500)}
	return collect.Pages(ctx, s, iam.NewFromConfig(s.Config()).GetAccountAuthorizationDetails, in, page)
}

func users(ctx context.Context, s *collect.Session) error {
	api := iam.NewFromConfig(s.Config())
	report := credentialReport(ctx, s, api)
	own, err := ownPolicies(ctx, s)
	if err != nil {
		return err
	}
	return eachIAM(ctx, s, types.EntityTypeUser, func(out *iam.GetAccountAuthorizationDetailsOutput) error {
		return eachAtOnce(ctx, s, out.UserDetailList, func(u *types.UserDetail) collect.Item {
			policies, e := attached(u.AttachedManagedPolicies)
			e.from(collect.Contains, typeGroup, u.GroupList...)
			f := facts{"Path": u.Path, "CreateDate": u.CreateDate, "Groups": u.GroupList, "ManagedPolicyArns": policies,
				"AllowsAll":           own.allowsAll(policies, u.UserPolicyList),
				"InlinePolicies":      pick(u.UserPolicyList, func(p *types.PolicyDetail) *string { return p.PolicyName }),
				"PermissionsBoundary": of(u.PermissionsBoundary).PermissionsBoundaryArn}
			line, known := report.lines[str(u.Arn)]
			report.describe(line, f)
			// The report says whether there are devices; only then is it worth a call to learn which.
			if !known || line["mfa_active"] == "true" {
				if d, ok := collect.Try(ctx, s, api.ListMFADevices, &iam.ListMFADevicesInput{UserName: u.UserName}, "NoSuchEntity"); ok {
					f["MFADevices"] = pick(d.MFADevices, func(m *types.MFADevice) *string { return m.SerialNumber })
					f["MFAActive"] = len(d.MFADevices) > 0
				}
			}
			return collect.Item{Type: typeUser, ID: str(u.UserName), ARN: str(u.Arn), Tags: tags(u.Tags), Edges: e, Attributes: tidy(f)}
		})
	})
}

func roles(ctx context.Context, s *collect.Session) error {
	own, err := ownPolicies(ctx, s)
	if err != nil {
		return err
	}
	return eachIAM(ctx, s, types.EntityTypeRole, func(out *iam.GetAccountAuthorizationDetailsOutput) error {
		return each(ctx, s, out.RoleDetailList, func(r *types.RoleDetail) collect.Item {
			policies, e := attached(r.AttachedManagedPolicies)
			profiles := pick(r.InstanceProfileList, func(p *types.InstanceProfile) *string { return p.Arn })
			f := facts{
				"Path": r.Path, "CreateDate": r.CreateDate, "ManagedPolicyArns": policies, "InstanceProfiles": profiles,
				"InlinePolicies":      pick(r.RolePolicyList, func(p *types.PolicyDetail) *string { return p.PolicyName }),
				"AllowsAll":           own.allowsAll(policies, r.RolePolicyList),
				"PermissionsBoundary": of(r.PermissionsBoundary).PermissionsBoundaryArn,
				"ServiceLinked":       strings.HasPrefix(str(r.Path), "/aws-service-role/"),
			}
			if t, ok := trustOf(str(r.AssumeRolePolicyDocument), s.Account); ok {
				f["TrustedPrincipals"], f["TrustedAccounts"], f["TrustsAnyone"], f["RequiresExternalId"] = t.Principals, t.Accounts, t.Anyone, t.ExternalID
			}
			return collect.Item{Type: typeRole, ID: str(r.RoleName), ARN: str(r.Arn), Tags: tags(r.Tags), Edges: e, Keys: profiles, Attributes: tidy(f)}
		})
	})
}

func groups(ctx context.Context, s *collect.Session) error {
	return eachIAM(ctx, s, types.EntityTypeGroup, func(out *iam.GetAccountAuthorizationDetailsOutput) error {
		return each(ctx, s, out.GroupDetailList, func(g *types.GroupDetail) collect.Item {
			policies, e := attached(g.AttachedManagedPolicies)
			return collect.Item{Type: typeGroup, ID: str(g.GroupName), ARN: str(g.Arn), Edges: e, Attributes: tidy(facts{
				"Path": g.Path, "CreateDate": g.CreateDate, "ManagedPolicyArns": policies,
				"InlinePolicies": pick(g.GroupPolicyList, func(p *types.PolicyDetail) *string { return p.PolicyName }),
			})}
		})
	})
}

func managedPolicies(ctx context.Context, s *collect.Session) error {
	return eachIAM(ctx, s, types.EntityTypeLocalManagedPolicy, func(out *iam.GetAccountAuthorizationDetailsOutput) error {
		return each(ctx, s, out.Policies, func(p *types.ManagedPolicyDetail) collect.Item {
			f := facts{
				"ManagedPolicyName": p.PolicyName, "Path": p.Path, "Description": p.Description, "CreateDate": p.CreateDate,
				"UpdateDate": p.UpdateDate, "DefaultVersionId": p.DefaultVersionId, "Attached": of(p.AttachmentCount) > 0,
			}
			if all, ok := managedAllowsAll(*p); ok {
				f["AllowsAll"] = all
			}
			return collect.Item{Type: typeManagedPolicy, ID: str(p.Arn), ARN: str(p.Arn), Name: str(p.PolicyName), Attributes: tidy(f)}
		})
	})
}

// attached gives the policies of a user, role or group, and edges to those that are the customer's own.
func attached(list []types.AttachedPolicy) ([]string, edges) {
	arns := pick(list, func(p *types.AttachedPolicy) *string { return p.PolicyArn })
	var e edges
	for _, a := range arns {
		if !strings.Contains(a, ":iam::aws:") {
			e.to(collect.DependsOn, typeManagedPolicy, a)
		}
	}
	return arns, e
}

func passwordPolicy(ctx context.Context, s *collect.Session) error {
	out, ok := collect.Try(ctx, s, iam.NewFromConfig(s.Config()).GetAccountPasswordPolicy, &iam.GetAccountPasswordPolicyInput{}, "NoSuchEntity")
	if !ok {
		return nil
	}
	p := of(out.PasswordPolicy)
	return s.Emit(ctx, collect.Item{Type: typePasswordPolicy, ID: s.Account, Name: "password policy " + s.Account, Attributes: tidy(facts{
		"MinimumPasswordLength": p.MinimumPasswordLength, "RequireSymbols": p.RequireSymbols, "RequireNumbers": p.RequireNumbers,
		"RequireUppercaseCharacters": p.RequireUppercaseCharacters, "RequireLowercaseCharacters": p.RequireLowercaseCharacters,
		"AllowUsersToChangePassword": p.AllowUsersToChangePassword, "ExpirePasswords": p.ExpirePasswords, "MaxPasswordAge": p.MaxPasswordAge,
		"PasswordReusePrevention": p.PasswordReusePrevention, "HardExpiry": p.HardExpiry,
	})})
}

// rootUser is the one user that every account has and no list of users names.
func rootUser(ctx context.Context, s *collect.Session) error {
	api := iam.NewFromConfig(s.Config())
	out, err := collect.Do(ctx, s, api.GetAccountSummary, &iam.GetAccountSummaryInput{})
	if err != nil {
		return err
	}
	arn := s.GlobalARN("iam", "root")
	f := facts{"AccessKeysPresent": out.SummaryMap["AccountAccessKeysPresent"] > 0, "SigningCertificatesPresent": out.SummaryMap["AccountSigningCertificatesPresent"] > 0}
	report := credentialReport(ctx, s, api)
	report.describe(report.lines[arn], f)
	f["MFAActive"] = out.SummaryMap["AccountMFAEnabled"] > 0
	delete(f, "PasswordEnabled") // the root user always has one; the report says "not_supported"
	virtual := false
	in := &iam.ListVirtualMFADevicesInput{AssignmentStatus: types.AssignmentStatusTypeAssigned}
	err = collect.Pages(ctx, s, api.ListVirtualMFADevices, in, func(out *iam.ListVirtualMFADevicesOutput) error {
		for _, d := range out.VirtualMFADevices {
			virtual = virtual || str(of(d.User).Arn) == arn
		}
		return nil
	})
	if err != nil {
		s.Note(err)
	}
	f["MFAVirtual"] = virtual
	return s.Emit(ctx, collect.Item{Type: typeRootUser, ID: s.Account, ARN: arn, Name: "root " + s.Account, Attributes: tidy(f)})
}
