package story

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"vigie/test/axe"
	"vigie/test/binary"
)

// words of the story, as its pages have them.
type bulkWords struct{ find, bar, title, preview, apply, done, undone string }

// An engineer, with the keyboard alone: narrows a list, saves it as a view, selects up to a row, looks at what an edit would do, does
// it, and takes it back. In English by day, in French by night; axe finds nothing on the way.
func TestChangingManyByKeyboard(t *testing.T) {
	t.Parallel()
	for language, w := range map[string]bulkWords{
		"en": {"dev", "3 selected", "Change 3 records", "Preview: 3 records change", "Change 3 records", "3 records are changed.", "Undone: 3 records are as they were."},
		"fr": {"stg", "Sélection : 3", "Modifier 3 enregistrements", "Aperçu : 3 enregistrements changent", "Modifier 3 enregistrements", "3 enregistrements sont modifiés.", "Annulé : 3 enregistrements sont comme avant."},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b := somebody(t, ines)
			b.cookie("vigie_lang", language)
			theme := "light"
			if language == "fr" {
				theme = "dark"
			}
			b.cookie("vigie_theme", theme)
			b.do(chromedp.EmulateViewport(1366, 900))
			keep := func(step string) {
				t.Helper()
				axe.Check(t, b.ctx)
				b.keep("bulk-" + step + "-" + theme + "-" + language)
			}
			b.goes("/cis?customer=meridian")
			b.presses("/")
			b.until(`document.activeElement.matches("[data-search]")`)
			b.types(w.find)
			b.until(`location.search.includes("q=` + w.find + `") && document.querySelectorAll("main tr[data-row]").length > 2`)
			b.presses("Escape", "v")
			b.until(`document.querySelector("#views").open`)
			for range 40 { // Tab leads through the menu to its field
				if finds[bool](b, `document.activeElement.id === "view-name"`) {
					break
				}
				b.presses("Tab")
			}
			b.types("Tracking " + language)
			b.presses("Enter")
			b.until(`location.search.includes("view=tracking-` + language + `")`)
			b.until(`document.readyState === "complete" && document.querySelector(".v-views summary").textContent.includes("Tracking ` + language + `")`)

			b.presses("j", "x", "j", "j", "X")
			b.sees(w.bar)
			keep("bar")
			b.presses("e")
			b.until(`location.pathname === "/bulk-edits/new" && document.readyState === "complete"`)
			b.sees(w.title)
			for range 60 {
				if finds[bool](b, `document.activeElement.name === "value.owner"`) {
					break
				}
				b.presses("Tab")
			}
			b.types("night shift " + language)
			b.until(`document.querySelector("[name='op.owner']").value === "set"`)
			keep("fields")
			b.presses("Enter")
			b.sees(w.preview, "night shift "+language)
			keep("preview")
			b.until(`document.activeElement.matches("form footer .btn-primary")`)
			b.presses("Enter")
			b.sees(w.done)
			b.until(`location.pathname === "/cis" && location.search.includes("view=tracking-` + language + `")`)
			b.sees("night shift " + language)
			// Whoever has the keyboard on a message keeps it there, for as long as a slow machine takes to look at the page.
			b.until(`document.querySelector("#toasts [data-undo]").focus() ?? true`)
			keep("done")
			b.presses("z")
			b.sees(w.undone)
			b.until(`!document.querySelector("main").innerText.includes("night shift ` + language + `")`)
			keep("undone")

			// The palette offers what can be done here, with the rows and on the page.
			b.presses("j", "x", "Control+k")
			b.until(`document.querySelector("#hits-selection-0") && document.querySelector("#hits-page-0")`)
			keep("palette")
			b.presses("Escape", "?")
			b.until(`document.getElementById("keys").open`)
			keep("keys")
		})
	}
}

// keep puts a picture of what is seen beside those of the other stories.
func (b *tab) keep(name string) {
	b.t.Helper()
	root, err := binary.Root()
	if err != nil {
		b.t.Fatal(err)
	}
	folder := filepath.Join(root, "test/screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
