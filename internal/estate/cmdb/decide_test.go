package cmdb

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

func TestDerive(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tags map[string]string
		want facts
	}{
		{nil, facts{}},
		{map[string]string{"Environment": "Production", "Owner": " jo "}, facts{"production", "", "jo"}},
		{map[string]string{"env": "prd", "team": "shop"}, facts{"production", "", "shop"}},
		{map[string]string{"Stage": "PROD-eu"}, facts{Environment: "production"}},
		{map[string]string{"ENV": "pre-prod"}, facts{Environment: "staging"}},
		{map[string]string{"env": "non-prod"}, facts{Environment: "development"}},
		{map[string]string{"env": "dev2"}, facts{Environment: "development"}},
		{map[string]string{"deployment-stage": "uat"}, facts{Environment: "staging"}},
		{map[string]string{"env": "qa"}, facts{Environment: "test"}},
		{map[string]string{"Environnement": "recette"}, facts{Environment: "staging"}},
		{map[string]string{"env": "sbx"}, facts{Environment: "sandbox"}},
		{map[string]string{"env": "Shared Services"}, facts{Environment: "shared"}},
		{map[string]string{"env": "banana", "stage": "test"}, facts{Environment: "test"}},
		{map[string]string{"env": "banana"}, facts{}},
		{map[string]string{"environment": "prod", "stage": "dev"}, facts{Environment: "production"}},
		{map[string]string{"Criticality": "Mission-Critical"}, facts{Criticality: "critical"}},
		{map[string]string{"business_impact": "Tier 1"}, facts{Criticality: "high"}},
		{map[string]string{"criticality": "whatever"}, facts{}},
		{map[string]string{"Owner": "a", "team": "b"}, facts{Owner: "a"}},
	} {
		if got := derive(c.tags); got != c.want {
			t.Errorf("%v gives %+v, want %+v", c.tags, got, c.want)
		}
	}
	for word := range environmentWords {
		if e := environmentOf(word); !slices.Contains(Environments, e) {
			t.Errorf("%s gives %q, which is no environment", word, e)
		}
	}
	for word := range criticalityWords {
		if c := criticalityOf(word); !slices.Contains(Criticalities, c) {
			t.Errorf("%s gives %q, which is no criticality", word, c)
		}
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "anything", true}, {"web-*", "web-1", true}, {"web-*", "db-web-1", false},
		{"*-prod", "web-prod", true}, {"*-prod", "web-prod-2", false}, {"w?b", "web", true}, {"w?b", "wb", false}, {"é?", "éà", true},
		{"*a*b*", "xxaxxbxx", true}, {"*a*b*", "xxbxxaxx", false}, {"a**b", "ab", true}, {"[a]", "a", false},
	} {
		if got := glob(c.pattern, c.text); got != c.want {
			t.Errorf("%q on %q: %t", c.pattern, c.text, got)
		}
	}
	if glob(strings.Repeat("*a", 200)+"b", strings.Repeat("a", 5000)) {
		t.Error("matched what cannot match")
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	s := candidate{Account: "1", Region: "eu-west-1", Type: "AWS::EC2::Instance", Name: "Web-1", Environment: "production", Tags: map[string]string{"App": "Shop"}}
	is := func(field, key string, values ...string) Condition { return Condition{field, key, values} }
	for name, c := range map[string]struct {
		rule Rule
		want bool
	}{
		"empty rule":        {Rule{}, false},
		"empty group":       {Rule{[]Group{{}}}, false},
		"tag":               {Rule{[]Group{{[]Condition{is("tag", "App", "Shop")}}}}, true},
		"tag, other case":   {Rule{[]Group{{[]Condition{is("tag", "App", "shop")}}}}, false},
		"tag there":         {Rule{[]Group{{[]Condition{is("tag", "App", "*")}}}}, true},
		"tag not there":     {Rule{[]Group{{[]Condition{is("tag", "Owner", "*")}}}}, false},
		"name in any case":  {Rule{[]Group{{[]Condition{is("name", "", "web-*")}}}}, true},
		"one of the values": {Rule{[]Group{{[]Condition{is("region", "", "us-*", "eu-*")}}}}, true},
		"all must hold":     {Rule{[]Group{{[]Condition{is("name", "", "web-*"), is("account", "", "2")}}}}, false},
		"any group":         {Rule{[]Group{{[]Condition{is("account", "", "2")}}, {[]Condition{is("type", "", "*instance"), is("environment", "", "production")}}}}, true},
		"unknown field":     {Rule{[]Group{{[]Condition{is("colour", "", "*")}}}}, false},
	} {
		if got := c.rule.matches(s); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if got := belongs([]ruled{{"a", Rule{}}, {"b", Rule{[]Group{{[]Condition{is("name", "", "*")}}}}}, {"c", Rule{[]Group{{[]Condition{is("name", "", "*")}}}}}}, s); got != "b" {
		t.Errorf("belongs to %q, want the first that matches", got)
	}
	var f fault.Fields
	Rule{[]Group{{[]Condition{is("colour", "", "x"), is("name", "k")}}}}.validate(&f)
	if len(f) != 3 {
		t.Errorf("bad fields %+v", f)
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	print := func(change func(*collect.Item)) string {
		it := instance("a")
		it.Keys = []string{"dns:a", "dns:b"}
		it.Edges = append(it.Edges, inRegion(collect.From(collect.Protects, "AWS::EC2::SecurityGroup", "sg-1")))
		change(&it)
		out, err := fingerprint(it)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	same := print(func(*collect.Item) {})
	for name, change := range map[string]func(*collect.Item){
		"order of keys":  func(it *collect.Item) { slices.Reverse(it.Keys) },
		"order of edges": func(it *collect.Item) { slices.Reverse(it.Edges) },
		"edge twice":     func(it *collect.Item) { it.Edges = append(it.Edges, it.Edges[0]) },
	} {
		if print(change) != same {
			t.Errorf("%s matters", name)
		}
	}
	for name, change := range map[string]func(*collect.Item){
		"name":       func(it *collect.Item) { it.Name = "b" },
		"arn":        func(it *collect.Item) { it.ARN = "arn:x" },
		"tag":        func(it *collect.Item) { it.Tags["Owner"] = "x" },
		"tag gone":   func(it *collect.Item) { delete(it.Tags, "Owner") },
		"attribute":  func(it *collect.Item) { it.Attributes["Cores"] = 4 },
		"order in a": func(it *collect.Item) { it.Attributes["Groups"] = []string{"sg-2", "sg-1"} },
		"key":        func(it *collect.Item) { it.Keys = it.Keys[:1] },
		"edge":       func(it *collect.Item) { it.Edges = it.Edges[:1] },
		"needed":     func(it *collect.Item) { it.Edges[0].Redundancy, it.Edges[0].Needed = "g", 2 },
		"moved text": func(it *collect.Item) { it.Tags = map[string]string{"Environment": "prdO", "wner": "shop"} },
	} {
		if print(change) == same {
			t.Errorf("%s does not matter", name)
		}
	}
}

func TestObserveKeepsWhatPeopleSet(t *testing.T) {
	t.Parallel()
	it := instance("a")
	old := record{Type: it.Type, Name: "Shop front", ExternalID: it.ID, ARN: it.ARN, Status: Active, Source: Discovered, Owner: "desk", Environment: "production"}
	old.Pinned.V, old.Observed.V = map[string]string{"name": "Shop front", "owner": "desk"}, map[string]string{"name": "a", "owner": "shop"}
	old.Tags.V, old.Attributes.V = maps.Clone(it.Tags), it.Attributes
	it.Name, it.Tags = "b", map[string]string{"Owner": "bank", "Environment": "prd"}
	now, deltas := observe(old, it, "p")
	if now.Name != "Shop front" || now.Owner != "desk" || now.Observed.V["name"] != "b" || now.Observed.V["owner"] != "bank" {
		t.Errorf("%+v", now)
	}
	if old.Observed.V["name"] != "a" {
		t.Error("observe changed its argument")
	}
	var fields []string
	for _, d := range deltas {
		fields = append(fields, d.Field)
	}
	if !slices.Equal(fields, []string{"observed.name", "tags.Owner"}) {
		t.Errorf("differences in %q", fields)
	}
}

func TestWhatWasReadBackDoesNotDiffer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "s") }), rapid.Custom(func(t *rapid.T) any { return rapid.IntRange(-1<<53, 1<<53).Draw(t, "i") }),
			rapid.Custom(func(t *rapid.T) any { return rapid.Bool().Draw(t, "b") }), rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "l") }),
			rapid.Custom(func(t *rapid.T) any { return rapid.Float64Range(-1e6, 1e6).Draw(t, "f") }))
		a := rapid.MapOfN(rapid.StringMatching(`[A-Z][a-z]{0,8}`), value, 0, 6).Draw(t, "attributes")
		b, err := json.Marshal(a)
		if err != nil {
			t.Skip("no JSON")
		}
		var back map[string]any
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if d := diffAttributes(back, a); len(d) > 0 {
			t.Fatalf("%+v", d)
		}
	})
}

