package aws

import (
	"encoding/json"
	"fmt"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"vigie/internal/estate/collect"
)

// testFindings puts findings of two accounts into a hub of the emulator, and reads those of one.
func testFindings(t *testing.T, endpoint string) {
	cfg := configOf(endpoint, "eu-north-1")
	api := securityhub.NewFromConfig(cfg)
	for page := range 2 {
		var in []types.AwsSecurityFinding
		for i := range 100 {
			account := testAccount
			if i == 7 {
				account = "999988887777"
			}
			in = append(in, types.AwsSecurityFinding{Id: sdk.String(fmt.Sprintf("f-%d-%d", page, i)), AwsAccountId: &account, SchemaVersion: sdk.String("2018-10-08"), Title: sdk.String("t"), Description: sdk.String("d"),
				CreatedAt: sdk.String("2026-11-20T04:00:31Z"), UpdatedAt: sdk.String("2026-11-20T04:00:31Z"), GeneratorId: sdk.String("security-control/S3.8"),
				ProductArn: sdk.String("arn:aws:securityhub:eu-north-1::product/aws/securityhub"), Severity: &types.Severity{Label: types.SeverityLabelHigh},
				Resources: []types.Resource{{Id: sdk.String("arn:aws:s3:::parcels"), Type: sdk.String("AwsS3Bucket")}}})
		}
		if out, err := api.BatchImportFindings(t.Context(), &securityhub.BatchImportFindingsInput{Findings: in}); err != nil || sdk.ToInt32(out.SuccessCount) != 100 {
			t.Fatalf("import: %+v, %v", out, err)
		}
	}
	pages, all := 0, 0
	err := Cloud{}.Findings(t.Context(), collect.Account{ID: testAccount, Config: cfg}, "eu-north-1", func(page []json.RawMessage) error {
		pages, all = pages+1, all+len(page)
		var f struct {
			ID        string `json:"Id"`
			Resources []struct{ Id string }
		}
		if err := json.Unmarshal(page[0], &f); err != nil || f.ID == "" || f.Resources[0].Id != "arn:aws:s3:::parcels" {
			return fmt.Errorf("no ASFF: %s, %w", page[0], err)
		}
		return nil
	})
	if err != nil || pages != 2 || all != 198 {
		t.Errorf("%d findings in %d pages, %v", all, pages, err)
	}
}
