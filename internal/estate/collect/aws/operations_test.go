package aws

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"vigie/test/moto"
)

// seedOperations fills an emulator and gives the names that it made up.
func seedOperations(t *testing.T, endpoint string) map[string]any {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), moto.Python(t), "testdata/operations.py", endpoint)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	var made map[string]any
	if err := json.Unmarshal(out, &made); err != nil {
		t.Fatal(err)
	}
	return made
}

// What one service says of another must come out as an edge that the other answers to.
func TestOperations(t *testing.T) {
	t.Parallel()
	endpoint := moto.Start(t)
	made := seedOperations(t, endpoint)
	text := func(name string) string { v, _ := made[name].(string); return v }
	const here = ":eu-west-1:123456789012:"
	got := discover(t, endpoint, "eu-west-1", typeUser, typeRole, typeGroup, typeManagedPolicy, typePasswordPolicy, typeRootUser, typeKey, typeQueue,
		typeTopic, typeRule, typeStateMachine, typeAlarm, typeLogGroup, typeDistribution, typeZone, typeStack, typeApplication, typeBuildProject,
		typeDeployApplication, typePipeline, typeTrail, typeSecret, typeParameter, typeFunction)

	role := got.one(t, typeRole, "shop")
	wantEdges(t, role, "depends_on "+text("policy"))
	wantFacts(t, role, facts{"TrustedAccounts": []string{"999999999999"}, "RequiresExternalId": true, "TrustsAnyone": false})
	if !slices.Contains(role.Keys, text("profile")) || role.Tags["Owner"] != "shop" {
		t.Errorf("the role answers to %q, tags %v", role.Keys, role.Tags)
	}
	jo := got.one(t, typeUser, "jo")
	wantEdges(t, jo, "< contains staff")
	wantFacts(t, jo, facts{"PasswordEnabled": true, "MFAActive": true, "MFADevices": []string{text("device")}, "AccessKey1Active": true, "AccessKey2Active": false})
	if jo.Attributes["AccessKey1CreateDate"] == nil {
		t.Errorf("no date of the key: %v", jo.Attributes)
	}
	wantFacts(t, got.one(t, typePasswordPolicy, testAccount), facts{"MinimumPasswordLength": int32(14)})
	wantFacts(t, got.one(t, typeRootUser, testAccount), facts{"AccessKeysPresent": false})

	key := got.one(t, typeKey, text("key"))
	wantFacts(t, key, facts{"Aliases": []string{"alias/orders"}, "EnableKeyRotation": true, "KeyManager": "CUSTOMER"})
	if key.Tags["Owner"] != "shop" || key.Name != "orders" || !slices.Contains(key.Keys, "arn:aws:kms"+here+"alias/orders") {
		t.Errorf("key %s: tags %v, keys %q", key.Name, key.Tags, key.Keys)
	}

	queue := got.one(t, typeQueue, text("queue"))
	wantEdges(t, queue, "depends_on arn:aws:sqs"+here+"dead", "< encrypts arn:aws:kms"+here+"alias/orders")
	wantFacts(t, queue, facts{"MaxReceiveCount": "5", "FifoQueue": false})
	if got.one(t, typeQueue, text("dead")).ARN != "arn:aws:sqs"+here+"dead" || queue.Tags["Owner"] != "shop" {
		t.Errorf("queues: %+v", got.items[typeQueue])
	}
	topic := got.one(t, typeTopic, text("topic"))
	wantEdges(t, topic, "routes_to arn:aws:sqs"+here+"orders")
	wantFacts(t, topic, facts{"Subscription": []string{"sqs arn:aws:sqs" + here + "orders", "https hooks.example.com"}})

	wantEdges(t, got.one(t, typeRule, "default|nightly"), "routes_to "+text("charge"), "depends_on arn:aws:sqs"+here+"dead")
	wantFacts(t, got.one(t, typeRule, "shop|placed"), facts{"EventBusName": "shop", "EventPattern": `{"source":["shop"]}`})
	wantEdges(t, got.one(t, typeStateMachine, text("machine")), "depends_on "+text("charge"), "depends_on "+text("role"))
	wantEdges(t, got.one(t, typeAlarm, "backlog"), "monitors arn:aws:sqs"+here+"orders", "depends_on "+text("topic"))
	wantEdges(t, got.one(t, typeAlarm, "errors"), "monitors charge")
	wantEdges(t, got.one(t, typeLogGroup, "/aws/lambda/charge"), "monitors charge")
	wantFacts(t, got.one(t, typeLogGroup, "audit"), facts{"RetentionInDays": int32(365), "NeverExpires": false})

	front := got.items[typeDistribution][0]
	wantEdges(t, front, "routes_to assets", "routes_to dns:app.example.com")
	zone := got.one(t, typeZone, text("zone"))
	wantEdges(t, zone, "routes_to "+front.Keys[0], "routes_to dns:www.example.com")
	if n := zone.Attributes["RecordTypes"].(map[string]any)["A"]; n != int64(701) {
		t.Errorf("the zone has %v A records, want 701: %v", n, zone.Attributes)
	}

	stack := got.one(t, typeStack, text("stack"))
	wantEdges(t, stack, "contains arn:aws:sqs"+here+"ledger", "contains arn:aws:sns"+here+"ledger")
	wantEdges(t, got.one(t, typeApplication, "application=billing"), "contains "+text("charge"), "contains arn:aws:lambda"+here+"function:refund")
	wantEdges(t, got.one(t, typeBuildProject, "build"), "depends_on arn:aws:ecr"+here+"repository/tools", "depends_on "+text("role"))
	wantEdges(t, got.one(t, typeDeploymentGroup, "shop|blue"), "deploys web", "< contains shop")
	wantEdges(t, got.one(t, typePipeline, "release"), "depends_on build", "deploys shop|blue", "depends_on assets", "deploys "+stack.Keys[0])
	wantFacts(t, got.one(t, typeTrail, "audit"), facts{"IsLogging": true, "IsMultiRegionTrail": true})
	if s := got.one(t, typeSecret, text("secret")); s.Name != "db" || s.Tags["Owner"] != "shop" {
		t.Errorf("secret %+v", s)
	}
	wantEdges(t, got.one(t, typeParameter, "/shop/key"), "< encrypts arn:aws:kms"+here+"alias/orders")

	for typ, items := range got.items {
		if all := fmt.Sprintf("%+v", items); strings.Contains(all, "hunter2") || strings.Contains(all, "secret-of-the-hook") {
			t.Errorf("a secret is among the facts of %s", typ)
		}
	}
}
