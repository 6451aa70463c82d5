package awssim

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// answers are the calls with something in them, by action; all others are answered with nothing.
var answers = map[string]func(*request, *bytes.Buffer) *refused{
	"sts:AssumeRole": assumeRole, "sts:GetCallerIdentity": callerIdentity,

	"organizations:DescribeOrganization": describeOrganization, "organizations:ListRoots": listRoots,
	"organizations:ListAccounts": listAccounts, "organizations:ListAccountsForParent": listAccounts,

	"ec2:DescribeRegions": describeRegions, "ec2:DescribeInstances": describeInstances, "ec2:DescribeVolumes": describeVolumes,
	"ec2:DescribeSnapshots": describeSnapshots, "ec2:DescribeSubnets": describeSubnets, "ec2:DescribeVpcs": describeVpcs,
	"ec2:DescribeSecurityGroups": describeSecurityGroups,

	"rds:DescribeDBInstances": describeDBInstances,

	"iam:GetAccountAuthorizationDetails": authorizationDetails, "iam:ListRoles": listRoles, "iam:GetAccountPasswordPolicy": noPasswordPolicy,
	"iam:GenerateCredentialReport": generateReport, "iam:GetCredentialReport": credentialReport,

	"s3:ListBuckets": listBuckets,

	"lambda:ListFunctions": listFunctions, "tag:GetResources": taggedResources,

	"dynamodb:ListTables": listTables, "dynamodb:DescribeTable": describeTable,
	"sqs:ListQueues": listQueues, "logs:DescribeLogGroups": describeLogGroups,

	"securityhub:DescribeHub": noHub,

	"cloudwatch:DescribeAlarms": describeAlarms,
}

func (r *request) answer(b *bytes.Buffer) *refused {
	if a, ok := answers[r.action()]; ok {
		return a(r, b)
	}
	if r.service == "s3" {
		return bucketDetail(r, b)
	}
	return r.writeEmpty(b)
}

