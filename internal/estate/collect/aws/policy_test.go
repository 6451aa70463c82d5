package aws

import (
	"slices"
	"testing"

	"vigie/internal/estate/collect"
	"vigie/internal/estate/collect/policy"
)

// What collectors need must be allowed by the role that the account page gives out: within IAM's ten policies a role, and with nothing
// that the role denies.
func TestTheRoleAllowsWhatCollectorsNeed(t *testing.T) {
	t.Parallel()
	docs := policy.Documents(policy.Actions(Registry()))
	if len(docs) > 10 {
		t.Errorf("%d policies; a role takes ten", len(docs))
	}
	var allowed []string
	for _, d := range docs {
		for _, s := range d.Statement {
			if s.Effect == "Allow" {
				allowed = append(allowed, s.Action...)
			}
		}
	}
	for _, c := range Registry() {
		for _, a := range c.Actions {
			if !slices.Contains(allowed, collect.IAMAction(a)) {
				t.Errorf("%s needs %s, which the role does not allow", c.Name(), collect.IAMAction(a))
			}
		}
	}
}
