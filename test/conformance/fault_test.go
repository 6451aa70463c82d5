package conformance

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/internal/app"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/discovery"
	"vigie/test/awssim"
)

const (
	hub, spoke    = "111111111111", "222222222222"
	home          = "eu-west-1"
	tInstance     = "AWS::EC2::Instance"
	tVolume       = "AWS::EC2::Volume"
	tSubnet       = "AWS::EC2::Subnet"
	tGroup        = "AWS::EC2::SecurityGroup"
	tVPC          = "AWS::EC2::VPC"
	tFunction     = "AWS::Lambda::Function"
	tRole         = "AWS::IAM::Role"
	tTable        = "AWS::DynamoDB::Table"
	tLogGroup     = "AWS::Logs::LogGroup"
	tQueue        = "AWS::SQS::Queue"
	tDatabase     = "AWS::RDS::DBInstance"
	tBucket       = "AWS::S3::Bucket"
	tAlarm        = "AWS::CloudWatch::Alarm"
	tSnapshot     = "AWS::EC2::Snapshot"
	roleOfAccount = "arn:aws:iam::%s:role/VigieReadOnly"
)

// smallPlan has some of each type, and pages of ten.
func smallPlan(faults ...awssim.Fault) awssim.Plan {
	return awssim.Plan{Accounts: []string{hub, spoke}, Regions: []string{home, "eu-west-3"}, Off: []string{"ap-east-1"}, PageSize: 10, Faults: faults,
		Counts: map[string]int{tInstance: 25, tVolume: 25, tSnapshot: 25, tSubnet: 4, tGroup: 3, tVPC: 1, tFunction: 25, tRole: 25, tTable: 12, tLogGroup: 25, tQueue: 25,
			tDatabase: 25, tBucket: 5, tAlarm: 3}}
}

// found is a sink that keeps ids and ends.
type found struct {
	mu   sync.Mutex
	ids  map[string][]string // by type
	ends map[string]collect.Result
}

// Items implements collect.Sink.
func (f *found) Items(_ context.Context, _ collect.Place, items []collect.Item) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, it := range items {
		f.ids[it.Type] = append(f.ids[it.Type], it.ID)
	}
	return nil
}

// Done implements collect.Sink.
func (f *found) Done(_ context.Context, p collect.Place, r collect.Result) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, typ := range p.Collector.Types {
		f.ends[typ] = r
	}
	return nil
}

