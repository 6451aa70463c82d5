package aws

import (
	"testing"

	cloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	containers "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"vigie/internal/estate/collect"
)

// A setting of a database must reach the collector; what a stack was given must not.
func TestScrubTellsSettingsFromParameters(t *testing.T) {
	t.Parallel()
	settings := &rds.DescribeDBParametersOutput{Parameters: []types.Parameter{{ParameterName: ptr("rds.force_ssl"), ParameterValue: ptr("1")}}}
	collect.Scrub(settings)
	if got := *settings.Parameters[0].ParameterValue; got != "1" {
		t.Errorf("rds.force_ssl became %q", got)
	}
	stack := &cloudformation.Stack{Parameters: []cloudformation.Parameter{{ParameterKey: ptr("DatabasePassword"), ParameterValue: ptr("hunter2hunter2")}}}
	collect.Scrub(stack)
	if got := *stack.Parameters[0].ParameterValue; got == "hunter2hunter2" {
		t.Error("the parameter of a stack was kept")
	}
}

// Unions come as interfaces, into which a recording could not be read back.
func TestScrubDropsUnions(t *testing.T) {
	t.Parallel()
	out := &ecs.DescribeTasksOutput{Tasks: []containers.Task{{Containers: []containers.Container{{
		Name: ptr("gpu"), GpuSharingStrategy: &containers.UnknownUnionMember{Tag: "x"},
	}}}}}
	collect.Scrub(out)
	c := out.Tasks[0].Containers[0]
	if c.GpuSharingStrategy != nil || *c.Name != "gpu" {
		t.Errorf("kept %+v", c)
	}
}
