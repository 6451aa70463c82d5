package story

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"vigie/test/axe"
)

const claire = "claire@meridian.example" // approver of Meridian

// An engineer writes an internal note and a reply; the customer sees the reply only, in its own words and colour, and answers; the
// engineer sees the answer appear and finds it in the inbox.
func TestTalkingAboutARecord(t *testing.T) {
	t.Parallel()
	c := visitor(t, ines)
	workload := first(t, c, "/workloads?customer=meridian", "/workloads")
	engineer := somebody(t, ines)
	engineer.goes(workload)
	engineer.until(`document.documentElement.dataset.stream === "open"`)
	engineer.sees("What happened", "Internal note", "Reply to the customer")

	// i: the internal form, with the people who can see it behind @.
	engineer.presses("i")
	engineer.until(`document.activeElement.id === "compose-false"`)
	engineer.types("The *invoice* run stops at 02:00, @mar")
	engineer.until(`document.querySelector(".v-people [aria-selected=true]")?.textContent.includes("Marc Delorme")`)
	axe.Within(t, engineer.ctx, ".v-composer") // the list lies over whatever link happens to be below
	engineer.presses("Enter")
	engineer.until(`document.activeElement.value.endsWith("@Marc Delorme ")`)
	engineer.clicks(`.v-composer:not(.v-composer-public) footer button`)
	engineer.sees("The note is added.", "The invoice run stops at 02:00, @Marc Delorme")
	engineer.until(`document.querySelector(".v-note em")?.textContent === "invoice" && !document.querySelector(".v-note-public")`)

	// r: what the customer reads.
	engineer.presses("r")
	engineer.until(`document.activeElement.id === "compose-true" && !document.querySelector("details[name=compose]:first-child").open`)
	engineer.types("We look into it, @Nobody Here")
	engineer.clicks(`.v-composer-public .v-send`)
	engineer.sees("The message is sent. Nobody who can see this is called @Nobody: nobody was told.")
	engineer.until(`document.querySelector(".v-note-public")?.textContent.includes("We look into it")`)
	engineer.sees("Internal", "Sent to the customer", "Stop watching")
	axe.Check(t, engineer.ctx)

	customer := somebody(t, claire)
	customer.goes(workload)
	customer.sees("We look into it", "Inès Carpentier")
	if text := finds[string](customer, `document.body.innerText`); strings.Contains(text, "invoice run stops") || strings.Contains(text, "Internal") || strings.Contains(text, "Send to customer") {
		t.Errorf("the customer sees what is internal:\n%s", text)
	}
	axe.Check(t, customer.ctx)
	customer.fills("body", "Thank you. It is urgent for us.")
	customer.clicks(`.v-composer-public .v-send`)
	customer.sees("The message is sent.")

	// It appears to the engineer, who has not moved; then it waits in the inbox.
	engineer.sees("It is urgent for us", "From the customer")
	engineer.goes("/")
	engineer.sees("Written for you", "Claire Vasseur wrote on")
	waiting := finds[int](engineer, `Number(document.querySelector(".v-waiting .v-count").textContent)`)
	engineer.clicks(".v-inbox button")
	engineer.until(`location.pathname === %s && location.hash.startsWith("#note-")`, workload)
	engineer.until(fmt.Sprintf(`Number(document.querySelector(".v-waiting .v-count")?.textContent ?? 0) === %d`, waiting-1))
	engineer.goes("/inbox")
	engineer.sees("What comes as mail too")
	axe.Check(t, engineer.ctx)
}

// A picture is attached by hand, is seen small, and is downloaded by an address that takes no cookie.
func TestAttachingAFile(t *testing.T) {
	t.Parallel()
	picture := image.NewNRGBA(image.Rect(0, 0, 1600, 900))
	for y := range 900 {
		for x := range 1600 {
			picture.Set(x, y, color.NRGBA{uint8(x / 7), uint8(y / 4), 140, 255})
		}
	}
	var content bytes.Buffer
	if err := png.Encode(&content, picture); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rack front.png")
	if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c := visitor(t, ines)
	account := first(t, c, "/accounts?customer=meridian", "/accounts")
	engineer := somebody(t, ines)
	engineer.goes(account)
	engineer.presses("u")
	engineer.until(`document.querySelector(".v-attach").open`)
	engineer.do(chromedp.SetUploadFiles("#f-file", []string{path}))
	engineer.clicks(".v-attach button")
	engineer.sees("The file is attached.", "rack front.png", "Inès Carpentier attached rack front.png")
	engineer.until(`document.querySelector(".v-thumb img")?.naturalWidth > 0`)
	axe.Check(t, engineer.ctx)
	engineer.clicks(`.v-files a[href]:not(.v-thumb)`)
	engineer.sees("image/png", "Internal", "Added by")
	engineer.until(`document.querySelector(".v-preview img")?.naturalWidth === 1024`)
	axe.Check(t, engineer.ctx)

	at := finds[string](engineer, `location.pathname`)
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Get(base + at + "/download")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	where, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(where.Path, "/files/") {
		t.Fatalf("a download leads to %q", resp.Header.Get("Location"))
	}
	resp, err = http.Get(base + where.Path) // as nobody
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(got, content.Bytes()) || resp.Header.Get("Content-Disposition") != `attachment; filename="rack front.png"` {
		t.Errorf("%d bytes, %v, %v", len(got), resp.Header, err)
	}

	// A program under another name is refused in words.
	bad := filepath.Join(t.TempDir(), "invoice.pdf")
	if err := os.WriteFile(bad, append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 200)...), 0o600); err != nil {
		t.Fatal(err)
	}
	engineer.goes(account)
	engineer.presses("u")
	engineer.do(chromedp.SetUploadFiles("#f-file", []string{bad}))
	engineer.clicks(".v-attach button")
	engineer.sees("are not taken here")
}
