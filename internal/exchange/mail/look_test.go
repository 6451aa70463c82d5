package mail

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db/dbtest"
	"vigie/locales"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it, and write it anew with -update:\n%s", name, got)
	}
}

// Each template in each language, as text and as HTML, with a link where it has a button.
func TestTemplates(t *testing.T) {
	t.Parallel()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	look := Look{Name: "Cime & Associés", Logo: "Cime", Color: "#ffcc00", Footer: "Cime & Associés\n12 rue de l’Œuvre, 75011 Paris"}
	for _, language := range []string{"en", "fr"} {
		p := b.Printer(language, paris, dbtest.Start)
		words := write(p, "test", Address{Name: "Zoé <b>Lefèvre</b>"}, map[string]any{"sender": look.Name, "person": `Ada "the boss" <script>alert(1)</script>`, "at": dbtest.Start},
			"https://vigie.example/x?a=1&b=\"><script>alert(2)</script>")
		html, err := words.html(look, p)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(html, "<script") || strings.Contains(html, "<b>") || strings.Contains(html, "ZgotmplZ") {
			t.Errorf("%s: what people wrote became markup:\n%s", language, html)
		}
		if strings.Contains(html, "javascript:") || strings.Contains(html, "src=") {
			t.Errorf("%s: the message loads or runs something", language)
		}
		golden(t, "test."+language+".html", html)
		golden(t, "test."+language+".txt", words.text(look, p))
		for _, name := range templates(b) {
			words := write(p, name, Address{Name: "Zoé"}, sampleArgs(b, name), "https://vigie.example/once")
			text := words.text(look, p)
			if words.Subject == "" || len(words.Body) == 0 || strings.Contains(words.Subject+text, "{") || strings.Contains(words.Subject, "\n") {
				t.Errorf("%s in %s: %+v", name, language, words)
			}
			for _, line := range strings.Split(text, "\n") {
				if utf8.RuneCountInString(line) > 78 {
					t.Errorf("%s in %s: a long line: %s", name, language, line)
				}
			}
		}
	}
	words := Parts{Subject: "x", Link: "javascript:alert(1)", Button: "x"}
	html, err := words.html(Look{Color: "red;}"}, b.Printer("en", nil, dbtest.Start))
	if err != nil || strings.Contains(html, `"javascript:`) || strings.Contains(html, "red;") {
		t.Errorf("%v: %s", err, html)
	}
}

// Words on the colour can be read whatever the colour.
func TestContrast(t *testing.T) {
	t.Parallel()
	for color, want := range map[string]string{"#ffcc00": "#000000", "#1f4b99": "#ffffff", "#000000": "#ffffff", "#ffffff": "#000000", "#777777": "#000000", "nonsense": "#ffffff"} {
		if got := (Look{Color: color}).on(); got != want {
			t.Errorf("%s: %s, want %s", color, got, want)
		}
	}
}
