package i18n_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/locales"
)

var now = time.Date(2026, 11, 23, 14, 5, 0, 0, time.UTC)

func bundle(t *testing.T) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func printers(t *testing.T) (en, fr *i18n.Printer) {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	b := bundle(t)
	return b.Printer("en", time.UTC, now), b.Printer("fr", paris, now)
}

// The French file writes no-break spaces; the table below writes ordinary ones to stay readable.
func plain(s string) string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)
}

func TestValues(t *testing.T) {
	t.Parallel()
	en, fr := printers(t)
	for _, c := range []struct{ name, en, wantEN, fr, wantFR string }{
		{"number", en.Number(1234567), "1,234,567", fr.Number(1234567), "1 234 567"},
		{"small number", en.Number(999), "999", fr.Number(999), "999"},
		{"negative", en.Number(-1234), "−1,234", fr.Number(-1234), "−1 234"},
		{"decimal", en.Decimal(1234.5, 2), "1,234.50", fr.Decimal(1234.5, 2), "1 234,50"},
		{"money", en.Money("1234.50", "EUR"), "€1,234.50", fr.Money("1234.50", "EUR"), "1 234,50 €"},
		{"credit", en.Money("-12.30", "GBP"), "−£12.30", fr.Money("-12.30", "GBP"), "−12,30 £"},
		{"money by code", en.Money("0.10", "SEK"), "SEK 0.10", fr.Money("0.10", "SEK"), "0,10 SEK"},
		{"percent", en.Percent(0.9987), "99.9%", fr.Percent(0.9987), "99,9 %"},
		{"whole percent", en.Percent(0.25), "25%", fr.Percent(1), "100 %"},
		{"never quite all", en.Percent(0.99999), "99.9%", fr.Percent(0.00001), "0,1 %"},
		{"none", en.Percent(0), "0%", fr.Percent(0), "0 %"},
		{"bytes", en.Bytes(1_500_000), "1.5 MB", fr.Bytes(500_000_000_000), "500 Go"},
		{"few bytes", en.Bytes(12), "12 B", fr.Bytes(12), "12 o"},
		{"date", en.Date(now), "23 Nov 2026", fr.Date(now), "23 nov. 2026"},
		{"month", en.Month(now), "November 2026", fr.Month(now), "novembre 2026"},
		{"zone", en.DateTime(now), "23 Nov 2026, 14:05", fr.DateTime(now), "23 nov. 2026, 15:05"},
		{"over midnight", en.Date(now.Add(9 * time.Hour)), "23 Nov 2026", fr.Date(now.Add(9 * time.Hour)), "24 nov. 2026"},
		{"no date", en.DateTime(time.Time{}), "", fr.Relative(time.Time{}), ""},
		{"now", en.Relative(now.Add(-20 * time.Second)), "just now", fr.Relative(now.Add(20 * time.Second)), "à l’instant"},
		{"one minute", en.Relative(now.Add(-time.Minute)), "1 minute ago", fr.Relative(now.Add(-time.Minute)), "il y a 1 minute"},
		{"minutes", en.Relative(now.Add(-3 * time.Minute)), "3 minutes ago", fr.Relative(now.Add(-3 * time.Minute)), "il y a 3 minutes"},
		{"hours ahead", en.Relative(now.Add(5 * time.Hour)), "in 5 hours", fr.Relative(now.Add(5 * time.Hour)), "dans 5 heures"},
		{"a day ago", en.Relative(now.Add(-24 * time.Hour)), "22 Nov, 14:05", fr.Relative(now.Add(-24 * time.Hour)), "22 nov., 15:05"},
		{"another year", en.Relative(now.AddDate(-1, 0, 0)), "23 Nov 2025, 14:05", fr.Relative(now.AddDate(-1, 0, 0)), "23 nov. 2025, 15:05"},
		{"length", en.Duration(3*time.Hour + 20*time.Minute + 5*time.Second), "3 h 20 min", fr.Duration(26 * time.Hour), "1 j 2 h"},
		{"gap in a length", en.Duration(time.Hour + 5*time.Second), "1 h", fr.Duration(850 * time.Millisecond), "850 ms"},
		{"list", en.List([]string{"a", "b", "c"}), "a, b and c", fr.List([]string{"a", "b"}), "a et b"},
	} {
		if got := plain(c.en); got != c.wantEN {
			t.Errorf("%s in English: %q, want %q", c.name, got, c.wantEN)
		}
		if got := plain(c.fr); got != c.wantFR {
			t.Errorf("%s in French: %q, want %q", c.name, got, c.wantFR)
		}
	}
}

