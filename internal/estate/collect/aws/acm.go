package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"vigie/internal/estate/collect"
)

func acmCollectors() []collect.Collector {
	return []collect.Collector{{Service: "acm", Types: []string{typeCertificate}, Collect: certificates, Actions: []string{
		"acm:ListCertificates", "acm:DescribeCertificate", "acm:ListTagsForCertificate",
	}}}
}

func certificates(ctx context.Context, s *collect.Session) error {
	api := acm.NewFromConfig(s.Config())
	// Without every key type named, elliptic curves and long RSA keys are left out of the list.
	in := &acm.ListCertificatesInput{MaxItems: ptr[int32](1000), Includes: &types.Filters{KeyTypes: types.KeyAlgorithm("").Values()}}
	return collect.Pages(ctx, s, api.ListCertificates, in, func(out *acm.ListCertificatesOutput) error {
		return eachAtOnce(ctx, s, out.CertificateSummaryList, func(c *types.CertificateSummary) collect.Item {
			item := collect.Item{Type: typeCertificate, ID: str(c.CertificateArn), ARN: str(c.CertificateArn), Name: str(c.DomainName)}
			f := facts{"DomainName": c.DomainName, "SubjectAlternativeNames": c.SubjectAlternativeNameSummaries, "Status": c.Status, "Type": c.Type,
				"KeyAlgorithm": c.KeyAlgorithm, "NotBefore": c.NotBefore, "NotAfter": c.NotAfter, "InUse": c.InUse,
				"RenewalEligibility": c.RenewalEligibility, "ImportedAt": c.ImportedAt, "RevokedAt": c.RevokedAt}
			if d, ok := collect.Try(ctx, s, api.DescribeCertificate, &acm.DescribeCertificateInput{CertificateArn: c.CertificateArn},
				"ResourceNotFoundException"); ok {
				certificateFacts(of(d.Certificate), f)
			}
			if t, ok := collect.Try(ctx, s, api.ListTagsForCertificate, &acm.ListTagsForCertificateInput{CertificateArn: c.CertificateArn},
				"ResourceNotFoundException"); ok {
				item.Tags = tags(t.Tags)
			}
			item.Attributes = tidy(f)
			return item
		})
	})
}

// certificateFacts adds what the list leaves out; where both tell, the details are right.
func certificateFacts(d types.CertificateDetail, f facts) {
	f["Issuer"], f["FailureReason"], f["RenewalStatus"] = d.Issuer, d.FailureReason, of(d.RenewalSummary).RenewalStatus
	if len(d.DomainValidationOptions) > 0 {
		f["ValidationMethod"] = d.DomainValidationOptions[0].ValidationMethod
	}
	if len(d.SubjectAlternativeNames) > 0 {
		f["SubjectAlternativeNames"] = d.SubjectAlternativeNames
	}
	if d.NotAfter != nil {
		f["NotBefore"], f["NotAfter"] = d.NotBefore, d.NotAfter
	}
	if d.Status != "" {
		f["Status"], f["Type"], f["KeyAlgorithm"] = d.Status, d.Type, d.KeyAlgorithm
	}
}
