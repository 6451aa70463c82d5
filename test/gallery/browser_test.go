package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"vigie/test/axe"
)

// Every page, in both themes and widths, has no violation of WCAG 2.2 AA that axe can see, and nothing that the
// content policy refuses.
func TestAccessible(t *testing.T) {
	server := httptest.NewServer(open(t))
	defer server.Close()
	ctx := axe.Browser(t)
	trouble := listen(t, ctx)
	pages := []string{"/?customer=acme&q=prod&environment=production", "/?none", "/cis/ci-01", "/form?faults", "/pictures", "/states", "/sign-in?faults", "/nowhere/500", "/palette?q=a"}
	for _, look := range []struct {
		theme, lang string
		width       int64
	}{{"light", "en", 1366}, {"dark", "fr", 1366}, {"light", "fr", 390}} {
		t.Run(look.theme, func(t *testing.T) {
			do(t, ctx, chromedp.EmulateViewport(look.width, 900), chromedp.Navigate(server.URL+"/sign-in"), chromedp.Evaluate[chromedp.Void](
				`document.cookie = "vigie_theme=`+look.theme+`; path=/"; document.cookie = "vigie_lang=`+look.lang+`; path=/"`))
			for _, path := range pages {
				t.Run(path, func(t *testing.T) {
					do(t, ctx, chromedp.Navigate(server.URL+path))
					axe.Check(t, ctx)
				})
			}
		})
	}
	for _, dialog := range []string{"palette", "keys"} {
		do(t, ctx, chromedp.Navigate(server.URL+"/"), chromedp.Evaluate[chromedp.Void](`document.getElementById("`+dialog+`").showModal()`))
		axe.Check(t, ctx)
	}
	trouble()
}

// The whole of a list by keyboard: search, move, open; the palette; going to a place.
func TestKeyboard(t *testing.T) {
	server := httptest.NewServer(open(t))
	defer server.Close()
	ctx := axe.Browser(t)
	trouble := listen(t, ctx)
	until := func(condition string) { t.Helper(); axe.Until(t, ctx, condition) }
	at := func(want string) {
		t.Helper()
		until("location.pathname + location.search === `" + want + "` && document.readyState === 'complete'")
	}

	do(t, ctx, chromedp.Navigate(server.URL+"/?customer=acme"))
	axe.Press(t, ctx, "/")
	until(`document.activeElement.id === "cis-q"`)
	axe.Type(t, ctx, "vpn")
	at("/?customer=acme&q=vpn")
	until(`document.querySelector(".v-chip") && document.activeElement.id === "cis-q" && document.activeElement.value === "vpn"`)

	axe.Press(t, ctx, "Escape", "j", "j", "k", "x")
	until(`document.querySelector("tbody tr:first-child input").checked && document.querySelector("[data-picked]").textContent === "1 selected"`)
	axe.Press(t, ctx, "Enter")
	at("/cis/ci-01?customer=acme")

	axe.Press(t, ctx, "g", "o")
	at("/pictures?customer=acme")

	axe.Press(t, ctx, "Control+k")
	until(`document.getElementById("palette").open`)
	axe.Type(t, ctx, "isola")
	until(`document.querySelector("#palette-hits a[aria-selected=true]")?.textContent.includes("Isola Air")`)
	axe.Press(t, ctx, "Enter")
	at("/?customer=isola")

	axe.Press(t, ctx, "?")
	until(`document.getElementById("keys").open`)
	trouble()
}

