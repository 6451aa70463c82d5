package estimate

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func standard(t testing.TB) Model {
	t.Helper()
	m, err := Load(os.DirFS("../../../catalogue"), "estimate/standard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// numbers are the questions of the standard model that are answered by a number.
func numbers(m Model) (out []string) {
	for _, in := range m.Inputs {
		if in.Take == "number" {
			out = append(out, in.Question)
		}
	}
	return out
}

// anAnswer draws answers of the standard questionnaire, each given or not. Numbers lie within what the model assumes if within is set.
func anAnswer(t *rapid.T, m Model, within bool) Answers {
	a := Answers{}
	for _, in := range m.Inputs {
		if !rapid.Bool().Draw(t, "gives "+in.ID) {
			continue
		}
		low, high := int(in.Low.IntPart()), int(in.High.IntPart())
		if !within {
			low, high = 0, 10*high
		}
		switch in.Take {
		case "number":
			a[in.Question] = float64(rapid.IntRange(low, high).Draw(t, in.ID))
		case "minutes":
			a[in.Question] = "PT" + decimal.NewFromInt(int64(rapid.IntRange(low, high).Draw(t, in.ID))).String() + "M"
		case "items":
			a[in.Question] = []any{"en", "fr", "de"}[:rapid.IntRange(max(low, 1), min(high, 3)).Draw(t, in.ID)]
		}
	}
	if rapid.Bool().Draw(t, "gives workloads") {
		table := []any{}
		for range rapid.IntRange(1, 25).Draw(t, "workloads") {
			table = append(table, map[string]any{"name": "w", "environments": []any{"production", "test", "development"}[:rapid.IntRange(1, 3).Draw(t, "environments")],
				"criticality": rapid.SampledFrom([]string{"medium", "low", "high"}).Draw(t, "criticality")})
		}
		for i := range min(len(table), rapid.IntRange(0, 10).Draw(t, "critical")) {
			table[i].(map[string]any)["criticality"] = "critical"
		}
		a["workloads"] = table
	}
	if rapid.Bool().Draw(t, "gives tier") {
		a[m.Tier.Question] = rapid.SampledFrom(Tiers).Draw(t, "tier")
	}
	if rapid.Bool().Draw(t, "gives compliance") {
		a["compliance"] = rapid.SliceOfNDistinct(rapid.SampledFrom([]any{"none", "hds", "iso27001", "gdpr"}), 1, 3, rapid.ID[any]).Draw(t, "compliance")
	}
	if rapid.Bool().Draw(t, "gives criticality") {
		a["criticality"] = rapid.SampledFrom([]string{"critical", "low"}).Draw(t, "overall")
	}
	return a
}

func compute(t rapid.TB, m Model, a Answers, w WhatIf) Result {
	t.Helper()
	r, err := Compute(m, a, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func amount(m Money) decimal.Decimal { return decimal.RequireFromString(m.Amount) }

func (c Cost) span() span { return span{amount(c.Low), amount(c.Likely), amount(c.High)} }

func without(a Answers, question string) Answers {
	out := Answers{}
	for k, v := range a {
		if k != question {
			out[k] = v
		}
	}
	return out
}

func ordered(s span) bool { return s[0].LessThanOrEqual(s[1]) && s[1].LessThanOrEqual(s[2]) }

// atMost tells whether all three are no more than the other's.
func (s span) atMost(o span) bool {
	return s[0].LessThanOrEqual(o[0]) && s[1].LessThanOrEqual(o[1]) && s[2].LessThanOrEqual(o[2])
}

func TestLowLikelyHighAndSums(t *testing.T) {
	t.Parallel()
	m := standard(t)
	rapid.Check(t, func(t *rapid.T) {
		r := compute(t, m, anAnswer(t, m, false), WhatIf{})
		sums := map[string]span{}
		for _, line := range r.Lines {
			if !ordered(line.Cost.span()) || line.Hours.Low > line.Hours.Likely || line.Hours.Likely > line.Hours.High {
				t.Fatalf("%s: %+v %+v", line.ID, line.Hours, line.Cost)
			}
			// Whoever multiplies what is shown gets what is shown.
			if got := decimal.NewFromFloat(line.Hours.Likely).Mul(amount(line.Rate)).Round(2); !got.Equal(amount(line.Cost.Likely)) {
				t.Fatalf("%s: %v hours at %s are %s, shown %s", line.ID, line.Hours.Likely, line.Rate.Amount, got, line.Cost.Likely.Amount)
			}
			sums[line.Part] = sums[line.Part].plus(line.Cost.span())
		}
		for part, sum := range map[string]Sum{Setup: r.Setup, Month: r.Month} {
			got, want := sum.Cost.span(), sums[part]
			if !ordered(got) || !got[0].Equal(want[0]) || !got[1].Equal(want[1]) || !got[2].Equal(want[2]) {
				t.Fatalf("%s: %v, lines make %v", part, got, want)
			}
		}
	})
}

func TestMoreUnitsNeverCostLess(t *testing.T) {
	t.Parallel()
	m := standard(t)
	rapid.Check(t, func(t *rapid.T) {
		a := anAnswer(t, m, false)
		q := rapid.SampledFrom(numbers(m)).Draw(t, "question")
		n := rapid.IntRange(0, 3000).Draw(t, "n")
		a[q] = float64(n)
		few := compute(t, m, a, WhatIf{})
		a[q] = float64(n + rapid.IntRange(1, 3000).Draw(t, "more"))
		many := compute(t, m, a, WhatIf{})
		if !few.Setup.Cost.span().atMost(many.Setup.Cost.span()) || !few.Month.Cost.span().atMost(many.Month.Cost.span()) {
			t.Fatalf("%s: %d cost %+v %+v, %v cost %+v %+v", q, n, few.Setup.Cost, few.Month.Cost, a[q], many.Setup.Cost, many.Month.Cost)
		}
		if table, ok := a["workloads"].([]any); ok {
			a["workloads"] = append(table[:len(table):len(table)], map[string]any{"environments": []any{"production"}, "criticality": "critical"})
			more := compute(t, m, a, WhatIf{})
			if !many.Setup.Cost.span().atMost(more.Setup.Cost.span()) || !many.Month.Cost.span().atMost(more.Month.Cost.span()) {
				t.Fatal("a workload more costs less")
			}
		}
	})
}

func TestHigherTierNeverCostsLess(t *testing.T) {
	t.Parallel()
	m := standard(t)
	rapid.Check(t, func(t *rapid.T) {
		a := anAnswer(t, m, false)
		var before Result
		for i, tier := range Tiers {
			r := compute(t, m, a, WhatIf{Tier: tier})
			for j := range r.Lines {
				if i > 0 && !before.Lines[j].Cost.span().atMost(r.Lines[j].Cost.span()) {
					t.Fatalf("%s: %s costs less than the tier below", r.Lines[j].ID, tier)
				}
			}
			before = r
		}
	})
}

// What is left out lies within the range, for any answer within what is assumed: the range holds all of what it may be.
func TestMissingAnswerHoldsEveryAnswerThatIsAssumed(t *testing.T) {
	t.Parallel()
	m := standard(t)
	rapid.Check(t, func(t *rapid.T) {
		a := anAnswer(t, m, true)
		if len(a) == 0 {
			return
		}
		known := compute(t, m, a, WhatIf{})
		q := rapid.SampledFrom(sorted(a)).Draw(t, "missing")
		less := compute(t, m, without(a, q), WhatIf{})
		for i, line := range known.Lines {
			k, l := line.Cost.span(), less.Lines[i].Cost.span()
			if l[0].GreaterThan(k[0]) || l[2].LessThan(k[2]) {
				t.Fatalf("without %s, %s is %v, with it %v", q, line.ID, l, k)
			}
		}
		for _, p := range [][2]Sum{{known.Setup, less.Setup}, {known.Month, less.Month}} {
			k, l := p[0].Cost.span(), p[1].Cost.span()
			if l[0].GreaterThan(k[0]) || l[2].LessThan(k[2]) || l[2].Sub(l[0]).LessThan(k[2].Sub(k[0])) {
				t.Fatalf("without %s the sum is %v, with it %v", q, l, k)
			}
		}
		if len(less.Missing) < len(known.Missing) {
			t.Fatalf("without %s fewer answers are missing", q)
		}
	})
}

// For any answer at all, also one far out of what is assumed: the ratio of high to low of a line never becomes smaller. Exact, before
// hours are rounded.
func TestMissingAnswerNeverMakesALineSurer(t *testing.T) {
	t.Parallel()
	m := standard(t)
	rapid.Check(t, func(t *rapid.T) {
		a := anAnswer(t, m, false)
		if len(a) == 0 {
			return
		}
		q := rapid.SampledFrom(sorted(a)).Draw(t, "missing")
		known, less := reckoned(t, m, a), reckoned(t, m, without(a, q))
		for _, w := range m.Lines {
			k, l := known.hours(w), less.hours(w)
			if l[2].Mul(k[0]).LessThan(k[2].Mul(l[0])) {
				t.Fatalf("without %s, %s is %v, with it %v", q, w.ID, l, k)
			}
		}
	})
}

func reckoned(t rapid.TB, m Model, a Answers) *reckoning {
	t.Helper()
	r := &reckoning{model: m, answers: a, inputs: map[string]basis{}, effects: map[string]basis{}}
	if err := r.read(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Every line says what it rests on: an answer, or an assumption with its words.
func TestLinesNameTheirCauses(t *testing.T) {
	t.Parallel()
	m := standard(t)
	r := compute(t, m, Answers{"ec2_instances": 40.0, "service_tier": "24x7", "rto": "PT1H", "compliance": []any{"none"}}, WhatIf{Units: map[string]float64{"rds_databases": 3}})
	line := func(id string) Line {
		for _, l := range r.Lines {
			if l.ID == id {
				return l
			}
		}
		t.Fatalf("no line %s", id)
		return Line{}
	}
	cause := func(l Line, kind, id string) Cause {
		for _, c := range l.Causes {
			if c.Kind == kind && c.ID == id {
				return c
			}
		}
		t.Fatalf("%s has no cause %s %s: %+v", l.ID, kind, id, l.Causes)
		return Cause{}
	}
	ec2 := line("month_ec2")
	if c := cause(ec2, "units", "ec2_instances"); c.Source != ByAnswer || c.Answer != 40.0 || c.Question != "ec2_instances" || c.Assumption != nil {
		t.Errorf("units: %+v", c)
	}
	if c := cause(ec2, "tier", "service_tier"); c.Source != ByAnswer || c.Answer != "24x7" {
		t.Errorf("tier: %+v", c)
	}
	if c := cause(ec2, "modifier", "rto_short"); c.Value.Low != 1.1 || !c.Value.Certain() || c.Answer != "PT1H" {
		t.Errorf("modifier: %+v", c)
	}
	if c := cause(line("month_eks"), "units", "eks_clusters"); c.Source != ByAssumption || c.Assumption == nil || c.Value.High != 8 {
		t.Errorf("assumed: %+v", c)
	}
	if c := cause(line("month_rds"), "units", "rds_databases"); c.Source != ByWhatIf || c.Value.Likely != 3 {
		t.Errorf("what-if: %+v", c)
	}
	for _, c := range ec2.Causes {
		if c.ID == "compliance" {
			t.Error("compliance was answered with none, and still is a cause")
		}
	}
	// 40 instances, 0.45 hours, recovery within 4 hours, and the rest likely: 40 × 0.45 × 1.1.
	if ec2.Hours.Likely != 19.8 || ec2.Cost.Likely.Amount != "1881.00" {
		t.Errorf("ec2: %+v %+v", ec2.Hours, ec2.Cost)
	}
}

func TestWhatCannotBeUnderstoodIsNamed(t *testing.T) {
	t.Parallel()
	m := standard(t)
	for name, c := range map[string]struct {
		answers Answers
		what    WhatIf
		want    string
	}{
		"text for a number": {Answers{"ec2_instances": "many"}, WhatIf{}, "answers.ec2_instances"},
		"below zero":        {Answers{"ec2_instances": -1.0}, WhatIf{}, "answers.ec2_instances"},
		"no duration":       {Answers{"rto": "4 hours"}, WhatIf{}, "answers.rto"},
		"no table":          {Answers{"workloads": "shop"}, WhatIf{}, "answers.workloads"},
		"no tier":           {Answers{"service_tier": "always"}, WhatIf{}, "answers.service_tier"},
		"what-if tier":      {nil, WhatIf{Tier: "9x9"}, "what_if.tier"},
		"what-if unit":      {nil, WhatIf{Units: map[string]float64{"cats": 1}}, "what_if.units.cats"},
		"what-if below":     {nil, WhatIf{Units: map[string]float64{"rds_databases": -1}}, "what_if.units.rds_databases"},
		"what-if modifier":  {nil, WhatIf{Modifiers: map[string]bool{"luck": true}}, "what_if.modifiers.luck"},
	} {
		if _, err := Compute(m, c.answers, c.what); err == nil || !strings.Contains(err.Error(), c.want+":") {
			t.Errorf("%s: %v, want %s named", name, err, c.want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("../../../catalogue/estimate/standard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown key, with its line": {"currency: EUR", "currencies: EUR", "m.yaml:10: field currencies is not known"},
		"a lower tier that costs more":  {"{8x5: 0.25, 12x5: 0.3, 24x7: 0.45}", "{8x5: 0.5, 12x5: 0.3, 24x7: 0.45}", "hours of 12x5"},
		"a tier without hours":          {"{8x5: 0.25, 12x5: 0.3, 24x7: 0.45}", "{8x5: 0.25, 12x5: 0.3}", "hours are needed for each tier"},
		"a discount for more":           {"at_least: 21}\n    factor: 1.1", "at_least: 21}\n    factor: 0.9", "a factor below 1"},
		"a language that is missing":    {"{en: AWS accounts, fr: Comptes AWS}", "{en: AWS accounts}", "inputs[0].title: the French words are missing"},
		"no currency":                   {"currency: EUR", "currency: EURO", "currency"},
		"assumptions out of order":      {"low: 1\n    likely: 4", "low: 5\n    likely: 4", "inputs[0]: want 0 <= low"},
		"an unknown input":              {"per: emr_clusters", "per: mainframes", `.per: "mainframes" is not in inputs`},
		"a step that falls":             {"{above: 50, share: 0.7}", "{above: 500, share: 0.7}", ".steps[1]: above must rise"},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		if text == string(good) {
			t.Fatalf("%s: %q is not in the model", name, c.old)
		}
		if _, err := Load(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
