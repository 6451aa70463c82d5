package requirement

import (
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/record/register"
)

// minutesWords writes a length of time as people read it.
func minutesWords(p *i18n.Printer, n int64) string {
	if n == 0 {
		return p.T("register.common.no_time")
	}
	return p.Duration(time.Duration(n) * time.Minute)
}

func durationWords(p *ui.Page, d register.Duration) string {
	n, ok := d.Minutes()
	if !ok {
		return ""
	}
	return minutesWords(p.Printer, n)
}

func shareWords(p *ui.Page, s register.Share) string {
	n, ok := s.Percent()
	if !ok {
		return ""
	}
	return p.T("format.percent", "number", p.Decimal(n, s.Decimals()))
}

// criticalityWord names a criticality; empty for none.
func criticalityWord(p *ui.Page, c string) string {
	if c == "" {
		return ""
	}
	return p.Or("register.requirement.value.criticality."+c, c) // i18n: register.*
}
