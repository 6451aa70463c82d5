package question_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vigie/catalogue"
	"vigie/internal/estate/cmdb"
	"vigie/internal/onboard/question"
)

// standard is the questionnaire that ships with Vigie.
func standard(t testing.TB) question.Questionnaire {
	t.Helper()
	files, err := catalogue.Open("")
	if err != nil {
		t.Fatal(err)
	}
	book, err := question.Load(files, question.Folder)
	if err != nil {
		t.Fatal(err)
	}
	q, ok := book.Named("base")
	if !ok {
		t.Fatal("there is no base questionnaire")
	}
	return q
}

// Other rooms read answers by these ids: that of the estimate, of requirements, of the inventory.
func TestStandardQuestionnaireKeepsItsIds(t *testing.T) {
	t.Parallel()
	q := standard(t)
	for typ, names := range map[question.Type]string{
		question.Number: "aws_accounts ec2_instances rds_databases ecs_clusters emr_clusters eks_clusters serverless_applications redshift_clusters cicd_pipelines " +
			"users_internal users_external requests_month incidents_month changes_month",
		question.Choice: "service_tier criticality", question.Choices: "compliance languages", question.Duration: "rto rpo", question.Line: "countries maintenance_window",
		question.Long: "pains wishes", question.Table: "workloads current_tools",
	} {
		for _, name := range strings.Fields(names) {
			if x, ok := q.Question(name); !ok || x.Type != typ {
				t.Errorf("%s is %q, want %q", name, x.Type, typ)
			}
		}
	}
	workloads, _ := q.Question("workloads")
	var columns []string
	for _, c := range workloads.Columns {
		columns = append(columns, c.ID)
		for _, o := range c.Choices {
			known := map[string][]string{"environments": cmdb.Environments, "criticality": cmdb.Criticalities}[c.ID]
			if !strings.Contains(" "+strings.Join(known, " ")+" ", " "+o.ID+" ") {
				t.Errorf("%s has a choice %s, which the CMDB does not know", c.ID, o.ID)
			}
		}
	}
	if got := strings.Join(columns, " "); got != "name description environments criticality rto rpo users" {
		t.Errorf("workloads has the columns %s", got)
	}
	tier, _ := q.Question("service_tier")
	var tiers []string
	for _, o := range tier.Choices {
		tiers = append(tiers, o.ID)
	}
	if strings.Join(tiers, " ") != "8x5 12x5 24x7" {
		t.Errorf("the tiers are %v", tiers)
	}
}

const good = `id: house
version: 3
kind: full
title: {en: House, fr: Maison}
sections:
  - id: one
    title: {en: One, fr: Un}
    questions:
      - {id: a, type: yes_no, text: {en: A, fr: A}}
      - id: b
        type: choice
        text: {en: B, fr: B}
        choices: [{id: x, text: {en: X, fr: X}}, {id: y, text: {en: Y, fr: Y}}]
        shown_if: {question: a, is: true}
      - {id: c, type: number, min: 1, max: 5, text: {en: C, fr: C}, shown_if: {all: [{question: b, in: [x, y]}, {not: {question: a, is: false}}]}}
`

func load(text string) (question.Book, error) {
	return question.Load(fstest.MapFS{"questions/house.yaml": {Data: []byte(text)}}, question.Folder)
}

func TestLoadTakesAnotherQuestionnaire(t *testing.T) {
	t.Parallel()
	book, err := load(good)
	if q, ok := book.Named("house"); err != nil || !ok || q.Version != 3 || q.Of("c") != "one" {
		t.Fatalf("%+v %v", book, err)
	}
	newer := strings.Replace(good, "version: 3", "version: 4", 1)
	both, err := question.Load(fstest.MapFS{"questions/a.yaml": {Data: []byte(newer)}, "questions/b.yml": {Data: []byte(good)}, "questions/README.md": {Data: []byte("no yaml")}}, question.Folder)
	if q, _ := both.Named("house"); err != nil || q.Version != 4 || len(both.Newest()) != 1 {
		t.Errorf("the newest of %d is %d: %v", len(both.Newest()), q.Version, err)
	}
	_, err = question.Load(fstest.MapFS{"questions/a.yaml": {Data: []byte(good)}, "questions/b.yaml": {Data: []byte(good)}}, question.Folder)
	if err == nil || !strings.Contains(err.Error(), "questions/b.yaml") {
		t.Errorf("one version twice: %v", err)
	}
}

