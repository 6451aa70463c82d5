package control

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"vigie/catalogue"
	"vigie/internal/estate/collect/aws"
)

func known(t *testing.T) func(string) bool {
	t.Helper()
	types := map[string]bool{}
	for _, c := range aws.Registry() {
		for _, typ := range c.Types {
			types[typ] = true
		}
	}
	return func(typ string) bool { return types[typ] }
}

// Every control of the catalogue holds what its own table says.
func TestTablesOfTheCatalogue(t *testing.T) {
	t.Parallel()
	c, err := Load(catalogue.Files, "controls", known(t))
	if err != nil {
		t.Fatal(err)
	}
	editions := map[string]string{}
	for _, one := range c.All() {
		for _, f := range one.Frameworks {
			if f.Name == "cis-aws-foundations" { // whose numbers change with each edition; several are named on purpose
				continue
			}
			if e, ok := editions[f.Name]; ok && e != f.Edition {
				t.Errorf("%s names %s %s, and others %s", one.ID, f.Name, f.Edition, e)
			}
			editions[f.Name] = f.Edition
		}
	}
	for _, r := range c.Test() {
		if !r.OK {
			t.Errorf("%s:%d: %s, %s: want %s, got %s (%s)", r.File, r.Line, r.Control, r.Case, r.Want, r.Got, r.Why)
		}
	}
}

// minimal is a control with placeholders, which the tests below bend.
func minimal(change map[string]string) string {
	text := `- id: one-control
  title: {en: Title, fr: Titre}
  rationale: {en: Why, fr: Pourquoi}
  area: backup
  applies: {to: ci, types: ["AWS::EC2::Volume"]}
  pass: PASS
  severity: high
  effort: PT1H
  remedy: {en: Do, fr: Faire}
  tests:
    - {name: a, ci: {type: "AWS::EC2::Volume", attributes: {Encrypted: true}}, want: pass}
    - {name: b, ci: {type: "AWS::EC2::Volume", attributes: {Encrypted: false}}, want: fail}
    - {name: c, ci: {type: "AWS::EC2::Volume"}, want: unknown}
`
	for old, new := range change {
		if !strings.Contains(text, old) {
			panic(old)
		}
		text = strings.Replace(text, old, new, 1)
	}
	return strings.Replace(text, "PASS", "ci.attributes.Encrypted == true", 1)
}

// reference gives the minimal control a reference to a framework.
func reference(name string) map[string]string {
	return map[string]string{"remedy:": "frameworks: [{name: " + name + "}]\n  remedy:"}
}

func TestRefusedWithLineAndReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]string
		want   string
	}{
		"unknown key":       {map[string]string{"area: backup": "area: backup\n  colour: red"}, "controls.yaml:5: field colour is not known"},
		"no French":         {map[string]string{", fr: Titre": ""}, "controls.yaml:2: [0].title: the French words are missing"},
		"no English":        {map[string]string{"en: Do, ": ""}, "controls.yaml:9: [0].remedy: the English words are missing"},
		"area":              {map[string]string{"backup": "backups"}, `controls.yaml:4: one-control: area "backups" is not known`},
		"severity":          {map[string]string{"severity: high": "severity: bad"}, `controls.yaml:7: one-control: severity "bad" is not known`},
		"effort":            {map[string]string{"PT1H": "1h"}, `controls.yaml:8: one-control: effort "1h" is no duration`},
		"type":              {map[string]string{`types: ["AWS::EC2::Volume"]`: `types: ["AWS::EC2::Disk", "AWS::EC2::Volume"]`}, `controls.yaml:5: one-control: type "AWS::EC2::Disk" is not one`},
		"does not compile":  {map[string]string{"PASS": "ci.attributes.Encrypted =="}, "controls.yaml:6: one-control: pass: Syntax error"},
		"misspelt field":    {map[string]string{"PASS": "ci.regoin == 'x'"}, "controls.yaml:6: one-control: pass: undefined field 'regoin'"},
		"not bool":          {map[string]string{"PASS": "ci.attributes.Encrypted"}, "controls.yaml:6: one-control: pass gives dyn and not bool"},
		"unknown parameter": {map[string]string{"PASS": "ci.attributes.Size > parameters.size"}, "parameters.size is not among the parameters"},
		"unused parameter":  {map[string]string{"pass: PASS": "parameters: {days: {default: 3}}\n  pass: PASS"}, "controls.yaml:6: one-control: parameter days is not used"},
		"requirement":       {map[string]string{"PASS": "requirement.rto_hours > 1"}, "undefined field 'rto_hours'"},
		"related type":      {map[string]string{"PASS": "found(related('AWS::EC2::Disk'))"}, `type "AWS::EC2::Disk" is not one`},
		"related variable":  {map[string]string{"PASS": "found(related(ci.type))"}, "related asks for a type written out"},
		"relation":          {map[string]string{"PASS": "found(related('likes', 'AWS::EC2::Volume'))"}, `relation "likes" is not known`},
		"blind loop":        {map[string]string{"PASS": "related('AWS::EC2::Instance').exists(i, true)"}, "a loop that does not look at its variable"},
		"framework":         {map[string]string{"remedy:": "frameworks: [{name: iso, edition: \"1\", id: A}]\n  remedy:"}, `framework "iso" is not known`},
		"edition":           {map[string]string{"remedy:": "frameworks: [{name: aws-fsbp, id: A}]\n  remedy:"}, "a framework is named with its edition"},
		"CIS id":            {reference(`cis-aws-foundations, edition: "3.0.0", id: IAM.4`), "are not of the forms 3.0.0 and 2.3.1"},
		"CIS edition":       {reference(`cis-aws-foundations, edition: "3.0", id: "2.3.1"`), "are not of the forms"},
		"practice":          {reference(`aws-fsbp, edition: 2026-01, id: "11"`), "are not of the forms 2026-01 and RDS.11"},
		"practice's month":  {reference(`aws-fsbp, edition: 1.0.0, id: RDS.11`), "are not of the forms"},
		"pillar":            {reference(`aws-well-architected, edition: 2024-06, id: REL9-BP3`), "are not of the forms 2024-06 and REL09-BP03"},
		"reference twice":   {reference(`aws-fsbp, edition: 2026-01, id: RDS.11}, {name: aws-fsbp, edition: 2026-01, id: RDS.11`), "RDS.11 of aws-fsbp is named twice"},
		"missing case":      {map[string]string{"want: fail": "want: pass"}, "controls.yaml:11: one-control: the tests have no case that wants fail"},
		"not YAML":          {map[string]string{"area: backup": "area: [backup"}, "controls.yaml:"},
		"key twice":         {map[string]string{"area: backup": "area: backup\n  area: cost"}, "controls.yaml:5:"},
		"id twice":          {map[string]string{"- id: one-control": minimal(nil) + "- id: one-control"}, "controls.yaml:14: one-control: the id is taken by controls.yaml:1"},
		"id form":           {map[string]string{"one-control": "One"}, "controls.yaml:1: One: id \"One\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(fstest.MapFS{"controls.yaml": {Data: []byte(minimal(c.change))}}, ".", known(t))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q in:\n%v", c.want, err)
			}
		})
	}
	if _, err := Load(fstest.MapFS{"controls.yaml": {Data: []byte(minimal(nil))}}, ".", known(t)); err != nil {
		t.Errorf("the minimal control is refused: %v", err)
	}
}

// one makes a control of an expression.
func one(t *testing.T, pass string) *Control {
	t.Helper()
	text := minimal(map[string]string{"pass: PASS": "pass: >-\n    " + pass})
	c, err := Load(fstest.MapFS{"c.yaml": {Data: []byte(text)}}, ".", known(t))
	if err != nil {
		t.Fatal(err)
	}
	return c.All()[0]
}

