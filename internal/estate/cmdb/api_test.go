package cmdb

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/estate/collect"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/record/intake"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

// office is an API over one customer's CMDB, with callers of three kinds.
type office struct {
	*estate
	engineer *apitest.Client // provider, all customers
	viewer   *apitest.Client // of the customer
	stranger *apitest.Client // of another customer
}

func eachOffice(t *testing.T, test func(*testing.T, *office)) {
	t.Helper()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		o := &office{estate: newEstate(t, d, c, "acme")}
		other := benchCustomer(t, d, "other")
		s := apitest.New(t, d, c, customer.Resolve, New(d), intake.New(d, messages(t), New(d).Intakes()...))
		o.engineer = s.As("engineer", permission.Engineer, db.GrantAll())
		o.viewer = s.As("viewer", permission.Viewer, o.scope)
		o.stranger = s.As("stranger", permission.Approver, other)
		test(t, o)
	})
}

type items[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

func (o *office) names(query string) []string {
	o.t.Helper()
	var got items[Body]
	o.engineer.Do(o.t, "GET", "/cis"+query, "").Want(o.t, 200).JSON(o.t, &got)
	out := []string{}
	for _, i := range got.Items {
		out = append(out, i.Name)
	}
	return out
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		web, db1 := instance("web-1"), instance("db-1")
		db1.Tags = map[string]string{"Owner": "data", "Environment": "dev", "Note": "a,b"}
		db1.Attributes["InstanceType"] = "r6i.large"
		db1.Attributes["Monitoring"] = false
		o.saw(web, db1, subnet("subnet-1"))
		for _, c := range []struct{ query, want string }{
			{"?customer=acme", "db-1 subnet-1 web-1"},
			{"?customer=acme&type=AWS::EC2::Instance", "db-1 web-1"},
			{"?customer=acme&sort=-name", "web-1 subnet-1 db-1"},
			{"?tag.Owner=data", "db-1"},
			{"?tag.Owner=data,shop", "db-1 web-1"},
			{"?tag.Owner=*", "db-1 web-1"},
			{`?tag.Note=a\,b`, "db-1"},
			{"?tag.owner=data", ""},
			{"?attribute.InstanceType=m6i.large", "web-1"},
			{"?attribute.Monitoring=true", "web-1"},
			{"?attribute.Monitoring=false", "db-1"},
			{"?attribute.Cores=2&environment=production", "web-1"},
			{"?name.prefix=db", "db-1"},
			{"?name.contains=-1&type.not=AWS::EC2::Instance", "subnet-1"},
			{"?owner.empty=true", "subnet-1"},
			{"?workload.empty=true&status=active&source=discovered", "db-1 subnet-1 web-1"},
			{"?q=web", "web-1"},
			{"?q=i-db", "db-1"},
			{"?q=db+i-d", "db-1"},
			{"?q=" + url.QueryEscape(db1.ARN), "db-1"},
			{"?q=nothing", ""},
			{"?last_seen.after=2026-03-02T09:30:00Z", "db-1 subnet-1 web-1"},
			{"?last_seen.before=2026-03-02T09:30:00Z", ""},
		} {
			if got := strings.Join(o.names(c.query), " "); got != c.want {
				t.Errorf("%s\n got %q\nwant %q", c.query, got, c.want)
			}
		}
		o.engineer.Do(t, "GET", "/cis?attribut.X=1", "").Want(t, 422)
		o.engineer.Do(t, "GET", "/cis?status=lost", "").Want(t, 422)
		csv := o.engineer.Do(t, "GET", "/cis?q=web", "", "Accept", "text/csv").Want(t, 200).Body
		if !strings.Contains(csv, "external_id") || !strings.Contains(csv, `""Owner"":""shop""`) {
			t.Errorf("csv %q", csv)
		}
		if got := o.stranger.Do(t, "GET", "/cis", "").Want(t, 200).Body; !strings.Contains(got, `"items":[]`) {
			t.Errorf("a stranger sees %s", got)
		}
	})
}

