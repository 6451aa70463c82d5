package aws

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vigie/internal/estate/collect"
)

func s3Collectors() []collect.Collector {
	return []collect.Collector{
		{Service: "s3", Types: []string{typeBucket}, Reach: collect.Global, Collect: buckets, Actions: []string{
			"s3:ListBuckets", "s3:GetBucketLocation", "s3:GetBucketTagging", "s3:GetBucketEncryption", "s3:GetBucketVersioning",
			"s3:GetPublicAccessBlock", "s3:GetBucketLifecycleConfiguration", "s3:GetBucketPolicyStatus", "s3:GetBucketLogging",
			"s3:GetBucketReplication", "s3:GetBucketNotificationConfiguration",
		}},
	}
}

// buckets lists all buckets once, and asks each for its details in its own region: elsewhere AWS answers with a redirect.
func buckets(ctx context.Context, s *collect.Session) error {
	var mu sync.Mutex
	clients := map[string]*s3.Client{}
	in := func(region string) *s3.Client {
		mu.Lock()
		defer mu.Unlock()
		if clients[region] == nil {
			clients[region] = s3.NewFromConfig(s.Config(), func(o *s3.Options) {
				if region != "" {
					o.Region = region
				}
				o.UsePathStyle = s.Config().BaseEndpoint != nil // an emulator has one name for all buckets
			})
		}
		return clients[region]
	}
	return collect.Pages(ctx, s, in("").ListBuckets, &s3.ListBucketsInput{MaxBuckets: ptr[int32](1000)}, func(out *s3.ListBucketsOutput) error {
		return eachAtOnce(ctx, s, out.Buckets, func(b *types.Bucket) collect.Item {
			region := str(b.BucketRegion)
			if region == "" {
				l, ok := collect.Try(ctx, s, in("").GetBucketLocation, &s3.GetBucketLocationInput{Bucket: b.Name})
				if !ok {
					return collect.Item{} // without its region a bucket has no place; the scope does not end complete
				}
				region = bucketRegion(l.LocationConstraint)
			}
			d := bucketDetails{session: s, api: in(region), name: b.Name, region: region, attributes: facts{"CreationDate": b.CreationDate}}
			return d.item(ctx)
		})
	})
}

// bucketRegion reads the two old spellings.
func bucketRegion(l types.BucketLocationConstraint) string {
	switch l {
	case "":
		return "us-east-1"
	case types.BucketLocationConstraintEu:
		return "eu-west-1"
	}
	return string(l)
}

// bucketDetails gathers what S3 tells in one call each.
type bucketDetails struct {
	session    *collect.Session
	api        *s3.Client
	name       *string
	region     string
	tags       map[string]string
	attributes facts
	edges      edges
}

// gone is a bucket that was deleted since it was listed.
const gone = "NoSuchBucket"

func (d *bucketDetails) item(ctx context.Context) collect.Item {
	s, api, name, region := d.session, d.api, d.name, d.region
	if out, ok := collect.Try(ctx, s, api.GetBucketTagging, &s3.GetBucketTaggingInput{Bucket: name}, gone, "NoSuchTagSet"); ok {
		d.tags = tags(out.TagSet)
	}
	if out, ok := collect.Try(ctx, s, api.GetBucketVersioning, &s3.GetBucketVersioningInput{Bucket: name}, gone); ok {
		d.attributes["Versioning"], d.attributes["MFADelete"] = out.Status, out.MFADelete
		if out.Status == "" { // AWS says nothing of a bucket that never had it
			d.attributes["Versioning"] = "Disabled"
		}
	}
	if out, ok := collect.Try(ctx, s, api.GetBucketPolicyStatus, &s3.GetBucketPolicyStatusInput{Bucket: name}, gone, "NoSuchBucketPolicy"); ok {
		d.attributes["PolicyIsPublic"] = of(out.PolicyStatus).IsPublic
	}
	d.protection(ctx)
	d.lifecycle(ctx)
	d.destinations(ctx)
	return collect.Item{Type: typeBucket, ID: *name, ARN: "arn:" + s.Partition + ":s3:::" + *name, Region: region,
		Tags: d.tags, Attributes: tidy(d.attributes), Edges: d.edges,
		Keys: dnsKeys(*name+".s3.amazonaws.com", *name+".s3."+region+".amazonaws.com",
			*name+".s3-website-"+region+".amazonaws.com", *name+".s3-website."+region+".amazonaws.com")}
}

