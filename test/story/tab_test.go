package story

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"vigie/test/axe"
)

// tab is one person's browser. Its methods are the verbs of the stories, and end the test when they cannot be done.
type tab struct {
	t    *testing.T
	ctx  context.Context
	home string // where the demo is, as this browser opens it

	lock    sync.Mutex
	said    []string                     // what the browser complained about
	waiting map[network.RequestID]string // requests of the page that have no answer yet; nil where nobody asks
}

// someone opens a browser in English, signed in as nobody. Whatever the browser complains about fails the story in the end.
func someone(t *testing.T) *tab {
	t.Helper()
	b := &tab{t: t, ctx: axe.Browser(t), home: base}
	if err := chromedp.Listen(b.ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.lock.Lock()
		defer b.lock.Unlock()
		if len(b.said) > 0 {
			t.Errorf("the browser complains:\n%s", strings.Join(b.said, "\n"))
		}
	})
	b.cookie("vigie_lang", "en")
	return b
}

// somebody opens a browser for a person who has signed in already.
func somebody(t *testing.T, email string) *tab {
	t.Helper()
	b := someone(t)
	b.becomes(email)
	return b
}

// becomes gives the browser the session of a person who has signed in.
func (b *tab) becomes(email string) {
	b.t.Helper()
	at, err := url.Parse(base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range visitor(b.t, email).Jar.Cookies(at) {
		b.cookie(c.Name, c.Value)
	}
}

func (b *tab) listen(event any) {
	b.lock.Lock()
	defer b.lock.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if b.waiting != nil && e.Type == network.ResourceTypeDocument {
			clear(b.waiting) // of a page that is left nothing more is heard
		}
		if b.waiting != nil && slices.Contains([]network.ResourceType{network.ResourceTypeDocument, network.ResourceTypeXHR}, e.Type) {
			b.waiting[e.RequestID] = e.Request.Method + " " + e.Request.URL
		}
	case *network.EventLoadingFinished:
		delete(b.waiting, e.RequestID)
	case *network.EventLoadingFailed:
		delete(b.waiting, e.RequestID)
	case *log.EventEntryAdded:
		// A page that answers 401, 404 or 422 on purpose is no trouble.
		// Nor is that a dialog, still closed, does not take the cursor from a place that was asked for.
		if !strings.HasPrefix(e.Entry.Text, "Failed to load resource: the server responded with a status of 4") && !strings.HasPrefix(e.Entry.Text, "Autofocus processing was blocked") {
			b.said = append(b.said, fmt.Sprint(e.Entry.Level, " ", e.Entry.Text, " ", e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, e.ExceptionDetails.Text)
		if x := e.ExceptionDetails.Exception; x != nil {
			b.said = append(b.said, x.Description)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			b.said = append(b.said, "console "+string(e.Type)+": "+words(e.Args))
		}
	}
}

// words are the texts among what was given to the console.
func words(args []*runtime.RemoteObject) string {
	var out []string
	for _, a := range args {
		out = append(out, strings.Trim(string(a.Value), `"`)+a.Description)
	}
	return strings.Join(out, " ")
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) cookie(name, value string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: base})
		return err
	}))
}

// patient makes a tab that waits for the answers to what was pressed before it goes on, as people do.
func (b *tab) patient() {
	b.t.Helper()
	b.waiting = map[network.RequestID]string{}
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		return err
	}))
}

// rests waits until all requests of the page have their answers. Each look asks the page first, so that what was pressed has been sent.
func (b *tab) rests() {
	b.t.Helper()
	if b.waiting == nil {
		return
	}
	var open []string
	for range 1000 {
		// A page that is being left does not answer; then it is not at rest either.
		_, err := chromedp.Run(b.ctx, chromedp.Poll[bool]("true", chromedp.WithPollingTimeout(2*time.Second)))
		b.lock.Lock()
		open = slices.Collect(maps.Values(b.waiting))
		b.lock.Unlock()
		if err == nil && len(open) == 0 {
			return
		}
	}
	b.t.Fatalf("no answer yet: %s", strings.Join(open, ", "))
}

// goes opens an address as if it were typed. A page that loads itself again at that moment, as live pages do when their stream ends,
// takes the going back; then it is typed once more.
func (b *tab) goes(path string) {
	b.t.Helper()
	for again := 0; ; again++ {
		b.rests()
		err := chromedp.Do(b.ctx, chromedp.Navigate(b.home+path))
		if err == nil {
			return
		}
		if again == 2 || !strings.Contains(err.Error(), "net::ERR_ABORTED") {
			b.t.Fatalf("go to %s: %v", path, err)
		}
	}
}

// clicks with the mouse on what the selector finds first.
func (b *tab) clicks(selector string) {
	b.t.Helper()
	b.until(`document.querySelector(%s)`, selector)
	b.do(chromedp.Click(selector))
}

// fills types into a field.
func (b *tab) fills(name, text string) {
	b.t.Helper()
	field := fmt.Sprintf(`main [name="%s"]`, name)
	b.until(`document.querySelector(%s)`, field)
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%q).value = ''", field)), chromedp.SendKeys(field, text))
}

// presses keys, types letters: see axe.
func (b *tab) presses(keys ...string) { b.t.Helper(); axe.Press(b.t, b.ctx, keys...) }
func (b *tab) types(text string)      { b.t.Helper(); axe.Type(b.t, b.ctx, text) }

// until waits for a JavaScript condition; %s in it are texts.
func (b *tab) until(condition string, texts ...string) {
	b.t.Helper()
	quoted := make([]any, len(texts))
	for i, text := range texts {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	if len(quoted) > 0 {
		condition = fmt.Sprintf(condition, quoted...)
	}
	axe.Until(b.t, b.ctx, condition)
}

// sees waits until the words stand on the page, in one place.
func (b *tab) sees(words ...string) {
	b.t.Helper()
	for _, w := range words {
		b.until(`document.body.innerText.replace(/\s+/g, " ").includes(%s)`, w)
	}
}

// arrives waits until the page of an address (with its parameters) has loaded.
func (b *tab) arrives(path string) {
	b.t.Helper()
	b.until(`document.readyState === "complete" && location.pathname + location.search === %s`, path)
}

// finds evaluates an expression on the page.
func finds[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}