func TestPinnedFieldStaysAndDiffers(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		a := instance("a")
		o.saw(a)
		path := "/cis/" + o.ci(a.ID).ID
		var b Body
		got := o.engineer.Do(t, "PATCH", path, `{"owner":"desk","environment":"staging"}`, "If-Match", `"v1"`).Want(t, 200)
		got.JSON(t, &b)
		if b.Owner != "desk" || b.Environment != "staging" || got.Header.Get("ETag") != `"v2"` || len(b.Differing) != 2 {
			t.Errorf("patched %+v", b)
		}
		o.engineer.Do(t, "PATCH", path, `{"owner":"x"}`, "If-Match", `"v1"`).Want(t, 412)
		o.viewer.Do(t, "PATCH", path, `{"owner":"x"}`).Want(t, 403)
		o.stranger.Do(t, "PATCH", path, `{"owner":"x"}`).Want(t, 404)
		o.stranger.Do(t, "GET", path, "").Want(t, 404)
		p := o.engineer.Do(t, "PATCH", path, `{"environment":"prod","tags":{"a":"b"},"criticality":"huge"}`).Want(t, 422).Problem(t)
		if len(p.Errors) != 2 {
			t.Errorf("bad fields %+v", p.Errors)
		}

		o.begin()
		a.Tags["Owner"] = "bank"
		o.saw(a)
		o.want(o.changes(), `i-a changed tags.Owner "shop" "bank"`)
		o.engineer.Do(t, "GET", path, "").Want(t, 200).JSON(t, &b)
		if b.Owner != "desk" || len(b.Differing) != 2 || b.Differing[1] != (Difference{"owner", "desk", "bank"}) {
			t.Errorf("after the run %+v", b)
		}
		var null Body // decoding does not clear fields
		o.engineer.Do(t, "PATCH", path, `{"owner":null,"environment":null}`).Want(t, 200).JSON(t, &null)
		if null.Owner != "bank" || null.Environment != "production" || len(null.Differing) != 0 || len(null.Pinned) != 0 {
			t.Errorf("unpinned %+v", null)
		}
		var h items[ChangeBody]
		o.engineer.Do(t, "GET", path+"/history?kind=changed&field=owner", "").Want(t, 200).JSON(t, &h)
		if len(h.Items) != 2 || h.Items[0].Before != `"desk"` || h.Items[0].After != `"bank"` || h.Items[0].Actor != "engineer" {
			t.Errorf("history %+v", h.Items)
		}
		o.stranger.Do(t, "GET", path+"/history", "").Want(t, 404)
		o.engineer.Do(t, "DELETE", path, "").Want(t, 409)
	})
}

