package estimate

import (
	"slices"

	"github.com/shopspring/decimal"

	"vigie/internal/platform/fault"
)

// WhatIf is what is set otherwise than answered, to see what it would cost.
type WhatIf struct {
	Tier      string             `json:"tier,omitempty" doc:"8x5, 12x5 or 24x7."`
	Units     map[string]float64 `json:"units,omitempty" doc:"By the id of an input of the model."`
	Modifiers map[string]bool    `json:"modifiers,omitempty" doc:"By the id of a modifier of the model."`
}

// Empty tells whether nothing is set.
func (o WhatIf) Empty() bool { return o.Tier == "" && len(o.Units) == 0 && len(o.Modifiers) == 0 }

// Validate names all that the model does not know, or that is out of bounds.
func (o WhatIf) Validate(m Model) error {
	var bad fault.Fields
	if o.Tier != "" && !slices.Contains(Tiers, o.Tier) {
		bad.Add("what_if.tier", "estimates.field.tier", "values", "8x5, 12x5, 24x7")
	}
	for _, id := range sorted(o.Units) {
		n, ok := asNumber(o.Units[id])
		if _, known := m.input(id); !known {
			bad.Add("what_if.units."+id, "estimates.field.input")
		} else if !ok || n.IsNegative() {
			bad.Add("what_if.units."+id, "fault.out_of_range", "min", 0, "max", most)
		}
	}
	for _, id := range sorted(o.Modifiers) {
		if _, known := m.modifier(id); !known {
			bad.Add("what_if.modifiers."+id, "estimates.field.modifier")
		}
	}
	return bad.Err()
}

// span is low, likely and high while it is reckoned with.
type span [3]decimal.Decimal

func same(d decimal.Decimal) span { return span{d, d, d} }

func (s span) times(o span) span { return span{s[0].Mul(o[0]), s[1].Mul(o[1]), s[2].Mul(o[2])} }
func (s span) plus(o span) span  { return span{s[0].Add(o[0]), s[1].Add(o[1]), s[2].Add(o[2])} }
func (s span) round(places int32) span {
	return span{s[0].Round(places), s[1].Round(places), s[2].Round(places)}
}

// basis is what stands behind a number: where it comes from, and how sure it is.
type basis struct {
	value  span
	source Source
	answer any
}

// reckoning is one computation: each input, modifier and the tier is looked at once.
type reckoning struct {
	model   Model
	answers Answers
	what    WhatIf
	inputs  map[string]basis
	effects map[string]basis // of modifiers: the factor
	tier    basis
	tiers   [3]string
}

// Compute makes an estimate. Faults: invalid, naming the answer (answers.QUESTION) or the part of the what-if that cannot be understood.
func Compute(m Model, answers Answers, what WhatIf) (Result, error) {
	if err := what.Validate(m); err != nil {
		return Result{}, err
	}
	r := reckoning{model: m, answers: answers, what: what, inputs: map[string]basis{}, effects: map[string]basis{}}
	if err := r.read(); err != nil {
		return Result{}, err
	}
	return r.result(), nil
}

