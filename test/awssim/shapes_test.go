package awssim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"vigie/test/awssim"
	"vigie/test/moto"
)

// exchange is an answer with what botocore must find in it.
type exchange struct {
	Service   string            `json:"service"`
	Operation string            `json:"operation"`
	Status    int               `json:"status"`
	Headers   map[string]string `json:"headers"`
	Body      []byte            `json:"body"`
	At        string            `json:"at"`
	Count     int               `json:"count"`
}

// call is a request as the SDKs write it: enough of it for the simulator to know what is asked.
type call struct {
	service, operation string // as botocore names them
	signed             string // the service in the signature, where it has another name
	target             string // of JSON: the service's part of X-Amz-Target
	cbor               bool
	path               string // of REST
	body               string
	at                 string
	count              int
}

// calls are all answers with something in them.
var calls = []call{
	{service: "sts", operation: "AssumeRole", body: "RoleArn=arn:aws:iam::222222222222:role/VigieReadOnly&RoleSessionName=vigie&ExternalId=x", at: "Credentials", count: 1},
	{service: "sts", operation: "GetCallerIdentity", at: "Account", count: 1},
	{service: "ec2", operation: "DescribeRegions", body: "AllRegions=true", at: "Regions", count: 2},
	{service: "ec2", operation: "DescribeInstances", body: "MaxResults=5", at: "Reservations.Instances", count: 5},
	{service: "ec2", operation: "DescribeInstances", body: "NextToken=next-5", at: "Reservations.Instances.Tags", count: 21},
	{service: "ec2", operation: "DescribeVolumes", body: "MaxResults=7", at: "Volumes.Attachments", count: 7},
	{service: "ec2", operation: "DescribeSnapshots", at: "Snapshots", count: 12},
	{service: "ec2", operation: "DescribeSubnets", at: "Subnets", count: 12},
	{service: "ec2", operation: "DescribeVpcs", at: "Vpcs.CidrBlockAssociationSet", count: 12},
	{service: "ec2", operation: "DescribeSecurityGroups", at: "SecurityGroups.IpPermissions.IpRanges", count: 12},
	{service: "ec2", operation: "DescribeNatGateways", at: "NatGateways", count: 0},
	{service: "rds", operation: "DescribeDBInstances", body: "MaxRecords=5", at: "DBInstances.VpcSecurityGroups", count: 5},
	{service: "rds", operation: "DescribeDBClusters", at: "DBClusters", count: 0},
	{service: "iam", operation: "GetAccountAuthorizationDetails", body: "MaxItems=5", at: "RoleDetailList.AttachedManagedPolicies", count: 5},
	{service: "iam", operation: "ListRoles", at: "Roles", count: 12},
	{service: "iam", operation: "GenerateCredentialReport", at: "State", count: 1},
	{service: "iam", operation: "GetCredentialReport", at: "Content", count: 1},
	{service: "iam", operation: "GetAccountPasswordPolicy"},
	{service: "elbv2", operation: "DescribeLoadBalancers", signed: "elasticloadbalancing", at: "LoadBalancers", count: 0},
	{service: "organizations", operation: "DescribeOrganization", target: "AWSOrganizationsV20161128", at: "Organization", count: 1},
	{service: "organizations", operation: "ListRoots", target: "AWSOrganizationsV20161128", at: "Roots", count: 1},
	{service: "organizations", operation: "ListAccounts", target: "AWSOrganizationsV20161128", at: "Accounts", count: 2},
	{service: "dynamodb", operation: "ListTables", target: "DynamoDB_20120810", body: `{"Limit": 5}`, at: "TableNames", count: 5},
	{service: "dynamodb", operation: "DescribeTable", target: "DynamoDB_20120810", body: `{"TableName": "table-1"}`, at: "Table.KeySchema", count: 1},
	{service: "sqs", operation: "ListQueues", target: "AmazonSQS", at: "QueueUrls", count: 12},
	{service: "logs", operation: "DescribeLogGroups", target: "Logs_20140328", body: `{"limit": 5}`, at: "logGroups", count: 5},
	{service: "resourcegroupstaggingapi", operation: "GetResources", signed: "tagging", target: "ResourceGroupsTaggingAPI_20170126",
		body: `{"ResourceTypeFilters": ["lambda:function"]}`, at: "ResourceTagMappingList.Tags", count: 36},
	{service: "cloudwatch", operation: "DescribeAlarms", signed: "monitoring", target: "GraniteServiceVersion20100801", at: "MetricAlarms.Dimensions", count: 12},
	{service: "cloudwatch", operation: "DescribeAlarms", signed: "monitoring", cbor: true, path: "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
		at: "MetricAlarms.Dimensions", count: 12},
	{service: "lambda", operation: "ListFunctions", path: "/2015-03-31/functions?MaxItems=5", at: "Functions", count: 5},
	{service: "securityhub", operation: "DescribeHub", path: "/accounts"},
	{service: "eks", operation: "ListClusters", path: "/clusters", at: "clusters", count: 0},
	{service: "s3", operation: "ListBuckets", path: "/?max-buckets=5", at: "Buckets", count: 5},
	{service: "s3", operation: "GetBucketLocation", path: "/bucket-1?location"}, // botocore reads it by code of its own
	{service: "s3", operation: "GetBucketVersioning", path: "/bucket-1?versioning", at: "Status", count: 1},
	{service: "s3", operation: "GetBucketEncryption", path: "/bucket-1?encryption", at: "ServerSideEncryptionConfiguration.Rules", count: 1},
	{service: "s3", operation: "GetBucketLogging", path: "/bucket-1?logging", at: "LoggingEnabled", count: 0},
	{service: "s3", operation: "GetBucketNotificationConfiguration", path: "/bucket-1?notification", at: "QueueConfigurations", count: 0},
	{service: "s3", operation: "GetBucketTagging", path: "/bucket-1?tagging"},
	{service: "route53", operation: "ListHostedZones", path: "/2013-04-01/hostedzone", at: "HostedZones", count: 0},
	{service: "cloudfront", operation: "ListDistributions", path: "/2020-05-31/distribution", at: "DistributionList.Items", count: 0},
}