// A questionnaire that is not in order is refused, with the file, the line and the reason.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"a key that nobody knows":            {"kind: full", "kind: full\ncolour: red", "house.yaml:4: field colour is not known"},
		"no YAML":                            {"kind: full", "kind: [", "questions/house.yaml:"},
		"a kind that nobody knows":           {"kind: full", "kind: half", "house.yaml:3: kind"},
		"no version":                         {"version: 3", "version: 0", "house.yaml:2: version"},
		"words that are missing":             {"title: {en: One, fr: Un}", "title: {en: One}", "house.yaml:7: sections[0].title: the French words are missing"},
		"a type that nobody knows":           {"type: yes_no", "type: maybe", "house.yaml:9: sections[0].questions[0].type"},
		"an id twice":                        {"{id: c, type: number", "{id: a, type: number", "house.yaml:15:"},
		"an id that is none":                 {"id: b\n", "id: B b\n", "house.yaml:10:"},
		"a choice without choices":           {"choices: [{id: x, text: {en: X, fr: X}}, {id: y, text: {en: Y, fr: Y}}]", "required: true", "house.yaml:10:"},
		"a condition about what comes after": {"shown_if: {question: a, is: true}", "shown_if: {question: c, at_least: 1}", `house.yaml:14: sections[0].questions[1].shown_if.question: there is no question "c" before`},
		"a condition that cannot hold":       {"in: [x, y]", "in: [x, z]", `house.yaml:15: sections[0].questions[2].shown_if.all[0]: b has no choice "z"`},
		"a condition of the wrong type":      {"shown_if: {question: a, is: true}", "shown_if: {question: a, at_least: 3}", "house.yaml:14:"},
		"a condition with two tests":         {"shown_if: {question: a, is: true}", "shown_if: {question: a, is: true, answered: true}", "house.yaml:14:"},
		"limits the wrong way round":         {"min: 1, max: 5", "min: 7, max: 5", "house.yaml:15:"},
		"columns of what is no table":        {"{id: a, type: yes_no,", "{id: a, type: yes_no, rows: 3,", "house.yaml:9:"},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Errorf("%s: the test changes nothing", name)
		}
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "questions/house.yaml") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := question.Load(fstest.MapFS{}, question.Folder); err == nil {
		t.Error("a folder that is not there was taken")
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	yes, three := true, 3.0
	a := question.Answers{"tier": "24x7", "rules": []any{"gdpr", "hds"}, "number": 3.0, "personal": false, "gone": nil}
	for name, c := range map[string]struct {
		is   question.Condition
		want bool
	}{
		"is":                       {question.Condition{Question: "tier", Is: "24x7"}, true},
		"is not":                   {question.Condition{Question: "tier", Is: "8x5"}, false},
		"is no":                    {question.Condition{Question: "personal", Is: false}, true},
		"a whole number from YAML": {question.Condition{Question: "number", Is: 3}, true},
		"in":                       {question.Condition{Question: "tier", In: []any{"8x5", "24x7"}}, true},
		"has":                      {question.Condition{Question: "rules", Has: "hds"}, true},
		"has not":                  {question.Condition{Question: "rules", Has: "pci_dss"}, false},
		"at least":                 {question.Condition{Question: "number", AtLeast: &three}, true},
		"at most":                  {question.Condition{Question: "number", AtMost: &three}, true},
		"at least, of no number":   {question.Condition{Question: "tier", AtLeast: &three}, false},
		"answered":                 {question.Condition{Question: "personal", Answered: &yes}, true},
		"answered, taken away":     {question.Condition{Question: "gone", Answered: &yes}, false},
		"unanswered is nothing":    {question.Condition{Question: "other", Is: false}, false},
		"all":                      {question.Condition{All: []question.Condition{{Question: "number", Is: 3}, {Question: "tier", Is: "8x5"}}}, false},
		"any":                      {question.Condition{Any: []question.Condition{{Question: "number", Is: 3}, {Question: "tier", Is: "8x5"}}}, true},
		"not":                      {question.Condition{Not: &question.Condition{Question: "tier", Is: "8x5"}}, true},
	} {
		if got := c.is.Holds(a); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Whoever hides a question hides those that ask about it too, whatever was answered there before.
func TestHiddenAnswersCountForNothing(t *testing.T) {
	t.Parallel()
	book, err := load(good)
	if err != nil {
		t.Fatal(err)
	}
	q, _ := book.Named("house")
	all := question.Answers{"a": true, "b": "x", "c": 2.0}
	if shown, live := q.Shown(all); !shown["c"] || len(live) != 3 {
		t.Errorf("%v %v", shown, live)
	}
	all["a"] = false
	shown, live := q.Shown(all)
	if shown["b"] || shown["c"] || len(live) != 1 {
		t.Errorf("%v %v", shown, live)
	}
}

func TestStand(t *testing.T) {
	t.Parallel()
	q := standard(t)
	empty := q.Stand(nil)
	if empty.All.Answered != 0 || empty.All.Missing != len(empty.Missing) || empty.All.Missing < 10 {
		t.Errorf("%+v", empty)
	}
	st := q.Stand(question.Answers{"languages": []any{"other"}, "company_name": "Acme", "nothing_of_ours": 3.0})
	if st.Sections["company"].Answered != 2 || st.All.Answered != 2 || st.All.Shown != empty.All.Shown+1 {
		t.Errorf("%+v, want another question for other languages", st.All)
	}
	if !strings.Contains(strings.Join(st.Missing, " "), "languages_other") || strings.Contains(strings.Join(st.Missing, " "), "company_name") {
		t.Errorf("missing: %v", st.Missing)
	}
}