func TestManualCI(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		body := `{"customer":"acme","type":"Router","name":"Core Router 1","tags":{"Env":"prd"},"attributes":{"Ports":48}}`
		o.viewer.Do(t, "POST", "/cis", body).Want(t, 403)
		o.stranger.Do(t, "POST", "/cis", body).Want(t, 403)
		res := o.engineer.Do(t, "POST", "/cis", body).Want(t, 201)
		var b Body
		res.JSON(t, &b)
		if b.ExternalID != "core-router-1" || b.Source != Manual || b.Environment != "production" || b.Customer != "acme" ||
			res.Header.Get("Location") != "/api/v1/cis/"+b.ID {
			t.Errorf("created %+v", b)
		}
		if p := o.engineer.Do(t, "POST", "/cis", body).Want(t, 409).Problem(t); !strings.Contains(p.Detail, "core-router-1") {
			t.Errorf("conflict %+v", p)
		}
		if p := o.engineer.Do(t, "POST", "/cis", `{"customer":"nobody","type":"","name":"","environment":"x"}`).Want(t, 422).Problem(t); len(p.Errors) != 4 {
			t.Errorf("bad fields %+v", p.Errors)
		}
		o.engineer.Do(t, "PATCH", "/cis/"+b.ID, `{"name":"Core","tags":{"Env":"prd","Rack":"7"},"owner":"net"}`).Want(t, 200)
		if got := strings.Join(o.names("?tag.Rack=7"), " "); got != "Core" {
			t.Errorf("by its new tag: %q", got)
		}
		if got := o.names("?q=router"); len(got) != 1 { // by its id still
			t.Errorf("by the word of its id: %q", got)
		}
		if stored, derived := o.termsOf("core-router-1"); !slices.Equal(stored, derived) {
			t.Errorf("terms %q, want %q", stored, derived)
		}
		// A discovered CI points at it; when it goes the relation waits again.
		o.begin()
		a := instance("a")
		a.Edges = []collect.Edge{inRegion(collect.To(collect.DependsOn, "Router", "core-router-1"))}
		o.saw(a)
		if n := o.resolve(); n != 1 {
			t.Errorf("resolved %d", n)
		}
		o.engineer.Do(t, "DELETE", "/cis/"+b.ID, "", "If-Match", `"v1"`).Want(t, 412)
		o.engineer.Do(t, "DELETE", "/cis/"+b.ID, "", "If-Match", `"v2"`).Want(t, 204)
		o.engineer.Do(t, "GET", "/cis/"+b.ID, "").Want(t, 404)
		var rel items[RelationBody]
		o.engineer.Do(t, "GET", "/relations?customer=acme", "").Want(t, 200).JSON(t, &rel)
		if len(rel.Items) != 1 || rel.Items[0].Resolved || rel.Items[0].To != nil || rel.Items[0].Other != "core-router-1" {
			t.Errorf("relations %+v", rel.Items)
		}
		if got := o.names("?q=router"); len(got) != 0 {
			t.Errorf("still found: %q", got)
		}
	})
}

func TestDiscoveryAdoptsManualCI(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		body := fmt.Sprintf(`{"customer":"acme","type":"AWS::EC2::Instance","name":"Shop server","external_id":"i-a","account":"%s","region":"eu-west-1","owner":"jo"}`, account)
		o.engineer.Do(t, "POST", "/cis", body).Want(t, 201)
		o.begin()
		if n := o.saw(instance("a")); n != (Counts{1, 0, 1}) {
			t.Errorf("%+v", n)
		}
		r := o.ci("i-a")
		if r.Source != Discovered || r.Name != "Shop server" || r.Owner != "jo" || r.Environment != "production" || r.Observed.V["name"] != "a" {
			t.Errorf("adopted %+v", r)
		}
	})
}

func TestRelationsByHand(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		o.saw(instance("a"), instance("b"))
		a, b := o.ci("i-a").ID, o.ci("i-b").ID
		body := fmt.Sprintf(`{"from":%q,"to":%q,"type":"depends_on"}`, a, b)
		o.viewer.Do(t, "POST", "/relations", body).Want(t, 403)
		o.stranger.Do(t, "POST", "/relations", body).Want(t, 403)
		var r RelationBody
		o.engineer.Do(t, "POST", "/relations", body).Want(t, 201).JSON(t, &r)
		if *r.From != a || *r.To != b || !r.Resolved || r.Source != Manual || *r.ToName != "b" {
			t.Errorf("created %+v", r)
		}
		o.engineer.Do(t, "POST", "/relations", body).Want(t, 409)
		if p := o.engineer.Do(t, "POST", "/relations", fmt.Sprintf(`{"from":%q,"to":%q,"type":"likes"}`, a, a)).Want(t, 422).Problem(t); len(p.Errors) != 2 {
			t.Errorf("bad fields %+v", p.Errors)
		}
		o.engineer.Do(t, "POST", "/relations", fmt.Sprintf(`{"from":%q,"to":%q,"type":"runs_on"}`, a, id.New())).Want(t, 422)
		// A second run does not take it away.
		o.begin()
		changed := instance("a")
		changed.Edges = nil
		o.saw(changed, instance("b"))
		o.engineer.Do(t, "GET", "/relations/"+r.ID, "").Want(t, 200)
		for _, path := range []string{"/relations?ci=" + b, "/cis/" + b + "/relations?source=manual"} {
			var got items[RelationBody]
			o.engineer.Do(t, "GET", path, "").Want(t, 200).JSON(t, &got)
			if !slices.ContainsFunc(got.Items, func(x RelationBody) bool { return x.ID == r.ID }) {
				t.Errorf("%s lacks it: %+v", path, got.Items)
			}
		}
		o.viewer.Do(t, "DELETE", "/relations/"+r.ID, "").Want(t, 403)
		o.stranger.Do(t, "DELETE", "/relations/"+r.ID, "").Want(t, 404)
		o.engineer.Do(t, "DELETE", "/relations/"+r.ID, "").Want(t, 204)
		o.engineer.Do(t, "GET", "/relations/"+r.ID, "").Want(t, 404)
	})
}

