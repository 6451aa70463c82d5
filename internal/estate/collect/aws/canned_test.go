package aws

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/smithy-go"

	"vigie/internal/estate/collect"
)

// canned answers calls by action, for what the emulator cannot show.
type canned struct {
	mu      sync.Mutex
	answers map[string]func(in any) (any, error)
	calls   map[string]int
}

func (c *canned) Answer(_ context.Context, k collect.Key, in, _ any, _ func(context.Context) (any, error)) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.calls[k.Action()]++
	answer, ok := c.answers[k.Action()]
	if !ok {
		return nil, fmt.Errorf("nobody expected %s", k.Action())
	}
	return answer(in)
}

// run lets the collector of a type work on canned answers and gives its items and its end.
func (c *canned) run(t *testing.T, typ string) ([]collect.Item, collect.Result) {
	t.Helper()
	found := &emulated{items: map[string][]collect.Item{}, ends: map[string]collect.Result{}}
	i := slices.IndexFunc(Registry(), func(c collect.Collector) bool { return c.Name() == typ })
	if i < 0 {
		t.Fatalf("no collector %s", typ)
	}
	r := collect.Runner{Collectors: Registry()[i : i+1], Source: c, Limits: collect.NewLimits(), Sink: found, Log: quiet}
	if err := r.Account(t.Context(), collect.Account{ID: testAccount, Partition: "aws", Regions: []string{"eu-west-1"}}); err != nil {
		t.Fatal(err)
	}
	return found.items[typ], found.ends[typ+" eu-west-1"]
}

func answers[In, Out any](f func(in *In) *Out) func(any) (any, error) {
	return func(in any) (any, error) { return f(in.(*In)), nil }
}

func refuses(code string) func(any) (any, error) {
	return func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: code, Message: "no"} }
}

// Databases share parameter groups of hundreds of settings: each group is read once, and only what matters is kept.
func TestParametersAreReadOncePerGroup(t *testing.T) {
	t.Parallel()
	group := []types.DBParameterGroupStatus{{DBParameterGroupName: ptr("strict")}}
	c := &canned{answers: map[string]func(any) (any, error){
		"rds:DescribeDBInstances": answers(func(*rds.DescribeDBInstancesInput) *rds.DescribeDBInstancesOutput {
			return &rds.DescribeDBInstancesOutput{DBInstances: []types.DBInstance{
				{DBInstanceIdentifier: ptr("a"), DBParameterGroups: group}, {DBInstanceIdentifier: ptr("b"), DBParameterGroups: group}}}
		}),
		"rds:DescribeDBParameters": answers(func(in *rds.DescribeDBParametersInput) *rds.DescribeDBParametersOutput {
			if str(in.Marker) == "" {
				return &rds.DescribeDBParametersOutput{Marker: ptr("2"), Parameters: []types.Parameter{{ParameterName: ptr("work_mem"), ParameterValue: ptr("4")}}}
			}
			return &rds.DescribeDBParametersOutput{Parameters: []types.Parameter{
				{ParameterName: ptr("rds.force_ssl"), ParameterValue: ptr("1")}, {ParameterName: ptr("log_connections")}}}
		}),
	}}
	items, end := c.run(t, typeDBInstance)
	if end.Outcome != collect.Complete || len(items) != 2 || c.calls["rds:DescribeDBParameters"] != 2 {
		t.Fatalf("%+v, %d items, calls %v", end, len(items), c.calls)
	}
	for _, it := range items {
		wantFacts(t, it, facts{"Parameters": facts{"rds.force_ssl": "1"}})
	}
}

