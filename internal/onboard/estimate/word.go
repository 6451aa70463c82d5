package estimate

import (
	"github.com/shopspring/decimal"

	"vigie/internal/kit/i18n"
)

// i18n: estimates.state.*
func stateWord(p *i18n.Printer, s State) string { return p.T("estimates.state." + string(s)) }

// i18n: estimates.part.*
func partWord(p *i18n.Printer, part string) string { return p.T("estimates.part." + part) }

// i18n: estimates.source.*
func sourceWord(p *i18n.Printer, s Source) string { return p.T("estimates.source." + string(s)) }

// i18n: estimates.tier_name.*
func tierWord(p *i18n.Printer, tier string) string { return p.Or("estimates.tier_name."+tier, tier) }

// tierWords says the tier of a version, or from which to which it may be.
func tierWords(p *i18n.Printer, v Version) string {
	for _, l := range v.Result.Lines {
		for _, c := range l.Causes {
			if c.Kind == "tier" {
				return causeValue(p, c)
			}
		}
	}
	return tierWord(p, v.Result.Tier)
}

// hoursWords writes hours without decimals that say nothing.
func hoursWords(p *i18n.Printer, h float64) string {
	return p.T("estimates.hours_value", "hours", decimals(p, h))
}

func decimals(p *i18n.Printer, n float64) string {
	return p.Decimal(n, max(0, -int(decimal.NewFromFloat(n).Exponent())))
}

// spanWords writes one number where it is certain, else from low to high.
func spanWords(p *i18n.Printer, s Span) string {
	if s.Certain() {
		return decimals(p, s.Likely)
	}
	return p.T("estimates.from_to", "low", decimals(p, s.Low), "high", decimals(p, s.High), "likely", decimals(p, s.Likely))
}

// costWords writes from low to high.
func costWords(p *i18n.Printer, c Cost) string {
	return p.T("estimates.cost_from_to", "low", coinWords(p, c.Low), "high", coinWords(p, c.High))
}

func coinWords(p *i18n.Printer, m Money) string { return p.Money(m.Amount, m.Currency) }

// causeValue says what a cause was worth.
func causeValue(p *i18n.Printer, c Cause) string {
	switch {
	case c.Kind == "tier" && c.Tiers[0] == c.Tiers[2]:
		return tierWord(p, c.Tiers[0])
	case c.Kind == "tier":
		return p.T("estimates.from_to", "low", tierWord(p, c.Tiers[0]), "high", tierWord(p, c.Tiers[2]), "likely", tierWord(p, c.Tiers[1]))
	case c.Value == nil:
		return ""
	case c.Kind == "modifier" && c.Value.Certain():
		return "× " + p.Decimal(c.Value.Likely, 2)
	case c.Kind == "modifier":
		return p.T("estimates.factor_from_to", "low", p.Decimal(c.Value.Low, 2), "high", p.Decimal(c.Value.High, 2))
	}
	return spanWords(p, *c.Value)
}
