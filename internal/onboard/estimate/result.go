package estimate

import (
	"cmp"
	"maps"
	"slices"

	"vigie/catalogue"

	"github.com/shopspring/decimal"
)

// Source says where a number comes from.
type Source string

// The sources.
const (
	ByAnswer     Source = "answer"
	ByAssumption Source = "assumption"
	ByWhatIf     Source = "what_if"
)

// Money is an exact amount.
type Money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// Cost is what something costs.
type Cost struct {
	Low    Money `json:"low"`
	Likely Money `json:"likely"`
	High   Money `json:"high"`
}

// Span is low, likely and high of hours, units or a factor.
type Span struct {
	Low    float64 `json:"low"`
	Likely float64 `json:"likely"`
	High   float64 `json:"high"`
}

// Certain tells whether all three are the same.
func (s Span) Certain() bool { return s.Low == s.High }

// Sum is the whole of a part.
type Sum struct {
	Hours Span `json:"hours"`
	Cost  Cost `json:"cost"`
}

// Result is a computed estimate.
type Result struct {
	Currency string    `json:"currency"`
	Tier     string    `json:"tier" doc:"Hours of service that are likely."`
	Setup    Sum       `json:"setup"`
	Month    Sum       `json:"month"`
	Lines    []Line    `json:"lines"`
	Missing  []Missing `json:"missing"`
}

// Line is one line of an estimate.
type Line struct {
	ID     string         `json:"id"`
	Part   string         `json:"part" enum:"setup,month"`
	Phase  string         `json:"phase"`
	Title  catalogue.Text `json:"title"`
	Role   string         `json:"role"`
	Hours  Span           `json:"hours"`
	Rate   Money          `json:"rate" doc:"Of an hour."`
	Cost   Cost           `json:"cost"`
	Causes []Cause        `json:"causes" doc:"The answers and assumptions that made the line."`
}

// Cause is one reason of a line: its units, the tier, or a modifier with an effect on it.
type Cause struct {
	Kind       string          `json:"kind" enum:"units,tier,modifier"`
	ID         string          `json:"id" doc:"Of the input or modifier."`
	Title      catalogue.Text  `json:"title"`
	Question   string          `json:"question"`
	Source     Source          `json:"source" enum:"answer,assumption,what_if"`
	Answer     any             `json:"answer" doc:"As it was given; null where it was assumed."`
	Value      *Span           `json:"value,omitempty" doc:"Units, or the factor of a modifier."`
	Tiers      []string        `json:"tiers,omitempty" doc:"Low, likely, high."`
	Assumption *catalogue.Text `json:"assumption,omitempty"`
}

// Missing is a question without an answer, what was assumed instead, and by how much the range of the first year would narrow if the
// likely value were the answer.
type Missing struct {
	Question   string         `json:"question"`
	Title      catalogue.Text `json:"title"`
	Assumption catalogue.Text `json:"assumption"`
	Lines      int            `json:"lines"`
	Width      Money          `json:"width"`
}

// firstYear is the set-up and twelve months: one number by which ranges can be compared.
const firstYear = 12

func (r *reckoning) result() Result {
	out := Result{Currency: r.model.Currency, Tier: r.tiers[1], Lines: []Line{}, Missing: []Missing{}}
	sums := map[string][2]span{}
	for _, phase := range r.model.Phases {
		for _, w := range r.model.Lines {
			if w.Phase != phase.ID {
				continue
			}
			hours, money := r.money(w)
			role, _ := r.model.role(w.Role)
			line := Line{ID: w.ID, Part: phase.Part, Phase: phase.ID, Title: w.Title, Role: w.Role, Hours: hours.shown(), Rate: r.coin(role.Rate), Cost: r.cost(money), Causes: r.causes(w)}
			out.Lines = append(out.Lines, line)
			s := sums[phase.Part]
			sums[phase.Part] = [2]span{s[0].plus(hours), s[1].plus(money)}
		}
	}
	out.Setup = Sum{sums[Setup][0].shown(), r.cost(sums[Setup][1])}
	out.Month = Sum{sums[Month][0].shown(), r.cost(sums[Month][1])}
	out.Missing = r.missing(out.Lines)
	return out
}

func (r *reckoning) coin(d decimal.Decimal) Money {
	return Money{d.StringFixed(places(r.model.Currency)), r.model.Currency}
}

func (r *reckoning) cost(s span) Cost { return Cost{r.coin(s[0]), r.coin(s[1]), r.coin(s[2])} }

