package requirement

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/record/register"
)

func kindsOf(list []Contradiction) (out []string) {
	for _, c := range list {
		out = append(out, string(c.Kind))
	}
	slices.Sort(out)
	return out
}

func days(n int64) *int64 { return &n }

func rule(schedule string, keep float64) any {
	return map[string]any{"ScheduleExpression": schedule, "DeleteAfterDays": keep}
}

func TestContradictions(t *testing.T) {
	t.Parallel()
	l := library(t)
	files := Part{ID: "fs", Name: "files", Type: "AWS::EFS::FileSystem", ARN: "arn:aws:elasticfilesystem:eu-west-1:1:file-system/fs-1", Account: "1", Region: "eu-west-1", Own: true, PlansSeen: true, Tags: map[string]string{"Backup": "daily"}}
	hidden := files
	hidden.PlansSeen = false
	base := Part{ID: "db", Name: "orders", Type: "AWS::RDS::DBInstance", Account: "1", Region: "eu-west-1", Own: true, PlansSeen: true,
		Attributes: map[string]any{"BackupRetentionPeriod": float64(7), "MultiAZ": false, "Engine": "postgres"}}
	unsaved := base
	unsaved.Attributes = map[string]any{"BackupRetentionPeriod": float64(0)}
	daily := Plan{Evidence: Evidence{ID: "plan", Name: "daily"}, Account: "1", Region: "eu-west-1", Rules: []any{rule("cron(0 5 ? * * *)", 35)}, Selections: []Selection{{Tags: []string{"Backup=daily"}}}}
	hourly := daily
	hourly.Rules = append([]any{rule("rate(1 hour)", 2)}, daily.Rules...)
	for name, test := range map[string]struct {
		asked Requirement
		facts Facts
		want  string
	}{
		"nothing asked, nothing wrong":          {Requirement{}, Facts{Parts: []Part{files, base}}, ""},
		"daily against fifteen minutes":         {Requirement{RPO: "PT15M"}, Facts{Parts: []Part{files}, Plans: []Plan{daily}}, "rpo_backup"},
		"daily against a day":                   {Requirement{RPO: "PT24H"}, Facts{Parts: []Part{files}, Plans: []Plan{daily}}, ""},
		"the best of several rules counts":      {Requirement{RPO: "PT1H", Retention: days(35)}, Facts{Parts: []Part{files}, Plans: []Plan{hourly}}, ""},
		"a plan of another account":             {Requirement{RPO: "PT24H"}, Facts{Parts: []Part{files}, Plans: []Plan{{Evidence: daily.Evidence, Account: "2", Region: "eu-west-1", Rules: daily.Rules, Selections: daily.Selections}}}, "rpo_unsaved"},
		"a database saves all the time":         {Requirement{RPO: "PT15M", Retention: days(7)}, Facts{Parts: []Part{base}}, ""},
		"kept for a week, asked for a month":    {Requirement{Retention: days(30)}, Facts{Parts: []Part{base}}, "retention_short"},
		"a database that is not saved":          {Requirement{RPO: "PT15M"}, Facts{Parts: []Part{unsaved}}, "rpo_unsaved"},
		"what nobody could look at is no proof": {Requirement{RPO: "PT15M"}, Facts{Parts: []Part{hidden}}, ""},
		"no backups wanted":                     {Requirement{Retention: days(0)}, Facts{Parts: []Part{unsaved}}, ""},
		"no backups and an RPO":                 {Requirement{Retention: days(0), RPO: "PT1H"}, Facts{}, "retention_none"},
		"restored from backups in minutes":      {Requirement{RTO: "PT30M", Strategy: "backup_restore"}, Facts{}, "rto_strategy"},
		"a pilot light in minutes":              {Requirement{RTO: "PT30M", Strategy: "pilot_light"}, Facts{}, ""},
		"no recovery and an RTO":                {Requirement{RTO: "PT4H", Strategy: "none"}, Facts{}, "rto_none"},
		"back before the data is worth it":      {Requirement{RTO: "PT1H", RPO: "PT24H"}, Facts{}, "rto_under_rpo"},
		"over before anybody comes":             {Requirement{RTO: "PT4H", Tier: "8x5"}, Facts{}, "rto_tier"},
		"over before Monday":                    {Requirement{RTO: "PT20H", Tier: "12x5"}, Facts{}, "rto_tier"},
		"somebody is always there":              {Requirement{RTO: "PT4H", Tier: "24x7", Availability: "99.9"}, Facts{}, ""},
		"one night breaks the month":            {Requirement{Availability: "99.9", Tier: "8x5"}, Facts{}, "availability_tier"},
		"nobody watches":                        {Requirement{RTO: "PT4H", Infrastructure: "no", Application: "no"}, Facts{}, "unwatched"},
		"a second site that is not there":       {Requirement{Strategy: "warm_standby"}, Facts{Parts: []Part{base}}, "one_region"},
		"more than the parts can give":          {Requirement{Availability: "99.95"}, Facts{Parts: []Part{base}}, "parts"},
		"as much as the parts can give":         {Requirement{Availability: "99.5"}, Facts{Parts: []Part{base}}, ""},
		"several at once":                       {Requirement{RPO: "PT15M", RTO: "PT1H", Strategy: "backup_restore", Tier: "8x5", Availability: "99.95"}, Facts{Parts: []Part{files, base}, Plans: []Plan{daily}}, "availability_tier parts rpo_backup rto_strategy rto_tier"},
	} {
		got := Contradictions(test.asked, test.facts, l)
		if s := strings.Join(kindsOf(got), " "); s != test.want {
			t.Errorf("%s: %q, want %q", name, s, test.want)
		}
		for _, c := range got {
			if len(c.Fields) == 0 || c.Evidence == nil {
				t.Errorf("%s: %+v names no field", name, c)
			}
		}
	}
	c := Contradictions(Requirement{RPO: "PT15M"}, Facts{Parts: []Part{files}, Plans: []Plan{daily}}, l)[0]
	if c.Values.Asked != "PT15M" || c.Values.Given != "PT24H" || len(c.Evidence) != 2 || c.Evidence[1].ID != "plan" {
		t.Errorf("evidence: %+v", c)
	}
}

