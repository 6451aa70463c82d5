package aws

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	kms "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"vigie/internal/estate/collect"
)

func TestTidy(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CET", 3600))
	got := tidy(facts{
		"Pointer": ptr("x"), "Missing": (*string)(nil), "Empty": ptr(""), "Enum": types.VolumeTypeGp3, "NoEnum": types.VolumeType(""),
		"False": ptr(false), "Zero": ptr[int32](0), "Time": &at, "NoTime": (*time.Time)(nil), "List": []string{"b", "a"}, "NoList": []string{},
		"Enums": []types.InstanceType{"t3.small", "m5.large"}, "Map": map[string]*string{"a": ptr("1"), "b": nil}, "NoMap": map[string]string{},
		"Maps": []facts{{"Name": ptr("x"), "Nothing": (*int32)(nil)}}, "Float": ptr(0.5), "Nil": nil,
	})
	want := facts{
		"Pointer": "x", "Enum": "gp3", "False": false, "Zero": int64(0), "Time": "2026-03-01T11:00:00Z", "List": []string{"a", "b"},
		"Enums": []string{"m5.large", "t3.small"}, "Map": facts{"a": "1"}, "Maps": []any{facts{"Name": "x"}}, "Float": 0.5,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestTagsOfServicesThatNameThemDifferently(t *testing.T) {
	t.Parallel()
	if got := tags([]types.Tag{{Key: ptr("Name"), Value: ptr("web")}, {Key: ptr("Empty")}}); !reflect.DeepEqual(got, map[string]string{"Name": "web", "Empty": ""}) {
		t.Errorf("EC2: %v", got)
	}
	if got := tags([]kms.Tag{{TagKey: ptr("Owner"), TagValue: ptr("team")}}); !reflect.DeepEqual(got, map[string]string{"Owner": "team"}) {
		t.Errorf("KMS: %v", got)
	}
	if got := tags([]types.Tag{}); got != nil {
		t.Errorf("none: %v", got)
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	var e edges
	e.oneOf("subnets", collect.DependsOn, typeSubnet, "subnet-1", "subnet-2")
	e.key(ptr("alias/data"))
	e.arns(collect.DependsOn, "arn:aws:iam::1:role/r", "r")
	e.role("plain")
	want := []string{"depends_on subnet-1 (subnets)", "depends_on subnet-2 (subnets)", "< encrypts alias/data", "depends_on arn:aws:iam::1:role/r",
		"depends_on plain"}
	var got []string
	for _, x := range e {
		got = append(got, edgeText(x))
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r := e[4].To.Region; r != collect.GlobalRegion {
		t.Errorf("a role is looked for in %q", r)
	}
}