// French counts zero and one alike; Arabic has all six forms.
func TestPlural(t *testing.T) {
	t.Parallel()
	b, err := i18n.Load(fstest.MapFS{
		"en/x.yaml": {Data: []byte("x: {found: {one: '{count} item for {who}', other: '{count} items for {who}'}}")},
		"fr/x.yaml": {Data: []byte("x: {found: {one: '{count} élément pour {who}', other: '{count} éléments pour {who}'}}")},
		"ar/x.yaml": {Data: []byte("x: {found: {zero: z, one: o, two: t, few: f, many: m, other: x}}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang  string
		count int
		want  string
	}{
		{"en", 0, "0 items for A"}, {"en", 1, "1 item for A"}, {"en", 2, "2 items for A"},
		{"fr", 0, "0 élément pour A"}, {"fr", 1, "1 élément pour A"}, {"fr", 2, "2 éléments pour A"}, {"fr", 3_000_000, "3000000 éléments pour A"},
		{"ar", 0, "z"}, {"ar", 1, "o"}, {"ar", 2, "t"}, {"ar", 5, "f"}, {"ar", 11, "m"}, {"ar", 100, "x"}, {"ar", 103, "f"},
		{"ar", 10_000_103, "f"}, {"ar", 20_000_011, "m"},
	} {
		if got := b.Printer(c.lang, nil, now).N("x.found", c.count, "who", "A"); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.lang, c.count, got, c.want)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	b, err := i18n.Load(fstest.MapFS{
		"en/x.yaml": {Data: []byte("x: {moved: '{name} moved to {to}', plain: Plain, only_en: Only}")},
		"fr/x.yaml": {Data: []byte("x: {moved: '{to} reçoit {name}', plain: Simple}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	fr := b.Printer("fr", nil, now)
	for got, want := range map[string]string{
		fr.T("x.moved", "name", "db", "to", "eu"):                 "eu reçoit db",
		fr.T("x.moved", map[string]any{"name": "db", "to": 1234}): "1234 reçoit db",
		fr.T("x.moved", "name", "{to}", "to", "eu"):               "eu reçoit {to}", // an argument is never read as a message
		fr.T("x.moved", "name", "db"):                             "{to} reçoit db",
		fr.T("x.only_en"):                                         "Only",
		fr.T("x.nowhere"):                                         "x.nowhere",
		fr.Or("x.nowhere", "AWS::EC2::Instance"):                  "AWS::EC2::Instance",
		b.Printer("de", nil, now).T("x.plain"):                    "Plain",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"a key twice in a file":    {"en/x.yaml": {Data: []byte("x:\n  a: one\n  a: two\n")}},
		"a key outside its room":   {"en/x.yaml": {Data: []byte("y: {a: one}")}},
		"an argument without end":  {"en/x.yaml": {Data: []byte("x: {a: 'one {name'}")}},
		"a number for a text":      {"en/x.yaml": {Data: []byte("x: {a: 1}")}},
		"no English":               {"fr/x.yaml": {Data: []byte("x: {a: un}")}},
		"a folder of no language":  {"en/x.yaml": {Data: []byte("x: {a: one}")}, "klingonese_x/x.yaml": {Data: []byte("x: {a: un}")}},
		"a dotted key of a branch": {"en/x.yaml": {Data: []byte("x:\n  a: {b: one}\n  a.b: two\n")}},
	} {
		if _, err := i18n.Load(files); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for header, want := range map[string]string{
		"": "en", "fr": "fr", "fr-CA,en;q=0.5": "fr", "de-DE,de;q=0.9": "en", "de,fr;q=0.3": "fr", "en-GB,fr;q=0.9": "en", "*": "en", ";;;": "en",
	} {
		if got := b.Negotiate(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	if got := b.Languages(); len(got) != 2 || got[0].Name != "English" || got[1].Name != "Français" {
		t.Errorf("languages: %v", got)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("{name} is {state}", "x")
	f.Add("}{", "{name}")
	f.Fuzz(func(t *testing.T, text, value string) {
		if strings.ContainsAny(text, "\x00\r\n'") {
			t.Skip()
		}
		b, err := i18n.Load(fstest.MapFS{"en/x.yaml": {Data: []byte("x: {a: '" + text + "'}")}})
		if err != nil {
			return
		}
		p := b.Printer("en", nil, now)
		// Whatever stands in a file or in an argument, writing it neither fails nor loses the argument.
		got := p.T("x.a", "name", value)
		if strings.Contains(text, "{name}") && !strings.Contains(got, value) {
			t.Errorf("%q with %q gives %q", text, value, got)
		}
	})
}
