package cmdb

import (
	"testing"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
)

func TestADeniedDetailIsNoChange(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		whole := collect.Item{Type: "AWS::S3::Bucket", ID: "invoices", Name: "Invoices", Region: "eu-west-1", Tags: map[string]string{"Name": "Invoices", "Owner": "finance"},
			Attributes: map[string]any{"Encrypted": true, "Versioning": "Enabled"},
			Edges:      []collect.Edge{{Type: collect.Encrypts, Inbound: true, To: collect.Target{Type: "AWS::KMS::Key", Key: "arn:aws:kms:eu-west-1:1:key/k"}}}}
		e.begin()
		e.saw(whole)

		// The tags and the encryption could not be asked for; versioning could, and was switched off.
		half := collect.Item{Type: whole.Type, ID: whole.ID, Name: whole.ID, Region: whole.Region, Attributes: map[string]any{"Versioning": "Suspended"}, Partial: true}
		e.begin()
		if n := e.saw(half); n.Changed != 1 {
			t.Errorf("counted %+v", n)
		}
		got := e.ci("invoices")
		if got.Name != "Invoices" || got.Tags.V["Owner"] != "finance" || got.Attributes.V["Encrypted"] != true || got.Attributes.V["Versioning"] != "Suspended" {
			t.Errorf("kept %+v", got)
		}
		var relations int
		e.in(func(tx *db.Tx) error { return tx.Get(t.Context(), &relations, `SELECT count(*) FROM {relation}`) })
		if relations != 1 {
			t.Errorf("%d relations left", relations)
		}

		// Half seen again without news, and whole again: nothing to tell, but for what really is otherwise.
		e.begin()
		if n := e.saw(half); n.Changed != 0 || n.Seen != 1 {
			t.Errorf("half again: %+v", n)
		}
		if v := e.ci("invoices").Version; v != got.Version {
			t.Errorf("version %d without a change, was %d", v, got.Version)
		}
		whole.Attributes = map[string]any{"Encrypted": true, "Versioning": "Suspended"}
		e.begin()
		if n := e.saw(whole); n.Changed != 0 {
			t.Errorf("whole again: %+v", n)
		}
	})
}
