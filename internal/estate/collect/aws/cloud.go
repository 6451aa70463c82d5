package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"vigie/internal/estate/collect"
)

// Cloud enters AWS accounts from the machine's own identity. Configuration comes from the environment as in every AWS SDK
// (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...), read anew at each entry.
type Cloud struct {
	// Profile is a profile of the AWS configuration files; empty for the default chain.
	Profile string
}

// sessionName shows in the customer's CloudTrail who came.
const sessionName = "vigie"

// Enter proves that an account can be entered, and finds its regions. account may be empty: whichever account the credentials
// belong to. An empty role means the machine's own credentials.
func (c Cloud) Enter(ctx context.Context, account, role, externalID string, acceptOpen bool, regions []string) (collect.Account, error) {
	base, err := c.base(ctx)
	if err != nil {
		return collect.Account{}, err
	}
	cfg := base.Copy()
	if role != "" {
		if !acceptOpen {
			if err := c.refuseOpen(ctx, base, role); err != nil {
				return collect.Account{}, err
			}
		}
		cfg.Credentials = sdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(base), role, func(o *stscreds.AssumeRoleOptions) {
			o.ExternalID = sdk.String(externalID)
			o.RoleSessionName = sessionName
		}))
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		if account == "" {
			return collect.Account{}, fmt.Errorf("who the credentials belong to: %w", err)
		}
		return collect.Account{}, fmt.Errorf("enter account %s: %w", account, err)
	}
	out := collect.Account{ID: sdk.ToString(who.Account), Partition: "aws", Config: cfg}
	if a, err := arn.Parse(sdk.ToString(who.Arn)); err == nil {
		out.Partition = a.Partition
	}
	if account != "" && out.ID != account {
		return collect.Account{}, fmt.Errorf("enter account %s: the credentials lead to account %s", account, out.ID)
	}
	out.Manages = manages(ctx, cfg, out.ID)
	out.Regions, out.Off, err = regionsOf(ctx, cfg, regions)
	return out, err
}

// Organization lists the active accounts: id and name.
func (c Cloud) Organization(ctx context.Context, a collect.Account) (members [][2]string, err error) {
	pages := organizations.NewListAccountsPaginator(organizations.NewFromConfig(a.Config), &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the accounts of the organisation: %w", err)
		}
		for _, m := range page.Accounts {
			if state := string(m.State); state == "ACTIVE" || state == "" && string(m.Status) == "ACTIVE" {
				members = append(members, [2]string{sdk.ToString(m.Id), sdk.ToString(m.Name)})
			}
		}
	}
	return members, nil
}

func (c Cloud) base(ctx context.Context) (sdk.Config, error) {
	opts := []func(*config.LoadOptions) error{config.WithDefaultRegion("us-east-1"),
		config.WithLogger(logging.Nop{})} // it would write past our log; what goes wrong with a call is in its outcome
	if c.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(c.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	// Each client of a service would otherwise have a pool of connections of its own, and each collector makes a client: a
	// handshake for every place, and hundreds of idle connections. With AWS_CA_BUNDLE there is an HTTP client, else none.
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	if c, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		cfg.HTTPClient = c.WithReadTimeout(readTimeout).Freeze()
	}
	return cfg, nil
}

// readTimeout is how long a connection may stay silent.
const readTimeout = time.Minute

// refuseOpen tries the role without an ExternalId: it must be denied. Anything but a refusal or a success (no network, say)
// is left to the real attempt that follows.
func (c Cloud) refuseOpen(ctx context.Context, base sdk.Config, role string) error {
	_, err := sts.NewFromConfig(base).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: sdk.String(sessionName + "-check")})
	var api smithy.APIError
	switch {
	case err == nil:
		return collect.ErrOpenRole
	case errors.As(err, &api) && strings.Contains(api.ErrorCode(), "AccessDenied"):
		return nil
	}
	return fmt.Errorf("check the role %s: %w", role, err)
}

// manages tells whether the account manages its organisation; not being allowed to ask means no.
func manages(ctx context.Context, cfg sdk.Config, account string) bool {
	home := cfg.Copy()
	home.Region = "us-east-1"
	out, err := organizations.NewFromConfig(home).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	return err == nil && out.Organization != nil && sdk.ToString(out.Organization.MasterAccountId) == account
}

// regionsOf splits the wanted regions (all, if none are named) into those that are on for the account and those that are off.
func regionsOf(ctx context.Context, cfg sdk.Config, wanted []string) (on, off []string, err error) {
	out, err := ec2.NewFromConfig(cfg).DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: sdk.Bool(true)})
	if err != nil {
		if len(wanted) > 0 { // not allowed to ask: the scopes themselves will tell
			return wanted, nil, nil
		}
		return nil, nil, fmt.Errorf("list regions: %w", err)
	}
	for _, r := range out.Regions {
		name := sdk.ToString(r.RegionName)
		if len(wanted) > 0 && !slices.Contains(wanted, name) {
			continue
		}
		if sdk.ToString(r.OptInStatus) == "not-opted-in" {
			off = append(off, name)
		} else {
			on = append(on, name)
		}
	}
	for _, w := range wanted { // named by a person, unknown to the account
		if !slices.Contains(on, w) && !slices.Contains(off, w) {
			off = append(off, w)
		}
	}
	slices.Sort(on)
	slices.Sort(off)
	return on, off, nil
}
