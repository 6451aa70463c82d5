package axe

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Press strikes keys one after another as a person does: the letter is typed only where the page does not take the
// key for itself. (chromedp.KeyEvent sends the letter in any case, also into a field that the key has just focused.)
// Keys are letters, or names such as "Enter", "Escape", "ArrowDown", "Tab"; "Control+k" holds Control.
func Press(tb testing.TB, ctx context.Context, keys ...string) {
	tb.Helper()
	began := time.Now()
	for i, key := range keys {
		stroke := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}
		// Keys of one call follow each other within the moment, however long a busy machine takes to deliver them: "g i" is one wish.
		stroke.Timestamp = input.TimeSinceEpoch(float64(began.UnixMilli()+int64(i)) / 1000)
		if rest, ok := cutControl(key); ok {
			stroke.Key, stroke.Text, stroke.Modifiers = rest, "", 2
		} else if code, named := codes[key]; named {
			stroke.Code, stroke.Text = key, ""
			stroke.WindowsVirtualKeyCode = code
			if key == "Enter" {
				stroke.Text = "\r"
			}
		}
		err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, stroke); err != nil {
				return err
			}
			up := stroke
			up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, up)
			return err
		}))
		if err != nil {
			tb.Fatalf("press %q: %v", key, err)
		}
	}
}

// Type presses the letters of a text.
func Type(tb testing.TB, ctx context.Context, text string) {
	tb.Helper()
	for _, letter := range text {
		Press(tb, ctx, string(letter))
	}
}

// Until waits for a JavaScript condition, over navigations, and fails after 45 seconds with where the page stands.
func Until(tb testing.TB, ctx context.Context, condition string) {
	tb.Helper()
	limit, cancel := context.WithTimeout(ctx, 45*time.Second)
	defer cancel()
	var err error
	for limit.Err() == nil {
		// A page that is being left ends the question with an error; the next page is asked again.
		var holds bool
		holds, err = chromedp.Run(limit, chromedp.Poll[bool]("Boolean("+condition+")", chromedp.WithPollingTimeout(2*time.Second)))
		if err == nil && holds {
			return
		}
	}
	where, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + ", focus on " + (document.activeElement?.outerHTML ?? "").slice(0, 200) + "\n  " + (document.querySelector("main")?.innerText ?? "").replace(/\s+/g, " ").slice(0, 600)`))
	tb.Fatalf("never so: %s\n  at %s\n  last: %v", condition, where, err)
}

func cutControl(key string) (string, bool) {
	const held = "Control+"
	if len(key) > len(held) && key[:len(held)] == held {
		return key[len(held):], true
	}
	return "", false
}

// codes are the virtual key codes of the keys that have names.
var codes = map[string]int64{
	"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "Backspace": 8,
}
