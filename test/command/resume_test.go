package command

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vigie/test/awssim"
)

// The second region never answers this call, so that the run cannot end before it is killed; the rest of it goes on meanwhile.
const stuck = "lambda:ListFunctions"

func TestKilledRun(t *testing.T) {
	t.Parallel()
	sim := awssim.Start(t, awssim.Plan{Accounts: []string{"111111111111"}, Regions: []string{"eu-west-1", "eu-west-3"}, PageSize: 10,
		Counts: map[string]int{"AWS::EC2::Instance": 25, "AWS::EC2::Volume": 25, "AWS::Lambda::Function": 25, "AWS::IAM::Role": 25, "AWS::SQS::Queue": 25},
		Faults: []awssim.Fault{{Region: "eu-west-3", Action: stuck, Kind: awssim.Slow, Delay: time.Hour}}})
	var before map[string]int
	killInTheMiddle := func(ts *testscript.TestScript, _ bool, args []string) {
		out, err := os.Create(ts.MkAbs("killed.log"))
		ts.Check(err)
		defer out.Close()
		run := exec.Command(vigie, args...)
		run.Dir, run.Env, run.Stdout, run.Stderr = ts.MkAbs("."), environment(ts), out, out
		ts.Check(run.Start())
		ended := make(chan error, 1)
		go func() { ended <- run.Wait() }()
		// Nothing else is asked for while one call hangs: all other scopes have ended.
		calls, quiet := 0, 0
		await(ts, "the run to hang", func() bool {
			select {
			case err := <-ended:
				ts.Fatalf("the run ended by itself: %v\n%s", err, ts.ReadFile("killed.log"))
			default:
			}
			if now := sim.Calls(""); now != calls || sim.Calls(stuck) < 2 {
				calls, quiet = now, 0
			} else {
				quiet++
			}
			return quiet > 100
		})
		ts.Check(run.Process.Kill())
		<-ended
		before = sim.Actions()
	}
	heal := func(*testscript.TestScript, bool, []string) { sim.Break() }
	// What had ended was not read again.
	carriedOn := func(ts *testscript.TestScript, _ bool, _ []string) {
		after := sim.Actions()
		for _, action := range []string{"ec2:DescribeInstances", "ec2:DescribeVolumes", "sqs:ListQueues"} {
			if before[action] == 0 || after[action] != before[action] {
				ts.Fatalf("%s was called %d times, then %d times more", action, before[action], after[action]-before[action])
			}
		}
		if after[stuck] == before[stuck] {
			ts.Fatalf("%s was not called again", stuck)
		}
	}
	// What ended before the kill is counted with the rest, and but once.
	countedOnce := func(ts *testscript.TestScript, _ bool, _ []string) {
		var runs struct {
			Items []struct {
				Total int `json:"scopes_total"`
				Done  int `json:"scopes_done"`
			} `json:"items"`
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &runs))
		if len(runs.Items) != 1 || runs.Items[0].Done == 0 || runs.Items[0].Done != runs.Items[0].Total {
			ts.Fatalf("the runs are %+v", runs.Items)
		}
	}
	play(t, "testdata/cloud/*.txtar", map[string]string{"AWS_ENDPOINT_URL": sim.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"},
		map[string]command{"kill-in-the-middle": killInTheMiddle, "heal": heal, "carried-on": carriedOn, "counted-once": countedOnce})
}