func assumeRole(r *request, b *bytes.Buffer) *refused {
	account, role := accountInRole(r.form.Get("RoleArn"))
	if r.form.Get("ExternalId") == "" {
		return &refused{http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::" + r.account + ":user/vigie is not authorized to perform: sts:AssumeRole on resource: " + r.form.Get("RoleArn")}
	}
	session := r.form.Get("RoleSessionName")
	x := xmlText{b}.begin(r).open("Credentials").el("AccessKeyId", keyPrefix+account).el("SecretAccessKey", "simulated").el("SessionToken", "simulated").
		el("Expiration", "2099-01-01T00:00:00Z").shut("Credentials")
	x.open("AssumedRoleUser").el("AssumedRoleId", "AROASIMULATED:"+session).el("Arn", "arn:aws:sts::"+account+":assumed-role/"+role+"/"+session).shut("AssumedRoleUser").end(r)
	return nil
}

func callerIdentity(r *request, b *bytes.Buffer) *refused {
	xmlText{b}.begin(r).el("Arn", "arn:aws:sts::"+r.account+":assumed-role/VigieReadOnly/vigie").el("UserId", "AROASIMULATED:vigie").el("Account", r.account).end(r)
	return nil
}

const organizationID = "o-simulated00"

func describeOrganization(r *request, b *bytes.Buffer) *refused {
	root := r.plan.Accounts[0]
	writeJSON(b, map[string]any{"Organization": map[string]any{"Id": organizationID, "Arn": "arn:aws:organizations::" + root + ":organization/" + organizationID,
		"FeatureSet": "ALL", "MasterAccountId": root, "MasterAccountArn": "arn:aws:organizations::" + root + ":account/" + organizationID + "/" + root,
		"MasterAccountEmail": "cloud@example.org"}})
	return nil
}

func listRoots(r *request, b *bytes.Buffer) *refused {
	writeJSON(b, map[string]any{"Roots": []any{map[string]any{"Id": "r-sim0", "Name": "Root",
		"Arn": "arn:aws:organizations::" + r.plan.Accounts[0] + ":root/" + organizationID + "/r-sim0", "PolicyTypes": []any{}}}})
	return nil
}

func listAccounts(r *request, b *bytes.Buffer) *refused {
	p := r.turn(len(r.plan.Accounts), "MaxResults", "NextToken", 20, 20)
	list := []any{}
	for i, id := range r.plan.Accounts[p.from:p.before] {
		list = append(list, map[string]any{"Id": id, "Arn": "arn:aws:organizations::" + r.plan.Accounts[0] + ":account/" + organizationID + "/" + id,
			"Name": "account-" + strconv.Itoa(p.from+i), "Email": "aws+" + id + "@example.org", "Status": "ACTIVE", "JoinedMethod": "CREATED", "JoinedTimestamp": born.Unix()})
	}
	writeJSON(b, paged(map[string]any{"Accounts": list}, "NextToken", p))
	return nil
}

// paged adds the token of the next page, if there is one.
func paged(m map[string]any, name string, p page) map[string]any {
	if p.next != "" {
		m[name] = p.next
	}
	return m
}

func listFunctions(r *request, b *bytes.Buffer) *refused {
	p := r.turn(r.plan.count("AWS::Lambda::Function"), "MaxItems", "Marker", 50, 50)
	list := make([]any, 0, p.before-p.from)
	for i := p.from; i < p.before; i++ {
		name := "function-" + strconv.Itoa(i)
		list = append(list, map[string]any{"FunctionName": name, "FunctionArn": r.arn("lambda", "function:"+name), "Runtime": "python3.12", "Handler": "app.handler",
			"Role": "arn:aws:iam::" + r.account + ":role/role-" + strconv.Itoa(i%50), "CodeSize": 4096, "Description": "", "Timeout": 30, "MemorySize": 256,
			"LastModified": "2026-01-15T08:30:00.000+0000", "CodeSha256": "fV4BOB8uhGMOZ2QTn6Ld9v7JZrbsEvYDrcLqMkyZJpE=", "Version": "$LATEST", "PackageType": "Zip",
			"Architectures": []string{"arm64"}, "TracingConfig": map[string]any{"Mode": "PassThrough"}, "EphemeralStorage": map[string]any{"Size": 512},
			"VpcConfig":   map[string]any{"VpcId": r.id("vpc", 0), "SubnetIds": []string{r.id("subnet", i%8)}, "SecurityGroupIds": []string{r.id("sg", i%40)}},
			"Environment": map[string]any{"Variables": map[string]string{"STAGE": "live", "API_KEY": "CANARY-simulated"}}})
	}
	writeJSON(b, paged(map[string]any{"Functions": list}, "NextMarker", p))
	return nil
}

// taggedResources gives functions only: the only type that the simulator has and that discovery asks the tagging service for.
func taggedResources(r *request, b *bytes.Buffer) *refused {
	total := 0
	if types, _ := r.input["ResourceTypeFilters"].([]any); len(types) == 1 && types[0] == "lambda:function" {
		total = r.plan.count("AWS::Lambda::Function")
	}
	p := r.turn(total, "ResourcesPerPage", "PaginationToken", 50, 100)
	list := make([]any, 0, p.before-p.from)
	for i := p.from; i < p.before; i++ {
		name := "function-" + strconv.Itoa(i)
		list = append(list, map[string]any{"ResourceARN": r.arn("lambda", "function:"+name), "Tags": jsonLabels(name, i)})
	}
	writeJSON(b, paged(map[string]any{"ResourceTagMappingList": list}, "PaginationToken", p))
	return nil
}

func jsonLabels(name string, n int) []any {
	l := labels(name, n)
	var out []any
	for i := 0; i < len(l); i += 2 {
		out = append(out, map[string]string{"Key": l[i], "Value": l[i+1]})
	}
	return out
}

func (p place) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.region + ":" + p.account + ":" + resource
}

func listTables(r *request, b *bytes.Buffer) *refused {
	p := r.turn(r.plan.count("AWS::DynamoDB::Table"), "Limit", "ExclusiveStartTableName", 100, 100)
	list := []string{}
	for i := p.from; i < p.before; i++ {
		list = append(list, "table-"+strconv.Itoa(i))
	}
	writeJSON(b, paged(map[string]any{"TableNames": list}, "LastEvaluatedTableName", p))
	return nil
}

func describeTable(r *request, b *bytes.Buffer) *refused {
	name := r.text("TableName")
	name = name[strings.LastIndexByte(name, '/')+1:]
	writeJSON(b, map[string]any{"Table": map[string]any{"TableName": name, "TableArn": r.arn("dynamodb", "table/"+name), "TableId": "7f1b0e1c-0000-4000-8000-000000000000",
		"TableStatus": "ACTIVE", "CreationDateTime": born.Unix(), "ItemCount": 12, "TableSizeBytes": 4096, "DeletionProtectionEnabled": true,
		"KeySchema": []any{map[string]string{"AttributeName": "id", "KeyType": "HASH"}}, "AttributeDefinitions": []any{map[string]string{"AttributeName": "id", "AttributeType": "S"}},
		"BillingModeSummary": map[string]any{"BillingMode": "PAY_PER_REQUEST"}}})
	return nil
}

