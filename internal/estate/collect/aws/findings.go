package aws

import (
	"context"
	"encoding/json"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"vigie/internal/estate/collect"
)

// findingTries is how often a page of findings is asked for: Security Hub answers three questions a second and throttles the rest.
const findingTries = 8

// Findings hands the active findings that Security Hub has of the account in the region to each, a page at a time, as ASFF. A hub that gathers findings of
// other accounts and regions is not asked for those: each speaks for itself, and whose they are is not for this account to say.
func (c Cloud) Findings(ctx context.Context, a collect.Account, region string, each func([]json.RawMessage) error) error {
	cfg := a.Config.Copy()
	cfg.Region = region
	api := securityhub.NewFromConfig(cfg, func(o *securityhub.Options) { o.RetryMaxAttempts = findingTries })
	equal := func(v string) []types.StringFilter {
		return []types.StringFilter{{Comparison: types.StringFilterComparisonEquals, Value: &v}}
	}
	pages := securityhub.NewGetFindingsPaginator(api, &securityhub.GetFindingsInput{MaxResults: sdk.Int32(100),
		Filters: &types.AwsSecurityFindingFilters{AwsAccountId: equal(a.ID), Region: equal(region), RecordState: equal("ACTIVE")}})
	for n := 1; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return &collect.CallError{Action: "securityhub:GetFindings", Page: n, Err: err}
		}
		var out []json.RawMessage
		for _, f := range page.Findings {
			if sdk.ToString(f.AwsAccountId) != a.ID {
				continue
			}
			text, err := json.Marshal(f)
			if err != nil {
				return fmt.Errorf("finding of Security Hub: %w", err)
			}
			out = append(out, text)
		}
		if err := each(out); err != nil {
			return err
		}
	}
	return nil
}
