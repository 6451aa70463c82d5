package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"vigie/internal/estate/collect"
)

const (
	typeOrganization = "AWS::Organizations::Organization"
	typeOU           = "AWS::Organizations::OrganizationalUnit"
	typeAccount      = "AWS::Organizations::Account"
)

func organizationCollectors() []collect.Collector {
	return []collect.Collector{{
		Service: "organizations", Types: []string{typeOrganization, typeOU, typeAccount}, Reach: collect.Global, OrganizationOnly: true,
		Collect: organization, Actions: []string{
			"organizations:DescribeOrganization", "organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent",
			"organizations:ListAccountsForParent", "organizations:ListAccounts", "organizations:ListTagsForResource",
		},
	}}
}

func organization(ctx context.Context, s *collect.Session) error {
	api := organizations.NewFromConfig(s.Config())
	out, err := collect.Do(ctx, s, api.DescribeOrganization, &organizations.DescribeOrganizationInput{})
	if hasCode(err, "AWSOrganizationsNotInUseException") {
		return nil
	}
	if err != nil {
		return err
	}
	o := of(out.Organization)
	if err := s.Emit(ctx, collect.Item{Type: typeOrganization, ID: str(o.Id), ARN: str(o.Arn), Attributes: tidy(facts{
		"FeatureSet": o.FeatureSet, "MasterAccountId": o.MasterAccountId, "MasterAccountEmail": o.MasterAccountEmail,
	})}); err != nil {
		return err
	}
	parents := map[string]collect.Edge{}
	err = collect.Pages(ctx, s, api.ListRoots, &organizations.ListRootsInput{}, func(out *organizations.ListRootsOutput) error {
		for _, r := range out.Roots {
			// The root is no CI of its own: what hangs on it hangs on the organisation.
			if err := unitsBelow(ctx, s, api, r.Id, collect.From(collect.Contains, typeOrganization, str(o.Id)), parents); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return collect.Pages(ctx, s, api.ListAccounts, &organizations.ListAccountsInput{}, func(out *organizations.ListAccountsOutput) error {
		return eachAtOnce(ctx, s, out.Accounts, func(a *types.Account) collect.Item {
			id, state := str(a.Id), string(a.State)
			if state == "" {
				state = string(a.Status) // the older name of the same fact
			}
			item := collect.Item{Type: typeAccount, ID: id, ARN: str(a.Arn), Name: str(a.Name), Tags: organizationTags(ctx, s, api, a.Id),
				Attributes: tidy(facts{"AccountName": a.Name, "Email": a.Email, "State": state, "JoinedMethod": a.JoinedMethod,
					"JoinedTimestamp": a.JoinedTimestamp})}
			if e, ok := parents[id]; ok {
				item.Edges = []collect.Edge{e}
			}
			return item
		})
	})
}

// unitsBelow emits the units under a parent, depth first, and notes which parent each account hangs on.
func unitsBelow(ctx context.Context, s *collect.Session, api *organizations.Client, parent *string, within collect.Edge, parents map[string]collect.Edge) error {
	err := collect.Pages(ctx, s, api.ListAccountsForParent, &organizations.ListAccountsForParentInput{ParentId: parent},
		func(out *organizations.ListAccountsForParentOutput) error {
			for _, a := range out.Accounts {
				parents[str(a.Id)] = within
			}
			return nil
		})
	if err != nil {
		return err
	}
	in := &organizations.ListOrganizationalUnitsForParentInput{ParentId: parent}
	return collect.Pages(ctx, s, api.ListOrganizationalUnitsForParent, in, func(out *organizations.ListOrganizationalUnitsForParentOutput) error {
		for _, u := range out.OrganizationalUnits {
			if err := s.Emit(ctx, collect.Item{Type: typeOU, ID: str(u.Id), ARN: str(u.Arn), Name: str(u.Name),
				Tags: organizationTags(ctx, s, api, u.Id), Edges: []collect.Edge{within}, Attributes: tidy(facts{"Name": u.Name})}); err != nil {
				return err
			}
			if err := unitsBelow(ctx, s, api, u.Id, collect.From(collect.Contains, typeOU, str(u.Id)), parents); err != nil {
				return err
			}
		}
		return nil
	})
}

func organizationTags(ctx context.Context, s *collect.Session, api *organizations.Client, id *string) map[string]string {
	all := map[string]string{}
	err := collect.Pages(ctx, s, api.ListTagsForResource, &organizations.ListTagsForResourceInput{ResourceId: id},
		func(out *organizations.ListTagsForResourceOutput) error {
			for _, t := range out.Tags {
				all[str(t.Key)] = str(t.Value)
			}
			return nil
		})
	if err != nil {
		s.Note(err)
	}
	return all
}