func (d *bucketDetails) protection(ctx context.Context) {
	if out, ok := collect.Try(ctx, d.session, d.api.GetBucketEncryption, &s3.GetBucketEncryptionInput{Bucket: d.name}, gone,
		"ServerSideEncryptionConfigurationNotFoundError"); ok && out.ServerSideEncryptionConfiguration != nil {
		for _, r := range out.ServerSideEncryptionConfiguration.Rules {
			by := of(r.ApplyServerSideEncryptionByDefault)
			d.attributes["Encryption"], d.attributes["KMSMasterKeyID"] = by.SSEAlgorithm, by.KMSMasterKeyID
			d.attributes["BucketKeyEnabled"] = r.BucketKeyEnabled
			d.edges.keyIn(d.session, d.region, by.KMSMasterKeyID)
		}
	}
	// A bucket without a block is as open as one that blocks nothing.
	block := types.PublicAccessBlockConfiguration{BlockPublicAcls: ptr(false), BlockPublicPolicy: ptr(false), IgnorePublicAcls: ptr(false),
		RestrictPublicBuckets: ptr(false)}
	out, err := collect.Do(ctx, d.session, d.api.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: d.name})
	switch {
	case err == nil && out.PublicAccessBlockConfiguration != nil:
		block = *out.PublicAccessBlockConfiguration
	case err != nil && !hasCode(err, gone, "NoSuchPublicAccessBlockConfiguration"):
		d.session.Note(err)
		return
	}
	d.attributes["BlockPublicAcls"], d.attributes["BlockPublicPolicy"] = block.BlockPublicAcls, block.BlockPublicPolicy
	d.attributes["IgnorePublicAcls"], d.attributes["RestrictPublicBuckets"] = block.IgnorePublicAcls, block.RestrictPublicBuckets
}

func (d *bucketDetails) lifecycle(ctx context.Context) {
	out, ok := collect.Try(ctx, d.session, d.api.GetBucketLifecycleConfiguration, &s3.GetBucketLifecycleConfigurationInput{Bucket: d.name}, gone,
		"NoSuchLifecycleConfiguration")
	if !ok {
		return
	}
	var ids []string
	for _, r := range out.Rules {
		if r.Status == types.ExpirationStatusEnabled {
			ids = append(ids, str(r.ID))
		}
		if r.Expiration != nil && of(r.Expiration.Days) > 0 {
			d.attributes["ExpirationInDays"] = r.Expiration.Days
		}
		if r.NoncurrentVersionExpiration != nil {
			d.attributes["NoncurrentVersionExpirationInDays"] = r.NoncurrentVersionExpiration.NoncurrentDays
		}
		if r.AbortIncompleteMultipartUpload != nil {
			d.attributes["AbortIncompleteMultipartUploadDays"] = r.AbortIncompleteMultipartUpload.DaysAfterInitiation
		}
		for _, t := range r.Transitions {
			classes, _ := d.attributes["TransitionStorageClasses"].([]string)
			d.attributes["TransitionStorageClasses"] = unique(append(classes, string(t.StorageClass)))
		}
	}
	d.attributes["LifecycleRules"] = ids
}

// destinations are where the bucket writes its log and copies, and whom it tells of new objects.
func (d *bucketDetails) destinations(ctx context.Context) {
	s, api := d.session, d.api
	if out, ok := collect.Try(ctx, s, api.GetBucketLogging, &s3.GetBucketLoggingInput{Bucket: d.name}, gone); ok && out.LoggingEnabled != nil {
		d.attributes["LoggingBucket"] = out.LoggingEnabled.TargetBucket
		d.edges.to(collect.DependsOn, "", "arn:"+s.Partition+":s3:::"+str(out.LoggingEnabled.TargetBucket))
	}
	if out, ok := collect.Try(ctx, s, api.GetBucketReplication, &s3.GetBucketReplicationInput{Bucket: d.name}, gone,
		"ReplicationConfigurationNotFoundError"); ok && out.ReplicationConfiguration != nil {
		d.edges.arns(collect.DependsOn, str(out.ReplicationConfiguration.Role))
		var to []string
		for _, r := range out.ReplicationConfiguration.Rules {
			if r.Status == types.ReplicationRuleStatusEnabled && r.Destination != nil {
				to = append(to, str(r.Destination.Bucket))
			}
		}
		d.attributes["ReplicationDestinations"] = unique(to)
		d.edges.arns(collect.RoutesTo, unique(to)...)
	}
	if out, ok := collect.Try(ctx, s, api.GetBucketNotificationConfiguration, &s3.GetBucketNotificationConfigurationInput{Bucket: d.name}, gone); ok {
		told := slices.Concat(
			pick(out.LambdaFunctionConfigurations, func(c *types.LambdaFunctionConfiguration) *string { return c.LambdaFunctionArn }),
			pick(out.QueueConfigurations, func(c *types.QueueConfiguration) *string { return c.QueueArn }),
			pick(out.TopicConfigurations, func(c *types.TopicConfiguration) *string { return c.TopicArn }),
		)
		for _, arn := range unique(told) { // what is told depends on the bucket's telling
			d.edges.from(collect.DependsOn, "", arn)
		}
	}
}
