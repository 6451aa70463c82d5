package story

import (
	"net/http"
	"net/url"
	"testing"
)

// post sends a form as another person, from somewhere else.
func post(tb testing.TB, c *http.Client, path string, pairs ...string) {
	tb.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	resp, err := c.PostForm(base+path, form)
	if err != nil {
		tb.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		tb.Fatalf("POST %s: %s", path, resp.Status)
	}
}

// What somebody else changes appears, without a reload and without taking away what one is typing.
func TestWhatOthersChangeAppears(t *testing.T) {
	t.Parallel()
	engineer, elsewhere := somebody(t, ines), visitor(t, ada)
	engineer.goes("/workloads?customer=meridian")
	engineer.until(`document.documentElement.dataset.stream === "open"`)
	engineer.until(`(window.stays = true)`)
	post(t, elsewhere, "/workloads/new?customer=meridian", "name", "Customs papers", "customer", "meridian")
	engineer.sees("Customs papers")
	engineer.until(`window.stays === true`)

	// The record's own page follows as well: its name and its panels.
	engineer.goes(first(t, elsewhere, "/workloads?customer=meridian&q=Customs", "/workloads"))
	engineer.until(`document.documentElement.dataset.stream === "open"`)
	engineer.until(`(window.stays = true)`)
	at := finds[string](engineer, `location.pathname`)
	post(t, elsewhere, at+"/edit", "name", "Customs and excise")
	engineer.until(`document.querySelector("h1").textContent.trim() === "Customs and excise" && window.stays === true`)

	// A list whose search is being typed in waits until it is done.
	engineer.goes("/workloads?customer=meridian")
	engineer.until(`document.documentElement.dataset.stream === "open"`)
	engineer.until(`(document.querySelector("[data-search]").focus(), document.activeElement.matches("[data-search]"))`)
	post(t, elsewhere, at+"/edit", "name", "Customs, third name")
	engineer.until(`(document.querySelector("[data-search]").blur(), document.body.innerText.includes("Customs, third name"))`)
	post(t, elsewhere, at+"/remove")
}
