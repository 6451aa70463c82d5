package launch

import (
	"bytes"
	"encoding/json"
	"net/url"

	"github.com/a-h/templ"
)

// within leads to a page of one customer.
func within(href, slug string) templ.SafeURL {
	at, err := url.Parse(href)
	if err != nil {
		return templ.SafeURL(href)
	}
	q := at.Query()
	if !q.Has("customer") {
		q.Set("customer", slug)
		at.RawQuery = q.Encode()
	}
	return templ.SafeURL(at.String())
}

// indented sets the evidence out on lines, for reading; what is signed is the text as it is.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}
