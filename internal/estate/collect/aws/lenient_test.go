package aws

import "testing"

// Answers of an emulator are repaired; answers of AWS go through as they are.
func TestRepairs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		repair    func([]byte) []byte
		in, after string
	}{
		{numberTimes, `{"name":"a","created":"2026-11-23T10:00:00.5Z","updated":"2026-11-23 10:00:01"}`, `{"name":"a","created":1795428000,"updated":1795428001}`},
		{numberTimes, `{"created":1795428000.5,"note":"created: 2026-11-23T10:00:00Z"}`, `{"created":1795428000.5,"note":"created: 2026-11-23T10:00:00Z"}`},
		{deployTexts, `{"autoScalingGroups": ["a", "b \" c"], "x": []}`, `{"autoScalingGroups":[{"name":"a"}, {"name":"b \" c"}], "x": []}`},
		{deployTexts, `{"autoScalingGroups":[{"name":"a","hook":"h"}]}`, `{"autoScalingGroups":[{"name":"a","hook":"h"}]}`},
		{deployTexts, `{"autoScalingGroups":[]}`, `{"autoScalingGroups":[]}`},
		{taskTexts, `{"cpu": 512,"memory":"1024"}`, `{"cpu": "512","memory":"1024"}`},
	} {
		if got := string(c.repair([]byte(c.in))); got != c.after {
			t.Errorf("%s\nbecame %s\nwant   %s", c.in, got, c.after)
		}
	}
}
