package story

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	paper "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"vigie/test/binary"
)

// Paper is white whatever the theme: dark ink on everything that has text, no rail and no buttons, nothing wider than the sheet.
func TestPrintingFromTheDark(t *testing.T) {
	t.Parallel()
	root, err := binary.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "test/screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	reader := somebody(t, ada)
	reader.cookie("vigie_theme", "dark")
	reader.do(chromedp.EmulateViewport(700, 900)) // about the width of A4 less its margins
	for name, path := range map[string]string{"cis": "/cis?customer=meridian", "customer": "/customers/meridian", "sheet": "/customers/meridian/sheet", "permissions": "/permissions"} {
		reader.goes(path)
		reader.do(media("print"))
		pale, err := chromedp.Run(reader.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("main *")]
			.filter(e => e.checkVisibility() && !e.closest("svg, .v-hidden") && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
			.map(e => [e, getComputedStyle(e).color])
			.filter(([e, color]) => (color.startsWith("rgb") ? color.match(/[\d.]+/g).slice(0, 3).reduce((sum, n) => sum + +n, 0) / 765 : +color.match(/[\d.]+/)[0]) > 0.6)
			.map(([e, color]) => color + " " + e.outerHTML.slice(0, 120))`))
		if err != nil || len(pale) > 0 {
			t.Errorf("%s: too pale on paper: %v %v", path, pale, err)
		}
		reader.until(`!document.querySelector(".v-rail").checkVisibility() && ![...document.querySelectorAll("main .btn")].some(e => e.checkVisibility())`)
		sheets, err := chromedp.Run(reader.ctx, chromedp.Action[[]byte](func(ctx context.Context, to *chromedp.Target) ([]byte, error) {
			done, err := cdp.Call(ctx, to, paper.PrintToPDF, paper.PrintToPDFParams{PreferCSSPageSize: new(true)})
			return done.Data, err
		}))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "print-"+name+".pdf"), sheets, 0o644); err != nil {
			t.Fatal(err)
		}
		reader.do(media(""))
	}
}

func media(kind string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind})
		return err
	})
}
