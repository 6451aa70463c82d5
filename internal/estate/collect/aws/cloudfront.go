package aws

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"vigie/internal/estate/collect"
)

const typeDistribution = "AWS::CloudFront::Distribution"

func cloudFrontCollectors() []collect.Collector {
	return []collect.Collector{{Service: "cloudfront", Types: []string{typeDistribution}, Reach: collect.Global, Collect: distributions,
		Actions: []string{"cloudfront:ListDistributions", "cloudfront:GetDistributionConfig", "cloudfront:ListTagsForResource"}}}
}

// distributions walks by hand: the token is one level down in the answer.
func distributions(ctx context.Context, s *collect.Session) error {
	api := cloudfront.NewFromConfig(s.Config())
	in := &cloudfront.ListDistributionsInput{}
	for page := 1; ; page++ {
		out, err := collect.Do(ctx, s, api.ListDistributions, in)
		if err != nil {
			return err
		}
		list := of(out.DistributionList)
		err = eachAtOnce(ctx, s, list.Items, func(d *types.DistributionSummary) collect.Item {
			// The list says all but where the logs go, and that only the configuration tells.
			config := types.DistributionConfig{Aliases: d.Aliases, Origins: d.Origins, DefaultCacheBehavior: d.DefaultCacheBehavior, Comment: d.Comment,
				ViewerCertificate: d.ViewerCertificate, WebACLId: d.WebACLId, PriceClass: d.PriceClass, Enabled: d.Enabled, HttpVersion: d.HttpVersion,
				IsIPV6Enabled: d.IsIPV6Enabled, Restrictions: d.Restrictions, Staging: d.Staging}
			if c, ok := collect.Try(ctx, s, api.GetDistributionConfig, &cloudfront.GetDistributionConfigInput{Id: d.Id}, "NoSuchDistribution"); ok {
				config = of(c.DistributionConfig)
			}
			item := distribution(d, config)
			item.ARN = s.GlobalARN("cloudfront", "distribution/"+item.ID)
			if t, ok := collect.Try(ctx, s, api.ListTagsForResource, &cloudfront.ListTagsForResourceInput{Resource: d.ARN}, "NoSuchResource"); ok {
				item.Tags = tags(of(t.Tags).Items)
			}
			return item
		})
		if err != nil || str(list.NextMarker) == "" {
			return err
		}
		if str(list.NextMarker) == str(in.Marker) {
			return &collect.CallError{Action: "cloudfront:ListDistributions", Page: page + 1, Err: collect.ErrRepeatedToken}
		}
		in = &cloudfront.ListDistributionsInput{Marker: list.NextMarker}
	}
}

func distribution(d *types.DistributionSummary, c types.DistributionConfig) collect.Item {
	names, certificate, behaviour, logging := of(c.Aliases).Items, of(c.ViewerCertificate), of(c.DefaultCacheBehavior), of(c.Logging)
	var e edges
	var origins []string
	for _, o := range of(c.Origins).Items {
		origins = append(origins, str(o.DomainName))
	}
	for _, o := range unique(origins) {
		if bucket := bucketOf(o); bucket != "" {
			e.to(collect.RoutesTo, typeBucket, bucket)
		} else {
			e.to(collect.RoutesTo, "", collect.DNS(o))
		}
	}
	e.arns(collect.DependsOn, str(certificate.ACMCertificateArn))
	if isARN(str(c.WebACLId)) { // the older WAF has plain ids
		e.from(collect.Protects, typeWebACL, str(c.WebACLId))
	}
	for _, l := range of(behaviour.LambdaFunctionAssociations).Items {
		e.arns(collect.DependsOn, bare(str(l.LambdaFunctionARN)))
	}
	e.to(collect.DependsOn, typeBucket, bucketOf(str(logging.Bucket)))
	item := collect.Item{Type: typeDistribution, ID: str(d.Id), Keys: dnsKeys(append([]string{str(d.DomainName)}, names...)...),
		Edges: e, Attributes: tidy(facts{
			"DomainName": d.DomainName, "Aliases": names, "Enabled": c.Enabled, "Status": d.Status, "Comment": c.Comment, "PriceClass": c.PriceClass,
			"HttpVersion": c.HttpVersion, "IPV6Enabled": c.IsIPV6Enabled, "Origins": origins, "WebACLId": c.WebACLId, "Staging": c.Staging,
			"ViewerProtocolPolicy": behaviour.ViewerProtocolPolicy, "MinimumProtocolVersion": certificate.MinimumProtocolVersion,
			"AcmCertificateArn": certificate.ACMCertificateArn, "CloudFrontDefaultCertificate": certificate.CloudFrontDefaultCertificate,
			"GeoRestriction": of(of(c.Restrictions).GeoRestriction).RestrictionType, "LoggingBucket": logging.Bucket,
			"DefaultRootObject": c.DefaultRootObject,
		})}
	if len(names) > 0 {
		item.Name = names[0]
	}
	return item
}

// originBucket knows the names that S3 gives to buckets, as REST and as website endpoints.
var originBucket = regexp.MustCompile(`^(.+)\.s3(?:-website)?(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?$`)

func bucketOf(domain string) string {
	if m := originBucket.FindStringSubmatch(domain); m != nil {
		return m[1]
	}
	return ""
}
