// Package lapse reads and writes lengths of time as ISO 8601 has them: "PT4H", "PT1H30M", "P2D". It never takes months or years, whose
// length nobody knows.
package lapse

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Day is the day of a clock.
const Day = 24 * time.Hour

// longest is the most that is read; beyond it somebody has slipped.
const longest = 10 * 366 * Day

var form = regexp.MustCompile(`^P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,7})S)?)?$`)

// Parse reads weeks, days, hours, minutes and seconds, up to ten years.
func Parse(text string) (time.Duration, bool) { return ParseDays(text, Day) }

// ParseDays is Parse with days of another length: those of work have eight hours. A week has seven of them.
func ParseDays(text string, day time.Duration) (time.Duration, bool) {
	m := form.FindStringSubmatch(text)
	if m == nil || text == "P" || strings.HasSuffix(text, "T") {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * day, day, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1]) // digits by the form, or nothing
		if time.Duration(n) > longest/unit {
			return 0, false
		}
		d += time.Duration(n) * unit
	}
	return d, d <= longest
}

// Format writes one: whole days as days, all else in hours, minutes and seconds. Parts of a second are left out.
func Format(d time.Duration) string {
	d = d.Truncate(time.Second)
	switch {
	case d == 0:
		return "PT0S"
	case d%Day == 0:
		return fmt.Sprintf("P%dD", d/Day)
	}
	var b strings.Builder
	b.WriteString("PT")
	for _, u := range []struct {
		of   time.Duration
		name byte
	}{{time.Hour, 'H'}, {time.Minute, 'M'}, {time.Second, 'S'}} {
		if n := d / u.of; n > 0 {
			fmt.Fprintf(&b, "%d%c", n, u.name)
			d -= n * u.of
		}
	}
	return b.String()
}
