package requirement

import (
	"strconv"

	"vigie/internal/kit/ui"
	"vigie/internal/record/register"
)

// toneOf tells an oddity from what cannot be kept.
func toneOf(k Kind) ui.Tone {
	if toneName(k) == "odd" {
		return ui.Info
	}
	return ui.Soon
}

func toneName(k Kind) string {
	if k == RTOUnderRPO {
		return "odd"
	}
	return "contradicts" // i18n: requirement.judge.label.*
}

// sentence says a contradiction in the reader's language.
func sentence(p *ui.Page, c Contradiction) string {
	v := c.Values
	choice := ""
	switch {
	case v.Choice == "":
	case c.Kind == RTOTier || c.Kind == AvailabilityTier:
		choice = p.T("register.requirement.value.tier." + v.Choice) // i18n: register.*
	default:
		choice = p.T("register.requirement.value.dr_strategy." + v.Choice)
	}
	// i18n: requirement.kind.*
	return p.T("requirement.kind."+string(c.Kind), "asked", durationWords(p, v.Asked), "given", durationWords(p, v.Given), "asked_days", v.AskedDays, "given_days", v.GivenDays,
		"promised", precise(p, v.Promised), "composed", precise(p, v.Composed), "choice", choice, "region", v.Region)
}

// precise writes per cent with up to four decimals: 99.8 and 99.9975 are worlds apart. It never rounds up, so that nothing is promised beyond.
func precise(p *ui.Page, percent float64) string {
	s := register.ShareOf(percent - 0.00005 + 1e-9)
	n, _ := s.Percent()
	return p.T("format.percent", "number", p.Decimal(n, s.Decimals()))
}

// lostWords is how long a month may be without, at a share.
func lostWords(p *ui.Page, percent float64) string {
	minutes, err := strconv.ParseInt(strconv.FormatFloat(monthMinutes*(100-percent)/100, 'f', 0, 64), 10, 64)
	if err != nil {
		return ""
	}
	return minutesWords(p.Printer, minutes)
}
