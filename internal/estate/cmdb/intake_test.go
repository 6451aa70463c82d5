package cmdb

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
)

// estate is one customer's CMDB in a test, moved on run by run.
type estate struct {
	t     *testing.T
	d     *db.DB
	clock *clock.Manual
	scope db.Scope
	run   string
}

const account = "111122223333"

func newEstate(t *testing.T, d *db.DB, c *clock.Manual, slug string) *estate {
	return &estate{t: t, d: d, clock: c, scope: benchCustomer(t, d, slug)}
}

// begin starts a run an hour after the last one.
func (e *estate) begin() { e.clock.Advance(time.Hour); e.run = id.New() }

func (e *estate) in(f func(*db.Tx) error) {
	e.t.Helper()
	if err := e.d.InScope(context.Background(), e.scope, f); err != nil {
		e.t.Fatal(err)
	}
}

func (e *estate) saw(items ...collect.Item) (n Counts) {
	e.t.Helper()
	e.in(func(tx *db.Tx) (err error) {
		n, err = Intake{}.Upsert(context.Background(), tx, e.run, account, items)
		return err
	})
	return n
}

func (e *estate) close(region string, complete bool, types ...string) (gone, stale int) {
	e.t.Helper()
	e.in(func(tx *db.Tx) (err error) {
		gone, stale, err = Intake{}.Close(context.Background(), tx, e.run, account, region, types, complete)
		return err
	})
	return gone, stale
}

func (e *estate) resolve() (n int) {
	e.t.Helper()
	e.in(func(tx *db.Tx) (err error) {
		n, err = Intake{}.Resolve(context.Background(), tx)
		return err
	})
	return n
}

// ci gives the CI with the external id.
func (e *estate) ci(external string) (r record) {
	e.t.Helper()
	e.in(func(tx *db.Tx) error {
		return tx.Get(context.Background(), &r, `SELECT `+db.Columns[record]("c.")+` FROM {ci} c WHERE c.external_id = ?`, external)
	})
	return r
}

// changes gives what the current run changed, as "external id kind field before after", sorted.
func (e *estate) changes() []string {
	e.t.Helper()
	var rows []struct {
		External string `db:"external_id"`
		changeRow
	}
	e.in(func(tx *db.Tx) error {
		return tx.Select(context.Background(), &rows, `SELECT c.external_id, `+db.Columns[changeRow]("h.")+`
			FROM {ci_change} h JOIN {ci} c ON c.id = h.ci_id WHERE h.run_id = ?`, e.run)
	})
	out := []string{}
	for _, r := range rows {
		out = append(out, r.External+" "+string(r.Kind)+" "+r.Field+" "+r.Before+" "+r.After)
	}
	slices.Sort(out)
	return out
}

func (e *estate) want(got []string, want ...string) {
	e.t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		e.t.Errorf("changes\n got %q\nwant %q", got, want)
	}
}

func instance(name string) collect.Item {
	return collect.Item{Type: "AWS::EC2::Instance", ID: "i-" + name, ARN: "arn:aws:ec2:eu-west-1:" + account + ":instance/i-" + name, Name: name, Region: "eu-west-1",
		Tags:       map[string]string{"Environment": "prd", "Owner": "shop"},
		Attributes: map[string]any{"InstanceType": "m6i.large", "Cores": 2, "Monitoring": true, "Groups": []string{"sg-1"}},
		Edges:      []collect.Edge{inRegion(collect.To(collect.RunsOn, "AWS::EC2::Subnet", "subnet-1"))}}
}

func subnet(name string) collect.Item {
	return collect.Item{Type: "AWS::EC2::Subnet", ID: name, Name: name, Region: "eu-west-1"}
}

// inRegion does what a session does to an edge.
func inRegion(e collect.Edge) collect.Edge {
	e.To.Account, e.To.Region = account, "eu-west-1"
	return e
}