// contact adds a person of the customer.
func (o *office) contact(name string) string {
	o.t.Helper()
	type row struct {
		CustomerID string  `db:"customer_id"`
		ID         string  `db:"id"`
		Name       string  `db:"name"`
		Email      string  `db:"email"`
		Phone      string  `db:"phone"`
		Job        string  `db:"job"`
		Version    int64   `db:"version"`
		Created    db.Time `db:"created_at"`
		Updated    db.Time `db:"updated_at"`
	}
	r := row{ID: id.New(), Name: name, Email: name + "@example.com", Version: 1}
	o.in(func(tx *db.Tx) error {
		r.Created, r.Updated = tx.Now(), tx.Now()
		_, err := tx.Insert(context.Background(), "contact", r, "")
		return err
	})
	return r.ID
}

func TestWorkloads(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		bank := instance("b")
		bank.Tags["Owner"] = "bank"
		o.saw(instance("a"), bank, subnet("subnet-1"))
		o.resolve()
		jo := o.contact("jo")
		rule := `{"any":[{"all":[{"field":"tag","key":"Owner","values":["sh*"]}]},{"all":[{"field":"type","values":["*::subnet"]},{"field":"region","values":["eu-*"]}]}]}`
		var w WorkloadBody
		o.viewer.Do(t, "POST", "/workloads", `{"customer":"acme","name":"Shop"}`).Want(t, 403)
		o.engineer.Do(t, "POST", "/workloads", fmt.Sprintf(`{"customer":"acme","name":"Shop","criticality":"high","rule":%s,"contacts":[%q]}`, rule, jo)).Want(t, 201).JSON(t, &w)
		if w.CIs != 2 || len(w.Contacts) != 1 || w.Contacts[0].Name != "jo" {
			t.Errorf("created %+v", w)
		}
		o.engineer.Do(t, "POST", "/workloads", `{"customer":"acme","name":"Shop"}`).Want(t, 409)
		o.engineer.Do(t, "POST", "/workloads", fmt.Sprintf(`{"customer":"other","name":"Theirs","contacts":[%q]}`, jo)).Want(t, 422)
		if p := o.engineer.Do(t, "POST", "/workloads", `{"customer":"acme","name":"","rule":{"any":[{"all":[]},{"all":[{"field":"tag","values":[]}]}]}}`).Want(t, 422).Problem(t); len(p.Errors) != 4 {
			t.Errorf("bad fields %+v", p.Errors)
		}
		if got := strings.Join(o.names("?workload=Shop"), " "); got != "a subnet-1" {
			t.Errorf("members %q", got)
		}
		// By hand it stays where it is put; new CIs follow the rule.
		o.engineer.Do(t, "PATCH", "/cis/"+o.ci("i-b").ID, `{"workload":"Shop"}`).Want(t, 200)
		o.begin()
		c := instance("c")
		bank.Tags["Owner"] = "bank2"
		o.saw(bank, c)
		o.resolve()
		if got := strings.Join(o.names("?workload="+w.ID), " "); got != "a b c subnet-1" {
			t.Errorf("members by id %q", got)
		}
		o.engineer.Do(t, "PATCH", "/workloads/"+w.ID, `{"rule":{"any":[{"all":[{"field":"name","values":["A"]}]}]}}`, "If-Match", `"v1"`).Want(t, 200)
		if got := strings.Join(o.names("?workload=Shop"), " "); got != "a b" {
			t.Errorf("members after the change %q", got)
		}
		o.engineer.Do(t, "PATCH", "/workloads/"+w.ID, `{"name":"x"}`, "If-Match", `"v1"`).Want(t, 412)
		var ch items[ChangeBody]
		o.engineer.Do(t, "GET", "/changes?customer=acme&workload=Shop&kind=created&from=2026-03-02&to=2026-03-03", "").Want(t, 200).JSON(t, &ch)
		if len(ch.Items) != 2 {
			t.Errorf("changes of the workload %+v", ch.Items)
		}
		var i Impact
		o.engineer.Do(t, "GET", "/cis/"+o.ci("subnet-1").ID+"/impact", "").Want(t, 200).JSON(t, &i)
		if i.Down != 3 || len(i.Workloads) != 1 || i.Workloads[0].CIs != 2 || i.Workloads[0].Verdict != Down || len(i.Workloads[0].Contacts) != 1 {
			t.Errorf("impact %+v", i)
		}
		if p := i.Items[0].Path; len(p) != 1 || p[0].Relation != collect.RunsOn || !p[0].Reverse || p[0].Name != i.Items[0].Name {
			t.Errorf("path %+v", p)
		}
		var needs Impact
		o.engineer.Do(t, "GET", "/cis/"+o.ci("i-a").ID+"/impact?direction=depends_on&depth=1", "").Want(t, 200).JSON(t, &needs)
		if len(needs.Items) != 1 || needs.Items[0].Name != "subnet-1" || needs.Items[0].Path[0].Reverse {
			t.Errorf("depends on %+v", needs)
		}
		o.engineer.Do(t, "GET", "/cis/"+o.ci("i-a").ID+"/impact?direction=up&depth=11", "").Want(t, 422)
		o.stranger.Do(t, "GET", "/cis/"+o.ci("i-a").ID+"/impact", "").Want(t, 404)
		o.engineer.Do(t, "DELETE", "/workloads/"+w.ID, "").Want(t, 204)
		if got := o.names("?workload.empty=false"); len(got) != 0 {
			t.Errorf("still in a workload: %q", got)
		}
	})
}

