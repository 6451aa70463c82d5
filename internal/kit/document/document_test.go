package document

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/locales"
)

var update = flag.Bool("update", false, "write the golden files anew")

var moment = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func printer(t *testing.T, language string) *i18n.Printer {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return b.Printer(language, paris, moment)
}

// sample has a block of each kind, and words that are hard to set.
func sample() Document {
	d := Document{Title: "Œuvre à Noël – le cœur de l’été", Subtitle: "Ça & là <b>pas gras</b> · 12 € €", From: "Cime & Associés", Color: "#0b5d5b", At: moment, Blocks: []Block{
		Facts{{"Phase", "en service"}, {"Depuis", moment}, {"Nombre", 1234567}, {"Coût", Money{"1234.50", "EUR"}}, {"Vide", nil}},
		Heading{2, "Texte"},
		Text("Un **mot gras**, un *mot penché*, `du code` et [un lien](https://example.com/x).\n\n- un\n- deux\n\n1. premier\n2. second\n\n<script>alert(1)</script>\n\n[mauvais](javascript:alert(1)) ![image](https://evil.example/x.png)"),
		Heading{2, "Tableau"},
		Table{Caption: "Lignes", Columns: []Column{{"Nom", Words}, {"Nombre", Number}, {"Coût", Amount}, {"Jour", Date}, {"Moment", Moment}}},
		Heading{3, "Image"},
		Chart{Caption: "Par type", Shape: Bars, Label: "Type", Value: "Nombre", Points: []Point{{Label: "Instances", Value: 40}, {Label: "Volumes", Value: 120}, {Label: "Rien", Value: 0}}},
		Chart{Caption: "Par mois", Shape: Line, Label: "Mois", Value: "Nombre", Points: []Point{{Label: "janv.", Value: 3}, {Label: "févr.", Value: 8}, {Label: "mars", Value: 5}}},
		Break{},
		Signature{Role: "Pour le client", Name: "Zoé Lefèvre"},
		Signature{Role: "Pour le prestataire", Name: "Ada Lindqvist", Note: "Signé le 2 mars 2026."},
	}}
	rows := d.Blocks[4].(Table)
	for i := range 60 {
		rows.Rows = append(rows.Rows, []any{"Ligne " + strings.Repeat("longue ", i%9) + "=1+1", i * 1000, Money{"-12.30", "EUR"}, moment, moment.Add(time.Duration(i) * time.Hour)})
	}
	d.Blocks[4] = rows
	return d
}

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

// What a reader reads in the PDF, in both languages; pdftotext comes with scripts/setup.
func TestPDF(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "fr"} {
		var first bytes.Buffer
		if err := sample().PDF(&first, printer(t, language)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(first.Bytes(), []byte("/Lang ("+language+")")) {
			t.Errorf("the language %s is not said", language)
		}
		file := filepath.Join(t.TempDir(), "d.pdf")
		if err := os.WriteFile(file, first.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", file, "-").Output()
		if err != nil {
			t.Fatalf("pdftotext: %v", err)
		}
		golden(t, "sample."+language+".pdf.txt", string(out))
		if keep := os.Getenv("VIGIE_KEEP_PDF"); keep != "" {
			if err := os.WriteFile(filepath.Join(keep, "sample-"+language+".pdf"), first.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().XLSX(&b, printer(t, "fr")); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := strings.Join(f.GetSheetList(), "|"); got != "Œuvre à Noël – le cœur de l’été|Lignes|Par type|Par mois" {
		t.Errorf("sheets: %s", got)
	}
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeSharedString, "B3": excelize.CellTypeUnset, "C3": excelize.CellTypeUnset, "D3": excelize.CellTypeUnset} {
		kind, err := f.GetCellType("Lignes", cell)
		if err != nil || kind != want {
			t.Errorf("%s: %v, want %v (%v)", cell, kind, want, err)
		}
		formula, err := f.GetCellFormula("Lignes", cell)
		if err != nil || formula != "" {
			t.Errorf("%s is a formula: %q", cell, formula)
		}
	}
	for cell, want := range map[string]string{"B3": "1000", "C3": `-12.30 EUR`, "D3": "2026-03-02", "E3": "2026-03-02 11:00"} {
		if got, err := f.GetCellValue("Lignes", cell); err != nil || got != want {
			t.Errorf("%s: %q, want %q (%v)", cell, got, want, err)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	p := &ui.Page{Printer: printer(t, "fr")}
	var b strings.Builder
	if err := View(p, sample()).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	for _, bad := range []string{"<script", "javascript:", "<img", "<b>pas gras"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, want := range []string{"<b>mot gras</b>", "<i>mot penché</i>", `href="https://example.com/x"`, p.Money("1234.50", "EUR"), "&lt;script&gt;", "polyline", "v-bars", "v-page-break", "Zoé Lefèvre"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for in, want := range map[[2]string]string{{"pdf", ""}: "pdf", {"", "text/html,application/pdf;q=0.9"}: "pdf", {"", XLSXType}: "xlsx", {"", "text/html"}: "", {"xlsx", PDFType}: "xlsx"} {
		if got, err := Format(in[0], in[1]); err != nil || got != want {
			t.Errorf("%v: %q, %v", in, got, err)
		}
	}
	if _, err := Format("doc", ""); err == nil {
		t.Error("doc is no format")
	}
}

// A line ends at spaces and at the joints of names, never before a mark that French sets off.
func TestPieces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                       nil,
		"prise en charge ?":      {"prise ", "en ", "charge ?"},
		"meridian-data-partners": {"meridian-", "data-", "partners"},
		"a@b.example":            {"a@b.example"},
		"un « mot » dit : non":   {"un ", "« mot » ", "dit : ", "non"},
		"one\ntwo":               {"one\n", "two"},
	} {
		if got := pieces(text); !slices.Equal(got, want) {
			t.Errorf("%q is cut into %q", text, got)
		}
	}
}