func TestSecondRunGivesExactlyTheChanges(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		e.begin()
		if n := e.saw(instance("a"), instance("b"), instance("c"), subnet("subnet-1")); n != (Counts{4, 4, 0}) {
			t.Fatalf("first run: %+v", n)
		}
		if n := e.resolve(); n != 3 {
			t.Errorf("resolved %d, want 3", n)
		}
		first := e.ci("i-a")
		if first.Environment != "production" || first.Owner != "shop" || first.Status != Active {
			t.Errorf("derived %+v", first)
		}

		e.begin()
		if n := e.saw(instance("a"), instance("b"), instance("c"), subnet("subnet-1")); n != (Counts{4, 0, 0}) {
			t.Fatalf("quiet run: %+v", n)
		}
		e.close("eu-west-1", true, "AWS::EC2::Instance", "AWS::EC2::Subnet")
		e.want(e.changes())
		if again := e.ci("i-a"); again.Version != first.Version || !again.LastSeen.After(first.LastSeen.Time) || !again.FirstSeen.Equal(first.FirstSeen.Time) {
			t.Errorf("quiet run: version %d, seen %v after %v", again.Version, again.LastSeen, first.LastSeen)
		}

		e.begin()
		b := instance("b")
		b.Tags["Owner"] = "bank"
		delete(b.Tags, "Environment")
		b.Tags["Team"] = "x<y"
		b.Attributes["InstanceType"] = "m6i.xlarge"
		b.Attributes["Groups"] = []string{"sg-1", "sg-2"}
		delete(b.Attributes, "Monitoring")
		b.Name = "b2"
		b.Edges = []collect.Edge{inRegion(collect.To(collect.RunsOn, "AWS::EC2::Subnet", "subnet-2"))}
		if n := e.saw(instance("a"), b, instance("d"), subnet("subnet-1")); n != (Counts{4, 1, 1}) {
			t.Fatalf("third run: %+v", n)
		}
		if gone, stale := e.close("eu-west-1", true, "AWS::EC2::Instance", "AWS::EC2::Subnet"); gone != 1 || stale != 0 {
			t.Errorf("gone %d, stale %d", gone, stale)
		}
		e.want(e.changes(),
			`i-d created   "d"`,
			`i-c gone status "active" "gone"`,
			`i-b changed name "b" "b2"`,
			`i-b changed tags.Owner "shop" "bank"`,
			`i-b changed tags.Environment "prd" `,
			`i-b changed tags.Team  "x<y"`,
			`i-b changed attributes.InstanceType "m6i.large" "m6i.xlarge"`,
			`i-b changed attributes.Groups ["sg-1"] ["sg-1","sg-2"]`,
			`i-b changed attributes.Monitoring true `,
			`i-b relation_added runs_on  {"type":"runs_on","other_type":"AWS::EC2::Subnet","other":"subnet-2"}`,
			`i-b relation_removed runs_on {"type":"runs_on","other_type":"AWS::EC2::Subnet","other":"subnet-1"} `,
		)
		if now := e.ci("i-b"); now.Owner != "bank" || now.Environment != "" || now.Version != 2 {
			t.Errorf("changed CI: %+v", now)
		}
		e.begin()
		e.saw(instance("a"), b, instance("c"), instance("d"), subnet("subnet-1"))
		e.want(e.changes(), `i-c returned status "gone" "active"`)
	})
}

func TestDeniedScopeMakesNothingGone(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		e.begin()
		e.saw(instance("a"), subnet("subnet-1"))
		e.resolve()
		seen := e.ci("i-a").LastSeen

		for range 2 { // the second time nothing new is said
			e.begin()
			e.saw(subnet("subnet-1"))
			e.close("eu-west-1", true, "AWS::EC2::Subnet")
			e.close("eu-west-1", false, "AWS::EC2::Instance")
			if r := e.ci("i-a"); r.Status != Stale || !r.LastSeen.Equal(seen.Time) {
				t.Errorf("status %s, seen %v, want stale and %v", r.Status, r.LastSeen, seen)
			}
		}
		e.want(e.changes())
		var relations int
		e.in(func(tx *db.Tx) error {
			return tx.Get(context.Background(), &relations, `SELECT COUNT(*) FROM {relation} r WHERE r.resolved`)
		})
		if relations != 1 {
			t.Errorf("%d relations kept, want 1", relations)
		}
		e.begin()
		e.saw(instance("a"))
		e.want(e.changes(), `i-a returned status "stale" "active"`)
		// Another region's end says nothing about this one.
		e.begin()
		if gone, _ := e.close("us-east-1", true, "AWS::EC2::Instance"); gone != 0 {
			t.Errorf("%d gone by the end of another region", gone)
		}
		if gone, _ := e.close("", true, "AWS::EC2::Instance"); gone != 1 {
			t.Errorf("%d gone by the end of a global scope, want 1", gone)
		}
	})
}

func TestDuplicatesCountOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		e.begin()
		last := instance("a")
		last.Name = "last"
		if n := e.saw(instance("a"), instance("b"), last); n != (Counts{2, 2, 0}) {
			t.Errorf("batch with a duplicate: %+v", n)
		}
		if name := e.ci("i-a").Name; name != "last" {
			t.Errorf("name %q, want the last description", name)
		}
		if n := e.saw(last, instance("b")); n != (Counts{0, 0, 0}) {
			t.Errorf("page delivered twice: %+v", n)
		}
	})
}

