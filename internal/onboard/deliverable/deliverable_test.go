package deliverable

import (
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/approval"
)

func templates(t testing.TB) *Templates {
	t.Helper()
	out, err := LoadTemplates(catalogue.Files)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func paths(bad fault.Fields) string {
	var out []string
	for _, f := range bad {
		out = append(out, f.Path+" "+strings.TrimPrefix(f.Key, "deliverable.bad."))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func level(n int64) *int64 { return &n }

func world() live {
	return live{
		customer: customer.Customer{Slug: "acme", Name: "Acme"},
		contacts: []customer.Contact{
			{Head: register.Head{ID: "c1"}, Name: "Ann", Phone: "+33 1", Level: level(1), Role: "primary"},
			{Head: register.Head{ID: "c2"}, Name: "Ben", Level: level(2), Channels: register.Pairs{{Kind: "email", Value: "ben@acme.example"}}},
			{Head: register.Head{ID: "c3"}, Name: "Cat", Email: "cat@acme.example", Level: level(3)},
			{Head: register.Head{ID: "c4"}, Name: "Dan"},
		},
		alarms: []alarm{
			{ID: "a1", Name: "shop-cpu", Workload: "Shop", Owner: "Shop team", Criticality: "critical", Attributes: alarmFacts{Namespace: "AWS/EC2", Metric: "CPUUtilization", Operator: "GreaterThanThreshold", Threshold: 90, Statistic: "Average", Periods: 3, Period: 60}},
			{ID: "a2", Name: "odd", Attributes: alarmFacts{Namespace: "Own", Metric: "Thing"}},
		},
	}
}

// What the templates give needs nothing but what no template can know.
func TestTemplates(t *testing.T) {
	t.Parallel()
	all := templates(t)
	want := map[string]string{
		Contacts: "", Workflow: "", Requests: "", IncidentReport: "", ServiceReview: "participants sides",
		Alerts: "alerts[1].owner missing",
	}
	for _, k := range kinds {
		for _, l := range languages {
			c, err := all.fill(k, world(), l)
			if err != nil {
				t.Fatal(err)
			}
			if err := wellFormed(k.shape, c); err != nil {
				t.Errorf("%s in %s: %v", k.name, l, err)
			}
			if got := paths(k.faults(c, Known{Alarms: map[string]string{"a1": "shop-cpu", "a2": "odd"}})); got != want[k.name] {
				t.Errorf("%s in %s lacks %q, want %q", k.name, l, got, want[k.name])
			}
		}
	}
	c, err := all.fill(kindOf(Alerts, "", func() Content { return &Manual{} }), world(), "fr")
	if err != nil {
		t.Fatal(err)
	}
	first := c.(*Manual).Alerts[0]
	if first.Severity != "critical" || first.Owner != "Shop team" || !strings.HasPrefix(first.Meaning, "L’instance travaille") || first.Condition != "AWS/EC2 CPUUtilization Average > 90, 3 × 60 s" {
		t.Errorf("the entry of an alarm: %+v", first)
	}
	m, err := all.fill(kinds[0], world(), "en")
	if err != nil {
		t.Fatal(err)
	}
	if p := m.(*Matrix).Contacts; len(p) != 3 || p[1].Email != "ben@acme.example" || p[0].ID != "c1" {
		t.Errorf("contacts: %+v", p)
	}
}

func TestTemplatesAreReadStrictly(t *testing.T) {
	t.Parallel()
	whole := fstest.MapFS{}
	names, err := catalogue.Names(catalogue.Files, "deliverable")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, _ := fs.ReadFile(catalogue.Files, n)
		whole[n] = &fstest.MapFile{Data: b}
	}
	for name, test := range map[string]struct{ file, from, to, want string }{
		"an unknown member":   {"deliverable/contacts.yaml", "hours:", "hour:", `contacts.yaml:10: unknown member "hour"`},
		"one language only":   {"deliverable/contacts.yaml", "{en: Operations, fr: Exploitation}", "{en: Operations}", `contacts.yaml:15: the text in "fr" is missing`},
		"another choice":      {"deliverable/workflow.yaml", "place: initial", "place: begin", "deliverable.bad.choice"},
		"a number of letters": {"deliverable/contacts.yaml", "after_minutes: 30", "after_minutes: soon", "contacts.yaml:20"},
		"no last metric":      {"deliverable/metrics.yaml", `namespace: "*"`, `namespace: "AWS/X"`, "the last entry"},
	} {
		changed := fstest.MapFS{}
		for n, f := range whole {
			changed[n] = f
		}
		text := strings.Replace(string(whole[test.file].Data), test.from, test.to, 1)
		if text == string(whole[test.file].Data) {
			t.Errorf("%s: the text is not there", name)
		}
		changed[test.file] = &fstest.MapFile{Data: []byte(text)}
		if _, err := LoadTemplates(changed); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	whole["deliverable/other.yaml"] = &fstest.MapFile{Data: []byte("x: y")}
	if _, err := LoadTemplates(whole); err == nil || !strings.Contains(err.Error(), "other.yaml") {
		t.Errorf("a file of no kind: %v", err)
	}
}

// flow is the workflow of the template, to be broken.
func flow(t testing.TB) *Flow {
	c, err := templates(t).fill(kinds[1], live{}, "en")
	if err != nil {
		t.Fatal(err)
	}
	return c.(*Flow)
}

func TestWorkflowIsAStateMachine(t *testing.T) {
	t.Parallel()
	drop := func(ids ...string) func(*Flow) {
		return func(f *Flow) {
			f.Transitions = slices.DeleteFunc(f.Transitions, func(x Transition) bool { return slices.Contains(ids, x.ID) })
		}
	}
	for name, test := range map[string]struct {
		breaks func(*Flow)
		want   string
	}{
		"as it comes":                {func(*Flow) {}, ""},
		"no beginning":               {func(f *Flow) { f.States[0].Place = Work }, "states no_beginning"},
		"two beginnings":             {func(f *Flow) { f.States[1].Place = Initial }, "states[1].place two_beginnings"},
		"a state that nobody enters": {drop("ask"), "states[4].key unreached"},
		"no way out of one":          {drop("answer"), "states[4].key stuck"},
		"no way out for one type": {func(f *Flow) {
			for i := range f.Transitions {
				if f.Transitions[i].ID == "answer" {
					f.Transitions[i].Types = []string{"incident", "request", "problem"}
				}
			}
		}, "states[4].key stuck"},
		"an end that goes on": {func(f *Flow) {
			f.Transitions = append(f.Transitions, Transition{ID: "x", From: "closed", To: "new", Name: "x", Who: "customer"})
		}, "transitions[12].from after_end"},
		"a state that is not":   {func(f *Flow) { f.Transitions[0].To = "nowhere" }, "transitions[0].to no_state"},
		"a type that is not":    {func(f *Flow) { f.Transitions[2].Types = append(f.Transitions[2].Types, "wish") }, "transitions[2].types no_type"},
		"a key that is twice":   {func(f *Flow) { f.Types[1].Key = "incident" }, "transitions[2].types no_type; transitions[3].types no_type; transitions[4].types no_type; types[1].key twice"},
		"a rank that is twice":  {func(f *Flow) { f.Priorities[1].Rank = 1 }, "priorities[1].rank rank"},
		"nothing at all":        {func(f *Flow) { *f = Flow{} }, "priorities none; states none; transitions none; types none"},
		"a name that is left":   {func(f *Flow) { f.States[2].Name = " " }, "states[2].name missing"},
		"a choice that is left": {func(f *Flow) { f.Transitions[1].Who = "" }, "transitions[1].who missing"},
	} {
		f := flow(t)
		test.breaks(f)
		if got := paths(kinds[1].faults(f, Known{})); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A workflow without faults has for each type a way to an end from wherever a walk comes.
func TestWalksEnd(t *testing.T) {
	t.Parallel()
	base := flow(t)
	rapid.Check(t, func(t *rapid.T) {
		f := *base
		f.Transitions = nil
		for _, x := range base.Transitions {
			if rapid.IntRange(0, 5).Draw(t, "keep") > 0 {
				f.Transitions = append(f.Transitions, x)
			}
		}
		if len(kinds[1].faults(&f, Known{})) > 0 {
			return
		}
		kind, at := rapid.SampledFrom(f.Types).Draw(t, "type").Key, "new"
		for range 200 {
			next := f.Next(kind, at)
			if len(next) == 0 {
				break
			}
			at = rapid.SampledFrom(next).Draw(t, "step").To
		}
		if next := f.Next(kind, at); len(next) == 0 && f.place(at) != Final {
			t.Fatalf("a ticket of type %s stands in %s for good", kind, at)
		}
	})
}

func TestMatrixAndOthers(t *testing.T) {
	t.Parallel()
	all := templates(t)
	for name, test := range map[string]struct {
		kind   string
		breaks func(Content)
		want   string
	}{
		"nobody on a level":      {Contacts, func(c Content) { c.(*Matrix).Contacts[1].Email = "" }, "levels[1].level nobody"},
		"a gap in the levels":    {Contacts, func(c Content) { c.(*Matrix).Levels[1].Level = 4 }, "contacts[1].level no_level; levels[1].level level_order; levels[1].level nobody"},
		"no delay":               {Contacts, func(c Content) { c.(*Matrix).Levels[2].AfterMinutes = 0 }, "levels[2].after_minutes delay"},
		"no level":               {Contacts, func(c Content) { c.(*Matrix).Levels = nil }, "contacts[0].level no_level; contacts[1].level no_level; contacts[2].level no_level; levels none"},
		"a request by no book":   {Requests, func(c Content) { c.(*Menu).Requests[0].Runbook = "none" }, "requests[0].runbook no_runbook"},
		"a request by nothing":   {Requests, func(c Content) { c.(*Menu).Requests[0].Runbook = "" }, "requests[0].runbook missing"},
		"no scope":               {Requests, func(c Content) { c.(*Menu).Requests[1].Scope = "" }, "requests[1].scope missing"},
		"an alarm that is gone":  {Alerts, func(c Content) { c.(*Manual).Alerts[0].CI = "a9" }, "alerts alarms_left; alerts[0].name no_alarm; alerts[1].owner missing"},
		"a report without parts": {IncidentReport, func(c Content) { c.(*Report).Sections = nil }, "sections none"},
		"a report without days":  {IncidentReport, func(c Content) { c.(*Report).Due[0].FinalDays = 0 }, "due[0].final_days missing"},
		"a review without us":    {ServiceReview, func(c Content) { c.(*Review).Agenda = nil }, "agenda none; participants sides"},
	} {
		k, _ := kindNamed(test.kind)
		c, err := all.fill(k, world(), "en")
		if err != nil {
			t.Fatal(err)
		}
		test.breaks(c)
		if got := paths(k.faults(c, Known{Alarms: map[string]string{"a1": "", "a2": ""}})); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signature        approval.State
		number, approved int64
		want             Status
	}{
		{"", 1, 0, Draft}, {"", 3, 2, Draft}, {approval.Requested, 1, 0, InApproval}, {approval.Signed, 1, 1, Approved}, {approval.Signed, 1, 2, Superseded},
		{approval.Refused, 1, 0, Returned}, {approval.Withdrawn, 2, 1, Returned}, {approval.Expired, 1, 0, Returned},
	} {
		if got := statusOf(c.signature, c.number, c.approved); got != c.want {
			t.Errorf("%s %d of %d: %s, want %s", c.signature, c.number, c.approved, got, c.want)
		}
	}
}

var rowsPart = part{name: "rows", rows: true, fields: []field{{name: "id", key: true}, {name: "a", title: true}, {name: "b"}}}

func drawRows(t *rapid.T, label string) sheet {
	var out []row
	for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}), 0, 5, rapid.ID[string]).Draw(t, label) {
		out = append(out, row{"id": id, "a": rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "a"), "b": rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "b")})
	}
	return sheet{"rows": out}
}

