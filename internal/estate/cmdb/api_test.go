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
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/record/intake"
	"vigie/internal/trust/permission"
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