func TestRelationsResolve(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		e.begin()
		role := collect.Item{Type: "AWS::IAM::Role", ID: "app", Name: "app", Region: "global", ARN: "arn:aws:iam::" + account + ":role/app"}
		lb := collect.Item{Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", ID: "arn:aws:elb:lb", ARN: "arn:aws:elb:lb", Name: "lb", Region: "eu-west-1",
			Keys: []string{collect.DNS("LB-1.elb.amazonaws.com.")}}
		a := instance("a")
		a.Edges = []collect.Edge{
			inRegion(collect.To(collect.DependsOn, "AWS::IAM::Role", "app")),                         // region differs: the only one of the account
			{Type: collect.Protects, Inbound: true, To: collect.Target{Key: lb.ARN}},                 // by ARN, inbound
			{Type: collect.RoutesTo, To: collect.Target{Key: collect.DNS("lb-1.ELB.amazonaws.com")}}, // by DNS name
			inRegion(collect.To(collect.RunsOn, "AWS::EC2::Subnet", "subnet-1")),                     // not seen yet
		}
		e.saw(a, role, lb)
		if n := e.resolve(); n != 3 {
			t.Errorf("resolved %d, want 3", n)
		}
		if n := e.resolve(); n != 0 {
			t.Errorf("resolved %d the second time, want 0", n)
		}
		e.begin()
		e.saw(subnet("subnet-1"))
		if n := e.resolve(); n != 1 {
			t.Errorf("resolved %d in the later run, want 1", n)
		}
		var rows []relationRow
		e.in(func(tx *db.Tx) error {
			return tx.Select(context.Background(), &rows, `SELECT `+db.Columns[relationRow]("r.")+` FROM {relation} r`)
		})
		want := map[collect.Relation][2]string{
			collect.DependsOn: {a.ID, role.ID}, collect.Protects: {lb.ID, a.ID}, collect.RoutesTo: {a.ID, lb.ID}, collect.RunsOn: {a.ID, "subnet-1"},
		}
		for _, r := range rows {
			w := want[r.Type]
			if !r.Resolved || string(r.FromID) != e.ci(w[0]).ID || string(r.ToID) != e.ci(w[1]).ID {
				t.Errorf("%s: %+v, want from %s to %s", r.Type, r, w[0], w[1])
			}
		}
		if len(rows) != 4 {
			t.Errorf("%d relations, want 4", len(rows))
		}
	})
}

func TestTwoOfTheSameNameDoNotResolve(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		other := newEstate(t, d, c, "other")
		e.begin()
		one, two := subnet("subnet-1"), subnet("subnet-1")
		one.Region, two.Region = "us-east-1", "us-east-2"
		e.saw(instance("a"), one, two)
		other.begin()
		other.saw(subnet("subnet-1")) // another customer's is never the answer
		if n := e.resolve(); n != 0 {
			t.Errorf("resolved %d between two candidates", n)
		}
	})
}

func TestRedundancyOfAnEdgeChangesInPlace(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		e.begin()
		a := instance("a")
		e.saw(a, subnet("subnet-1"))
		e.resolve()
		e.begin()
		a.Edges[0].Redundancy, a.Edges[0].Needed = "zones", 2
		e.saw(a)
		e.want(e.changes(), `i-a changed redundancy.runs_on  {"group":"zones","needed":2}`)
		if n := e.resolve(); n != 0 {
			t.Errorf("resolved %d: the relation should have stayed resolved", n)
		}
	})
}

// termsOf gives what the table says, which must be what the CI's row says.
func (e *estate) termsOf(external string) (stored, derived []string) {
	r := e.ci(external)
	e.in(func(tx *db.Tx) error {
		return tx.Select(context.Background(), &stored, `SELECT t.term FROM {ci_term} t WHERE t.ci_id = ? ORDER BY t.term`, r.ID)
	})
	return stored, r.terms()
}

func TestTermsFollowTheCI(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		e := newEstate(t, d, c, "acme")
		e.begin()
		a, b := instance("web-a"), instance("web-b")
		e.saw(a, b)
		e.begin()
		a.Tags = map[string]string{"Owner": "nobody"} // b keeps what a loses
		a.Name = "db"
		b.Tags = maps.Clone(b.Tags)
		b.Tags["Extra"] = "1"
		b.Keys = []string{"dns:b.example.com"}
		e.saw(a, b)
		for _, external := range []string{a.ID, b.ID} {
			if stored, derived := e.termsOf(external); !slices.Equal(stored, derived) {
				t.Errorf("terms of %s\n got %q\nwant %q", external, stored, derived)
			}
		}
	})
}
