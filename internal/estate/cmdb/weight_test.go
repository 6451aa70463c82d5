package cmdb

import "testing"

func TestOneOfSeveralTakesNoWorkloadDown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		impact Impact
		want   Verdict
	}{
		"nothing is known to stand on it": {Impact{}, Down},
		"everything on it has a spare":    {Impact{Items: []ImpactCI{{Verdict: Degraded}}, Degraded: 1}, Degraded},
		"something on it has none":        {Impact{Items: []ImpactCI{{Verdict: Degraded}, {Verdict: Down}}, Degraded: 1, Down: 1}, Down},
	} {
		if got := tt.impact.weightOfOrigin(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