// collectOnce enters the spoke by its role and runs the collectors of some types in one region; no types means all.
func collectOnce(t *testing.T, limits *collect.Limits, types ...string) *found {
	t.Helper()
	account, err := app.Cloud("").Open(t.Context(), discovery.Login{AccountID: spoke, RoleARN: fmt.Sprintf(roleOfAccount, spoke), ExternalID: "x", Regions: []string{home}})
	if err != nil {
		t.Fatal(err)
	}
	f := &found{ids: map[string][]string{}, ends: map[string]collect.Result{}}
	r := collect.Runner{Source: collect.Live{}, Limits: limits, Sink: f, Log: slog.New(slog.DiscardHandler)}
	for _, c := range app.Collectors() {
		if len(types) == 0 || slices.ContainsFunc(c.Types, func(typ string) bool { return slices.Contains(types, typ) }) {
			r.Collectors = append(r.Collectors, c)
		}
	}
	if err := r.Account(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	return f
}

// hasty tries as often as the usual limits but does not wait.
func hasty() *collect.Limits {
	l := collect.NewLimits()
	l.Start, l.Floor, l.Ceiling, l.Pause = 1e6, 1e6, 1e6, time.Microsecond
	return l
}

// Whatever the simulator has not heard of is empty, and so complete: what the other tests see broken is broken by their fault.
func TestTheSimulatorAnswersEveryCollector(t *testing.T) {
	plan := smallPlan()
	sim := awssim.Start(t, plan)
	useCloud(t, sim.URL)
	got := collectOnce(t, hasty())
	// A pool of eight workers for all collectors, and what entering the account took.
	if n := sim.Connections(); n > 30 {
		t.Errorf("%d calls went over %d connections", sim.Calls(""), n)
	}
	for typ, end := range got.ends {
		if end.Outcome != collect.Complete && !(end.Outcome == collect.Skipped && strings.HasPrefix(typ, "AWS::Organizations::")) {
			t.Errorf("%s ended %s at %s page %d: %s", typ, end.Outcome, end.Action, end.Page, end.Message)
		}
	}
	for typ, n := range plan.Counts {
		ids := slices.Clone(got.ids[typ])
		slices.Sort(ids)
		if len(slices.Compact(ids)) != n || len(got.ids[typ]) != n {
			t.Errorf("%s: %d found, %d of them different, want %d", typ, len(got.ids[typ]), len(slices.Compact(ids)), n)
		}
	}
}

func TestEachFaultEndsInItsOutcome(t *testing.T) {
	sim := awssim.Start(t, smallPlan())
	useCloud(t, sim.URL)
	type want struct {
		outcome collect.Outcome
		action  string
		page    int
		items   int
		reason  string
	}
	for _, tt := range []struct {
		name  string
		typ   string
		fault awssim.Fault
		want  want
	}{
		// One of each protocol is denied, by each kind of policy.
		{"denied by the organisation", tInstance, awssim.Fault{Action: "ec2:DescribeInstances", Kind: awssim.Denied, Policy: awssim.SCP}, want{collect.Denied, "ec2:DescribeInstances", 1, 0, "scp"}},
		{"denied by a boundary", tFunction, awssim.Fault{Action: "lambda:ListFunctions", Kind: awssim.Denied, Policy: awssim.Boundary}, want{collect.Denied, "lambda:ListFunctions", 1, 0, "permissions_boundary"}},
		{"not allowed", tTable, awssim.Fault{Action: "dynamodb:ListTables", Kind: awssim.Denied}, want{collect.Denied, "dynamodb:ListTables", 1, 0, "identity_policy"}},
		{"not allowed, query", tDatabase, awssim.Fault{Action: "rds:DescribeDBInstances", Kind: awssim.Denied}, want{collect.Denied, "rds:DescribeDBInstances", 1, 0, "identity_policy"}},
		{"not allowed, by its other name", tBucket, awssim.Fault{Action: "s3:ListBuckets", Kind: awssim.Denied}, want{collect.Denied, "s3:ListAllMyBuckets", 1, 0, "identity_policy"}},
		{"not allowed, CloudWatch", tAlarm, awssim.Fault{Action: "cloudwatch:DescribeAlarms", Kind: awssim.Denied}, want{collect.Denied, "cloudwatch:DescribeAlarms", 1, 0, "identity_policy"}},
		{"denied from page 3", tLogGroup, awssim.Fault{Action: "logs:DescribeLogGroups", Page: 3, Kind: awssim.Denied}, want{collect.Denied, "logs:DescribeLogGroups", 3, 20, "identity_policy"}},
		{"denied a detail", tTable, awssim.Fault{Action: "dynamodb:DescribeContinuousBackups", Kind: awssim.Denied}, want{collect.Denied, "dynamodb:DescribeContinuousBackups", 0, 12, "identity_policy"}},

		{"throttled, EC2", tVolume, awssim.Fault{Action: "ec2:DescribeVolumes", Kind: awssim.Throttled}, want{collect.ThrottledOut, "ec2:DescribeVolumes", 1, 0, ""}},
		{"throttled, query", tDatabase, awssim.Fault{Action: "rds:DescribeDBInstances", Kind: awssim.Throttled}, want{collect.ThrottledOut, "rds:DescribeDBInstances", 1, 0, ""}},
		{"throttled, JSON", tQueue, awssim.Fault{Action: "sqs:ListQueues", Page: 2, Kind: awssim.Throttled}, want{collect.ThrottledOut, "sqs:ListQueues", 2, 10, ""}},
		{"throttled, REST", tFunction, awssim.Fault{Action: "lambda:ListFunctions", Kind: awssim.Throttled}, want{collect.ThrottledOut, "lambda:ListFunctions", 1, 0, ""}},
		{"throttled, S3", tBucket, awssim.Fault{Action: "s3:ListBuckets", Kind: awssim.Throttled}, want{collect.ThrottledOut, "s3:ListAllMyBuckets", 1, 0, ""}},
		{"throttled, CloudWatch", tAlarm, awssim.Fault{Action: "cloudwatch:DescribeAlarms", Kind: awssim.Throttled}, want{collect.ThrottledOut, "cloudwatch:DescribeAlarms", 1, 0, ""}},
		{"throttled five times", tVolume, awssim.Fault{Action: "ec2:DescribeVolumes", Page: 2, Times: 5, Kind: awssim.Throttled}, want{collect.Complete, "", 0, 25, ""}},

		{"broken", tRole, awssim.Fault{Action: "iam:GetAccountAuthorizationDetails", Kind: awssim.Broken}, want{collect.Failed, "iam:GetAccountAuthorizationDetails", 1, 0, ""}},
		{"broken in the middle", tInstance, awssim.Fault{Action: "ec2:DescribeInstances", Page: 2, Kind: awssim.Broken}, want{collect.Failed, "ec2:DescribeInstances", 2, 10, ""}},
		{"broken twice", tInstance, awssim.Fault{Action: "ec2:DescribeInstances", Page: 2, Times: 2, Kind: awssim.Broken}, want{collect.Complete, "", 0, 25, ""}},
		{"cut, XML", tInstance, awssim.Fault{Action: "ec2:DescribeInstances", Page: 3, Kind: awssim.Cut}, want{collect.Failed, "ec2:DescribeInstances", 3, 20, ""}},
		{"cut, JSON", tLogGroup, awssim.Fault{Action: "logs:DescribeLogGroups", Page: 2, Kind: awssim.Cut}, want{collect.Failed, "logs:DescribeLogGroups", 2, 10, ""}},
		{"cut once, XML", tInstance, awssim.Fault{Action: "ec2:DescribeInstances", Page: 2, Times: 1, Kind: awssim.Cut}, want{collect.Complete, "", 0, 25, ""}},
		{"cut once, query", tDatabase, awssim.Fault{Action: "rds:DescribeDBInstances", Page: 2, Times: 1, Kind: awssim.Cut}, want{collect.Complete, "", 0, 25, ""}},
		{"cut once, JSON", tLogGroup, awssim.Fault{Action: "logs:DescribeLogGroups", Page: 2, Times: 1, Kind: awssim.Cut}, want{collect.Complete, "", 0, 25, ""}},
		{"cut once, REST", tFunction, awssim.Fault{Action: "lambda:ListFunctions", Page: 2, Times: 1, Kind: awssim.Cut}, want{collect.Complete, "", 0, 25, ""}},
		{"cut once, S3", tBucket, awssim.Fault{Action: "s3:ListBuckets", Times: 1, Kind: awssim.Cut}, want{collect.Complete, "", 0, 5, ""}},
		{"cut once, CloudWatch", tAlarm, awssim.Fault{Action: "cloudwatch:DescribeAlarms", Times: 1, Kind: awssim.Cut}, want{collect.Complete, "", 0, 3, ""}},

		{"the same page again", tInstance, awssim.Fault{Action: "ec2:DescribeInstances", Page: 2, Kind: awssim.RepeatToken}, want{collect.Failed, "ec2:DescribeInstances", 3, 20, ""}},
		{"the same page again, JSON", tLogGroup, awssim.Fault{Action: "logs:DescribeLogGroups", Page: 2, Kind: awssim.RepeatToken}, want{collect.Failed, "logs:DescribeLogGroups", 3, 20, ""}},

		{"region off, EC2", tInstance, awssim.Fault{Region: home, Action: "ec2:DescribeInstances", Kind: awssim.RegionOff}, want{collect.RegionOff, "ec2:DescribeInstances", 1, 0, ""}},
		{"region off, JSON", tTable, awssim.Fault{Region: home, Action: "dynamodb:ListTables", Kind: awssim.RegionOff}, want{collect.RegionOff, "dynamodb:ListTables", 1, 0, ""}},
		{"region off, query", tDatabase, awssim.Fault{Region: home, Kind: awssim.RegionOff, Action: "rds:DescribeDBInstances"}, want{collect.RegionOff, "rds:DescribeDBInstances", 1, 0, ""}},
		{"slow", tQueue, awssim.Fault{Action: "sqs:ListQueues", Kind: awssim.Slow, Delay: 20 * time.Millisecond}, want{collect.Complete, "", 0, 25, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim.Break(tt.fault)
			got := collectOnce(t, hasty(), tt.typ)
			end := got.ends[tt.typ]
			is := want{end.Outcome, end.Action, end.Page, len(got.ids[tt.typ]), collect.Reason(end.Message)}
			if is != tt.want {
				t.Errorf("got %+v, want %+v; AWS said: %s", is, tt.want, end.Message)
			}
		})
	}
}

// After being throttled a list goes on, but more slowly: what would take no time at eight calls a second with four in hand takes
// more than half a second at two.
func TestThrottlingSlowsDown(t *testing.T) {
	sim := awssim.Start(t, smallPlan())
	useCloud(t, sim.URL)
	limits := func() *collect.Limits {
		l := collect.NewLimits()
		l.Start, l.Pause = 8, time.Microsecond
		return l
	}
	sim.Break(awssim.Fault{Action: "ec2:DescribeVolumes", Times: 3, Kind: awssim.Throttled})
	start := time.Now()
	got := collectOnce(t, limits(), tVolume)
	if end := got.ends[tVolume]; end.Outcome != collect.Complete || len(got.ids[tVolume]) != 25 {
		t.Errorf("ended %s with %d: %s", end.Outcome, len(got.ids[tVolume]), end.Message)
	}
	if took := time.Since(start); took < 500*time.Millisecond {
		t.Errorf("three pages after three throttled calls took %s only", took)
	}
}

// enterHub adds the organisation whose first account is the hub.
func enterHub(t *testing.T, h *house) {
	t.Helper()
	h.add(t, discovery.CreateAccount{AccountID: hub, RoleARN: fmt.Sprintf(roleOfAccount, hub), Organization: true})
}

// few are the collectors of some types: a whole registry would only take longer.
func few(types ...string) []collect.Collector {
	return slices.DeleteFunc(app.Collectors(), func(c collect.Collector) bool {
		return !slices.ContainsFunc(c.Types, func(typ string) bool { return slices.Contains(types, typ) })
	})
}

func (h *house) count(t *testing.T, account, region, typ string) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, ci := range h.cis(t, h.customer) {
		if ci.Account == account && ci.Region == region && ci.Type == typ {
			n[ci.Status]++
		}
	}
	return n
}