func TestChangesBetweenDates(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin() // 10:00
		o.saw(instance("a"))
		o.begin() // 11:00
		o.saw(instance("b"))
		o.begin() // 12:00
		o.saw(instance("c"))
		for query, want := range map[string]string{
			"?from=2026-03-02T11:00:00Z&to=2026-03-02T12:00:00Z": "b",
			"?from=2026-03-02T11:00:00Z":                         "c b",
			"?to=2026-03-02T11:00:00Z":                           "a",
			"?sort=at&customer=acme":                             "a b c",
			"?limit=2":                                           "c b",
			"?ci=" + o.ci("i-b").ID:                              "b",
		} {
			var got items[ChangeBody]
			o.engineer.Do(t, "GET", "/changes"+query, "").Want(t, 200).JSON(t, &got)
			var names []string
			for _, c := range got.Items {
				names = append(names, c.CIName)
			}
			if strings.Join(names, " ") != want {
				t.Errorf("%s gives %q, want %q", query, names, want)
			}
			if strings.Contains(query, "limit") {
				o.engineer.Do(t, "GET", "/changes?cursor="+*got.NextCursor, "").Want(t, 200).JSON(t, &got)
				if len(got.Items) != 1 || got.Items[0].CIName != "a" {
					t.Errorf("second page %+v", got.Items)
				}
			}
		}
		o.engineer.Do(t, "GET", "/changes?from=yesterday", "").Want(t, 422)
	})
}

