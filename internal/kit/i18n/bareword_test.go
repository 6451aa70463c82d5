package i18n_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/a-h/templ/parser/v2"
	"github.com/a-h/templ/parser/v2/visitor"
)

// spoken are the attributes that readers see or hear.
var spoken = []string{"title", "placeholder", "alt", "aria-label", "aria-description", "label"}

// said is a Go expression that puts a literal on the page: { "Hello" }, @ui.Text("Hello").
var said = regexp.MustCompile("^(?:(?:ui\\.)?(?:Text|Cut)\\()?[\"`]([^\"`]*)[\"`]\\)?$")

// bareWords finds words in the markup of a templ file that do not come by key.
func bareWords(t *testing.T, text string) []string {
	t.Helper()
	file, err := parser.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	note := func(words string) {
		if words = strings.TrimSpace(words); strings.IndexFunc(words, unicode.IsLetter) >= 0 {
			found = append(found, words)
		}
	}
	expression := func(e parser.Expression) {
		if m := said.FindStringSubmatch(strings.TrimSpace(e.Value)); m != nil {
			note(m[1])
		}
	}
	v := visitor.New()
	v.Text = func(n *parser.Text) error {
		note(n.Value)
		return nil
	}
	v.ConstantAttribute = func(n *parser.ConstantAttribute) error {
		if slices.Contains(spoken, n.Key.String()) {
			note(n.Value)
		}
		return nil
	}
	v.StringExpression = func(n *parser.StringExpression) error {
		expression(n.Expression)
		return nil
	}
	inside := v.TemplElementExpression
	v.TemplElementExpression = func(n *parser.TemplElementExpression) error {
		expression(n.Expression)
		return inside(n)
	}
	if err := file.Visit(v); err != nil {
		t.Fatal(err)
	}
	return found
}
