// Package axe drives a real browser in tests and checks pages for accessibility with axe-core.
//
//	ctx := axe.Browser(t)                                  // one tab of a headless Chromium, ended with the test
//	err := chromedp.Do(ctx, chromedp.Navigate(url))
//	axe.Check(t, ctx)                                      // fails with the violations of the page as it is now
//
// axe-core comes from npm (node_modules); a missing Chromium or package fails the test, it is never skipped.
package axe

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Flags start a Chromium that talks to nobody but the pages under test.
func Flags() []chromedp.ExecAllocatorOption {
	flags := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	return append(flags,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		// Without it a key that comes between the load of a page and its first picture is thrown away.
		chromedp.Flag("allow-pre-commit-input", true),
		chromedp.Flag("no-proxy-server", true), chromedp.WindowSize(1366, 900),
	)
}

// Browser gives a tab of a Chromium of its own, with a fresh profile; both end with the test.
func Browser(tb testing.TB) context.Context {
	tb.Helper()
	path, err := find()
	if err != nil {
		tb.Fatal(err)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), append(Flags(), chromedp.ExecPath(path), chromedp.UserDataDir(tb.TempDir()))...)
	tb.Cleanup(end)
	ctx, cancel := chromedp.NewContext(allocator)
	tb.Cleanup(cancel)
	// The first action starts the browser and must not carry the time limit: the limit would end the browser.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		tb.Fatalf("start Chromium: %v", err)
	}
	ctx, stop := context.WithTimeout(ctx, 5*time.Minute)
	tb.Cleanup(stop)
	return ctx
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no Chromium; install Debian's package chromium or run scripts/setup")
}

type violation struct {
	ID, Help, Impact string
	Nodes            []struct {
		HTML           string `json:"html"`
		FailureSummary string `json:"failureSummary"`
	}
}

// Check runs axe-core over the page in the tab, with the rules of WCAG 2.2 A and AA, and fails with what it finds.
func Check(tb testing.TB, ctx context.Context) { tb.Helper(); Within(tb, ctx, "html") }

// Within is Check for a part of the page, as one that lies over the rest for the moment.
func Within(tb testing.TB, ctx context.Context, selector string) {
	tb.Helper()
	source, err := source()
	if err != nil {
		tb.Fatal(err)
	}
	// The page's content policy forbids foreign scripts; the debugger's own evaluation is outside of it.
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](source)); err != nil {
		tb.Fatalf("load axe: %v", err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(`+strconv.Quote(selector)+`, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'], preload: false,
	}).then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.Fatalf("run axe: %v", err)
	}
	var violations []violation
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		tb.Fatalf("read axe's answer: %v", err)
	}
	for _, v := range violations {
		var where strings.Builder
		for _, n := range v.Nodes {
			fmt.Fprintf(&where, "\n    %s\n      %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n      "))
		}
		tb.Errorf("axe %s (%s): %s%s", v.ID, v.Impact, v.Help, where.String())
	}
}

// source finds axe-core beside the go.mod above the test.
func source() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(folder, "node_modules/axe-core/axe.min.js"))
		if err == nil {
			return string(text), nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", fmt.Errorf("node_modules/axe-core is missing: run `npm ci`")
		}
		folder = parent
	}
}
