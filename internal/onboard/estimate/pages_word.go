package estimate

import (
	"strconv"
	"strings"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
)

// widest is the largest high of a part: what range bars are drawn against.
func widest(r Result, part string) (end float64) {
	for _, l := range r.Lines {
		if l.Part == part {
			end = max(end, number(l.Cost.High))
		}
	}
	return end
}

func number(m Money) float64 {
	n, err := strconv.ParseFloat(m.Amount, 64)
	if err != nil {
		return 0
	}
	return n
}

func share(m Money, end float64) string {
	if end == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*number(m)/end, 'f', 2, 64)
}

func between(low, high Money, end float64) string {
	if end == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*(number(high)-number(low))/end, 'f', 2, 64)
}

func roleWords(p *ui.Page, v Version, id string) string {
	r, _ := v.model.role(id)
	return r.Title.In(p.Lang())
}

func deltaWords(p *ui.Page, m Money) string {
	if number(m) > 0 {
		return "+" + coinWords(p.Printer, m)
	}
	return coinWords(p.Printer, m)
}

func tierOptions(p *ui.Page) []ui.Option {
	out := []ui.Option{{Label: p.T("estimates.what_if.as_answered")}}
	for _, t := range Tiers {
		out = append(out, ui.Option{Value: t, Label: tierWord(p.Printer, t)})
	}
	return out
}

func switchOptions(p *ui.Page) []ui.Option {
	return []ui.Option{{Label: p.T("estimates.what_if.as_answered")}, {Value: "yes", Label: p.T("estimates.what_if.yes")}, {Value: "no", Label: p.T("estimates.what_if.no")}}
}

func versionOptions(p *ui.Page, versions []Version) (out []ui.Option) {
	for _, v := range versions {
		out = append(out, ui.Option{Value: strconv.FormatInt(v.Number, 10), Label: p.T("estimates.version_number", "number", int(v.Number)) + " · " + p.DateTime(v.CreatedAt.Time)})
	}
	return out
}

// trialTiles are the sums of a trial, with how much more they are.
func trialTiles(p *ui.Page, t trial) []ui.Tile {
	out := tiles(p, t.tried)
	out[0].Note = deltaNote(p, t.base.Setup.Cost, t.tried.Setup.Cost)
	out[1].Note = deltaNote(p, t.base.Month.Cost, t.tried.Month.Cost)
	return out
}

func deltaNote(p *ui.Page, before, after Cost) string {
	d := delta(before.Likely, after.Likely)
	if number(d) == 0 {
		return costWords(p.Printer, after)
	}
	return deltaWords(p, d) + " · " + costWords(p.Printer, after)
}

func compareTiles(p *ui.Page, c Comparison) []ui.Tile {
	tile := func(label string, before, after Sum) ui.Tile {
		return ui.Tile{Label: label, Value: coinWords(p.Printer, after.Cost.Likely), Note: p.T("estimates.compare.was", "delta", deltaWords(p, delta(before.Cost.Likely, after.Cost.Likely)), "before", coinWords(p.Printer, before.Cost.Likely))}
	}
	return []ui.Tile{tile(partWord(p.Printer, Setup), c.Before.Setup, c.After.Setup), tile(partWord(p.Printer, Month), c.Before.Month, c.After.Month)}
}

func lineCost(p *ui.Page, l *Line) string {
	if l == nil {
		return "–"
	}
	return coinWords(p.Printer, l.Cost.Likely)
}

// whyWords says a reason: what it is about, and from what to what it went.
// i18n: estimates.why.* estimates.what.*
func whyWords(p *i18n.Printer, w Why) string {
	said := func(c *Cause) string {
		if c == nil {
			return p.T("estimates.compare.nothing")
		}
		if c.Source == ByAnswer {
			return causeValue(p, *c)
		}
		return causeValue(p, *c) + " (" + strings.ToLower(sourceWord(p, c.Source)) + ")"
	}
	if w.Before == nil && w.After == nil {
		return p.T("estimates.why."+string(w.Reason), "what", p.T("estimates.what."+w.What))
	}
	return p.T("estimates.why."+string(w.Reason)+"_moved", "what", w.Title.In(p.Lang()), "before", said(w.Before), "after", said(w.After))
}