func (h *house) end(t *testing.T, account, region, typ string) ending {
	t.Helper()
	for _, e := range h.coverage(t) {
		if e.Account == account && e.Region == region && e.Type == typ {
			return e
		}
	}
	t.Fatalf("no coverage of %s %s %s", account, region, typ)
	return ending{}
}

func TestFailureInTheMiddleMakesNothingGone(t *testing.T) {
	sim := awssim.Start(t, smallPlan())
	useCloud(t, sim.URL)
	h := build(t, app.Cloud(""), few(tInstance, tVolume, tDatabase))
	enterHub(t, h)
	h.run(t)
	if got := h.count(t, spoke, home, tInstance); got["active"] != 25 {
		t.Fatalf("first run: %v", got)
	}
	for _, kind := range []awssim.Kind{awssim.Denied, awssim.Broken, awssim.Cut, awssim.RepeatToken} {
		sim.Break(awssim.Fault{Account: spoke, Region: home, Action: "ec2:DescribeInstances", Page: 2, Kind: kind})
		r := h.run(t)
		seenNow := int64(10) // the first page
		if kind == awssim.RepeatToken {
			seenNow = 20 // the page itself was fine
		}
		got, end := h.count(t, spoke, home, tInstance), h.end(t, spoke, home, tInstance)
		if r.Gone != 0 || got["active"] != int(seenNow) || got["stale"] != 25-int(seenNow) {
			t.Errorf("fault %d: %d gone, spoke has %v; want none gone, %d active, the others stale", kind, r.Gone, got, seenNow)
		}
		if end.Outcome == collect.Complete || end.Items != seenNow || end.Action != "ec2:DescribeInstances" {
			t.Errorf("fault %d: coverage %+v", kind, end)
		}
		if got := h.count(t, hub, home, tInstance); got["active"] != 25 {
			t.Errorf("fault %d: the other account has %v", kind, got)
		}
		sim.Break()
		if r := h.run(t); r.Gone+r.Added != 0 || h.count(t, spoke, home, tInstance)["active"] != 25 {
			t.Errorf("after fault %d: %d gone, %d added, %v", kind, r.Gone, r.Added, h.count(t, spoke, home, tInstance))
		}
	}
}