// The templates that we propose do not contradict themselves.
func TestTemplatesGoTogether(t *testing.T) {
	t.Parallel()
	l := library(t)
	for name, template := range l.Templates {
		var r Requirement
		fill(&r, template)
		if got := kindsOf(Contradictions(r, Facts{}, l)); len(got) > 0 {
			t.Errorf("template %s: %v", name, got)
		}
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	const day = 24 * 60
	for expression, want := range map[string]int64{
		"rate(12 hours)": 720, "rate(1 day)": day, "rate(5 minutes)": 5, "cron(0 5 ? * * *)": day, "cron(0 5 * * ? *)": day, "cron(0 */6 * * ? *)": 360, "cron(0/30 * * * ? *)": 30,
		"cron(0 0,12 ? * * *)": 720, "cron(0 1,2 * * ? *)": 23 * 60, "cron(0 5 ? * SUN *)": 7 * day, "cron(0 5 ? * MON-FRI *)": 3 * day, "cron(0 5 ? * 1,4 *)": 4 * day, "cron(0 5 1 * ? *)": 31 * day,
		"cron(0 5 L * ? *)": 31 * day, "cron(0 5 1 1 ? *)": 366 * day,
		"": -1, "rate(0 hours)": -1, "cron(x 5 ? * * *)": -1, "cron(0 25 * * ? *)": -1, "cron(0 5 * * ? 2027)": -1, "cron(0 5 ? * FRI#2 *)": -1, "at(2026-01-01T00:00:00)": -1,
	} {
		got, ok := interval(expression)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d minutes, want %d", expression, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // nothing that people write makes it stumble
		interval(rapid.StringMatching(`(cron|rate)\([0-9*?/,LA-Z# -]{0,20}\)`).Draw(t, "expression"))
	})
}

func TestSelectionTakes(t *testing.T) {
	t.Parallel()
	p := Part{ID: "p", ARN: "arn:aws:rds:eu-west-1:1:db:orders", Tags: map[string]string{"a": "b"}}
	for name, test := range map[string]struct {
		s    Selection
		want bool
	}{
		"nothing":           {Selection{}, false},
		"by name":           {Selection{Protects: []string{"p"}}, true},
		"by pattern":        {Selection{Resources: []string{"arn:aws:rds:*:*:db:*"}}, true},
		"all":               {Selection{Resources: []string{"*"}}, true},
		"all but it":        {Selection{Resources: []string{"*"}, NotResources: []string{"arn:aws:rds:*:*:db:orders"}}, false},
		"by tag":            {Selection{Tags: []string{"a=b"}}, true},
		"by another tag":    {Selection{Tags: []string{"a=c"}}, false},
		"all that have tag": {Selection{Resources: []string{"*"}, Tags: []string{"a=c"}}, false},
	} {
		if got := test.s.takes(p); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Asking for less never contradicts more: an RPO or RTO that is longer removes contradictions with the estate, and adds none.
func TestALongerRPOAddsNoContradictionWithTheEstate(t *testing.T) {
	t.Parallel()
	l := library(t)
	rapid.Check(t, func(t *rapid.T) {
		every := rapid.SampledFrom([]string{"rate(1 hour)", "rate(12 hours)", "cron(0 5 ? * * *)", "cron(0 5 ? * SUN *)"}).Draw(t, "schedule")
		f := Facts{Parts: []Part{{ID: "fs", Type: "AWS::EFS::FileSystem", Account: "1", Region: "r", Own: true, PlansSeen: true, ARN: "arn:x"}},
			Plans: []Plan{{Account: "1", Region: "r", Rules: []any{rule(every, 10)}, Selections: []Selection{{Resources: []string{"*"}}}}}}
		short := rapid.Int64Range(1, 20000).Draw(t, "rpo")
		long := short + rapid.Int64Range(0, 20000).Draw(t, "more")
		a, b := kindsOf(Contradictions(Requirement{RPO: register.Minutes(short)}, f, l)), kindsOf(Contradictions(Requirement{RPO: register.Minutes(long)}, f, l))
		for _, k := range b {
			if !slices.Contains(a, k) {
				t.Fatalf("%s: an RPO of %d gives %v, of %d gives %v", every, short, a, long, b)
			}
		}
	})
}