func TestNothingIsDecidedForLackOfEvidence(t *testing.T) {
	t.Parallel()
	volume := func(a map[string]any) *CI {
		return &CI{ID: "v", Type: "AWS::EC2::Volume", Account: "1", Status: "active", Attributes: a}
	}
	partial := func(c *CI, carried ...string) *CI { c.Partial, c.Carried = true, carried; return c }
	alarm := func(on bool) *CI {
		return &CI{ID: "a", Type: "AWS::CloudWatch::Alarm", Status: "active", Attributes: map[string]any{"ActionsEnabled": on}}
	}
	stale := alarm(true)
	stale.Status = "stale"
	for name, c := range map[string]struct {
		pass       string
		ci         *CI
		related    []*CI
		unresolved int
		incomplete bool
		want       Verdict
		missing    string
	}{
		"absent":                         {`ci.attributes.A == true`, volume(nil), nil, 0, false, Unknown, "attribute attributes.A"},
		"absent is a fact":               {`!has(ci.attributes.A)`, volume(nil), nil, 0, false, Pass, ""},
		"absent is no fact when partial": {`!has(ci.attributes.A)`, partial(volume(nil)), nil, 0, false, Unknown, "partial attributes.A"},
		"carried is not seen":            {`ci.attributes.A == true`, partial(volume(map[string]any{"A": true}), "A"), nil, 0, false, Unknown, "partial attributes.A"},
		"seen counts though partial":     {`ci.attributes.A == true`, partial(volume(map[string]any{"A": true})), nil, 0, false, Pass, ""},
		"nested absent when partial":     {`!has(ci.attributes.A.B)`, partial(volume(map[string]any{"A": map[string]any{}})), nil, 0, false, Unknown, "partial attributes.A.B"},
		"false and unknown is false":     {`ci.attributes.A == true && ci.attributes.B == true`, volume(map[string]any{"B": false}), nil, 0, false, Fail, ""},
		"true or unknown is true":        {`ci.attributes.A == true || ci.attributes.B == true`, volume(map[string]any{"B": true}), nil, 0, false, Pass, ""},
		"not unknown is unknown":         {`!(ci.attributes.A == true)`, volume(nil), nil, 0, false, Unknown, "attribute attributes.A"},
		"optional default is a fact":     {`ci.attributes.?A.orValue(false) == false`, volume(nil), nil, 0, false, Pass, ""},
		"optional default, partial":      {`ci.attributes.?A.orValue(false) == false`, partial(volume(nil)), nil, 0, false, Unknown, "partial attributes.A"},
		"environment not known":          {`ci.environment == 'production'`, volume(nil), nil, 0, false, Unknown, "field environment"},
		"requirement not set":            {`requirement.rto_minutes > 5`, volume(nil), nil, 0, false, Unknown, "requirement rto_minutes"},
		"all of a complete list":         {`related('AWS::CloudWatch::Alarm').all(a, a.attributes.ActionsEnabled == true)`, volume(nil), []*CI{alarm(true)}, 0, false, Pass, ""},
		"all of an incomplete list":      {`related('AWS::CloudWatch::Alarm').all(a, a.attributes.ActionsEnabled == true)`, volume(nil), []*CI{alarm(true)}, 0, true, Unknown, "type AWS::CloudWatch::Alarm"},
		"all, one seen does not":         {`related('AWS::CloudWatch::Alarm').all(a, a.attributes.ActionsEnabled == true)`, volume(nil), []*CI{alarm(false)}, 0, true, Fail, ""},
		"exists in an incomplete list":   {`related('AWS::CloudWatch::Alarm').exists(a, a.attributes.ActionsEnabled == true)`, volume(nil), []*CI{alarm(true)}, 0, true, Pass, ""},
		"exists nowhere seen":            {`related('AWS::CloudWatch::Alarm').exists(a, a.attributes.ActionsEnabled == true)`, volume(nil), []*CI{alarm(false)}, 0, true, Unknown, "type AWS::CloudWatch::Alarm"},
		"exists nowhere":                 {`related('AWS::CloudWatch::Alarm').exists(a, a.attributes.ActionsEnabled == true)`, volume(nil), nil, 0, false, Fail, ""},
		"size of an incomplete list":     {`size(related('AWS::CloudWatch::Alarm')) > 0`, volume(nil), []*CI{alarm(true)}, 0, true, Unknown, "type AWS::CloudWatch::Alarm"},
		"size":                           {`size(related('AWS::CloudWatch::Alarm')) > 0`, volume(nil), []*CI{alarm(true)}, 0, false, Pass, ""},
		"filtered size, incomplete":      {`related('AWS::CloudWatch::Alarm').filter(a, a.attributes.ActionsEnabled == true).size() == 0`, volume(nil), nil, 0, true, Unknown, "type AWS::CloudWatch::Alarm"},
		"end of a relation not known":    {`!found(related('AWS::CloudWatch::Alarm'))`, volume(nil), nil, 1, false, Unknown, "unresolved AWS::CloudWatch::Alarm"},
		"relations of a partial CI":      {`!found(related('AWS::CloudWatch::Alarm'))`, partial(volume(nil)), nil, 0, false, Unknown, "partial AWS::CloudWatch::Alarm"},
		"related CI is stale":            {`related('AWS::CloudWatch::Alarm').all(a, a.attributes.ActionsEnabled == true)`, volume(nil), []*CI{stale}, 0, false, Unknown, "stale attributes.ActionsEnabled"},
		"a tag that is not there":        {`has(ci.tags.Owner)`, volume(nil), nil, 0, false, Fail, ""},
		"a tag, partial":                 {`has(ci.tags.Owner)`, partial(volume(nil)), nil, 0, false, Unknown, "partial tags.Owner"},
		"keys of attributes, partial":    {`ci.attributes.exists(k, k == 'A')`, partial(volume(nil)), nil, 0, false, Unknown, "partial attributes.*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := fixedEstate{c.related, c.unresolved, c.incomplete}
			o := one(t, c.pass).Evaluate(&Subject{Kind: OfCI, CI: c.ci, ID: c.ci.ID}, e)
			if o.Verdict != c.want || o.Broken {
				t.Fatalf("want %s, got %+v", c.want, o)
			}
			got := ""
			if len(o.Evidence.Missing) > 0 {
				got = o.Evidence.Missing[0].What + " " + o.Evidence.Missing[0].Name
			}
			if got != c.missing {
				t.Errorf("missing: want %q, got %q", c.missing, got)
			}
		})
	}
}