// Whatever was changed by hand stays, and what nobody touched is as the live data say; a second time there is nothing to do.
func TestMergeKeepsHandsAndFollowsLife(t *testing.T) {
	t.Parallel()
	shape := []part{rowsPart}
	rapid.Check(t, func(t *rapid.T) {
		base, mine, fresh := drawRows(t, "base"), drawRows(t, "mine"), drawRows(t, "fresh")
		out, _ := merge(shape, base, mine, fresh)
		was, by, now, got := rowsPart.named(base["rows"]), rowsPart.named(mine["rows"]), rowsPart.named(fresh["rows"]), rowsPart.named(out["rows"])
		for id := range map[string]bool{"1": true, "2": true, "3": true, "4": true, "5": true} {
			b, inBase := was[id]
			m, inMine := by[id]
			f, inFresh := now[id]
			g, inOut := got[id]
			switch {
			case !inMine && inBase && inOut:
				t.Fatalf("%s was taken out by hand and is back", id)
			case !inMine && !inBase && inFresh && !(inOut && g.equal(f)):
				t.Fatalf("%s is new and not taken in: %v", id, g)
			case inMine && !inFresh && inBase && m.equal(b) && inOut:
				t.Fatalf("%s is gone and stays", id)
			case inMine && !inFresh && !(inBase && m.equal(b)) && !(inOut && g.equal(m)):
				t.Fatalf("%s was edited by hand and is lost", id)
			}
			if inMine && inFresh {
				for _, field := range []string{"a", "b"} {
					switch {
					case inBase && m[field] != b[field] && g[field] != m[field]:
						t.Fatalf("%s.%s was %q by hand and is %q", id, field, m[field], g[field])
					case inBase && m[field] == b[field] && g[field] != f[field]:
						t.Fatalf("%s.%s follows nobody: %q", id, field, g[field])
					}
				}
			}
		}
		again, changes := merge(shape, fresh, out, fresh)
		for _, c := range changes {
			if c.What != Kept {
				t.Fatalf("a second time: %+v", c)
			}
		}
		if !reflect.DeepEqual(again["rows"], out["rows"]) && len(out["rows"]) > 0 {
			t.Fatalf("a second time gives %v, not %v", again, out)
		}
	})
}