func TestEstateFigures(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		lonely := instance("c")
		lonely.Edges, lonely.Tags = nil, nil
		o.saw(instance("a"), instance("b"), lonely, subnet("subnet-1"))
		o.resolve()
		o.begin()
		o.saw(instance("a"), lonely)
		o.close("eu-west-1", true, "AWS::EC2::Instance")
		o.close("eu-west-1", false, "AWS::EC2::Subnet")
		var acc struct{ Items []Accuracy }
		o.viewer.Do(t, "GET", "/estate/accuracy", "").Want(t, 200).JSON(t, &acc)
		want := Accuracy{Customer: "acme", Total: 3, Discovered: 3, Verified: 2, Stale: 1, Orphaned: 1, WithoutOwner: 2, WithoutWorkload: 3, Gone: 1, VerifiedShare: 2.0 / 3}
		if len(acc.Items) != 1 {
			t.Fatalf("%+v", acc.Items)
		}
		want.LastSeen = acc.Items[0].LastSeen
		if acc.Items[0] != want {
			t.Errorf("accuracy\n got %+v\nwant %+v", acc.Items[0], want)
		}
		var v Overview
		o.engineer.Do(t, "GET", "/estate/overview?customer=acme", "").Want(t, 200).JSON(t, &v)
		if v.Total != 3 || v.Gone != 1 || v.Stale != 1 || len(v.Kinds) != 9 || v.Kinds[1].CIs != 2 {
			t.Errorf("overview %+v", v)
		}
		o.stranger.Do(t, "GET", "/estate/overview?customer=acme", "").Want(t, 404)
		// What happens next is counted at once, deletions too.
		var made Body
		o.engineer.Do(t, "POST", "/cis", `{"customer":"acme","type":"Router","name":"r"}`).Want(t, 201).JSON(t, &made)
		total := func() int64 {
			var v Overview
			o.viewer.Do(t, "GET", "/estate/overview", "").Want(t, 200).JSON(t, &v)
			return v.Total
		}
		if n := total(); n != 4 {
			t.Errorf("%d CIs after one more", n)
		}
		o.engineer.Do(t, "DELETE", "/cis/"+made.ID, "").Want(t, 204)
		if n := total(); n != 3 {
			t.Errorf("%d CIs after one less", n)
		}
	})
}