func plan() awssim.Plan {
	p := awssim.Plan{Accounts: []string{"111111111111", "222222222222"}, Regions: []string{"eu-west-1"}, Off: []string{"ap-east-1"}, Counts: map[string]int{}}
	for _, typ := range []string{"EC2::Instance", "EC2::Volume", "EC2::Snapshot", "EC2::Subnet", "EC2::VPC", "EC2::SecurityGroup", "RDS::DBInstance", "IAM::Role",
		"DynamoDB::Table", "SQS::Queue", "Logs::LogGroup", "CloudWatch::Alarm", "Lambda::Function", "S3::Bucket"} {
		p.Counts["AWS::"+typ] = 12
	}
	return p
}

// ask makes a call and keeps the answer.
func ask(t *testing.T, sim *awssim.Server, c call) exchange {
	t.Helper()
	method, body, kind := http.MethodPost, c.body, "application/x-www-form-urlencoded; charset=utf-8"
	switch {
	case c.cbor:
		body, kind = "\xa0", "application/cbor"
	case c.target != "":
		kind = "application/x-amz-json-1.1"
		if body == "" {
			body = "{}"
		}
	case c.path != "":
		method, kind = http.MethodGet, ""
	default:
		body = strings.TrimSuffix("Action="+c.operation+"&Version=2016-11-15&"+body, "&")
	}
	req, err := http.NewRequestWithContext(t.Context(), method, sim.URL+c.path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	signed := c.signed
	if signed == "" {
		signed = c.service
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=ASIA222222222222/20260115/eu-west-1/"+signed+"/aws4_request, SignedHeaders=host, Signature=0")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.target != "" {
		req.Header.Set("X-Amz-Target", c.target+"."+c.operation)
	}
	if c.cbor {
		req.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	x := exchange{Service: c.service, Operation: c.operation, Status: res.StatusCode, Headers: map[string]string{}, At: c.at, Count: c.count}
	for name := range res.Header {
		x.Headers[name] = res.Header.Get(name)
	}
	if x.Body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return x
}

// judge has botocore read the answers and gives its complaints.
func judge(t *testing.T, answers []exchange) []string {
	t.Helper()
	in, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), moto.Python(t), "shapes.py")
	cmd.Stdin = bytes.NewReader(in)
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("shapes.py: %v\n%s", err, failed.String())
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// The simulator's answers are what AWS's own models say, and so is each kind of refusal in each protocol.
func TestShapes(t *testing.T) {
	t.Parallel()
	sim := awssim.Start(t, plan())
	var answers []exchange
	for _, c := range calls {
		answers = append(answers, ask(t, sim, c))
	}
	for _, kind := range []awssim.Kind{awssim.Denied, awssim.Throttled, awssim.Broken, awssim.RegionOff} {
		sim.Break(awssim.Fault{Kind: kind})
		for _, c := range calls {
			x := ask(t, sim, c)
			if x.At = ""; x.Status < 400 {
				t.Errorf("fault %d: %s:%s is answered %d", kind, c.service, c.operation, x.Status)
			}
			answers = append(answers, x)
		}
	}
	for _, fault := range judge(t, answers) {
		t.Error(fault)
	}
}

// The judge sees what is wrong: a member that the model does not know, a value of another kind, a missing element.
func TestTheJudgeIsNotBlind(t *testing.T) {
	t.Parallel()
	sim := awssim.Start(t, plan())
	pick := func(operation string) exchange {
		return ask(t, sim, calls[slices.IndexFunc(calls, func(c call) bool { return c.operation == operation })])
	}
	spoil := func(operation, old, new string) exchange {
		x := pick(operation)
		before := x.Body
		if x.Body = bytes.Replace(x.Body, []byte(old), []byte(new), 1); bytes.Equal(before, x.Body) {
			t.Fatalf("%s has no %s", operation, old)
		}
		return x
	}
	fewer := pick("ListRoles")
	fewer.Count++
	for want, x := range map[string]exchange{
		"is no member of Instance":           spoil("DescribeInstances", "<imageId>", "<imageIdentifier/><imageId>"),
		"where Boolean is boolean":           spoil("DescribeVolumes", "<encrypted>true", "<encrypted>yes"),
		"is no member of LogGroup":           spoil("DescribeLogGroups", `"retentionInDays"`, `"retention"`),
		"FunctionArn is a int":               spoil("ListFunctions", `"FunctionArn":"arn`, `"FunctionArn":7,"Handler":"arn`),
		"botocore reads 12 elements":         fewer,
		"which is none of InstanceStateName": spoil("DescribeInstances", "<name>running", "<name>jogging"),
	} {
		found := judge(t, []exchange{x})
		if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("want a complaint with %q, got %q", want, found)
		}
	}
}