// An organisation whose members may not be listed is read as one account.
func TestHiddenMembersDoNotFailTheRun(t *testing.T) {
	sim := awssim.Start(t, smallPlan(awssim.Fault{Action: "organizations:ListAccounts", Kind: awssim.Denied, Policy: awssim.SCP}))
	useCloud(t, sim.URL)
	h := build(t, app.Cloud(""), few(tInstance, "AWS::Organizations::Organization"))
	enterHub(t, h)
	r := h.run(t)
	if got := h.count(t, hub, home, tInstance); got["active"] != 25 || r.Added != 51 {
		t.Errorf("the hub has %v, %d added; want its 50 instances and the organisation", got, r.Added)
	}
	if end := h.end(t, hub, "global", "AWS::Organizations::Account"); end.Outcome != collect.Denied || end.Action != "organizations:ListAccounts" || collect.Reason(end.Message) != "scp" {
		t.Errorf("the accounts ended %+v", end)
	}
}

func TestOneBadAccountDoesNotFailTheRun(t *testing.T) {
	sim := awssim.Start(t, smallPlan(awssim.Fault{Account: spoke, Action: "sts:AssumeRole", Kind: awssim.Denied}))
	useCloud(t, sim.URL)
	h := build(t, app.Cloud(""), few(tInstance, tBucket))
	enterHub(t, h)
	r := h.run(t)
	// Both regions that are on, the one that is off, and the buckets.
	if got := h.count(t, hub, home, tInstance); got["active"] != 25 || r.Outcomes.V[collect.Complete] != 3 || r.Outcomes.V[collect.RegionOff] != 1 {
		t.Errorf("the good account has %v, outcomes %v", got, r.Outcomes.V)
	}
	if end := h.end(t, hub, "ap-east-1", tInstance); end.Outcome != collect.RegionOff {
		t.Errorf("the region to opt into ended %+v", end)
	}
	if end := h.end(t, spoke, "global", tBucket); end.Outcome != collect.Denied || end.Action != "sts:AssumeRole" || !strings.Contains(end.Message, "not authorized to perform: sts:AssumeRole") {
		t.Errorf("the bad account ended %+v", end)
	}
	if want := 1 + len(discovery.DefaultRegions()); r.Outcomes.V[collect.Denied] != want {
		t.Errorf("%d scopes denied, want %d", r.Outcomes.V[collect.Denied], want)
	}
}
