package cmdb

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

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