// Sorting swaps the list in place: the address, the title and the focus stay in step, and the page is not loaded anew.
func TestSwap(t *testing.T) {
	server := httptest.NewServer(open(t))
	defer server.Close()
	ctx := axe.Browser(t)
	trouble := listen(t, ctx)
	do(t, ctx, chromedp.Navigate(server.URL+"/?customer=acme"), chromedp.Evaluate[chromedp.Void](`window.same = true`), chromedp.Click(`thead th:nth-of-type(7) a`))
	axe.Until(t, ctx, `location.search === "?customer=acme&sort=cost" && document.querySelector("[aria-sort=ascending]").textContent.includes("Cost") && window.same`)
	axe.Until(t, ctx, `document.title === "Inventory · Acme Retail Group · Vigie"`)

	// The language switch is a plain form and comes back to the same list.
	do(t, ctx, chromedp.Click(`.v-menu:has([name=lang]) summary`), chromedp.Click(`button[value=fr]`))
	axe.Until(t, ctx, `document.documentElement.lang === "fr" && location.search === "?customer=acme&sort=cost" && document.title.startsWith("Inventaire")`)
	trouble()
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// listen gathers what the browser complains about; the function that it gives fails the test with it.
func listen(t *testing.T, ctx context.Context) func() {
	t.Helper()
	var lock sync.Mutex
	var said []string
	err := chromedp.Listen(ctx, func(event any) {
		lock.Lock()
		defer lock.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			// A page that answers 404 or 422 on purpose is no trouble, nor that a place keeps the cursor that was put there.
			if !strings.HasPrefix(e.Entry.Text, "Failed to load resource: the server responded with a status of 4") && !strings.Contains(e.Entry.URL, "/500") &&
				!strings.HasPrefix(e.Entry.Text, "Autofocus processing was blocked") {
				said = append(said, string(e.Entry.Level)+" "+e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			said = append(said, e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		lock.Lock()
		defer lock.Unlock()
		if len(said) > 0 {
			t.Errorf("the browser complains:\n%s", strings.Join(said, "\n"))
		}
	}
}

// An open filter menu stays open while its choices refresh the list, and a dialog opens by its link.
func TestMenusAndDialogs(t *testing.T) {
	server := httptest.NewServer(open(t))
	defer server.Close()
	ctx := axe.Browser(t)
	trouble := listen(t, ctx)
	do(t, ctx, chromedp.Navigate(server.URL+"/"), chromedp.Click(".v-filter details:first-of-type summary"), chromedp.Click("input[name=environment][value=production]"))
	axe.Until(t, ctx, `location.search === "?environment=production" && document.querySelector(".v-filter details[open] input:checked")`)
	do(t, ctx, chromedp.Click("input[name=environment][value=staging]"))
	axe.Until(t, ctx, `location.search === "?environment=production&environment=staging" && document.querySelectorAll(".v-chip").length === 2`)
	axe.Press(t, ctx, "Escape")
	axe.Until(t, ctx, `!document.querySelector("details.v-menu[open]")`)

	do(t, ctx, chromedp.Navigate(server.URL+"/cis/ci-01"), chromedp.Click("[data-dialog=remove]"))
	axe.Until(t, ctx, `document.getElementById("remove").open && document.activeElement.matches("#remove [data-close]")`)
	axe.Check(t, ctx)
	axe.Press(t, ctx, "Escape")
	axe.Until(t, ctx, `!document.getElementById("remove").open`)
	// The graph has drawn its nodes, and its table reaches the same pages.
	axe.Until(t, ctx, `document.querySelectorAll(".v-graph-canvas canvas").length > 0 && document.querySelectorAll("#graph table a").length === 8`)
	trouble()
}

// Without a script a page still reads, filters and confirms.
func TestScriptOff(t *testing.T) {
	server := httptest.NewServer(open(t))
	defer server.Close()
	ctx := axe.Browser(t)
	off := chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	do(t, ctx, off, chromedp.Navigate(server.URL+"/?customer=acme"), chromedp.Click("thead th:first-of-type a"), chromedp.WaitVisible("th[aria-sort=descending]"))
	do(t, ctx, chromedp.Click(".v-scope summary"), chromedp.Click(".v-scope li:nth-child(3) a"), chromedp.WaitVisible(".v-scope-one"))
	do(t, ctx, chromedp.Navigate(server.URL+"/cis/ci-01"), chromedp.Click("[data-dialog=remove]"), chromedp.WaitVisible("#remove .v-doomed"), chromedp.Click("#remove [data-close]"), chromedp.WaitNotVisible("#remove .v-doomed"))
}
