package finding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/smithy-go"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/permission"
)

// hub is Security Hub in a test: what each region has, or how it fails.
type hub struct {
	has    map[string][]string
	fails  map[string]error
	shut   error // the account
	asked  []Door
	queued []jobs.Task
}

func (h *hub) Put(_ context.Context, _ *db.Tx, _ string, t jobs.Task) error {
	h.queued = append(h.queued, t)
	return nil
}

func (h *hub) Ask(_ context.Context, d Door, each func(string, []json.RawMessage) error, ended func(string, error) error) error {
	h.asked = append(h.asked, d)
	if h.shut != nil {
		return h.shut
	}
	for _, r := range d.Regions {
		for _, one := range h.has[r] {
			if err := each(r, []json.RawMessage{json.RawMessage(one)}); err != nil {
				return err
			}
		}
		if err := ended(r, h.fails[r]); err != nil {
			return err
		}
	}
	return nil
}

func found(n int, region string) string {
	return fmt.Sprintf(`{"Id":"hub-%d","AwsAccountId":%q,"Region":%q,"Title":"finding %d","Compliance":null,"Resources":[{"Id":"arn:aws:s3:::parcels","Details":null}]}`, n, account, region, n)
}

func TestPull(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		hub := &hub{has: map[string][]string{"eu-west-1": {found(1, "eu-west-1"), found(2, "eu-west-1")}, "us-east-1": {found(3, "us-east-1")}}, fails: map[string]error{}}
		h.s.Hub, h.s.Outbox = hub, hub
		pull := func() ImportRow {
			t.Helper()
			imp, err := h.s.Pull(t.Context(), h.actor(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			again, err := h.s.Pull(t.Context(), h.actor(), "acme")
			if err != nil || again.ID != imp.ID {
				t.Fatalf("two at once: %v, %v", again, err)
			}
			if err := h.s.Execute(t.Context(), h.customer, imp.ID); err != nil {
				t.Fatal(err)
			}
			row, err := h.s.ImportOf(t.Context(), h.actor(), imp.ID)
			if err != nil {
				t.Fatal(err)
			}
			return row
		}
		if r := pull(); r.State != Done || r.Message != "no_hub" || len(hub.asked) != 0 {
			t.Errorf("without a hub: %+v", r.Import)
		}
		var hubs []collect.Item
		for _, region := range []string{"eu-west-1", "us-east-1"} {
			arn := "arn:aws:securityhub:" + region + ":" + account + ":hub/default"
			hubs = append(hubs, collect.Item{Type: "AWS::SecurityHub::Hub", ID: arn, ARN: arn, Region: region})
		}
		h.discover(append(hubs, bucket)...)
		r := pull()
		if r.State != Done || r.Counts.V.Added != 3 || r.Counts.V.Unmatched != 0 || len(r.Outcomes.V) != 2 || len(hub.asked) != 1 || !slices.Equal(hub.asked[0].Regions, []string{"eu-west-1", "us-east-1"}) {
			t.Errorf("the first: %+v of %+v", r.Import, hub.asked)
		}
		if err := h.s.Execute(t.Context(), h.customer, r.ID); err != nil || len(hub.asked) != 1 {
			t.Errorf("an import that has ended asks again: %v", err)
		}

		// One region is denied: what it had stays open. The other no longer has its second.
		hub.has = map[string][]string{"eu-west-1": {found(1, "eu-west-1")}}
		hub.fails["us-east-1"] = &collect.CallError{Action: "securityhub:GetFindings", Page: 1, Err: &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}}
		r = pull()
		if r.State != Done || r.Counts.V.Resolved != 1 || r.Outcomes.V[1].Outcome != string(collect.Denied) {
			t.Errorf("one region denied: %+v", r.Import)
		}
		if a, b, c := h.titled("finding 1"), h.titled("finding 2"), h.titled("finding 3"); a.Status != Open || b.Status != Resolved || c.Status != Open {
			t.Errorf("%s %s %s", a.Status, b.Status, c.Status)
		}
		hub.shut = errors.New("no way in")
		if r = pull(); r.State != Failed || len(r.Outcomes.V) != 2 || h.titled("finding 1").Status != Open {
			t.Errorf("shut: %+v", r.Import)
		}

		// After a discovery it is asked by itself, once.
		hub.queued = nil
		for range 2 {
			h.in(func(tx *db.Tx) error { return h.s.PullAfter(t.Context(), tx) })
		}
		if n := h.count(`SELECT COUNT(*) FROM {finding_import} i WHERE i.finished_at IS NULL`); n != 1 || hub.queued[0].Topic != PullTopic {
			t.Errorf("%d wait, %v", n, hub.queued)
		}
		viewer := permission.Grant(permission.Actor{Name: "Lena"}, permission.Viewer, db.Grant(h.customer))
		if _, err := h.s.Pull(t.Context(), viewer, "acme"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a viewer: %v", err)
		}
	})
}
