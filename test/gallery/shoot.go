package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"vigie/test/axe"
)

// shots are the pages worth looking at: a name, an address, what to press first.
var shots = []struct {
	name, path string
	do         chromedp.Action[chromedp.Void]
}{
	{"list", "/?customer=acme&environment=production&q=prod&sort=name", nil},
	{"list-dense", "/?density=compact", nil},
	{"picked", "/", chromedp.Click("tbody tr:nth-child(2) .v-pick input")},
	{"filter", "/", chromedp.Click(".v-filter .v-menu summary")},
	{"record", "/cis/ci-01", nil},
	{"form", "/form?faults", nil},
	{"pictures", "/pictures", nil},
	{"states", "/states", nil},
	{"empty", "/?none", nil},
	{"sign-in", "/sign-in?faults", nil},
	{"missing", "/nowhere", nil},
	{"palette", "/pictures", chromedp.Steps(chromedp.Click("[data-palette]"), chromedp.Sleep(300*time.Millisecond), chromedp.SendKeys("#palette input", "ac"), chromedp.Sleep(500*time.Millisecond))},
	{"keys", "/", chromedp.Evaluate[chromedp.Void](`document.getElementById('keys').showModal()`)},
	{"confirm", "/cis/ci-01", chromedp.Click("[data-dialog=remove]")},
	{"switcher", "/", chromedp.Click(".v-scope summary")},
	{"drawer", "/", chromedp.Evaluate[chromedp.Void](`document.getElementById('rail').showPopover()`)},
}

// shoot writes a screenshot of each page in one look: theme, language and width.
func shoot(base, folder, theme, lang string, width int64) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), axe.Flags()...)
	defer end()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	cookies := fmt.Sprintf(`document.cookie = "vigie_theme=%s; path=/"; document.cookie = "vigie_lang=%s; path=/"`, theme, lang)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(base+"/sign-in"), chromedp.Evaluate[chromedp.Void](cookies)); err != nil {
		return err
	}
	if err := chromedp.Listen(ctx, logTrouble); err != nil {
		return err
	}
	for _, s := range shots {
		if s.name == "drawer" && width > 900 {
			continue
		}
		steps := []chromedp.Action[chromedp.Void]{chromedp.Navigate(base + s.path), chromedp.Sleep(500 * time.Millisecond)}
		if s.do != nil {
			steps = append(steps, s.do, chromedp.Sleep(250*time.Millisecond))
		}
		if err := chromedp.Do(ctx, steps...); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		file := filepath.Join(folder, fmt.Sprintf("%s-%s-%s-%d.png", s.name, theme, lang, width))
		if err := os.WriteFile(file, png, 0o644); err != nil {
			return err
		}
	}
	return nil
}
