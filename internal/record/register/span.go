package register

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/internal/platform/lapse"
)

// Duration is a length of time in minutes, written as ISO 8601 has it ("PT4H", "PT15M"); empty for none, "PT0S" for no time at all. The
// database keeps minutes, so that lists sort by it.
type Duration string

// Minutes makes the duration of so many minutes.
func Minutes(n int64) Duration {
	switch h, m := n/60, n%60; {
	case n == 0:
		return "PT0S"
	case m == 0:
		return Duration(fmt.Sprintf("PT%dH", h))
	case h == 0:
		return Duration(fmt.Sprintf("PT%dM", m))
	default:
		return Duration(fmt.Sprintf("PT%dH%dM", h, m))
	}
}

var saidSpan = regexp.MustCompile(`^(?:(\d{1,4})\s*[dj])?\s*(?:(\d{1,6})\s*h)?\s*(?:(\d{1,7})\s*(?:min|mn|m)?)?$`)

// ReadDuration reads what ISO 8601 says, and what people write: "4h", "15 min", "1d 2h", "1 j". ok is false for anything else, for
// months and years, whose length nobody knows, and for what is no whole number of minutes.
func ReadDuration(text string) (d Duration, ok bool) {
	text = strings.TrimSpace(text)
	if span, ok := lapse.Parse(strings.ToUpper(text)); ok {
		return Minutes(int64(span / time.Minute)), span%time.Minute == 0
	}
	m := saidSpan.FindStringSubmatch(strings.ToLower(text))
	if m == nil || text == "" {
		return "", false
	}
	var minutes int64
	for i, size := range []int64{24 * 60, 60, 1} {
		if m[i+1] != "" {
			n, err := strconv.ParseInt(m[i+1], 10, 64)
			if err != nil {
				return "", false
			}
			minutes += n * size
		}
	}
	return Minutes(minutes), true
}

// Minutes tells the length; ok is false for none, and for a text that is no duration.
func (d Duration) Minutes() (n int64, ok bool) {
	span, ok := lapse.Parse(string(d))
	return int64(span / time.Minute), ok
}

// Value implements driver.Valuer.
func (d Duration) Value() (driver.Value, error) {
	n, ok := d.Minutes()
	if !ok {
		return nil, nil
	}
	return n, nil
}

// Scan implements sql.Scanner.
func (d *Duration) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = ""
	case int64:
		*d = Minutes(v)
	default:
		return fmt.Errorf("scan duration: unexpected %T", src)
	}
	return nil
}

// MarshalJSON writes null for none.
func (d Duration) MarshalJSON() ([]byte, error) {
	if d == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(d))
}

// Cell is how spreadsheets have it.
func (d Duration) Cell() string { return string(d) }

// Share is a share in per cent with up to four decimals, exact: "99.95"; empty for none. The database keeps ten-thousandths of a per cent.
type Share string

// shareUnit is how many of what the database keeps make one per cent.
const shareUnit = 10000

var shares = regexp.MustCompile(`^\d{1,3}(\.\d{1,4})?$`)

// ShareOf makes the share of so many per cent, rounded to four decimals.
func ShareOf(percent float64) Share { return ofUnits(int64(percent*shareUnit + 0.5)) }

func ofUnits(n int64) Share {
	s := strconv.FormatInt(n/shareUnit, 10)
	if rest := strings.TrimRight(fmt.Sprintf("%04d", n%shareUnit), "0"); rest != "" {
		s += "." + rest
	}
	return Share(s)
}

// ReadShare reads "99.95", "99,95" and "99.95 %"; ok is false for anything that is no share of 0 to 100 per cent.
func ReadShare(text string) (s Share, ok bool) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.Replace(strings.TrimSpace(text), ",", ".", 1), "%"))
	if text = strings.TrimSpace(text); !shares.MatchString(text) {
		return "", false
	}
	n := Share(text).units()
	return ofUnits(n), n <= 100*shareUnit
}

func (s Share) units() int64 {
	whole, rest, _ := strings.Cut(string(s), ".")
	n, _ := strconv.ParseInt(whole+(rest + "0000")[:4], 10, 64) // digits by the pattern
	return n
}

// Percent is the share as a number; ok is false for none.
func (s Share) Percent() (n float64, ok bool) {
	if !shares.MatchString(string(s)) {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(s), 64)
	return n, err == nil
}

// Decimals is how many decimals the share is written with.
func (s Share) Decimals() int {
	_, rest, _ := strings.Cut(string(s), ".")
	return len(rest)
}

// Value implements driver.Valuer.
func (s Share) Value() (driver.Value, error) {
	if !shares.MatchString(string(s)) {
		return nil, nil
	}
	return s.units(), nil
}

// Scan implements sql.Scanner.
func (s *Share) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s = ""
	case int64:
		*s = ofUnits(v)
	default:
		return fmt.Errorf("scan share: unexpected %T", src)
	}
	return nil
}

// MarshalJSON writes a number, or null for none.
func (s Share) MarshalJSON() ([]byte, error) {
	if !shares.MatchString(string(s)) {
		return []byte("null"), nil
	}
	return []byte(s), nil
}

// UnmarshalJSON reads a number or null.
func (s *Share) UnmarshalJSON(b []byte) error {
	var n *float64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*s = ""
	if n != nil {
		*s = Share(strings.TrimSuffix(strconv.FormatFloat(*n, 'f', -1, 64), ".0"))
	}
	return nil
}

// Cell is how spreadsheets have it.
func (s Share) Cell() string { return string(s) }