type fixedEstate struct {
	list       []*CI
	unresolved int
	incomplete bool
}

func (e fixedEstate) Related(*CI, string, string) ([]*CI, int) { return e.list, e.unresolved }
func (e fixedEstate) Members(*Subject, string) []*CI           { return e.list }
func (e fixedEstate) Unseen(*Subject, string, string) string {
	if e.incomplete {
		return "denied"
	}
	return ""
}

func TestAnExpressionCannotRunForEver(t *testing.T) {
	t.Parallel()
	list := make([]any, 400)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	ci := &CI{ID: "v", Status: "active", Attributes: map[string]any{"L": list}}
	begun := time.Now() //nolint // the machine's time, of a bound in real time
	o := one(t, `ci.attributes.L.all(a, ci.attributes.L.all(b, ci.attributes.L.exists(c, c == a + b + 'x') == false))`).
		Evaluate(&Subject{Kind: OfCI, CI: ci}, fixedEstate{})
	if o.Verdict != Unknown || !o.Broken || o.Evidence.Missing[0].What != "cost" {
		t.Errorf("64 million steps ended as %+v", o)
	}
	if time.Since(begun) > 5*time.Second {
		t.Errorf("it took %s", time.Since(begun))
	}
}

func TestEvidenceSaysWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	ci := &CI{ID: "v", Type: "AWS::EC2::Volume", Status: "active", Attributes: map[string]any{"Size": 8.0, "DBPassword": "hunter2", "Other": 1.0}}
	alarm := &CI{ID: "a", Type: "AWS::CloudWatch::Alarm", Name: "cpu", Status: "active", Attributes: map[string]any{"ActionsEnabled": true}}
	o := one(t, `ci.attributes.Size >= 8 && ci.attributes.DBPassword != '' && related('AWS::CloudWatch::Alarm').exists(a, a.attributes.ActionsEnabled == true)`).
		Evaluate(&Subject{Kind: OfCI, CI: ci}, fixedEstate{list: []*CI{alarm}})
	want := "pass [{ attributes.Size 8 false} { attributes.DBPassword ••• false} {a attributes.ActionsEnabled true false}] [{a AWS::CloudWatch::Alarm cpu}]"
	if got := fmt.Sprint(o.Verdict, o.Evidence.Reads, o.Evidence.CIs); strings.ReplaceAll(got, "pass[", "pass [") != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBrokenIsNotTheUnknownThatATableWants(t *testing.T) {
	t.Parallel()
	c := one(t, `ci.attributes.Encrypted > 3`)
	r := c.test(Case{Name: "text", CI: &CaseCI{Type: "AWS::EC2::Volume", Attributes: map[string]any{"Encrypted": "yes"}}, Want: Unknown})
	if r.OK || r.Got != Unknown {
		t.Errorf("%+v", r)
	}
}
