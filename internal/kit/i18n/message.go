package i18n

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// message is a text, or one text for each plural form.
type message struct {
	other  template
	plural map[plural.Form]template
}

// template alternates literal text and argument names: even places are text, odd ones names.
type template []string

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// pluralForms tells a message that counts from a branch of the tree: only form names, other among them.
func pluralForms(tree map[string]any) (map[string]string, bool) {
	if _, ok := tree["other"]; !ok {
		return nil, false
	}
	forms := make(map[string]string, len(tree))
	for name, value := range tree {
		text, isText := value.(string)
		if _, known := formNames[name]; !known || !isText {
			return nil, false
		}
		forms[name] = text
	}
	if len(forms) == 1 { // "other" alone is an ordinary word, as in a list of kinds
		return nil, false
	}
	return forms, true
}

func newPlural(forms map[string]string) (message, error) {
	m := message{plural: make(map[plural.Form]template, len(forms))}
	for name, text := range forms {
		t, err := parse(text)
		if err != nil {
			return message{}, err
		}
		m.plural[formNames[name]] = t
	}
	m.other = m.plural[plural.Other]
	return m, nil
}

func newMessage(text string) (message, error) {
	t, err := parse(text)
	return message{other: t}, err
}

func parse(text string) (template, error) {
	var t template
	for {
		before, rest, found := strings.Cut(text, "{")
		t = append(t, before)
		if !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.ContainsAny(name, "{ ") {
			return nil, fmt.Errorf("unfinished {argument} in %q", text)
		}
		t = append(t, name)
		text = after
	}
}

// text fills the template in. An argument that was not given stays visible as {name}.
func (t template) text(value func(name string) (string, bool)) string {
	if len(t) == 1 {
		return t[0]
	}
	var b strings.Builder
	for i, part := range t {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		if value != nil {
			if v, ok := value(part); ok {
				b.WriteString(v)
				continue
			}
		}
		b.WriteString("{" + part + "}")
	}
	return b.String()
}

// form picks the text for a whole number by the language's CLDR cardinal rule.
func (m message) form(tag language.Tag, count int64) template {
	if m.plural == nil {
		return m.other
	}
	if count < 0 {
		count = -count
	}
	// MatchPlural takes the operands i v w f t; only the last digits of a large i matter to any rule.
	i := int(count % 10_000_000)
	if count >= 10_000_000 {
		i += 10_000_000
	}
	if t, ok := m.plural[plural.Cardinal.MatchPlural(tag, i, 0, 0, 0, 0)]; ok {
		return t
	}
	return m.other
}

func (m message) arguments() []string {
	var names []string
	templates := []template{m.other}
	for _, t := range m.plural {
		templates = append(templates, t)
	}
	for _, t := range templates {
		for i := 1; i < len(t); i += 2 {
			if !slices.Contains(names, t[i]) {
				names = append(names, t[i])
			}
		}
	}
	slices.Sort(names)
	return names
}