// What a form shows is what it writes back.
func TestSheetsRoundTrip(t *testing.T) {
	t.Parallel()
	all := templates(t)
	for _, k := range kinds {
		c, err := all.fill(k, world(), "fr")
		if err != nil {
			t.Fatal(err)
		}
		back := k.make()
		if err := sheetOf(k.shape, c).into(k.shape, back); err != nil {
			t.Fatal(k.name, err)
		}
		k.settle(back)
		if !reflect.DeepEqual(c, back) {
			t.Errorf("%s: %+v\n%+v", k.name, c, back)
		}
		if d := differ(k.shape, sheetOf(k.shape, c), sheetOf(k.shape, back)); len(d) > 0 {
			t.Errorf("%s: %v", k.name, d)
		}
	}
}

func TestUnseenCharactersAreRefused(t *testing.T) {
	t.Parallel()
	c := flow(t)
	c.Types[0].Name = "Inci\u202edent"
	c.States[1].Name = strings.Repeat("x", maxText+1)
	c.Priorities[0].Rank = -1
	err := wellFormed(kinds[1].shape, c)
	var f *fault.Error
	if f, _ = err.(*fault.Error); f == nil || paths(f.Fields) != "priorities[0].rank number; states[1].name length; types[0].name unseen" {
		t.Error(err)
	}
	if _, err := kinds[1].parse([]byte(`{"types":[],"wishes":1}`)); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}
