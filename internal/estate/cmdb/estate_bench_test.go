package cmdb

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/list"
	"vigie/internal/kit/segment"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

// benchCIs is the size of the estate of these benchmarks: VIGIE_BENCH_CIS, 100,000 unless set. FIGURES.md's goals are for 1,000,000.
func benchCIs() int {
	if n, err := strconv.Atoi(os.Getenv("VIGIE_BENCH_CIS")); err == nil {
		return n
	}
	return 100_000
}

var benchAddress string // of the PostgreSQL that benchDB started last

// benchDB gives SQLite, or PostgreSQL if VIGIE_BENCH_ENGINE says postgres.
func benchDB(b *testing.B) *db.DB {
	b.Helper()
	if os.Getenv("VIGIE_BENCH_ENGINE") != "postgres" {
		return dbtest.SQLite(b, clock.System{})
	}
	address := pg.Start(b)
	benchAddress = address
	if err := db.Migrate(context.Background(), address, dbtest.NoExtra); err != nil {
		b.Fatal(err)
	}
	d, err := db.Open(context.Background(), address, clock.System{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	return d
}

// town is a large estate of one customer: applications of 200 CIs, each on a VPC; the VPCs of twenty hang on one hub.
type town struct {
	d     *db.DB
	scope db.Scope
	ids   []string
	types []string
	hubs  []int
}

const application = 200

func buildTown(b *testing.B) *town {
	b.Helper()
	d := benchDB(b)
	w := &town{d: d, scope: benchCustomer(b, d, "acme")}
	n := benchCIs()
	now := db.At(time.Now())
	random := rand.New(rand.NewPCG(1, 1))
	before := func(days int) db.Time {
		return db.At(now.Add(-time.Hour - time.Duration(random.Int64N(int64(days)*24*int64(time.Hour)))))
	}
	for i := range n {
		w.ids = append(w.ids, id.New())
		w.types = append(w.types, typeAt(i))
		if i%application == 0 && (i/application)%20 == 0 {
			w.hubs = append(w.hubs, i)
		}
	}
	for from := 0; from < n; from += 10_000 {
		to := min(from+10_000, n)
		var cis []record
		var terms []termRow
		var relations []relationRow
		for i := from; i < to; i++ {
			r := record{ID: w.ids[i], Type: w.types[i], Name: fmt.Sprintf("%s-%d-%d", []string{"shop", "bank", "data", "mail"}[i%4], i/application, i%application),
				ExternalID: fmt.Sprintf("x-%d", i), Account: fmt.Sprintf("%012d", i/4000), Region: []string{"eu-west-1", "eu-central-1"}[i/application%2],
				Status: Active, Environment: Environments[i%3], Owner: benchOwner(i), Source: Discovered, FirstSeen: before(300), LastSeen: now, Version: 1, CreatedAt: now, UpdatedAt: before(30)}
			r.Tags.V = map[string]string{"Owner": fmt.Sprintf("team-%d", i%50)}
			r.Attributes.V = map[string]any{"State": "running", "Size": i % 7}
			r.fill()
			terms = append(terms, r.index()...)
			cis = append(cis, r)
			relations = append(relations, w.relationsAt(i, now)...)
		}
		slices.SortFunc(terms, termRow.compare)
		err := d.InScope(context.Background(), w.scope, func(tx *db.Tx) error {
			if _, err := tx.Insert(context.Background(), "ci", cis, ""); err != nil {
				return err
			}
			if _, err := tx.Insert(context.Background(), "ci_term", terms, ""); err != nil {
				return err
			}
			_, err := tx.Insert(context.Background(), "relation", relations, "")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	gather(b)
	return w
}

// gather does for PostgreSQL what its autovacuum does after some minutes.
func gather(b *testing.B) {
	if benchAddress == "" {
		return
	}
	c, err := sql.Open("pgx", benchAddress)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Exec("VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
}

// writeSince writes to as many CIs as VIGIE_BENCH_FRESH says, none unless it is set: segments do not know them.
func writeSince(b *testing.B, w *town) {
	n, err := strconv.Atoi(os.Getenv("VIGIE_BENCH_FRESH"))
	if err != nil {
		return
	}
	var some []string
	for i := 0; len(some) < n; i += len(w.ids) / n {
		some = append(some, w.ids[i])
	}
	if err := w.d.InScope(context.Background(), w.scope, func(tx *db.Tx) error {
		in, p := db.IDs(tx, "id", some)
		_, err := tx.Exec(context.Background(), `UPDATE {ci} SET criticality = 'high', version = version + 1, updated_at = ? WHERE `+in, tx.Now(), p)
		return err
	}); err != nil {
		b.Fatal(err)
	}
}

func typeAt(i int) string {
	switch p := i % application; {
	case p == 0:
		return "AWS::EC2::VPC"
	case p <= 4:
		return "AWS::EC2::Subnet"
	case p <= 8:
		return "AWS::RDS::DBInstance"
	case p <= 20:
		return "AWS::IAM::Role"
	case p <= 80:
		return "AWS::EC2::Instance"
	case p <= 140:
		return "AWS::EC2::Volume"
	case p <= 144:
		return "AWS::ElasticLoadBalancingV2::TargetGroup"
	case p <= 146:
		return "AWS::ElasticLoadBalancingV2::LoadBalancer"
	}
	return "AWS::Lambda::Function"
}

// benchOwner owns hardly anything, one CI in 5,000; most have the same owner.
func benchOwner(i int) string {
	if i%5000 == 7 {
		return "ada"
	}
	return "team"
}

// relationsAt gives about three relations for each CI, all to CIs that stand before it.
func (w *town) relationsAt(i int, now db.Time) []relationRow {
	base, p := i-i%application, i%application
	var out []relationRow
	edge := func(kind collect.Relation, to int, group string, needed int64) {
		out = append(out, relationRow{ID: id.New(), Type: kind, FromID: db.Null(w.ids[i]), ToID: db.Null(w.ids[to]), OwnerID: w.ids[i], Resolved: true,
			OtherKey: "x", Source: Discovered, Redundancy: group, Needed: needed, FirstSeen: now, Version: 1})
	}
	switch w.types[i] {
	case "AWS::EC2::VPC":
		if hub := base - base%(20*application); hub != i {
			edge(collect.DependsOn, hub, "", 0)
		}
	case "AWS::EC2::Subnet":
		edge(collect.RunsOn, base, "", 0)
	case "AWS::RDS::DBInstance":
		edge(collect.RunsOn, base+1, "zones", 1)
		edge(collect.RunsOn, base+2, "zones", 1)
	case "AWS::EC2::Instance":
		edge(collect.RunsOn, base+1+p%4, "", 0)
		edge(collect.DependsOn, base+9+p%12, "", 0)
		edge(collect.DependsOn, base+5+p%4, "", 0)
	case "AWS::EC2::Volume":
		edge(collect.DependsOn, i-60, "", 0)
		edge(collect.Monitors, base, "", 0)
		edge(collect.Protects, i-60, "", 0)
	case "AWS::ElasticLoadBalancingV2::TargetGroup":
		for k := range 15 {
			edge(collect.RoutesTo, base+21+(p%4)*15+k, "targets", 8)
		}
	case "AWS::ElasticLoadBalancingV2::LoadBalancer":
		edge(collect.RoutesTo, base+141+p%2, "", 0)
		edge(collect.RoutesTo, base+143+p%2, "", 0)
	case "AWS::Lambda::Function":
		edge(collect.DependsOn, base+5+p%4, "", 0)
		edge(collect.DependsOn, base+9+p%12, "", 0)
		edge(collect.DependsOn, base+145+p%2, "", 0)
		if p%2 == 0 && base > 0 {
			edge(collect.DependsOn, base-application+145, "", 0) // the application before
		}
	}
	return out
}

// percentile of sorted durations, in milliseconds.
func percentile(d []time.Duration, p float64) float64 {
	slices.Sort(d)
	return float64(d[min(len(d)-1, int(float64(len(d))*p))].Microseconds()) / 1000
}

// BenchmarkImpact tells how long the impact of any CI takes at depth 10, and of the hubs, whose failure takes the most with it.
func BenchmarkImpact(b *testing.B) {
	w := buildTown(b)
	s := New(w.d)
	actor := permission.Grant(permission.Actor{}, permission.Engineer, w.scope)
	ask := func(i int) (time.Duration, int) {
		start := time.Now()
		got, err := s.Impact(context.Background(), actor, w.ids[i], Impacts, MaxDepth)
		if err != nil {
			b.Fatal(err)
		}
		return time.Since(start), len(got.Items)
	}
	ask(0)
	var all, hubs []time.Duration
	hits, most := 0, 0
	for i := 0; b.Loop(); i++ {
		d, n := ask(i * 7919 % len(w.ids))
		all, hits = append(all, d), hits+n
	}
	for _, h := range w.hubs[:min(20, len(w.hubs))] {
		d, n := ask(h)
		hubs, most = append(hubs, d), max(most, n)
	}
	b.ReportMetric(percentile(all, 0.5), "p50-ms")
	b.ReportMetric(percentile(all, 0.99), "p99-ms")
	b.ReportMetric(float64(hits)/float64(len(all)), "hits/op")
	b.ReportMetric(percentile(hubs, 0.5), "hub-p50-ms")
	b.ReportMetric(percentile(hubs, 0.99), "hub-max-ms")
	b.ReportMetric(float64(most), "hub-hits")
}

// BenchmarkLists tells how long pages of lists, searches and figures take, for staff who see all customers and within one.
func BenchmarkLists(b *testing.B) {
	w := buildTown(b)
	s := New(w.d)
	start := time.Now()
	if err := segment.Build(context.Background(), w.d, w.scope.Customers()[0], *CISpec.Segment); err != nil {
		b.Fatal(err)
	}
	writeSince(b, w)
	gather(b)
	b.Logf("the segment of %d CIs was built in %v", len(w.ids), time.Since(start))
	if err := s.KeepFigures(context.Background()); err != nil {
		b.Fatal(err)
	}
	one := permission.Grant(permission.Actor{}, permission.Engineer, w.scope)
	all := permission.Grant(permission.Actor{}, permission.Engineer, db.GrantAll())
	parse := func(q string) list.Query {
		v, err := url.ParseQuery(q)
		if err != nil {
			b.Fatal(err)
		}
		out, err := CISpec.Parse(v)
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	cis := func(a permission.Actor, q string) func() error {
		return func() error { _, err := s.CIs(context.Background(), a, parse(q)); return err }
	}
	// As the page of CIs asks: of one customer, without what is gone, with the true total.
	page := func(q string) func() error {
		return func() error {
			q := parse(q).Of("k.slug", "acme").Find(notGone())
			if _, err := s.CIs(context.Background(), all, q); err != nil {
				return err
			}
			_, err := s.CountCIs(context.Background(), all, q, 10_001)
			return err
		}
	}
	ago := func(days int) string { return time.Now().AddDate(0, 0, -days).UTC().Format(time.RFC3339) }
	rel := RelationSpec.All().Where(`(r.from_id = ? OR r.to_id = ?) AND r.customer_id = ?`, w.ids[0], w.ids[0], w.scope.Customers()[0])
	for _, c := range []struct {
		name string
		f    func() error
	}{
		{"all/relations-of", func() error { _, err := s.Relations(context.Background(), all, rel); return err }},
		{"all/by-name", cis(all, "")}, {"one/by-name", cis(one, "")}, {"one/by-updated", cis(one, "sort=-updated_at")}, {"all/by-updated", cis(all, "sort=-updated_at")},
		{"one/by-first-seen", cis(one, "sort=-first_seen")}, {"all/by-first-seen", cis(all, "sort=-first_seen")}, {"page/search-by-first-seen", page("sort=-first_seen&q=shop")},
		{"page/type-by-first-seen", page("sort=-first_seen&type=AWS::EC2::VPC")}, {"page/type-updated", page("sort=-updated_at&type=AWS::RDS::DBInstance")},
		{"page/tag-and-region-updated", page("sort=-updated_at&region=eu-west-1&tag.Owner=team-7")}, {"page/new-today", page("first_seen.after=" + ago(1))},
		{"page/new-in-months", page("first_seen.after=" + ago(100))}, {"page/new-of-type", page("first_seen.after=" + ago(100) + "&type=AWS::EC2::VPC")},
		{"page/changed-today", page("updated_at.after=" + ago(1))}, {"page/long-unchanged-by-type", page("updated_at.before=" + ago(29) + "&sort=-type")},
		{"one/by-last-seen", cis(one, "sort=last_seen")},
		{"all/type", cis(all, "type=AWS::RDS::DBInstance")}, {"one/type", cis(one, "type=AWS::RDS::DBInstance")},
		{"one/account", cis(one, "account=000000000003&sort=type")},
		{"all/search-rare", cis(all, "q=shop-77")}, {"all/search-common", cis(all, "q=shop")}, {"one/search-common", cis(one, "q=shop")},
		{"all/search-two-common", cis(all, "q=shop 77")}, {"all/search-letter", cis(all, "q=s")}, {"all/search-page-2", cis(all, "q=shop&sort=-name")},
		{"one/search-common-updated", cis(one, "q=shop&sort=-updated_at")}, {"all/tag", cis(all, "tag.Owner=team-7")},
		{"one/owner-rare", cis(one, "owner=ada")}, {"one/owner-none", cis(one, "owner=nobody")}, {"one/region", cis(one, "region=eu-west-1&sort=-updated_at")},
		{"all/status-gone", cis(all, "status=gone")}, {"one/environment-and-type", cis(one, "environment=production&type=AWS::EC2::VPC")},
		{"one/environment-and-type-common", cis(one, "environment=production&type=AWS::EC2::Instance")}, {"one/search-in-type", cis(one, "q=bank&type=AWS::RDS::DBInstance&environment=staging")},
		{"one/search-two-common-last", cis(one, "q=shop 499&sort=-name")}, {"one/attribute-in-type", cis(one, "attribute.Size=3&type=AWS::EC2::Volume&q=data")},
		{"page/all", page("")}, {"page/search-two-common", page("q=shop 77")}, {"page/environment-and-type", page("environment=production&type=AWS::EC2::VPC")},
		{"page/by-type", page("sort=type")}, {"page/by-account-last", page("sort=-account")}, {"page/search-by-owner", page("q=shop&sort=owner")},
		{"page/search-common-updated", page("q=shop&sort=-updated_at")}, {"page/two-tags-and-region", page("tag.Owner=team-7,team-8&region=eu-west-1")},
		{"one/count-search", func() error {
			_, err := s.CountCIs(context.Background(), one, parse("q=shop"), 10_000)
			return err
		}},
		{"one/tag", cis(one, "tag.Owner=team-7")}, {"one/attribute", cis(one, "attribute.Size=3")}, {"one/name-contains", cis(one, "name.contains=-77-1")},
		{"all/get", func() error { _, err := s.CI(context.Background(), all, w.ids[len(w.ids)/2]); return err }},
		{"one/count", func() error {
			_, err := s.CountCIs(context.Background(), one, parse("type=AWS::EC2::Volume"), 10_000)
			return err
		}},
		{"all/palette", func() error { _, err := s.Search(context.Background(), all, "", "shop", 10); return err }},
		{"one/overview", func() error { _, err := s.Overview(context.Background(), one, "acme"); return err }},
		{"one/accuracy", func() error { _, err := s.Accuracy(context.Background(), one, "acme"); return err }},
		{"all/relations", func() error { _, err := s.Relations(context.Background(), all, RelationSpec.All()); return err }},
		{"one/relations-of", func() error { _, err := s.RelationsOf(context.Background(), one, w.ids[0], 50); return err }},
		{"all/changes", func() error { _, err := s.Changes(context.Background(), all, ChangeSpec.All()); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := c.f(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			b.ReportMetric(percentile(took, 0.5), "p50-ms")
			b.ReportMetric(percentile(took, 0.99), "p99-ms")
		})
	}
}