// A denied detail keeps the items, and says that the scope is not complete and which action was denied.
func TestDeniedDetailKeepsItems(t *testing.T) {
	t.Parallel()
	c := &canned{answers: map[string]func(any) (any, error){
		"tag:GetResources": refuses("AccessDeniedException"),
		"dynamodb:ListTables": answers(func(in *dynamodb.ListTablesInput) *dynamodb.ListTablesOutput {
			if in.ExclusiveStartTableName == nil {
				return &dynamodb.ListTablesOutput{TableNames: []string{"a", "b"}, LastEvaluatedTableName: ptr("b")}
			}
			return &dynamodb.ListTablesOutput{TableNames: []string{"c", "deleted"}}
		}),
		"dynamodb:DescribeTable": func(in any) (any, error) {
			if name := in.(*dynamodb.DescribeTableInput).TableName; *name != "deleted" {
				return &dynamodb.DescribeTableOutput{Table: &dynamodbtypes.TableDescription{TableName: name}}, nil
			}
			return refuses("ResourceNotFoundException")(in)
		},
		"dynamodb:DescribeContinuousBackups": answers(func(*dynamodb.DescribeContinuousBackupsInput) *dynamodb.DescribeContinuousBackupsOutput {
			return &dynamodb.DescribeContinuousBackupsOutput{}
		}),
	}}
	items, end := c.run(t, typeTable)
	var names []string
	for _, it := range items {
		names = append(names, it.ID)
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Errorf("tables %q", names)
	}
	if end.Outcome != collect.Denied || end.Action != "tag:GetResources" {
		t.Errorf("ended %+v", end)
	}
}

// The tagging API's pages have a token of their own name, which may come back for ever.
func TestTagsOfManyResources(t *testing.T) {
	t.Parallel()
	c := &canned{answers: map[string]func(any) (any, error){
		"tag:GetResources": answers(func(in *resourcegroupstaggingapi.GetResourcesInput) *resourcegroupstaggingapi.GetResourcesOutput {
			arn, token := "arn:1", "again"
			if str(in.PaginationToken) == "again" {
				arn = "arn:2"
			}
			return &resourcegroupstaggingapi.GetResourcesOutput{PaginationToken: &token, ResourceTagMappingList: []tagtypes.ResourceTagMapping{
				{ResourceARN: &arn, Tags: []tagtypes.Tag{{Key: ptr("Owner"), Value: &arn}}}}}
		}),
	}}
	s := collect.NewSession(collect.Account{ID: testAccount, Partition: "aws"}, collect.Place{Account: testAccount, Region: "eu-west-1"}, c,
		collect.NewLimits(), func(context.Context, []collect.Item) error { return nil })
	all := tagged(t.Context(), s, "lambda:function")
	if len(all) != 2 || all["arn:2"]["Owner"] != "arn:2" || c.calls["tag:GetResources"] != 2 {
		t.Errorf("%v after %v", all, c.calls)
	}
}

// What others share with the account is theirs.
func TestSharedNetworksAreLeftToTheirOwner(t *testing.T) {
	t.Parallel()
	c := &canned{answers: map[string]func(any) (any, error){
		"ec2:DescribeNetworkAcls": answers(func(*ec2.DescribeNetworkAclsInput) *ec2.DescribeNetworkAclsOutput {
			return &ec2.DescribeNetworkAclsOutput{}
		}),
		"ec2:DescribeSubnets": answers(func(*ec2.DescribeSubnetsInput) *ec2.DescribeSubnetsOutput {
			return &ec2.DescribeSubnetsOutput{Subnets: []ec2types.Subnet{
				{SubnetId: ptr("subnet-mine"), OwnerId: ptr(testAccount)}, {SubnetId: ptr("subnet-theirs"), OwnerId: ptr("999999999999")}}}
		}),
	}}
	items, end := c.run(t, typeSubnet)
	if end.Outcome != collect.Complete || len(items) != 1 || items[0].ID != "subnet-mine" {
		t.Errorf("%+v: %+v", end, items)
	}
}

// A panic in a detail fails its own collector and nothing else.
func TestPanicInADetailIsAFailure(t *testing.T) {
	t.Parallel()
	c := &canned{answers: map[string]func(any) (any, error){
		"tag:GetResources": refuses("AccessDeniedException"),
		"dynamodb:ListTables": answers(func(*dynamodb.ListTablesInput) *dynamodb.ListTablesOutput {
			return &dynamodb.ListTablesOutput{TableNames: []string{"a", "b", "c", "d", "e", "f"}}
		}),
		"dynamodb:DescribeTable": func(any) (any, error) { panic("unforeseen") },
	}}
	if _, end := c.run(t, typeTable); end.Outcome != collect.Failed {
		t.Errorf("ended %+v", end)
	}
}