func (s span) shown() Span {
	return Span{s[0].InexactFloat64(), s[1].InexactFloat64(), s[2].InexactFloat64()}
}

// causes are what made a line, and nothing that had no part in it.
func (r *reckoning) causes(w Work) []Cause {
	out := []Cause{}
	if in, ok := r.model.input(w.Per); ok {
		b := r.inputs[in.ID]
		value := b.value.shown()
		out = append(out, Cause{Kind: "units", ID: in.ID, Title: in.Title, Question: in.Question, Source: b.source, Answer: b.answer, Value: &value, Assumption: assumed(b, in.Assumption)})
	}
	if !w.Hours[Tiers[0]].Equal(w.Hours[Tiers[len(Tiers)-1]]) {
		t := r.model.Tier
		out = append(out, Cause{Kind: "tier", ID: t.Question, Title: t.Title, Question: t.Question, Source: r.tier.source, Answer: r.tier.answer, Tiers: r.tiers[:], Assumption: assumed(r.tier, t.Assumption)})
	}
	one := decimal.NewFromInt(1)
	for _, x := range r.model.Modifiers {
		b := r.effects[x.ID]
		if !slices.Contains(x.Phases, w.Phase) || b.source != ByWhatIf && b.value[0].Equal(one) && b.value[2].Equal(one) {
			continue
		}
		value := b.value.shown()
		out = append(out, Cause{Kind: "modifier", ID: x.ID, Title: x.Title, Question: r.asks(x), Source: b.source, Answer: b.answer, Value: &value, Assumption: assumed(b, x.Assumption)})
	}
	return out
}

func (r *reckoning) asks(x Modifier) string {
	if in, ok := r.model.input(x.When.Input); ok {
		return in.Question
	}
	return x.When.Question
}

func assumed(b basis, t catalogue.Text) *catalogue.Text {
	if b.source != ByAssumption {
		return nil
	}
	return &t
}

// width is high less low of the first year, exact.
func (r *reckoning) width() decimal.Decimal {
	total := decimal.Zero
	for _, w := range r.model.Lines {
		_, m := r.money(w)
		phase, _ := r.model.phase(w.Phase)
		d := m[2].Sub(m[0])
		if phase.Part == Month {
			d = d.Mul(decimal.NewFromInt(firstYear))
		}
		total = total.Add(d)
	}
	return total
}

// missing lists what was assumed, the most telling first.
func (r *reckoning) missing(lines []Line) []Missing {
	found := map[string]Missing{}
	for _, line := range lines {
		counted := map[string]bool{}
		for _, c := range line.Causes {
			if c.Source != ByAssumption {
				continue
			}
			m, ok := found[c.Question]
			if !ok {
				m = Missing{Question: c.Question, Title: c.Title, Assumption: *c.Assumption}
			}
			if !counted[c.Question] {
				counted[c.Question], m.Lines = true, m.Lines+1
			}
			found[c.Question] = m
		}
	}
	wide := r.width()
	type weighed struct {
		Missing
		width decimal.Decimal
	}
	all := []weighed{}
	for _, q := range sorted(found) {
		w := wide.Sub(r.settled(q).width())
		m := found[q]
		m.Width = r.coin(w)
		all = append(all, weighed{m, w})
	}
	slices.SortStableFunc(all, func(a, b weighed) int { return cmp.Or(b.width.Cmp(a.width), cmp.Compare(a.Question, b.Question)) })
	out := make([]Missing, len(all))
	for i, w := range all {
		out[i] = w.Missing
	}
	return out
}

// settled is the same reckoning with the likely value as the answer to one question.
func (r *reckoning) settled(question string) *reckoning {
	s := &reckoning{model: r.model, answers: r.answers, what: r.what, inputs: maps.Clone(r.inputs), effects: map[string]basis{}, tier: r.tier, tiers: r.tiers}
	for _, in := range r.model.Inputs {
		if b := s.inputs[in.ID]; in.Question == question && b.source == ByAssumption {
			s.inputs[in.ID] = basis{same(b.value[1]), ByAssumption, nil}
		}
	}
	if r.model.Tier.Question == question && r.tier.source == ByAssumption {
		s.tiers = [3]string{r.tiers[1], r.tiers[1], r.tiers[1]}
	}
	for _, x := range r.model.Modifiers {
		b := s.effect(x)
		if x.When.Question == question && b.source == ByAssumption {
			b.value = same(b.value[1])
		}
		s.effects[x.ID] = b
	}
	return s
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
