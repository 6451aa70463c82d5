package estimate

import (
	"encoding/json"
	"reflect"
	"slices"

	"vigie/catalogue"

	"github.com/shopspring/decimal"
)

// Comparison is two versions side by side.
type Comparison struct {
	Before Compared     `json:"before"`
	After  Compared     `json:"after"`
	Lines  []Difference `json:"lines"`
}

// Compared is one of the two.
type Compared struct {
	Estimate string `json:"estimate"`
	Number   int64  `json:"number"`
	Setup    Sum    `json:"setup"`
	Month    Sum    `json:"month"`
}

// Difference is one line in both versions, and why it is not the same.
type Difference struct {
	ID      string         `json:"id"`
	Part    string         `json:"part" enum:"setup,month"`
	Title   catalogue.Text `json:"title"`
	Before  *Line          `json:"before" doc:"Null for a line that is new."`
	After   *Line          `json:"after" doc:"Null for a line that is no more."`
	Changed bool           `json:"changed"`
	Likely  Money          `json:"likely" doc:"By how much the likely cost has changed."`
	Why     []Why          `json:"why"`
}

// Reason is what kind of thing has changed.
type Reason string

// The reasons.
const (
	AnswerChanged Reason = "answer"
	WhatIfChanged Reason = "what_if"
	ModelChanged  Reason = "model"
)

// Why is one reason for a difference.
type Why struct {
	Reason   Reason         `json:"reason" enum:"answer,what_if,model"`
	What     string         `json:"what" enum:"units,tier,modifier,line,hours,rate,spread,steps,assumption" doc:"What has changed."`
	Title    catalogue.Text `json:"title"`
	Question string         `json:"question" doc:"Id of the question; empty where the model has changed."`
	Before   *Cause         `json:"before"`
	After    *Cause         `json:"after"`
}

// Compare explains how two computations differ, line by line. What one model has and the other lacks counts as nothing there.
func Compare(before, after Version) []Difference {
	out := []Difference{}
	for _, l := range after.Result.Lines {
		out = append(out, differ(before, after, lineOf(before.Result, l.ID), &l))
	}
	for _, l := range before.Result.Lines {
		if lineOf(after.Result, l.ID) == nil {
			out = append(out, differ(before, after, &l, nil))
		}
	}
	return out
}

func lineOf(r Result, id string) *Line {
	i := slices.IndexFunc(r.Lines, func(l Line) bool { return l.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Lines[i]
}

func differ(before, after Version, b, a *Line) Difference {
	d := Difference{Before: b, After: a, Why: []Why{}}
	if a == nil || b == nil {
		one := a
		if one == nil {
			one = b
		}
		d.ID, d.Part, d.Title, d.Changed = one.ID, one.Part, one.Title, true
		d.Why = append(d.Why, Why{Reason: ModelChanged, What: "line", Title: one.Title})
	} else {
		d.ID, d.Part, d.Title = a.ID, a.Part, a.Title
		d.Changed = b.Hours != a.Hours || b.Cost != a.Cost
		d.Why = append(changedCauses(before, after, *b, *a), changedWork(before.model, after.model, a.ID)...)
	}
	likely := decimal.Zero
	currency := after.Result.Currency
	if a != nil {
		likely = decimal.RequireFromString(a.Cost.Likely.Amount)
	}
	if b != nil {
		likely = likely.Sub(decimal.RequireFromString(b.Cost.Likely.Amount))
	}
	d.Likely = Money{likely.StringFixed(places(currency)), currency}
	return d
}

func causeOf(l Line, kind, id string) *Cause {
	i := slices.IndexFunc(l.Causes, func(c Cause) bool { return c.Kind == kind && c.ID == id })
	if i < 0 {
		return nil
	}
	return &l.Causes[i]
}

// changedCauses pairs the causes of a line in both versions.
func changedCauses(before, after Version, b, a Line) (out []Why) {
	out = []Why{}
	for _, y := range a.Causes {
		if w, ok := changedCause(before, after, causeOf(b, y.Kind, y.ID), &y); ok {
			out = append(out, w)
		}
	}
	for _, x := range b.Causes {
		if causeOf(a, x.Kind, x.ID) == nil {
			if w, ok := changedCause(before, after, &x, nil); ok {
				out = append(out, w)
			}
		}
	}
	return out
}

func changedCause(before, after Version, x, y *Cause) (w Why, ok bool) {
	one := y
	if one == nil {
		one = x
	}
	w = Why{What: one.Kind, Title: one.Title, Question: one.Question, Before: x, After: y}
	moved := x != nil && x.Source == ByWhatIf || y != nil && y.Source == ByWhatIf
	said := !alike(before.Answers[one.Question], after.Answers[one.Question])
	switch {
	case x != nil && y != nil && x.Source == y.Source && alike(x.Answer, y.Answer) && alike(x.Value, y.Value) && slices.Equal(x.Tiers, y.Tiers):
		return w, false
	case moved:
		w.Reason = WhatIfChanged
	case said:
		w.Reason = AnswerChanged
	default:
		w.Reason = ModelChanged
		if one.Source == ByAssumption {
			w.What = "assumption"
		}
	}
	return w, true
}

// alike compares values that may have been through JSON.
func alike(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// changedWork is how the models' own words about a line differ.
func changedWork(before, after Model, id string) (out []Why) {
	b, okB := before.work(id)
	a, okA := after.work(id)
	if !okB || !okA {
		return nil
	}
	told := func(what string) { out = append(out, Why{Reason: ModelChanged, What: what, Title: a.Title}) }
	if !alike(b.Hours, a.Hours) || b.Per != a.Per {
		told("hours")
	}
	if rate(before, b) != rate(after, a) {
		told("rate")
	}
	if !b.Low.Equal(a.Low) || !b.High.Equal(a.High) {
		told("spread")
	}
	if !reflect.DeepEqual(stepsOf(b), stepsOf(a)) {
		told("steps")
	}
	return out
}

func rate(m Model, w Work) string {
	r, _ := m.role(w.Role)
	return r.Rate.StringFixed(places(m.Currency)) + " " + m.Currency
}

func stepsOf(w Work) (out []string) {
	for _, s := range w.Steps {
		out = append(out, s.Above.String()+" "+s.Share.String())
	}
	return out
}