// messages are the words, by which columns are guessed.
func messages(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestImport(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		o.saw(instance("a"))
		file := "type,name,external_id,environment,owner,tags,tag.Rack\n" +
			"Router,Core,core,production,net,\"{\"\"Site\"\":\"\"Paris\"\"}\",7\n" +
			"Router,Edge,,staging,,,\n" +
			"AWS::EC2::Instance,a,i-a,,desk,,\n"
		post := func(c *apitest.Client, path, body string) apitest.Answer {
			t.Helper()
			return c.Do(t, "POST", path, body, "Content-Type", "text/csv")
		}
		post(o.viewer, "/cis/import?customer=acme", file).Want(t, 403)
		var r intake.Report
		post(o.engineer, "/cis/import?customer=acme&dry_run=true", file).Want(t, 200).JSON(t, &r)
		if r.Lines != 3 || r.Created != 2 || r.Updated != 1 || !r.DryRun {
			t.Errorf("dry run %+v", r)
		}
		if got := o.names("?source=imported"); len(got) != 0 {
			t.Errorf("a dry run stored %q", got)
		}
		bad := file + "Router,,x,produktion,,,\nRouter,Core again,core,,,not json,\nRouter,z,z,,,,,too,many\n"
		p := post(o.engineer, "/cis/import?customer=acme", bad).Want(t, 422).Problem(t)
		var fields []string
		for _, e := range p.Errors {
			fields = append(fields, e.Field)
		}
		if want := []string{"lines[5].environment", "lines[5].name", "lines[6].external_id", "lines[6].tags", "lines[7]"}; !slices.Equal(fields, want) {
			t.Errorf("bad fields\n got %q\nwant %q", fields, want)
		}
		if got := o.names("?source=imported"); len(got) != 0 {
			t.Errorf("a bad file stored %q", got)
		}
		post(o.engineer, "/cis/import?customer=acme", file).Want(t, 200)
		if got := strings.Join(o.names("?source=imported"), " "); got != "Core Edge" {
			t.Errorf("imported %q", got)
		}
		if r := o.ci("i-a"); r.Owner != "desk" || r.Pinned.V["owner"] != "desk" || len(r.Pinned.V) != 1 {
			t.Errorf("discovered CI after the import: %+v", r)
		}
		post(o.engineer, "/cis/import?customer=acme", file).Want(t, 200).JSON(t, &r)
		if r.Created != 0 || r.Updated != 0 || r.Unchanged != 3 {
			t.Errorf("the same again %+v", r)
		}
		form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\xef\xbb\xbftype;name;owner\r\nRouter;Core;ops\r\n\r\n--x--\r\n"
		o.engineer.Do(t, "POST", "/cis/import?customer=acme&key=name", form, "Content-Type", "multipart/form-data; boundary=x").Want(t, 200).JSON(t, &r)
		if r.Updated != 1 || o.ci("core").Owner != "ops" {
			t.Errorf("by name, as a form, with semicolons: %+v", r)
		}
		// What was exported goes in again without a change.
		export := o.engineer.Do(t, "GET", "/cis?customer=acme", "", "Accept", "text/csv").Want(t, 200).Body
		post(o.engineer, "/cis/import?customer=acme", export).Want(t, 200).JSON(t, &r)
		if r.Unchanged != 3 || r.Lines != 3 {
			t.Errorf("export taken in: %+v", r)
		}

		// Files larger than other bodies may be.
		large := "type,name,attributes\n" + strings.Repeat(`Router,Core,"{""Note"":""`+strings.Repeat("x", 50_000)+`""}"`+"\n", 30)
		p = post(o.engineer, "/cis/import?customer=acme&key=name&dry_run=true", large).Want(t, 422).Problem(t)
		if len(p.Errors) != 29 || p.Errors[0].Code != "cmdb.fault.line_twice" {
			t.Errorf("%d errors in a large file, first %+v", len(p.Errors), p.Errors[0])
		}
		rel := "from,to,type,redundancy,needed\ncore,edge,depends_on,,\ni-a,core,depends_on,lines,1\n"
		p = post(o.engineer, "/relations/import?customer=acme", rel+"core,nobody,runs_on,,\n,core,likes,,x\n").Want(t, 422).Problem(t)
		if len(p.Errors) != 4 {
			t.Errorf("bad relations %+v", p.Errors)
		}
		post(o.engineer, "/relations/import?customer=acme", rel).Want(t, 200).JSON(t, &r)
		if r.Created != 2 {
			t.Errorf("relations %+v", r)
		}
		post(o.engineer, "/relations/import?customer=acme", strings.Replace(rel, "lines,1", "lines,2", 1)).Want(t, 200).JSON(t, &r)
		if r.Created != 0 || r.Updated != 1 || r.Unchanged != 1 {
			t.Errorf("relations again %+v", r)
		}
		o.engineer.Do(t, "POST", "/cis/import?customer=nobody", "type,name", "Content-Type", "text/csv").Want(t, 422)
	})
}

func TestSearchFindsByWord(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		o.saw(instance("shop-web-1"), instance("web"), subnet("subnet-web"))
		s := New(o.d)
		actor := permission.Grant(permission.Actor{}, permission.Agent, db.GrantAll())
		for q, want := range map[string]string{"web": "web shop-web-1 subnet-web", "WEB sho": "shop-web-1", "subnet": "subnet-web", "xyz": "", "": ""} {
			hits, err := s.Search(context.Background(), actor, "", q, 10)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, h := range hits {
				names = append(names, h.Name)
			}
			if strings.Join(names, " ") != want {
				t.Errorf("%q finds %q, want %q", q, names, want)
			}
		}
		none, err := s.Search(context.Background(), permission.Grant(permission.Actor{}, permission.Viewer, db.Grant(id.New())), "", "web", 10)
		if err != nil || len(none) != 0 {
			t.Errorf("outside the scope: %v %v", none, err)
		}
	})
}

func TestBodyHasTheNamesOfTheContract(t *testing.T) {
	t.Parallel()
	for names, what := range map[string]any{
		"id customer type name external_id account region status environment criticality owner workload tags attributes source first_seen last_seen": Body{},
		"id from to type source resolved": RelationBody{},
	} {
		b, err := json.Marshal(what)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		for _, n := range strings.Fields(names) {
			if _, ok := m[n]; !ok {
				t.Errorf("%T lacks %s", what, n)
			}
		}
	}
}