// read looks at all answers.
func (r *reckoning) read() error {
	var bad fault.Fields
	for _, in := range r.model.Inputs {
		n, known, ok := in.number(r.answers)
		set, moved := r.what.Units[in.ID]
		switch {
		case moved:
			n, _ = asNumber(set)
			r.inputs[in.ID] = basis{same(n), ByWhatIf, set}
		case !ok:
			bad.Add("answers."+in.Question, "estimates.field.answer")
		case known:
			r.inputs[in.ID] = basis{same(n), ByAnswer, r.answers[in.Question]}
		default:
			r.inputs[in.ID] = basis{span{in.Low, in.Likely, in.High}, ByAssumption, nil}
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	if err := r.readTier(); err != nil {
		return err
	}
	for _, x := range r.model.Modifiers {
		r.effects[x.ID] = r.effect(x)
	}
	return nil
}

func (r *reckoning) readTier() error {
	t := r.model.Tier
	answer := r.answers[t.Question]
	switch said, _ := answer.(string); {
	case r.what.Tier != "":
		r.tiers, r.tier = [3]string{r.what.Tier, r.what.Tier, r.what.Tier}, basis{source: ByWhatIf, answer: r.what.Tier}
	case empty(answer):
		r.tiers, r.tier = [3]string{t.Low, t.Likely, t.High}, basis{source: ByAssumption}
	case slices.Contains(Tiers, said):
		r.tiers, r.tier = [3]string{said, said, said}, basis{source: ByAnswer, answer: said}
	default:
		var bad fault.Fields
		bad.Add("answers."+t.Question, "estimates.field.tier", "values", "8x5, 12x5, 24x7")
		return bad.Err()
	}
	return nil
}

// effect is the factor of a modifier: certain where the answer is, else from the better to the worse of applying and not.
func (r *reckoning) effect(x Modifier) basis {
	one := decimal.NewFromInt(1)
	factor := func(on bool) decimal.Decimal {
		if on {
			return x.Factor
		}
		return one
	}
	if on, set := r.what.Modifiers[x.ID]; set {
		return basis{same(factor(on)), ByWhatIf, on}
	}
	w := x.When
	if w.Input == "" {
		answer := r.answers[w.Question]
		if empty(answer) {
			return basis{span{decimal.Min(one, x.Factor), factor(x.Likely), decimal.Max(one, x.Factor)}, ByAssumption, nil}
		}
		return basis{same(factor(w.chosen(answer))), ByAnswer, answer}
	}
	b := r.inputs[w.Input]
	low, high := w.reached(b.value[0]), w.reached(b.value[2])
	if low == high {
		return basis{same(factor(low)), b.source, b.answer}
	}
	return basis{span{decimal.Min(one, x.Factor), factor(w.reached(b.value[1])), decimal.Max(one, x.Factor)}, b.source, b.answer}
}

func (w Condition) reached(n decimal.Decimal) bool {
	if w.AtLeast != nil {
		return n.GreaterThanOrEqual(*w.AtLeast)
	}
	return n.LessThanOrEqual(*w.AtMost)
}

func (w Condition) chosen(answer any) bool {
	said := words(answer)
	if w.Column != "" {
		said = nil
		table, _ := rows(answer)
		for _, row := range table {
			said = append(said, words(row[w.Column])...)
		}
	}
	return slices.ContainsFunc(said, func(s string) bool { return slices.Contains(w.Any, s) })
}

// weigh is how many whole units a number counts as, once large numbers are cheaper.
func (w Work) weigh(n decimal.Decimal) decimal.Decimal {
	total, from, share := decimal.Zero, decimal.Zero, decimal.NewFromInt(1)
	for _, s := range w.Steps {
		if n.LessThanOrEqual(s.Above) {
			break
		}
		total, from, share = total.Add(s.Above.Sub(from).Mul(share)), s.Above, s.Share
	}
	return total.Add(n.Sub(from).Mul(share))
}

// hours of a line, exact.
func (r *reckoning) hours(w Work) span {
	h := span{w.Hours[r.tiers[0]], w.Hours[r.tiers[1]], w.Hours[r.tiers[2]]}.times(span{w.Low, decimal.NewFromInt(1), w.High})
	if w.Per != "" {
		n := r.inputs[w.Per].value
		h = h.times(span{w.weigh(n[0]), w.weigh(n[1]), w.weigh(n[2])})
	}
	for _, x := range r.model.Modifiers {
		if slices.Contains(x.Phases, w.Phase) {
			h = h.times(r.effects[x.ID].value)
		}
	}
	return h
}

// money is what rounded hours cost, to the smallest coin: whoever multiplies what is shown gets what is shown.
func (r *reckoning) money(w Work) (hours, money span) {
	role, _ := r.model.role(w.Role)
	hours = r.hours(w).round(2)
	return hours, hours.times(same(role.Rate)).round(places(r.model.Currency))
}
