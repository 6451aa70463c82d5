package aws

import (
	"slices"
	"testing"

	route53 "github.com/aws/aws-sdk-go-v2/service/route53/types"
	sns "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"vigie/internal/estate/collect"
)

func TestBucketsAreKnownByTheNamesThatS3Gives(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"assets.s3.amazonaws.com": "assets", "assets.s3.eu-west-1.amazonaws.com": "assets", "www.example.com.s3-website-us-east-1.amazonaws.com": "www.example.com",
		"assets.s3-website.eu-central-1.amazonaws.com": "assets", "assets.s3.us-gov-west-1.amazonaws.com": "assets", "b.s3.cn-north-1.amazonaws.com.cn": "b",
		"origin.example.com": "", "shop-1.eu-west-1.elb.amazonaws.com": "", "abc.execute-api.eu-west-1.amazonaws.com": "",
	} {
		if got := bucketOf(domain); got != want {
			t.Errorf("%s is bucket %q, want %q", domain, got, want)
		}
	}
}

func TestDefinitionsNameWhatTheyCall(t *testing.T) {
	t.Parallel()
	got := usedBy("aws", `{"States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"arn:aws:sqs:eu-west-1:123456789012:out"}},
		"B":{"Resource":"arn:aws:lambda:eu-west-1:123456789012:function:charge:live"},"C":{"Resource":"arn:aws:lambda:eu-west-1:123456789012:function:charge"}}}`)
	want := []string{"arn:aws:lambda:eu-west-1:123456789012:function:charge", "arn:aws:sqs:eu-west-1:123456789012:out"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestASubscriptionTellsNoWebHook(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]sns.Subscription{
		"https events.example.com":        {Protocol: ptr("https"), Endpoint: ptr("https://events.example.com/hook/0a1b2c3d4e5f")},
		"email ops@example.com (pending)": {Protocol: ptr("email"), Endpoint: ptr("ops@example.com"), SubscriptionArn: ptr("PendingConfirmation")},
	} {
		if got := subscription(v); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	answer := &sns.Subscription{Protocol: ptr("https"), Endpoint: ptr("https://events.example.com/hook/0a1b2c3d4e5f")}
	collect.Scrub(answer)
	if got := *answer.Endpoint; got != "https://events.example.com/(dropped)" {
		t.Errorf("recorded as %q", got)
	}
}

func TestPhysicalIDs(t *testing.T) {
	t.Parallel()
	s := &collect.Session{Account: "123456789012", Region: "eu-west-1", Partition: "aws"}
	for _, c := range [][3]string{
		{typeECSCluster, "main", "arn:aws:ecs:eu-west-1:123456789012:cluster/main"},
		{typeRule, "nightly", "default|nightly"},
		{typeRule, "orders|placed", "orders|placed"},
		{typeWebACL, "shop|6d6e|REGIONAL", "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/6d6e"},
		{typeQueue, "https://queue.amazonaws.com/123456789012/out", "arn:aws:sqs:eu-west-1:123456789012:out"},
		{typeDeploymentGroup, "blue", ""},
		{typeFunction, "charge", "charge"},
	} {
		if got := physicalID(s, c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: got %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// Two targets under one name stand in for each other; two names are two needs.
func TestRecordsUnderOneNameAreRedundant(t *testing.T) {
	t.Parallel()
	r := records{kinds: map[string]int{}, routes: map[string][]string{}}
	alias := func(name, set, to string) {
		r.add(route53.ResourceRecordSet{Name: &name, Type: route53.RRTypeA, SetIdentifier: &set, AliasTarget: &route53.AliasTarget{DNSName: &to}})
	}
	alias("www.example.com.", "blue", "dualstack.lb-1.eu-west-1.elb.amazonaws.com.")
	alias("www.example.com.", "green", "lb-2.eu-west-1.elb.amazonaws.com.")
	alias("api.example.com.", "", "d1.cloudfront.net.")
	r.add(route53.ResourceRecordSet{Name: ptr("_proof.example.com."), Type: route53.RRTypeCname, ResourceRecords: []route53.ResourceRecord{{Value: ptr("x.acm-validations.aws.")}}})
	alias("old.example.com.", "", "lb-2.eu-west-1.elb.amazonaws.com.") // needs the second, whatever www makes of it
	var got []string
	for _, e := range r.edges() {
		got = append(got, edgeText(e))
	}
	want := []string{"routes_to dns:d1.cloudfront.net", "routes_to dns:lb-1.eu-west-1.elb.amazonaws.com (www.example.com. A)",
		"routes_to dns:lb-2.eu-west-1.elb.amazonaws.com"}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.count != 5 || r.kinds["A"] != 4 {
		t.Errorf("counted %d, %v", r.count, r.kinds)
	}
}
