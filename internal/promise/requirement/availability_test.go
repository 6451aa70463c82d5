package requirement

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestCompose(t *testing.T) {
	t.Parallel()
	l := library(t).Levels
	lb := Part{ID: "lb", Name: "lb", Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Own: true}
	group := Part{ID: "tg", Name: "tg", Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Own: true}
	a, b := Part{ID: "a", Type: "AWS::EC2::Instance", Own: true}, Part{ID: "b", Type: "AWS::EC2::Instance", Own: true}
	one := Part{ID: "db", Type: "AWS::RDS::DBInstance", Own: true, Attributes: map[string]any{"MultiAZ": false, "Engine": "postgres"}}
	two := Part{ID: "db", Type: "AWS::RDS::DBInstance", Own: true, Attributes: map[string]any{"MultiAZ": true, "Engine": "postgres"}}
	aurora := Part{ID: "db", Type: "AWS::RDS::DBInstance", Own: true, Attributes: map[string]any{"MultiAZ": false, "Engine": "aurora-mysql"}}
	needs := []Need{{"lb", "tg", "", 0}, {"tg", "a", "targets", 1}, {"tg", "b", "targets", 1}}
	gone := b
	gone.Gone = true
	for name, test := range map[string]struct {
		parts []Part
		needs []Need
		want  float64
	}{
		"one instance":                 {[]Part{a}, nil, 0.995},
		"two in a row":                 {[]Part{a, one}, nil, 0.995 * 0.995},
		"two databases zones":          {[]Part{two}, nil, 0.9995},
		"aurora alone":                 {[]Part{aurora}, nil, 0.999},
		"two behind a load balancer":   {[]Part{lb, group, a, b}, needs, 0.9999 * 0.9999}, // 1-(0.005²) would be more than AWS undertakes for many
		"one of the two is gone":       {[]Part{lb, group, a, gone}, needs, 0.9999 * 0.995},
		"both share a lone database":   {[]Part{lb, group, a, b, one}, append([]Need{{"a", "db", "", 0}, {"b", "db", "", 0}}, needs...), 0.9999 * 0.9999 * 0.995},
		"one of them needs more":       {[]Part{lb, group, a, b, {ID: "fs", Type: "AWS::S3::Bucket"}}, append([]Need{{"a", "fs", "", 0}}, needs...), 0.9999 * math.Min(0.9999, 1-(1-0.995*0.999)*0.005)},
		"what is not needed is not in": {[]Part{a, {ID: "x", Type: "AWS::S3::Bucket"}}, nil, 0.995},
	} {
		if got := Compose(test.parts, test.needs, l); !near(got.Share, test.want) || !got.Known {
			t.Errorf("%s: %.9f, want %.9f: %+v", name, got.Share, test.want, got.Lines)
		}
	}
	if got := Compose([]Part{group}, nil, l); got.Known || got.Share != 1 {
		t.Errorf("nothing is undertaken for a target group: %+v", got)
	}
	if got := Compose([]Part{lb, group, a, b}, needs, l); len(got.Lines) != 4 {
		t.Errorf("the derivation has %d lines: %+v", len(got.Lines), got.Lines)
	}
}

// estateOf draws a workload: parts in a row, each with a group of several that can give the same.
func drawn(t *rapid.T) (parts []Part, needs []Need) {
	types := []string{"AWS::EC2::Instance", "AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::Nobody::Knows", "AWS::DynamoDB::Table"}
	kind := rapid.SampledFrom(types)
	for i := range rapid.IntRange(1, 4).Draw(t, "serial") {
		s := fmt.Sprintf("s%d", i)
		parts = append(parts, Part{ID: s, Type: kind.Draw(t, s), Own: true})
		group := kind.Draw(t, "kind of the group")
		n := rapid.IntRange(0, 4).Draw(t, "members")
		needed := rapid.IntRange(1, max(1, n)).Draw(t, "needed")
		for j := range n {
			m := fmt.Sprintf("%s-%d", s, j)
			parts = append(parts, Part{ID: m, Type: group, Own: rapid.Bool().Draw(t, "own")})
			needs = append(needs, Need{s, m, "group", needed})
			if rapid.Bool().Draw(t, "rests on one that may be shared") {
				shared := fmt.Sprintf("shared%d", rapid.IntRange(0, 2).Draw(t, "which"))
				needs = append(needs, Need{m, shared, "", 0})
			}
		}
	}
	for i := range 3 {
		parts = append(parts, Part{ID: fmt.Sprintf("shared%d", i), Type: kind.Draw(t, "shared")})
	}
	return parts, needs
}

func TestAPartMoreInTheRowNeverHelps(t *testing.T) {
	t.Parallel()
	l := library(t).Levels
	rapid.Check(t, func(t *rapid.T) {
		parts, needs := drawn(t)
		before := Compose(parts, needs, l)
		more := Part{ID: "more", Type: rapid.SampledFrom([]string{"AWS::EC2::Instance", "AWS::Lambda::Function", "AWS::Nobody::Knows"}).Draw(t, "more"), Own: true}
		if after := Compose(append(parts, more), needs, l); after.Share > before.Share+1e-12 {
			t.Fatalf("%.9f became %.9f", before.Share, after.Share)
		}
		if before.Share < 0 || before.Share > 1 {
			t.Fatalf("a share of %v", before.Share)
		}
	})
}

func TestAMemberMoreNeverHurts(t *testing.T) {
	t.Parallel()
	l := library(t).Levels
	rapid.Check(t, func(t *rapid.T) {
		parts, needs := drawn(t)
		before := Compose(parts, needs, l)
		var groups []Need
		for _, n := range needs {
			if n.Group != "" {
				groups = append(groups, n)
			}
		}
		if len(groups) == 0 {
			return
		}
		to := rapid.SampledFrom(groups).Draw(t, "group")
		kind := ""
		for _, p := range parts {
			if p.ID == to.Supporter {
				kind = p.Type
			}
		}
		after := Compose(append(parts, Part{ID: "more", Type: kind}), append(needs, Need{to.Dependent, "more", to.Group, to.Needed}), l)
		if after.Share < before.Share-1e-12 {
			t.Fatalf("%.9f became %.9f", before.Share, after.Share)
		}
	})
}

// The chance of at least k of n, against counting every outcome.
func TestAtLeast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shares := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 6).Draw(t, "shares")
		k := rapid.IntRange(0, len(shares)).Draw(t, "k")
		want := 0.0
		for set := range 1 << len(shares) {
			p, n := 1.0, 0
			for i, s := range shares {
				if set>>i&1 == 1 {
					p, n = p*s, n+1
				} else {
					p *= 1 - s
				}
			}
			if n >= k {
				want += p
			}
		}
		if got := atLeast(shares, k); !near(got, want) {
			t.Fatalf("%v of %v: %v, want %v", k, shares, got, want)
		}
	})
}
