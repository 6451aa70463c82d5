package cmdb

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

const benchBatch = 500

// benchItems makes one batch of believable resources: twelve attributes, five tags, three edges.
func benchItems(batch int) []collect.Item {
	items := make([]collect.Item, benchBatch)
	for i := range items {
		n := batch*benchBatch + i
		ext := fmt.Sprintf("i-%017x", n*7919)
		items[i] = collect.Item{
			Type: "AWS::EC2::Instance", ID: ext, ARN: "arn:aws:ec2:eu-west-1:111122223333:instance/" + ext,
			Name: fmt.Sprintf("web-%04d-prod", n), Region: "eu-west-1",
			Tags: map[string]string{"Name": fmt.Sprintf("web-%04d-prod", n), "Environment": "production", "Owner": fmt.Sprintf("team-%d", n%40),
				"CostCentre": fmt.Sprintf("cc-%03d", n%300), "Application": fmt.Sprintf("shop-%d", n%100)},
			Attributes: map[string]any{"InstanceType": "m6i.large", "ImageId": "ami-0123456789abcdef0", "PrivateIpAddress": fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255),
				"State": "running", "Monitoring": false, "EbsOptimized": true, "LaunchTime": "2026-01-02T03:04:05Z", "Architecture": "x86_64",
				"SecurityGroupIds": []string{"sg-1", "sg-2"}, "KeyName": "ops", "Tenancy": "default", "MetadataOptions": map[string]any{"HttpTokens": "required"}},
			Edges: []collect.Edge{
				{Type: collect.RunsOn, To: collect.Target{Type: "AWS::EC2::Subnet", Key: fmt.Sprintf("subnet-%d", n%50), Account: "111122223333", Region: "eu-west-1"}},
				{Type: collect.Protects, Inbound: true, To: collect.Target{Type: "AWS::EC2::SecurityGroup", Key: fmt.Sprintf("sg-%d", n%80), Account: "111122223333", Region: "eu-west-1"}},
				{Type: collect.AttachedTo, Inbound: true, To: collect.Target{Type: "AWS::EC2::Volume", Key: fmt.Sprintf("vol-%017x", n), Account: "111122223333", Region: "eu-west-1"}},
			},
		}
	}
	return items
}

func benchCustomer(tb testing.TB, d *db.DB, slug string) db.Scope {
	tb.Helper()
	c := id.New()
	type row struct {
		ID       string  `db:"id"`
		Slug     string  `db:"slug"`
		Name     string  `db:"name"`
		Country  string  `db:"country"`
		Language string  `db:"language"`
		TimeZone string  `db:"time_zone"`
		Phase    string  `db:"phase"`
		Version  int64   `db:"version"`
		Created  db.Time `db:"created_at"`
		Updated  db.Time `db:"updated_at"`
	}
	err := d.Across(context.Background(), "test", func(tx *db.Tx) error {
		_, err := tx.Insert(context.Background(), "customer", row{c, slug, slug, "FR", "en", "UTC", "live", 1, tx.Now(), tx.Now()}, "")
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return db.Grant(c)
}

func upsertAll(tb testing.TB, d *db.DB, s db.Scope, run string, batches [][]collect.Item) (n Counts) {
	tb.Helper()
	for _, items := range batches {
		err := d.InScope(context.Background(), s, func(tx *db.Tx) error {
			c, err := Intake{}.Upsert(context.Background(), tx, run, "111122223333", items)
			n.Seen, n.Added, n.Changed = n.Seen+c.Seen, n.Added+c.Added, n.Changed+c.Changed
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return n
}

// BenchmarkUpsert tells resources a second through the CMDB: the first time, when all is new, and the second, when nothing changed.
func BenchmarkUpsert(b *testing.B) {
	const batches = 40
	all := make([][]collect.Item, batches)
	for i := range all {
		all[i] = benchItems(i)
	}
	for b.Loop() {
		d := benchDB(b)
		s := benchCustomer(b, d, "acme")
		start := time.Now()
		if n := upsertAll(b, d, s, id.New(), all); n.Added != batches*benchBatch {
			b.Fatalf("%+v", n)
		}
		first := time.Since(start)
		start = time.Now()
		if n := upsertAll(b, d, s, id.New(), all); n.Changed != 0 || n.Seen != batches*benchBatch {
			b.Fatalf("%+v", n)
		}
		second := time.Since(start)
		b.ReportMetric(batches*benchBatch/first.Seconds(), "new/s")
		b.ReportMetric(batches*benchBatch/second.Seconds(), "unchanged/s")
		d.Close()
	}
}
