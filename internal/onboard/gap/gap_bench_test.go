package gap

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db/dbtest"
)

// BenchmarkJudge carries out the shipped controls over 100,000 CIs in memory, as an evaluation does with pages of them: JSON is decoded, evidence written.
func BenchmarkJudge(b *testing.B) {
	s := New(Parts{Log: slog.New(slog.DiscardHandler), Catalogue: shipped(b)})
	n := &snapshot{customer: customerRow{ID: "k"}, workloads: map[string]*workloadRow{}, looked: map[string]*control.CI{}, ofType: map[string][]*control.CI{}, edges: map[string][]edge{},
		unseen: map[[2]string]string{}, asked: map[[2]string]bool{}, places: map[[3]string]string{}}
	for _, t := range append(s.catalogue.Types(), s.catalogue.Looks()...) {
		n.asked[[2]string{account, t}] = true
	}
	shapes := []ciRow{
		{Type: "AWS::EC2::Instance", Attributes: raw(`{"InstanceType":"m6i.large","State":"running","MetadataOptions":{"HttpTokens":"required"},"PublicIpAddress":"1.2.3.4","SecurityGroupIds":["sg-1"],"Monitoring":false}`)},
		{Type: "AWS::EC2::Volume", Attributes: raw(`{"Encrypted":true,"Size":100,"VolumeType":"gp3","State":"in-use"}`)},
		{Type: "AWS::RDS::DBInstance", Attributes: raw(`{"BackupRetentionPeriod":7,"MultiAZ":true,"StorageEncrypted":true,"PubliclyAccessible":false,"Engine":"postgres","DeletionProtection":true,"AutoMinorVersionUpgrade":true}`)},
		{Type: "AWS::S3::Bucket", Attributes: raw(`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true,"Versioning":"Enabled","Encryption":"AES256"}`)},
		{Type: "AWS::Lambda::Function", Attributes: raw(`{"Runtime":"python3.12","MemorySize":512,"Timeout":30}`)},
		{Type: "AWS::EC2::SecurityGroup", Attributes: raw(`{"GroupName":"web","VpcId":"vpc-1"}`)},
	}
	rows := make([]ciRow, 100_000)
	for i := range rows {
		r := shapes[i%len(shapes)]
		r.ID, r.Name, r.Account, r.Region, r.Status, r.Source, r.Environment = fmt.Sprintf("ci-%06d", i), fmt.Sprint("name ", i), account, "eu-west-1", "active", "discovered", "production"
		r.Tags = raw(`{"Environment":"production","Owner":"shop"}`)
		rows[i] = r
	}
	verdicts := 0
	for b.Loop() {
		verdicts = 0
		for part := range chunks(rows, pageSize) {
			got, err := s.judgeCIs(n, part, dbtest.Start)
			if err != nil {
				b.Fatal(err)
			}
			verdicts += len(got)
		}
	}
	b.ReportMetric(float64(verdicts), "verdicts")
	b.ReportMetric(float64(len(s.catalogue.All())), "controls")
}

// BenchmarkEvaluation is a whole evaluation of an estate that has nothing to change: read, judged, compared. The size is VIGIE_BENCH_CIS,
// 20,000 unless set. The first one, which writes all verdicts, is told beside it.
func BenchmarkEvaluation(b *testing.B) {
	size := 20_000
	if n, err := strconv.Atoi(os.Getenv("VIGIE_BENCH_CIS")); err == nil {
		size = n
	}
	d := dbtest.SQLite(b, clock.NewManual(dbtest.Start))
	h := newHouse(b, d, "live")
	items := make([]collect.Item, size)
	for i := range items {
		items[i] = collect.Item{Type: "AWS::EC2::Volume", ID: fmt.Sprintf("vol-%06d", i), Region: "eu-west-1", Attributes: map[string]any{"Encrypted": i%9 != 0, "Size": 10}}
	}
	h.discover(nil, items...)
	begin := time.Now()
	h.evaluate()
	first := time.Since(begin)
	for b.Loop() {
		h.evaluate()
	}
	b.ReportMetric(first.Seconds(), "first-s")
	b.ReportMetric(float64(size), "cis")
}