func TestLongValuesAreCut(t *testing.T) {
	t.Parallel()
	d := diffText("name", "", strings.Repeat("é", 5000))
	if len(d) != 1 || len(d[0].After) > maxValue || !strings.HasSuffix(d[0].After, "…") {
		t.Errorf("%d bytes", len(d[0].After))
	}
	for _, term := range terms(strings.Repeat("x-", 400), strings.Repeat("é", 900), "arn:"+strings.Repeat("y", 900), map[string]string{"k": strings.Repeat("ü", 900)}, nil) {
		if len(term) > maxTerm {
			t.Errorf("a term of %d bytes", len(term))
		}
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	got := terms("Web Front-01", "arn:aws:sns:eu-west-1:1:orders", "arn:aws:sns:eu-west-1:1:orders", map[string]string{"Owner": "Jo"}, []string{"dns:a.b"})
	want := []string{"k:arn:aws:sns:eu-west-1:1:orders", "k:dns:a.b", "n:web front-01", "t:Owner=Jo", "w:01", "w:front", "w:orders", "w:web"}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestEditFromJSON(t *testing.T) {
	t.Parallel()
	var c ChangeCI
	if err := json.Unmarshal([]byte(`{"name":"x","owner":null}`), &c); err != nil {
		t.Fatal(err)
	}
	if c.Name != Set("x") || c.Owner != Unset() || c.Environment.Given {
		t.Errorf("%+v", c)
	}
}

func TestExternalID(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Core Router 1": "core-router-1", "  A--b ": "a-b", "Büro/2": "büro-2", "***": "***"} {
		if got := externalID(name); got != want {
			t.Errorf("%q gives %q, want %q", name, got, want)
		}
	}
}

func TestChangeIDsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	at := db.At(time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC))
	before := firstID(at.Time)
	for range 10_000 {
		now := changeID(at)
		if now <= before || !id.Valid(now) {
			t.Fatalf("%s after %s", now, before)
		}
		before = now
	}
	if later := changeID(db.At(at.Add(time.Microsecond))); later <= before || before >= firstID(at.Add(time.Millisecond)) {
		t.Errorf("%s after %s", later, before)
	}
	if u := uuid.MustParse(before); u.Version() != 7 || u.Variant() != uuid.RFC4122 {
		t.Errorf("%s is no UUIDv7", before)
	}
}
