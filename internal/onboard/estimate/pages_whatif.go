package estimate

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
)

// trial is a what-if as its page shows it.
type trial struct {
	Estimate
	now     Version
	base    Result // of the version
	tried   Result
	what    WhatIf
	write   bool
	summary []ui.FieldFault
}

// slider is one number that can be moved.
type slider struct {
	Input
	value, step, end float64
	moved            bool
	source           Source
}

// sliders are the numbers that the model lets be moved and lines are made of.
func (t trial) sliders() (out []slider) {
	for _, in := range t.now.model.Inputs {
		if in.Slider == 0 {
			continue
		}
		var c *Cause
		for _, l := range t.base.Lines {
			if c = causeOf(l, "units", in.ID); c != nil {
				break
			}
		}
		if c == nil {
			continue
		}
		s := slider{Input: in, value: c.Value.Likely, step: 1, source: c.Source}
		if n, moved := t.what.Units[in.ID]; moved {
			s.value, s.moved = n, true
		}
		s.end = math.Max(float64(in.Slider), math.Ceil(2*s.value))
		out = append(out, s)
	}
	return out
}

// switches are the modifiers with what each is now: "", yes or no.
func (t trial) switchOf(id string) string {
	on, set := t.what.Modifiers[id]
	switch {
	case !set:
		return ""
	case on:
		return "yes"
	}
	return "no"
}

// hidden are the fields of the form that keeps the trial.
func (t trial) hidden() (out []ui.TagPair) {
	out = append(out, ui.TagPair{Key: "version", Value: strconv.FormatInt(t.Version, 10)}, ui.TagPair{Key: "tier", Value: t.what.Tier})
	for _, id := range sorted(t.what.Units) {
		out = append(out, ui.TagPair{Key: "unit." + id, Value: strconv.FormatFloat(t.what.Units[id], 'f', -1, 64)})
	}
	for _, id := range sorted(t.what.Modifiers) {
		out = append(out, ui.TagPair{Key: "modifier." + id, Value: t.switchOf(id)})
	}
	return out
}

// delta is by how much the likely cost of the trial is more.
func delta(before, after Money) Money {
	d := decimal.RequireFromString(after.Amount).Sub(decimal.RequireFromString(before.Amount))
	return Money{d.StringFixed(places(after.Currency)), after.Currency}
}

func (h pages) whatIf(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	e, now, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	t := trial{Estimate: e, now: now, base: now.Result, write: a.May(permission.EstimateWrite) && e.State == Draft, what: now.WhatIf}
	if asked(query, now) {
		t.what = readWhatIf(query, now)
	}
	if t.tried, err = Compute(now.model, now.Answers, t.what); err != nil {
		var ok bool
		if t.summary, ok = faults(p, err); !ok {
			return err
		}
		t.tried = now.Result
	}
	p.Title, p.Active = p.T("estimates.what_if.title", "title", cmpOr(e.Reference, e.Title)), "estimates"
	p.Crumbs = []ui.Link{{Label: p.T("estimates.list"), Href: "/estimates"}, {Label: cmpOr(e.Reference, e.Title), Href: "/estimates/" + e.ID}}
	ui.Render(w, r, http.StatusOK, whatIfPage(p, t))
	return nil
}

// asked tells whether the address sets anything.
func asked(q url.Values, v Version) bool {
	return q.Has("tier") || slices.ContainsFunc(v.model.Inputs, func(in Input) bool { return q.Has("unit." + in.ID) }) ||
		slices.ContainsFunc(v.model.Modifiers, func(x Modifier) bool { return q.Has("modifier." + x.ID) })
}

func (h pages) compare(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, _, err := h.one(r, p, a); err != nil {
		return err
	}
	q := r.URL.Query()
	from, _ := strconv.ParseInt(q.Get("from"), 10, 64)
	to, _ := strconv.ParseInt(q.Get("to"), 10, 64)
	e, c, err := h.s.Compare(r.Context(), a, r.PathValue("id"), q.Get("with"), max(0, from), max(0, to))
	if err != nil {
		return err
	}
	v := comparison{Estimate: e, Comparison: c, with: q.Get("with")}
	if v.after, err = h.s.Versions(r.Context(), a, e.ID); err != nil {
		return err
	}
	if v.before = v.after; c.Before.Estimate != e.ID {
		if v.before, err = h.s.Versions(r.Context(), a, c.Before.Estimate); err != nil {
			return err
		}
	}
	p.Title, p.Active = p.T("estimates.compare.title", "title", cmpOr(e.Reference, e.Title)), "estimates"
	p.Crumbs = []ui.Link{{Label: p.T("estimates.list"), Href: "/estimates"}, {Label: cmpOr(e.Reference, e.Title), Href: "/estimates/" + e.ID}}
	ui.Render(w, r, http.StatusOK, comparePage(p, v))
	return nil
}

// comparison is two versions as the page shows them.
type comparison struct {
	Estimate
	Comparison
	with          string
	before, after []Version
}

func (c comparison) changed(part string) (out []Difference) {
	for _, d := range c.Lines {
		if d.Part == part && (d.Changed || len(d.Why) > 0) {
			out = append(out, d)
		}
	}
	return out
}

func (c comparison) same(part string) (n int) {
	for _, d := range c.Lines {
		if d.Part == part && !d.Changed && len(d.Why) == 0 {
			n++
		}
	}
	return n
}
