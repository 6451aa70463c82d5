package mail

import (
	"strings"

	"vigie/internal/kit/i18n"
)

// Parts is a message in words, of which subject, plain text and HTML are made.
type Parts struct {
	Language string
	Subject  string
	Greeting string
	Body     []string // paragraphs
	Button   string   // of the link; empty without one
	Link     string
	Note     []string // what is said after the button
}

// write fills the words of a template in. It is the one place where a message gets its words.
func write(p *i18n.Printer, template string, to Address, args map[string]any, link string) Parts {
	word := func(part string) string {
		key := "mail." + template + "." + part // i18n: mail.*
		if !p.Has(key) {
			return ""
		}
		if n, ok := args["count"].(int); ok {
			return p.N(key, n, args)
		}
		return p.T(key, args)
	}
	out := Parts{Language: p.Lang(), Subject: oneLine(word("subject")), Body: paragraphs(word("text")), Note: paragraphs(word("note"))}
	out.Greeting = p.T("mail.frame.hello")
	if to.Name != "" {
		out.Greeting = p.T("mail.frame.greeting", "name", to.Name)
	}
	if link != "" {
		out.Link, out.Button = link, word("button")
		if out.Button == "" {
			out.Button = p.T("mail.frame.open")
		}
	}
	return out
}

// paragraphs cuts a text at its empty lines.
func paragraphs(text string) (out []string) {
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// templates are the templates that there are words for.
func templates(b *i18n.Bundle) (out []string) {
	for _, key := range b.Keys(i18n.Fallback) {
		name, isMail := strings.CutPrefix(key, "mail.")
		if name, ok := strings.CutSuffix(name, ".subject"); ok && isMail {
			out = append(out, name)
		}
	}
	return out
}

// sampleArgs stand for what a template will be given: the argument's name in angle quotes.
func sampleArgs(b *i18n.Bundle, template string) map[string]any {
	out := map[string]any{}
	for _, part := range []string{"subject", "text", "button", "note"} {
		for _, name := range b.Arguments(i18n.Fallback, "mail."+template+"."+part) {
			out[name] = "‹" + name + "›"
			if name == "count" {
				out[name] = 3
			}
		}
	}
	return out
}