func listQueues(r *request, b *bytes.Buffer) *refused {
	p := r.turn(r.plan.count("AWS::SQS::Queue"), "MaxResults", "NextToken", 1000, 1000)
	list := []string{}
	for i := p.from; i < p.before; i++ {
		list = append(list, "https://sqs."+r.region+".amazonaws.com/"+r.account+"/queue-"+strconv.Itoa(i))
	}
	writeJSON(b, paged(map[string]any{"QueueUrls": list}, "NextToken", p))
	return nil
}

func describeLogGroups(r *request, b *bytes.Buffer) *refused {
	p := r.turn(r.plan.count("AWS::Logs::LogGroup"), "limit", "nextToken", 50, 50)
	list := make([]any, 0, p.before-p.from)
	for i := p.from; i < p.before; i++ {
		name := "/aws/lambda/function-" + strconv.Itoa(i)
		arn := r.arn("logs", "log-group:"+name)
		list = append(list, map[string]any{"logGroupName": name, "arn": arn + ":*", "logGroupArn": arn, "creationTime": born.UnixMilli(), "retentionInDays": 30,
			"metricFilterCount": 0, "storedBytes": 1 << 20, "logGroupClass": "STANDARD"})
	}
	writeJSON(b, paged(map[string]any{"logGroups": list}, "nextToken", p))
	return nil
}

func noHub(r *request, _ *bytes.Buffer) *refused {
	return &refused{http.StatusUnauthorized, "InvalidAccessException", "Account " + r.account + " is not subscribed to AWS Security Hub"}
}

// describeAlarms is asked in JSON or CBOR: the service speaks both.
func describeAlarms(r *request, b *bytes.Buffer) *refused {
	list := []any{}
	for i := range r.plan.count("AWS::CloudWatch::Alarm") {
		name := "alarm-" + strconv.Itoa(i)
		list = append(list, map[string]any{"AlarmName": name, "AlarmArn": r.arn("cloudwatch", "alarm:"+name), "ActionsEnabled": true, "StateValue": "OK",
			"MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Statistic": "Average", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 80.0,
			"Period": 300, "EvaluationPeriods": 2, "Dimensions": []any{map[string]any{"Name": "InstanceId", "Value": r.id("i", i)}}})
	}
	r.write(b, map[string]any{"MetricAlarms": list, "CompositeAlarms": []any{}})
	return nil
}

// write writes an answer as the protocol has it.
func (r *request) write(b *bytes.Buffer, v map[string]any) {
	if r.protocol == cborRPC {
		b.Write(cbor.Encode(inCBOR(v)))
		return
	}
	writeJSON(b, v)
}

func inCBOR(v any) cbor.Value {
	switch v := v.(type) {
	case map[string]any:
		m := cbor.Map{}
		for k, e := range v {
			m[k] = inCBOR(e)
		}
		return m
	case []any:
		l := cbor.List{}
		for _, e := range v {
			l = append(l, inCBOR(e))
		}
		return l
	case string:
		return cbor.String(v)
	case bool:
		return cbor.Bool(v)
	case int:
		return cbor.Uint(v)
	case float64:
		return cbor.Float64(v)
	}
	panic(fmt.Sprintf("%T has no place in an answer", v))
}

func noPasswordPolicy(r *request, _ *bytes.Buffer) *refused {
	return &refused{http.StatusNotFound, "NoSuchEntity", "The Password Policy with domain name " + r.account + " cannot be found."}
}

func generateReport(r *request, b *bytes.Buffer) *refused {
	xmlText{b}.begin(r).el("State", "COMPLETE").end(r)
	return nil
}

func credentialReport(r *request, b *bytes.Buffer) *refused {
	const heading = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
		"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
		"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
		"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n"
	root := "<root_account>,arn:aws:iam::" + r.account + ":root,2026-01-15T08:30:00+00:00,not_supported,no_information,not_supported,not_supported,true," +
		"false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
	xmlText{b}.begin(r).el("Content", base64.StdEncoding.EncodeToString([]byte(heading+root))).el("ReportFormat", "text/csv").
		el("GeneratedTime", bornText).end(r)
	return nil
}
