package isolation

import (
	"context"
	"errors"
	"testing"
	"time"

	"vigie/internal/app"
	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/discovery"
	"vigie/internal/exchange/mail"
	"vigie/internal/exchange/webhook"
	"vigie/internal/onboard/finding"
	"vigie/internal/onboard/gap"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/identity"
	"vigie/test/routes"
)

// jobs walks every topic that the source hands to the queue.
func (h *house) jobs(t *testing.T) {
	topics := map[string]func(*testing.T){
		approval.Topic:      h.approvalOfAnother,
		discovery.RunTopic:  h.runOfAnother,
		mail.Topic:          h.mailOfAnother,
		webhook.TaskTopic:   h.deliveryOfAnother,
		gap.RunTopic:        h.evaluationOfAnother,
		finding.PullTopic:   h.pullOfAnother,
		identity.ResetTopic: h.resetOfNobody,
		app.SegmentTopic:    h.segmentOfAnother,
		jobs.TickTopic:      h.sweepers,
	}
	found := 0
	for _, s := range routes.Read(t) {
		if s.Page() {
			continue
		}
		found++
		if topics[s.Value] == nil {
			t.Errorf("%s: the topic %s is not walked", s.At, s.Value)
		}
	}
	if found < len(topics) {
		t.Errorf("only %d handlers of topics were found", found)
	}
	for topic, test := range topics {
		t.Run(topic, test)
	}
	t.Run("intake", h.intakeOfAnother)
	t.Run("findings", h.findingsOfAnother)
}

// runOfAnother gives a task of acme's the run of bolt's: nothing happens.
func (h *house) runOfAnother(t *testing.T) {
	before, own := h.footprint(t, h.bolt), h.footprint(t, h.acme)
	told := 0
	r, err := h.app.Discovery.Execute(t.Context(), h.acme.Refs["customer_id"], h.bolt.Refs["run"], func(discovery.Run) { told++ })
	if r.ID != "" || told > 0 {
		t.Errorf("a task of acme's took bolt's run: %v, %v", r, err)
	}
	h.untouched(t, h.bolt, before, "a run under another's name")
	h.untouched(t, h.acme, own, "a run under another's name")
}

// sweepers work for all customers; what they hand on names the customer that it belongs to.
func (h *house) sweepers(t *testing.T) {
	h.clock.Advance(time.Hour)
	owner := map[string]string{}
	h.across(t, func(ctx context.Context, tx *db.Tx) error {
		var runs []struct {
			Customer string `db:"customer_id"`
			ID       string `db:"id"`
		}
		// Both customers have a run whose process is lost.
		if _, err := tx.Exec(ctx, `UPDATE {discovery_run} SET state = 'running', heartbeat_at = 1, finished_at = NULL WHERE id IN (?, ?)`, h.acme.Refs["run"], h.bolt.Refs["run"]); err != nil {
			return err
		}
		err := tx.Select(ctx, &runs, `SELECT customer_id, id FROM {discovery_run}`)
		for _, r := range runs {
			owner[r.ID] = r.Customer
		}
		return err
	})
	handed := map[string]bool{}
	check(t, h.app.Discovery.Sweep(t.Context(), func(customer, run string) error {
		handed[customer] = true
		if owner[run] != customer {
			t.Errorf("the sweeper hands the run %s of %s to %s", run, owner[run], customer)
		}
		return nil
	}))
	if !handed[h.acme.Refs["customer_id"]] || !handed[h.bolt.Refs["customer_id"]] {
		t.Errorf("the sweeper found lost runs of %v only", handed)
	}
	h.across(t, func(ctx context.Context, tx *db.Tx) error {
		var rows []struct {
			Customer string             `db:"customer_id"`
			Payload  db.JSON[jobs.Task] `db:"payload"`
		}
		if err := tx.Select(ctx, &rows, `SELECT customer_id, payload FROM {outbox} WHERE customer_id IS NOT NULL`); err != nil {
			return err
		}
		if len(rows) == 0 {
			return errors.New("nothing went through the outbox")
		}
		for _, r := range rows {
			if of, known := owner[r.Payload.V.Key]; r.Payload.V.Customer != r.Customer || known && of != r.Customer {
				t.Errorf("an outbox row of %s carries %+v", r.Customer, r.Payload.V)
			}
		}
		return nil
	})
}

// intakeOfAnother lets acme's discovery tell of resources with bolt's names, point at them and close bolt's scopes.
func (h *house) intakeOfAnother(t *testing.T) {
	before := h.footprint(t, h.bolt)
	f := h.bolt
	check(t, h.db.InScope(t.Context(), db.Grant(h.acme.Refs["customer_id"]), func(tx *db.Tx) error {
		ctx, in := t.Context(), cmdb.Intake{}
		item := collect.Item{Type: "AWS::S3::Bucket", ID: f.Word + "-bucket", ARN: "arn:aws:s3:::" + f.Word + "-bucket", Name: "taken over", Region: "eu-west-1",
			Edges: []collect.Edge{{Type: collect.DependsOn, To: collect.Target{Type: "AWS::EC2::Instance", Key: f.Word + "-ci"}}}}
		if _, err := in.Upsert(ctx, tx, f.Refs["run"], f.Refs["number"], []collect.Item{item}); err != nil {
			return err
		}
		if _, _, err := in.Close(ctx, tx, h.acme.Refs["run"], f.Refs["number"], "eu-west-1", []string{"AWS::S3::Bucket", "AWS::EC2::Instance"}, true); err != nil {
			return err
		}
		if err := in.Settle(ctx, tx); err != nil {
			return err
		}
		var resolved int
		err := tx.Get(ctx, &resolved, `SELECT COUNT(*) FROM {relation} r WHERE r.other_key = ? AND r.resolved`, f.Word+"-ci")
		if resolved > 0 {
			t.Error("an edge of acme's was tied to a CI of bolt's")
		}
		return err
	}))
	h.untouched(t, h.bolt, before, "an intake under another's name")
}
