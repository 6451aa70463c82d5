package i18n

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// formats come from the room "format", so that a new language is files and no code.
type formats struct {
	group, decimal string
	months         [12]string
	shortMonths    [12]string
}

func (c *catalogue) readFormats() formats {
	word := func(key string) string { return c.messages["format."+key].other.text(nil) }
	f := formats{group: word("group"), decimal: word("decimal")}
	for i := range 12 {
		n := strconv.Itoa(i + 1)
		f.months[i], f.shortMonths[i] = word("month.m"+n), word("short_month.m"+n)
	}
	return f
}

// keepTogether makes the space before a sign of "format.space_before", and after one of "format.space_after", one that
// does not break, as French typography wants: translators write ordinary spaces and cannot forget.
func (c *catalogue) keepTogether() {
	before, after := c.messages["format.space_before"], c.messages["format.space_after"]
	var pairs []string
	for _, sign := range before.other.text(nil) {
		pairs = append(pairs, " "+string(sign), "\u00a0"+string(sign))
	}
	for _, sign := range after.other.text(nil) {
		pairs = append(pairs, string(sign)+" ", string(sign)+"\u00a0")
	}
	if len(pairs) == 0 {
		return
	}
	bind := strings.NewReplacer(pairs...)
	for key, m := range c.messages {
		for _, t := range append([]template{m.other}, slices.Collect(maps.Values(m.plural))...) {
			for i := 0; i < len(t); i += 2 {
				t[i] = bind.Replace(t[i])
			}
		}
		c.messages[key] = m
	}
}

// Number writes a whole number: 1,234 or 1 234.
func (p *Printer) Number(n int) string {
	return p.grouped(strconv.Itoa(n))
}

// Decimal writes a number with a fixed count of decimals.
func (p *Printer) Decimal(f float64, decimals int) string {
	return p.grouped(strconv.FormatFloat(f, 'f', decimals, 64))
}

// Percent writes a share, 0.995 as 99.5%; at most one decimal, none where it says nothing. A share
// below one never rounds up to 100%: "all" must mean all.
func (p *Printer) Percent(share float64) string {
	rounded := math.Round(share*1000) / 10
	if share < 1 && rounded >= 100 {
		rounded = 99.9
	}
	if share > 0 && rounded == 0 {
		rounded = 0.1
	}
	decimals := 1
	if rounded == math.Trunc(rounded) {
		decimals = 0
	}
	return p.T("format.percent", "number", p.Decimal(rounded, decimals))
}

// symbols are the signs that every reader of this product knows; the rest are written as codes.
var symbols = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// Money writes a decimal amount, given as text to stay exact, with its currency.
func (p *Printer) Money(amount, currency string) string {
	sign, ok := symbols[currency]
	if !ok {
		return p.T("format.money_code", "amount", p.grouped(amount), "currency", currency)
	}
	if rest, negative := strings.CutPrefix(amount, "-"); negative {
		return "−" + p.T("format.money", "amount", p.grouped(rest), "sign", sign)
	}
	return p.T("format.money", "amount", p.grouped(amount), "sign", sign)
}

// grouped writes a plain decimal text in the language's way. The minus is the sign, not the hyphen.
func (p *Printer) grouped(plain string) string {
	f := p.catalogue.formats
	whole, fraction, hasFraction := strings.Cut(plain, ".")
	rest, negative := strings.CutPrefix(whole, "-")
	var b strings.Builder
	if negative {
		b.WriteString("−")
	}
	for i, digit := range rest {
		if i > 0 && (len(rest)-i)%3 == 0 {
			b.WriteString(f.group)
		}
		b.WriteRune(digit)
	}
	if hasFraction {
		b.WriteString(f.decimal)
		b.WriteString(fraction)
	}
	return b.String()
}

// Bytes writes a size in decimal units, as disks and bills count.
func (p *Printer) Bytes(n int64) string {
	units := []string{"format.byte.b", "format.byte.kb", "format.byte.mb", "format.byte.gb", "format.byte.tb", "format.byte.pb"}
	size, unit := float64(n), 0
	for size >= 1000 && unit < len(units)-1 {
		size /= 1000
		unit++
	}
	decimals := 1
	if unit == 0 || size >= 100 || size == math.Trunc(size) {
		decimals = 0
	}
	return p.T(units[unit], "number", p.Decimal(size, decimals))
}

// Date writes a day: 12 Nov 2026.
func (p *Printer) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	return p.T("format.date", "day", strconv.Itoa(t.Day()),
		"month", p.catalogue.formats.shortMonths[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

// Month writes a month, as a report's title has it: November 2026.
func (p *Printer) Month(t time.Time) string {
	t = t.In(p.zone)
	return p.T("format.month_year", "month", p.catalogue.formats.months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

// Time writes the hour and minute.
func (p *Printer) Time(t time.Time) string { return t.In(p.zone).Format("15:04") }

// DateTime writes a moment in the reader's zone: 12 Nov 2026, 14:05.
func (p *Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.T("format.date_time", "date", p.Date(t), "time", p.Time(t))
}

// UTC writes a moment for the hover: exact, the same for everybody.
func (p *Printer) UTC(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Relative writes a moment as people say it within a day ("3 minutes ago"), and as DateTime beyond.
func (p *Printer) Relative(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	distance := p.now.Sub(t)
	past := distance >= 0
	if !past {
		distance = -distance
	}
	var words string
	switch {
	case distance < time.Minute:
		return p.T("format.now")
	case distance < time.Hour:
		words = p.N("format.minute", int(distance/time.Minute))
	case distance < 24*time.Hour:
		words = p.N("format.hour", int(distance/time.Hour))
	default:
		return p.recent(t)
	}
	if past {
		return p.T("format.ago", "time", words)
	}
	return p.T("format.in", "time", words)
}

// recent is DateTime without the year where that is this year: in a list the year would only be noise.
func (p *Printer) recent(t time.Time) string {
	t = t.In(p.zone)
	if t.Year() != p.now.Year() {
		return p.DateTime(t)
	}
	date := p.T("format.day_month", "day", strconv.Itoa(t.Day()), "month", p.catalogue.formats.shortMonths[t.Month()-1])
	return p.T("format.date_time", "date", date, "time", p.Time(t))
}

// Duration writes a length of time in its two largest units: 3 h 20 min.
func (p *Printer) Duration(d time.Duration) string {
	if d < 0 {
		return "−" + p.Duration(-d)
	}
	if d < time.Second {
		return p.T("format.unit.ms", "number", p.Number(int(d/time.Millisecond)))
	}
	units := []struct {
		size time.Duration
		key  string
	}{
		{24 * time.Hour, "format.unit.d"}, {time.Hour, "format.unit.h"},
		{time.Minute, "format.unit.min"}, {time.Second, "format.unit.s"},
	}
	for i, u := range units {
		if d < u.size {
			continue
		}
		words := p.T(u.key, "number", p.Number(int(d/u.size)))
		if i+1 < len(units) {
			if next := d % u.size / units[i+1].size; next > 0 {
				words += " " + p.T(units[i+1].key, "number", p.Number(int(next)))
			}
		}
		return words
	}
	return ""
}

// List joins words: "a, b and c".
func (p *Printer) List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return p.T("format.list", "first", strings.Join(words[:last], ", "), "last", words[last])
}
