package lapse

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"PT0S": 0, "PT4H": 4 * time.Hour, "PT1H30M": 90 * time.Minute, "P2D": 2 * Day, "P1W": 7 * Day, "P1DT6H": 30 * time.Hour, "PT90S": 90 * time.Second,
	} {
		if got, ok := Parse(text); !ok || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "4h", "P1M", "P1Y", "PT-1H", "PT1.5H", "pt1h", "P1H", "PT1D", " PT1H", "P999999W"} {
		if got, ok := Parse(text); ok {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	if got, ok := ParseDays("P1WT1H", 8*time.Hour); !ok || got != 57*time.Hour {
		t.Errorf("a week of work and an hour: %v, %v", got, ok)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(longest/time.Second)).Draw(t, "seconds")) * time.Second
		if back, ok := Parse(Format(d)); !ok || back != d {
			t.Fatalf("%v is written %s, and read %v", d, Format(d), back)
		}
	})
}
